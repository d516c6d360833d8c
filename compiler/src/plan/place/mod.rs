//! From what is resolved and live to the plan: numbers, places and contents of everything that is left.

mod functions;
mod globals;
mod images;
mod layout;
mod memories;
mod numbers;
mod segments;
mod starts;
mod tables;

pub(in crate::plan) use layout::value_bytes;

use super::instantiate::Instantiation;
use super::liveness::Live;
use super::options::PlanOptions;
use super::program::{
    ConcurrencyPlan, ExceptionsPlan, ExportsPlan, FuncId, GlobalId, HeapPlan, Images, MainPlan, ProgramPlan, SlabLayout,
};
use super::resolve::ResourceNumbers;
use super::resolved::{FuncDef, Resolved, ResolvedRoots};
use super::roots::{Roots, Starts};
use crate::decode::Program;
use crate::error::Result;
use aot_abi::slab::ControlLayout;
use cranelift_entity::PrimaryMap;
use numbers::Numbers;
use std::collections::HashSet;

/// Makes the plan of what is live.
pub(super) fn place(
    resolved: Resolved<'_, '_>,
    roots: ResolvedRoots,
    instantiation: Instantiation,
    live: &Live,
    wanted: &Roots,
    options: &PlanOptions,
) -> Result<ProgramPlan> {
    let numbers = Numbers::of(live);
    let mut plan = empty(&resolved, live, &numbers, options);
    plan.groups = resolved.groups.clone();
    memories::add(&mut plan, &resolved, live, options)?;
    functions::add(&mut plan, &resolved, live, &numbers)?;
    let kept: HashSet<GlobalId> = roots.globals.iter().copied().collect();
    let is_kept = |global| wanted.keeps_globals || kept.contains(&global);
    globals::add(&mut plan, &resolved, live, &numbers, &is_kept);
    tables::add(&mut plan, &resolved, &instantiation, live, &numbers, options)?;
    let segments = segments::add(&mut plan, &resolved, &instantiation, live, &numbers)?;
    tables::add_of_segments(&mut plan, &resolved)?;
    starts::add(&mut plan, &instantiation, live, &numbers, &segments)?;
    let initialize = roots.initialize;
    plan.concurrency = concurrency(resolved.program, live, &numbers)?;
    enter(&mut plan, roots, live, &numbers)?;
    if wanted.starts == Starts::One {
        starts::join(&mut plan, &resolved);
    }
    if let Some(initialize) = initialize {
        starts::call(&mut plan, numbers.function(initialize)?);
    }
    let number = |func: FuncDef| numbers.functions.get(&func).copied();
    plan.instances = resolved.instances.into_iter().map(|(_, instance)| instance.map(number)).collect();
    segments.of_code(&mut plan, resolved.program, live);
    layout::place(&mut plan);
    plan.images = images::build(&plan, resolved.program, &instantiation);
    Ok(plan)
}

/// The plan without anything that has a number or a place.
fn empty(resolved: &Resolved<'_, '_>, live: &Live, numbers: &Numbers, options: &PlanOptions) -> ProgramPlan {
    let program = resolved.program;
    let resources = |component| ResourceNumbers::new(component, options.host_imports.as_ref()).tables();
    let warning = |interface| format!("{interface} isn't implemented yet: calls of its missing functions trap");
    ProgramPlan {
        instances: PrimaryMap::new(),
        groups: PrimaryMap::new(),
        functions: PrimaryMap::new(),
        memories: PrimaryMap::new(),
        tables: PrimaryMap::new(),
        globals: PrimaryMap::new(),
        tags: resolved.tags.clone(),
        exceptions: live.exceptions.then(|| ExceptionsPlan::of(&resolved.tags, &program.types)),
        heap: live.objects.then(|| HeapPlan::new(options.max_heap, options.gc_stress)),
        data: PrimaryMap::new(),
        elements: PrimaryMap::new(),
        records: std::iter::once(None).chain(live.referenced.iter().map(|def| Some(numbers.functions[def]))).collect(),
        options: PrimaryMap::new(),
        resource_tables: program.component.as_ref().map(resources).unwrap_or_default(),
        concurrency: None,
        entries: Vec::new(),
        thread_start: None,
        exports: None,
        starts: Vec::new(),
        main: None,
        images: Images::default(),
        slab: SlabLayout { control: ControlLayout::new(0, 0, 0, 0, 0), spans: Vec::new(), bytes: 0 },
        // Behind the flags of the instances is the word that says if the running task may wait.
        component_instances: program
            .component
            .as_ref()
            .map_or(0, |component| component.component_instances + u32::from(component.is_concurrent)),
        warnings: resolved.missing_interfaces.iter().map(warning).collect(),
    }
}

/// The tables of a program with asynchronous components.
fn concurrency(program: &Program<'_>, live: &Live, numbers: &Numbers) -> Result<Option<ConcurrencyPlan>> {
    let Some(component) = program.component.as_ref().filter(|component| component.is_concurrent) else {
        return Ok(None);
    };
    let mut entered = Vec::new();
    for def in &live.entered {
        if let Some(record) = numbers.records.get(def) {
            entered.push((*record, numbers.function(*def)?));
        }
    }
    entered.sort_unstable();
    let (end_types, parents) = (component.end_types.clone(), component.parents.clone());
    Ok(Some(ConcurrencyPlan { end_types, parents, entered }))
}

/// Notes everything that the runtime enters besides start-up.
fn enter(plan: &mut ProgramPlan, roots: ResolvedRoots, live: &Live, numbers: &Numbers) -> Result<()> {
    let all =
        |funcs: Vec<FuncDef>| funcs.into_iter().map(|func| numbers.function(func)).collect::<Result<Vec<FuncId>>>();
    plan.entries.extend(all(roots.functions)?);
    if let Some(MainPlan { export, func, instance }) = roots.main {
        plan.main = Some(MainPlan { export, func: numbers.function(func)?, instance });
    }
    if let Some(exports) = roots.exports {
        plan.exports = Some(exports.map(|func| numbers.function(func))?);
    }
    if let Some(start) = roots.thread_start.filter(|_| live.threads) {
        plan.thread_start = Some(numbers.function(start)?);
    }
    plan.entries.extend(plan.concurrency.iter().flat_map(|concurrency| &concurrency.entered).map(|(_, func)| *func));
    let exported = plan.exports.iter().flat_map(ExportsPlan::entered);
    let further = exported.chain(plan.main.map(|main| main.func)).chain(plan.thread_start);
    plan.entries.extend(further.collect::<Vec<_>>());
    plan.entries.sort_unstable();
    plan.entries.dedup();
    Ok(())
}
