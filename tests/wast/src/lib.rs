//! Runs specification scripts (`.wast`): the modules of a file become one executable, with a driver in it that performs
//! the assertions, and the executable tells which hold.
//!
//! ```text
//! corpus ─▶ text ─▶ modules ─▶ script ─▶ batches ─▶ build ─▶ execute ─▶ report ─▶ expectations
//! ```
//!
//! What can be decided without running (rejection of malformed and invalid modules, linking) is decided here, with the
//! compiler's own front end. What needs a proposal that the compiler doesn't have yet is left out, and counted.

mod batches;
mod build;
pub mod corpus;
mod execute;
pub mod expectations;
mod link;
mod modules;
mod proposals;
pub mod report;
mod script;
mod spectest;
mod value;

use aot_compiler::target::Target;
use corpus::Input;
use report::FileReport;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How to run scripts.
#[derive(Clone, Debug)]
pub struct Options {
    /// For which machine.
    pub target: &'static Target,
    /// How many files at a time.
    pub jobs: usize,
    /// Where executables stay; they are removed otherwise.
    pub keep: Option<PathBuf>,
}

/// Runs every file; the reports are in the order of the files. `progress` is told of each when it is done.
///
/// # Errors
/// Of the machine: no place for executables, no emulator. Whatever is wrong with a file is in its report.
pub fn run(inputs: &[Input], options: &Options, progress: &(dyn Fn(&FileReport) + Sync)) -> anyhow::Result<Vec<FileReport>> {
    let executor = execute::Executor::new(options)?;
    let next = AtomicUsize::new(0);
    let reports: Vec<Mutex<Option<FileReport>>> = inputs.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                while let Some(input) = inputs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = run_file(input, options, &executor);
                    progress(&report);
                    let index = inputs.iter().position(|other| std::ptr::eq(other, input)).unwrap_or_default();
                    *reports[index].lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(report);
                }
            });
        }
    });
    let reports = reports.into_iter().map(|report| report.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()));
    Ok(reports.flatten().collect())
}

/// One file. A panic of the compiler is a failure like others.
fn run_file(input: &Input, options: &Options, executor: &execute::Executor) -> FileReport {
    let mut report = FileReport::new(&input.name);
    let run = AssertUnwindSafe(|| perform(input, options, executor, &mut report));
    if let Err(panic) = catch_unwind(run) {
        let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        report.fail(0, format!("panicked: {}", message.unwrap_or("without a message")));
    }
    report.finish();
    report
}

fn perform(input: &Input, options: &Options, executor: &execute::Executor, report: &mut FileReport) {
    let script = match script::read(input, report) {
        Ok(script) => script,
        Err(message) => return report.fail(0, message),
    };
    for batch in batches::split(&script, executor.is_emulated()) {
        run_batch(input, &script, batch, options, executor, report);
    }
}

/// Builds and runs a batch. Where it can't be built, each of its groups is tried alone, so that the fault stays with the
/// modules that have it.
fn run_batch(
    input: &Input,
    script: &script::Script,
    batch: batches::Batch,
    options: &Options,
    executor: &execute::Executor,
    report: &mut FileReport,
) {
    match build::build(&input.name, script, &batch.instances, options.target) {
        Ok(executable) => executor.run(&input.name, &executable, &batch.commands(script), report),
        Err(error) if batch.groups.len() == 1 => {
            for command in batch.commands(script) {
                report.fail(command.line, format!("not compiled: {}", error.message()));
            }
        }
        Err(_) => {
            for group in batch.groups {
                run_batch(input, script, batches::Batch::of(vec![group]), options, executor, report);
            }
        }
    }
}
