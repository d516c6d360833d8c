//! Servers of several components: a middleware handles requests by another handler.

use super::isolation;
use super::process::{self, Server};
use super::support::{self, Folder, Target};
use super::wire::{bytes, exchange};
use libtest_mimic::Failed;
use std::fs;

/// A component that hands each request to the handler that it imports.
const MIDDLEWARE: &str = include_str!("middleware.wat");

/// A handler with a start function.
const STARTING: &str = include_str!("starting.wat");

const DOCUMENT: &str = r#"package test:chain;

let handler = new test:handler { ... };
let inner = new test:middleware { "wasi:http/incoming-handler@0.2.3": handler["wasi:http/incoming-handler@0.2.12"], ... };
let outer = new test:middleware { "wasi:http/incoming-handler@0.2.3": inner["wasi:http/incoming-handler@0.2.3"], ... };
export outer["wasi:http/incoming-handler@0.2.3"];
"#;

/// One middleware, by its interface alone.
pub fn link(target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("serve", &format!("link/{}", target.name));
    fs::write(folder.join("middleware.wat"), MIDDLEWARE)?;
    let mut command = process::compiler(target, &folder);
    command.arg("middleware.wat").arg("--link").arg(support::guest("serve/steps.wasm"));
    check(target, folder, command, 1)
}

/// Two instances of it, one before the other, as a document says.
pub fn document(target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("serve", &format!("document/{}", target.name));
    fs::write(folder.join("middleware.wat"), MIDDLEWARE)?;
    fs::write(folder.join("chain.wac"), DOCUMENT)?;
    let mut command = process::compiler(target, &folder);
    let handler = format!("test:handler={}", support::guest("serve/steps.wasm").display());
    command.args(["--wac", "chain.wac", "--link", "test:middleware=middleware.wat", "--link", &handler]);
    check(target, folder, command, 2)
}

/// Requests start up only the handler that they reach, of several, and with each instance again.
pub fn routes_start_up(target: &Target) -> Result<(), Failed> {
    for reuse in ["1", "3"] {
        let folder = Folder::new("serve", &format!("routes-{reuse}/{}", target.name));
        fs::write(folder.join("starts.wat"), STARTING.replace("TRAP", "1"))?;
        fs::write(folder.join("traps.wat"), STARTING.replace("TRAP", "0"))?;
        let mut command = process::compiler(target, &folder);
        command.args([
            "--route",
            "/starts=starts.wat",
            "--route",
            "/traps=traps.wat",
            "--workers",
            "1",
            "--reuse",
            reuse,
        ]);
        command.arg("--route").arg(format!("/...={}", support::guest("serve/steps.wasm").display()));
        let server = Server::start(process::command(target, &process::compiled(command, &folder)?, None))?;
        for _ in 0..4 {
            for (path, status) in [("/starts", "500"), ("/steps", "200"), ("/traps", "500"), ("/starts", "500")] {
                let answer = exchange(server.address(), &bytes(&format!("GET {path} HTTP/1.1\nHost: h\n\n")), true)?;
                super::same(status, answer.get(..3).unwrap_or_default())?;
            }
        }
        // What never sets a response isn't told of.
        let lines = server.log.wait(|lines| lines.iter().filter(|line| is_failure(line)).count() >= 4)?;
        super::same("4", &lines.iter().filter(|line| is_failure(line)).count().to_string())?;
        super::same("Some(0)", &format!("{:?}", server.stop()?))?;
        folder.remove();
    }
    Ok(())
}

fn is_failure(line: &str) -> bool {
    line.starts_with("Error: the handler of `") && line.contains("` failed at request ")
}

/// Instances of several handlers are as new for each request, whichever of the handlers got the last one.
pub fn routes_isolation(target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("serve", &format!("routes-isolation/{}", target.name));
    let guest = |name: &str| support::guest(&format!("serve/{name}.wasm")).display().to_string();
    let mut command = process::compiler(target, &folder);
    command.args(["--route", &format!("/...={}", guest("isolation")), "--workers", "1"]);
    command.args(["--route", &format!("/steps={}", guest("steps"))]);
    let server = Server::start(process::command(target, &process::compiled(command, &folder)?, None))?;
    let ask = || exchange(server.address(), &bytes("GET /steps HTTP/1.1\nHost: h\nX-Do: isolation\n\n"), true);
    let first = ask()?;
    // Emulated, a round takes seconds.
    let rounds = if target.is_host() { 20 } else { 3 };
    for _ in 0..rounds {
        isolation::some_places(&server, 12)?;
        super::same(&first, &ask()?)?;
        super::same(&first, &ask()?)?;
    }
    super::same("Some(0)", &format!("{:?}", server.stop()?))?;
    folder.remove();
    Ok(())
}

/// Requests go through so many middlewares, whose frames are in the backtrace of a trap behind them.
fn check(target: &Target, folder: Folder, command: std::process::Command, count: usize) -> Result<(), Failed> {
    let server = Server::start(process::command(target, &process::compiled(command, &folder)?, None))?;
    let ask = |fields: &str| exchange(server.address(), &bytes(&format!("GET /a HTTP/1.1\nHost: h\n{fields}\n")), true);
    super::same("200 [content-length: 21] Get http h /a\\nbody 0\\n", &ask("")?)?;
    super::same("500 [content-length: 0] ", &ask("X-Do: trap\n")?)?;
    let is_told = |lines: &[String]| lines.iter().filter(|line| line.contains("middleware!pass")).count() == count;
    let lines = server.log.wait(is_told)?;
    let is_head =
        |line: &String| line.starts_with("Error: the handler of `") && line.ends_with("` failed at request 2");
    if !lines.iter().any(is_head) {
        return Err(lines.join("\n").into());
    }
    super::same("Some(0)", &format!("{:?}", server.stop()?))?;
    folder.remove();
    Ok(())
}
