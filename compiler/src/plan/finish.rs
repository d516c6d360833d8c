//! From what is resolved and live to the plan: numbers, places and contents of everything that is left.

use super::constant::DraftValue;
use super::layout;
use super::liveness::{Live, TableUse};
use super::resolve::{Draft, DraftOptions, FuncDef, GeneratedKind, internal};
use super::segments::{DraftStep, Instantiation, element_values};
use super::*;
use crate::decode::{ElementExpr, HeapType, MemoryType, RefType, SegmentMode};
use crate::error::{Error, Result, Stage};
use aot_abi::program::PAGE_BYTES_MAX;
use aot_abi::slab::ControlLayout;
use cranelift_entity::EntityRef;
use std::collections::HashMap;

/// Elements to which a table that has no lower maximum can grow.
const TABLE_ELEMENTS_MAX: u64 = 16 << 20;
/// Address space of a 32-bit memory.
const MEMORY32_BYTES: u64 = 1 << 32;
/// Bytes to which a 64-bit memory can grow unless `--max-memory` says otherwise: its address space is reserved.
const MEMORY64_BYTES: u64 = 16 << 30;
/// The most that `--max-memory` can give a 64-bit memory.
const MEMORY64_BYTES_MAX: u64 = 1 << 40;

/// Numbers of what is live.
struct Numbers {
    functions: HashMap<FuncDef, FuncId>,
    records: HashMap<FuncDef, RecordId>,
}

impl Numbers {
    fn of(live: &Live) -> Self {
        let functions = live.functions.iter().enumerate().map(|(index, def)| (*def, FuncId::new(index))).collect();
        let records = live.referenced.iter().enumerate().map(|(index, def)| (*def, RecordId::new(index + 1))).collect();
        Self { functions, records }
    }

    fn value(&self, value: DraftValue) -> ConstValue {
        // A function without a record is named only by what is dropped.
        value.finish(|func| self.records.get(&func).copied().unwrap_or(RecordId::new(0)))
    }
}

/// Everything but the slab's layout and images, which follow from it.
pub(super) struct Finished {
    pub plan: ProgramPlan,
    numbers: Numbers,
}

impl Finished {
    /// The final number of a live function.
    pub fn function(&self, def: FuncDef) -> Result<FuncId> {
        self.numbers.functions.get(&def).copied().ok_or_else(|| internal("a root isn't live"))
    }

    /// Canonical options whose functions are live.
    pub fn options(&self, options: &DraftOptions) -> Result<OptionsPlan> {
        finish_options(options, &self.numbers)
    }
}

/// Makes the plan. With `keep_globals`, no global is folded away, so that the runtime can read all of them.
pub(super) fn finish(
    draft: &Draft<'_, '_>,
    instantiation: &Instantiation,
    live: &Live,
    options: &PlanOptions,
    keep_globals: bool,
) -> Result<Finished> {
    let numbers = Numbers::of(live);
    let mut plan = ProgramPlan {
        instances: PrimaryMap::new(),
        groups: PrimaryMap::new(),
        functions: PrimaryMap::new(),
        memories: PrimaryMap::new(),
        tables: PrimaryMap::new(),
        globals: PrimaryMap::new(),
        tags: draft.tags.values().cloned().collect(),
        exceptions: live.exceptions.then(|| ExceptionsPlan::of(&draft.tags, &draft.program.types)),
        heap: live.objects.then(|| HeapPlan::new(options.max_heap, options.gc_stress)),
        data: PrimaryMap::new(),
        elements: PrimaryMap::new(),
        records: std::iter::once(None).chain(live.referenced.iter().map(|def| Some(numbers.functions[def]))).collect(),
        options: PrimaryMap::new(),
        resource_tables: draft.program.component.as_ref().map(super::resolve::resource_tables).unwrap_or_default(),
        entries: Vec::new(),
        thread_start: None,
        exports: None,
        starts: Vec::new(),
        main: MainPlan::None,
        images: Images::default(),
        slab: SlabLayout { control: ControlLayout::new(0, 0, 0, 0, 0), spans: Vec::new(), bytes: 0 },
        component_instances: draft.program.component.as_ref().map_or(0, |component| component.component_instances),
        warnings: Vec::new(),
    };
    memories(&mut plan, draft, live, options)?;
    let groups = groups(&mut plan, draft);
    functions(&mut plan, draft, live, &numbers, &groups)?;
    globals(&mut plan, draft, live, &numbers, &groups, keep_globals);
    tables(&mut plan, draft, instantiation, live, &numbers, options)?;
    let segments = segments(&mut plan, draft, instantiation, live, &numbers)?;
    segment_tables(&mut plan, draft)?;
    instances(&mut plan, draft, live, &numbers, &groups, &segments);
    starts(&mut plan, draft, instantiation, live, &numbers, &segments)?;
    for interface in &draft.missing_interfaces {
        plan.warnings.push(format!("{interface} isn't implemented yet: calls of its missing functions trap"));
    }
    Ok(Finished { plan, numbers })
}

