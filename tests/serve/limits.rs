//! Limits of one request and of the process, and what a server does past each.

use super::process::{Server, command, compile};
use super::support::{self, Folder, Target};
use super::wire::{Connection, bytes, exchange};
use libtest_mimic::Failed;
use std::thread;
use std::time::{Duration, Instant};

/// A test of a server with these flags.
pub struct Test {
    pub name: &'static str,
    flags: &'static [&'static str],
    /// The most descriptors of the process.
    descriptors_max: Option<u64>,
    check: fn(&Server) -> Result<(), Failed>,
    /// False for a test of times or bytes that an emulator would change.
    pub is_for_emulators: bool,
}

pub const fn test(
    name: &'static str,
    flags: &'static [&'static str],
    check: fn(&Server) -> Result<(), Failed>,
) -> Test {
    Test { name, flags, descriptors_max: None, check, is_for_emulators: true }
}

const fn on_host(name: &'static str, flags: &'static [&'static str], check: fn(&Server) -> Result<(), Failed>) -> Test {
    Test { is_for_emulators: false, ..test(name, flags, check) }
}

pub const TESTS: &[Test] = &[
    test("processor_time", &["--cpu-time", "1", "--workers", "2"], processor_time),
    test("processor_time_of_each", &["--cpu-time", "1", "--reuse", "100", "--workers", "1"], processor_time_of_each),
    test("time", &["--timeout", "1", "--workers", "2"], time),
    on_host("innocent_guests", &["--timeout", "30ms", "--workers", "1", "--reuse", "1000"], innocent_guests),
    test(
        "outgoing_requests",
        &["--http", "http://127.0.0.1:*/", "--max-outgoing-requests", "2", "--reuse", "9"],
        outgoing,
    ),
    test("reuse", &["--reuse", "3", "--workers", "1"], reuse),
    test("metrics", &["--admin", "127.0.0.1:0", "--workers", "1"], metrics),
    test("queue", &["--max-requests", "1", "--max-queue", "1", "--workers", "1"], queue),
    on_host("memory_of_heads", &["--max-host-memory", "16M"], memory_of_heads),
    on_host("memory_of_http2_heads", &["--max-host-memory", "16M"], memory_of_http2_heads),
    on_host("memory_of_bodies", BODIES, memory_of_bodies),
    on_host("memory_of_http2_bodies", BODIES, memory_of_http2_bodies),
    on_host("memory_of_trailers", BODIES, memory_of_trailers),
    Test { descriptors_max: Some(160), ..on_host("descriptors", &["--workers", "1"], descriptors) },
];

impl Test {
    pub fn check(&self, target: &Target) -> Result<(), Failed> {
        let folder = Folder::new("serve", &format!("limits/{}/{}", self.name, target.name));
        let executable = compile(&support::guest("serve/steps.wasm"), target, &folder, self.flags)?;
        let server = Server::start(command(target, &executable, self.descriptors_max))?;
        (self.check)(&server)?;
        super::same("Some(0)", &format!("{:?}", server.stop()?))?;
        folder.remove();
        Ok(())
    }
}

/// The answer to a request for steps of the guest.
fn steps(server: &Server, steps: &str) -> Result<String, Failed> {
    Ok(exchange(server.address(), &bytes(&format!("GET / HTTP/1.1\nHost: h\nX-Do: {steps}\n\n")), true)?)
}

const SEEN: &str = "200 [x-a: 1, content-length: 0] ";
const LATE: &str = "504 [content-length: 0] ";

/// Computing counts, in guest code and between calls of the host; waiting doesn't.
fn processor_time(server: &Server) -> Result<(), Failed> {
    super::same(LATE, &steps(server, "spin")?)?;
    super::same(LATE, &steps(server, "burn=60000 field=x-a:1 head")?)?;
    super::same(SEEN, &steps(server, "nap=2000 field=x-a:1 head")?)?;
    // What was used before a wait stays used.
    super::same(LATE, &steps(server, &format!("{}head", "burn=100 nap=1 ".repeat(300)))?)
}

/// Each request has the whole time, though the instance is the same.
fn processor_time_of_each(server: &Server) -> Result<(), Failed> {
    (0..8).try_for_each(|_| super::same(SEEN, &steps(server, "burn=200 field=x-a:1 head")?))
}

fn time(server: &Server) -> Result<(), Failed> {
    super::same(LATE, &steps(server, "spin")?)?;
    super::same(LATE, &steps(server, "nap=60000 field=x-a:1 head")?)?;
    super::same(LATE, &steps(server, "burn=60000 field=x-a:1 head")?)?;
    super::same(SEEN, &steps(server, "field=x-a:1 head")?)
}

/// Guests that end just before their time is up, or just after: none ends by an interruption that was meant for another.
fn innocent_guests(server: &Server) -> Result<(), Failed> {
    let address = server.address();
    let clients = (0..3).map(|client| {
        thread::spawn(move || -> Result<(), String> {
            let mut connection = Connection::new(address).map_err(|error| error.to_string())?;
            for number in 0..60 {
                let milliseconds = if number % 3 == client { 29 } else { 1 };
                let request = format!("GET / HTTP/1.1\nHost: h\nX-Do: burn={milliseconds} field=x-a:1 head\n\n");
                let start = Instant::now();
                connection.send(&bytes(&request)).map_err(|error| error.to_string())?;
                let response = connection.response(false).map_err(|error| error.to_string())?.ok_or("no response")?;
                if response.status == 504 && start.elapsed() < Duration::from_millis(30) {
                    return Err(format!("request {number} of {client} is late after {:?}", start.elapsed()));
                }
            }
            Ok(())
        })
    });
    let clients: Vec<_> = clients.collect();
    clients.into_iter().try_for_each(|client| Ok(client.join().map_err(|_| "a client failed")??))
}

fn outgoing(server: &Server) -> Result<(), Failed> {
    let port = super::routes::upstream();
    for tag in ["first", "second"] {
        let fetch = format!("fetch={port}");
        let steps = format!("{fetch} {fetch} {fetch} {fetch} field=x-a:1 head");
        let request = format!("GET / HTTP/1.1\nHost: h\nX-Tag: {tag}\nX-Do: {steps}\n\n");
        super::same(SEEN, &exchange(server.address(), &bytes(&request), true)?)?;
        let said = server.log.of_guest(tag, 4)?;
        let refused = "fetch ErrorCode::ConnectionLimitReached";
        super::same(&["fetch 203", "fetch 203", refused, refused].join("\n"), &said.join("\n"))?;
    }
    Ok(())
}

/// Requests by the same instance, as many as it serves, see what the earlier ones left.
fn reuse(server: &Server) -> Result<(), Failed> {
    for number in [0, 1, 2, 0, 1, 2, 0] {
        let answer = steps(server, "isolation")?;
        let seen = answer.split_once("] ").map_or("", |(_, text)| text.split(',').next().unwrap_or_default());
        super::same(&format!("seen {number}"), seen)?;
    }
    Ok(())
}

/// Requests one after another need one instance.
fn metrics(server: &Server) -> Result<(), Failed> {
    for expected in ["head", "head", "trap"] {
        steps(server, expected)?;
    }
    let mut connection = Connection::new(server.admin()?)?;
    connection.send(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n")?;
    let text = connection.response(false)?.ok_or("no response")?.text();
    for line in [
        "server_requests_total{status=\"200\"} 2",
        "server_requests_total{status=\"500\"} 1",
        "server_instances_total 1",
        "server_resets_total 3",
        "server_traps_total 1",
        "server_requests_in_flight 0",
    ] {
        if !text.lines().any(|present| present == line) {
            return Err(format!("{line} isn't in\n{text}").into());
        }
    }
    Ok(())
}

/// One request is handled, one waits, and others are refused at once.
fn queue(server: &Server) -> Result<(), Failed> {
    let ask = |steps: &str| -> Result<Connection, Failed> {
        let mut connection = Connection::new(server.address())?;
        connection
            .send(&bytes(&format!("GET / HTTP/1.1\nHost: h\nX-Tag: queue\nX-Do: note=begun {steps} head\n\n")))?;
        Ok(connection)
    };
    let mut first = ask("nap=3000")?;
    server.log.of_guest("queue", 1)?;
    let mut others = [ask("")?, ask("")?, ask("")?];
    let mut statuses = Vec::new();
    for connection in others.iter_mut().chain([&mut first]) {
        statuses.push(connection.response(false)?.ok_or("no response")?.status);
    }
    statuses[..3].sort_unstable();
    super::same("[200, 503, 503, 200]", &format!("{statuses:?}"))
}

/// Flags of a server that gets bodies which its guests don't read, or which don't end.
const BODIES: &[&str] = &["--max-host-memory", "16M", "--timeout", "60", "--workers", "1", "--max-requests", "300"];
/// The number of clients that send such bodies.
const BODIES_COUNT: usize = 300;
/// The most pieces of a body that a client sends as long as the server's side takes them.
const BODY_PIECES: usize = 64;

fn memory_of_bodies(server: &Server) -> Result<(), Failed> {
    let head = "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nX-Tag: body\nX-Do: note=begun nap=20000 head\n\n";
    unread(server, &bytes(head), &[&b"10000\r\n"[..], &[b'x'; 65536], b"\r\n"].concat())
}

/// Each connection has as many requests as the server takes.
fn memory_of_http2_bodies(server: &Server) -> Result<(), Failed> {
    unread(server, &super::http2::unread_bodies(100, "note=begun nap=20000 head"), b"")
}

/// The guest reads to the end, which doesn't come.
fn memory_of_trailers(server: &Server) -> Result<(), Failed> {
    let begin =
        "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nX-Tag: body\nX-Do: note=begun read\n\n3\nabc\n0\n";
    unread(server, &bytes(begin), "x: y\r\n".repeat(5000).as_bytes())
}

/// Many clients send as much as the server's side takes; it costs no more than the host's memory, and once they are gone all is
/// well.
fn unread(server: &Server, begin: &[u8], more: &[u8]) -> Result<(), Failed> {
    // As many guests as there can be have their own memory, which isn't the host's.
    let guests: Result<Vec<Connection>, Failed> = (0..BODIES_COUNT)
        .map(|_| {
            let mut connection = Connection::new(server.address())?;
            connection.send(&bytes("GET / HTTP/1.1\nHost: h\nX-Do: nap=2000 head\n\n"))?;
            Ok(connection)
        })
        .collect();
    thread::sleep(Duration::from_secs(1));
    let before = server.resident_bytes();
    for mut connection in guests? {
        connection.response(false)?;
    }
    let mut connections = Vec::new();
    for _ in 0..BODIES_COUNT {
        let mut connection = Connection::new(server.address())?;
        connection.stream.set_write_timeout(Some(Duration::from_millis(20)))?;
        // The server stops taking more, or closes the connection.
        let pieces = [begin].into_iter().chain(more.chunks(65_536).cycle().take(BODY_PIECES));
        let _ = pieces.map(|piece| connection.send(piece)).collect::<Result<Vec<_>, _>>();
        connections.push(connection);
    }
    server.log.of_guest("body", 20)?;
    let grown = server.resident_bytes().saturating_sub(before);
    if grown > 32 << 20 {
        return Err(format!("they cost {grown} bytes").into());
    }
    drop(connections);
    recovers(server)
}

/// The bytes of a head that doesn't end.
const HEAD_BYTES: usize = 100_000;

fn memory_of_heads(server: &Server) -> Result<(), Failed> {
    let head = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}", "x".repeat(HEAD_BYTES));
    many_heads(server, head.as_bytes(), 503)
}

fn memory_of_http2_heads(server: &Server) -> Result<(), Failed> {
    many_heads(server, &super::http2::endless_head(HEAD_BYTES), 0)
}

/// Many heads that don't end cost no more than the host's memory, the last are refused, and once they are gone all is well.
fn many_heads(server: &Server, head: &[u8], status: u16) -> Result<(), Failed> {
    let before = server.resident_bytes();
    let mut connections = Vec::new();
    for _ in 0..400 {
        let mut connection = Connection::new(server.address())?;
        // One that is refused may be closed by now.
        let _ = connection.send(head);
        connections.push(connection);
    }
    let grown = server.resident_bytes().saturating_sub(before);
    if grown > 32 << 20 {
        return Err(format!("they cost {grown} bytes").into());
    }
    let last = connections.last_mut().ok_or("no connection")?;
    if status == 0 {
        last.rest()?;
    } else {
        let response = last.response(false)?.ok_or("no response")?;
        super::same(&status.to_string(), &response.status.to_string())?;
    }
    drop(connections);
    recovers(server)
}

/// A server whose clients are gone answers again.
fn recovers(server: &Server) -> Result<(), Failed> {
    let start = Instant::now();
    while let Err(error) = super::bad_input::goes_on(server) {
        if start.elapsed() > Duration::from_secs(20) {
            return Err(error);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// The process has descriptors for sixty connections: more requests wait, and are answered then.
fn descriptors(server: &Server) -> Result<(), Failed> {
    server.log.wait_for("At most 60 requests at a time, as many as the process has open files (RLIMIT_NOFILE) for")?;
    let asked: Result<Vec<Connection>, Failed> = (0..150)
        .map(|_| {
            let mut connection = Connection::new(server.address())?;
            connection.send(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Do: nap=200 head\r\n\r\n")?;
            Ok(connection)
        })
        .collect();
    for mut connection in asked? {
        super::same("200", &connection.response(false)?.ok_or("no response")?.status.to_string())?;
        let _ = connection.rest()?;
    }
    Ok(())
}
