//! Active segments and start functions: which are resolved at compile time, and which stay steps of start-up.
//!
//! A segment is resolved where it can't trap and no code that runs earlier could see the difference: its target is
//! defined by the same instance, or no code has run yet. A table whose first elements start-up makes takes none. Behind the first step that stays, all of that instance's stay,
//! because a trap there would have left them undone.

use super::constant::{DraftValue, evaluate};
use super::resolve::{Draft, FuncDef};
use super::{GlobalId, InstanceId, MemoryId, TableId};
use crate::decode::{DataIndex, ElementExpr, ElementIndex, SegmentMode};
use crate::error::Result;
use aot_abi::trap::Trap;

/// An active element segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ElementUse {
    pub instance: InstanceId,
    pub element: ElementIndex,
    pub table: TableId,
    pub offset: u64,
}

/// An active data segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DataUse {
    pub instance: InstanceId,
    pub data: DataIndex,
    pub memory: MemoryId,
    pub offset: u64,
}

/// A step that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DraftStep {
    Elements(ElementUse),
    Data(DataUse),
    Call(FuncDef),
    Trap(Trap),
    /// Makes the value of a global.
    Global(GlobalId),
    /// Makes the value of a table's elements.
    Table(TableId),
    /// Makes those elements of a segment that aren't constant.
    Segment(InstanceId, ElementIndex),
}

/// What instantiation does.
#[derive(Debug, Default)]
pub(super) struct Instantiation {
    /// Resolved element segments, in order.
    pub elements: Vec<ElementUse>,
    /// Resolved data segments, in order.
    pub data: Vec<DataUse>,
    /// The steps that stay, a list an instance.
    pub steps: Vec<Vec<DraftStep>>,
}

/// Follows the instantiation of all instances in order. With `separate`, each instance's start may fail while later
/// ones go on, and guest code runs between them.
pub(super) fn instantiate(draft: &Draft<'_, '_>, separate: bool) -> Result<Instantiation> {
    let mut result = Instantiation::default();
    let mut code_has_run = false;
    for instance in draft.instances.keys() {
        let mut follower =
            Follower { draft, instance, code_has_run, result: &mut result, values: Vec::new(), steps: Vec::new() };
        let trapped = follower.follow()?;
        let Follower { mut values, steps, .. } = follower;
        code_has_run |= separate || steps.iter().any(|step| matches!(step, DraftStep::Call(_)));
        values.extend(steps);
        let steps = values;
        result.steps.push(steps);
        if trapped && !separate {
            break;
        }
    }
    Ok(result)
}

struct Follower<'f, 'p, 'a> {
    draft: &'f Draft<'p, 'a>,
    instance: InstanceId,
    code_has_run: bool,
    result: &'f mut Instantiation,
    /// What makes values, before the steps.
    values: Vec<DraftStep>,
    steps: Vec<DraftStep>,
}

