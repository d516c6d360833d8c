//! The same module through `aot` for this machine and for a foreign one, and through wasmtime: results, traps by their
//! kind, and after each call a hash of all memories, tables and globals.
//!
//! A module and its driver become a `.wast` script that expects zeroes everywhere. The executable says what it got
//! instead; with that as expectations, wasmtime's own runner for scripts says whether it agrees.

use crate::random::Random;
use crate::subject::{Subject, export_all};
use crate::{driver, generate};
use anyhow::{Context, Result, bail};
use aot_compiler::emit::OptLevel;
use aot_compiler::target::{Target, targets};
use aot_wast::corpus::Input;
use aot_wast::{Options, Runner};
use std::fmt::{self, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Modules that share an executable.
pub const BATCH: u64 = 8;

/// What was compared.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Modules.
    pub modules: u64,
    /// Calls that returned.
    pub returned: u64,
    /// Calls that trapped.
    pub trapped: u64,
    /// Modules that use up a stack or heap, whose size the specification leaves open, or that end the emulator.
    pub undecided: u64,
    /// What differs.
    pub differences: Vec<String>,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.modules += other.modules;
        self.returned += other.returned;
        self.trapped += other.trapped;
        self.undecided += other.undecided;
        self.differences.extend(other.differences);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { modules, returned, trapped, undecided, differences } = self;
        write!(f, "{modules} modules, {returned} calls returned, {trapped} trapped, {undecided} modules undecided, ")?;
        write!(f, "{} differences", differences.len())
    }
}

/// What came of a line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Returned(u64),
    Trapped(String),
}

/// A module with its driver.
struct Case {
    seed: u64,
    subject: Vec<u8>,
    driver: Vec<u8>,
    calls: usize,
}

impl Case {
    /// `None` where the seed gives no module, or one without functions.
    fn new(seed: u64) -> Result<Option<Self>> {
        let mut random = Random::new(seed);
        let Some(module) = generate::terminating(&mut random) else {
            return Ok(None);
        };
        let definitions = Subject::read(&module)?;
        if definitions.functions.is_empty() {
            return Ok(None);
        }
        let (driver, calls) = driver::build(&definitions, &format!("s{seed}"), &mut random);
        Ok(Some(Self { seed, subject: export_all(&module)?, driver, calls }))
    }

    /// How many lines of a script it has.
    fn lines(&self) -> usize {
        MODULE_LINES + 2 * self.calls
    }
}

/// Lines of a case before its calls.
const MODULE_LINES: usize = 3;

/// Compares the modules of these seeds.
///
/// # Errors
/// Of the machine: no emulator, no wasmtime.
pub fn compare(seeds: std::ops::Range<u64>, keep: &Path) -> Result<Tally> {
    let mut cases = Vec::new();
    for seed in seeds.clone() {
        cases.extend(Case::new(seed).with_context(|| format!("seed {seed}"))?);
    }
    let comparison = Comparison::new(seeds.start / BATCH)?;
    let tally = comparison.compare(&cases, keep)?;
    if tally.differences.is_empty() && tally.undecided == 0 || cases.len() == 1 {
        return Ok(tally);
    }
    // Each alone, to name the one that differs or can't be decided.
    let mut alone = Tally::default();
    for case in &cases {
        alone.add(comparison.compare(std::slice::from_ref(case), keep)?);
    }
    if alone.differences.is_empty() {
        alone.differences = tally.differences;
    }
    Ok(alone)
}

