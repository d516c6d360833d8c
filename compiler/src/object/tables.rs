//! Program description, which the runtime reads, and read-only tables, which code reads, as bytes.

use super::names::NameTables;
use super::records::{Table, bytes_of, words};
use crate::codegen::Code;
use crate::decode::Types;
use crate::error::{Error, Result, Stage};
use crate::plan::{ConstValue, FuncId, OptionsPlan, ProgramPlan, TableForm, TablePlace};
use crate::translate::{START_VMCTX, TextItem};
use aot_abi::host::{CallOptions, NO_MEMORY, NO_REALLOC};
use aot_abi::program::{self, MAIN_NONE, MOVED_RUN_BYTES_MIN, NO_ENTRY};

/// Size of the guest's stack.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// Bytes that the guest can use, without the guard.
    pub bytes: u64,
}

/// Bytes of the guard region below the stack.
const STACK_GUARD_BYTES: u64 = 0x1_0000;

/// Builds the head of the program description.
pub(super) fn head(plan: &ProgramPlan, code: &Code, names: &NameTables, runs: u32, stack: Stack) -> Result<Vec<u8>> {
    let traps: usize = code.items.iter().map(|item| item.traps.len()).sum();
    let main_kind = plan.main.map_or(MAIN_NONE, |main| main.export.main_kind);
    let main = plan.main.map(|main| main.func);
    let start_entry = match plan.starts.is_empty() {
        true => 0,
        false => text_offset(code, TextItem::StartEntry(0))?,
    };
    let main_entry = main.map_or(Ok(0), |func| text_offset(code, TextItem::Entry(func)))?;
    Ok(bytes_of(&program::Program {
        abi_version: aot_abi::ABI_VERSION,
        memories: plan.memories.len() as u32,
        tables: slab_tables(plan).count() as u32,
        spans: plan.slab.spans.len() as u32,
        runs,
        data_segments: plan.data.len() as u32,
        element_segments: plan.elements.len() as u32,
        component_instances: plan.component_instances,
        traps: traps as u32,
        functions: names.functions.len() as u32,
        modules: names.modules.len() as u32,
        main_instance: plan.main.map_or(0, |main| main.instance),
        start_entry,
        main_entry,
        main_kind,
        resource_tables: plan.resource_tables.len() as u32,
        start_vmctx: START_VMCTX,
        main_vmctx: main.map_or(0, |func| vmctx(plan, func)),
        slab_bytes: plan.slab.bytes,
        text_bytes: code.bytes,
        stack_bytes: stack.bytes,
        stack_guard_bytes: STACK_GUARD_BYTES,
    }))
}

/// Builds the record of the functions that threads enter. Start-up of threads is the last of the start-up functions.
pub(super) fn thread_start(plan: &ProgramPlan, code: &Code, start: FuncId) -> Result<program::ThreadStart> {
    let last = plan.starts.len().saturating_sub(1) as u32;
    let instantiate = text_offset(code, TextItem::StartEntry(last))?;
    Ok(program::ThreadStart {
        instantiate: program::Entry { entry: instantiate.into(), vmctx: START_VMCTX },
        start: entry(plan, code, Some(start))?,
    })
}

/// Returns the text offset of an item, or a defect if the text lacks it.
pub(super) fn text_offset(code: &Code, item: TextItem) -> Result<u32> {
    let offset = code.offset(item).ok_or_else(|| Error::defect(Stage::Object, format!("{item:?} wasn't compiled")))?;
    u32::try_from(offset).map_err(|_| {
        Error::input(Stage::Object, "the program has more than 4 GiB of code", "split it into several programs")
    })
}

/// Returns the slab offset of a function's `vmctx`.
pub(super) fn vmctx(plan: &ProgramPlan, func: FuncId) -> u64 {
    plan.groups[plan.functions[func].group].vmctx
}

fn slab_tables(plan: &ProgramPlan) -> impl Iterator<Item = (u64, &crate::plan::TablePlan)> {
    plan.tables.values().filter_map(|table| match table.place {
        TablePlace::Slab { base } => Some((base, table)),
        _ => None,
    })
}

/// Builds the table of `program::Memory` records.
pub(super) fn memories(plan: &ProgramPlan) -> Vec<u8> {
    let memories = plan.memories.values().map(|memory| program::Memory {
        base: memory.base,
        bytes_min: memory.bytes_min,
        bytes_max: if memory.shared { memory.bytes_max.min(memory.reserved_bytes) } else { memory.bytes_max },
        entered: memory.part.map_or(0, |part| plan.slab.control.instance_flags + 4 * u64::from(part)),
        page_log2: u32::from(memory.page_log2),
        shared: u32::from(memory.shared),
    });
    memories.collect::<Table<_>>().into_bytes()
}

/// Builds the record of a function that the runtime enters, or the record that means none.
pub(super) fn entry(plan: &ProgramPlan, code: &Code, func: Option<FuncId>) -> Result<program::Entry> {
    Ok(match func {
        Some(func) => {
            program::Entry { entry: text_offset(code, TextItem::Entry(func))?.into(), vmctx: vmctx(plan, func) }
        }
        None => program::Entry { entry: NO_ENTRY, vmctx: 0 },
    })
}

/// Builds the table of `program::Table` records.
pub(super) fn tables(plan: &ProgramPlan) -> Vec<u8> {
    let tables = slab_tables(plan).map(|(base, table)| program::Table {
        base,
        elements_min: table.elements_min,
        elements_max: table.elements_max,
    });
    tables.collect::<Table<_>>().into_bytes()
}

/// Builds the table of `program::Span` records.
pub(super) fn spans(plan: &ProgramPlan) -> Vec<u8> {
    let spans = plan.slab.spans.iter().map(|(offset, bytes)| program::Span { offset: *offset, bytes: *bytes });
    spans.collect::<Table<_>>().into_bytes()
}

