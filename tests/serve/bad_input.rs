//! Requests that no client should send: each gets an error or is cut, none reaches the guest or costs much memory, and the server
//! goes on.

use super::http2;
use super::process::Server;
use super::wire::{Connection, bytes};
use libtest_mimic::Failed;
use std::io::{ErrorKind, Write};
use std::time::{Duration, Instant};

/// A test of a server.
pub type Test = fn(&Server) -> Result<(), Failed>;

pub const TESTS: &[(&str, Test)] = &[
    ("smuggling", smuggling),
    ("endless_heads", endless_heads),
    ("endless_chunks", endless_chunks),
    ("pipelined_behind_a_bad_one", pipelined_behind_a_bad_one),
    ("silent_connections", silent_connections),
    ("readers_that_dont", readers_that_dont),
    ("resets", resets),
    ("http2_floods", http2_floods),
    ("http2_resets", http2_resets),
    ("http2_closed_windows", http2_closed_windows),
];

/// The memory that floods may cost: more than a guest needs that reads one of 32 MB into a vector, which doubles when it is full,
/// and less than they have together.
const MEMORY_BYTES_MAX: u64 = 112 << 20;

/// Heads that two servers could read as different messages. Behind each stands a request that must not be served.
const SMUGGLING: &[&str] = &[
    "Content-Length: 0\nTransfer-Encoding: chunked\n",
    "Transfer-Encoding: chunked\nContent-Length: 0\n",
    "Content-Length: 0\nContent-Length: 1\n",
    "Content-Length: 0, 0\n",
    "Content-Length: 0x0\n",
    "Content-Length: +0\n",
    "Content-Length: -0\n",
    "Content-Length: 0 0\n",
    "Content-Length:\n",
    "Content-Length: ¤\n",
    "Content-Length: 99999999999999999999\n",
    "Content-Length : 0\n",
    "Content-Length\t: 0\n",
    " Content-Length: 0\n",
    "X: y\n Content-Length: 0\n",
    "X: y\n\tTransfer-Encoding: chunked\n",
    "Transfer-Encoding : chunked\n",
    "Transfer-Encoding: xchunked\n",
    "Transfer-Encoding: chunked, chunked\n",
    "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n",
    "Transfer-Encoding: chunked\nTransfer-Encoding: identity\n",
    "Transfer-Encoding: identity\n",
    "Transfer-Encoding: gzip\n",
    "Transfer-Encoding: chunked, identity\n",
    "Transfer-Encoding: \u{b}chunked\n",
    "Transfer-Encoding: \"chunked\"\n",
    "Transfer-Encoding: chunked;x\n",
    "Transfer-Encoding:\n",
    "Transfer\u{0}-Encoding: chunked\n",
    "Transfer-Encoding\u{0}: chunked\n",
    "Transfer_Encoding-: chunked\nTransfer-Encoding: cow\n",
    "X: y␊Transfer-Encoding: chunked\n",
    "X: y␍Transfer-Encoding: chunked\n",
    "X: y␍␍\nTransfer-Encoding: chunked\n",
    "X\n",
    ": y\n",
    "Host: other\n",
];

fn smuggling(server: &Server) -> Result<(), Failed> {
    for (number, fields) in SMUGGLING.iter().enumerate() {
        let tag = format!("smuggling-{number}-");
        let request = format!(
            "POST / HTTP/1.1\nHost: h\nX-Do: read head\nX-Tag: {tag}\n{fields}\n\
             0\n\nGET / HTTP/1.1\nHost: h\nX-Do: read head\nX-Tag: {tag}\n\n"
        );
        refused(server, &bytes(&request), &format!("{fields:?}"))?;
        if server.log.has(&tag) {
            return Err(format!("{fields:?} reaches the guest").into());
        }
    }
    Ok(())
}

