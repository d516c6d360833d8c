//! Control pages of a slab: state of the runtime that compiled code reads at a constant distance.
//!
//! No byte here is near bytes that the guest can index: the control pages are the first pages of the slab, and an
//! inaccessible page follows them.

/// First bytes of a slab. Compiled code uses the fields with a constant below; the others are the runtime's own.
#[repr(C)]
#[derive(Debug)]
pub struct SlabHeader {
    /// Runtime state of this instance: files, streams, handles, limits. Compiled code doesn't read it.
    pub host: u64,
    /// Lowest stack pointer with which a trampoline may leave guest code; a call below it is a stack overflow.
    pub stack_limit: u64,
    /// Frame pointer of the trampoline through which guest code last left; backtraces continue there.
    pub exit_frame: u64,
    /// Innermost entry into guest code, a record on the stack that only the runtime reads; 0 for none.
    pub entry: u64,
    /// Exit status of a program that called `proc_exit` or `exit`; meaningful after [`crate::trap::Trap::Exit`].
    pub exit_status: u32,
    /// Bytes of the text at [`SlabHeader::trap_message`].
    pub trap_message_bytes: u32,
    /// Text about the last trap that a host function returned, such as the name of the missing interface; 0 for none.
    /// It outlives the slab.
    pub trap_message: u64,
    /// Slots of the running task that `context.get` and `context.set` name (canonical ABI, "Thread State").
    pub context: [u64; 2],
    /// State of the runtime that compiled code doesn't read.
    pub reserved: [u64; 12],
}

/// Bytes of the header; the arrays of [`ControlLayout`] follow.
pub const HEADER_BYTES: u64 = 160;
/// Offset of [`SlabHeader::stack_limit`].
pub const HEADER_STACK_LIMIT: u64 = 8;
/// Offset of [`SlabHeader::exit_frame`].
pub const HEADER_EXIT_FRAME: u64 = 16;
/// Offset of [`SlabHeader::exit_status`].
pub const HEADER_EXIT_STATUS: u64 = 32;
/// Offset of [`SlabHeader::context`].
pub const HEADER_CONTEXT: u64 = 48;

const _: () = {
    assert!(size_of::<SlabHeader>() as u64 == HEADER_BYTES);
    assert!(core::mem::offset_of!(SlabHeader, stack_limit) as u64 == HEADER_STACK_LIMIT);
    assert!(core::mem::offset_of!(SlabHeader, exit_frame) as u64 == HEADER_EXIT_FRAME);
    assert!(core::mem::offset_of!(SlabHeader, exit_status) as u64 == HEADER_EXIT_STATUS);
    assert!(core::mem::offset_of!(SlabHeader, context) as u64 == HEADER_CONTEXT);
};

/// Offsets from the slab base of the arrays after the header. Both sides derive them from the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlLayout {
    /// `[u64; memories]`: the current length of each linear memory in bytes.
    pub memory_bytes: u64,
    /// `[u64; tables]`: the current number of elements of each table that lies in the slab.
    pub table_elements: u64,
    /// `[u64; data_segments]`: the length of each passive data segment in bytes; 0 once dropped.
    pub data_bytes: u64,
    /// `[u64; element_segments]`: the length of each passive element segment in elements; 0 once dropped.
    pub element_counts: u64,
    /// `[u32; component_instances]`: the flags of each component instance ("may enter", "may leave").
    pub instance_flags: u64,
    /// End of all arrays.
    pub end: u64,
}

impl ControlLayout {
    /// Computes the layout for these counts of memories, tables, passive segments and component instances.
    pub const fn new(
        memories: u32,
        tables: u32,
        data_segments: u32,
        element_segments: u32,
        component_instances: u32,
    ) -> Self {
        let memory_bytes = HEADER_BYTES;
        let table_elements = memory_bytes + 8 * memories as u64;
        let data_bytes = table_elements + 8 * tables as u64;
        let element_counts = data_bytes + 8 * data_segments as u64;
        let instance_flags = element_counts + 8 * element_segments as u64;
        let end = instance_flags + 4 * component_instances as u64;
        Self { memory_bytes, table_elements, data_bytes, element_counts, instance_flags, end }
    }
}