/// How a batch is compiled.
struct Comparison {
    runners: [(&'static Target, Runner); 2],
    options: String,
}

impl Comparison {
    /// Another for each batch, by its number.
    fn new(batch: u64) -> Result<Self> {
        let mut random = Random::new(batch);
        let opt_level = random.pick(&[OptLevel::Speed, OptLevel::Speed, OptLevel::SpeedAndSize, OptLevel::None]);
        let gc_stress = random.one_in(2);
        let host = Target::host();
        let foreign: Vec<&'static Target> = targets().iter().filter(|target| target.name != host.name).collect();
        let foreign = foreign[batch as usize % foreign.len()];
        let runner = |target| {
            let options = Options { opt_level, gc_stress, deterministic: true, ..Options::new(target) };
            anyhow::Ok((target, Runner::new(options)?))
        };
        let options = format!("{opt_level:?}, gc_stress {gc_stress}");
        Ok(Self { runners: [runner(host)?, runner(foreign)?], options })
    }

    fn compare(&self, cases: &[Case], keep: &Path) -> Result<Tally> {
        let zeroes = script(cases, &[]);
        let mut tally = Tally { modules: cases.len() as u64, ..Tally::default() };
        let mut outcomes = Vec::new();
        for (target, runner) in &self.runners {
            match self::outcomes(runner, cases, &zeroes) {
                Ok(outcome) => outcomes.push((target, outcome)),
                Err(error) if is_of_emulator(&error) => tally.undecided = tally.modules,
                Err(error) => {
                    let message = format!("{}: {error:#}", target.name);
                    tally.differences.push(self.difference(cases, &zeroes, &message, keep)?);
                }
            }
        }
        let [(host, here), (foreign, there)] = &outcomes[..] else {
            return Ok(tally);
        };
        if let Some(line) = (0..here.len()).find(|line| here[*line] != there[*line]) {
            let (here, there) = (&here[line], &there[line]);
            let message = format!("line {}: {here:?} for {}, {there:?} for {}", line + 1, host.name, foreign.name);
            tally.differences.push(self.difference(cases, &zeroes, &message, keep)?);
            return Ok(tally);
        }
        // Each call is followed by a hash of the state, which always returns.
        let trapped = here.iter().flatten().filter(|outcome| matches!(outcome, Outcome::Trapped(_))).count();
        tally.trapped = trapped as u64;
        tally.returned = (here.iter().flatten().count() / 2).saturating_sub(trapped) as u64;
        let script = script(cases, here);
        if let Err(message) = wasmtime(&script)? {
            if is_about_limit(&message) {
                tally.undecided += 1;
            } else {
                tally.differences.push(self.difference(cases, &script, &message, keep)?);
            }
        }
        Ok(tally)
    }

    /// Keeps the script, and says what differs.
    fn difference(&self, cases: &[Case], script: &str, message: &str, keep: &Path) -> Result<String> {
        let seeds: Vec<String> = cases.iter().map(|case| case.seed.to_string()).collect();
        fs::create_dir_all(keep)?;
        let path = keep.join(format!("{}.wast", seeds.join("-")));
        fs::write(&path, script)?;
        for case in cases {
            fs::write(keep.join(format!("{}.wasm", case.seed)), &case.subject)?;
        }
        Ok(format!("seed {} ({}): {message}\n  {}", seeds.join(" "), self.options, path.display()))
    }
}

/// Runs a script that expects zeroes: what came of each line, or what went wrong.
fn outcomes(runner: &Runner, cases: &[Case], script: &str) -> Result<Vec<Option<Outcome>>> {
    let report = runner.run(&Input { name: "fuzz.wast".to_string(), text: script.to_string() });
    let mut outcomes = vec![None; script.lines().count()];
    let mut first = 0;
    for case in cases {
        for call in 0..case.lines() - MODULE_LINES {
            outcomes[first + MODULE_LINES + call] = Some(Outcome::Returned(0));
        }
        first += case.lines();
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

/// Whether the emulator ended by an assertion of its own: that of Debian 12 does on some vector code for riscv64.
fn is_of_emulator(error: &anyhow::Error) -> bool {
    let text = error.to_string();
    text.contains("qemu-") && text.contains("Assertion")
}

/// The script: a line for each module and each command. What isn't known yet is expected to be zero. Where a module
/// traps at its start, its calls are left out.
fn script(cases: &[Case], outcomes: &[Option<Outcome>]) -> String {
    let mut text = String::new();
    let mut first = 0;
    for case in cases {
        let outcome = |line: usize| outcomes.get(first + line).and_then(Option::as_ref);
        let seed = case.seed;
        if let Some(Outcome::Trapped(message)) = outcome(0) {
            let module = binary("", &case.subject);
            text += &format!("{}\n", trap(&module, message));
        } else {
            let (subject, driver) =
                (binary(&format!("$s{seed}"), &case.subject), binary(&format!("$d{seed}"), &case.driver));
            text += &format!("{subject}\n(register \"s{seed}\" $s{seed})\n{driver}\n");
            for call in 0..case.calls {
                for (line, export) in [(2 * call, format!("c{call}")), (2 * call + 1, "state".to_string())] {
                    let invoke = format!("(invoke $d{seed} \"{export}\")");
                    text += &match outcome(MODULE_LINES + line) {
                        Some(Outcome::Trapped(message)) => format!("{}\n", trap(&invoke, message)),
                        Some(Outcome::Returned(value)) => format!("(assert_return {invoke} (i64.const {value}))\n"),
                        None => format!("(assert_return {invoke} (i64.const 0))\n"),
                    };
                }
            }
        }
        first += case.lines();
    }
    text
}

/// The assertion that an action traps, or lets an exception pass, in wasmtime's words: it doesn't take
/// `assert_exception` of a module.
fn trap(action: &str, message: &str) -> String {
    let is_exception = message.starts_with("uncaught exception");
    match is_exception {
        true if action.starts_with("(invoke") => format!("(assert_exception {action})"),
        true => format!("(assert_trap {action} \"thrown Wasm exception\")"),
        false => format!("(assert_trap {action} {message:?})"),
    }
}

fn binary(name: &str, module: &[u8]) -> String {
    let mut text = format!("(module {name} binary \"");
    for byte in module {
        // Writing to a string doesn't fail.
        let _ = write!(text, "\\{byte:02x}");
    }
    text + "\")"
}

/// Whether a message is about a limit that the specification leaves open: of the stack, of the heap.
fn is_about_limit(message: &str) -> bool {
    ["call stack exhausted", "GC heap out of memory"].iter().any(|words| message.contains(words))
}

/// Performs a script: what wasmtime finds wrong in it.
fn wasmtime(script: &str) -> Result<std::result::Result<(), String>> {
    let path =
        std::env::temp_dir().join(format!("aot-fuzz-{}-{:?}.wast", std::process::id(), std::thread::current().id()));
    fs::write(&path, script)?;
    let flags = "all-proposals=y,relaxed-simd-deterministic=y,timeout=60s";
    let output = Command::new(tool()).args(["wast", "-W", flags]).arg(&path).env_remove("RUST_BACKTRACE").output();
    fs::remove_file(&path)?;
    let output = output.context("starting wasmtime: `cargo xtask setup` installs it")?;
    match output.status.success() {
        true => Ok(Ok(())),
        false => Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}

/// The wasmtime that set-up has installed.
fn tool() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/setup/bin/wasmtime")
}
