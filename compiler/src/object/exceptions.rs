//! Tables by which the runtime finds exception handlers (`aot_abi::exception`), for programs with exceptions.

use super::names::NameTables;
use super::records::{Table, bytes_of};
use crate::codegen::Code;
use crate::decode::ValType;
use crate::plan::{ExceptionsPlan, GlobalPlace, ProgramPlan, TablePlace};
use aot_abi::exception::{Exceptions, Handler, Root, Site, Tag};
use aot_abi::symbols;

/// Builds the tables: symbol, contents and alignment of each.
pub(super) fn tables(
    plan: &ProgramPlan,
    exceptions: &ExceptionsPlan,
    code: &Code,
    names: &mut NameTables,
) -> Vec<(&'static str, Vec<u8>, u64)> {
    let (sites, handlers) = handlers(code);
    let tags: Table<Tag> = plan.tags.values().map(|tag| Tag { name: names.name(Some(&tag.name)) }).collect();
    let roots = roots(plan);
    let head = Exceptions {
        base: exceptions.base,
        slots: exceptions.slots,
        slot_log2: exceptions.slot_log2,
        sites: sites.count(),
        handlers: handlers.count(),
        tags: tags.count(),
        roots: roots.count(),
    };
    vec![
        (symbols::EXCEPTIONS, bytes_of(&head), 8),
        (symbols::EXCEPTION_SITES, sites.into_bytes(), 4),
        (symbols::EXCEPTION_HANDLERS, handlers.into_bytes(), 4),
        (symbols::EXCEPTION_TAGS, tags.into_bytes(), 4),
        (symbols::EXCEPTION_ROOTS, roots.into_bytes(), 8),
    ]
}

/// Builds `[exception::Site]`, sorted by return address, and `[exception::Handler]`.
fn handlers(code: &Code) -> (Table<Site>, Table<Handler>) {
    let (mut sites, mut handlers) = (Table::new(), Table::new());
    let mut first = 0;
    for item in &code.items {
        let start = item.offset as u32;
        for call in &item.handled_calls {
            sites.push(Site { return_address: start + call.return_address, frame_bytes: call.frame_bytes, first });
            for (catch, offset) in &call.handlers {
                handlers.push(Handler { catch: *catch, code: start + offset });
            }
            first += call.handlers.len() as u32;
        }
    }
    (sites, handlers)
}

/// Builds the table of `exception::Root` records.
fn roots(plan: &ProgramPlan) -> Table<Root> {
    let mut roots = Table::new();
    for global in plan.globals.values() {
        if let (ValType::Ref(ty), GlobalPlace::Slab { offset }) = (global.ty.value, global.place)
            && ty.is_exception()
        {
            roots.push(Root { offset, length: 0 });
        }
    }
    for table in plan.tables.values() {
        if let TablePlace::Slab { base } = table.place
            && table.ty.element.is_exception()
        {
            roots.push(Root { offset: base, length: plan.slab.table_length(table) });
        }
    }
    roots
}
