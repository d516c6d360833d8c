//! Runs specification scripts (`.wast`): the modules of a file become one executable, with a driver in it that performs
//! the assertions, and the executable tells which hold.
//!
//! ```text
//! corpus ─▶ modules ─▶ reader, link ─▶ script ─▶ batches ─▶ build ─▶ execute ─▶ report ─▶ expectations
//! ```
//!
//! What can be decided without running (rejection of malformed and invalid modules, linking) is decided here, with the
//! compiler's own front end. What needs a proposal that the compiler doesn't have yet is left out, and counted.

mod batches;
mod build;
mod component;
pub mod corpus;
mod execute;
pub mod expectations;
mod folded_try;
mod link;
mod modules;
mod proposals;
mod reader;
pub mod report;
mod script;
mod spectest;
mod value;

use aot_compiler::isa::OptLevel;
use aot_compiler::plan::AddressSpace;
use aot_compiler::target::Target;
use corpus::Input;
use report::FileReport;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use wast::Wast;
use wast::parser::{self, ParseBuffer};

/// Options for running scripts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The target on which the scripts run.
    pub target: &'static Target,
    /// The level of optimisation.
    pub opt_level: OptLevel,
    /// True if results must be the same on all targets.
    pub deterministic: bool,
    /// The address space that memories get.
    pub address_space: AddressSpace,
    /// True if each allocation of an object collects garbage.
    pub gc_stress: bool,
    /// Compiles for a profile of random counts, of this seed.
    pub invented_profile: Option<u64>,
    /// The copies of each program.
    pub copies: Copies,
    /// The folder in which executables stay; without it they are removed.
    pub keep: Option<PathBuf>,
}

impl Options {
    /// The options that users have by default, for this target.
    pub fn new(target: &'static Target) -> Self {
        Self {
            target,
            opt_level: OptLevel::default(),
            deterministic: false,
            address_space: AddressSpace::default(),
            gc_stress: false,
            invented_profile: None,
            copies: Copies::default(),
            keep: None,
        }
    }
}

/// The copies of a program: every assertion must hold in every slab and every round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Slabs that live at the same time in one process.
    pub slabs: u16,
    /// The number of times that each performs the script, from the second time on after a reset.
    pub rounds: u16,
    /// The way in which the copies take turns.
    pub turns: Turns,
    /// The way in which resets undo what a round did.
    pub undo: Undo,
}

/// The way in which resets undo what a guest did, or the next best that the kernel has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Undo {
    /// The best that there is.
    #[default]
    Scan = aot_abi::script::UNDO_SCAN,
    /// The way of kernels before Linux 6.7.
    Read = aot_abi::script::UNDO_READ,
    /// All pages are given back.
    GiveBack = aot_abi::script::UNDO_GIVE_BACK,
    /// Everything is mapped anew.
    MapAnew = aot_abi::script::UNDO_MAP_ANEW,
}

impl Undo {
    /// All ways, the best first.
    pub const ALL: [Undo; 4] = [Undo::Scan, Undo::Read, Undo::GiveBack, Undo::MapAnew];
}

/// The way in which several copies of a program perform a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Turns {
    /// Each command in each copy before the next.
    #[default]
    Commands = aot_abi::script::TURNS_COMMANDS,
    /// The copies run on a thread each.
    Threads = aot_abi::script::TURNS_THREADS,
    /// Each call on a stack of its own, which waits for the others if it calls a function of `spectest`.
    Stacks = aot_abi::script::TURNS_STACKS,
    /// Turns as in [`Turns::Commands`], of one copy; the times of commands and resets are told.
    Measured = aot_abi::script::TURNS_MEASURED,
}

impl Default for Copies {
    fn default() -> Self {
        Self { slabs: 1, rounds: 1, turns: Turns::default(), undo: Undo::default() }
    }
}

/// A runner of scripts for one target. Several threads can share one.
pub struct Runner {
    options: Options,
    executor: execute::Executor,
}

