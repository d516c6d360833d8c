//! Functions of the runtime that compiled code needs, a row each.
//!
//! Like host functions they are `extern "C"` and called through trampolines that check the stack. `slab` is the slab
//! base; `pointer` an address that compiled code has checked.

/// The type of a parameter or result.
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
    /// The symbol.
    pub symbol: &'static str,
    /// The parameters.
    pub params: &'static [LibcallType],
    /// The result.
    pub result: Option<LibcallType>,
}

macro_rules! libcalls {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal ($($param:ident),*) $(-> $result:ident)?;)*) => {
        $($(#[$doc])* pub const $name: Libcall = Libcall {
            symbol: $symbol,
            params: &[$(LibcallType::$param),*],
            result: libcalls!(@result $($result)?),
        };)*
        /// All of them.
        pub const ALL: &[Libcall] = &[$($name),*];
    };
    (@result $result:ident) => { Some(LibcallType::$result) };
    (@result) => { None };
}

libcalls! {
    /// Grows a memory: slab, index in [`crate::symbols::MEMORIES`], pages. The previous size in pages, or −1.
    MEMORY_GROW = "aot_memory_grow" (Slab, I32, I64) -> I64;
    /// Grows a table: slab, index in [`crate::symbols::TABLES`], elements, value of the new ones. The previous size in
    /// elements, or −1.
    TABLE_GROW = "aot_table_grow" (Slab, I32, I64, I32) -> I64;
    /// Copies bytes between ranges that may overlap: destination, source, bytes.
    MEMORY_COPY = "aot_memory_copy" (Pointer, Pointer, I64);
    /// Fills bytes: destination, byte, bytes.
    MEMORY_FILL = "aot_memory_fill" (Pointer, I32, I64);
    /// Fills 32-bit elements: destination, value, elements.
    TABLE_FILL = "aot_table_fill" (Pointer, I32, I64);
    /// An import that this version lacks: slab, address and length of its name. Always a trap.
    MISSING_IMPORT = "aot_missing_import" (Slab, Pointer, I64) -> HostReturn;
    /// Raises the trap of this code; called only by trampolines, on whose frame the backtrace begins. Never returns.
    RAISE = "aot_raise" (Slab, I64);
    /// A new exception: slab, [`crate::exception::catch`] of its tag, by reference where code keeps the reference.
    /// Returns the reference; its values are still to be written. Traps where there is no room.
    EXCEPTION_NEW = "aot_exception_new" (Slab, I32) -> I32;
    /// The same in programs with a heap, whose objects exceptions and which exceptions can refer to.
    GC_EXCEPTION_NEW = "aot_gc_exception_new" (Slab, I32) -> I32;
    /// Makes room for an object where there is none at hand, and writes its header: slab, bytes, the number of its type,
    /// the length of an array. Returns the reference. Collects garbage first where it has to; traps where the object is
    /// too large.
    GC_ALLOCATE = "aot_gc_allocate" (Slab, I64, I32, I32) -> I32;
    /// Throws an exception: slab, a reference that isn't null. Never returns.
    THROW = "aot_throw" (Slab, I32);
    /// `memory.atomic.wait32`: slab, index in [`crate::symbols::MEMORIES`], address of the value, what it is expected to be,
    /// nanoseconds to wait or a negative number for no end. 0 where it was notified, 1 where the value is another, 2 where
    /// time is up.
    MEMORY_WAIT32 = "aot_memory_wait32" (Slab, I32, Pointer, I32, I64) -> I32;
    /// The same of 64 bits.
    MEMORY_WAIT64 = "aot_memory_wait64" (Slab, I32, Pointer, I64, I64) -> I32;
    /// `memory.atomic.notify`: slab, index in [`crate::symbols::MEMORIES`], address, how many to wake. How many were woken.
    MEMORY_NOTIFY = "aot_memory_notify" (Slab, I32, Pointer, I32) -> I32;
}
