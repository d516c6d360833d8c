//! The description of a program that the compiler writes beside the code: what the runtime must reserve, map and
//! enter. All of it is read-only data without relocations: offsets, never addresses.
//!
//! *Slab offsets* count from the slab base, *text offsets* from [`crate::symbols::TEXT_START`].

use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::PROGRAM`].
    pub struct Program: 112 {
        /// [`crate::ABI_VERSION`] of the compiler.
        abi_version: u32,
        /// Entries at [`crate::symbols::MEMORIES`].
        memories: u32,
        /// Entries at [`crate::symbols::TABLES`].
        tables: u32,
        /// Entries at [`crate::symbols::SPANS`].
        spans: u32,
        /// Entries at [`crate::symbols::RUNS`].
        runs: u32,
        /// Entries at [`crate::symbols::DATA_SEGMENTS`].
        data_segments: u32,
        /// Entries at [`crate::symbols::ELEMENT_SEGMENTS`].
        element_segments: u32,
        /// Component instances: the length of the array of flags in the control pages.
        component_instances: u32,
        /// Entries at [`crate::symbols::TRAP_OFFSETS`] and [`crate::symbols::TRAP_CODES`].
        traps: u32,
        /// Entries at [`crate::symbols::FUNCTIONS`].
        functions: u32,
        /// Entries at [`crate::symbols::MODULES`].
        modules: u32,
        /// Bytes at [`crate::symbols::POLICY`].
        policy_bytes: u32,
        /// Text offset of the entry trampoline of the start-up function; it takes no values and returns none.
        start_entry: u32,
        /// Text offset of the entry trampoline of the main export (`_start`, or `run` of `wasi:cli/run`).
        main_entry: u32,
        /// What the main export is: [`MAIN_NONE`], [`MAIN_START`] or [`MAIN_RUN`].
        main_kind: u32,
        /// Entries at [`crate::symbols::RESOURCE_TABLES`].
        resource_tables: u32,
        /// `vmctx` of the start-up function, as a slab offset.
        start_vmctx: u64,
        /// `vmctx` of the main export, as a slab offset.
        main_vmctx: u64,
        /// The whole reservation in bytes, a multiple of 64 KiB; it must begin at a multiple of 64 KiB.
        slab_bytes: u64,
        /// Bytes of guest code, from [`crate::symbols::TEXT_START`] on.
        text_bytes: u64,
        /// Bytes of the guest's stack, without its guard.
        stack_bytes: u64,
        /// Bytes of the inaccessible guard below the guest's stack; frames larger than it are probed.
        stack_guard_bytes: u64,
    }
}

/// [`Entry::entry`]: there is no function.
pub const NO_ENTRY: u64 = u64::MAX;

/// [`Program::main_kind`]: there is nothing to call after start-up.
pub const MAIN_NONE: u32 = 0;
/// [`Program::main_kind`]: `_start: [] -> []` of a preview1 command.
pub const MAIN_START: u32 = 1;
/// [`Program::main_kind`]: `run: [] -> [i32]` of `wasi:cli/run`, where 1 is the error case.
pub const MAIN_RUN: u32 = 2;

records! {
    /// A linear memory.
    pub struct Memory: 32 {
        /// Slab offset of byte 0, a multiple of 64 KiB.
        base: u64,
        /// Bytes accessible at start.
        bytes_min: u64,
        /// The bound of growth in bytes: the module's maximum, the reservation, or `--max-memory`, whichever is least.
        bytes_max: u64,
        /// Binary logarithm of the page size in bytes: 16, or 0 for one-byte pages.
        page_log2: u32,
        /// 1 where the threads of the program share it, which `bytes_max` bytes are reserved for then; otherwise 0.
        shared: u32,
    }

    /// A function of the guest that the runtime enters: a lifted function, a destructor, what a new thread runs after
    /// start-up (`wasi_thread_start: [i32 i32] -> []`, at [`crate::symbols::THREAD_START`]).
    pub struct Entry: 16 {
        /// Text offset of its entry trampoline; [`NO_ENTRY`] where there is no function.
        entry: u64,
        /// Its `vmctx`, as a slab offset.
        vmctx: u64,
    }

    /// A table that lies in the slab: 32-bit elements, funcref indices into [`crate::symbols::FUNC_RECORDS`] or
    /// externref values; 0 is null. Its initial elements are a run like a memory's.
    pub struct Table: 24 {
        /// Slab offset of element 0.
        base: u64,
        /// Elements at start.
        elements_min: u64,
        /// The bound of growth in elements; this many are accessible from the start.
        elements_max: u64,
    }

    /// A part of the slab that is readable and writable from the start, besides the control pages and the memories:
    /// globals and tables. Both ends are multiples of 64 KiB.
    pub struct Span: 16 {
        /// Slab offset.
        offset: u64,
        /// Length in bytes.
        bytes: u64,
    }

    /// Initial contents: bytes of [`crate::symbols::IMAGES`] that appear in the slab. Runs are sorted by destination and
    /// don't overlap. A run of at least [`MOVED_RUN_BYTES_MIN`] has source, destination and length aligned to the largest page, so
    /// that its pages can be moved.
    pub struct Run: 24 {
        /// Offset in the images.
        source: u64,
        /// Slab offset.
        destination: u64,
        /// Length in bytes.
        bytes: u64,
    }
}

/// Runs of at least this many bytes are moved with `mremap`, not copied.
pub const MOVED_RUN_BYTES_MIN: u64 = 0x1_0000;

/// The alignment of memories, spans and moved runs: the largest page size of any target.
pub const PAGE_BYTES_MAX: u64 = 0x1_0000;

records! {
    /// A passive segment: of bytes in [`crate::symbols::DATA`], or of 32-bit elements in [`crate::symbols::ELEMENTS`].
    pub struct Segment: 16 {
        /// Offset of the first byte or element, counted in bytes or elements.
        offset: u64,
        /// Number of bytes or elements.
        length: u64,
    }

    /// What a funcref index stands for. Index 0 is null.
    pub struct FuncRecord: 16 {
        /// Text offset of the code.
        code: u32,
        /// The canonical number of its type, from 1; 0 only in the null record, and matches no type.
        signature: u32,
        /// Its `vmctx` as a slab offset.
        vmctx: u64,
    }

    /// A function of the guest text, for backtraces; sorted by `text_offset`. It ends where the next begins.
    pub struct Function: 20 {
        /// Text offset of its first instruction.
        text_offset: u32,
        /// Its index in the function index space of its module.
        func_index: u32,
        /// Offset of its name in [`crate::symbols::NAMES`]; its length is there first, as a LEB128; length 0: no name.
        name: u32,
        /// Offset of its address map in [`crate::symbols::ADDRESSES`].
        addresses: u32,
        /// Index in [`crate::symbols::MODULES`]; [`MODULE_TRAMPOLINE`] for generated code, which backtraces leave out.
        module: u32,
    }
}

/// [`Function::module`] of trampolines and start-up code.
pub const MODULE_TRAMPOLINE: u32 = u32::MAX;

records! {
    /// A core module, for backtraces.
    pub struct Module: 8 {
        /// Offset of its name in [`crate::symbols::NAMES`], as in [`Function::name`].
        name: u32,
        /// Offset of its line table in [`crate::symbols::ADDRESSES`]; [`NO_LINES`] for none.
        lines: u32,
    }
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
