//! Active segments and start functions: which are resolved at compile time, and which stay steps of start-up.
//!
//! A segment is resolved where it can't trap and no code that runs earlier could see the difference: its target is
//! defined by the same instance, or no code has run yet. A table whose first elements start-up makes takes none. Behind
//! the first step that stays, all of that instance's stay, because a trap there would have left them undone.

use super::program::{Computation, ConstValue, DataCopy, ElementCopy, InstanceId, StartStep, is_written_out};
use super::resolve::{element_values, evaluate};
use super::resolved::{DataKey, ElementKey, Resolved, Step};
use super::roots::Starts;
use crate::decode::{ConstOp, DataIndex, DataSegment, ElementExpr, ElementIndex, ElementSegment, Module, SegmentMode};
use crate::error::Result;
use aot_abi::trap::Trap;

/// The effect of instantiating everything.
#[derive(Debug, Default)]
pub(super) struct Instantiation {
    /// Resolved element segments, in order.
    pub elements: Vec<ElementCopy<ElementKey>>,
    /// Resolved data segments, in order.
    pub data: Vec<DataCopy<DataKey>>,
    /// The steps that stay, a list an instance.
    pub steps: Vec<Vec<Step>>,
}

/// Follows the instantiation of all instances in order. If each has a start-up function of its own, that may fail
/// while later ones go on, and guest code runs between them. Of several start-up functions, each has a part of the program that
/// no others see.
pub(super) fn instantiate(resolved: &Resolved<'_, '_>, starts: Starts) -> Result<Instantiation> {
    let separate = starts == Starts::OfEachInstance;
    let mut result = Instantiation::default();
    let count = resolved.starts.values().max().map_or(0, |start| *start as usize + 1);
    let mut states = vec![State::default(); count];
    for (instance, start) in &resolved.starts {
        let state = &mut states[*start as usize];
        if state.has_trapped {
            result.steps.push(Vec::new());
            continue;
        }
        let (module, code_has_run) = (resolved.module(instance), state.code_has_run);
        let mut follower =
            Follower { resolved, instance, module, code_has_run, result: &mut result, steps: Vec::new() };
        let values = follower.computed_values()?;
        let trapped = follower.follow()?;
        let Follower { steps, .. } = follower;
        state.code_has_run |= separate || steps.iter().any(|step| matches!(step, StartStep::Call(_)));
        state.has_trapped = trapped && !separate;
        result.steps.push(values.into_iter().chain(steps).collect());
    }
    Ok(result)
}

/// How far a start-up function has been followed.
#[derive(Clone, Default)]
struct State {
    code_has_run: bool,
    /// True if it certainly traps before the next instance.
    has_trapped: bool,
}

struct Follower<'f, 'p, 'a> {
    resolved: &'f Resolved<'p, 'a>,
    instance: InstanceId,
    module: &'p Module<'a>,
    code_has_run: bool,
    result: &'f mut Instantiation,
    steps: Vec<Step>,
}

