//! Cranelift's own optimisations: its e-graph with redundant loads, constants, and loop-invariant code.

use super::{Job, Optimizer, cranelift_error};
use crate::error::{Result, Stage};
use crate::translate::Scratch;
use cranelift_control::ControlPlane;

/// Every function gains from it.
pub(super) fn is_useful(_: &Optimizer<'_>, _: &Job) -> bool {
    true
}

/// Runs them.
pub(super) fn run(optimizer: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let optimized = job.machine.optimize(&*optimizer.isas.main, &mut ControlPlane::default());
    optimized.map_err(|error| cranelift_error(optimizer.context, Stage::Optimize, job.item, &error))?;
    job.is_prepared = true;
    Ok(())
}
