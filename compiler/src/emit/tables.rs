//! The description of the program that the runtime reads, and the read-only tables that code reads, as bytes.

use super::code::Code;
use super::names::NameTables;
use crate::decode::Types;
use crate::error::{Error, Result, Stage};
use crate::plan::{ConstValue, FuncId, MainPlan, ProgramPlan, TableForm, TablePlace};
use crate::translate::{START_VMCTX, TextItem};
use aot_abi::host::{NO_MEMORY, NO_REALLOC};
use aot_abi::program::{MAIN_NONE, MAIN_RUN, MAIN_START, MOVED_RUN_BYTES_MIN};

/// Little-endian fields one after another; the order is that of the contract's `repr(C)` structures.
#[derive(Default)]
pub(super) struct Fields(pub Vec<u8>);

impl Fields {
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
}

/// Bytes of the guest's stack.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// Bytes that the guest can use.
    pub bytes: u64,
}

/// Bytes of the guard below the stack.
const STACK_GUARD_BYTES: u64 = 0x1_0000;

/// [`aot_abi::program::Program`].
pub(super) fn program(
    plan: &ProgramPlan,
    code: &Code,
    names: &NameTables,
    runs: u32,
    policy: u32,
    stack: Stack,
) -> Result<Vec<u8>> {
    let traps: usize = code.items.iter().map(|item| item.traps.len()).sum();
    let (main_kind, main) = match plan.main {
        MainPlan::None => (MAIN_NONE, None),
        MainPlan::Start(func) => (MAIN_START, Some(func)),
        MainPlan::Run(func) => (MAIN_RUN, Some(func)),
    };
    let start_entry = match plan.starts.is_empty() {
        true => 0,
        false => text_offset(code, TextItem::StartEntry(0))?,
    };
    let main_entry = main.map_or(Ok(0), |func| text_offset(code, TextItem::Entry(func)))?;
    let mut fields = Fields::default();
    fields
        .u32(aot_abi::ABI_VERSION)
        .u32(plan.memories.len() as u32)
        .u32(slab_tables(plan).count() as u32)
        .u32(plan.slab.spans.len() as u32)
        .u32(runs)
        .u32(plan.data.len() as u32)
        .u32(plan.elements.len() as u32)
        .u32(plan.component_instances)
        .u32(traps as u32)
        .u32(names.functions.len() as u32)
        .u32(names.modules.len() as u32)
        .u32(policy)
        .u32(start_entry)
        .u32(main_entry)
        .u32(main_kind)
        .u32(plan.resource_tables.len() as u32)
        .u64(START_VMCTX)
        .u64(main.map_or(0, |func| vmctx(plan, func)))
        .u64(plan.slab.bytes)
        .u64(code.bytes)
        .u64(stack.bytes)
        .u64(STACK_GUARD_BYTES);
    debug_assert_eq!(fields.0.len(), size_of::<aot_abi::program::Program>());
    Ok(fields.0)
}

/// The text offset of an item that must exist.
pub(super) fn text_offset(code: &Code, item: TextItem) -> Result<u32> {
    let offset = code.offset(item).ok_or_else(|| Error::new(Stage::Emit, format!("{item:?} wasn't compiled")))?;
    u32::try_from(offset).map_err(|_| {
        Error::new(Stage::Emit, "the program has more than 4 GiB of code").help("split it into several programs")
    })
}

/// `vmctx` of a function as a slab offset.
pub(super) fn vmctx(plan: &ProgramPlan, func: FuncId) -> u64 {
    plan.groups[plan.functions[func].group].vmctx
}

fn slab_tables(plan: &ProgramPlan) -> impl Iterator<Item = (u64, &crate::plan::TablePlan)> {
    plan.tables.values().filter_map(|table| match table.place {
        TablePlace::Slab { base } => Some((base, table)),
        _ => None,
    })
}

/// `[program::Memory]`.
pub(super) fn memories(plan: &ProgramPlan) -> Vec<u8> {
    let mut fields = Fields::default();
    for memory in plan.memories.values() {
        let bytes_max = if memory.shared { memory.bytes_max.min(memory.reserved_bytes) } else { memory.bytes_max };
        fields.u64(memory.base).u64(memory.bytes_min).u64(bytes_max);
        fields.u32(u32::from(memory.page_log2)).u32(u32::from(memory.shared));
    }
    fields.0
}

/// [`aot_abi::program::ThreadStart`].
pub(super) fn thread_start(plan: &ProgramPlan, code: &Code, func: FuncId) -> Result<Vec<u8>> {
    let mut fields = Fields::default();
    fields.u64(text_offset(code, TextItem::Entry(func))?.into()).u64(vmctx(plan, func));
    Ok(fields.0)
}

/// `[program::Table]`.
pub(super) fn tables(plan: &ProgramPlan) -> Vec<u8> {
    let mut fields = Fields::default();
    for (base, table) in slab_tables(plan) {
        fields.u64(base).u64(table.elements_min).u64(table.elements_max);
    }
    fields.0
}

/// `[program::Span]`.
pub(super) fn spans(plan: &ProgramPlan) -> Vec<u8> {
    let mut fields = Fields::default();
    for (offset, bytes) in &plan.slab.spans {
        fields.u64(*offset).u64(*bytes);
    }
    fields.0
}

/// Whether any run is moved rather than copied.
pub(super) fn moves(plan: &ProgramPlan) -> bool {
    plan.images.runs.iter().any(is_moved)
}

fn is_moved(run: &crate::plan::Run) -> bool {
    run.bytes.len() as u64 >= MOVED_RUN_BYTES_MIN
}

