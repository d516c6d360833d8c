//! Services of WASI 0.3: the programs in the folder `p3` of the corpora answer as they do under wasmtime, and their instances are shared and
//! isolated as the flags say. Without the corpora, the tests are skipped; with the variable `CI` set, they fail.

use super::process::{self, Server};
use super::support::{self, Folder, Limits, Target};
use super::wire::{bytes, exchange};
use libtest_mimic::Failed;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// A test of services, by its name.
pub type Test = (&'static str, fn(&Target) -> Result<(), Failed>);

pub const TESTS: &[Test] = &[
    ("rust", |target| same_as_wasmtime("rust-http.wasm", RUST, target)),
    ("javascript", |target| same_as_wasmtime("js-http.wasm", JAVASCRIPT, target)),
    ("python", |target| same_as_wasmtime("python-http.wasm", PYTHON, target)),
    ("trailers", trailers),
    ("several_at_once", several_at_once),
    ("isolated", isolated),
    ("reused", reused),
    ("sleeps_of_python", sleeps_of_python),
    ("trap", trap),
    ("exhausted_time", exhausted_time),
    ("passed_on", passed_on),
    ("middleware", middleware),
];

/// The component with this name, if it is there.
pub fn component(name: &str) -> Option<PathBuf> {
    let beside = || support::repository().join("../shared/corpora");
    let corpora = std::env::var_os("TEST_CORPORA").map_or_else(beside, PathBuf::from);
    Some(corpora.join("p3").join(name)).filter(|file| file.exists())
}

/// Paths behind the server's place, and further arguments of `curl`.
const RUST: &[&[&str]] = &[
    &[""],
    &["sleep?ms=20"],
    &["big?bytes=0"],
    &["big?bytes=3000000"],
    &["log"],
    &["error"],
    &["panic"],
    &["nothing-there"],
    &["", "--head"],
    &["echo"],
    &["echo", "--data-binary", "one two three"],
    &["count", "--data-binary", "one two three"],
    &["echo", "--header", "transfer-encoding: chunked", "--data-binary", "one two three"],
];
const JAVASCRIPT: &[&[&str]] = &[&[""], &["count", "--data-binary", "one two three"], &["nothing-there"]];
const PYTHON: &[&[&str]] = &[&[""], &["json"], &["sleep?ms=20"], &["nothing-there"]];

/// Starts a service.
fn start(program: &str, target: &Target, name: &str, flags: &[&str]) -> Result<Server, Failed> {
    let component = component(program).ok_or_else(|| format!("{program} of the corpora is missing"))?;
    let folder = Folder::new("services", &format!("{name}/{}", target.name));
    Server::start(process::command(target, &process::compile(&component, target, &folder, flags)?, None))
}

/// A component that imports and exports the handler goes between clients and another one.
fn middleware(target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("services", &format!("middleware/{}", target.name));
    fs::write(folder.join("middleware.wat"), include_str!("service_middleware.wat"))?;
    let mut command = process::compiler(target, &folder);
    command.arg("middleware.wat").arg("--link").arg(component("rust-http.wasm").ok_or("the component is missing")?);
    let server = Server::start(process::command(target, &process::compiled(command, &folder)?, None))?;
    super::same("one two three", &curl(&server, &["echo", "--data-binary", "one two three"])?.0)?;
    super::same("2\n", &curl(&server, &["seen"])?.0)?;
    super::same("500", &curl(&server, &["error"])?.1)
}

/// Asks with `curl`: the body, and the status.
fn curl(server: &Server, arguments: &[&str]) -> Result<(String, String), Failed> {
    let (path, options) = arguments.split_first().ok_or("no path")?;
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}"]);
    command.args(options).arg(format!("{}{path}", server.place));
    let outcome = support::run(&command, Limits::default());
    let text = outcome.stdout_text();
    let (body, status) = text.rsplit_once('\n').ok_or_else(|| outcome.stderr_text())?;
    Ok((String::from(body), String::from(status)))
}

/// Asks a service and one of wasmtime for the same.
fn same_as_wasmtime(program: &str, rows: &[&[&str]], target: &Target) -> Result<(), Failed> {
    let own = start(program, target, program, &[])?;
    let mut command = Command::new(support::tool("wasmtime"));
    let folder = Folder::new("services", &format!("wasmtime-{program}"));
    command.env("HOME", folder.as_os_str()).args(["serve", "-S", "cli", "--addr", "127.0.0.1:0"]);
    command.arg(component(program).ok_or("the component is missing")?);
    let reference = Server::start(command)?;
    for row in rows {
        let (mut expected, found) = (curl(&reference, row)?, curl(&own, row)?);
        if expected.1 == "500" {
            // wasmtime's page for errors of the server.
            expected.0 = String::new();
        }
        let is_head = row.contains(&"--head");
        if expected.1 != found.1 || !is_head && expected.0 != found.0 {
            return Err(format!("{row:?}: {found:.200?} and not {expected:.200?}").into());
        }
    }
    super::same("Some(0)", &format!("{:?}", own.stop()?))
}

/// Trailers of a response go to clients that take them, and those of a request to the guest.
fn trailers(target: &Target) -> Result<(), Failed> {
    let server = start("rust-http.wasm", target, "trailers", &[])?;
    let get = "GET /stream?lines=2&ms=1 HTTP/1.1\nHost: h\nTE: trailers\nConnection: close\n\n";
    let answer = exchange(server.address(), &bytes(get), false)?;
    if !answer.contains("x-lines: 2") {
        return Err(answer.into());
    }
    let post = "POST /count HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nTrailer: x-t\nConnection: close\n\n\
                3\nabc\n0\nx-t: 1\n\n";
    let answer = exchange(server.address(), &bytes(post), false)?;
    if answer.contains("3 bytes, 1 words, 1 trailers") { Ok(()) } else { Err(answer.into()) }
}