impl Follower<'_, '_, '_> {
    /// Follows the segments and the start function, and says whether the instantiation certainly traps.
    fn follow(&mut self) -> Result<bool> {
        for (element, segment) in &self.module.elements {
            if self.elements(element, segment)? {
                return Ok(true);
            }
        }
        for (data, segment) in &self.module.data {
            if self.data(data, segment)? {
                return Ok(true);
            }
        }
        if let Some(start) = self.module.start {
            self.steps.push(StartStep::Call(self.resolved.instances[self.instance].functions[start]));
        }
        Ok(false)
    }

    /// Follows an element segment, and says whether it certainly traps.
    fn elements(&mut self, element: ElementIndex, segment: &ElementSegment) -> Result<bool> {
        let SegmentMode::Active(index, offset) = &segment.mode else { return Ok(false) };
        let resolved = self.resolved;
        let table = resolved.instances[self.instance].tables[*index];
        let copy = ElementCopy { table, offset: self.evaluate(offset)?, segment: (self.instance, element) };
        let own = index.as_u32() as usize >= self.module.imported_tables;
        let end = copy.offset.checked_add(segment.elements.len() as u64);
        let fits = end.is_some_and(|end| end <= resolved.tables[table].ty.min);
        // Start-up gives such a table its first elements, all of them: what is in it before is lost.
        let filled = resolved.tables[table].init.computation().is_some();
        let written_out = end.is_some_and(|end| is_written_out(end, segment.elements.len() as u64));
        match self.resolvable(own) && !filled && written_out && !has_computed(resolved, copy.segment)? {
            true if fits => self.result.elements.push(copy),
            true => return Ok(self.trap(Trap::TableOutOfBounds)),
            false => self.steps.push(StartStep::Elements(copy)),
        }
        Ok(false)
    }

    /// Follows a data segment, and says whether it certainly traps.
    fn data(&mut self, data: DataIndex, segment: &DataSegment<'_>) -> Result<bool> {
        let SegmentMode::Active(index, offset) = &segment.mode else { return Ok(false) };
        let memory = self.resolved.instances[self.instance].memories[*index];
        let copy = DataCopy { memory, offset: self.evaluate(offset)?, segment: (self.instance, data) };
        let own = index.as_u32() as usize >= self.module.imported_memories;
        let end = copy.offset.checked_add(segment.bytes.len() as u64);
        let ty = self.resolved.memories[memory].ty;
        let fits = end.is_some_and(|end| end <= ty.min_pages.saturating_mul(1 << ty.page_log2));
        // Each thread that shares a memory instantiates the module again, and writes its segments again.
        match self.resolvable(own) && !ty.shared {
            true if fits => self.result.data.push(copy),
            true => return Ok(self.trap(Trap::MemoryOutOfBounds)),
            false => self.steps.push(StartStep::Data(copy)),
        }
        Ok(false)
    }

    /// The steps that make values, in the order of instantiation; they come before the others. Nothing but their memory
    /// can trap, and no other code can see them, so they keep nothing else from being resolved.
    fn computed_values(&self) -> Result<Vec<Step>> {
        let (resolved, module) = (self.resolved, self.module);
        let instance = &resolved.instances[self.instance];
        let mut steps = Vec::new();
        for global in instance.globals.values().skip(module.imported_globals) {
            if let Some(computation) = resolved.globals[*global].init.computation() {
                steps.push(StartStep::Global { global: *global, computation: computation.clone() });
            }
        }
        for table in instance.tables.values().skip(module.imported_tables) {
            if let Some(computation) = resolved.tables[*table].init.computation() {
                steps.push(StartStep::Fill { table: *table, computation: computation.clone() });
            }
        }
        for element in module.elements.keys() {
            steps.extend(computed_elements(resolved, (self.instance, element))?);
        }
        Ok(steps)
    }

    fn resolvable(&self, own: bool) -> bool {
        self.steps.is_empty() && (own || !self.code_has_run)
    }

    fn trap(&mut self, trap: Trap) -> bool {
        self.steps.push(StartStep::Trap(trap));
        true
    }

    fn evaluate(&self, expr: &[ConstOp]) -> Result<u64> {
        let value = evaluate(expr, &self.resolved.instances[self.instance], &self.resolved.globals)?;
        Ok(value.and_then(ConstValue::unsigned).unwrap_or(u64::MAX))
    }
}

/// The steps that make those elements of a segment that aren't constant.
fn computed_elements(resolved: &Resolved<'_, '_>, segment: ElementKey) -> Result<Vec<Step>> {
    if !has_computed(resolved, segment)? {
        return Ok(Vec::new());
    }
    let (instance, element) = segment;
    let values = element_values(resolved, segment)?;
    let elements = resolved.module(instance).elements[element].elements.iter().zip(values).enumerate();
    let step = |(index, (element, value)): (usize, (&ElementExpr, Option<_>))| match element {
        ElementExpr::Expr(expr) if value.is_none() => {
            let computation = Computation { instance, expr: expr.clone() };
            Some(StartStep::Element { segment, index: index as u64, computation })
        }
        _ => None,
    };
    Ok(elements.filter_map(step).collect())
}

/// Returns true if an element segment that is ever used has values that start-up makes.
fn has_computed(resolved: &Resolved<'_, '_>, segment: ElementKey) -> Result<bool> {
    let (instance, element) = segment;
    let source = &resolved.module(instance).elements[element];
    let constant = |element: &ElementExpr| matches!(element, ElementExpr::Func(_));
    if matches!(source.mode, SegmentMode::Declared) || source.elements.iter().all(constant) {
        return Ok(false);
    }
    Ok(element_values(resolved, segment)?.contains(&None))
}
