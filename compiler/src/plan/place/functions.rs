//! Functions: each with its number, its type and the group whose `vmctx` it takes.

use crate::decode::BuiltinCall;
use crate::error::Result;
use crate::plan::liveness::Live;
use crate::plan::place::numbers::Numbers;
use crate::plan::program::{Entered, FuncKind, FuncPlan, GroupId, OptionsId, OptionsPlan, ProgramPlan};
use crate::plan::resolved::{FuncDef, Resolved};
use cranelift_entity::EntityRef;
use std::collections::HashMap;

/// Adds the live functions to the plan, with the canonical options of lowered imports.
pub(super) fn add(plan: &mut ProgramPlan, resolved: &Resolved<'_, '_>, live: &Live, numbers: &Numbers) -> Result<()> {
    let mut known = HashMap::new();
    for def in &live.functions {
        let (kind, group) = match *def {
            FuncDef::Wasm(instance, func) => (FuncKind::Wasm { instance, func }, resolved.instances[instance].group),
            FuncDef::Generated(index) => {
                let kind = &resolved.generated[index].kind;
                (number(plan, kind, numbers, &mut known)?, group(plan, resolved, kind))
            }
        };
        plan.functions.push(FuncPlan { kind, ty: resolved.func_type(*def), group });
    }
    plan.entries = plan.options.values().filter_map(|options| options.realloc).collect();
    Ok(())
}

/// The group of a generated function: a host function takes the `vmctx` of the memory that it reads, one that enters a part of
/// the program that of the function that it calls.
fn group(plan: &ProgramPlan, resolved: &Resolved<'_, '_>, kind: &FuncKind<FuncDef, OptionsPlan<FuncDef>>) -> GroupId {
    let group = match kind {
        FuncKind::Host { options, .. } => plan.groups.keys().find(|group| plan.groups[*group].memory == options.memory),
        FuncKind::Enter(Entered { func: FuncDef::Wasm(instance, _), .. }) => Some(resolved.instances[*instance].group),
        _ => None,
    };
    group.unwrap_or(GroupId::new(0))
}

/// A generated function with numbers. Canonical options are `known` to have theirs, or get the next.
fn number(
    plan: &mut ProgramPlan,
    kind: &FuncKind<FuncDef, OptionsPlan<FuncDef>>,
    numbers: &Numbers,
    known: &mut HashMap<OptionsPlan<FuncDef>, OptionsId>,
) -> Result<FuncKind> {
    Ok(match kind {
        FuncKind::Wasm { instance, func } => FuncKind::Wasm { instance: *instance, func: *func },
        FuncKind::Missing { name } => FuncKind::Missing { name: name.clone() },
        FuncKind::AdapterTrap => FuncKind::AdapterTrap,
        FuncKind::Enter(Entered { func, start, part, flags }) => {
            FuncKind::Enter(Entered { func: numbers.function(*func)?, start: *start, part: *part, flags: *flags })
        }
        FuncKind::Context { slot, is_set } => FuncKind::Context { slot: *slot, is_set: *is_set },
        FuncKind::Builtin(call) => FuncKind::Builtin(BuiltinCall {
            builtin: call.builtin,
            constants: call.constants.clone(),
            memories: call.memories.clone(),
            references: call
                .references
                .iter()
                .map(|func| func.map(|func| numbers.function(func)).transpose())
                .collect::<Result<_>>()?,
            options: call.options.as_ref().map(|options| number_options(plan, options, numbers, known)).transpose()?,
            destructor: call.destructor.map(|func| numbers.function(func)).transpose()?,
        }),
        FuncKind::Host { symbol, options } => {
            FuncKind::Host { symbol: symbol.clone(), options: number_options(plan, options, numbers, known)? }
        }
    })
}

/// The number of canonical options.
fn number_options(
    plan: &mut ProgramPlan,
    options: &OptionsPlan<FuncDef>,
    numbers: &Numbers,
    known: &mut HashMap<OptionsPlan<FuncDef>, OptionsId>,
) -> Result<OptionsId> {
    let id = match known.get(options) {
        Some(id) => *id,
        None => plan.options.push(options.map(|func| numbers.function(func))?),
    };
    known.insert(options.clone(), id);
    Ok(id)
}
