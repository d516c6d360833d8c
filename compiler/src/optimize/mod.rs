//! Stage 4 of 7: optimisation. Passes over the CLIF of one item at a time.
//!
//! A pass is a row of [`PASSES`], in the order in which they run. Each can be switched off by name, timed, printed and
//! verified. A pass reads nothing of other items except what the [`Optimizer`] prepared before the first pass.

mod addresses;
mod bytes;
mod carried;
mod cold;
mod counters;
mod cranelift;
mod dispatch;
mod error;
mod inline;
mod interval;
mod locations;
mod ranges;
mod schedule;
mod vast;
mod wide;
mod widen;

pub use error::cranelift_error;
pub use inline::Inliner;
pub use locations::Locations;

use crate::error::{Error, Result, Stage};
use crate::isa::Isas;
use crate::translate::{self, Context, Scratch, TextItem};
use ::cranelift_codegen::CodegenResult;
use ::cranelift_codegen::settings::OptLevel;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A pass over the CLIF of one item.
pub struct Pass {
    /// The name that `--disable-pass`, `--emit clif=NAME` and `--timings` use.
    pub name: &'static str,
    /// True if addresses keep the form in which translation made them, from which the alias regions can be checked. A
    /// pass that folds constants may drop `vmctx` from an address that is out of bounds, for example.
    keeps_addresses: bool,
    /// Returns true if the pass is useful for an item.
    condition: fn(&Optimizer<'_>, &Job) -> bool,
    /// Runs the pass, which changes the CLIF.
    run: fn(&Optimizer<'_>, &mut Job, &mut Scratch) -> Result<()>,
}

/// All passes, in the order in which they run.
pub const PASSES: &[Pass] = &[
    Pass { name: INLINE, keeps_addresses: true, condition: inline::is_useful, run: inline::run },
    Pass { name: "cold", keeps_addresses: true, condition: cold::is_useful, run: cold::run },
    Pass { name: "carried", keeps_addresses: true, condition: carried::is_useful, run: carried::run },
    Pass { name: WIDE, keeps_addresses: true, condition: wide::is_useful, run: wide::run },
    Pass { name: "bytes", keeps_addresses: true, condition: bytes::is_useful, run: bytes::run },
    Pass { name: "addresses", keeps_addresses: false, condition: addresses::is_useful, run: addresses::run },
    Pass { name: "counters", keeps_addresses: true, condition: counters::is_useful, run: counters::run },
    Pass { name: "dispatch", keeps_addresses: true, condition: dispatch::is_useful, run: dispatch::run },
    Pass { name: "widen", keeps_addresses: false, condition: widen::is_useful, run: widen::run },
    Pass { name: "optimize", keeps_addresses: false, condition: cranelift::is_useful, run: cranelift::run },
    Pass { name: "schedule", keeps_addresses: true, condition: schedule::is_useful, run: schedule::run },
];

/// Name of the inlining pass.
const INLINE: &str = "inline";
/// Name of the pass for arithmetic of 128 bits, which also makes functions small enough for inlining.
const WIDE: &str = "wide";

/// Name of translation, which precedes the passes, for [`Timings`] and `--emit clif=translate`.
pub const TRANSLATE: &str = "translate";
/// Name of code generation, which follows the passes, for [`Timings`].
pub const CODEGEN: &str = "codegen";

/// An item of the guest text between translation and code generation.
pub struct Job {
    /// Function or trampoline that the CLIF belongs to.
    pub item: TextItem,
    /// The CLIF of the item, and Cranelift's analyses of it.
    pub machine: ::cranelift_codegen::Context,
    /// Meaning of the locations in the CLIF that come from inlined functions.
    pub locations: Locations,
    /// True if the CLIF and its analyses are in the form that code generation requires. A pass that runs then keeps it.
    pub is_prepared: bool,
}

/// Passes of one compilation, and their data about the whole program.
pub struct Optimizer<'o> {
    context: &'o Context<'o>,
    isas: &'o Isas,
    disabled: &'o [String],
    inliner: Option<Inliner>,
    verify: bool,
}

impl<'o> Optimizer<'o> {
    /// Prepares the passes for a program, without those in `disabled`. Optimisation level 0 has no passes.
    ///
    /// # Errors
    /// A small function can't be translated.
    pub fn new(context: &'o Context<'o>, isas: &'o Isas, disabled: &'o [String], timings: &Timings) -> Result<Self> {
        let verify = isas.main.flags().enable_verifier();
        let mut optimizer = Self { context, isas, disabled, inliner: None, verify };
        if optimizer.is_on(INLINE) {
            let simplify = optimizer.is_on(WIDE).then_some(wide::simplify as inline::Simplify);
            optimizer.inliner = Some(Inliner::new(context, simplify, timings)?);
        }
        Ok(optimizer)
    }

