//! The time from the start of a server's process to its first answer. The peer is a server in C, linked statically with musl,
//! that does nothing else.

use super::{ADDRESSES, Words, ours};
use crate::build::{self, Cpu};
use crate::places;
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Starts of each server, which take turns.
const ROUNDS: usize = 200;
/// Starts before those that count.
const ROUNDS_BEFORE: usize = 10;

/// Prints the times for a handler.
pub fn run(handler: &Path, path: &str) -> Result<()> {
    let port = ADDRESSES[1].rsplit_once(':').map_or("", |(_, port)| port);
    let c = build::c_native(&places::source("programs/server.c"), Cpu::Baseline)?;
    let servers: [(&str, Words, &str); 2] = [
        ("C, static musl", vec![c.display().to_string(), port.to_owned()], ADDRESSES[1]),
        ("aot, in its sandbox", ours(handler, true)?, ADDRESSES[0]),
    ];
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS_BEFORE + ROUNDS {
        for ((_, words, address), times) in servers.iter().zip(&mut times) {
            let time = first_answer(words, address, path)?.as_secs_f64() * 1e6;
            if round >= ROUNDS_BEFORE {
                times.push(time);
            }
        }
    }
    let mut table = Table::new(&["server", "µs to the first answer", "ratio"]);
    for ((name, ..), of_server) in servers.iter().zip(&times) {
        let time = median(of_server.iter().copied());
        table.row([(*name).to_owned(), format!("{time:.0}"), format!("{:.2}", median_ratio(of_server, &times[0]))]);
    }
    println!("{ROUNDS} alternated starts, medians:\n");
    table.print();
    println!();
    Ok(())
}

/// Starts a server, asks it until it answers, and ends it.
fn first_answer(words: &Words, address: &str, path: &str) -> Result<Duration> {
    let (program, rest) = words.split_first().context("no words")?;
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut server = command.spawn()?;
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) if start.elapsed() < Duration::from_secs(10) => {}
            Err(error) => return Err(error).context("the server doesn't listen"),
        }
    };
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes())?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    let time = start.elapsed();
    server.kill()?;
    server.wait()?;
    if &answer != b"HTTP/1.1 200" {
        bail!("{program} answers {}", answer.escape_ascii());
    }
    Ok(time)
}
