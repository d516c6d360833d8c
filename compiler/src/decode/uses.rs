//! References of a function body: gathered once while decoding, so that the plan sees the whole program without
//! reading any body again.

use super::indices::{DataIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};
use super::operators::{Immediate, Objects, TableUse, Use, facts, visit_immediates};
use super::proposals::{Proposal, Proposals};
use wasmparser::{Operator, ValType};

/// The items that a body refers to, each list sorted and without repetitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Functions called directly.
    pub calls: Box<[FuncIndex]>,
    /// Functions taken by `ref.func`.
    pub ref_funcs: Box<[FuncIndex]>,
    /// Globals, with how often each occurs in the body.
    pub globals: Box<[(GlobalIndex, u32)]>,
    /// Tables called through: `call_indirect`.
    pub tables_called: Box<[TableIndex]>,
    /// Tables whose references or size are read: `table.get`, `table.size`, source of `table.copy`.
    pub tables_read: Box<[TableIndex]>,
    /// Tables changed: `table.set`, `.grow`, `.fill`, `.init`, target of `.copy`.
    pub tables_written: Box<[TableIndex]>,
    /// Tables that the body may grow.
    pub tables_grown: Box<[TableIndex]>,
    /// Memories that the body may grow.
    pub memories_grown: Box<[MemoryIndex]>,
    /// Data segments of `memory.init`, `data.drop`, `array.new_data` and `array.init_data`.
    pub data: Box<[DataIndex]>,
    /// Element segments of `table.init`, `elem.drop`, `array.new_elem` and `array.init_elem`.
    pub elements: Box<[ElementIndex]>,
    /// True if the body has vectors: operators of theirs, locals or blocks. Types of functions and globals don't count.
    pub vectors: bool,
    /// True if the body throws or catches exceptions.
    pub exceptions: bool,
    /// True if the body has operators of legacy exceptions.
    pub legacy_exceptions: bool,
    /// True if the body has `try_table` or `throw_ref`.
    pub try_tables: bool,
    /// True if the body makes structures or arrays, or looks into some.
    pub objects: bool,
    /// Values that the body declares as locals, or passes on to and from functions, between blocks and to fields.
    pub values: u64,
    /// The number of operators in the body.
    pub operators: u32,
    /// The number of operators that begin blocks of code.
    pub blocks: u32,
    /// The number of multiplications of 64 bits.
    pub products: u32,
    /// True if the body may use more than its parameters and locals: memory, globals, tables, objects, exceptions.
    pub state: bool,
    /// The proposals whose operators the body has.
    pub proposals: Proposals,
}

/// Gathers [`Uses`] operator by operator.
#[derive(Default)]
pub(super) struct Collector {
    calls: Vec<FuncIndex>,
    ref_funcs: Vec<FuncIndex>,
    globals: Vec<GlobalIndex>,
    tables_called: Vec<TableIndex>,
    tables_read: Vec<TableIndex>,
    tables_written: Vec<TableIndex>,
    tables_grown: Vec<TableIndex>,
    memories_grown: Vec<MemoryIndex>,
    data: Vec<DataIndex>,
    elements: Vec<ElementIndex>,
    vectors: bool,
    exceptions: bool,
    legacy_exceptions: bool,
    try_tables: bool,
    objects: bool,
    values: u64,
    operators: u32,
    blocks: u32,
    products: u32,
    state: bool,
    proposals: Proposals,
}

impl Collector {
    /// Counts values that the body declares or passes on.
    pub(super) fn count_values(&mut self, values: u64) {
        self.values = self.values.saturating_add(values);
    }

    /// Notes what `operator` refers to.
    pub(super) fn visit(&mut self, operator: &Operator<'_>) {
        let facts = facts(operator);
        self.operators += 1;
        self.proposals.insert(facts.proposal);
        self.blocks += u32::from(facts.begins_block());
        self.products += u32::from(matches!(operator, Operator::I64Mul));
        self.state |= facts.uses_state();
        self.vectors |= facts.proposal.is_of_vectors();
        self.exceptions |= facts.exceptions;
        self.legacy_exceptions |= facts.proposal == Proposal::legacy_exceptions;
        self.try_tables |= matches!(operator, Operator::TryTable { .. } | Operator::ThrowRef);
        self.objects |= facts.objects != Objects::None;
        let mut uses = facts.uses.iter();
        visit_immediates(operator, |immediate| match immediate {
            Immediate::Item(index) => {
                let used = uses.next().unwrap_or_else(|| unreachable!("uses and immediates agree"));
                self.visit_item(*used, index);
            }
            Immediate::ValueType(ty) => self.visit_type(ty),
            Immediate::HeapType(_) => {}
        });
    }

    fn visit_item(&mut self, used: Use, index: u32) {
        match used {
            Use::Call => self.calls.push(FuncIndex::from_u32(index)),
            Use::Reference => self.ref_funcs.push(FuncIndex::from_u32(index)),
            Use::Global => self.globals.push(GlobalIndex::from_u32(index)),
            Use::Table(used) => self.visit_table(used, TableIndex::from_u32(index)),
            Use::MemoryGrow => self.memories_grown.push(MemoryIndex::from_u32(index)),
            Use::Data => self.data.push(DataIndex::from_u32(index)),
            Use::Element => self.elements.push(ElementIndex::from_u32(index)),
            Use::Memory | Use::Tag | Use::Type | Use::Field => {}
        }
    }

    fn visit_table(&mut self, used: TableUse, table: TableIndex) {
        let TableUse { called, read, written, grown } = used;
        let lists = [
            (called, &mut self.tables_called),
            (read, &mut self.tables_read),
            (written, &mut self.tables_written),
            (grown, &mut self.tables_grown),
        ];
        for (_, list) in lists.into_iter().filter(|(is_used, _)| *is_used) {
            list.push(table);
        }
    }

    /// Notes the type of a local or block.
    pub(super) fn visit_type(&mut self, ty: ValType) {
        self.vectors |= ty == ValType::V128;
    }

    /// The sorted lists.
    pub(super) fn finish(self) -> Uses {
        Uses {
            calls: sorted(self.calls),
            ref_funcs: sorted(self.ref_funcs),
            globals: counted(self.globals),
            tables_called: sorted(self.tables_called),
            tables_read: sorted(self.tables_read),
            tables_written: sorted(self.tables_written),
            tables_grown: sorted(self.tables_grown),
            memories_grown: sorted(self.memories_grown),
            data: sorted(self.data),
            elements: sorted(self.elements),
            vectors: self.vectors,
            exceptions: self.exceptions,
            legacy_exceptions: self.legacy_exceptions,
            try_tables: self.try_tables,
            objects: self.objects,
            values: self.values,
            operators: self.operators,
            blocks: self.blocks,
            products: self.products,
            state: self.state,
            proposals: self.proposals,
        }
    }
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Box<[T]> {
    items.sort_unstable();
    items.dedup();
    items.into()
}

fn counted<T: Ord + Copy>(mut items: Vec<T>) -> Box<[(T, u32)]> {
    items.sort_unstable();
    items.chunk_by(|a, b| a == b).map(|equal| (equal[0], equal.len() as u32)).collect()
}
