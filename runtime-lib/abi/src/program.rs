//! The description of a program that the compiler writes beside the code: what the runtime must reserve, map and
//! enter. All of it is read-only data without relocations: offsets, never addresses.
//!
//! *Slab offsets* count from the slab base, *text offsets* from [`crate::symbols::TEXT_START`].

/// The head of the description, at [`crate::symbols::PROGRAM`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// [`crate::ABI_VERSION`] of the compiler.
    pub abi_version: u32,
    /// Entries at [`crate::symbols::MEMORIES`].
    pub memories: u32,
    /// Entries at [`crate::symbols::TABLES`].
    pub tables: u32,
    /// Entries at [`crate::symbols::SPANS`].
    pub spans: u32,
    /// Entries at [`crate::symbols::RUNS`].
    pub runs: u32,
    /// Entries at [`crate::symbols::DATA_SEGMENTS`].
    pub data_segments: u32,
    /// Entries at [`crate::symbols::ELEMENT_SEGMENTS`].
    pub element_segments: u32,
    /// Component instances: the length of the array of flags in the control pages.
    pub component_instances: u32,
    /// Entries at [`crate::symbols::TRAP_OFFSETS`] and [`crate::symbols::TRAP_CODES`].
    pub traps: u32,
    /// Entries at [`crate::symbols::FUNCTIONS`].
    pub functions: u32,
    /// Entries at [`crate::symbols::MODULES`].
    pub modules: u32,
    /// Bytes at [`crate::symbols::POLICY`].
    pub policy_bytes: u32,
    /// Text offset of the entry trampoline of the start-up function; it takes no values and returns none.
    pub start_entry: u32,
    /// Text offset of the entry trampoline of the main export (`_start`, or `run` of `wasi:cli/run`).
    pub main_entry: u32,
    /// What the main export is: [`MAIN_NONE`], [`MAIN_START`] or [`MAIN_RUN`].
    pub main_kind: u32,
    /// Entries at [`crate::symbols::RESOURCE_TABLES`].
    pub resource_tables: u32,
    /// `vmctx` of the start-up function, as a slab offset.
    pub start_vmctx: u64,
    /// `vmctx` of the main export, as a slab offset.
    pub main_vmctx: u64,
    /// The whole reservation in bytes, a multiple of 64 KiB; it must begin at a multiple of 64 KiB.
    pub slab_bytes: u64,
    /// Bytes of guest code, from [`crate::symbols::TEXT_START`] on.
    pub text_bytes: u64,
    /// Bytes of the guest's stack, without its guard.
    pub stack_bytes: u64,
    /// Bytes of the inaccessible guard below the guest's stack; frames larger than it are probed.
    pub stack_guard_bytes: u64,
}

/// [`Program::main_kind`]: there is nothing to call after start-up.
pub const MAIN_NONE: u32 = 0;
/// [`Program::main_kind`]: `_start: [] -> []` of a preview1 command.
pub const MAIN_START: u32 = 1;
/// [`Program::main_kind`]: `run: [] -> [i32]` of `wasi:cli/run`, where 1 is the error case.
pub const MAIN_RUN: u32 = 2;

/// A linear memory.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Slab offset of byte 0, a multiple of 64 KiB.
    pub base: u64,
    /// Bytes accessible at start.
    pub bytes_min: u64,
    /// The bound of growth in bytes: the module's maximum, the reservation, or `--max-memory`, whichever is least.
    pub bytes_max: u64,
    /// Binary logarithm of the page size in bytes: 16, or 0 for one-byte pages.
    pub page_log2: u32,
    /// 1 where the threads of the program share it, which `bytes_max` bytes are reserved for then; otherwise 0.
    pub shared: u32,
}

/// What a new thread runs after start-up, at [`crate::symbols::THREAD_START`]: `wasi_thread_start: [i32 i32] -> []`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadStart {
    /// Text offset of its entry trampoline.
    pub entry: u64,
    /// Its `vmctx`, as a slab offset.
    pub vmctx: u64,
}

/// A table that lies in the slab: 32-bit elements, funcref indices into [`crate::symbols::FUNC_RECORDS`] or
/// externref values; 0 is null. Its initial elements are a run like a memory's.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Slab offset of element 0.
    pub base: u64,
    /// Elements at start.
    pub elements_min: u64,
    /// The bound of growth in elements; this many are accessible from the start.
    pub elements_max: u64,
}

