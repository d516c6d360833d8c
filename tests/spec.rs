//! The specification's tests: each file on each target is a test (tests/README.md). At the end, what passed, failed and
//! was left out on each target.

use aot_compiler::target::targets;
use aot_wast::corpus;
use aot_wast::expectations::Expectations;
use aot_wast::report::{FileReport, Total};
use aot_wast::{Options, Runner};
use libtest_mimic::{Arguments, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    // A line for each file would be a thousand lines.
    arguments.quiet |= arguments.format.is_none() && !arguments.list;
    let expectations =
        Expectations::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec/expectations.toml"))?;
    let folder: Vec<_> = corpus::folder_beside_repository().into_iter().collect();
    let inputs = corpus::find(&folder)?;
    let (mut trials, mut results) = (Vec::new(), Vec::new());
    for target in targets() {
        let runner = Arc::new(Runner::new(&Options { target, keep: None })?);
        let reports: Arc<Mutex<Vec<FileReport>>> = Arc::default();
        results.push((&target.name, reports.clone()));
        for input in inputs.clone() {
            let (runner, expectations, reports) = (runner.clone(), expectations.clone(), reports.clone());
            trials.push(Trial::test(format!("{}/{}", target.name, input.name), move || {
                let mut report = runner.run(&input);
                expectations.apply(&mut report, &target.name);
                let result = if report.failures.is_empty() { Ok(()) } else { Err(report.to_string().into()) };
                reports.lock().map_err(|error| error.to_string())?.push(report);
                result
            }));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for (target, reports) in results {
        let reports = reports.lock().map_err(|error| anyhow::anyhow!("{error}"))?;
        if !reports.is_empty() {
            println!("{target}: {}", Total::of(&reports));
        }
    }
    Ok(conclusion.exit_code())
}
