//! Exceptions: their slots in the slab, and the tables by which one that is thrown finds its handler. Only programs that
//! throw or catch exceptions have any of it.
//!
//! A reference to an exception (`exnref`) is [`REFERENCE_BASE`] and the number of its slot; 0 is null. Slot 0 holds the
//! runtime's own state. A slot begins with [`SLOT_HEADER_BYTES`] that are the runtime's; the values of the exception follow,
//! each at the next multiple of its size.

use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::EXCEPTIONS`].
    pub struct Exceptions: 32 {
        /// Slab offset of slot 0.
        base: u64,
        /// How many slots there are.
        slots: u32,
        /// Binary logarithm of the bytes of a slot.
        slot_log2: u32,
        /// Entries at [`crate::symbols::EXCEPTION_SITES`].
        sites: u32,
        /// Entries at [`crate::symbols::EXCEPTION_HANDLERS`].
        handlers: u32,
        /// Entries at [`crate::symbols::EXCEPTION_TAGS`].
        tags: u32,
        /// Entries at [`crate::symbols::EXCEPTION_ROOTS`].
        roots: u32,
    }

    /// A call whose function has handlers for it. Sorted by return address; its handlers end where those of the next begin.
    pub struct Site: 12 {
        /// Text offset of the return address.
        return_address: u32,
        /// How far the stack pointer is below the frame pointer, in bytes.
        frame_bytes: u32,
        /// Index of its first handler.
        first: u32,
    }

    /// A handler. The first of a site that matches is the one.
    pub struct Handler: 8 {
        /// Which exceptions it takes: [`catch`] of a tag, or of [`CATCH_ALL`].
        catch: u32,
        /// Text offset of its code, which takes the reference to the exception in the first register for exceptions.
        code: u32,
    }

    /// A tag, by its number.
    pub struct Tag: 4 {
        /// Offset of its name in [`crate::symbols::NAMES`], as in [`crate::program::Function::name`].
        name: u32,
    }

    /// References to exceptions in the slab.
    pub struct Root: 16 {
        /// Slab offset of the first.
        offset: u64,
        /// Slab offset of their number, a `u64`; 0 where there is one.
        length: u64,
    }
}

/// The reference to the exception in slot 0, if it had one. Few other values of programs look like references.
pub const REFERENCE_BASE: u32 = 0xe5c0_0000;
/// Bytes of a slot before the values of the exception.
pub const SLOT_HEADER_BYTES: u64 = 16;
/// The least bytes of a slot.
pub const SLOT_BYTES_MIN: u64 = 32;

/// In place of a tag: any.
pub const CATCH_ALL: u32 = 0x7fff_fffe;

/// [`Handler::catch`]: of the tag with this number, `by_reference` where the handler keeps the reference.
pub const fn catch(tag: u32, by_reference: bool) -> u32 {
    tag << 1 | by_reference as u32
}
