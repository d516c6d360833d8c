//! `cargo xtask mutate`: makes small faults in the sources of the runtime's protection, one after another, and sees if a test
//! notices (tests/README.md). A fault that none notices needs a row with a reason in `tests/mutations.toml`.

mod faults;
mod plan;
mod tree;

use crate::{places, targets};
use anyhow::{Context, Result, bail, ensure};
use faults::Fault;
use plan::{Group, Plan};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use tree::Tree;

/// The end of a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    NotCompiled,
    Noticed,
    Expected,
    Survived,
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            End::NotCompiled => "doesn't compile",
            End::Noticed => "noticed",
            End::Expected => "not noticed, with a reason",
            End::Survived => "NOT NOTICED",
        })
    }
}

/// Makes the faults that the arguments choose, and prints what becomes of each.
///
/// # Errors
/// A fault is noticed by no test, or a test fails without one.
pub fn run(arguments: &[String]) -> Result<()> {
    let options = Options::read(arguments)?;
    let plan = Plan::read()?;
    let mut tree = Tree::list(&plan)?;
    let wanted: Vec<Fault> =
        tree.faults.iter().filter(|fault| options.wants(fault)).step_by(options.every).cloned().collect();
    if options.list {
        wanted.iter().for_each(|fault| println!("{fault}"));
        println!("{} faults", wanted.len());
        return Ok(());
    }
    tree.build(&plan)?;
    let mut ends = Vec::new();
    for group in &plan.groups {
        let of_group: Vec<&Fault> = wanted.iter().filter(|fault| group.files.contains(&fault.file)).collect();
        if !of_group.is_empty() {
            ends.extend(perform(&plan, &tree, group, &of_group)?);
        }
    }
    let count = |end| ends.iter().filter(|one| **one == end).count();
    println!(
        "{} noticed, {} not but with a reason, {} not noticed; {} don't compile",
        count(End::Noticed),
        count(End::Expected),
        count(End::Survived),
        count(End::NotCompiled)
    );
    ensure!(count(End::Survived) == 0, "tests don't notice every fault");
    Ok(())
}

/// Runs the tests of a group without a fault, and then with each.
fn perform(plan: &Plan, tree: &Tree, group: &Group, faults: &[&Fault]) -> Result<Vec<End>> {
    tree.choose(0)?;
    let mut limits = Limits::default();
    if let Some(test) = group.first_failure(tree, &mut limits)? {
        bail!("without a fault, {test} fails");
    }
    limits.has_seen_all = true;
    let mut ends = Vec::new();
    for fault in faults {
        println!("{fault}");
        let start = Instant::now();
        let mut by = String::new();
        let end = if tree.without.contains(&fault.number) {
            End::NotCompiled
        } else {
            tree.choose(fault.number)?;
            match group.first_failure(tree, &mut limits)? {
                Some(test) => {
                    by = format!(" by {test}");
                    End::Noticed
                }
                None if plan.has_reason(fault) => End::Expected,
                None => End::Survived,
            }
        };
        println!("    {end}{by} ({} s)", start.elapsed().as_secs());
        ends.push(end);
    }
    tree.choose(0)?;
    Ok(ends)
}

impl Group {
    /// Runs the tests up to the first that fails, the quick ones first, and returns its name.
    fn first_failure(&self, tree: &Tree, limits: &mut Limits) -> Result<Option<String>> {
        let unit_tests = (format!("the unit tests of {}", self.unit_tests), &self.unit_tests, self.unit_words.clone());
        let sessions = self.sessions.iter().flat_map(|sessions| {
            let of_word =
                |word: &String| (format!("{} -- {word}", sessions.suite), &sessions.suite, vec![word.clone()]);
            sessions.words.iter().map(of_word)
        });
        for (name, suite, words) in std::iter::once(unit_tests).chain(sessions) {
            let (start, seconds) = (Instant::now(), limits.seconds(&name));
            if !succeeds(tree.folder(), tree.executable(suite)?, &words, seconds)? {
                return Ok(Some(name));
            }
            limits.note(name, start.elapsed().as_secs());
        }
        Ok(None)
    }
}

/// Limits of the time that tests take: a fault can make an endless loop, but a busy machine takes long too.
#[derive(Default)]
struct Limits {
    /// The seconds that tests took without a fault, by their names.
    taken: BTreeMap<String, u64>,
    /// True once all have run without a fault.
    has_seen_all: bool,
}

impl Limits {
    /// The most seconds for the tests of this name.
    fn seconds(&self, name: &str) -> u64 {
        match self.taken.get(name) {
            Some(taken) => (taken * SECONDS_FACTOR).max(SECONDS_MIN),
            None => SECONDS_FIRST,
        }
    }

    fn note(&mut self, name: String, seconds: u64) {
        if !self.has_seen_all {
            self.taken.insert(name, seconds);
        }
    }
}

/// The variable by which suites find the folder of corpora: beside the copy, there is none.
const CORPORA: &str = "TEST_CORPORA";
/// The most seconds that tests take without a fault.
const SECONDS_FIRST: u64 = 1800;
/// The most seconds that tests take with a fault, at least, and the multiple of those without.
const SECONDS_MIN: u64 = 300;
const SECONDS_FACTOR: u64 = 5;

/// Runs tests of this machine's target, for so many seconds at most.
fn succeeds(folder: &Path, tests: &Path, words: &[String], seconds_max: u64) -> Result<bool> {
    let foreign = targets::all()?.into_iter().filter(|target| target.isa != std::env::consts::ARCH);
    let mut command = Command::new("timeout");
    command.arg(seconds_max.to_string()).arg(tests).args(words).current_dir(folder);
    if let Ok(corpora) = places::repository().join("../shared/corpora").canonicalize()
        && std::env::var_os(CORPORA).is_none()
    {
        command.env(CORPORA, corpora);
    }
    command.args(foreign.flat_map(|target| ["--skip".to_string(), target.name]));
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    Ok(status.context("starting tests")?.success())
}

struct Options {
    list: bool,
    every: usize,
    words: Vec<String>,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options> {
        let mut options = Options { list: false, every: 1, words: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => options.list = true,
                "--every" => options.every = arguments.next().context("--every N")?.parse()?,
                word if word.starts_with('-') => bail!("usage: cargo xtask mutate [--list] [--every N] [WORD]..."),
                word => options.words.push(word.to_string()),
            }
        }
        Ok(options)
    }

    fn wants(&self, fault: &Fault) -> bool {
        let text = fault.to_string();
        self.words.iter().all(|word| text.contains(word))
    }
}
