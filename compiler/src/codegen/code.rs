//! The product of code generation: the guest text, one item after another.

use super::debug_item::DebugItem;
use super::placement::Costs;
use crate::optimize::Locations;
use crate::translate::{TextItem, names::Name};
use aot_abi::trap::Trap;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir;
use std::collections::HashMap;

/// A compiled item of the guest text.
pub struct CompiledItem {
    /// The function or trampoline that the code belongs to.
    pub item: TextItem,
    /// Offset of the item in the text, in bytes.
    pub offset: u64,
    /// The machine code of the item.
    pub bytes: Vec<u8>,
    /// References to other items, to data and to the runtime, to be patched.
    pub relocations: Vec<Relocation>,
    /// Instructions that can trap: the offset in the item and the trap code. Guarded memory accesses are not listed:
    /// the runtime recognises them by the faulting address.
    pub traps: Vec<(u32, Trap)>,
    /// Calls with handlers, sorted by return address.
    pub handled_calls: Vec<HandledCall>,
    /// Stack slots that hold references during calls.
    pub stack_maps: StackMaps,
    /// Source location of each trapping instruction and return address: the offset in the item, sorted, and the
    /// location.
    pub addresses: Vec<(u32, ir::SourceLoc)>,
    /// Meaning of the locations that come from inlined functions.
    pub locations: Locations,
    /// Data for debug information, if it is wanted.
    pub(crate) debug: Option<DebugItem>,
    /// Bytes to a multiple of which the item has to be aligned.
    pub alignment: u32,
    /// Cost of each position of the item in a cache line.
    pub(super) costs: Costs,
}

/// A call with exception handlers.
#[derive(PartialEq, Eq)]
pub struct HandledCall {
    /// Offset of the return address in the item.
    pub return_address: u32,
    /// Distance from the stack pointer up to the frame pointer, in bytes.
    pub frame_bytes: u32,
    /// Handlers in the order in which they are tried: what each takes (`aot_abi::exception::catch`), and its offset in
    /// the item.
    pub handlers: Vec<(u32, u32)>,
}

/// Stack slots of a frame that hold references during calls.
#[derive(Default, PartialEq, Eq)]
pub struct StackMaps {
    /// Distances of slots below the frame pointer, in bytes, one list for each distinct map.
    pub slots: Vec<Vec<u32>>,
    /// Calls that references outlive, sorted: offset of the return address in the item, and index of the map in
    /// `slots`.
    pub calls: Vec<(u32, usize)>,
}

/// A reference from code to a symbol or to an offset in the item.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// Offset in the item of the bytes to patch.
    pub offset: u32,
    /// Relocation type: which bits are patched, and how.
    pub kind: Reloc,
    /// Symbol or offset that the code refers to.
    pub target: Target,
    /// Addend: a constant that is added to the target's address.
    pub addend: i64,
}

/// Target of a relocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Code or data of the program, or of the runtime.
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
    /// Functions that have the code of another, sorted by its offset.
    pub merged: Vec<Merged>,
    /// Bytes of text.
    pub bytes: u64,
    pub(super) offsets: HashMap<TextItem, u64>,
}

/// A function that became another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The function that has no code of its own.
    pub item: TextItem,
    /// The function whose code it has.
    pub into: TextItem,
}

impl Code {
    /// Returns the text offset of an item, or `None` if the text lacks it.
    pub fn offset(&self, item: TextItem) -> Option<u64> {
        self.offsets.get(&item).copied()
    }
}
