//! The end of a server, its health, and a line for each request: for those who run it.

use super::process::{Server, command, compile};
use super::support::{self, Folder, Target};
use super::wire::{Connection, bytes};
use libtest_mimic::Failed;
use rustix::process::Signal;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

/// A test on a target, with a folder for its files.
pub type Test = fn(&Target, &Folder) -> Result<(), Failed>;

pub const TESTS: &[(&str, Test)] = &[
    ("grace", grace),
    ("second_signal", second_signal),
    ("guests_that_work_on", guests_that_work_on),
    ("health", health),
    ("common_log", common_log),
    ("json_log", json_log),
];

/// Runs a test on a target.
pub fn check(name: &str, test: Test, target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("serve", &format!("operation/{name}/{}", target.name));
    test(target, &folder)?;
    folder.remove();
    Ok(())
}

fn start(target: &Target, folder: &Folder, flags: &[&str]) -> Result<Server, Failed> {
    let executable = compile(&support::guest("serve/steps.wasm"), target, folder, flags)?;
    Server::start(command(target, &executable, None))
}

/// A request for steps of the guest that has begun.
fn begun(server: &Server, steps: &str) -> Result<Connection, Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(&bytes(&format!("GET / HTTP/1.1\nHost: h\nX-Tag: begun\nX-Do: note=begun {steps}\n\n")))?;
    server.log.of_guest("begun", 1)?;
    Ok(connection)
}

/// Waits for the end of a server that was asked to end, which is to come within a time and with status 0.
fn ends(server: Server, most: Duration) -> Result<(), Failed> {
    let start = Instant::now();
    super::same("Some(0)", &format!("{:?}", server.wait()?))?;
    if start.elapsed() < most { Ok(()) } else { Err(format!("it ends after {:?}", start.elapsed()).into()) }
}

/// Requests that take longer than the grace are cut.
fn grace(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let server = start(target, folder, &["--grace", "500ms"])?;
    let mut waits = begun(&server, "nap=60000 head")?;
    let mut streams = begun(&server, "set write=abc note=sent nap=60000 finish")?;
    server.log.wait_for("begun: sent")?;
    server.signal(Signal::TERM);
    super::same("None", &format!("{:?}", waits.response(false)?))?;
    let cut = streams.response(false)?.ok_or("no head")?;
    super::same("abc false", &format!("{} {}", cut.text(), cut.is_whole))?;
    ends(server, Duration::from_secs(20))
}

fn second_signal(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let server = start(target, folder, &["--admin", "127.0.0.1:0", "--grace", "60"])?;
    let admin = server.admin()?;
    let _waits = begun(&server, "nap=60000 head")?;
    server.signal(Signal::INT);
    stops(admin)?;
    server.signal(Signal::INT);
    ends(server, Duration::from_secs(20))
}

/// A guest whose client has the whole response may go on until the grace is over.
fn guests_that_work_on(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let server = start(target, folder, &[])?;
    let mut connection = begun(&server, "field=content-length:0 head nap=1000 note=done")?;
    super::same("200", &connection.response(false)?.ok_or("no response")?.status.to_string())?;
    drop(connection);
    server.signal(Signal::TERM);
    server.log.wait_for("begun: done")?;
    ends(server, Duration::from_secs(20))
}

/// The status of a path, asked for by a connection of its own.
fn status(address: SocketAddr, request: &str) -> Result<u16, Failed> {
    let mut connection = Connection::new(address)?;
    connection.send(&bytes(&format!("{request} HTTP/1.1\nHost: h\nConnection: close\n\n")))?;
    Ok(connection.response(request.starts_with("HEAD"))?.ok_or("no response")?.status)
}

