//! Shims: an instance that is there before the functions that it stands for, because they need a memory or a `realloc` of an
//! instance that imports them. It calls through a table that another instance fills at the end.
//!
//! Called before that, a shim traps. The function that takes its place does what it does.

use super::instances::Removable;
use super::wiring::{Argument, Uses, Wiring};
use crate::decode::component::CoreDef;
use crate::decode::indices::{FuncIndex, TableIndex};
use crate::decode::module::{Body, ConstOp, ElementExpr, Entity, Module, SegmentMode};
use crate::decode::types::TypeId;
use cranelift_entity::EntityRef;
use std::collections::HashMap;
use wasmparser::Operator;

/// An instance whose functions do nothing but call through its table, and the instance that fills the table.
struct Shim {
    instance: usize,
    filler: usize,
    /// The functions that the shim's functions stand for.
    functions: HashMap<FuncIndex, CoreDef>,
}

/// Binds every use of a shim's function to the function that it stands for, if that is there when it is used. Returns the
/// shims and what fills their tables.
pub fn bind(wiring: &mut Wiring<'_, '_>) -> Vec<Removable> {
    let uses = Uses::find(wiring);
    let shims: Vec<Shim> =
        uses.arguments.iter().enumerate().filter_map(|(at, users)| shim(wiring, at, users)).collect();
    for shim in &shims {
        for Argument { item, user, place } in &uses.arguments[shim.instance] {
            let Entity::Func(func) = item else { continue };
            if let Some(def) = shim.functions.get(func).filter(|def| is_there(def, *user)) {
                wiring.component.instances[*user].arguments[*place] = def.clone();
            }
        }
    }
    let removable = |shim: &Shim| {
        let starts = wiring.module(shim.filler).start.is_some();
        let filler = (!starts).then_some(Removable { instance: shim.filler, filler: None });
        [Some(Removable { instance: shim.instance, filler: Some(shim.filler) }), filler]
    };
    shims.iter().flat_map(removable).flatten().collect()
}

/// True for an item that exists when an instance is made. Trampolines always do.
fn is_there(def: &CoreDef, user: usize) -> bool {
    !matches!(def, CoreDef::Export { instance, .. } if *instance >= user)
}

fn shim(wiring: &Wiring<'_, '_>, instance: usize, users: &[Argument]) -> Option<Shim> {
    let module = wiring.module(instance);
    let has_one_table =
        module.tables.len() == 1 && module.imports.is_empty() && matches!(module.table_inits[..], [None]);
    if !has_one_table || !module.elements.is_empty() || module.start.is_some() || module.bodies.is_empty() {
        return None;
    }
    let filler = filler(users)?;
    let filling = wiring.module(filler);
    let elements = elements(filling)?;
    let arguments = &wiring.component.instances[filler].arguments;
    let arguments: HashMap<Entity, &CoreDef> =
        filling.imports.iter().map(|import| import.entity).zip(arguments).collect();
    let mut functions = HashMap::new();
    for func in module.functions.keys() {
        let (slot, ty) = slot_called(module, module.body(func)?)?;
        let Some(ElementExpr::Func(import)) = elements.get(slot) else { continue };
        if ty == module.functions[func] && filling.functions.get(*import) == Some(&ty) {
            functions.insert(func, (*arguments.get(&Entity::Func(*import))?).clone());
        }
    }
    Some(Shim { instance, filler, functions })
}

/// The only instance that has the table of a shim with these users.
fn filler(users: &[Argument]) -> Option<usize> {
    let table = Entity::Table(TableIndex::new(0));
    let mut fillers = users.iter().filter(|argument| argument.item == table).map(|argument| argument.user);
    let filler = fillers.next()?;
    fillers.all(|other| other == filler).then_some(filler)
}

/// The elements with which a module fills the table that it imports, if it does nothing else to it.
fn elements<'m>(module: &'m Module<'_>) -> Option<&'m [ElementExpr]> {
    let [segment] = module.elements.values().as_slice() else { return None };
    let SegmentMode::Active(table, offset) = &segment.mode else { return None };
    let fills = module.tables.len() == 1 && table.index() == 0 && offset[..] == [ConstOp::I32(0)];
    (fills && module.bodies.is_empty()).then_some(&segment.elements)
}

/// The element that a function calls with its own parameters, and as which type, if it does nothing else.
fn slot_called(module: &Module<'_>, body: &Body<'_>) -> Option<(usize, TypeId)> {
    let mut operators = body.reader.get_operators_reader().ok()?;
    if body.reader.get_locals_reader().ok()?.get_count() != 0 {
        return None;
    }
    let mut params = 0;
    loop {
        match operators.read().ok()? {
            Operator::LocalGet { local_index } if local_index == params => params += 1,
            Operator::I32Const { value } => {
                let Operator::CallIndirect { type_index, .. } = operators.read().ok()? else { return None };
                let Operator::End = operators.read().ok()? else { return None };
                return Some((usize::try_from(value).ok()?, module.types[type_index as usize]));
            }
            _ => return None,
        }
    }
}
