//! Bounds of the server's own for clients: how long they may take, how many there may be, and how much they may send.

use super::bad_input::goes_on;
use super::limits::{Test, test};
use super::process::Server;
use super::wire::{Connection, bytes, exchange};
use libtest_mimic::Failed;
use std::io::{ErrorKind, Read};
use std::time::Duration;

pub const TESTS: &[Test] = &[
    test("head_time", &["--head-time", "500ms"], head_time),
    test("idle_time", &["--idle-time", "500ms"], idle_time),
    test("stall_time", &["--stall-time", "500ms"], stall_time),
    test("connections", &["--max-connections", "2", "--workers", "3"], connections),
    test("requests", &["--max-requests", "3", "--max-queue", "2", "--workers", "2"], requests),
    test("body_bytes", &["--max-request-body", "10"], body_bytes),
    test("fields", &["--max-request-fields", "3"], fields),
    test("memory", &["--max-memory", "1400K"], memory),
    test("handles", &["--max-handles", "50"], handles),
    test("stack", &["--stack-size", "128K"], stack),
    test("beside_one_that_hangs", &["--workers", "1", "--timeout", "8"], beside_one_that_hangs),
];

/// A connection on which these bytes were sent.
fn sent(server: &Server, text: &str) -> Result<Connection, Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(&bytes(text))?;
    Ok(connection)
}

fn status(connection: &mut Connection) -> Result<u16, Failed> {
    Ok(connection.response(false)?.ok_or("no response")?.status)
}

/// Checks that the server ends a connection without another byte.
fn ends(mut connection: Connection) -> Result<(), Failed> {
    super::same("", &connection.rest()?.escape_ascii().to_string())
}

fn head_time(server: &Server) -> Result<(), Failed> {
    ends(sent(server, "")?)?;
    let mut partial = sent(server, "GET / HTTP/1.1\nHost: h\nX:")?;
    super::same("408", &status(&mut partial)?.to_string())?;
    ends(partial)?;
    // The head of a later request has no more time.
    let mut later = sent(server, "GET / HTTP/1.1\nHost: h\n\nGET / HT")?;
    super::same("200 408", &format!("{} {}", status(&mut later)?, status(&mut later)?))?;
    ends(later)?;
    goes_on(server)
}

fn idle_time(server: &Server) -> Result<(), Failed> {
    let mut connection = sent(server, "GET / HTTP/1.1\nHost: h\n\n")?;
    super::same("200", &status(&mut connection)?.to_string())?;
    ends(connection)?;
    // A request that takes longer isn't idle.
    let mut connection = sent(server, "GET / HTTP/1.1\nHost: h\nX-Do: nap=1500 head\n\n")?;
    super::same("200", &status(&mut connection)?.to_string())?;
    goes_on(server)
}

fn stall_time(server: &Server) -> Result<(), Failed> {
    let body = "POST / HTTP/1.1\nHost: h\nX-Tag: sender\nX-Do: read note=end head\nContent-Length: 9\n\nabc";
    let _sender = sent(server, body)?;
    let taker = sent(server, "GET / HTTP/1.1\nHost: h\nX-Tag: taker\nX-Do: set fill=100000 note=end\n\n")?;
    let said = server.log.of_guest("sender", 2)?;
    super::same("read body 3 abc, Some(ErrorCode::ConnectionReadTimeout)", said[0].trim())?;
    super::same("write closed", &server.log.of_guest("taker", 1)?[0])?;
    drop(taker);
    goes_on(server)
}

/// Two connections that stay; a third is served once one of them is gone.
fn connections(server: &Server) -> Result<(), Failed> {
    const REQUEST: &str = "GET / HTTP/1.1\nHost: h\n\n";
    let mut kept = [sent(server, REQUEST)?, sent(server, REQUEST)?];
    for connection in &mut kept {
        super::same("200", &status(connection)?.to_string())?;
    }
    let mut third = sent(server, REQUEST)?;
    third.stream.set_read_timeout(Some(Duration::from_millis(300)))?;
    match third.stream.read(&mut [0]) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        other => return Err(format!("the third connection gets {other:?}").into()),
    }
    third.stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    drop(kept);
    super::same("200", &status(&mut third)?.to_string())?;
    drop(third);
    goes_on(server)
}