    /// Returns true if the pass with this name runs in this compilation.
    fn is_on(&self, pass: &str) -> bool {
        let optimises = self.isas.main.flags().opt_level() != OptLevel::None;
        optimises && !self.disabled.iter().any(|name| name == pass)
    }

    /// Translates an item and runs the passes on it: all, or those up to `last`.
    ///
    /// # Errors
    /// The item can't be translated, or becomes too large for Cranelift.
    pub fn run(
        &self,
        item: TextItem,
        machine: ::cranelift_codegen::Context,
        scratch: &mut Scratch,
        last: Option<&str>,
        timings: &Timings,
    ) -> Result<Job> {
        let mut job = Job { item, machine, locations: Locations::default(), is_prepared: false };
        timings.time(TRANSLATE, || job.translate(self.context, scratch))?;
        self.verify(&job, TRANSLATE, true)?;
        if last == Some(TRANSLATE) {
            return Ok(job);
        }
        let mut addresses_kept = true;
        for pass in PASSES {
            if self.is_on(pass.name) && (pass.condition)(self, &job) {
                timings.time(pass.name, || (pass.run)(self, &mut job, scratch))?;
                addresses_kept &= pass.keeps_addresses;
                self.verify(&job, pass.name, addresses_kept)?;
            }
            if last == Some(pass.name) {
                break;
            }
        }
        Ok(job)
    }

    /// Verifies the CLIF that a pass left, if verification is on: tests use it, because a fault would be a silent
    /// miscompilation.
    fn verify(&self, job: &Job, pass: &str, addresses_kept: bool) -> Result<()> {
        if !self.verify {
            return Ok(());
        }
        let function = &job.machine.func;
        let valid = ::cranelift_codegen::verify_function(function, &*self.isas.main);
        valid
            .map_err(|errors| Error::defect(Stage::Optimize, format!("{pass} left CLIF that isn't valid: {errors}")))?;
        if addresses_kept { translate::verify_regions(function, self.context.plan) } else { Ok(()) }
    }
}

impl Job {
    /// Translates the item again from its wasm.
    fn translate(&mut self, context: &Context<'_>, scratch: &mut Scratch) -> Result<()> {
        self.machine.clear();
        self.machine.func = translate::translate(context, self.item, scratch)?;
        self.locations = Locations::default();
        Ok(())
    }

    /// Prepares CLIF that Cranelift has not optimised: the steps of `cranelift_codegen::Context::optimize` that code generation
    /// requires, without the optimisations.
    pub fn prepare(&mut self, isas: &Isas) -> CodegenResult<()> {
        if !self.is_prepared {
            let machine = &mut self.machine;
            machine.compute_cfg();
            machine.compute_domtree();
            machine.eliminate_unreachable_code(&*isas.main)?;
            machine.remove_constant_phis(&*isas.main)?;
            machine.func.dfg.resolve_all_aliases();
            self.is_prepared = true;
        }
        Ok(())
    }

    /// Returns true if registers will be allocated in a single pass.
    pub fn is_vast(&self) -> bool {
        vast::is_vast(&self.machine.func)
    }
}

/// Processor time of translation, each pass, and code generation, summed over the threads.
pub struct Timings(Vec<(&'static str, AtomicU64)>);

impl Default for Timings {
    fn default() -> Self {
        let names = [TRANSLATE].into_iter().chain(PASSES.iter().map(|pass| pass.name)).chain([CODEGEN]);
        Self(names.map(|name| (name, AtomicU64::new(0))).collect())
    }
}

impl Timings {
    /// Adds the time that `work` takes to that of a pass.
    pub fn time<T>(&self, pass: &str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let nanoseconds = start.elapsed().as_nanos() as u64;
        if let Some((_, sum)) = self.0.iter().find(|(name, _)| *name == pass) {
            sum.fetch_add(nanoseconds, Ordering::Relaxed);
        }
        result
    }

    /// Yields the sums, in the order of the passes.
    pub fn sums(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.0.iter().map(|(name, sum)| (*name, Duration::from_nanos(sum.load(Ordering::Relaxed))))
    }
}
