//! Requests that sleep, all at the same time: the memory that each costs.

use super::{ADDRESSES, Server, ours};
use crate::table::Table;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The most requests at a time, which is what a server allows by default.
const REQUESTS: usize = 10_000;
/// The request, by the path of the handler of the corpora, or the field of that of the tests: its guest sleeps for so long that all
/// of them are asleep before the first wakes.
const REQUEST: &[u8] = b"GET /sleep?ms=20000 HTTP/1.1\r\nHost: h\r\nX-Do: nap=20000 head\r\n\r\n";

/// Prints what sleeping requests to a handler cost.
pub fn run(handler: &Path) -> Result<()> {
    allow_descriptors()?;
    let server = Server::start(&ours(handler, true)?, ADDRESSES[0])?;
    let before = resident(&server)?;
    let start = Instant::now();
    let connect = |_| -> Result<TcpStream> {
        let mut stream = TcpStream::connect(ADDRESSES[0])?;
        stream.write_all(REQUEST)?;
        Ok(stream)
    };
    let mut streams = (0..REQUESTS).map(connect).collect::<Result<Vec<_>>>()?;
    let begun = start.elapsed();
    sleep(Duration::from_secs(15).saturating_sub(begun));
    let kilobytes = (resident(&server)? - before) / REQUESTS as f64;
    for (number, stream) in streams.iter_mut().enumerate() {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).with_context(|| format!("request {number} of {REQUESTS}"))?;
        if &answer != b"HTTP/1.1 200" {
            bail!("request {number} gets {}", answer.escape_ascii());
        }
    }
    println!("{REQUESTS} requests asleep at the same time:\n");
    let mut table = Table::new(&["KB for each", "s until all have come"]);
    table.row([format!("{kilobytes:.1}"), format!("{:.1}", begun.as_secs_f64())]);
    table.print();
    println!();
    Ok(())
}

/// Asks for as many descriptors as the process may have: the client needs one for each request.
fn allow_descriptors() -> Result<()> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls use the record alone.
    let is_set = unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) == 0
        }
    };
    if is_set && limit.rlim_max > REQUESTS as u64 + 100 {
        return Ok(());
    }
    bail!("the client may have no more than {} files open (RLIMIT_NOFILE)", limit.rlim_max)
}

/// Kilobytes that a server has in memory now.
fn resident(server: &Server) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.0.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no resident memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