/// Whichever workers the clients come to, three requests are handled at a time, two wait, and others are refused.
fn requests(server: &Server) -> Result<(), Failed> {
    let ask = || sent(server, "GET / HTTP/1.1\nHost: h\nX-Tag: three\nX-Do: note=begun nap=2000 head\n\n");
    let mut first = [ask()?, ask()?, ask()?];
    server.log.of_guest("three", 3)?;
    let mut others = [ask()?, ask()?, ask()?, ask()?];
    let mut statuses = Vec::new();
    for connection in first.iter_mut().chain(&mut others) {
        statuses.push(status(connection)?);
    }
    statuses[3..].sort_unstable();
    super::same("[200, 200, 200, 200, 200, 503, 503]", &format!("{statuses:?}"))
}

fn body_bytes(server: &Server) -> Result<(), Failed> {
    let post = |fields: &str| format!("POST / HTTP/1.1\nHost: h\nX-Tag: body\nX-Do: read head\n{fields}");
    let ask = |fields: &str| exchange(server.address(), &bytes(&post(fields)), true);
    super::same("200 [content-length: 0] ", &ask("Content-Length: 10\n\n0123456789")?)?;
    super::same("413 [content-length: 0] ", &ask("Content-Length: 11\n\n01234567890")?)?;
    super::same("200 [content-length: 0] ", &ask("Transfer-Encoding: chunked\n\na\n0123456789\n1\n0\n0\n\n")?)?;
    let said = server.log.of_guest("body", 2)?;
    super::same("read body 10 0123456789", said[0].trim())?;
    super::same("read body 10 0123456789, Some(ErrorCode::HttpRequestBodySize(Some(1)))", said[1].trim())
}

fn fields(server: &Server) -> Result<(), Failed> {
    let ask = |fields: &str| exchange(server.address(), &bytes(&format!("GET / HTTP/1.1\nHost: h\n{fields}\n")), true);
    super::same("200", &ask("A: 1\nB: 2\n")?[..3])?;
    super::same("431", &ask("A: 1\nB: 2\nC: 3\n")?[..3])
}

/// A guest that wants more than it may have fails alone.
fn fails(server: &Server, steps: &str, cause: &str) -> Result<(), Failed> {
    let answer = exchange(server.address(), &bytes(&format!("GET / HTTP/1.1\nHost: h\nX-Do: {steps}\n\n")), true)?;
    super::same("500 [content-length: 0] ", &answer)?;
    server.log.wait_for(cause)?;
    goes_on(server)
}

fn memory(server: &Server) -> Result<(), Failed> {
    fails(server, "isolation", "wasm trap:")
}

fn handles(server: &Server) -> Result<(), Failed> {
    fails(server, "isolation", "wasm trap: limit exceeded: handles")
}

fn stack(server: &Server) -> Result<(), Failed> {
    fails(server, "overflow", "wasm trap: call stack exhausted")
}

/// A guest that never ends loses the only worker to the others.
fn beside_one_that_hangs(server: &Server) -> Result<(), Failed> {
    let mut endless = sent(server, "GET / HTTP/1.1\nHost: h\nX-Tag: endless\nX-Do: note=begun spin\n\n")?;
    server.log.of_guest("endless", 1)?;
    for _ in 0..10 {
        goes_on(server)?;
    }
    endless.stream.set_nonblocking(true)?;
    match endless.stream.read(&mut [0]) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        other => return Err(format!("the endless guest has ended: {other:?}").into()),
    }
    endless.stream.set_nonblocking(false)?;
    super::same("504", &status(&mut endless)?.to_string())
}