/// Sends a request, to which there is one answer, an error, and nothing behind it.
fn refused(server: &Server, request: &[u8], name: &str) -> Result<(), Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(request)?;
    let response = connection.response(false)?.ok_or_else(|| format!("{name}: no response"))?;
    let rest = connection.rest()?;
    if response.status < 400 || response.status == 500 || !response.is_whole || !rest.is_empty() {
        return Err(format!("{name}: {} {}", response.line(), rest.escape_ascii()).into());
    }
    Ok(())
}

/// Sends a piece again and again until the server has enough. Returns how much it took.
fn flood(server: &Server, first: &[u8], piece: &[u8], bytes_max: usize) -> Result<usize, Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(first)?;
    connection.stream.set_write_timeout(Some(Duration::from_millis(500)))?;
    let mut sent = 0;
    while sent < bytes_max {
        match connection.stream.write(piece) {
            Ok(count) => sent += count,
            Err(error) if [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind()) => {
                return Ok(sent);
            }
            // It is full: the server reads no more.
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(sent),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent)
}

/// Floods that mustn't cost memory.
fn bounded(server: &Server, floods: &[(&str, &[u8], Vec<u8>)]) -> Result<(), Failed> {
    let before = server.resident_bytes();
    for (name, first, piece) in floods {
        flood(server, first, piece, 32 << 20)?;
        let grown = server.resident_bytes().saturating_sub(before);
        if grown > MEMORY_BYTES_MAX {
            return Err(format!("{name} costs {grown} bytes").into());
        }
        goes_on(server).map_err(|error| format!("after {name}: {error:?}"))?;
    }
    Ok(())
}

/// Checks that the server serves others.
pub fn goes_on(server: &Server) -> Result<(), Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n")?;
    let response = connection.response(false)?.ok_or("no response")?;
    if response.status == 200 { Ok(()) } else { Err(response.line().into()) }
}

fn endless_heads(server: &Server) -> Result<(), Failed> {
    let lines = b"x: y\r\n".repeat(10_000);
    bounded(
        server,
        &[
            ("an endless line", b"GET /", vec![b'x'; 60_000]),
            ("an endless method", b"", vec![b'G'; 60_000]),
            ("an endless field", b"GET / HTTP/1.1\r\nx: ", vec![b'x'; 60_000]),
            ("an endless name", b"GET / HTTP/1.1\r\n", vec![b'x'; 60_000]),
            ("endless fields", b"GET / HTTP/1.1\r\n", lines),
        ],
    )
}

fn endless_chunks(server: &Server) -> Result<(), Failed> {
    let head = b"POST / HTTP/1.1\r\nHost: h\r\nX-Do: read head\r\nTransfer-Encoding: chunked\r\n\r\n";
    let with = |text: &[u8]| [head, text].concat();
    bounded(
        server,
        &[
            ("an endless size", &with(b""), vec![b'0'; 60_000]),
            ("an endless extension", &with(b"1;"), vec![b'x'; 60_000]),
            ("endless extensions", &with(b""), b"1;xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\nx\r\n".repeat(1000)),
            ("an endless trailer", &with(b"0\r\nx: "), vec![b'x'; 60_000]),
            ("endless trailers", &with(b"0\r\n"), b"x: y\r\n".repeat(10_000)),
            ("an endless chunk", &with(b"ffffffffffffff\r\n"), vec![b'x'; 60_000]),
        ],
    )
}

fn pipelined_behind_a_bad_one(server: &Server) -> Result<(), Failed> {
    let mut connection = Connection::new(server.address())?;
    let good = "GET / HTTP/1.1\nHost: h\n\n";
    connection.send(&bytes(&format!("{good}{good}GET / HTTP/1.1\nHost: h\nX : y\n\n{good}")))?;
    let mut statuses = Vec::new();
    while let Some(response) = connection.response(false)? {
        statuses.push(response.status);
    }
    super::same("[200, 200, 400]", &format!("{statuses:?}"))
}

