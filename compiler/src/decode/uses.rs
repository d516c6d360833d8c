//! What a function body refers to: gathered once while decoding, so that the plan sees the whole program without
//! reading any body again.

use super::module::{DataIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};
use wasmparser::{BlockType, Operator, ValType};

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
    /// Whether it has vectors: operators of theirs, locals or blocks. Types of functions and globals are not looked at.
    pub vectors: bool,
    /// Whether it throws or catches exceptions.
    pub exceptions: bool,
    /// Whether it makes structures or arrays, or looks into some.
    pub objects: bool,
    /// How many operators it has.
    pub operators: u32,
    /// How many of them begin blocks of code.
    pub blocks: u32,
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
    objects: bool,
    operators: u32,
    blocks: u32,
}

impl Collector {
    /// Notes what `operator` refers to.
    pub(super) fn visit(&mut self, operator: &Operator<'_>) {
        use Operator as O;
        self.operators += 1;
        self.vectors |= is_of_vectors(operator);
        self.blocks += u32::from(begins_block(operator));
        match *operator {
            O::Call { function_index } | O::ReturnCall { function_index } => {
                self.calls.push(FuncIndex::from_u32(function_index));
            }
            O::RefFunc { function_index } => self.ref_funcs.push(FuncIndex::from_u32(function_index)),
            O::GlobalGet { global_index } | O::GlobalSet { global_index } => {
                self.globals.push(GlobalIndex::from_u32(global_index));
            }
            O::CallIndirect { table_index, .. } | O::ReturnCallIndirect { table_index, .. } => {
                self.tables_called.push(TableIndex::from_u32(table_index));
            }
            O::TableGet { table } | O::TableSize { table } => self.tables_read.push(TableIndex::from_u32(table)),
            O::TableSet { table } | O::TableFill { table } => {
                self.tables_written.push(TableIndex::from_u32(table));
            }
            O::TableGrow { table } => {
                self.tables_written.push(TableIndex::from_u32(table));
                self.tables_grown.push(TableIndex::from_u32(table));
            }
            O::TableCopy { dst_table, src_table } => {
                self.tables_read.push(TableIndex::from_u32(src_table));
                self.tables_written.push(TableIndex::from_u32(dst_table));
            }
            O::TableInit { elem_index, table } => {
                self.tables_written.push(TableIndex::from_u32(table));
                self.elements.push(ElementIndex::from_u32(elem_index));
            }
            O::ElemDrop { elem_index } => self.elements.push(ElementIndex::from_u32(elem_index)),
            O::MemoryGrow { mem } => self.memories_grown.push(MemoryIndex::from_u32(mem)),
            O::MemoryInit { data_index, .. } | O::DataDrop { data_index } => {
                self.data.push(DataIndex::from_u32(data_index));
            }
            O::StructNew { .. }
            | O::StructNewDefault { .. }
            | O::ArrayNew { .. }
            | O::ArrayNewDefault { .. }
            | O::ArrayNewFixed { .. }
            | O::StructGet { .. }
            | O::StructGetS { .. }
            | O::StructGetU { .. }
            | O::StructSet { .. }
            | O::ArrayGet { .. }
            | O::ArrayGetS { .. }
            | O::ArrayGetU { .. }
            | O::ArraySet { .. }
            | O::ArrayLen
            | O::ArrayFill { .. }
            | O::ArrayCopy { .. } => self.objects = true,
            O::ArrayNewData { array_data_index, .. } => {
                self.objects = true;
                self.data.push(DataIndex::from_u32(array_data_index));
            }
            O::ArrayInitData { array_data_index, .. } => {
                self.objects = true;
                self.data.push(DataIndex::from_u32(array_data_index));
            }
            O::ArrayNewElem { array_elem_index, .. } => {
                self.objects = true;
                self.elements.push(ElementIndex::from_u32(array_elem_index));
            }
            O::ArrayInitElem { array_elem_index, .. } => {
                self.objects = true;
                self.elements.push(ElementIndex::from_u32(array_elem_index));
            }
            O::Throw { .. } | O::ThrowRef => self.exceptions = true,
            O::TryTable { ref try_table } => {
                self.exceptions = true;
                if let BlockType::Type(ty) = try_table.ty {
                    self.visit_type(ty);
                }
            }
            O::Block { blockty: BlockType::Type(ty) }
            | O::Loop { blockty: BlockType::Type(ty) }
            | O::If { blockty: BlockType::Type(ty) }
            | O::TypedSelect { ty } => self.visit_type(ty),
            _ => {}
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
            objects: self.objects,
            operators: self.operators,
            blocks: self.blocks,
        }
    }
}

/// Whether control parts or joins at an operator: at constructs and branches, and where an object is made.
fn begins_block(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::Block { .. }
            | O::Loop { .. }
            | O::If { .. }
            | O::Else
            | O::TryTable { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::BrOnNull { .. }
            | O::BrOnNonNull { .. }
            | O::BrOnCast { .. }
            | O::BrOnCastFail { .. }
            | O::StructNew { .. }
            | O::StructNewDefault { .. }
            | O::ArrayNew { .. }
            | O::ArrayNewDefault { .. }
            | O::ArrayNewFixed { .. }
            | O::ArrayNewData { .. }
            | O::ArrayNewElem { .. }
    )
}

macro_rules! define_is_of_vectors {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// Whether an operator is one of the proposals for vectors.
        fn is_of_vectors(operator: &Operator<'_>) -> bool {
            match operator {
                $(Operator::$op { .. } => const { is_for_vectors(stringify!($proposal)) },)*
                _ => false,
            }
        }
    };
}
wasmparser::for_each_operator!(define_is_of_vectors);

/// Whether a proposal, by wasmparser's name, is one for vectors.
const fn is_for_vectors(proposal: &str) -> bool {
    matches!(proposal.as_bytes(), b"simd" | b"relaxed_simd")
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