fn memories(plan: &mut ProgramPlan, draft: &Draft<'_, '_>, live: &Live, options: &PlanOptions) -> Result<()> {
    for (id, memory) in draft.memories.iter() {
        let ty = memory.ty;
        let bytes_min = ty.min_pages.saturating_mul(1 << ty.page_log2);
        let bytes_max = bytes_max(ty, options);
        if bytes_min > bytes_max {
            return Err(Error::input(
                Stage::Plan,
                format!("memory {} begins with {bytes_min} bytes, more than the limit of {bytes_max}", memory.name),
                "raise --max-memory",
            ));
        }
        let grows = live.memories_grown.contains(&id);
        let reserved = if grows { bytes_max } else { bytes_min }.next_multiple_of(PAGE_BYTES_MAX);
        plan.memories.push(MemoryPlan {
            base: 0,
            bytes_min,
            bytes_max,
            index64: ty.memory64,
            reserved_bytes: if ty.memory64 { reserved } else { MEMORY32_BYTES },
            guard_bytes: options.guard_bytes,
            page_log2: ty.page_log2,
            grows,
            shared: ty.shared,
            name: memory.name.clone(),
        });
    }
    Ok(())
}

/// How many bytes a memory may get: what its type says, as far as there is address space for it.
fn bytes_max(ty: MemoryType, options: &PlanOptions) -> u64 {
    if ty.memory64 {
        let declared = ty.max_pages.unwrap_or(u64::MAX).saturating_mul(1 << ty.page_log2);
        return options.max_memory.unwrap_or(MEMORY64_BYTES).min(MEMORY64_BYTES_MAX).min(declared);
    }
    // The number of pages has 32 bits, also where a page is a byte.
    let pages_max = ty.max_pages.unwrap_or(u64::MAX).min(u64::from(u32::MAX)).min(MEMORY32_BYTES >> ty.page_log2);
    options.max_memory.unwrap_or(u64::MAX).min(pages_max << ty.page_log2)
}

/// One group for each memory that is some instance's memory 0; instances without a memory join the first group, from
/// which all distances are constants too.
fn groups(plan: &mut ProgramPlan, draft: &Draft<'_, '_>) -> PrimaryMap<InstanceId, GroupId> {
    let mut by_memory: HashMap<MemoryId, GroupId> = HashMap::new();
    for instance in draft.instances.values() {
        if let Some(memory) = instance.memories.values().next() {
            by_memory.entry(*memory).or_insert_with(|| plan.groups.push(group(Some(*memory))));
        }
    }
    if plan.groups.is_empty() {
        plan.groups.push(group(None));
    }
    let group_of = |instance: &super::resolve::DraftInstance| match instance.memories.values().next() {
        Some(memory) => by_memory[memory],
        None => GroupId::new(0),
    };
    draft.instances.values().map(group_of).collect()
}

