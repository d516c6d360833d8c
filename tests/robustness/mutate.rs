//! Good inputs with damage: cut at every byte, or changed at random places. The seeds are fixed, so each run does the
//! same.

use crate::expect::{ask, check_compilation, check_run, compile, run_output};
use crate::files_of;
use crate::support::{self, Folder, Limits};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;

const LIMITS: Limits = Limits { seconds: 20, memory_bytes: 1 << 30 };
/// Number of mutations of each input.
const MUTATIONS: u64 = 60;
/// Maximum number of prefixes of an input; those of a long input are spread over it.
const PREFIXES: usize = 300;

/// An input to damage: its name, true for text, and its bytes.
type Seed = (String, bool, Vec<u8>);

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for seed in seeds() {
        let (name, is_text, bytes) = seed.clone();
        let mutations = move || mutations(&name, is_text, &bytes);
        trials.push(Trial::test(format!("mutations/{}", seed.0), mutations));
        if !seed.1 {
            let (name, _, bytes) = seed.clone();
            trials.push(Trial::test(format!("prefixes/{}", seed.0), move || prefixes(&name, &bytes)));
        }
        if seed.0.ends_with(".component") {
            let (name, _, bytes) = seed.clone();
            trials.push(Trial::test(format!("questions/{}", seed.0), move || questions(&name, &bytes)));
        }
    }
    trials
}

/// Returns the golden tests' inputs, as text and assembled, and programs that set-up has built.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for path in files_of("tests/golden", &["wat"]) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(binary) = wat::parse_file(&path) else {
            continue;
        };
        seeds.push((stem.clone(), false, binary));
        seeds.push((format!("{stem}.wat"), true, fs::read(&path).unwrap()));
    }
    for name in ["hello", "hello.component", "traps/deep", "c/exit.component"] {
        seeds.push((name.to_string(), false, fs::read(support::guest(&format!("{name}.wasm"))).unwrap()));
    }
    seeds
}

fn prefixes(name: &str, bytes: &[u8]) -> Result<(), Failed> {
    let folder = Folder::new("robustness", &format!("prefixes/{name}"));
    let step = bytes.len().div_ceil(PREFIXES).max(1);
    for length in (0..bytes.len()).step_by(step) {
        try_input(&folder, &bytes[..length]).map_err(|failed| at(&format!("prefix of {length} bytes"), &failed))?;
    }
    folder.remove();
    Ok(())
}

fn mutations(name: &str, is_text: bool, bytes: &[u8]) -> Result<(), Failed> {
    let folder = Folder::new("robustness", &format!("mutations/{name}"));
    for seed in 0..MUTATIONS {
        let mut random = Random::new(seed + 1);
        let mut changed = bytes.to_vec();
        for _ in 0..=random.below(3) {
            change(&mut changed, is_text, &mut random);
        }
        try_input(&folder, &changed).map_err(|failed| at(&format!("seed {seed}"), &failed))?;
    }
    folder.remove();
    Ok(())
}

/// Compiles an input and, if that succeeds, runs it. The input stays in the folder if that fails.
fn try_input(folder: &Path, input: &[u8]) -> Result<(), Failed> {
    fs::write(folder.join("input"), input)?;
    let outcome = compile(folder, &["--stub-unknown-imports", "-j1"], LIMITS);
    check_compilation(&outcome)?;
    if outcome.code == 0 {
        check_run(&run_output(folder, &support::host(), 1))?;
    }
    Ok(())
}

/// The commands that say something of an input without compiling it.
const QUESTIONS: [&[&str]; 3] = [&["inspect"], &["inspect", "--world"], &["check", "--stub-unknown-imports", "-j1"]];

/// Asks the questions of a damaged component.
fn questions(name: &str, bytes: &[u8]) -> Result<(), Failed> {
    let folder = Folder::new("robustness", &format!("questions/{name}"));
    for seed in 0..MUTATIONS {
        let mut random = Random::new(seed + 1);
        let mut changed = bytes[..bytes.len() - random.below(bytes.len()) * (seed % 2) as usize].to_vec();
        change(&mut changed, false, &mut random);
        fs::write(folder.join("input"), &changed)?;
        for question in QUESTIONS {
            let outcome = ask(&folder, question, LIMITS);
            check_compilation(&outcome).map_err(|failed| at(&format!("seed {seed}, {question:?}"), &failed))?;
        }
    }
    folder.remove();
    Ok(())
}

fn at(place: &str, failed: &Failed) -> Failed {
    format!("{place}: {}", failed.message().unwrap_or_default()).into()
}

/// Makes one change at a random place.
fn change(bytes: &mut Vec<u8>, is_text: bool, random: &mut Random) {
    let (from, to) = (random.below(bytes.len()), random.below(bytes.len()));
    let length = 1 + random.below(8.min(bytes.len() - from));
    match random.below(6) {
        // Changes an index, a type or an operator to another value.
        0 => bytes[from] = bytes[from].wrapping_add(1),
        1 => bytes[from] ^= 1 << random.below(8),
        2 if is_text => bytes[from] = b"()\"0123456789 $;"[random.below(16)],
        2 => bytes[from] = [0, 0x7f, 0x80, 0xff, 0x0b, 0x40][random.below(6)],
        3 => drop(bytes.drain(from..from + length)),
        4 => {
            let copy = bytes[from..from + length].to_vec();
            bytes.splice(to..to, copy);
        }
        _ => bytes.swap(from, to),
    }
}

/// Pseudo-random numbers that are the same each time: xorshift.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}
