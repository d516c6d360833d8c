//! Globals: which of them are constants, and the order of the others below `vmctx`.

use crate::plan::liveness::Live;
use crate::plan::place::numbers::Numbers;
use crate::plan::program::{GlobalId, GlobalPlace, GlobalPlan, GroupId, ProgramPlan};
use crate::plan::resolved::Resolved;
use cranelift_entity::EntityRef;
use std::collections::HashMap;

/// Adds all globals to the plan. Those that are `kept` aren't folded away, so that the runtime can read them.
pub(super) fn add(
    plan: &mut ProgramPlan,
    resolved: &Resolved<'_, '_>,
    live: &Live,
    numbers: &Numbers,
    kept: &dyn Fn(GlobalId) -> bool,
) {
    let mut group_of: HashMap<GlobalId, GroupId> = HashMap::new();
    for instance in resolved.instances.values() {
        for global in instance.globals.values() {
            group_of.entry(*global).or_insert(instance.group);
        }
    }
    for (id, global) in &resolved.globals {
        let (uses, keep) = (live.globals[id], kept(id));
        let place = match global.flags_of {
            // The layout turns the number of the component instance into an offset.
            Some(instance) => GlobalPlace::InstanceFlags { offset: u64::from(instance) },
            None if uses == 0 && !keep => GlobalPlace::Dropped,
            None if !global.ty.mutable && !keep && global.init.computation().is_none() => GlobalPlace::Constant,
            None => GlobalPlace::Slab { offset: 0 },
        };
        if matches!(place, GlobalPlace::Slab { .. }) {
            let group = group_of.get(&id).copied().unwrap_or(GroupId::new(0));
            plan.groups[group].globals.push(id);
        }
        plan.globals.push(GlobalPlan { ty: global.ty, place, initial: numbers.value(global.init.constant()), uses });
    }
    for group in plan.groups.values_mut() {
        group.globals.sort_by_key(|global| (std::cmp::Reverse(live.globals[*global]), *global));
    }
}
