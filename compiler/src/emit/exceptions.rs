//! The tables by which exceptions find their handlers (`aot_abi::exception`), of programs that have exceptions.

use super::code::Code;
use super::names::NameTables;
use super::tables::Fields;
use crate::decode::ValType;
use crate::plan::{ExceptionsPlan, GlobalPlace, ProgramPlan, TablePlace};
use aot_abi::symbols;

/// The tables: symbol, contents and alignment of each.
pub(super) fn tables(
    plan: &ProgramPlan,
    exceptions: &ExceptionsPlan,
    code: &Code,
    names: &mut NameTables,
) -> Vec<(&'static str, Vec<u8>, u64)> {
    let (sites, handlers) = handlers(code);
    let mut tags = Fields::default();
    for tag in plan.tags.values() {
        tags.u32(names.name(Some(&tag.name)));
    }
    let roots = roots(plan);
    let count = |bytes: &[u8], entry: usize| (bytes.len() / entry) as u32;
    let mut head = Fields::default();
    head.u64(exceptions.base)
        .u32(exceptions.slots)
        .u32(exceptions.slot_log2)
        .u32(count(&sites, size_of::<aot_abi::exception::Site>()))
        .u32(count(&handlers, size_of::<aot_abi::exception::Handler>()))
        .u32(count(&tags.0, size_of::<aot_abi::exception::Tag>()))
        .u32(count(&roots, size_of::<aot_abi::exception::Root>()));
    debug_assert_eq!(head.0.len(), size_of::<aot_abi::exception::Exceptions>());
    vec![
        (symbols::EXCEPTIONS, head.0, 8),
        (symbols::EXCEPTION_SITES, sites, 4),
        (symbols::EXCEPTION_HANDLERS, handlers, 4),
        (symbols::EXCEPTION_TAGS, tags.0, 4),
        (symbols::EXCEPTION_ROOTS, roots, 8),
    ]
}

/// `[exception::Site]`, sorted, and `[exception::Handler]`.
fn handlers(code: &Code) -> (Vec<u8>, Vec<u8>) {
    let (mut sites, mut handlers) = (Fields::default(), Fields::default());
    let mut first = 0;
    for item in &code.items {
        let start = item.offset as u32;
        for call in &item.handled_calls {
            sites.u32(start + call.return_address).u32(call.frame_bytes).u32(first);
            for (catch, offset) in &call.handlers {
                handlers.u32(*catch).u32(start + offset);
            }
            first += call.handlers.len() as u32;
        }
    }
    (sites.0, handlers.0)
}

/// `[exception::Root]`.
fn roots(plan: &ProgramPlan) -> Vec<u8> {
    let mut fields = Fields::default();
    for global in plan.globals.values() {
        if let (ValType::Ref(ty), GlobalPlace::Slab { offset }) = (global.ty.value, global.place)
            && ty.is_exception()
        {
            fields.u64(offset).u64(0);
        }
    }
    for table in plan.tables.values() {
        if let TablePlace::Slab { base } = table.place
            && table.ty.element.is_exception()
        {
            fields.u64(base).u64(plan.slab.table_length(table));
        }
    }
    fields.0
}
