//! Differential tests: modules through `aot` for this machine and for a foreign one, and through wasmtime: results, traps by
//! their kind, and after each call a hash of all memories, tables and globals. A case is a module, or several of which each
//! imports from one before it.
//!
//! A case and its drivers become a `.wast` script that expects zeroes everywhere. The executable says what it got
//! instead; with that as expectations, wasmtime's own runner for scripts says whether it agrees.

use crate::case::{Case, Outcome, Script};
use crate::echo;
use crate::random::Random;
use crate::tally::Tally;
use anyhow::{Context, Result, bail};
use aot_compiler::isa::OptLevel;
use aot_compiler::plan::AddressSpace;
use aot_compiler::target::{Target, targets};
use aot_wast::corpus::Input;
use aot_wast::{Options, Runner};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Cases that share an executable.
pub const BATCH: u64 = 8;

/// Compares what the cases of these seeds do.
///
/// # Errors
/// Of the machine: no emulator, no wasmtime.
pub fn compare(seeds: Range<u64>, keep: &Path) -> Result<Tally> {
    let comparison = Comparison::random(seeds.start / BATCH)?;
    compare_cases(seeds, Case::new, &comparison, keep)
}

/// Compares what cases of one kind do. Six batches one after another have all levels of optimisation on both foreign machines.
///
/// # Errors
/// As of [`compare`].
pub fn compare_kind(seeds: Range<u64>, case: fn(u64) -> Result<Option<Case>>, keep: &Path) -> Result<Tally> {
    let comparison = Comparison::in_turn(seeds.start / BATCH)?;
    compare_cases(seeds, case, &comparison, keep)
}

fn compare_cases(
    seeds: Range<u64>,
    case: impl Fn(u64) -> Result<Option<Case>>,
    comparison: &Comparison,
    keep: &Path,
) -> Result<Tally> {
    let mut cases = Vec::new();
    for seed in seeds {
        cases.extend(case(seed).with_context(|| format!("seed {seed}"))?);
    }
    let tally = comparison.compare(&cases, keep)?;
    if tally.faults.is_empty() && tally.of(UNDECIDED) == 0 || cases.len() == 1 {
        return Ok(tally);
    }
    // Each alone, to name the one that differs or can't be decided.
    let mut alone = Tally::default();
    for case in &cases {
        alone.add(comparison.compare(std::slice::from_ref(case), keep)?);
    }
    if alone.faults.is_empty() {
        alone.faults = tally.faults;
    }
    Ok(alone)
}

/// Compares what components return with what they are given: a script a seed.
///
/// # Errors
/// Of the machine: no emulator, no wasmtime.
pub fn compare_values(seeds: Range<u64>, keep: &Path) -> Result<Tally> {
    let mut tally = Tally::default();
    for seed in seeds {
        let comparison = Comparison::random(seed)?;
        let script = echo::script(seed);
        let mut wrong = Vec::new();
        for (target, runner) in &comparison.runners {
            let report = runner.run(&Input { name: "fuzz.wast".to_string(), text: script.clone() });
            if !report.failures.is_empty() || report.passed != echo::ASSERTIONS as u64 {
                wrong.push(format!("{}: {report}", target.name));
            }
        }
        wrong.extend(wasmtime(&script)?.err());
        tally.count("components", 1);
        tally.count("calls", echo::ASSERTIONS as u64);
        if let Some(message) = wrong.first() {
            fs::create_dir_all(keep)?;
            let path = keep.join(format!("values-{seed}.wast"));
            fs::write(&path, script)?;
            tally.faults.push(format!("seed {seed} ({}): {message}\n  {}", comparison.options, path.display()));
        }
    }
    Ok(tally)
}

/// The tally's name for cases that use up a stack or heap, whose size the specification leaves open, or that end the
/// emulator.
const UNDECIDED: &str = "cases undecided";