/// The images and `[program::Run]`: runs that are moved first, so that they are aligned without padding.
pub(super) fn images(plan: &ProgramPlan) -> (Vec<u8>, Vec<u8>) {
    let (mut images, mut runs) = (Vec::new(), Vec::new());
    let all = plan.images.runs.iter();
    for run in all.clone().filter(|run| is_moved(run)).chain(all.filter(|run| !is_moved(run))) {
        runs.push((images.len() as u64, run));
        images.extend_from_slice(&run.bytes);
    }
    runs.sort_by_key(|(_, run)| run.destination);
    let mut fields = Fields::default();
    for (source, run) in runs {
        fields.u64(source).u64(run.destination).u64(run.bytes.len() as u64);
    }
    (images, fields.0)
}

/// `[program::Segment]` of data, with places from the plan.
pub(super) fn data_segments(plan: &ProgramPlan) -> Vec<u8> {
    let mut fields = Fields::default();
    for data in plan.data.values() {
        fields.u64(data.offset).u64(data.bytes);
    }
    fields.0
}

/// `[program::Segment]` of elements, and the elements.
pub(super) fn element_segments(plan: &ProgramPlan) -> (Vec<u8>, Vec<u8>) {
    let (mut segments, mut elements) = (Fields::default(), Fields::default());
    for element in plan.elements.values() {
        segments.u64(element.offset).u64(element.values.len() as u64);
        for value in &element.values {
            elements.u32(value.reference());
        }
    }
    (segments.0, elements.0)
}

/// `[program::FuncRecord]`.
pub(super) fn func_records(types: &Types, plan: &ProgramPlan, code: &Code) -> Result<Vec<u8>> {
    let mut fields = Fields::default();
    for func in plan.records.values() {
        match func {
            None => fields.u32(0).u32(0).u64(0),
            Some(func) => fields
                .u32(text_offset(code, TextItem::Func(*func))?)
                .u32(signature(types, plan, *func))
                .u64(vmctx(plan, *func)),
        };
    }
    Ok(fields.0)
}

/// The number of a function's type in its record.
fn signature(types: &Types, plan: &ProgramPlan, func: FuncId) -> u32 {
    types.number(plan.functions[func].ty)
}

/// Read-only tables at the offsets of the plan.
pub(super) fn read_only_tables(types: &Types, plan: &ProgramPlan, code: &Code) -> Result<Vec<u8>> {
    let mut fields = Fields::default();
    for table in plan.tables.values() {
        let TablePlace::ReadOnly { offset, form } = table.place else {
            continue;
        };
        fields.0.resize(offset as usize, 0);
        for index in 0..table.elements_min as usize {
            let value = table.elements.get(index).copied().unwrap_or(ConstValue::Null);
            match form {
                TableForm::Index => drop(fields.u32(value.reference())),
                TableForm::Code(_) => code_entry(&mut fields, types, plan, code, value)?,
            }
        }
    }
    Ok(fields.0)
}

fn code_entry(fields: &mut Fields, types: &Types, plan: &ProgramPlan, code: &Code, value: ConstValue) -> Result<()> {
    let func = match value {
        ConstValue::Func(record) => plan.records[record],
        _ => None,
    };
    match func {
        Some(func) => fields.u32(text_offset(code, TextItem::Func(func))?).u32(signature(types, plan, func)),
        None => fields.u32(0).u32(0),
    };
    Ok(())
}

/// `[component::ResourceTable]`.
pub(super) fn resource_tables(plan: &ProgramPlan) -> Vec<u8> {
    let mut fields = Fields::default();
    for table in &plan.resource_tables {
        fields.u32(table.component_instance).u32(table.number).u32(table.home);
    }
    fields.0
}

/// `host::CallOptions`.
pub(super) fn call_options(plan: &ProgramPlan, code: &Code, options: &crate::plan::OptionsPlan) -> Result<Vec<u8>> {
    let realloc = options.realloc.map_or(Ok(NO_REALLOC), |func| text_offset(code, TextItem::Entry(func)))?;
    let mut fields = Fields::default();
    fields
        .u64(options.memory.map_or(NO_MEMORY, |memory| plan.memories[memory].base))
        .u64(options.realloc.map_or(0, |func| vmctx(plan, func)))
        .u32(options.memory.map_or(0, |memory| plan.slab.memory_length(memory) as u32))
        .u32(realloc)
        .u32(options.component_instance)
        .u32(options.string_encoding);
    debug_assert_eq!(fields.0.len(), size_of::<aot_abi::host::CallOptions>());
    Ok(fields.0)
}

/// The sorted trap tables: `[u32]` offsets and `[u8]` codes.
pub(super) fn traps(code: &Code) -> (Vec<u8>, Vec<u8>) {
    let mut offsets = Fields::default();
    let mut codes = Vec::new();
    for item in &code.items {
        for (offset, trap) in &item.traps {
            offsets.u32(item.offset as u32 + offset);
            codes.push(*trap as u8);
        }
    }
    (offsets.0, codes)
}

/// `[program::Function]` and `[program::Module]`.
pub(super) fn function_tables(names: &NameTables) -> (Vec<u8>, Vec<u8>) {
    let (mut functions, mut modules) = (Fields::default(), Fields::default());
    for function in &names.functions {
        functions
            .u32(function.text_offset)
            .u32(function.func_index)
            .u32(function.name)
            .u32(function.addresses)
            .u32(function.module);
    }
    for module in &names.modules {
        modules.u32(module.name).u32(module.lines);
    }
    (functions.0, modules.0)
}
