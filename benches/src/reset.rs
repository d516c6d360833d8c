//! The time of a reset of an instance that wrote some pages, and of the faults that it causes in the next run, by each
//! method of undoing. The program is a script of a specification test, whose driver takes the times.

use crate::arguments::Arguments;
use crate::places;
use crate::statistics::median;
use crate::table::Table;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Processes of each kind, which take turns.
const ROUNDS: usize = 3;
/// Resets of each process.
const RESETS: u64 = 2000;
const MEGABYTES: [u64; 3] = [1, 16, 256];
const PAGES: [u64; 3] = [1, 10, 100];
/// The bytes with an image: the second half of the first megabyte.
const IMAGE_BYTES: u64 = 512 << 10;

/// Methods of undoing, by their numbers in `aot_abi::script`.
const METHODS: [(&str, u8); 4] =
    [("request to find pages", 0), ("a word for each page", 1), ("all given back", 2), ("mapped anew", 3)];

/// Places of the pages that are written.
const PLACES: [&str; 2] = ["the first megabyte", "everywhere"];

/// Microseconds.
struct Times {
    reset: f64,
    faults: f64,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let mut head = vec!["memory, MB", "pages", "written in"];
    let names: Vec<String> = METHODS.iter().map(|(name, _)| format!("{name}: reset + faults, µs")).collect();
    head.extend(names.iter().map(String::as_str));
    let mut table = Table::new(&head);
    for megabytes in MEGABYTES {
        for pages in PAGES {
            for place in PLACES.iter().take(if megabytes == 1 { 1 } else { PLACES.len() }) {
                let written_bytes = if *place == PLACES[0] { 1 << 20 } else { megabytes << 20 };
                let script = script(megabytes, pages, written_bytes / pages);
                let mut row = vec![megabytes.to_string(), pages.to_string(), (*place).to_owned()];
                row.extend(compare(&script, rounds)?);
                table.row(row);
            }
        }
    }
    println!("{rounds} alternated processes with {RESETS} resets each, medians of means:\n");
    table.print();
    Ok(())
}

/// A module that writes a word in each of so many pages, and the calls of a round: in the second, there are no faults.
fn script(megabytes: u64, pages: u64, distance: u64) -> String {
    let (image, wasm_pages) = ("0123456789abcdef".repeat(IMAGE_BYTES as usize / 16), megabytes * 16);
    let call = format!("(invoke \"write\" (i32.const {pages}) (i32.const {distance}))\n");
    format!(
        "(module (memory {wasm_pages}) (data (i32.const {IMAGE_BYTES}) \"{image}\")\n\
         (func (export \"write\") (param $pages i32) (param $distance i32) (local $at i32)\n\
         (loop $again (i32.store (local.get $at) (i32.const -1))\n\
         (local.set $at (i32.add (local.get $at) (local.get $distance)))\n\
         (br_if $again (local.tee $pages (i32.sub (local.get $pages) (i32.const 1)))))))\n{call}{call}"
    )
}

/// The cells of a row, one for each method.
fn compare(script: &str, rounds: usize) -> Result<Vec<String>> {
    let folder = places::products().join("reset");
    fs::create_dir_all(&folder)?;
    let source = folder.join("reset.wast");
    fs::write(&source, script)?;
    let mut times: Vec<Vec<Times>> = METHODS.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for ((_, method), times) in METHODS.iter().zip(&mut times) {
            times.push(measure(&source, *method)?);
        }
    }
    let cell = |times: &Vec<Times>| {
        let reset = median(times.iter().map(|times| times.reset));
        let faults = median(times.iter().map(|times| times.faults));
        format!("{reset:.1} + {faults:.1}")
    };
    Ok(times.iter().map(cell).collect())
}

fn measure(script: &Path, method: u8) -> Result<Times> {
    let folder = script.with_file_name("kept");
    let _ = fs::remove_dir_all(&folder);
    let runner = places::repository().join("target/release/aot-wast");
    let mut command = Command::new(runner);
    command.args(["--measured", "--rounds", &RESETS.to_string(), "--undo", &method.to_string(), "--keep"]);
    let output = command.arg(&folder).arg(script).output().context("starting aot-wast")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let logs = fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut logs = logs.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    times(&fs::read_to_string(logs.next().context("the driver told nothing")?)?)
}

/// Reads `command NANOSECONDS` for the start, the call with faults and the one without, and `reset NANOSECONDS`.
fn times(text: &str) -> Result<Times> {
    let microseconds = |word: &str| -> Vec<f64> {
        let numbers = text.lines().filter_map(|line| line.strip_prefix(word)?.trim().parse::<f64>().ok());
        numbers.map(|nanoseconds| nanoseconds / 1e3).collect()
    };
    match (&microseconds("command ")[..], &microseconds("reset ")[..]) {
        ([_, first, second], [reset]) => Ok(Times { reset: *reset, faults: (first - second).max(0.0) }),
        _ => anyhow::bail!("the driver told: {text}"),
    }
}
