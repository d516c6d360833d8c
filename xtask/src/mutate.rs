//! `cargo xtask mutate`: makes small faults in the sources of the runtime's protection, one after another, and sees if a test
//! notices (tests/README.md). A fault that none notices needs a row with a reason in `tests/mutations.toml`.

mod faults;
mod plan;
mod tree;

use crate::{places, targets};
use anyhow::{Context, Result, bail, ensure};
use faults::Fault;
use plan::{Group, Plan};
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
    if let Some(test) = group.first_failure(tree)? {
        bail!("without a fault, {test} fails");
    }
    let mut ends = Vec::new();
    for fault in faults {
        println!("{fault}");
        let start = Instant::now();
        let mut by = String::new();
        let end = if tree.without.contains(&fault.number) {
            End::NotCompiled
        } else {
            tree.choose(fault.number)?;
            match group.first_failure(tree)? {
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
    fn first_failure(&self, tree: &Tree) -> Result<Option<String>> {
        if !succeeds(tree.folder(), tree.executable(&self.unit_tests)?, &[])? {
            return Ok(Some(format!("the unit tests of {}", self.unit_tests)));
        }
        for sessions in &self.sessions {
            for word in &sessions.words {
                if !succeeds(tree.folder(), tree.executable(&sessions.suite)?, &[word])? {
                    return Ok(Some(format!("{} -- {word}", sessions.suite)));
                }
            }
        }
        Ok(None)
    }
}

/// The variable by which suites find the folder of corpora: beside the copy, there is none.
const CORPORA: &str = "TEST_CORPORA";
/// The most seconds that tests take: a fault can make an endless loop.
const SECONDS_MAX: &str = "120";

/// Runs tests of this machine's target.
fn succeeds(folder: &Path, tests: &Path, words: &[&str]) -> Result<bool> {
    let foreign = targets::all()?.into_iter().filter(|target| target.isa != std::env::consts::ARCH);
    let mut command = Command::new("timeout");
    command.arg(SECONDS_MAX).arg(tests).args(words).current_dir(folder);
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