impl Follower<'_, '_, '_> {
    /// Whether it certainly traps.
    fn follow(&mut self) -> Result<bool> {
        let draft = self.draft;
        let module = &draft.program.modules[draft.instances[self.instance].module];
        self.computed_values()?;
        for (element, segment) in module.elements.iter() {
            if let SegmentMode::Active(table, offset) = &segment.mode {
                let table_id = draft.instances[self.instance].tables[*table];
                let step =
                    ElementUse { instance: self.instance, element, table: table_id, offset: self.evaluate(offset)? };
                let own = table.as_u32() as usize >= module.imported_tables;
                let end = step.offset.checked_add(segment.elements.len() as u64);
                let fits = end.is_some_and(|end| end <= draft.tables[table_id].ty.min);
                // Start-up gives such a table its first elements, all of them: what is in it before is lost.
                let filled = draft.tables[table_id].source.is_some();
                match self.resolvable(own) && !filled && !has_computed(draft, self.instance, element)? {
                    true if fits => self.result.elements.push(step),
                    true => return Ok(self.trap(Trap::TableOutOfBounds)),
                    false => self.steps.push(DraftStep::Elements(step)),
                }
            }
        }
        for (data, segment) in module.data.iter() {
            if let SegmentMode::Active(memory, offset) = &segment.mode {
                let memory_id = draft.instances[self.instance].memories[*memory];
                let step = DataUse { instance: self.instance, data, memory: memory_id, offset: self.evaluate(offset)? };
                let own = memory.as_u32() as usize >= module.imported_memories;
                let end = step.offset.checked_add(segment.bytes.len() as u64);
                let ty = draft.memories[memory_id].ty;
                let fits = end.is_some_and(|end| end <= ty.min_pages.saturating_mul(1 << ty.page_log2));
                // Each thread that shares a memory instantiates the module again, and writes its segments again.
                match self.resolvable(own) && !ty.shared {
                    true if fits => self.result.data.push(step),
                    true => return Ok(self.trap(Trap::MemoryOutOfBounds)),
                    false => self.steps.push(DraftStep::Data(step)),
                }
            }
        }
        if let Some(start) = module.start {
            self.steps.push(DraftStep::Call(draft.instances[self.instance].functions[start]));
        }
        Ok(false)
    }

    /// Notes the values that start-up makes, in the order of instantiation. Nothing but their memory can trap, and no
    /// other code can see them, so they keep nothing else from being resolved.
    fn computed_values(&mut self) -> Result<()> {
        let draft = self.draft;
        let instance = &draft.instances[self.instance];
        let module = &draft.program.modules[instance.module];
        let globals = instance.globals.values().skip(module.imported_globals);
        let globals = globals.filter(|global| draft.globals[**global].source.is_some());
        self.values.extend(globals.map(|global| DraftStep::Global(*global)));
        let tables = instance.tables.values().skip(module.imported_tables);
        let tables = tables.filter(|table| draft.tables[**table].source.is_some());
        self.values.extend(tables.map(|table| DraftStep::Table(*table)));
        for element in module.elements.keys() {
            if has_computed(draft, self.instance, element)? {
                self.values.push(DraftStep::Segment(self.instance, element));
            }
        }
        Ok(())
    }

    fn resolvable(&self, own: bool) -> bool {
        self.steps.is_empty() && (own || !self.code_has_run)
    }

    fn trap(&mut self, trap: Trap) -> bool {
        self.steps.push(DraftStep::Trap(trap));
        true
    }

    fn evaluate(&self, expr: &[crate::decode::ConstOp]) -> Result<u64> {
        let value = evaluate(expr, &self.draft.instances[self.instance], &self.draft.globals)?;
        Ok(value.unsigned().unwrap_or(u64::MAX))
    }
}

/// Whether an element segment that is ever used has values that start-up makes.
fn has_computed(draft: &Draft<'_, '_>, instance: InstanceId, element: ElementIndex) -> Result<bool> {
    let module = &draft.program.modules[draft.instances[instance].module];
    let segment = &module.elements[element];
    let constant = |element: &ElementExpr| matches!(element, ElementExpr::Func(_));
    if matches!(segment.mode, SegmentMode::Declared) || segment.elements.iter().all(constant) {
        return Ok(false);
    }
    Ok(element_values(draft, instance, element)?.contains(&DraftValue::Computed))
}

/// The values of an element segment.
pub(super) fn element_values(
    draft: &Draft<'_, '_>,
    instance: InstanceId,
    element: ElementIndex,
) -> Result<Vec<DraftValue>> {
    let draft_instance = &draft.instances[instance];
    let segment = &draft.program.modules[draft_instance.module].elements[element];
    segment
        .elements
        .iter()
        .map(|element| match element {
            ElementExpr::Func(func) => Ok(DraftValue::Func(draft_instance.functions[*func])),
            ElementExpr::Expr(expr) => evaluate(expr, draft_instance, &draft.globals),
        })
        .collect()
}