/// A part of the slab that is readable and writable from the start, besides the control pages and the memories:
/// globals and tables. Both ends are multiples of 64 KiB.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Slab offset.
    pub offset: u64,
    /// Length in bytes.
    pub bytes: u64,
}

/// Initial contents: bytes of [`crate::symbols::IMAGES`] that appear in the slab. Runs are sorted by destination and
/// don't overlap. A run of at least [`MOVED_RUN_BYTES_MIN`] has source, destination and length aligned to the largest page, so
/// that its pages can be moved.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Offset in the images.
    pub source: u64,
    /// Slab offset.
    pub destination: u64,
    /// Length in bytes.
    pub bytes: u64,
}

/// Runs of at least this many bytes are moved with `mremap`, not copied.
pub const MOVED_RUN_BYTES_MIN: u64 = 0x1_0000;

/// The alignment of memories, spans and moved runs: the largest page size of any target.
pub const PAGE_BYTES_MAX: u64 = 0x1_0000;

/// A passive segment: of bytes in [`crate::symbols::DATA`], or of 32-bit elements in [`crate::symbols::ELEMENTS`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Offset of the first byte or element, counted in bytes or elements.
    pub offset: u64,
    /// Number of bytes or elements.
    pub length: u64,
}

/// What a funcref index stands for. Index 0 is null.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FuncRecord {
    /// Text offset of the code.
    pub code: u32,
    /// The canonical number of its type, from 1; 0 only in the null record, and matches no type.
    pub signature: u32,
    /// Its `vmctx` as a slab offset.
    pub vmctx: u64,
}

/// A function of the guest text, for backtraces; sorted by `text_offset`. It ends where the next begins.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Text offset of its first instruction.
    pub text_offset: u32,
    /// Its index in the function index space of its module.
    pub func_index: u32,
    /// Offset of its name in [`crate::symbols::NAMES`]; its length is there first, as a LEB128; length 0: no name.
    pub name: u32,
    /// Offset of its address map in [`crate::symbols::ADDRESSES`].
    pub addresses: u32,
    /// Index in [`crate::symbols::MODULES`]; [`MODULE_TRAMPOLINE`] for generated code, which backtraces leave out.
    pub module: u32,
}

/// [`Function::module`] of trampolines and start-up code.
pub const MODULE_TRAMPOLINE: u32 = u32::MAX;

/// A core module, for backtraces.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// Offset of its name in [`crate::symbols::NAMES`], as in [`Function::name`].
    pub name: u32,
    /// Offset of its line table in [`crate::symbols::ADDRESSES`]; [`NO_LINES`] for none.
    pub lines: u32,
}

/// [`Module::lines`] of a module without debug information, and of all without `-g`.
pub const NO_LINES: u32 = u32::MAX;

// A line table is the number of its entries as an unsigned LEB128, then for each entry the distance from the previous
// module offset (from 0) as an unsigned LEB128, the distance from the previous line (from 0) as a signed LEB128, and the
// offset of the file's name in the names as an unsigned LEB128. Code from a module offset to the next one is of that line;
// line 0 is none.

// An address map is, for each function: the number of its entries as an unsigned LEB128, then for each entry the
// distance from the previous text offset (from the function's first byte), doubled, as an unsigned LEB128, and the
// distance from the previous module offset (from 0) as a signed LEB128. Where the doubled distance has its lowest bit
// set, the instruction comes from functions that were inlined: their number follows, then for each from the innermost
// its index in [`crate::symbols::FUNCTIONS`] and its module offset, all as unsigned LEB128; the entry's own module
// offset is that of the call. There is one entry for each return address of a call and one for each instruction that
// can trap; module offsets count from the first byte of the core module's binary.

const _: () = {
    assert!(size_of::<Program>() == 112);
    assert!(size_of::<Memory>() == 32);
    assert!(size_of::<ThreadStart>() == 16);
    assert!(size_of::<Table>() == 24);
    assert!(size_of::<Span>() == 16);
    assert!(size_of::<Run>() == 24);
    assert!(size_of::<Segment>() == 16);
    assert!(size_of::<FuncRecord>() == 16);
    assert!(size_of::<Function>() == 20);
    assert!(size_of::<Module>() == 8);
};
