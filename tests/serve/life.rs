//! Exchanges in time: what a client sees before the guest has ended, and what the guest sees of the client.

use super::process::Server;
use super::wire::{Connection, bytes};
use libtest_mimic::Failed;
use std::io::{ErrorKind, Read};
use std::thread;
use std::time::{Duration, Instant};

/// A test of a server.
pub type Test = fn(&Server, &str) -> Result<(), Failed>;

pub const TESTS: &[(&str, Test)] = &[
    ("continue_at_first_read", continue_at_first_read),
    ("works_on_after_an_error", works_on_after_an_error),
    ("works_on_after_finish", works_on_after_finish),
    ("unread_body", unread_body),
    ("unread_large_body", unread_large_body),
    ("pipelined_in_order", pipelined_in_order),
    ("pipelined_lines_in_order", pipelined_lines_in_order),
    ("client_leaves", client_leaves),
    ("flushed_before_the_end", flushed_before_the_end),
    ("unfinished_lines", unfinished_lines),
];

/// Sends the head of a request, with further fields.
fn ask(server: &Server, head: &str, tag: &str, steps: &str) -> Result<Connection, Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(&bytes(&format!("{head}Host: h\nX-Tag: {tag}\nX-Do: {steps}\n\n")))?;
    Ok(connection)
}

fn continue_at_first_read(server: &Server, tag: &str) -> Result<(), Failed> {
    let head = "POST / HTTP/1.1\nExpect: 100-continue\nContent-Length: 3\n";
    let mut connection = ask(server, head, tag, "note=begun nap=700 read field=content-length:0 head")?;
    server.log.of_guest(tag, 1)?;
    connection.stream.set_read_timeout(Some(Duration::from_millis(200)))?;
    match connection.stream.read(&mut [0; 100]) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        other => return Err(format!("before the guest reads there is {other:?}").into()),
    }
    connection.stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    super::same("100", &connection.response(false)?.ok_or("no response")?.status.to_string())?;
    connection.send(b"abc")?;
    super::same("200", &connection.response(false)?.ok_or("no response")?.status.to_string())?;
    super::same("begun; read body 3 abc", &server.log.of_guest(tag, 2)?.join("; "))
}

/// The client has the whole response long before the guest ends, and the guest does end.
fn works_on(server: &Server, tag: &str, steps: &str, expected: &str) -> Result<(), Failed> {
    let start = Instant::now();
    let mut connection = ask(server, "GET / HTTP/1.1\n", tag, &format!("{steps} nap=3000 note=end"))?;
    let response = connection.response(false)?.ok_or("no response")?;
    super::same(expected, &response.line())?;
    if start.elapsed() > Duration::from_secs(3) {
        return Err("the client was held up".into());
    }
    super::same("kept", connection.end(&response)?)?;
    let said = server.log.wait(|lines| lines.iter().any(|line| line.ends_with(&format!(":: {tag}: end"))));
    said.map(drop)
}

fn works_on_after_an_error(server: &Server, tag: &str) -> Result<(), Failed> {
    works_on(server, tag, "error=denied", "403 [content-length: 0] ")
}

fn works_on_after_finish(server: &Server, tag: &str) -> Result<(), Failed> {
    works_on(server, tag, "set write=abc finish", "200 [transfer-encoding: chunked] abc")
}

fn unread_body(server: &Server, tag: &str) -> Result<(), Failed> {
    // In one piece: of a body that hasn't come, nobody knows when it will.
    let mut connection = Connection::new(server.address())?;
    let fields = format!("Host: h\nX-Tag: {tag}\nX-Do: head\nContent-Length: 5\n");
    connection.send(&bytes(&format!("POST / HTTP/1.1\n{fields}\nabcde")))?;
    let response = connection.response(false)?.ok_or("no response")?;
    super::same("200 kept", &format!("{} {}", response.status, connection.end(&response)?))
}

fn unread_large_body(server: &Server, tag: &str) -> Result<(), Failed> {
    let mut connection = ask(server, "POST / HTTP/1.1\nContent-Length: 3000000\n", tag, "head")?;
    let mut sender = connection.stream.try_clone()?;
    let sending = thread::spawn(move || std::io::Write::write_all(&mut sender, &[b'x'; 3_000_000]));
    let response = connection.response(false)?.ok_or("no response")?;
    super::same("200 closed", &format!("{} {}", response.status, if response.is_whole { "closed" } else { "cut" }))?;
    // It may have been sent to its end before the server closed.
    let _ = sending.join();
    super::same("", &connection.rest()?.escape_ascii().to_string())
}

