//! Sockets: how fast they are copied, and many of them, on loopback.

use super::{row, with_words};
use crate::measure::{Program, Run};
use crate::table::Table;
use crate::{build, places};
use anyhow::{Context, Result, ensure};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::thread;

/// Bytes that are sent in one go.
const PIECE_BYTES: usize = 256 << 10;

/// The arguments of the program `tests/programs/wasi/tcp.rs`. Each connection is two sockets
/// with two streams each, as both ends are its own.
const MANY: &[(&str, &[&str])] = &[
    ("10,000 connections one after another", &["one-after-another", "10000"]),
    ("1,000 connections at once", &["many", "1000"]),
];

/// Adds the rows of sockets.
pub fn measure(table: &mut Table, rounds: usize) -> Result<()> {
    let copier = build::rust_component(&places::source("programs/sockets.rs"))?;
    let programs = programs(&copier, &["--net", "tcp://127.0.0.1:*"])?;
    for (name, bytes) in [("a copy of 512 MiB, socket to socket", 512 << 20), ("4 GiB through sockets", 4 << 30)] {
        let mut runs = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (program, runs) in programs.iter().zip(&mut runs) {
                runs.push(copy(program()?, bytes)?);
            }
        }
        table.row(row(name, "component", &runs[0], &runs[1]));
    }
    let tcp = places::repository().join("target/guests/wasi/tcp.component.wasm");
    let programs = self::programs(&tcp, &["--net", "tcp://127.0.0.1:*", "--listen", "tcp://127.0.0.1:0"])?;
    for (name, words) in MANY {
        let mut runs = [Vec::new(), Vec::new()];
        for _ in 0..rounds {
            for (program, runs) in programs.iter().zip(&mut runs) {
                runs.push(with_words(program()?, words)?.run()?);
            }
        }
        table.row(row(name, "component", &runs[0], &runs[1]));
    }
    Ok(())
}

/// Makes a program that is ready to start, as often as it is wanted.
type MakeProgram = Box<dyn Fn() -> Result<Program>>;

/// The program as an executable and under wasmtime.
fn programs(component: &Path, grants: &[&str]) -> Result<[MakeProgram; 2]> {
    let name = component.file_name().context("a component without a name")?;
    let executable = places::products().join(name).with_extension("load");
    build::run(Command::new(places::aot()).arg(component).args(grants).arg("-o").arg(&executable))?;
    let precompiled = build::wasmtime(component, build::Cpu::Native)?;
    let wasmtime = move || {
        let words = ["run", "--allow-precompiled", "-S", "inherit-network"];
        with_words(Program::new(&places::tool("wasmtime"))?, &words)?.with(&precompiled)
    };
    Ok([Box::new(move || Program::new(&executable)), Box::new(wasmtime)])
}

/// One run, between a source of so many bytes and a drain.
fn copy(program: Program, bytes: usize) -> Result<Run> {
    let [from, to] = [TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?, TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?];
    let addresses = [from.local_addr()?.to_string(), to.local_addr()?.to_string()];
    let source = thread::spawn(move || pour(&from, bytes));
    let drain = thread::spawn(move || drain(&to));
    let run = program.with(&addresses[0])?.with(&addresses[1])?.run()?;
    let ended = |_| anyhow::anyhow!("a thread of the bench has panicked");
    source.join().map_err(ended)??;
    let arrived = drain.join().map_err(ended)??;
    ensure!(arrived == bytes, "{arrived} of {bytes} bytes arrived");
    Ok(run)
}

fn pour(listener: &TcpListener, bytes: usize) -> io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    let piece = vec![7; PIECE_BYTES];
    (0..bytes / PIECE_BYTES).try_for_each(|_| stream.write_all(&piece))
}

fn drain(listener: &TcpListener) -> io::Result<usize> {
    let (mut stream, _) = listener.accept()?;
    let mut piece = vec![0; PIECE_BYTES];
    let mut arrived = 0;
    loop {
        match stream.read(&mut piece)? {
            0 => return Ok(arrived),
            read => arrived += read,
        }
    }
}
