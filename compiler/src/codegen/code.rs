//! The product of code generation: the guest text, an item after the other.

use super::debug_item::DebugItem;
use super::placement::Costs;
use crate::optimize::Locations;
use crate::translate::{TextItem, names::Name};
use aot_abi::trap::Trap;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir;
use std::collections::{HashMap, HashSet};

/// A compiled item.
pub struct CompiledItem {
    /// What it is.
    pub item: TextItem,
    /// Its place in the text.
    pub offset: u64,
    /// Machine code.
    pub bytes: Vec<u8>,
    /// Where it refers to others.
    pub relocations: Vec<Relocation>,
    /// Instructions that can trap: offset in the item, and why. Guarded accesses to memories aren't among them: those
    /// are known by the address that they fault at.
    pub traps: Vec<(u32, Trap)>,
    /// Calls with handlers, sorted by return address.
    pub handled_calls: Vec<HandledCall>,
    /// Where its frame has references during calls.
    pub stack_maps: StackMaps,
    /// For each trapping instruction and return address, sorted: offset in the item, and where it is in the source.
    pub addresses: Vec<(u32, ir::SourceLoc)>,
    /// What the locations mean that come from inlined functions.
    pub locations: Locations,
    /// For debug information, where that is wanted.
    pub(crate) debug: Option<DebugItem>,
    /// What it costs at each place in a line.
    pub(super) costs: Costs,
}

/// A call with handlers for exceptions.
pub struct HandledCall {
    /// Offset of the return address in the item.
    pub return_address: u32,
    /// How far the stack pointer is below the frame pointer.
    pub frame_bytes: u32,
    /// In the order in which they are tried: what they take (`aot_abi::exception::catch`), and their offset in the item.
    pub handlers: Vec<(u32, u32)>,
}

/// Where a frame has references during calls.
#[derive(Default)]
pub struct StackMaps {
    /// How far references are below the frame pointer, in bytes.
    pub slots: Vec<Vec<u32>>,
    /// Calls that references outlive, sorted: offset of the return address in the item, and the number of their slots.
    pub calls: Vec<(u32, usize)>,
}

/// A reference from code.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// Offset in the item.
    pub offset: u32,
    /// How to patch.
    pub kind: Reloc,
    /// To what.
    pub target: Target,
    /// What to add to its address.
    pub addend: i64,
}

/// What a relocation refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Code or data of ours, or of the runtime.
    Name(Name),
    /// An offset in the item itself.
    Own(u32),
    /// A function of Cranelift's run-time library.
    Libcall(ir::LibCall),
}

/// The guest text.
pub struct Code {
    /// Items in the order of their offsets.
    pub items: Vec<CompiledItem>,
    /// Bytes of text.
    pub bytes: u64,
    offsets: HashMap<TextItem, u64>,
}

impl Code {
    /// The text offset of an item.
    pub fn offset(&self, item: TextItem) -> Option<u64> {
        self.offsets.get(&item).copied()
    }
}

/// Gives each item its offset; drops trampolines to libcalls that nothing refers to.
pub fn lay_out(compiled: Vec<CompiledItem>) -> Code {
    let referenced: HashSet<Name> = compiled
        .iter()
        .flat_map(|item| &item.relocations)
        .filter_map(|relocation| match relocation.target {
            Target::Name(name) => Some(name),
            _ => None,
        })
        .collect();
    let kept =
        |item: &CompiledItem| !matches!(item.item, TextItem::Libcall(_)) || referenced.contains(&item.item.name());
    let mut items: Vec<CompiledItem> = compiled.into_iter().filter(kept).collect();
    let mut bytes = 0u64;
    let mut offsets = HashMap::new();
    for item in &mut items {
        // Nothing lies before the first one, so nothing can move it.
        item.offset = if bytes == 0 { 0 } else { item.costs.place(bytes) };
        offsets.insert(item.item, item.offset);
        bytes = item.offset + item.bytes.len() as u64;
    }
    Code { items, bytes, offsets }
}
