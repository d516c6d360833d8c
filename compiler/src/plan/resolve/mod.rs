//! Resolves imports: every index space of every instance, and every root, to the items that define them.

mod constant;
mod exports;
mod host_imports;
mod instances;
mod parts;
mod resolver;
mod resources;
mod threads;
mod trampolines;

pub(in crate::plan) use constant::{element_values, evaluate};
pub(in crate::plan) use resources::ResourceNumbers;

use super::options::PlanOptions;
use super::program::MainPlan;
use super::resolved::{FuncDef, Resolved, ResolvedRoots};
use super::roots::{MainRoot, Roots};
use crate::decode::Program;
use crate::error::{Error, Result, Stage};
use resolver::{Definition, Resolver};

/// Resolves a program for the questions that its entry asks.
pub(super) fn resolve<'p, 'a>(
    program: &'p Program<'a>,
    roots: &Roots,
    options: &'p PlanOptions,
) -> Result<(Resolved<'p, 'a>, ResolvedRoots)> {
    let mut resolver = Resolver::new(program, options);
    resolver.find_main_part(roots);
    match &program.component {
        Some(component) => resolver.instances(component)?,
        None => resolver.only_module()?,
    }
    let mut found = ResolvedRoots::default();
    if let Some(root) = &roots.main {
        found.main = Some(main(&mut resolver, root)?);
    }
    let is_concurrent = program.component.as_ref().is_some_and(|component| component.is_concurrent);
    if roots.exports.is_some() || is_concurrent {
        // What passes through streams is described as the values of exported functions are.
        let exports = roots.exports.as_deref().unwrap_or_default();
        found.exports = Some(exports::resolve(&mut resolver, exports, &roots.uncallable)?);
    }
    if let Some(def) = &roots.initialize {
        found.initialize = Some(resolver.function(def)?);
    }
    for def in &roots.items {
        match resolver.definition(def)? {
            Definition::Func(func) => found.functions.push(func),
            Definition::Table(table) => found.tables.push(table),
            Definition::Global(global) => found.globals.push(global),
            Definition::Memory(_) | Definition::Tag(_) => {}
        }
    }
    let resolved = resolver.finish()?;
    found.thread_start = threads::start(&resolved)?;
    Ok((resolved, found))
}

/// The export that runs after start-up, which has to be of the type that the runtime calls.
fn main(resolver: &mut Resolver<'_, '_>, root: &MainRoot) -> Result<MainPlan<FuncDef>> {
    let export = root.export;
    let func = resolver.function(&root.func)?;
    let resolved = &resolver.resolved;
    let ty = resolved.program.types.func(resolved.func_type(func));
    if !ty.has_core_types(export.params, export.results) {
        let named = |types: &[_]| types.iter().map(|ty| format!("{ty:?}").to_lowercase()).collect::<Vec<_>>().join(" ");
        let (params, results) = (named(export.params), named(export.results));
        return Err(Error::input(
            Stage::Plan,
            format!("the export `{}` isn't of the core type [{params}] -> [{results}]", export.function),
            "the runtime calls it with that type: build the program with a toolchain for WASI",
        ));
    }
    Ok(MainPlan { export, func, instance: root.instance })
}
