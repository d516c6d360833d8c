//! The items of the guest text from wasm to machine code, in parallel: translate, the passes, code generation.

use crate::codegen::{self, Code, CompiledItem};
use crate::error::Result;
use crate::isa::Isas;
use crate::memory;
use crate::optimize::{CODEGEN, Optimizer, Timings};
use crate::translate::{self, Context, Scratch, TextItem};
use rayon::prelude::*;

/// Compiles every item of a program. `progress` is told of each finished one.
///
/// # Errors
/// What can't be translated, by the first in the order of the text whatever the threads do.
pub fn compile(
    context: &Context<'_>,
    isas: &Isas,
    optimizer: Optimizer<'_>,
    timings: &Timings,
    progress: &(dyn Fn() + Sync),
) -> Result<Code> {
    let items = translate::items(context.plan);
    let compiled: Vec<Result<CompiledItem>> = items
        .into_par_iter()
        .map_init(Worker::default, |worker, item| {
            let result = worker.compile(context, isas, &optimizer, item, timings);
            progress();
            result
        })
        .collect();
    drop(optimizer);
    memory::release_freed();
    let compiled = compiled.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(codegen::lay_out(context, compiled))
}

/// The CLIF of every item as text: what code generation gets, or what the pass `last` left.
///
/// # Errors
/// As for [`compile`].
pub fn clif(context: &Context<'_>, optimizer: &Optimizer<'_>, last: Option<&str>, timings: &Timings) -> Result<String> {
    let mut scratch = Scratch::default();
    let mut functions = Vec::new();
    for item in translate::items(context.plan) {
        let job = optimizer.run(item, Machine::new(), &mut scratch, last, timings)?;
        functions.push((item, job.machine.func));
    }
    Ok(translate::print(context, &functions))
}

/// Memory that a thread keeps from one item to the next.
struct Worker {
    scratch: Scratch,
    machine: Machine,
    registers: regalloc2::Ctx,
}

impl Default for Worker {
    fn default() -> Self {
        Self { scratch: Scratch::default(), machine: Machine::new(), registers: regalloc2::Ctx::default() }
    }
}

type Machine = cranelift_codegen::Context;

impl Worker {
    fn compile(
        &mut self,
        context: &Context<'_>,
        isas: &Isas,
        optimizer: &Optimizer<'_>,
        item: TextItem,
        timings: &Timings,
    ) -> Result<CompiledItem> {
        let machine = std::mem::replace(&mut self.machine, Machine::new());
        let job = optimizer.run(item, machine, &mut self.scratch, None, timings)?;
        let generated = timings.time(CODEGEN, || codegen::generate(context, isas, job, &mut self.registers));
        let (compiled, machine) = generated?;
        self.machine = machine;
        Ok(compiled)
    }
}
