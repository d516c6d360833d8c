//! Specification scripts: the runtime performs commands on the instances of core modules or of components, and says which
//! fail. Tests ask for them; no program fits.

use super::exports;
use super::row::Entry;
use crate::decode::{CoreDef, CoreInstance, Entity, ExportItem, Program};
use crate::error::Result;
use crate::plan::{Roots, Starts};
use aot_abi::symbols;

/// A script of core modules, of which everything exported can be called, looked into or read.
pub const SCRIPT: Entry = Entry {
    name: "script",
    purpose: "a script",
    fits: |_| false,
    roots,
    main: Some(symbols::MAIN_SCRIPT),
    run: None,
    server_limits: &[],
    exports: |_| Vec::new(),
};

/// A script of a component, whose exported functions are called.
pub const COMPONENT_SCRIPT: Entry = Entry {
    name: "component script",
    purpose: "a script",
    fits: |_| false,
    roots: |program| Ok(Roots { starts: Starts::OfEachInstance, ..exports::roots(program)? }),
    main: Some(symbols::MAIN_COMPONENT_SCRIPT),
    run: None,
    server_limits: &[],
    exports: |_| Vec::new(),
};

fn roots(program: &Program<'_>) -> Result<Roots> {
    let instances = program.component.iter().flat_map(|component| &component.instances).enumerate();
    let items = instances.flat_map(|(instance, CoreInstance { module, .. })| {
        let exports = program.modules[*module].exports.iter().map(|(_, entity)| *entity);
        let reachable = |entity: &Entity| matches!(entity, Entity::Func(_) | Entity::Table(_) | Entity::Global(_));
        exports.filter(reachable).map(move |entity| CoreDef::Export { instance, item: ExportItem::Index(entity) })
    });
    Ok(Roots { starts: Starts::OfEachInstance, items: items.collect(), keeps_globals: true, ..Roots::default() })
}