fn group(memory: Option<MemoryId>) -> GroupPlan {
    GroupPlan { memory, vmctx: 0, globals: Vec::new(), globals_bytes: 0 }
}

fn functions(
    plan: &mut ProgramPlan,
    draft: &Draft<'_, '_>,
    live: &Live,
    numbers: &Numbers,
    groups: &PrimaryMap<InstanceId, GroupId>,
) -> Result<()> {
    let mut known: HashMap<DraftOptions, OptionsId> = HashMap::new();
    for def in &live.functions {
        let (kind, group) = match *def {
            FuncDef::Wasm(instance, func) => (FuncKind::Wasm { instance, func }, groups[instance]),
            FuncDef::Generated(index) => match &draft.generated[index].kind {
                GeneratedKind::Missing { name } => (FuncKind::Missing { name: name.clone() }, GroupId::new(0)),
                GeneratedKind::Builtin { builtin, constants } => {
                    (FuncKind::Builtin { builtin: *builtin, constants: constants.clone() }, GroupId::new(0))
                }
                GeneratedKind::Transcode { builtin, from, to } => {
                    (FuncKind::Transcode { builtin: *builtin, from: *from, to: *to }, GroupId::new(0))
                }
                GeneratedKind::Drop { number, component_instance, destructor } => {
                    let destructor = destructor.and_then(|func| numbers.functions.get(&func).copied());
                    let kind = FuncKind::Drop { number: *number, component_instance: *component_instance, destructor };
                    (kind, GroupId::new(0))
                }
                GeneratedKind::AdapterTrap => (FuncKind::AdapterTrap, GroupId::new(0)),
                GeneratedKind::Host { symbol, options } => {
                    let id = match known.get(options) {
                        Some(id) => *id,
                        None => {
                            let id = plan.options.push(finish_options(options, numbers)?);
                            known.insert(options.clone(), id);
                            id
                        }
                    };
                    let group = plan.groups.keys().find(|group| plan.groups[*group].memory == options.memory);
                    let kind = FuncKind::Host { symbol: symbol.clone(), options: id };
                    (kind, group.unwrap_or(GroupId::new(0)))
                }
            },
        };
        plan.functions.push(FuncPlan { kind, ty: draft.func_type(*def), group });
    }
    plan.entries = plan.options.values().filter_map(|options| options.realloc).collect();
    Ok(())
}

fn finish_options(options: &DraftOptions, numbers: &Numbers) -> Result<OptionsPlan> {
    let realloc = match options.realloc {
        Some(def) => Some(*numbers.functions.get(&def).ok_or_else(|| internal("realloc isn't live"))?),
        None => None,
    };
    Ok(OptionsPlan {
        memory: options.memory,
        realloc,
        component_instance: options.component_instance,
        string_encoding: options.string_encoding,
    })
}

fn globals(
    plan: &mut ProgramPlan,
    draft: &Draft<'_, '_>,
    live: &Live,
    numbers: &Numbers,
    groups: &PrimaryMap<InstanceId, GroupId>,
    keep: bool,
) {
    let mut group_of: HashMap<GlobalId, GroupId> = HashMap::new();
    for (id, instance) in draft.instances.iter() {
        for global in instance.globals.values() {
            group_of.entry(*global).or_insert(groups[id]);
        }
    }
    for (id, global) in draft.globals.iter() {
        let uses = live.globals[id];
        let place = match global.flags_of {
            // The layout turns the number of the component instance into an offset.
            Some(instance) => GlobalPlace::InstanceFlags { offset: u64::from(instance) },
            None if uses == 0 && !keep => GlobalPlace::Dropped,
            None if !global.ty.mutable && !keep && global.source.is_none() => GlobalPlace::Constant,
            None => GlobalPlace::Slab { offset: 0 },
        };
        if matches!(place, GlobalPlace::Slab { .. }) {
            let group = group_of.get(&id).copied().unwrap_or(GroupId::new(0));
            plan.groups[group].globals.push(id);
        }
        plan.globals.push(GlobalPlan { ty: global.ty, place, initial: numbers.value(global.init), uses });
    }
    for group in plan.groups.values_mut() {
        group.globals.sort_by_key(|global| (std::cmp::Reverse(live.globals[*global]), *global));
    }
}

