//! Responses that a program keeps without reading them, as many as it can get: what the host has of them stays within the limit of
//! the host's memory.

use super::support::Target;
use super::{compile, expect, output, server};
use libtest_mimic::Failed;

/// Kept responses: the path, whether it is asked for over HTTP/2, and what is kept.
const ROWS: &[(&str, bool, &str)] = &[
    ("/large-head", false, "response"),
    ("/large-head", true, "response"),
    ("/endless", false, "response"),
    ("/endless", true, "response"),
    ("/endless", false, "stream"),
    ("/endless", true, "stream"),
    ("/many-trailers", false, "trailers"),
    ("/endless-trailers", false, "trailers"),
    ("/endless-extension", false, "stream"),
];

/// Limits at which a few hundred responses are too many. What the guest has itself counts for the kernel's limit behind them.
const LIMITS: &[&str] = &["--max-host-memory", "8M", "--max-memory", "16M", "--max-http-fields", "1M"];

pub fn check(target: &Target) -> Result<(), Failed> {
    let servers = server::all();
    let grants = ["--http", "http://127.0.0.1:*/", "--http", "https://localhost:*/"];
    let program = compile(target, &format!("{}-kept", target.name), &[&grants[..], LIMITS].concat())?;
    let mut text = String::new();
    for &(path, is_http2, keep) in ROWS {
        let url = if is_http2 {
            format!("https://localhost:{}{path}", servers.http2)
        } else {
            format!("http://127.0.0.1:{}{path}", servers.plain)
        };
        let mut command = target.command(&program);
        command.args(["GET", &url, "count=900", &format!("keep={keep}")]);
        // The number of those that come before the limit varies; of errors one line is enough.
        let output = output(&command);
        let mut lines: Vec<&str> = output
            .lines()
            .filter(|line| !line.is_empty() && !line.contains("backtrace") && !line.contains(" - "))
            .collect();
        lines.dedup();
        text += &format!("{path}, HTTP/{}, {keep}:\n  {}\n", 1 + u32::from(is_http2), lines.join("\n  "));
    }
    expect("kept", &text)
}