/// Returns true if any run is moved rather than copied.
pub fn moves_images(plan: &ProgramPlan) -> bool {
    plan.images.runs.iter().any(is_moved)
}

fn is_moved(run: &crate::plan::Run) -> bool {
    run.bytes.len() as u64 >= MOVED_RUN_BYTES_MIN
}

/// Builds the images and `[program::Run]`. Runs that are moved come first, so that they are aligned without padding.
pub(super) fn images(plan: &ProgramPlan) -> (Vec<u8>, Table<program::Run>) {
    let (mut images, mut runs) = (Vec::new(), Vec::new());
    let all = plan.images.runs.iter();
    for run in all.clone().filter(|run| is_moved(run)).chain(all.filter(|run| !is_moved(run))) {
        runs.push((images.len() as u64, run));
        images.extend_from_slice(&run.bytes);
    }
    runs.sort_by_key(|(_, run)| run.destination);
    let runs = runs.into_iter().map(|(source, run)| program::Run {
        source,
        destination: run.destination,
        bytes: run.bytes.len() as u64,
    });
    (images, runs.collect())
}

/// Builds `[program::Segment]` of data segments, at the plan's offsets.
pub(super) fn data_segments(plan: &ProgramPlan) -> Vec<u8> {
    let segments = plan.data.values().map(|data| program::Segment { offset: data.offset, length: data.bytes });
    segments.collect::<Table<_>>().into_bytes()
}

/// Builds `[program::Segment]` of element segments, and their elements.
pub(super) fn element_segments(plan: &ProgramPlan) -> (Vec<u8>, Vec<u8>) {
    let elements = plan.elements.values();
    let segments = elements
        .clone()
        .map(|element| program::Segment { offset: element.offset, length: element.values.len() as u64 });
    let values = elements.flat_map(|element| &element.values).map(|value| value.reference());
    (segments.collect::<Table<_>>().into_bytes(), words(values))
}

/// Builds the table of `program::FuncRecord` records.
pub(super) fn func_records(types: &Types, plan: &ProgramPlan, code: &Code) -> Result<Vec<u8>> {
    let record = |func: &Option<FuncId>| {
        Ok(match func {
            None => program::FuncRecord { code: 0, signature: 0, vmctx: 0 },
            Some(func) => program::FuncRecord {
                code: text_offset(code, TextItem::Func(*func))?,
                signature: signature(types, plan, *func),
                vmctx: vmctx(plan, *func),
            },
        })
    };
    Ok(plan.records.values().map(record).collect::<Result<Table<_>>>()?.into_bytes())
}

/// Returns the type number of a function for its record.
fn signature(types: &Types, plan: &ProgramPlan, func: FuncId) -> u32 {
    types.number(plan.functions[func].ty)
}

/// Builds the read-only tables, at the plan's offsets.
pub(super) fn read_only_tables(types: &Types, plan: &ProgramPlan, code: &Code) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for table in plan.tables.values() {
        let TablePlace::ReadOnly { offset, form } = table.place else {
            continue;
        };
        bytes.resize(offset as usize, 0);
        for index in 0..table.elements_min as usize {
            let value = table.elements.get(index).copied().unwrap_or(ConstValue::Null);
            bytes.extend(match form {
                TableForm::Index => words([value.reference()]),
                TableForm::Code(_) => words(code_entry(types, plan, code, value)?),
            });
        }
    }
    Ok(bytes)
}

/// Returns the first two fields of a function's record: its text offset and its type number.
fn code_entry(types: &Types, plan: &ProgramPlan, code: &Code, value: ConstValue) -> Result<[u32; 2]> {
    let func = match value {
        ConstValue::Func(record) => plan.records[record],
        _ => None,
    };
    Ok(match func {
        Some(func) => [text_offset(code, TextItem::Func(func))?, signature(types, plan, func)],
        None => [0, 0],
    })
}

/// Builds the table of `component::ResourceTable` records.
pub(super) fn resource_tables(plan: &ProgramPlan) -> Vec<u8> {
    plan.resource_tables.iter().copied().collect::<Table<_>>().into_bytes()
}

/// Builds the canonical options of a lowered import or a lifted function.
pub(super) fn call_options(plan: &ProgramPlan, code: &Code, options: &OptionsPlan) -> Result<CallOptions> {
    Ok(CallOptions {
        memory: options.memory.map_or(NO_MEMORY, |memory| plan.memories[memory].base),
        realloc_vmctx: options.realloc.map_or(0, |func| vmctx(plan, func)),
        memory_bytes: options.memory.map_or(0, |memory| plan.slab.memory_length(memory) as u32),
        realloc_entry: options.realloc.map_or(Ok(NO_REALLOC), |func| text_offset(code, TextItem::Entry(func)))?,
        component_instance: options.component_instance,
        string_encoding: options.string_encoding,
        grantee: options.grantee,
    })
}

/// Builds the trap tables, sorted: `[u32]` offsets and `[u8]` trap codes.
pub(super) fn traps(code: &Code) -> (Vec<u8>, Vec<u8>) {
    let traps =
        || code.items.iter().flat_map(|item| item.traps.iter().map(|(at, trap)| (item.offset as u32 + at, *trap)));
    (words(traps().map(|(offset, _)| offset)), traps().map(|(_, trap)| trap as u8).collect())
}

/// Builds `[program::Function]` and `[program::Module]`.
pub(super) fn function_tables(names: &NameTables) -> (Vec<u8>, Vec<u8>) {
    let functions: Table<program::Function> = names.functions.iter().copied().collect();
    let modules: Table<program::Module> = names.modules.iter().copied().collect();
    (functions.into_bytes(), modules.into_bytes())
}