fn tables(
    plan: &mut ProgramPlan,
    draft: &Draft<'_, '_>,
    instantiation: &Instantiation,
    live: &Live,
    numbers: &Numbers,
    options: &PlanOptions,
) -> Result<()> {
    let mut read_only_bytes = 0;
    for (id, table) in draft.tables.iter() {
        let usage = live.tables[id];
        if usage == TableUse::default() {
            plan.tables.push(dropped_table(table.ty));
            continue;
        }
        let min = table.ty.min;
        let limit = min.max(TABLE_ELEMENTS_MAX.min(options.max_table_elements.unwrap_or(u64::MAX)));
        let elements_max = if usage.grown { table.ty.max.unwrap_or(limit).min(limit) } else { min };
        if let Some(limit) = options.max_table_elements.filter(|limit| min > *limit) {
            let message = format!("a table begins with {min} elements, more than the limit of {limit}");
            return Err(Error::input(Stage::Plan, message, "raise --max-table-elements"));
        }
        if min > 4 * TABLE_ELEMENTS_MAX {
            return Err(Error::input(
                Stage::Plan,
                format!("a table begins with {min} elements"),
                format!("at most {} are supported", 4 * TABLE_ELEMENTS_MAX),
            ));
        }
        let elements = table_elements(draft, instantiation, id, numbers)?;
        let read_only = !usage.written && !usage.grown;
        let place = if read_only {
            let form = read_only_form(plan, usage, &elements);
            let entry_bytes = if matches!(form, TableForm::Code(_)) { 8 } else { 4 };
            let offset = read_only_bytes;
            read_only_bytes += (min * entry_bytes).next_multiple_of(8);
            TablePlace::ReadOnly { offset, form }
        } else {
            TablePlace::Slab { base: 0 }
        };
        let (uniform, has_nulls) = describe_elements(plan, &elements, min);
        plan.tables.push(TablePlan {
            ty: table.ty,
            place,
            elements_min: min,
            elements_max,
            grows: usage.grown,
            elements,
            uniform,
            has_nulls,
            slab_index: 0,
        });
    }
    Ok(())
}

fn dropped_table(ty: TableType) -> TablePlan {
    TablePlan {
        ty,
        place: TablePlace::Dropped,
        elements_min: ty.min,
        elements_max: ty.min,
        grows: false,
        elements: Vec::new(),
        uniform: None,
        has_nulls: true,
        slab_index: 0,
    }
}

/// The elements at start, up to the last that isn't null.
fn table_elements(
    draft: &Draft<'_, '_>,
    instantiation: &Instantiation,
    table: TableId,
    numbers: &Numbers,
) -> Result<Vec<ConstValue>> {
    let init = numbers.value(draft.tables[table].init);
    let mut elements = match init {
        ConstValue::Null => Vec::new(),
        value => vec![value; draft.tables[table].ty.min as usize],
    };
    for step in instantiation.elements.iter().filter(|step| step.table == table) {
        let values = element_values(draft, step.instance, step.element)?;
        let end = step.offset as usize + values.len();
        if elements.len() < end {
            elements.resize(end, ConstValue::Null);
        }
        for (place, value) in elements[step.offset as usize..end].iter_mut().zip(values) {
            *place = numbers.value(value);
        }
    }
    while elements.last() == Some(&ConstValue::Null) {
        elements.pop();
    }
    Ok(elements)
}

