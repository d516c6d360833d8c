//! `cargo xtask wasi-programs FOLDER`: the WASI test programs of others, as a check on this machine. Nothing of them is
//! in the repository.
//!
//! The folder is a checkout of wasmtime's repository, whose programs are built in `/tmp` first, or of wasi-testsuite's
//! branch `prod/testsuite-base`, which has them ready. Each is compiled and run for every target, or those named by
//! `--target`; what it does is compared with what it should.

mod build;
mod expectations;
mod run;
mod server;

use crate::{places, prepare, process, targets};
use anyhow::{Context, Result, bail, ensure};
use expectations::Expectations;
use std::path::{Path, PathBuf};

const USAGE: &str = "usage: cargo xtask wasi-programs [--target NAME]... FOLDER";

/// A program with what is expected of it.
struct Program {
    name: String,
    wasm: PathBuf,
    case: expectations::Case,
    /// The folder of its files, to be copied for each run.
    fixture: Option<PathBuf>,
}

pub fn run(arguments: &[String]) -> Result<()> {
    let (mut names, mut folder) = (Vec::new(), None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--target" => names.push(words.next().context(USAGE)?.clone()),
            _ => ensure!(folder.replace(PathBuf::from(word)).is_none(), USAGE),
        }
    }
    let folder = folder.context(USAGE)?.canonicalize().context("the folder of the programs")?;
    let targets = targets::named(&names)?;
    prepare::all()?;
    let mut cargo = process::cargo();
    process::run(cargo.args(["build", "--release", "--quiet", "--package", "aot"]).current_dir(places::repository()))?;
    let expectations = Expectations::read()?;
    let (mut programs, left_out) = programs(&folder, &expectations)?;
    let port = server::start()?;
    programs.iter_mut().filter(|program| program.case.http).for_each(|program| program.case.ask(port));
    let mut failed = 0;
    for target in &targets {
        let mut passed = 0;
        for program in &programs {
            let expected = expectations.failure(&program.name);
            match (run::check(program, target), expected) {
                (Ok(()), None) => passed += 1,
                (Err(_), Some(_)) => {}
                (Ok(()), Some(reason)) => {
                    failed += 1;
                    println!("{}: {} passes, but should fail: {reason}", target.name, program.name);
                }
                (Err(error), None) => {
                    failed += 1;
                    println!("{}: {}: {error:#}", target.name, program.name);
                }
            }
        }
        println!("{}: {passed} of {} programs do what they should", target.name, programs.len());
    }
    for (name, reason) in &left_out {
        println!("not run: {name}: {reason}");
    }
    ensure!(failed == 0, "{failed} programs don't do what is expected");
    Ok(())
}

/// Programs, and the names of those that aren't run with the reasons.
type Found = (Vec<Program>, Vec<(String, String)>);

/// The programs of a checkout.
fn programs(folder: &Path, expectations: &Expectations) -> Result<Found> {
    if folder.join("crates/test-programs").is_dir() {
        return build::wasmtime(folder, expectations);
    }
    if folder.join("tests").is_dir() {
        return Ok((build::testsuite(&folder.join("tests"))?, Vec::new()));
    }
    bail!("{} is a checkout neither of wasmtime nor of wasi-testsuite", folder.display())
}
