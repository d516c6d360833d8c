//! Stage 4 of 7: optimize. Passes over the CLIF of one item at a time.
//!
//! A pass is a row of [`PASSES`], in the order in which they run. Each can be switched off by its name, timed, printed
//! and verified; none looks at another item of the text but through what the [`Optimizer`] prepared before the first one.

mod cranelift;
mod error;
mod inline;
mod locations;
mod vast;

pub use error::cranelift_error;
pub use inline::Inliner;
pub use locations::Locations;

use crate::error::{Error, Result, Stage};
use crate::isa::Isas;
use crate::translate::{self, Context, Scratch, TextItem};
use ::cranelift_codegen::settings::OptLevel;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A pass over the CLIF of one item.
pub struct Pass {
    /// The name that `--disable-pass`, `--emit clif=NAME` and `--timings` use.
    pub name: &'static str,
    /// Whether it is of use for an item.
    condition: fn(&Optimizer<'_>, &Job) -> bool,
    /// Changes the CLIF.
    run: fn(&Optimizer<'_>, &mut Job, &mut Scratch) -> Result<()>,
}

/// All passes, in the order in which they run.
pub const PASSES: &[Pass] = &[
    Pass { name: INLINE, condition: inline::is_useful, run: inline::run },
    Pass { name: "optimize", condition: cranelift::is_useful, run: cranelift::run },
];

/// The name of the pass that makes bodies of calls.
const INLINE: &str = "inline";

/// The name of what comes before the first pass, for [`Timings`] and `--emit clif=translate`.
pub const TRANSLATE: &str = "translate";
/// The name of what comes after the last pass, for [`Timings`].
pub const CODEGEN: &str = "codegen";

/// An item of the guest text on its way from translation to code generation.
pub struct Job {
    /// The item.
    pub item: TextItem,
    /// Its CLIF, and what Cranelift derives from it.
    pub machine: ::cranelift_codegen::Context,
    /// What locations in the CLIF mean that come from functions that were inlined.
    pub locations: Locations,
    /// Whether the CLIF and what was derived from it are as code generation needs them. A pass that changes the CLIF
    /// clears it.
    pub is_prepared: bool,
}

/// The passes of one compilation, and what they need to know of the whole program.
pub struct Optimizer<'o> {
    context: &'o Context<'o>,
    isas: &'o Isas,
    passes: Vec<&'static Pass>,
    inliner: Option<Inliner>,
    verify: bool,
}

impl<'o> Optimizer<'o> {
    /// The passes for a program, but those with a name in `disabled`. At optimisation level 0 there are none.
    ///
    /// # Errors
    /// Small functions that can't be translated.
    pub fn new(context: &'o Context<'o>, isas: &'o Isas, disabled: &[String], timings: &Timings) -> Result<Self> {
        let optimises = isas.main.flags().opt_level() != OptLevel::None;
        let is_on = |pass: &&Pass| optimises && !disabled.iter().any(|name| name == pass.name);
        let passes: Vec<&'static Pass> = PASSES.iter().filter(is_on).collect();
        let inlines = passes.iter().any(|pass| pass.name == INLINE);
        let inliner = if inlines { Some(Inliner::new(context, timings)?) } else { None };
        Ok(Self { context, isas, passes, inliner, verify: isas.main.flags().enable_verifier() })
    }

    /// Translates an item and runs the passes on it: all, or those up to `last`.
    ///
    /// # Errors
    /// What can't be translated, and functions that become too large for Cranelift.
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
        self.verify(&job, TRANSLATE)?;
        if last == Some(TRANSLATE) {
            return Ok(job);
        }
        for pass in &self.passes {
            if (pass.condition)(self, &job) {
                timings.time(pass.name, || (pass.run)(self, &mut job, scratch))?;
                self.verify(&job, pass.name)?;
            }
            if last == Some(pass.name) {
                break;
            }
        }
        Ok(job)
    }

    /// Checks what a pass left, where that is wanted: for tests, because a fault is a silent miscompilation.
    fn verify(&self, job: &Job, pass: &str) -> Result<()> {
        if !self.verify {
            return Ok(());
        }
        let function = &job.machine.func;
        let valid = ::cranelift_codegen::verify_function(function, &*self.isas.main);
        valid
            .map_err(|errors| Error::defect(Stage::Optimize, format!("{pass} left CLIF that isn't valid: {errors}")))?;
        translate::verify_regions(function, self.context.plan)
    }
}

impl Job {
    /// Makes the CLIF anew from the item's wasm.
    fn translate(&mut self, context: &Context<'_>, scratch: &mut Scratch) -> Result<()> {
        self.machine.clear();
        self.machine.func = translate::translate(context, self.item, scratch)?;
        self.locations = Locations::default();
        Ok(())
    }

    /// Whether registers will be assigned in a single pass.
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

    /// The sums, in the order of the passes.
    pub fn sums(&self) -> impl Iterator<Item = (&'static str, Duration)> + '_ {
        self.0.iter().map(|(name, sum)| (*name, Duration::from_nanos(sum.load(Ordering::Relaxed))))
    }
}