impl Runner {
    /// A runner with these options.
    ///
    /// # Errors
    /// Of the machine: no place for executables, no emulator.
    pub fn new(options: Options) -> anyhow::Result<Self> {
        let executor = execute::Executor::new(&options)?;
        Ok(Self { options, executor })
    }

    /// Runs a file. Whatever is wrong with it is in the report, a panic of the compiler too.
    pub fn run(&self, input: &Input) -> FileReport {
        let mut report = FileReport::new(&input.name);
        let run = AssertUnwindSafe(|| self.perform(input, &mut report));
        if let Err(panic) = catch_unwind(run) {
            let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            report.fail(0, format!("panicked: {}", message.unwrap_or("without a message")));
        }
        report.finish();
        report
    }

    /// Runs every file, `jobs` at a time; the reports are in the order of the files.
    pub fn run_all(&self, inputs: &[Input], jobs: usize) -> Vec<FileReport> {
        let next = AtomicUsize::new(0);
        let reports: Vec<OnceLock<FileReport>> = inputs.iter().map(|_| OnceLock::new()).collect();
        std::thread::scope(|scope| {
            for _ in 0..jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let (Some(input), Some(report)) = (inputs.get(index), reports.get(index)) else {
                            break;
                        };
                        report.get_or_init(|| self.run(input));
                    }
                });
            }
        });
        reports.into_iter().filter_map(OnceLock::into_inner).collect()
    }

    fn perform(&self, input: &Input, report: &mut FileReport) {
        if let Err(message) = self.perform_script(input, report) {
            report.fail(0, message);
        }
    }

    fn perform_script(&self, input: &Input, report: &mut FileReport) -> Result<(), String> {
        let text = folded_try::unfold(&input.text);
        let buffer = ParseBuffer::new_with_lexer(modules::lexer(&text)).map_err(|error| error.to_string())?;
        let mut wast = parser::parse::<Wast<'_>>(&buffer).map_err(|error| error.to_string())?;
        if component::is_about_components(&wast) {
            let script = component::read(&mut wast, &text, report);
            for group in batches::groups_of_components(&script) {
                self.run_components(input, &script, &group, report);
            }
            report.check_count(script.assertions);
            return Ok(());
        }
        let script = reader::read(&mut wast, &text, report)?;
        for batch in batches::split(&script, self.executor.is_emulated()) {
            self.run_batch(input, &script, batch, report);
        }
        report.check_count(script.assertions);
        Ok(())
    }

    /// Builds and runs instances of components that are linked to each other.
    fn run_components(&self, input: &Input, script: &component::Script, group: &[usize], report: &mut FileReport) {
        let of_group = |command: &&script::Command| group.binary_search(&command.instance).is_ok();
        let commands: Vec<_> = script.commands.iter().filter(of_group).collect();
        match component::build(&input.name, script, group, &self.options) {
            Ok(executable) => self.executor.run(&input.name, &executable, &commands, report),
            Err(error) => {
                for command in commands {
                    report.fail(command.line, format!("not compiled: {}", error.message()));
                }
            }
        }
    }

    /// Builds and runs a batch. If it can't be built, each of its groups is tried alone, so that the fault stays
    /// with the modules that have it.
    fn run_batch(&self, input: &Input, script: &script::Script, batch: batches::Batch, report: &mut FileReport) {
        match build::build(&input.name, script, &batch.instances, &self.options) {
            Ok(executable) => self.executor.run(&input.name, &executable, &batch.commands(script), report),
            Err(error) if batch.groups.len() == 1 => {
                for command in batch.commands(script) {
                    report.fail(command.line, format!("not compiled: {}", error.message()));
                }
            }
            Err(_) => {
                for group in batch.groups {
                    self.run_batch(input, script, batches::Batch::of(vec![group]), report);
                }
            }
        }
    }
}
