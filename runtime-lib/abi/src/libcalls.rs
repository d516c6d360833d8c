//! Libcalls: functions of the runtime that compiled code needs, a row each.
//!
//! Libcalls are `extern "C"`, and guest code calls them through trampolines that check the stack. `slab` is the slab
//! base; `pointer` is an address that compiled code has checked.

/// Type of a parameter or result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibcallType {
    /// The slab base.
    Slab,
    /// An address in this process.
    Pointer,
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// [`crate::host::HostReturn`]; the trampoline raises its trap.
    HostReturn,
}

/// A libcall: its symbol and its C signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Libcall {
    /// Symbol of the runtime's function.
    pub symbol: &'static str,
    /// Types of the parameters.
    pub params: &'static [LibcallType],
    /// Type of the result, if there is one.
    pub result: Option<LibcallType>,
}

macro_rules! libcalls {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal ($($param:ident),*) $(-> $result:ident)?;)*) => {
        $($(#[$doc])* pub const $name: Libcall = Libcall {
            symbol: $symbol,
            params: &[$(LibcallType::$param),*],
            result: libcalls!(@result $($result)?),
        };)*
        /// All libcalls, in the order of their indices.
        pub const ALL: &[Libcall] = &[$($name),*];
    };
    (@result $result:ident) => { Some(LibcallType::$result) };
    (@result) => { None };
}

libcalls! {
    /// Grows a memory. Takes slab, index in [`crate::symbols::MEMORIES`], pages; returns the previous size in pages, or
    /// −1.
    MEMORY_GROW = "aot_memory_grow" (Slab, I32, I64) -> I64;
    /// Grows a table. Takes slab, index in [`crate::symbols::TABLES`], elements, value of the new ones; returns the
    /// previous size in elements, or −1.
    TABLE_GROW = "aot_table_grow" (Slab, I32, I64, I32) -> I64;
    /// Copies bytes between ranges that may overlap. Takes destination, source, bytes.
    MEMORY_COPY = "aot_memory_copy" (Pointer, Pointer, I64);
    /// Fills bytes. Takes destination, byte, bytes.
    MEMORY_FILL = "aot_memory_fill" (Pointer, I32, I64);
    /// Fills 32-bit elements. Takes destination, value, elements.
    TABLE_FILL = "aot_table_fill" (Pointer, I32, I64);
    /// Traps for an import that this version lacks. Takes slab, address and length of the import's name.
    MISSING_IMPORT = "aot_missing_import" (Slab, Pointer, I64) -> HostReturn;
    /// Raises the trap with this code; never returns. Only trampolines call it, and the backtrace begins at their
    /// frame.
    RAISE = "aot_raise" (Slab, I64);
    /// Makes an exception. Takes slab, and [`crate::exception::catch`] of the tag, by reference if code keeps the
    /// reference. Returns the reference, to whose slot the caller writes the values. Traps if no slot is free.
    EXCEPTION_NEW = "aot_exception_new" (Slab, I32) -> I32;
    /// Makes an exception as [`EXCEPTION_NEW`] does, in programs with a heap: objects and exceptions can refer to each
    /// other.
    GC_EXCEPTION_NEW = "aot_gc_exception_new" (Slab, I32) -> I32;
    /// Allocates an object if the free range is too small, and writes its header. Takes slab, bytes, type number, and
    /// the length of an array; returns the reference. Runs the collector first if it must; traps if the object is too
    /// large.
    GC_ALLOCATE = "aot_gc_allocate" (Slab, I64, I32, I32) -> I32;
    /// Throws an exception; never returns. Takes slab, and a reference that isn't null.
    THROW = "aot_throw" (Slab, I32);
    /// `memory.atomic.wait32`. Takes slab, index in [`crate::symbols::MEMORIES`], address of the value, expected value,
    /// and timeout in nanoseconds, negative for none. Returns 0 if it was notified, 1 if the value differs, 2 if time
    /// is up.
    MEMORY_WAIT32 = "aot_memory_wait32" (Slab, I32, Pointer, I32, I64) -> I32;
    /// `memory.atomic.wait64`: as [`MEMORY_WAIT32`], with a 64-bit value.
    MEMORY_WAIT64 = "aot_memory_wait64" (Slab, I32, Pointer, I64, I64) -> I32;
    /// `memory.atomic.notify`. Takes slab, index in [`crate::symbols::MEMORIES`], address, and number of threads to
    /// wake; returns the number woken.
    MEMORY_NOTIFY = "aot_memory_notify" (Slab, I32, Pointer, I32) -> I32;
}
