//! What can run: from the roots along calls, references and tables. All else is dropped before compiling.

use super::constant::DraftValue;
use super::resolve::{Draft, FuncDef, GeneratedKind};
use super::segments::{DraftStep, ElementUse, Instantiation, element_values};
use super::{GlobalId, InstanceId, MemoryId, TableId};
use crate::decode::{ConstOp, DataIndex, ElementExpr, ElementIndex};
use crate::error::Result;
use aot_abi::symbols::THREAD_SPAWN;
use cranelift_entity::SecondaryMap;
use std::collections::{BTreeSet, HashMap};

/// How live code uses a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TableUse {
    pub called: bool,
    pub read: bool,
    pub written: bool,
    pub grown: bool,
}

impl TableUse {
    fn any(self) -> bool {
        self.called || self.read || self.written || self.grown
    }
}

/// What can run, and what that refers to.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Functions, in the order of the guest text.
    pub functions: BTreeSet<FuncDef>,
    /// Functions whose references exist.
    pub referenced: BTreeSet<FuncDef>,
    /// Uses of tables.
    pub tables: SecondaryMap<TableId, TableUse>,
    /// How often live code names each global; 0: never.
    pub globals: SecondaryMap<GlobalId, u64>,
    /// Memories that live code may grow.
    pub memories_grown: BTreeSet<MemoryId>,
    /// Whether live code throws or catches exceptions.
    pub exceptions: bool,
    /// Whether live code or a live value makes structures or arrays.
    pub objects: bool,
    /// Whether live code makes threads.
    pub threads: bool,
    /// Passive data segments.
    pub data: BTreeSet<(InstanceId, DataIndex)>,
    /// Passive element segments.
    pub elements: BTreeSet<(InstanceId, ElementIndex)>,
}

/// From where liveness begins, besides the steps of start-up.
#[derive(Debug, Default)]
pub(super) struct Roots {
    pub functions: Vec<FuncDef>,
    /// Functions that the runtime refers to by their records.
    pub referenced: Vec<FuncDef>,
    pub tables: Vec<TableId>,
    pub globals: Vec<GlobalId>,
    /// What new threads run, where there can be any.
    pub thread_start: Option<FuncDef>,
}

/// Computes what is live.
pub(super) fn find(draft: &Draft<'_, '_>, instantiation: &Instantiation, roots: Roots) -> Result<Live> {
    let mut finder = Finder {
        draft,
        segments_of: HashMap::new(),
        thread_start: roots.thread_start,
        live: Live::default(),
        work: Vec::new(),
        computations: Vec::new(),
    };
    for element in &instantiation.elements {
        finder.segments_of.entry(element.table).or_default().push(*element);
    }
    finder.steps(instantiation)?;
    for func in roots.functions {
        finder.function(func);
    }
    for func in roots.referenced {
        finder.reference(func);
    }
    for table in roots.tables {
        finder.table(table, TableUse { called: true, read: true, written: true, grown: true })?;
    }
    for global in roots.globals {
        finder.global(global, 1);
    }
    loop {
        if let Some((instance, expr)) = finder.computations.pop() {
            finder.computation(instance, expr);
        } else if let Some(func) = finder.work.pop() {
            finder.scan(func)?;
        } else {
            return Ok(finder.live);
        }
    }
}

struct Finder<'f, 'p, 'a> {
    draft: &'f Draft<'p, 'a>,
    /// Resolved active element segments by table.
    segments_of: HashMap<TableId, Vec<ElementUse>>,
    thread_start: Option<FuncDef>,
    live: Live,
    work: Vec<FuncDef>,
    /// Constant expressions that start-up evaluates, not looked into yet.
    computations: Vec<(InstanceId, &'f [ConstOp])>,
}

impl<'f> Finder<'f, '_, '_> {
    fn steps(&mut self, instantiation: &Instantiation) -> Result<()> {
        for step in instantiation.steps.iter().flatten() {
            match *step {
                DraftStep::Call(func) => self.function(func),
                DraftStep::Elements(step) => {
                    self.table(step.table, TableUse { written: true, ..TableUse::default() })?;
                    self.segment(step.instance, step.element)?;
                }
                DraftStep::Data(_)
                | DraftStep::Trap(_)
                | DraftStep::Global(_)
                | DraftStep::Table(_)
                | DraftStep::Segment(..) => {}
            }
        }
        Ok(())
    }

    fn function(&mut self, func: FuncDef) {
        if self.live.functions.insert(func) {
            self.work.push(func);
        }
    }

    fn reference(&mut self, func: FuncDef) {
        self.live.referenced.insert(func);
        self.function(func);
    }

