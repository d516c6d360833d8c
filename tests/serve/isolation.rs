//! Guests that look for what earlier requests left.

use super::process::Server;
use super::wire::Connection;
use libtest_mimic::Failed;

/// Requests of each test: more than instances wait for one, in whatever order they are used again.
const REQUESTS: usize = 300;

/// Each place where an instance keeps something, also after traps, exits and stack overflows. The guest answers with 200 if
/// all is as it was, and spoils everything.
pub fn places(server: &Server) -> Result<(), Failed> {
    some_places(server, REQUESTS)
}

/// Looks at these places with so many requests.
pub fn some_places(server: &Server, requests: usize) -> Result<(), Failed> {
    let endings = [("GET", 200), ("POST", 200), ("GET", 200), ("PUT", 500), ("GET", 200), ("DELETE", 500)];
    let mut connections = (0..4).map(|_| Connection::new(server.address())).collect::<Result<Vec<_>, _>>()?;
    for (number, (method, status)) in endings.into_iter().cycle().take(requests).enumerate() {
        let connection = &mut connections[number % 4];
        connection.send(format!("{method} / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
        let response = connection.response(false)?.ok_or("no response")?;
        super::same(&format!("{method} {status}"), &format!("{method} {}", response.status))?;
    }
    Ok(())
}

/// The whole memory, for what requests wrote on the stack and the heap.
pub fn memory(server: &Server) -> Result<(), Failed> {
    let mut first = None;
    for number in 0..REQUESTS / 10 {
        for steps in ["isolation", "isolation trap", "isolation exit=0"] {
            let mut connection = Connection::new(server.address())?;
            connection.send(format!("GET / HTTP/1.1\r\nHost: h\r\nX-Do: {steps}\r\n\r\n").as_bytes())?;
            let text = connection.response(false)?.ok_or("no response")?.text();
            let first = first.get_or_insert_with(|| text.clone());
            super::same(&format!("{number} {first}"), &format!("{number} {text}"))?;
        }
    }
    let first = first.unwrap_or_default();
    if first.starts_with("seen 0, ") && first.contains("secrets 0, ") { Ok(()) } else { Err(first.into()) }
}
