//! The routes of real handlers, which are no part of the repository: `rust-app.wasm` and `python.wasm` in the folder `http`
//! of the corpora. Without them, a test that stands for them is skipped; with the variable `CI` set, it fails.

use super::process::Server;
use super::support::{self, Limits};
use super::wire::Connection;
use libtest_mimic::Failed;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// The handler, if it is there.
pub fn component(name: &str) -> Option<PathBuf> {
    let beside = || support::repository().join("../shared/corpora");
    let corpora = std::env::var_os("TEST_CORPORA").map_or_else(beside, PathBuf::from);
    let file = corpora.join("http").join(name);
    file.exists().then_some(file)
}

/// A route, and what it answers.
pub struct Route {
    pub name: &'static str,
    method: &'static str,
    path: &'static str,
    body: &'static str,
    status: u16,
    /// The body, or how it begins and ends around `…`.
    expected: &'static str,
}

const fn get(name: &'static str, path: &'static str, expected: &'static str) -> Route {
    Route { name, method: "GET", path, body: "", status: 200, expected }
}

const fn post(name: &'static str, path: &'static str, body: &'static str, expected: &'static str) -> Route {
    Route { name, method: "POST", path, body, status: 200, expected }
}

const fn fails(name: &'static str, path: &'static str) -> Route {
    Route { name, method: "GET", path, body: "", status: 500, expected: "" }
}

pub const RUST_APP: &[Route] = &[
    get("root", "/", "Hello, world\n"),
    get("seen", "/seen", "1\n"),
    get("seen_again", "/seen", "1\n"),
    get("json", "/json?name=x", "{\"greeting\":\"Hello, x\",…{\"id\":19,\"name\":\"x 19\",\"square\":361}]}"),
    get("fib", "/fib?n=20", "6765\n"),
    get("big", "/big?bytes=300000", "xxxx…xxxx"),
    post("echo", "/echo", "one two three", "one two three"),
    post("count", "/count", "one two three", "13 bytes, 3 words\n"),
    get("headers", "/headers", "GET http://HOST/headers\n…"),
    post("trailers", "/trailers", "abc", ""),
    Route { status: 418, ..get("status", "/status?code=418", "") },
    Route { status: 204, ..get("status_204", "/status?code=204", "") },
    get("sleep", "/sleep?ms=20", "slept\n"),
    get("log", "/log", "logged\n"),
    get("environment", "/environment", ""),
    fails("error", "/error"),
    fails("panic", "/panic"),
    fails("recurse", "/recurse"),
    get("recurse_little", "/recurse?depth=10", "10\n"),
    get("allocate", "/allocate?bytes=10000000", "10000000\n"),
    Route { status: 404, ..get("unknown", "/x", "no such route\n") },
];

pub const PYTHON: &[Route] = &[
    get("root", "/", "Hello, world\n"),
    get("seen", "/seen", "1\n"),
    get("seen_again", "/seen", "1\n"),
    get("json", "/json?name=x", "{\"greeting\": \"Hello, x\",…{\"id\": 19, \"square\": 361, \"name\": \"x 19\"}]}"),
    post("words", "/words", "one two one", "2 one\n1 two\n"),
    fails("error", "/error"),
    Route { status: 404, ..get("unknown", "/x", "no such route\n") },
];

/// The versions by which `curl` asks.
pub const VERSIONS: &[(&str, &str)] = &[("http_1", "--http1.1"), ("http_2", "--http2-prior-knowledge")];

impl Route {
    /// Asks with `curl`.
    pub fn check(&self, server: &Server, version: &str) -> Result<(), Failed> {
        let host = server.address().to_string();
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--path-as-is",
            "--write-out",
            "\n%{http_code}",
            version,
        ]);
        curl.args(["--request", self.method]).arg(format!("http://{host}{}", self.path));
        if !self.body.is_empty() {
            curl.args(["--data-binary", self.body]);
        }
        let outcome = support::run(&curl, Limits::default());
        let text = outcome.stdout_text();
        let (body, status) = text.rsplit_once('\n').ok_or("no status")?;
        let expected = self.expected.replace("HOST", &host);
        let is_right = match expected.split_once('…') {
            None => body == expected,
            Some((begin, end)) => body.starts_with(begin) && body.ends_with(end),
        };
        if is_right && status == self.status.to_string() && outcome.code == 0 {
            return Ok(());
        }
        Err(format!("{} {status} {body:.500}{}", outcome.code, outcome.stderr_text()).into())
    }
}

/// A test of `rust-app` that is more than a request.
pub type Test = fn(&Server) -> Result<(), Failed>;