fn read_only_form(plan: &ProgramPlan, usage: TableUse, elements: &[ConstValue]) -> TableForm {
    let mut groups = elements.iter().filter_map(|value| match value {
        ConstValue::Func(record) => plan.records[*record].map(|func| plan.functions[func].group),
        _ => None,
    });
    let group = groups.next().unwrap_or(GroupId::new(0));
    if usage.read || groups.any(|other| other != group) { TableForm::Index } else { TableForm::Code(group) }
}

/// The one type of all functions, if it is one; and whether there are nulls.
fn describe_elements(plan: &ProgramPlan, elements: &[ConstValue], min: u64) -> (Option<TypeId>, bool) {
    let mut types = elements.iter().filter_map(|value| match value {
        ConstValue::Func(record) => plan.records[*record].map(|func| plan.functions[func].ty),
        _ => None,
    });
    let first = types.next();
    let uniform = first.filter(|first| types.all(|ty| ty == *first));
    let has_nulls = (elements.len() as u64) < min || elements.contains(&ConstValue::Null);
    (uniform, has_nulls)
}

/// Numbers of the segments that code or start-up copies from.
#[derive(Default)]
struct Segments {
    data: HashMap<(InstanceId, DataIndex), DataId>,
    elements: HashMap<(InstanceId, ElementIndex), ElementId>,
}

fn segments(
    plan: &mut ProgramPlan,
    draft: &Draft<'_, '_>,
    instantiation: &Instantiation,
    live: &Live,
    numbers: &Numbers,
) -> Result<Segments> {
    let mut data = live.data.clone();
    let mut elements = live.elements.clone();
    for step in instantiation.steps.iter().flatten() {
        match step {
            DraftStep::Data(step) => drop(data.insert((step.instance, step.data))),
            DraftStep::Elements(step) => drop(elements.insert((step.instance, step.element))),
            _ => {}
        }
    }
    let mut segments = Segments::default();
    let mut offset = 0;
    for (instance, index) in data {
        let bytes = draft.program.modules[draft.instances[instance].module].data[index].bytes.len() as u64;
        let id = plan.data.push(DataPlan { instance, data: index, offset, bytes });
        segments.data.insert((instance, index), id);
        offset += bytes;
    }
    let mut offset = 0;
    for (instance, element) in elements {
        let values = element_values(draft, instance, element)?;
        let values: Vec<ConstValue> = values.into_iter().map(|value| numbers.value(value)).collect();
        let count = values.len() as u64;
        let id = plan.elements.push(ElementPlan { instance, element, offset, values, table: None });
        segments.elements.insert((instance, element), id);
        offset += count;
    }
    Ok(segments)
}

/// Gives each segment with elements that start-up makes a table in the slab.
fn segment_tables(plan: &mut ProgramPlan, draft: &Draft<'_, '_>) -> Result<()> {
    for segment in plan.elements.values_mut() {
        if !element_values(draft, segment.instance, segment.element)?.contains(&DraftValue::Computed) {
            continue;
        }
        let count = segment.values.len() as u64;
        let element = RefType { nullable: true, heap: HeapType::Any };
        let table = TablePlan {
            ty: TableType { element, min: count, max: Some(count), table64: false },
            place: TablePlace::Slab { base: 0 },
            elements_min: count,
            elements_max: count,
            grows: false,
            elements: segment.values.clone(),
            uniform: None,
            has_nulls: true,
            slab_index: 0,
        };
        segment.table = Some(plan.tables.push(table));
    }
    Ok(())
}

