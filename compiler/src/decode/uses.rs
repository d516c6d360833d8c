//! What a function body refers to: gathered once while decoding, so that the plan sees the whole program without
//! reading any body again.

use super::module::{DataIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex};

/// The items that a body refers to, each list sorted and without repetitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Functions called directly.
    pub calls: Box<[FuncIndex]>,
    /// Functions taken by `ref.func`.
    pub ref_funcs: Box<[FuncIndex]>,
    /// Globals, with how often each occurs in the body.
    pub globals: Box<[(GlobalIndex, u32)]>,
    /// Tables read: `call_indirect`, `table.get`, `table.size`, source of `table.copy`.
    pub tables_read: Box<[TableIndex]>,
    /// Tables changed: `table.set`, `.grow`, `.fill`, `.init`, target of `.copy`.
    pub tables_written: Box<[TableIndex]>,
    /// Memories that the body may grow.
    pub memories_grown: Box<[MemoryIndex]>,
    /// Data segments of `memory.init` and `data.drop`.
    pub data: Box<[DataIndex]>,
    /// Element segments of `table.init` and `elem.drop`.
    pub elements: Box<[ElementIndex]>,
    /// How many operators it has.
    pub operators: u32,
}
