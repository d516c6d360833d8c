//! Start-up: the steps that stay, with numbers.

use crate::error::{Error, Result, Stage};
use crate::plan::instantiate::Instantiation;
use crate::plan::liveness::{Live, TableUse};
use crate::plan::place::numbers::Numbers;
use crate::plan::place::segments::Segments;
use crate::plan::program::{DataCopy, ElementCopy, FuncId, ProgramPlan, StartPlan, StartStep};
use crate::plan::resolved::{Resolved, Step};

/// Adds a start-up function for each instance to the plan.
pub(super) fn add(
    plan: &mut ProgramPlan,
    instantiation: &Instantiation,
    live: &Live,
    numbers: &Numbers,
    segments: &Segments,
) -> Result<()> {
    for steps in &instantiation.steps {
        let mut start = StartPlan::default();
        for step in steps.iter().filter(|step| is_live(step, live, segments)) {
            start.steps.push(number(step, numbers, segments)?);
        }
        plan.starts.push(start);
    }
    Ok(())
}

/// Lets the program's only start-up function end with a call, and gives threads, which start up again, another without it.
pub(super) fn call(plan: &mut ProgramPlan, func: FuncId) {
    if plan.thread_start.is_some() {
        plan.starts.extend_from_within(..);
    }
    plan.starts.iter_mut().take(1).for_each(|start| start.steps.push(StartStep::Call(func)));
}

/// Lets one start-up function do all, or all of a part of the program.
pub(super) fn join(plan: &mut ProgramPlan, resolved: &Resolved<'_, '_>) {
    let count = resolved.starts.values().max().map_or(1, |start| *start as usize + 1);
    let of_instances = std::mem::replace(&mut plan.starts, vec![StartPlan::default(); count]);
    for (start, of_instance) in resolved.starts.values().zip(of_instances) {
        plan.starts[*start as usize].steps.extend(of_instance.steps);
    }
}

/// Says if anything sees the effect of a step.
fn is_live(step: &Step, live: &Live, segments: &Segments) -> bool {
    match step {
        StartStep::Global { global, .. } => live.globals[*global] > 0,
        StartStep::Fill { table, .. } => live.tables[*table] != TableUse::default(),
        StartStep::Element { segment, .. } => segments.elements.contains_key(segment),
        StartStep::Elements(_) | StartStep::Data(_) | StartStep::Call(_) | StartStep::Trap(_) => true,
    }
}

fn number(step: &Step, numbers: &Numbers, segments: &Segments) -> Result<StartStep> {
    let element = |key| segments.elements.get(key).copied().ok_or_else(unnumbered);
    Ok(match step {
        StartStep::Elements(ElementCopy { table, offset, segment }) => {
            StartStep::Elements(ElementCopy { table: *table, offset: *offset, segment: element(segment)? })
        }
        StartStep::Data(DataCopy { memory, offset, segment }) => {
            let segment = segments.data.get(segment).copied().ok_or_else(unnumbered)?;
            StartStep::Data(DataCopy { memory: *memory, offset: *offset, segment })
        }
        StartStep::Global { global, computation } => {
            StartStep::Global { global: *global, computation: computation.clone() }
        }
        StartStep::Fill { table, computation } => StartStep::Fill { table: *table, computation: computation.clone() },
        StartStep::Element { segment, index, computation } => {
            StartStep::Element { segment: element(segment)?, index: *index, computation: computation.clone() }
        }
        StartStep::Call(func) => StartStep::Call(numbers.function(*func)?),
        StartStep::Trap(trap) => StartStep::Trap(*trap),
    })
}

fn unnumbered() -> Error {
    Error::defect(Stage::Plan, "start-up copies from a segment that has no number")
}