/// Connections that never send anything, or half a head.
fn silent_connections(server: &Server) -> Result<(), Failed> {
    let before = server.resident_bytes();
    let connect = |number: usize| {
        let mut connection = Connection::new(server.address())?;
        connection.send(if number.is_multiple_of(2) { b"" } else { b"GET / HTTP/1.1\r\nHost:" })?;
        Ok(connection)
    };
    let connections: Result<Vec<Connection>, Failed> = (0..800).map(connect).collect();
    let connections = connections?;
    goes_on(server)?;
    let grown = server.resident_bytes().saturating_sub(before);
    drop(connections);
    if grown < MEMORY_BYTES_MAX { goes_on(server) } else { Err(format!("they cost {grown} bytes").into()) }
}

/// Clients that ask for much and read nothing.
fn readers_that_dont(server: &Server) -> Result<(), Failed> {
    let before = server.resident_bytes();
    let ask = |_| {
        let mut connection = Connection::new(server.address())?;
        let request = "GET / HTTP/1.1\nHost: h\nX-Do: set fill=100000 finish\n\n";
        connection.send(&bytes(&request.repeat(10)))?;
        Ok(connection)
    };
    let connections: Result<Vec<Connection>, Failed> = (0..100).map(ask).collect();
    let connections = connections?;
    std::thread::sleep(Duration::from_millis(500));
    goes_on(server)?;
    let grown = server.resident_bytes().saturating_sub(before);
    drop(connections);
    if grown < 2 * MEMORY_BYTES_MAX { goes_on(server) } else { Err(format!("they cost {grown} bytes").into()) }
}

/// Connections that are reset, at once and within requests and responses.
fn resets(server: &Server) -> Result<(), Failed> {
    let descriptors = server.descriptors();
    let parts = [
        "",
        "GET / HT",
        "POST / HTTP/1.1\nHost: h\nX-Do: read head\nContent-Length: 100000\n\nabc",
        "GET / HTTP/1.1\nHost: h\nX-Do: set fill=1000 finish\n\n",
        "GET / HTTP/1.1\nHost: h\nX-Do: nap=100 set fill=1000 finish\n\n",
    ];
    for part in parts.iter().cycle().take(200) {
        let mut connection = Connection::new(server.address())?;
        connection.send(&bytes(part))?;
        rustix::net::sockopt::set_socket_linger(&connection.stream, Some(Duration::ZERO))?;
    }
    let start = Instant::now();
    while server.descriptors() > descriptors + 2 {
        if start.elapsed() > Duration::from_secs(30) {
            return Err(format!("{} descriptors, {descriptors} before", server.descriptors()).into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    goes_on(server)
}

fn http2_floods(server: &Server) -> Result<(), Failed> {
    let floods = http2::floods();
    let floods: Vec<_> = floods.iter().map(|(name, first, piece)| (*name, first.as_slice(), piece.clone())).collect();
    bounded(server, &floods)
}

fn http2_resets(server: &Server) -> Result<(), Failed> {
    let (before, start) = (server.resident_bytes(), Instant::now());
    let mut connection = Connection::new(server.address())?;
    // The server may end the connection before it has taken everything.
    let _ = connection.send(&http2::resets());
    let _ = connection.rest();
    let grown = server.resident_bytes().saturating_sub(before);
    if grown > MEMORY_BYTES_MAX || start.elapsed() > Duration::from_secs(30) {
        return Err(format!("they cost {grown} bytes and {:?}", start.elapsed()).into());
    }
    goes_on(server)
}

fn http2_closed_windows(server: &Server) -> Result<(), Failed> {
    let before = server.resident_bytes();
    let mut connection = Connection::new(server.address())?;
    connection.send(&http2::closed_windows())?;
    std::thread::sleep(http2::PAUSE);
    let grown = server.resident_bytes().saturating_sub(before);
    if grown > 2 * MEMORY_BYTES_MAX {
        return Err(format!("they cost {grown} bytes").into());
    }
    goes_on(server)
}
