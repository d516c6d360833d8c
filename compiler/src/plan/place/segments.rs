//! Segments that code or start-up copies from.

use crate::decode::{Program, SegmentMode};
use crate::error::Result;
use crate::plan::instantiate::Instantiation;
use crate::plan::liveness::Live;
use crate::plan::place::numbers::Numbers;
use crate::plan::program::{ConstValue, DataId, DataPlan, ElementId, ElementPlan, ProgramPlan, StartStep};
use crate::plan::resolve::element_values;
use crate::plan::resolved::{DataKey, ElementKey, Resolved};
use std::collections::HashMap;

/// The numbers of segments.
#[derive(Default)]
pub(super) struct Segments {
    pub data: HashMap<DataKey, DataId>,
    pub elements: HashMap<ElementKey, ElementId>,
}

/// Adds the segments to the plan.
pub(super) fn add(
    plan: &mut ProgramPlan,
    resolved: &Resolved<'_, '_>,
    instantiation: &Instantiation,
    live: &Live,
    numbers: &Numbers,
) -> Result<Segments> {
    let mut data = live.data.clone();
    let mut elements = live.elements.clone();
    for step in instantiation.steps.iter().flatten() {
        match step {
            StartStep::Data(copy) => _ = data.insert(copy.segment),
            StartStep::Elements(copy) => _ = elements.insert(copy.segment),
            _ => {}
        }
    }
    let mut segments = Segments::default();
    let mut offset = 0;
    for (instance, data) in data {
        let bytes = resolved.module(instance).data[data].bytes.len() as u64;
        let id = plan.data.push(DataPlan { instance, data, offset, bytes });
        segments.data.insert((instance, data), id);
        offset += bytes;
    }
    let mut offset = 0;
    for (instance, element) in elements {
        let values = element_values(resolved, (instance, element))?;
        let values: Vec<ConstValue> = values.into_iter().map(|value| numbers.value(value)).collect();
        let count = values.len() as u64;
        let id = plan.elements.push(ElementPlan { instance, element, offset, values, table: None });
        segments.elements.insert((instance, element), id);
        offset += count;
    }
    Ok(segments)
}

impl Segments {
    /// Notes the numbers of the segments that code copies from. Active segments count as dropped: only passive ones can
    /// be copied from.
    pub fn of_code(&self, plan: &mut ProgramPlan, program: &Program<'_>, live: &Live) {
        for key in &live.data {
            let instance = &mut plan.instances[key.0];
            if matches!(program.modules[instance.module].data[key.1].mode, SegmentMode::Passive) {
                instance.data[key.1] = self.data.get(key).copied();
            }
        }
        for key in &live.elements {
            let instance = &mut plan.instances[key.0];
            if matches!(program.modules[instance.module].elements[key.1].mode, SegmentMode::Passive) {
                instance.elements[key.1] = self.elements.get(key).copied();
            }
        }
    }
}