fn instances(
    plan: &mut ProgramPlan,
    draft: &Draft<'_, '_>,
    live: &Live,
    numbers: &Numbers,
    groups: &PrimaryMap<InstanceId, GroupId>,
    segments: &Segments,
) {
    for (id, instance) in draft.instances.iter() {
        let module = &draft.program.modules[instance.module];
        // Active segments count as dropped: only passive ones can be copied from by code.
        let data = module.data.iter().map(|(data, segment)| {
            let passive = matches!(segment.mode, SegmentMode::Passive) && live.data.contains(&(id, data));
            if passive { segments.data.get(&(id, data)).copied() } else { None }
        });
        let elements = module.elements.iter().map(|(element, segment)| {
            let passive = matches!(segment.mode, SegmentMode::Passive) && live.elements.contains(&(id, element));
            if passive { segments.elements.get(&(id, element)).copied() } else { None }
        });
        plan.instances.push(InstancePlan {
            module: instance.module,
            group: groups[id],
            functions: instance.functions.values().map(|def| numbers.functions.get(def).copied()).collect(),
            tables: instance.tables.values().copied().collect(),
            memories: instance.memories.values().copied().collect(),
            globals: instance.globals.values().copied().collect(),
            tags: instance.tags.values().copied().collect(),
            data: data.collect(),
            elements: elements.collect(),
        });
    }
}

fn starts(
    plan: &mut ProgramPlan,
    draft: &Draft<'_, '_>,
    instantiation: &Instantiation,
    live: &Live,
    numbers: &Numbers,
    segments: &Segments,
) -> Result<()> {
    for steps in &instantiation.steps {
        let mut start = StartPlan::default();
        for step in steps {
            start.steps.push(match *step {
                DraftStep::Global(global) => match &draft.globals[global].source {
                    Some(computation) if live.globals[global] > 0 => {
                        StartStep::Global { global, computation: computation.clone() }
                    }
                    _ => continue,
                },
                DraftStep::Table(table) => match &draft.tables[table].source {
                    Some(computation) if live.tables[table] != TableUse::default() => {
                        StartStep::Fill { table, computation: computation.clone() }
                    }
                    _ => continue,
                },
                DraftStep::Segment(instance, element) => {
                    start.steps.extend(segment_steps(plan, draft, segments.elements.get(&(instance, element)))?);
                    continue;
                }
                DraftStep::Elements(step) => StartStep::Elements {
                    table: step.table,
                    offset: step.offset,
                    element: segments.elements[&(step.instance, step.element)],
                },
                DraftStep::Data(step) => StartStep::Data {
                    memory: step.memory,
                    offset: step.offset,
                    data: segments.data[&(step.instance, step.data)],
                },
                DraftStep::Call(def) => StartStep::Call(
                    *numbers.functions.get(&def).ok_or_else(|| internal("a start function isn't live"))?,
                ),
                DraftStep::Trap(trap) => StartStep::Trap(trap),
            });
        }
        plan.starts.push(start);
    }
    Ok(())
}

/// The steps that make those elements of a segment that aren't constant.
fn segment_steps(plan: &ProgramPlan, draft: &Draft<'_, '_>, segment: Option<&ElementId>) -> Result<Vec<StartStep>> {
    let Some((segment, table)) =
        segment.and_then(|id| plan.elements[*id].table.map(|table| (&plan.elements[*id], table)))
    else {
        return Ok(Vec::new());
    };
    let module = &draft.program.modules[draft.instances[segment.instance].module];
    let values = element_values(draft, segment.instance, segment.element)?;
    let elements = module.elements[segment.element].elements.iter().zip(values).enumerate();
    let step = |(index, (element, value)): (usize, (&ElementExpr, DraftValue))| match element {
        ElementExpr::Expr(expr) if value == DraftValue::Computed => {
            let computation = Computation { instance: segment.instance, expr: expr.clone() };
            Some(StartStep::Element { table, index: index as u64, computation })
        }
        _ => None,
    };
    Ok(elements.filter_map(step).collect())
}

/// Places everything and paints the images.
pub(super) fn complete(mut finished: Finished, draft: &Draft<'_, '_>, instantiation: &Instantiation) -> ProgramPlan {
    layout::place(&mut finished.plan);
    finished.plan.images = super::images::build(&finished.plan, draft, instantiation);
    finished.plan
}
