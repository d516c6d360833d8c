//! Compilations in a process of their own, bounded in time and memory: what a compilation can do to a process, such as
//! using up its stack, is a finding and no end of the run.

use crate::compile::{self, Kind, Outcome};
use crate::tally::Tally;
use anyhow::{Context, Result};
use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The longest time for a compilation; most take milliseconds, but the machine may be busy.
const TIME_MAX: Duration = Duration::from_secs(60);
/// Address space of a process that compiles.
const MEMORY_BYTES: u64 = 4 << 30;

/// The process that compiles: a line for each seed on standard output.
///
/// # Errors
/// Of the machine.
pub fn work(kind: Kind, seeds: std::ops::Range<u64>) -> Result<()> {
    setrlimit(Resource::As, Rlimit { current: Some(MEMORY_BYTES), maximum: Some(MEMORY_BYTES) })?;
    let mut out = std::io::stdout().lock();
    for seed in seeds {
        match compile::compile(kind, seed) {
            Ok(outcome) => writeln!(out, "{seed} {outcome:?}")?,
            Err(fault) => writeln!(out, "{seed} {}", fault.replace('\n', "; "))?,
        }
        out.flush()?;
    }
    Ok(())
}

/// Has these seeds compiled.
///
/// # Errors
/// Of the machine.
pub fn run(kind: Kind, seeds: std::ops::Range<u64>) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut next = seeds.start;
    while next < seeds.end {
        let mut child = start(kind, next..seeds.end)?;
        let lines = lines(&mut child)?;
        while next < seeds.end
            && let Ok(line) = lines.recv_timeout(TIME_MAX)
        {
            note(&mut tally, kind, &line);
            next += 1;
        }
        if next < seeds.end {
            // It ended, or it is ended here.
            let waited = child.try_wait()?;
            child.kill()?;
            let end = waited.map_or_else(|| format!("took more than {TIME_MAX:?}"), |status| status.to_string());
            tally.faults.push(format!("{kind:?}, seed {next}: {end}"));
            next += 1;
        }
        child.wait()?;
    }
    Ok(tally)
}

fn start(kind: Kind, seeds: std::ops::Range<u64>) -> Result<Child> {
    let kind = kind.to_possible_value().context("a kind has a name")?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["work", kind.get_name(), &seeds.start.to_string(), &seeds.end.to_string()]);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("starting a worker")
}

/// The lines that a process prints, until it ends.
fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let output = BufReader::new(child.stdout.take().context("a worker's output")?);
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

fn note(tally: &mut Tally, kind: Kind, line: &str) {
    let (seed, rest) = line.split_once(' ').unwrap_or((line, ""));
    match rest {
        _ if rest == format!("{:?}", Outcome::Compiled) => tally.count("compiled", 1),
        _ if rest == format!("{:?}", Outcome::Refused) => tally.count("refused", 1),
        _ if rest == format!("{:?}", Outcome::Nothing) => {}
        fault => tally.faults.push(format!("{kind:?}, seed {seed}: {fault}")),
    }
}