    fn values(&mut self, values: &[DraftValue]) {
        for value in values {
            if let DraftValue::Func(func) = value {
                self.reference(*func);
            }
        }
    }

    fn global(&mut self, global: GlobalId, uses: u64) {
        let draft = self.draft;
        let is_new = self.live.globals[global] == 0;
        self.live.globals[global] += uses;
        self.values(&[draft.globals[global].init]);
        if let Some(source) = draft.globals[global].source.as_ref().filter(|_| is_new) {
            self.computations.push((source.instance, &source.expr));
        }
    }

    /// Notes what the elements of a segment refer to.
    fn segment(&mut self, instance: InstanceId, element: ElementIndex) -> Result<()> {
        let draft = self.draft;
        let values = element_values(draft, instance, element)?;
        self.values(&values);
        let segment = &draft.program.modules[draft.instances[instance].module].elements[element];
        for (value, element) in values.iter().zip(&segment.elements) {
            if let (DraftValue::Computed, ElementExpr::Expr(expr)) = (value, element) {
                self.computations.push((instance, expr));
            }
        }
        Ok(())
    }

    fn computation(&mut self, instance: InstanceId, expr: &[ConstOp]) {
        let instance = &self.draft.instances[instance];
        for op in expr {
            match *op {
                ConstOp::RefFunc(func) => self.reference(instance.functions[func]),
                ConstOp::GlobalGet(global) => self.global(instance.globals[global], 1),
                ConstOp::StructNew(_)
                | ConstOp::StructNewDefault(_)
                | ConstOp::ArrayNew(_)
                | ConstOp::ArrayNewDefault(_)
                | ConstOp::ArrayNewFixed(..) => self.live.objects = true,
                _ => {}
            }
        }
    }

    fn table(&mut self, table: TableId, new: TableUse) -> Result<()> {
        let old = self.live.tables[table];
        self.live.tables[table] = TableUse {
            called: old.called | new.called,
            read: old.read | new.read,
            written: old.written | new.written,
            grown: old.grown | new.grown,
        };
        if !old.any() && new.any() {
            let draft = self.draft;
            self.values(&[draft.tables[table].init]);
            if let Some(source) = &draft.tables[table].source {
                self.live.tables[table].written = true;
                self.computations.push((source.instance, &source.expr));
            }
            for segment in self.segments_of.remove(&table).unwrap_or_default() {
                self.values(&element_values(self.draft, segment.instance, segment.element)?);
            }
        }
        Ok(())
    }

    fn scan(&mut self, func: FuncDef) -> Result<()> {
        let draft = self.draft;
        let (instance_id, func) = match func {
            FuncDef::Wasm(instance, func) => (instance, func),
            FuncDef::Generated(index) => {
                let called = match &draft.generated[index].kind {
                    GeneratedKind::Host { symbol, .. } if symbol == THREAD_SPAWN => {
                        self.live.threads = true;
                        self.thread_start
                    }
                    GeneratedKind::Host { options, .. } => options.realloc,
                    GeneratedKind::Drop { destructor, .. } => *destructor,
                    _ => None,
                };
                called.into_iter().for_each(|func| self.function(func));
                return Ok(());
            }
        };
        let instance = &draft.instances[instance_id];
        let Some(body) = draft.program.modules[instance.module].body(func) else {
            return Ok(());
        };
        let uses = &body.uses;
        uses.calls.iter().for_each(|callee| self.function(instance.functions[*callee]));
        uses.ref_funcs.iter().for_each(|func| self.reference(instance.functions[*func]));
        for (global, count) in &uses.globals {
            self.global(instance.globals[*global], u64::from(*count));
        }
        for table in &uses.tables_called {
            self.table(instance.tables[*table], TableUse { called: true, ..TableUse::default() })?;
        }
        for table in &uses.tables_read {
            self.table(instance.tables[*table], TableUse { read: true, ..TableUse::default() })?;
        }
        for table in &uses.tables_written {
            self.table(instance.tables[*table], TableUse { written: true, ..TableUse::default() })?;
        }
        for table in &uses.tables_grown {
            self.table(instance.tables[*table], TableUse { grown: true, ..TableUse::default() })?;
        }
        self.live.exceptions |= uses.exceptions;
        self.live.objects |= uses.objects;
        self.live.memories_grown.extend(uses.memories_grown.iter().map(|memory| instance.memories[*memory]));
        self.live.data.extend(uses.data.iter().map(|data| (instance_id, *data)));
        for element in &uses.elements {
            if self.live.elements.insert((instance_id, *element)) {
                self.segment(instance_id, *element)?;
            }
        }
        Ok(())
    }
}