/// The two targets on which a batch is compared, and the options of both runs.
struct Comparison {
    runners: [(&'static Target, Runner); 2],
    options: String,
}

impl Comparison {
    /// Another for each batch, by its number.
    fn random(batch: u64) -> Result<Self> {
        let mut random = Random::new(batch);
        let opt_level = random.pick(&[OptLevel::Speed, OptLevel::Speed, OptLevel::SpeedAndSize, OptLevel::None]);
        let gc_stress = random.one_in(2);
        let address_space = if random.one_in(4) { AddressSpace::Small } else { AddressSpace::Large };
        Self::new(batch, opt_level, gc_stress, address_space)
    }

    /// Each level of optimisation in its turn.
    fn in_turn(batch: u64) -> Result<Self> {
        const LEVELS: [OptLevel; 3] = [OptLevel::None, OptLevel::Speed, OptLevel::SpeedAndSize];
        let level = LEVELS[batch as usize / 2 % LEVELS.len()];
        Self::new(batch, level, false, AddressSpace::Large)
    }

    fn new(batch: u64, opt_level: OptLevel, gc_stress: bool, address_space: AddressSpace) -> Result<Self> {
        // Half of the batches are compiled for what a program never did.
        let invented_profile = (batch / 6 % 2 == 1).then_some(batch);
        let host = Target::host();
        let foreign: Vec<&'static Target> = targets().iter().filter(|target| target.name != host.name).collect();
        let foreign = foreign[batch as usize % foreign.len()];
        let runner = |target| {
            let options = Options {
                opt_level,
                gc_stress,
                invented_profile,
                address_space,
                deterministic: true,
                ..Options::new(target)
            };
            anyhow::Ok((target, Runner::new(options)?))
        };
        let options = format!(
            "{opt_level:?}, gc_stress {gc_stress}, invented profile {invented_profile:?}, address space {address_space:?}"
        );
        Ok(Self { runners: [runner(host)?, runner(foreign)?], options })
    }

    fn compare(&self, cases: &[Case], keep: &Path) -> Result<Tally> {
        let zeroes = Script::new(cases, &[]);
        let mut tally = Tally::default();
        tally.count("cases", cases.len() as u64);
        tally.count("modules", cases.iter().map(|case| case.modules.len() as u64).sum());
        let mut outcomes = Vec::new();
        for (target, runner) in &self.runners {
            match self::outcomes(runner, &zeroes) {
                Ok(outcome) => outcomes.push((target, outcome)),
                Err(error) if is_of_emulator(&error) => {
                    tally.count(UNDECIDED, cases.len() as u64);
                    return Ok(tally);
                }
                Err(error) => {
                    let message = format!("{}: {error:#}", target.name);
                    tally.faults.push(self.difference(cases, &zeroes, &message, keep)?);
                }
            }
        }
        let [(host, here), (foreign, there)] = &outcomes[..] else {
            return Ok(tally);
        };
        if let Some(line) = (0..here.len()).find(|line| here[*line] != there[*line]) {
            let (here, there) = (&here[line], &there[line]);
            let message = format!("line {}: {here:?} for {}, {there:?} for {}", line + 1, host.name, foreign.name);
            tally.faults.push(self.difference(cases, &zeroes, &message, keep)?);
            return Ok(tally);
        }
        let mut script = Script::new(cases, here);
        let calls = || script.calls.iter().filter_map(|line| here[*line].as_ref());
        let trapped = calls().filter(|outcome| matches!(outcome, Outcome::Trapped(_))).count();
        tally.count("calls trapped", trapped as u64);
        tally.count("calls returned", (calls().count() - trapped) as u64);
        let mut verdict = wasmtime(&script.text())?;
        while let Err(message) = &verdict
            && script.take_other_order(message)
        {
            verdict = wasmtime(&script.text())?;
        }
        if let Err(message) = verdict {
            match is_about_limit(&message) {
                true => tally.count(UNDECIDED, 1),
                false => tally.faults.push(self.difference(cases, &script, &message, keep)?),
            }
        }
        Ok(tally)
    }

    /// Keeps the script, and says what differs.
    fn difference(&self, cases: &[Case], script: &Script, message: &str, keep: &Path) -> Result<String> {
        let seeds: Vec<String> = cases.iter().map(|case| case.seed.to_string()).collect();
        fs::create_dir_all(keep)?;
        let path = keep.join(format!("{}.wast", seeds.join("-")));
        fs::write(&path, script.text())?;
        for case in cases {
            for (number, module) in case.modules.iter().enumerate() {
                fs::write(keep.join(format!("{}.{number}.wasm", case.seed)), &module.subject)?;
            }
        }
        Ok(format!("seed {} ({}): {message}\n  {}", seeds.join(" "), self.options, path.display()))
    }
}

/// Runs a script that expects zeroes: what came of each line, or what went wrong.
fn outcomes(runner: &Runner, script: &Script) -> Result<Vec<Option<Outcome>>> {
    let report = runner.run(&Input { name: "fuzz.wast".to_string(), text: script.text() });
    let mut outcomes = vec![None; script.lines.len()];
    for line in script.calls.iter().chain(&script.states) {
        outcomes[*line] = Some(Outcome::Returned(0));
    }
    if let Some(proposals) = report.left_out.0.keys().next() {
        bail!("{proposals} is left out");
    }
    for failure in &report.failures {
        let got = failure.message.rsplit_once(", got ").map(|(_, got)| got);
        let (Some(got), Some(outcome)) = (got, outcomes.get_mut((failure.line as usize).wrapping_sub(1))) else {
            bail!("line {}: {}", failure.line, failure.message);
        };
        let number = got.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16));
        *outcome = Some(match number {
            Some(number) => Outcome::Returned(number?),
            None => Outcome::Trapped(got.to_string()),
        });
    }
    Ok(outcomes)
}

/// Returns true if the emulator ended by an assertion of its own: that of Debian 12 does on some vector code for
/// riscv64.
fn is_of_emulator(error: &anyhow::Error) -> bool {
    let text = error.to_string();
    text.contains("qemu-") && text.contains("Assertion")
}

/// Returns true if a message is about a limit that the specification leaves open: of the stack, of the heap.
fn is_about_limit(message: &str) -> bool {
    ["call stack exhausted", "GC heap out of memory"].iter().any(|words| message.contains(words))
}

/// Performs a script in wasmtime, and returns what wasmtime finds wrong in it.
fn wasmtime(script: &str) -> Result<std::result::Result<(), String>> {
    let path =
        std::env::temp_dir().join(format!("aot-fuzz-{}-{:?}.wast", std::process::id(), std::thread::current().id()));
    fs::write(&path, script)?;
    let flags = "all-proposals=y,shared-memory=y,relaxed-simd-deterministic=y,timeout=60s";
    // With checks in the code: wasmtime 49.0.4 ends by an assertion of its own where an access to a shared memory faults.
    let checks = "signals-based-traps=n";
    let output =
        Command::new(tool()).args(["wast", "-W", flags, "-O", checks]).arg(&path).env_remove("RUST_BACKTRACE").output();
    fs::remove_file(&path)?;
    let output = output.context("starting wasmtime: `cargo xtask guests` installs it")?;
    match output.status.success() {
        true => Ok(Ok(())),
        false => Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// The wasmtime that set-up has installed.
fn tool() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/setup/bin/wasmtime")
}
