//! Interfaces that the runtime knows, among the exports of a component.

use crate::decode::{Component, Export, ExportKind, LiftedFunc};
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportRoot, MainRoot, Roots};
use crate::versions;
use aot_abi::known_exports::KnownExport;

/// Returns true if a component exports the interface of a function that the runtime knows.
pub(super) fn is_exported(component: &Component, known: &KnownExport) -> bool {
    component.exports.iter().any(|export| is_interface_of(export, known))
}

/// The needs of a program whose main export is the function of an interface. That of a component with asynchronous functions is called
/// as exported functions are: what it is lifted with is in their list.
///
/// # Errors
/// The interface lacks the function.
pub(super) fn roots(component: &Component, known: &'static KnownExport) -> Result<Roots> {
    let exports = component.is_concurrent.then(|| export(component, known)).transpose()?;
    let main = Some(root(component, known)?);
    Ok(Roots { main, exports: exports.map(|export| vec![export]), ..Roots::default() })
}

/// The function of an interface that a component exports.
///
/// # Errors
/// The interface lacks the function.
fn root(component: &Component, known: &'static KnownExport) -> Result<MainRoot> {
    let function = exported(component, known)?;
    Ok(MainRoot { export: known, func: function.func.clone(), instance: function.options.instance })
}

/// The function of an interface that a component exports, for calls as of one of several.
///
/// # Errors
/// The interface lacks the function.
fn export(component: &Component, known: &'static KnownExport) -> Result<ExportRoot> {
    let lifted = exported(component, known)?.clone();
    Ok(ExportRoot { interface: known.interface.to_string(), name: known.function.to_string(), lifted })
}

fn exported<'c>(component: &'c Component, known: &KnownExport) -> Result<&'c LiftedFunc> {
    let of_interface = |export: &&Export| is_interface_of(export, known);
    let functions = component.exports.iter().filter(of_interface).filter_map(|export| match &export.kind {
        ExportKind::Interface(functions) => Some(functions),
        ExportKind::Func(_) | ExportKind::Other => None,
    });
    let function = functions.flatten().find(|(name, _)| name == known.function);
    function.map(|(_, function)| function).ok_or_else(|| {
        Error::input(
            Stage::Plan,
            format!("the component exports {} without its function `{}`", known.interface, known.function),
            "make it again from the interface's own definition",
        )
    })
}

fn is_interface_of(export: &Export, known: &KnownExport) -> bool {
    matches!(export.kind, ExportKind::Interface(_)) && versions::is_of(&export.name, known.interface, known.version)
}