fn pipelined_in_order(server: &Server, tag: &str) -> Result<(), Failed> {
    let request = |steps: &str| format!("GET / HTTP/1.1\nHost: h\nX-Tag: {tag}\nX-Do: {steps}\n\n");
    let mut connection = Connection::new(server.address())?;
    let both = [request("note=first nap=300 note=ends field=x-a:1 head"), request("note=second field=x-a:2 head")];
    connection.send(&bytes(&both.concat()))?;
    for number in ["1", "2"] {
        let response = connection.response(false)?.ok_or("no response")?;
        super::same(number, response.field("x-a").unwrap_or_default())?;
    }
    let said = server.log.of_guest(tag, 3)?;
    super::same("first second", &format!("{} {}", said[0], said.last().map_or("", |last| last)))
}

/// Heads whose lines the server puts in order, and one between them that it leaves as it is.
fn pipelined_lines_in_order(server: &Server, tag: &str) -> Result<(), Failed> {
    let request = |fields: &str| format!("GET / HTTP/1.1\nHost: h\nX-Tag: {tag}\nX-Do: {fields} head\n\n");
    let [mixed, plain] = [request("field=b:1 field=a:2 field=b:3"), request("field=a:1 field=a:2 field=b:3")];
    let mut connection = Connection::new(server.address())?;
    connection.send(&bytes(&[&mixed[..], &mixed, &plain, &mixed].concat()))?;
    for (a, b, c) in
        [("b: 1", "a: 2", "b: 3"), ("b: 1", "a: 2", "b: 3"), ("a: 1", "a: 2", "b: 3"), ("b: 1", "a: 2", "b: 3")]
    {
        let response = connection.response(false)?.ok_or("no response")?;
        super::same(&format!("200 [{a}, {b}, {c}, content-length: 0] "), &response.line())?;
    }
    Ok(())
}

/// The guest's writes fail soon after the client has gone, and it may end its body as if nothing had happened.
fn client_leaves(server: &Server, tag: &str) -> Result<(), Failed> {
    let writes = "nap=100 write=b ".repeat(20);
    let mut connection = ask(server, "GET / HTTP/1.1\n", tag, &format!("set write=a {writes}finish note=end"))?;
    connection.stream.read_exact(&mut [0; 10])?;
    drop(connection);
    let said = server.log.wait(|lines| lines.iter().any(|line| line.ends_with(&format!(":: {tag}: end"))))?;
    let said: Vec<_> =
        said.iter().filter_map(|line| line.split_once(&format!(":: {tag}: ")).map(|(_, said)| said)).collect();
    let closed = said.iter().filter(|said| **said == "write closed").count();
    super::same(
        "write ok; write closed; finish ok; end",
        &format!("{}; {}; {}; {}", said[0], said[20], said[21], said[22]),
    )?;
    if closed > 10 { Ok(()) } else { Err(format!("only {closed} writes fail").into()) }
}

/// Bytes that the guest has flushed are there while it goes on.
fn flushed_before_the_end(server: &Server, tag: &str) -> Result<(), Failed> {
    let mut connection = ask(server, "GET / HTTP/1.1\n", tag, "set write=abc nap=3000 finish")?;
    let start = Instant::now();
    let mut received = Vec::new();
    while !received.ends_with(b"abc\r\n") {
        let mut buffer = [0; 1000];
        let count = connection.stream.read(&mut buffer)?;
        received.extend_from_slice(&buffer[..count]);
        if count == 0 || start.elapsed() > Duration::from_secs(3) {
            return Err(format!("only {}", received.escape_ascii()).into());
        }
    }
    Ok(())
}

/// A line without an end is told when the instance ends.
fn unfinished_lines(server: &Server, tag: &str) -> Result<(), Failed> {
    let steps = format!("print-error={tag}-one\\n{tag}-two head");
    ask(server, "GET / HTTP/1.1\n", tag, &steps)?.response(false)?.ok_or("no response")?;
    let ends = |line: &String, name: &str| line.starts_with("stderr [") && line.ends_with(&format!(":: {tag}-{name}"));
    let is_told = |lines: &[String]| ["one", "two"].iter().all(|name| lines.iter().any(|line| ends(line, name)));
    server.log.wait(is_told).map(drop)
}
