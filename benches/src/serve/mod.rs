//! Requests to a server and to `wasmtime serve` with the same handler: processor time of the server for each, requests in a
//! second, and how long clients wait. Both make a fresh instance for each request, or both use one for many.

mod asleep;
mod beside;
mod start;

use crate::arguments::Arguments;
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use crate::{build, places};
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Runs of each server, which take turns.
const ROUNDS: usize = 3;
/// Seconds of a run, after one that warms the server up.
const SECONDS: u32 = 3;
/// Connections of the client.
const CONNECTIONS: u32 = 8;
/// The kernel's ticks in a second, in which it tells processor time.
const TICKS: f64 = 100.0;
/// The requests that an instance serves if instances are used again.
const REUSE: &str = "1000000";
const ADDRESSES: [&str; 2] = ["127.0.0.1:18080", "127.0.0.1:18081"];

/// Handlers below the folder of the corpora, and the paths that are asked for.
const HANDLERS: [(&str, &str); 3] =
    [("http/rust-hello.wasm", "/"), ("http/rust-app.wasm", "/json"), ("http/python.wasm", "/json")];

/// A run of a client.
struct Load {
    /// Microseconds of processor time for each request.
    cost: f64,
    per_second: f64,
    /// Microseconds that half of the requests, and all but a hundredth, took at most.
    half: f64,
    most: f64,
    /// Megabytes of memory at most.
    peak: f64,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let mut table = Table::new(&[
        "handler",
        "instances",
        "aot µs",
        "wasmtime µs",
        "ratio",
        "aot/s",
        "wasmtime/s",
        "aot p50, p99 µs",
        "wasmtime p50, p99 µs",
        "aot MB",
        "wasmtime MB",
    ]);
    for (handler, path) in handlers(arguments) {
        for is_fresh in [true, false] {
            let servers = [ours(&handler, is_fresh)?, theirs(&handler, is_fresh)?];
            let mut loads = [Vec::new(), Vec::new()];
            for _ in 0..rounds {
                for ((command, address), loads) in servers.iter().zip(ADDRESSES).zip(&mut loads) {
                    loads.push(measure(command, address, path)?);
                }
            }
            table.row(row(&handler, path, is_fresh, &loads));
        }
    }
    println!(
        "{rounds} alternated runs of {SECONDS} s with {CONNECTIONS} connections, medians; µs of the server's processor time for a request:\n"
    );
    table.print();
    println!();
    let handlers = handlers(arguments);
    if let Some((handler, path)) = handlers.first() {
        start::run(handler, path)?;
    }
    // The second of the corpora has the routes.
    let Some((handler, _)) = handlers.get(1).or(handlers.first()) else { return Ok(()) };
    beside::run(handler, "/", rounds)?;
    asleep::run(handler)
}

/// The handlers of the corpora, or the one of the tests.
fn handlers(arguments: &Arguments) -> Vec<(PathBuf, &'static str)> {
    match &arguments.corpora {
        Some(corpora) => HANDLERS.iter().map(|(file, path)| (corpora.join(file), *path)).collect(),
        None => vec![(places::repository().join("target/guests/serve/steps.wasm"), "/")],
    }
}

type Words = Vec<String>;

fn ours(handler: &Path, is_fresh: bool) -> Result<Words> {
    let name = handler.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let output = places::products().join(format!("serve-{name}-{}", if is_fresh { "fresh" } else { "reused" }));
    fs::create_dir_all(places::products())?;
    let mut command = Command::new(places::aot());
    command.arg(handler).args(["--serve", ADDRESSES[0], "-o"]).arg(&output);
    if !is_fresh {
        command.args(["--reuse", REUSE]);
    }
    build::run(&mut command)?;
    Ok(vec![output.display().to_string()])
}

