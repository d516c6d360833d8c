//! Tables: their sizes, their elements at start, and which of them are read-only data.

use crate::decode::{HeapType, RefType, TableType, TypeId};
use crate::error::{Error, Result, Stage};
use crate::plan::instantiate::Instantiation;
use crate::plan::liveness::{Live, TableUse};
use crate::plan::options::PlanOptions;
use crate::plan::place::numbers::Numbers;
use crate::plan::program::{
    ConstValue, ElementCopy, GroupId, ProgramPlan, TableForm, TableId, TablePlace, TablePlan, is_written_out,
};
use crate::plan::resolve::element_values;
use crate::plan::resolved::{ElementKey, Resolved};
use cranelift_entity::EntityRef;
use std::collections::HashMap;

/// Elements to which a table that has no lower maximum can grow.
const TABLE_ELEMENTS_MAX: u64 = 16 << 20;
/// Elements with which all tables together can begin.
const FIRST_ELEMENTS_MAX: u64 = 4 * TABLE_ELEMENTS_MAX;

/// Adds all tables to the plan.
pub(super) fn add(
    plan: &mut ProgramPlan,
    resolved: &Resolved<'_, '_>,
    instantiation: &Instantiation,
    live: &Live,
    numbers: &Numbers,
    options: &PlanOptions,
) -> Result<()> {
    let mut copies: HashMap<TableId, Vec<&ElementCopy<ElementKey>>> = HashMap::new();
    instantiation.elements.iter().for_each(|copy| copies.entry(copy.table).or_default().push(copy));
    let (mut read_only_bytes, mut first_elements) = (0, 0u64);
    for (id, table) in &resolved.tables {
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
        first_elements = first_elements.saturating_add(min);
        if first_elements > FIRST_ELEMENTS_MAX {
            return Err(Error::input(
                Stage::Plan,
                format!("the tables of all instances begin with {first_elements} elements or more in sum"),
                format!("at most {FIRST_ELEMENTS_MAX} are supported"),
            ));
        }
        let elements = table_elements(resolved, copies.get(&id).map_or(&[], Vec::as_slice), id, numbers)?;
        let read_only = !usage.written && !usage.grown && is_written_out(min, elements.len() as u64);
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
    resolved: &Resolved<'_, '_>,
    copies: &[&ElementCopy<ElementKey>],
    table: TableId,
    numbers: &Numbers,
) -> Result<Vec<ConstValue>> {
    let init = numbers.value(resolved.tables[table].init.constant());
    let mut elements = match init {
        ConstValue::Null => Vec::new(),
        value => vec![value; resolved.tables[table].ty.min as usize],
    };
    for copy in copies {
        let values = element_values(resolved, copy.segment)?;
        let end = copy.offset as usize + values.len();
        if elements.len() < end {
            elements.resize(end, ConstValue::Null);
        }
        for (place, value) in elements[copy.offset as usize..end].iter_mut().zip(values) {
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

/// Gives each segment with elements that start-up makes a table in the slab.
pub(super) fn add_of_segments(plan: &mut ProgramPlan, resolved: &Resolved<'_, '_>) -> Result<()> {
    for segment in plan.elements.values_mut() {
        if !element_values(resolved, (segment.instance, segment.element))?.contains(&None) {
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
