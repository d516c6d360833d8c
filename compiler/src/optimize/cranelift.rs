//! Cranelift's optimisations: e-graph rewriting, redundant-load elimination, constant folding, and code motion out of
//! loops.

use super::{Job, Optimizer, cranelift_error};
use crate::error::{Result, Stage};
use crate::translate::Scratch;
use cranelift_control::ControlPlane;

/// Returns true: every item gains from these optimisations.
pub(super) fn is_useful(_: &Optimizer<'_>, _: &Job) -> bool {
    true
}

/// Runs Cranelift's optimisations on the item's CLIF.
pub(super) fn run(optimizer: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let optimized = job.machine.optimize(&*optimizer.isas.main, &mut ControlPlane::default());
    optimized.map_err(|error| cranelift_error(optimizer.context, Stage::Optimize, job.item, &error))?;
    job.is_prepared = true;
    Ok(())
}