pub const RUST_APP_TESTS: &[(&str, Test)] = &[
    ("stream_comes_in_pieces", stream_comes_in_pieces),
    ("late_error_is_cut", late_error_is_cut),
    ("echo_both_ways_at_once", echo_both_ways_at_once),
    ("trailers_come_back", trailers_come_back),
    ("log_has_numbers", log_has_numbers),
    ("sleepers_sleep_at_once", sleepers_sleep_at_once),
    ("proxy_streams", proxy_streams),
];

fn ask(server: &Server, path: &str) -> Result<Connection, Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(format!("GET {path} HTTP/1.1\r\nHost: h.test\r\n\r\n").as_bytes())?;
    Ok(connection)
}

fn stream_comes_in_pieces(server: &Server) -> Result<(), Failed> {
    let start = Instant::now();
    let mut connection = ask(server, "/stream?lines=3&ms=100")?;
    let response = connection.response(false)?.ok_or("no response")?;
    super::same("3", &response.text().lines().count().to_string())?;
    super::same("true true", &format!("{} {}", response.is_whole, start.elapsed() >= Duration::from_millis(300)))
}

fn late_error_is_cut(server: &Server) -> Result<(), Failed> {
    let mut connection = ask(server, "/late-error")?;
    let response = connection.response(false)?.ok_or("no head")?;
    super::same("200 [transfer-encoding: chunked]  false", &format!("{} {}", response.line(), response.is_whole))
}

/// Sends a body, of which pieces come back before its end.
fn echo_both_ways_at_once(server: &Server) -> Result<(), Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")?;
    let mut received = Vec::new();
    while !received.ends_with(b"first\r\n") {
        let mut buffer = [0; 1024];
        let count = std::io::Read::read(&mut connection.stream, &mut buffer)?;
        received.extend_from_slice(&buffer[..count]);
        if count == 0 {
            return Err(format!("it ends after {}", received.escape_ascii()).into());
        }
    }
    connection.send(b"6\r\nsecond\r\n0\r\n\r\n")?;
    connection.half_close()?;
    let rest = connection.rest()?;
    super::same("6\\r\\nsecond\\r\\n0\\r\\n\\r\\n", &rest.escape_ascii().to_string())
}

fn trailers_come_back(server: &Server) -> Result<(), Failed> {
    let mut connection = Connection::new(server.address())?;
    connection.send(
        b"POST /trailers HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-a: 1\r\n\r\n",
    )?;
    let response = connection.response(false)?.ok_or("no response")?;
    super::same("200 [transfer-encoding: chunked]  [x-a: 1, x-bytes: 3]", &response.line())
}

fn log_has_numbers(server: &Server) -> Result<(), Failed> {
    ask(server, "/log")?.response(false)?.ok_or("no response")?;
    let number =
        |line: &String| Some(line.strip_prefix("stderr [")?.strip_suffix("] :: to stderr")?.parse::<u64>().is_ok());
    server.log.wait(|lines| lines.iter().any(|line| number(line) == Some(true))).map(drop)
}

/// Many requests that wait: the time is that of one.
fn sleepers_sleep_at_once(server: &Server) -> Result<(), Failed> {
    let start = Instant::now();
    let asked: Result<Vec<Connection>, Failed> = (0..100).map(|_| ask(server, "/sleep?ms=500")).collect();
    for mut connection in asked? {
        super::same("slept\n", &connection.response(false)?.ok_or("no response")?.text())?;
    }
    if start.elapsed() < Duration::from_secs(20) { Ok(()) } else { Err("they sleep one after another".into()) }
}

/// Returns the port of a server that answers each request at its head, and ends the connection before the body's end.
pub fn upstream() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || {
                    let answer = b"HTTP/1.1 203 X\r\ncontent-length: 8\r\n\r\nupstream";
                    let mut request = Vec::new();
                    while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                        let mut part = [0; 4096];
                        match std::io::Read::read(&mut stream, &mut part) {
                            Ok(count @ 1..) => request.extend_from_slice(&part[..count]),
                            _ => return,
                        }
                    }
                    let _ = std::io::Write::write_all(&mut stream, answer);
                });
            }
        });
        port
    })
}

fn proxy_streams(server: &Server) -> Result<(), Failed> {
    let mut connection = ask(server, &format!("/proxy?url=http://127.0.0.1:{}/", upstream()))?;
    let response = connection.response(false)?.ok_or("no response")?;
    super::same(
        "203 upstream 1",
        &format!("{} {} {:?}", response.status, response.text(), response.field("x-proxied"))
            .replace("Some(\"1\")", "1"),
    )
}
