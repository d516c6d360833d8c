//! Servers of several components: a middleware handles requests by another handler.

use super::process::{self, Server};
use super::support::{self, Folder, Target};
use super::wire::{bytes, exchange};
use libtest_mimic::Failed;
use std::fs;

/// A component that hands each request to the handler that it imports.
const MIDDLEWARE: &str = include_str!("middleware.wat");

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