fn theirs(handler: &Path, is_fresh: bool) -> Result<Words> {
    let precompiled = build::wasmtime(handler, build::Cpu::Baseline)?;
    let wasmtime = places::tool("wasmtime").display().to_string();
    let flags = ["serve", "--allow-precompiled", "-Scli", "-Opooling-allocator=y", "--addr", ADDRESSES[1]];
    let mut words: Words = core::iter::once(wasmtime).chain(flags.map(str::to_owned)).collect();
    if !is_fresh {
        words.extend(["--max-instance-reuse-count".to_owned(), REUSE.to_owned()]);
    }
    words.push(precompiled.display().to_string());
    Ok(words)
}

/// A server that ends with the value.
struct Server(Child);

impl Server {
    fn start(words: &[String], address: &str) -> Result<Server> {
        let (program, rest) = words.split_first().context("no words")?;
        let mut command = Command::new(program);
        command.args(rest).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Server(command.spawn().with_context(|| format!("starting {program}"))?);
        let end = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            if Instant::now() > end {
                bail!("{program} doesn't serve at {address}");
            }
            sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Microseconds of processor time so far.
    fn processor_time(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = behind_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS * 1e6)
    }

    fn peak(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no peak")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn measure(words: &[String], address: &str, path: &str) -> Result<Load> {
    load(&Server::start(words, address)?, address, path)
}

fn load(server: &Server, address: &str, path: &str) -> Result<Load> {
    client(address, path, 1)?;
    let before = server.processor_time()?;
    let text = client(address, path, SECONDS)?;
    let used = server.processor_time()? - before;
    let number = |before: &str| -> Result<&str> {
        let line = text.lines().find(|line| line.contains(before)).with_context(|| format!("no {before} in {text}"))?;
        line.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit())).context("no number")
    };
    if text.contains("Non-2xx") {
        bail!("{address}{path} answers with errors:\n{text}");
    }
    let requests: f64 = number("requests in")?.parse()?;
    let behind = |label: &str| -> Result<f64> {
        let line = text.lines().find(|line| line.trim_start().starts_with(label)).context("no latency")?;
        microseconds(line.split_whitespace().nth(1).context("no latency")?)
    };
    Ok(Load {
        cost: used / requests,
        per_second: number("Requests/sec")?.parse()?,
        half: behind("50%")?,
        most: behind("99%")?,
        peak: server.peak()?,
    })
}

fn client(address: &str, path: &str, seconds: u32) -> Result<String> {
    let mut command = Command::new("wrk");
    command.args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "--latency"]);
    let output = command.arg(format!("http://{address}{path}")).output().context("starting wrk")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The microseconds of the client's text, such as `1.25ms`.
fn microseconds(text: &str) -> Result<f64> {
    let (number, factor) = match text {
        text if text.ends_with("us") => (text.trim_end_matches("us"), 1.0),
        text if text.ends_with("ms") => (text.trim_end_matches("ms"), 1e3),
        text => (text.trim_end_matches('s'), 1e6),
    };
    Ok(number.parse::<f64>()? * factor)
}

fn row(handler: &Path, path: &str, is_fresh: bool, loads: &[Vec<Load>; 2]) -> Vec<String> {
    let [ours, theirs] = loads;
    let of = |loads: &[Load], value: fn(&Load) -> f64| median(loads.iter().map(value));
    let costs = |loads: &[Load]| loads.iter().map(|load| load.cost).collect::<Vec<f64>>();
    let waits = |loads: &[Load]| format!("{:.0}, {:.0}", of(loads, |load| load.half), of(loads, |load| load.most));
    let name = handler.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    vec![
        format!("{name} {path}"),
        if is_fresh { "fresh" } else { "reused" }.to_owned(),
        format!("{:.1}", of(ours, |load| load.cost)),
        format!("{:.1}", of(theirs, |load| load.cost)),
        format!("{:.2}", median_ratio(&costs(ours), &costs(theirs))),
        format!("{:.0}", of(ours, |load| load.per_second)),
        format!("{:.0}", of(theirs, |load| load.per_second)),
        waits(ours),
        waits(theirs),
        format!("{:.1}", of(ours, |load| load.peak)),
        format!("{:.1}", of(theirs, |load| load.peak)),
    ]
}
