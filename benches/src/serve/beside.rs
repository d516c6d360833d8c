//! Requests beside one whose guest never ends: how long the others wait.

use super::{ADDRESSES, Load, Server, Words, load, ours, theirs};
use crate::statistics::median;
use crate::table::Table;
use anyhow::Result;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// The request whose guest never ends: by the path of the handler of the corpora, or the field of that of the tests.
const ENDLESS: &[u8] = b"GET /hang HTTP/1.1\r\nHost: h\r\nX-Do: spin\r\n\r\n";

/// Prints how long clients of a handler wait, alone and beside such a request.
pub fn run(handler: &Path, path: &str, rounds: usize) -> Result<()> {
    let servers = [("aot", ours(handler, true)?, ADDRESSES[0]), ("wasmtime", theirs(handler, true)?, ADDRESSES[1])];
    let mut table = Table::new(&["server", "alone p50, p99 µs", "beside one that hangs p50, p99 µs"]);
    for (name, words, address) in &servers {
        let mut loads = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (has_endless, loads) in [false, true].into_iter().zip(&mut loads) {
                loads.push(waits(words, address, path, has_endless)?);
            }
        }
        let text = |loads: &Vec<Load>| {
            let of = |value: fn(&Load) -> f64| median(loads.iter().map(value));
            format!("{:.0}, {:.0}", of(|load| load.half), of(|load| load.most))
        };
        table.row([(*name).to_owned(), text(&loads[0]), text(&loads[1])]);
    }
    println!("{rounds} alternated runs, medians; clients of {path} alone, and while one guest never ends:\n");
    table.print();
    println!();
    Ok(())
}

fn waits(words: &Words, address: &str, path: &str, has_endless: bool) -> Result<Load> {
    let server = Server::start(words, address)?;
    let mut endless = has_endless.then(|| TcpStream::connect(address)).transpose()?;
    if let Some(endless) = &mut endless {
        endless.write_all(ENDLESS)?;
        sleep(Duration::from_millis(100));
    }
    load(&server, address, path)
}