/// Waits until a server has noticed that it is to end.
fn stops(admin: SocketAddr) -> Result<(), Failed> {
    while status(admin, "GET /readyz")? != 503 {
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn health(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let server = start(target, folder, &["--admin", "127.0.0.1:0", "--grace", "30", "--workers", "3"])?;
    let admin = server.admin()?;
    for (request, expected) in [
        ("GET /healthz", 200),
        ("HEAD /healthz", 200),
        ("GET /readyz", 200),
        ("GET /metrics", 200),
        ("POST /healthz", 405),
        ("GET /", 404),
    ] {
        super::same(&format!("{request} {expected}"), &format!("{request} {}", status(admin, request)?))?;
    }
    // The worker of the last request may be another than the one that answers here.
    let mut last = begun(&server, "nap=5000 field=x-a:1 head")?;
    server.signal(Signal::TERM);
    stops(admin)?;
    for (request, expected) in [("GET /healthz", 200), ("GET /readyz", 503), ("GET /metrics", 200)] {
        super::same(&format!("{request} {expected}"), &format!("{request} {}", status(admin, request)?))?;
    }
    super::same("200", &last.response(false)?.ok_or("no response to the last request")?.status.to_string())?;
    ends(server, Duration::from_secs(20))
}

/// Asks a server for a few things; returns what it wrote to standard output, and the number by which the guest's own lines
/// know the first request.
fn logged(target: &Target, folder: &Folder, form: &str) -> Result<(Vec<String>, String), Failed> {
    let executable =
        compile(&support::guest("serve/steps.wasm"), target, folder, &["--workers", "1", "--access-log", form])?;
    let program = command(target, &executable, None);
    let mut shell = Command::new("sh");
    shell.args(["-c", "out=$1; shift; exec \"$@\" >\"$out\"", "sh"]).arg(folder.join("out"));
    shell.arg(program.get_program()).args(program.get_args()).env_clear();
    let server = Server::start(shell)?;
    for (request, steps) in
        [("GET /a%20b?c", "note=begun set write=abc finish"), ("POST /\"", ""), ("GET /cut", "set write=ab trap")]
    {
        let mut connection = Connection::new(server.address())?;
        connection.send(&bytes(&format!("{request} HTTP/1.1\nHost: h\nX-Tag: line\nX-Do: {steps}\n\n")))?;
        connection.response(false)?.ok_or("no response")?;
    }
    let lines = server.log.wait(|lines| lines.iter().any(|line| line.contains("line: begun")))?;
    let line = lines.iter().find_map(|line| line.split_once(" :: line: begun")).ok_or("no line")?;
    let number = String::from(line.0.trim_start_matches("stderr [").trim_end_matches(']'));
    super::same("Some(0)", &format!("{:?}", server.stop()?))?;
    let written = fs::read_to_string(folder.join("out"))?;
    Ok((written.lines().map(String::from).collect(), number))
}

fn common_log(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let (lines, number) = logged(target, folder, "common")?;
    let expected = [
        format!("\"GET /a%20b?c HTTP/1.1\" 200 3 {number} T whole"),
        String::from("\"POST /\\\" HTTP/1.1\" 400 0 2 T whole"),
        String::from("\"GET /cut HTTP/1.1\" 200 2 3 T cut"),
    ];
    let actual = lines.iter().map(|line| {
        let (before, rest) = line.split_once("] ").unwrap_or((line, ""));
        let mut words: Vec<_> = rest.split(' ').collect();
        // The time that it took.
        if let Some(time) = words.iter_mut().rev().nth(1).filter(|time| time.parse::<u64>().is_ok()) {
            *time = "T";
        }
        format!("{} {}", before.split('[').next().unwrap_or_default(), words.join(" "))
    });
    super::same(
        &expected.map(|line| format!("127.0.0.1 - -  {line}")).join("\n"),
        &actual.collect::<Vec<_>>().join("\n"),
    )
}

fn json_log(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let (lines, number) = logged(target, folder, "json")?;
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("\"{name}\":"))?;
        Some(String::from(rest.split([',', '}']).next()?))
    };
    let shown = |line: &String| -> String {
        let names = ["request", "client", "method", "target", "version", "status", "bytes", "whole"];
        names.map(|name| field(line, name).unwrap_or_default()).join(" ")
    };
    super::same(
        &format!(
            "{number} \"127.0.0.1\" \"GET\" \"/a%20b?c\" \"HTTP/1.1\" 200 3 true\n\
             2 \"127.0.0.1\" \"POST\" \"/\\\"\" \"HTTP/1.1\" 400 0 true\n\
             3 \"127.0.0.1\" \"GET\" \"/cut\" \"HTTP/1.1\" 200 2 false"
        ),
        &lines.iter().map(shown).collect::<Vec<_>>().join("\n"),
    )
}