/// The numbers of requests that so many at once find in their instance when they have slept.
fn active(server: &Server, count: usize) -> Result<Vec<u32>, Failed> {
    thread::scope(|scope| {
        let ask = || curl(server, &["active?ms=600"]).map_err(|error| format!("{error:?}"));
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(ask)).collect();
        let answers = threads.into_iter().map(|thread| thread.join().map_err(|_| "a panic")?.map_err(Failed::from));
        answers.map(|answer: Result<_, Failed>| Ok(answer?.0.trim().parse()?)).collect()
    })
}

fn several_at_once(target: &Target) -> Result<(), Failed> {
    let server = start("rust-http.wasm", target, "several", &["--workers", "1"])?;
    server.log.wait_for("Each instance serves 128 requests (--reuse), 16 at once (--concurrent)")?;
    let most = active(&server, 6)?.into_iter().max();
    super::same("Some(6)", &format!("{most:?}"))
}

fn isolated(target: &Target) -> Result<(), Failed> {
    let server = start("rust-http.wasm", target, "isolated", &["--reuse", "1", "--concurrent", "1"])?;
    server.log.wait_for("Each request gets a fresh instance")?;
    super::same("[1, 1, 1, 1]", &format!("{:?}", active(&server, 4)?))?;
    for _ in 0..3 {
        super::same("1\n", &curl(&server, &["seen"])?.0)?;
    }
    // A client that takes its time keeps the instance, whose guest has ended.
    super::same("6000000", &curl(&server, &["big?bytes=6000000", "--limit-rate", "8M"])?.0.len().to_string())?;
    super::same("false", &server.log.has("failed at request").to_string())
}

fn reused(target: &Target) -> Result<(), Failed> {
    let server = start("rust-http.wasm", target, "reused", &["--workers", "1", "--reuse", "5"])?;
    for expected in ["1", "2", "3", "4", "5", "1", "2"] {
        super::same(&format!("{expected}\n"), &curl(&server, &["seen"])?.0)?;
    }
    Ok(())
}

/// Requests that sleep in Python do so at the same time, in one instance.
fn sleeps_of_python(target: &Target) -> Result<(), Failed> {
    let server = start("python-http.wasm", target, "sleeps", &["--workers", "1"])?;
    curl(&server, &[""])?;
    let begin = Instant::now();
    thread::scope(|scope| {
        let ask = || curl(&server, &["sleep?ms=1000"]).map(|(_, status)| status).map_err(|error| format!("{error:?}"));
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().try_for_each(|thread| super::same("200", &thread.join().map_err(|_| "a panic")??))
    })?;
    if begin.elapsed() < Duration::from_secs(5) { Ok(()) } else { Err(format!("{:?}", begin.elapsed()).into()) }
}

/// A trap ends the requests in the same instance, which the log says, and no others.
fn trap(target: &Target) -> Result<(), Failed> {
    let server = start("rust-http.wasm", target, "trap", &["--workers", "1"])?;
    curl(&server, &["seen"])?;
    thread::scope(|scope| {
        let sleeper = scope.spawn(|| curl(&server, &["sleep?ms=20000"]).map_err(|error| format!("{error:?}")));
        thread::sleep(Duration::from_millis(300));
        super::same("500", &curl(&server, &["panic"])?.1)?;
        super::same("500", &sleeper.join().map_err(|_| "a panic")??.1)
    })?;
    server.log.wait_for("1 other requests in the same instance end with it")?;
    super::same("1\n", &curl(&server, &["seen"])?.0)
}

/// A guest that never waits is ended when its time is up, and others are served meanwhile.
fn exhausted_time(target: &Target) -> Result<(), Failed> {
    let flags = ["--workers", "1", "--timeout", "1500ms", "--concurrent", "1"];
    let server = start("rust-http.wasm", target, "time", &flags)?;
    thread::scope(|scope| {
        let hanging = scope.spawn(|| curl(&server, &["hang"]).map_err(|error| format!("{error:?}")));
        thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        super::same("200", &curl(&server, &[""])?.1)?;
        if begin.elapsed() > Duration::from_secs(1) {
            return Err(format!("it took {:?}", begin.elapsed()).into());
        }
        super::same("504", &hanging.join().map_err(|_| "a panic")??.1)?;
        super::same("504", &curl(&server, &["sleep?ms=20000"])?.1)
    })
}

/// A request that the guest sends for one that it serves, and the body of whose answer it passes on.
fn passed_on(target: &Target) -> Result<(), Failed> {
    let server = start("rust-http.wasm", target, "passed-on", &["--http", "http://127.0.0.1:*/"])?;
    let address = server.address();
    let (body, status) = curl(&server, &[&format!("proxy?to={address}/big%3Fbytes=200000")])?;
    super::same("404", &status)?;
    super::same("no such route\n", &body)?;
    let (body, status) = curl(&server, &[&format!("proxy?to={address}/big")])?;
    super::same("200 1048576", &format!("{status} {}", body.len()))?;
    let (_, status) = curl(&server, &["proxy?to=127.0.0.2:1/"])?;
    super::same("403", &status)
}
