//! The exported functions of a core module: those that the runtime calls by itself, those that arguments can name, and
//! those that can't be called.

use crate::decode::{
    ComponentFuncType, CoreDef, Entity, ExportItem, FuncIndex, FuncType, InterfaceTypes, LiftedFunc, Module, Options,
    Program, ValType,
};
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportRoot, UncallableExport};
use aot_abi::exports::{
    FLAT_PARAMS_MAX, FLAT_RESULTS_MAX, UNCALLABLE, UNCALLABLE_PARAMS, UNCALLABLE_REFERENCE, UNCALLABLE_RESULTS,
    UNCALLABLE_VECTOR,
};
use aot_abi::known_exports::{DEFAULT, KnownExport, START};

/// The export of a reactor that has to be called before anything else.
pub(super) const INITIALIZE: &str = "_initialize";

/// The module of a program that is no component.
pub(super) fn only_module<'m, 'a>(program: &'m Program<'a>) -> Option<&'m Module<'a>> {
    program.modules.values().next().filter(|_| program.component.is_none())
}

/// The export that makes a module a command: the empty name if it is a function without parameters and results, or
/// `_start`.
pub(super) fn command(program: &Program<'_>, module: &Module<'_>) -> Option<(&'static KnownExport, Entity)> {
    match module.export(DEFAULT.function) {
        Some(Entity::Func(func)) if takes_and_returns_nothing(program, module, func) => {
            Some((&DEFAULT, Entity::Func(func)))
        }
        _ => module.export(START.function).map(|entity| (&START, entity)),
    }
}

/// The function that a reactor wants called first.
///
/// # Errors
/// The module exports a function of that name that takes or returns something.
pub(super) fn initializer(program: &Program<'_>, module: &Module<'_>) -> Result<Option<CoreDef>> {
    let Some(entity @ Entity::Func(func)) = module.export(INITIALIZE) else { return Ok(None) };
    if takes_and_returns_nothing(program, module, func) {
        return Ok(Some(item(entity)));
    }
    Err(Error::input(
        Stage::Plan,
        format!("the export `{INITIALIZE}` isn't of the core type [] -> []"),
        "the runtime calls it before anything else: build the program with a toolchain for WASI",
    ))
}

/// The functions that arguments can name, because they are of numbers, and those that can't be called.
pub(super) fn callable(program: &Program<'_>, module: &Module<'_>) -> (Vec<ExportRoot>, Vec<UncallableExport>) {
    let (mut exports, mut uncallable) = (Vec::new(), Vec::new());
    for (name, entity) in module.exports.iter().filter(|(name, _)| name != INITIALIZE) {
        let Entity::Func(func) = *entity else { continue };
        match of_numbers(program.types.func(module.functions[func])) {
            Ok(ty) => exports.push(ExportRoot {
                interface: String::new(),
                name: name.clone(),
                lifted: LiftedFunc { func: item(*entity), options: Options::without_memory(0), ty, result_number: 0 },
            }),
            Err(reason) => uncallable.push(UncallableExport { name: name.clone(), reason }),
        }
    }
    (exports, uncallable)
}

/// The globals of numbers that a core module exports.
pub(super) fn exported_globals(module: &Module<'_>) -> Vec<CoreDef> {
    let is_number = |entity: &Entity| match entity {
        Entity::Global(global) => InterfaceTypes::of_number(module.globals[*global].value).is_some(),
        _ => false,
    };
    module.exports.iter().filter(|(_, entity)| is_number(entity)).map(|(_, entity)| item(*entity)).collect()
}

/// The first of the exports that can't be called, each with the reason, for a message.
pub(super) fn describe(uncallable: &[UncallableExport]) -> String {
    const SHOWN_MAX: usize = 10;
    let reason = |export: &UncallableExport| UNCALLABLE.get(export.reason as usize).copied().unwrap_or_default();
    let described = uncallable.iter().take(SHOWN_MAX).map(|export| format!("`{}` ({})", export.name, reason(export)));
    let described = described.collect::<Vec<_>>().join(", ");
    match uncallable.len().saturating_sub(SHOWN_MAX) {
        0 => described,
        more => format!("{described} and {more} more"),
    }
}

/// An item of the only instance.
pub(super) fn item(entity: Entity) -> CoreDef {
    CoreDef::Export { instance: 0, item: ExportItem::Index(entity) }
}

fn takes_and_returns_nothing(program: &Program<'_>, module: &Module<'_>, func: FuncIndex) -> bool {
    let ty = program.types.func(module.functions[func]);
    ty.params.is_empty() && ty.results.is_empty()
}

/// The type of a core function of numbers, as a component's function would have it, or the reason for which it isn't one.
fn of_numbers(ty: &FuncType) -> std::result::Result<ComponentFuncType, u32> {
    let all = || ty.params.iter().chain(&ty.results);
    if all().any(|ty| matches!(ty, ValType::Ref(_))) {
        return Err(UNCALLABLE_REFERENCE);
    }
    if ty.params.len() > FLAT_PARAMS_MAX {
        return Err(UNCALLABLE_PARAMS);
    }
    if ty.results.len() > FLAT_RESULTS_MAX {
        return Err(UNCALLABLE_RESULTS);
    }
    let number = |ty: &ValType| InterfaceTypes::of_number(*ty).ok_or(UNCALLABLE_VECTOR);
    let mut params = Vec::new();
    for (index, ty) in ty.params.iter().enumerate() {
        params.push((format!("p{index}"), number(ty)?));
    }
    Ok(ComponentFuncType { params, result: ty.results.first().map(number).transpose()?, is_async: false })
}
