//! The two forms of exceptions, of which a module has one, as in browsers: that of the specification, and the legacy one
//! (`try`, `catch`, `catch_all`, `rethrow`, `delegate`). `throw` belongs to both.

use super::{FuncIndex, Module, Uses};
use crate::error::{Error, Result, Stage};
use cranelift_entity::EntityRef;

/// Checks that a module whose bodies are validated doesn't mix the forms.
///
/// # Errors
/// A module that mixes them: a function of each form is named.
pub(super) fn check(module: &Module<'_>) -> Result<()> {
    let first = |has: fn(&Uses) -> bool| {
        let position = module.bodies.iter().position(|body| has(&body.uses))?;
        Some((position, FuncIndex::new(module.imported_functions + position)))
    };
    let legacy = first(|uses| uses.legacy_exceptions);
    let (Some((_, legacy)), Some((position, standard))) = (legacy, first(|uses| uses.try_tables)) else {
        return Ok(());
    };
    let message = format!(
        "function {} has try_table or throw_ref, and function {} legacy exceptions: a module has one of the two forms",
        module.display_function(standard),
        module.display_function(legacy)
    );
    let error =
        Error::input(Stage::Decode, message, "compile all parts of the module with the same form of exceptions");
    let error = error.at(module.bodies[position].reader.range().start as u64);
    Err(error.in_module(module.display_name()).in_function(module.display_function(standard)))
}
