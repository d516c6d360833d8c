//! Description of a program, which the compiler writes beside the code: the memory that the runtime reserves and maps,
//! and the functions that it enters. All of it is read-only data without relocations: offsets, never addresses.
//!
//! *Slab offsets* count from the slab base, *text offsets* from [`crate::symbols::TEXT_START`].

use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::PROGRAM`].
    pub struct Program: 112 {
        /// [`crate::ABI_VERSION`] of the compiler.
        abi_version: u32,
        /// Number of entries at [`crate::symbols::MEMORIES`].
        memories: u32,
        /// Number of entries at [`crate::symbols::TABLES`].
        tables: u32,
        /// Number of entries at [`crate::symbols::SPANS`].
        spans: u32,
        /// Number of entries at [`crate::symbols::RUNS`].
        runs: u32,
        /// Number of entries at [`crate::symbols::DATA_SEGMENTS`].
        data_segments: u32,
        /// Number of entries at [`crate::symbols::ELEMENT_SEGMENTS`].
        element_segments: u32,
        /// Number of component instances: the length of the array of flags in the control pages.
        component_instances: u32,
        /// Number of entries at [`crate::symbols::TRAP_OFFSETS`] and [`crate::symbols::TRAP_CODES`].
        traps: u32,
        /// Number of entries at [`crate::symbols::FUNCTIONS`].
        functions: u32,
        /// Number of entries at [`crate::symbols::MODULES`].
        modules: u32,
        /// Component instance that the main export belongs to, whose handles its parameters are; 0 without a component.
        main_instance: u32,
        /// Text offset of the entry trampoline of the start-up function, which takes and returns no values.
        start_entry: u32,
        /// Text offset of the entry trampoline of the main export (`_start`, `run` of `wasi:cli/run`, `handle` of
        /// `wasi:http/incoming-handler`).
        main_entry: u32,
        /// Kind of the main export: [`MAIN_NONE`], [`MAIN_START`], [`MAIN_RUN`] or [`MAIN_HANDLE`].
        main_kind: u32,
        /// Number of entries at [`crate::symbols::RESOURCE_TABLES`].
        resource_tables: u32,
        /// Slab offset that `vmctx` of the start-up function points to.
        start_vmctx: u64,
        /// Slab offset that `vmctx` of the main export points to.
        main_vmctx: u64,
        /// Bytes of the whole reservation, a multiple of 64 KiB; it must begin at a multiple of 64 KiB.
        slab_bytes: u64,
        /// Bytes of guest code, from [`crate::symbols::TEXT_START`] on.
        text_bytes: u64,
        /// Bytes of the guest's stack, without its guard.
        stack_bytes: u64,
        /// Bytes of the inaccessible guard below the guest's stack; larger frames are probed.
        stack_guard_bytes: u64,
    }
}

/// [`Entry::entry`] if there is no function.
pub const NO_ENTRY: u64 = u64::MAX;

/// [`Program::main_kind`]: nothing is called after start-up.
pub const MAIN_NONE: u32 = 0;
/// [`Program::main_kind`]: `_start: [] -> []` of a preview1 command.
pub const MAIN_START: u32 = 1;
/// [`Program::main_kind`]: `run: [] -> [i32]` of `wasi:cli/run`; 1 is the error case.
pub const MAIN_RUN: u32 = 2;
/// [`Program::main_kind`]: `handle: [i32 i32] -> []` of `wasi:http/incoming-handler`, called for each request.
pub const MAIN_HANDLE: u32 = 3;

records! {
    /// A linear memory.
    pub struct Memory: 40 {
        /// Slab offset of byte 0, a multiple of 64 KiB.
        base: u64,
        /// Bytes accessible at start.
        bytes_min: u64,
        /// Upper bound of growth in bytes: the module's maximum, the reservation, or `--max-memory`, whichever is
        /// least.
        bytes_max: u64,
        /// Slab offset of the flags that have [`FLAG_ENTERED`](crate::component::FLAG_ENTERED) from the moment on at which
        /// something can be written to the memory, or to the globals before it; 0 if that is at any time.
        entered: u64,
        /// Binary logarithm of the page size in bytes: 16, or 0 for one-byte pages.
        page_log2: u32,
        /// 1 if the threads of the program share the memory, for which `bytes_max` bytes are then reserved; otherwise
        /// 0.
        shared: u32,
    }

    /// A guest function that the runtime enters: a lifted function, a destructor, or one of a new thread.
    pub struct Entry: 16 {
        /// Text offset of the function's entry trampoline, or [`NO_ENTRY`].
        entry: u64,
        /// Slab offset that the function's `vmctx` points to.
        vmctx: u64,
    }

    /// The functions that a new thread enters, one after the other.
    pub struct ThreadStart: 32 {
        /// Start-up of the thread's instance, which takes and returns no values; it lacks a reactor's `_initialize`.
        instantiate: Entry,
        /// `wasi_thread_start: [i32 i32] -> []`.
        start: Entry,
    }

    /// A table in the slab. Elements are 32-bit: funcref indices into [`crate::symbols::FUNC_RECORDS`] or externref
    /// values; 0 is null. Initial elements are a run, as for a memory.
    pub struct Table: 24 {
        /// Slab offset of element 0.
        base: u64,
        /// Elements at start.
        elements_min: u64,
        /// Upper bound of growth in elements; this many are accessible from the start.
        elements_max: u64,
    }

    /// A range of the slab, besides the control pages and the memories, that is readable and writable from the start:
    /// globals and tables. Both ends are multiples of 64 KiB.
    pub struct Span: 16 {
        /// Slab offset of the range.
        offset: u64,
        /// Length in bytes.
        bytes: u64,
    }

    /// Initial contents: bytes of [`crate::symbols::IMAGES`] that appear in the slab. Runs are sorted by destination
    /// and don't overlap. A run of at least [`MOVED_RUN_BYTES_MIN`] has source, destination and length aligned to the
    /// largest page, so that its pages can be moved.
    pub struct Run: 24 {
        /// Offset in the images.
        source: u64,
        /// Slab offset of the destination.
        destination: u64,
        /// Length in bytes.
        bytes: u64,
    }
}

/// Minimum bytes of a run that is moved with `mremap` rather than copied.
pub const MOVED_RUN_BYTES_MIN: u64 = 0x1_0000;

/// Alignment of memories, spans and moved runs: the largest page size of any target.
pub const PAGE_BYTES_MAX: u64 = 0x1_0000;

records! {
    /// A passive segment: of bytes in [`crate::symbols::DATA`], or of 32-bit elements in [`crate::symbols::ELEMENTS`].
    pub struct Segment: 16 {
        /// Offset of the first byte or element, in bytes or elements.
        offset: u64,
        /// Number of bytes or elements.
        length: u64,
    }

    /// Record of a function that a funcref index refers to. Index 0 is null.
    pub struct FuncRecord: 16 {
        /// Text offset of the code.
        code: u32,
        /// Canonical number of the function's type, from 1; only the null record has 0, which matches no type.
        signature: u32,
        /// Slab offset that the function's `vmctx` points to.
        vmctx: u64,
    }

    /// A function of the guest text, for backtraces. Functions are sorted by `text_offset`; each ends where the next
    /// begins.
    pub struct Function: 20 {
        /// Text offset of the function's first instruction.
        text_offset: u32,
        /// Index in the function index space of the function's module.
        func_index: u32,
        /// Offset of the function's name in [`crate::symbols::NAMES`]; its length comes first, as a LEB128, and is 0
        /// for no name.
        name: u32,
        /// Offset of the function's address map in [`crate::symbols::ADDRESSES`].
        addresses: u32,
        /// Index in [`crate::symbols::MODULES`], or [`MODULE_TRAMPOLINE`] for generated code, which backtraces leave
        /// out.
        module: u32,
    }
}

/// [`Function::module`] of trampolines and start-up code.
pub const MODULE_TRAMPOLINE: u32 = u32::MAX;

records! {
    /// A core module, for backtraces.
    pub struct Module: 8 {
        /// Offset of the module's name in [`crate::symbols::NAMES`], as in [`Function::name`].
        name: u32,
        /// Offset of the module's line table in [`crate::symbols::ADDRESSES`], or [`NO_LINES`].
        lines: u32,
    }
}

/// [`Module::lines`] of a module without debug information, and of all modules without `-g`.
pub const NO_LINES: u32 = u32::MAX;

// A line table is the number of its entries as an unsigned LEB128, then for each entry the distance from the previous
// module offset (from 0) as an unsigned LEB128, the distance from the previous line (from 0) as a signed LEB128, and
// the offset of the file's name in the names as an unsigned LEB128. An entry covers code up to the next entry's module
// offset; line 0 means no line.

// An address map is, for each function: the number of its entries as an unsigned LEB128, then for each entry the
// distance from the previous text offset (from the function's first byte), doubled, as an unsigned LEB128, and the
// distance from the previous module offset (from 0) as a signed LEB128. If the lowest bit of the doubled distance is
// set, the instruction comes from inlined functions: their number follows, then for each, innermost first, its index in
// [`crate::symbols::FUNCTIONS`] and its module offset, all as unsigned LEB128; the entry's own module offset is that of
// the call. There is one entry for each return address of a call and one for each instruction that can trap; module
// offsets count from the first byte of the core module's binary.
