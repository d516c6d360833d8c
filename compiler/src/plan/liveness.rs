//! Liveness of functions: from the roots along calls, references and tables. All else is dropped before compiling.

use super::instantiate::Instantiation;
use super::program::{
    Computation, ConstValue, ElementCopy, Entered, ExportsPlan, FuncKind, GlobalId, InstanceId, MemoryId, StartStep,
    TableId,
};
use super::resolve::element_values;
use super::resolved::{DataKey, ElementKey, FuncDef, Resolved, ResolvedRoots, Value};
use crate::decode::{ConstOp, ElementExpr};
use crate::error::Result;
use aot_abi::symbols::THREAD_SPAWN;
use cranelift_entity::SecondaryMap;
use std::collections::{BTreeSet, HashMap};

/// The uses that live code makes of a table.
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

/// The functions that can run, and the items that they refer to.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Functions, in the order of the guest text.
    pub functions: BTreeSet<FuncDef>,
    /// Functions whose references exist.
    pub referenced: BTreeSet<FuncDef>,
    /// Functions that the runtime enters by their references: those that adapters of asynchronous calls hand to it.
    pub entered: BTreeSet<FuncDef>,
    /// Uses of tables.
    pub tables: SecondaryMap<TableId, TableUse>,
    /// The number of times that live code names each global; 0 for never.
    pub globals: SecondaryMap<GlobalId, u64>,
    /// Memories that live code may grow.
    pub memories_grown: BTreeSet<MemoryId>,
    /// Set if live code throws or catches exceptions.
    pub exceptions: bool,
    /// Set if live code or a live value makes structures or arrays.
    pub objects: bool,
    /// Set if live code makes threads.
    pub threads: bool,
    /// Passive data segments.
    pub data: BTreeSet<DataKey>,
    /// Passive element segments.
    pub elements: BTreeSet<ElementKey>,
}

/// Computes what is live.
pub(super) fn find(resolved: &Resolved<'_, '_>, instantiation: &Instantiation, roots: &ResolvedRoots) -> Result<Live> {
    let mut finder = Finder {
        resolved,
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
    finder.roots(roots)?;
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
    resolved: &'f Resolved<'p, 'a>,
    /// Resolved active element segments by table.
    segments_of: HashMap<TableId, Vec<ElementCopy<ElementKey>>>,
    thread_start: Option<FuncDef>,
    live: Live,
    work: Vec<FuncDef>,
    /// Constant expressions that start-up evaluates, not looked into yet.
    computations: Vec<(InstanceId, &'f [ConstOp])>,
}

impl<'f> Finder<'f, '_, '_> {
    fn steps(&mut self, instantiation: &Instantiation) -> Result<()> {
        for step in instantiation.steps.iter().flatten() {
            match step {
                StartStep::Call(func) => self.function(*func),
                StartStep::Elements(copy) => {
                    self.table(copy.table, TableUse { written: true, ..TableUse::default() })?;
                    self.segment(copy.segment)?;
                }
                StartStep::Data(_)
                | StartStep::Trap(_)
                | StartStep::Global { .. }
                | StartStep::Fill { .. }
                | StartStep::Element { .. } => {}
            }
        }
        Ok(())
    }

    fn roots(&mut self, roots: &ResolvedRoots) -> Result<()> {
        let main = roots.main.iter().map(|main| main.func);
        let exported = roots.exports.iter().flat_map(ExportsPlan::entered);
        main.chain(roots.initialize).chain(exported).for_each(|func| self.function(func));
        roots.functions.iter().for_each(|func| self.reference(*func));
        for table in &roots.tables {
            self.table(*table, TableUse { called: true, read: true, written: true, grown: true })?;
        }
        roots.globals.iter().for_each(|global| self.global(*global, 1));
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

    fn value(&mut self, value: Option<Value>) {
        if let Some(ConstValue::Func(func)) = value {
            self.reference(func);
        }
    }

    fn global(&mut self, global: GlobalId, uses: u64) {
        let resolved = self.resolved;
        let init = &resolved.globals[global].init;
        let is_new = self.live.globals[global] == 0;
        self.live.globals[global] += uses;
        self.value(init.constant());
        if let Some(computation) = init.computation().filter(|_| is_new) {
            self.later(computation);
        }
    }

    fn later(&mut self, computation: &'f Computation) {
        self.computations.push((computation.instance, &computation.expr));
    }

    /// Notes what the elements of a segment refer to.
    fn segment(&mut self, segment: ElementKey) -> Result<()> {
        let (instance, element) = segment;
        let elements = &self.resolved.module(instance).elements[element].elements;
        for (value, element) in element_values(self.resolved, segment)?.into_iter().zip(elements) {
            match (value, element) {
                (None, ElementExpr::Expr(expr)) => self.computations.push((instance, expr)),
                (value, _) => self.value(value),
            }
        }
        Ok(())
    }

    fn computation(&mut self, instance: InstanceId, expr: &[ConstOp]) {
        let instance = &self.resolved.instances[instance];
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
            let init = &self.resolved.tables[table].init;
            self.value(init.constant());
            if let Some(computation) = init.computation() {
                self.live.tables[table].written = true;
                self.later(computation);
            }
            for copy in self.segments_of.remove(&table).unwrap_or_default() {
                let values = element_values(self.resolved, copy.segment)?;
                values.into_iter().for_each(|value| self.value(value));
            }
        }
        Ok(())
    }

    fn scan(&mut self, func: FuncDef) -> Result<()> {
        let resolved = self.resolved;
        let (instance_id, func) = match func {
            FuncDef::Wasm(instance, func) => (instance, func),
            FuncDef::Generated(index) => {
                self.generated(index);
                return Ok(());
            }
        };
        let instance = &resolved.instances[instance_id];
        let Some(body) = resolved.module(instance_id).body(func) else {
            return Ok(());
        };
        let uses = &body.uses;
        uses.calls.iter().for_each(|callee| self.function(instance.functions[*callee]));
        uses.ref_funcs.iter().for_each(|func| self.reference(instance.functions[*func]));
        if resolved.module(instance_id).synthetic {
            self.live.entered.extend(uses.ref_funcs.iter().map(|func| instance.functions[*func]));
        }
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
                self.segment((instance_id, *element))?;
            }
        }
        Ok(())
    }

    /// Notes what a generated function calls.
    fn generated(&mut self, index: usize) {
        let resolved = self.resolved;
        let called = match &resolved.generated[index].kind {
            FuncKind::Host { symbol, .. } if symbol == THREAD_SPAWN => {
                self.live.threads = true;
                self.thread_start
            }
            FuncKind::Host { options, .. } => options.realloc,
            FuncKind::Builtin(call) => {
                for func in call.references.iter().flatten() {
                    self.live.entered.insert(*func);
                    self.reference(*func);
                }
                if let Some(realloc) = call.options.as_ref().and_then(|options| options.realloc) {
                    self.function(realloc);
                }
                call.destructor
            }
            FuncKind::Enter(Entered { func, part, flags, .. }) => {
                self.global(*part, 1);
                self.global(*flags, 1);
                Some(*func)
            }
            FuncKind::Wasm { .. } | FuncKind::Missing { .. } | FuncKind::AdapterTrap | FuncKind::Context { .. } => None,
        };
        called.into_iter().for_each(|func| self.function(func));
    }
}
