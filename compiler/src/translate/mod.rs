//! Stage 3 of 7: translation. Wasm becomes CLIF: a function for each function of the plan, and one for each trampoline,
//! entry and start-up function.
//!
//! Items are independent of each other, so threads can share the work: [`items`] lists them in text order, and
//! [`translate`] makes one from the immutable [`Context`].
//!
//! Guest functions have the calling convention `Tail`, with `vmctx` before the wasm parameters, but for those that need none
//! (`stateless`). All data of the slab is at a constant distance from `vmctx`; `code` turns distances into addresses.

mod body;
mod code;
mod component;
mod context;
mod counters;
mod counting;
mod frame;
mod function;
mod item;
mod legacy_tries;
pub mod names;
mod operators;
mod print;
mod region;
mod roots;
mod slot_use;
mod spectre;
mod start;
mod stateless;
mod storage;
mod trampoline;
mod traps;
mod types;
mod verify;

pub use context::{Context, Scratch};
pub use item::{START_VMCTX, TextItem, items, references};
pub use print::print;
pub use slot_use::{REFERENCE_BYTES, SlotUse, has_references};
pub use traps::trap_of;
pub use verify::verify_regions;

use crate::error::Result;
use crate::plan::FuncKind;
use cranelift_codegen::ir::Function;

/// Translates an item of the guest text. `scratch` holds buffers that the items of one thread reuse.
pub fn translate(context: &Context<'_>, item: TextItem, scratch: &mut Scratch) -> Result<Function> {
    let result = translate_item(context, item, scratch);
    if result.is_err() {
        *scratch = Scratch::default();
    }
    result
}

fn translate_item(context: &Context<'_>, item: TextItem, scratch: &mut Scratch) -> Result<Function> {
    match item {
        TextItem::Func(func) => match &context.plan.functions[func].kind {
            FuncKind::Wasm { .. } => function::translate(context, func, scratch),
            FuncKind::Host { options, .. } => trampoline::host(context, func, *options, scratch),
            FuncKind::Missing { name } => trampoline::missing(context, func, name, scratch),
            FuncKind::Builtin(call) => component::builtin(context, func, call, scratch),
            FuncKind::AdapterTrap => component::adapter_trap(context, func, scratch),
            FuncKind::Context { slot, is_set } => component::context_slot(context, func, *slot, *is_set, scratch),
            FuncKind::Enter(entered) => trampoline::enter(context, func, entered, scratch),
        },
        TextItem::Libcall(libcall) => trampoline::libcall(context, libcall, scratch),
        TextItem::Entry(func) => trampoline::entry(context, func, scratch),
        TextItem::Start(start) => start::translate(context, start, scratch),
        TextItem::StartEntry(start) => trampoline::start_entry(context, start, scratch),
    }
}
