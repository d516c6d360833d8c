//! A reactor that may do everything in its initializer, as Kotlin's programs do: without arguments only that runs; arguments
//! name an export to call after it.

use super::exports;
use super::module_exports::{INITIALIZE, command, only_module};
use super::row::Entry;
use crate::decode::{Entity, Module, Program};
use aot_abi::{parts, symbols};

pub const REACTOR: Entry = Entry {
    name: "reactor",
    purpose: "a reactor",
    fits,
    roots: exports::roots,
    main: Some(symbols::MAIN_PROGRAM),
    run: Some(parts::REACTOR),
    server_limits: &[],
    exports: exports::names,
};

/// An initializer without the host's functions has no effect that anybody could see: such a module is only called.
fn fits(program: &Program<'_>) -> bool {
    let Some(module) = only_module(program) else { return false };
    command(program, module).is_none() && has_initializer(module) && module.imported_functions > 0
}

/// Says if a module exports an initializer, of whatever type.
pub(super) fn has_initializer(module: &Module<'_>) -> bool {
    matches!(module.export(INITIALIZE), Some(Entity::Func(_)))
}
