//! Exceptions: their slots in the slab, and the tables by which a thrown exception finds its handler. Only programs
//! that throw or catch exceptions have them.
//!
//! A reference to an exception (`exnref`) is [`REFERENCE_BASE`] plus the number of its slot; 0 is null. Slot 0 holds
//! the runtime's own state. A slot begins with [`SLOT_HEADER_BYTES`] bytes for the runtime; the values of the exception
//! follow, each at the next multiple of its size.

use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::EXCEPTIONS`].
    pub struct Exceptions: 32 {
        /// Slab offset of slot 0.
        base: u64,
        /// Number of slots.
        slots: u32,
        /// Binary logarithm of the bytes of a slot.
        slot_log2: u32,
        /// Number of entries at [`crate::symbols::EXCEPTION_SITES`].
        sites: u32,
        /// Number of entries at [`crate::symbols::EXCEPTION_HANDLERS`].
        handlers: u32,
        /// Number of entries at [`crate::symbols::EXCEPTION_TAGS`].
        tags: u32,
        /// Number of entries at [`crate::symbols::EXCEPTION_ROOTS`].
        roots: u32,
    }

    /// A call with exception handlers. Sites are sorted by return address; the handlers of a site end where those of
    /// the next begin.
    pub struct Site: 12 {
        /// Text offset of the return address.
        return_address: u32,
        /// Distance from the stack pointer up to the frame pointer, in bytes.
        frame_bytes: u32,
        /// Index of the site's first handler.
        first: u32,
    }

    /// An exception handler. The runtime takes the first of a site that matches.
    pub struct Handler: 8 {
        /// Exceptions that the handler takes: [`catch`] of a tag or of [`CATCH_ALL`].
        catch: u32,
        /// Text offset of the handler's code, which takes the exception reference in the first register for exceptions.
        code: u32,
    }

    /// An exception tag, indexed by its number.
    pub struct Tag: 4 {
        /// Offset of the tag's name in [`crate::symbols::NAMES`], as in [`crate::program::Function::name`].
        name: u32,
    }

    /// References to exceptions in the slab.
    pub struct Root: 16 {
        /// Slab offset of the first reference.
        offset: u64,
        /// Slab offset of the number of references, a `u64`; 0 if there is one reference.
        length: u64,
    }
}

/// Reference to the exception in slot 0, if slot 0 held one. Few other values of programs look like references.
pub const REFERENCE_BASE: u32 = 0xe5c0_0000;
/// Bytes of a slot's header, before the values of the exception.
pub const SLOT_HEADER_BYTES: u64 = 16;
/// Minimum bytes of a slot.
pub const SLOT_BYTES_MIN: u64 = 32;

/// Value in place of a tag that matches any exception.
pub const CATCH_ALL: u32 = 0x7fff_fffe;

/// Encodes [`Handler::catch`] for the tag with this number; `by_reference` is true if the handler keeps the reference.
pub const fn catch(tag: u32, by_reference: bool) -> u32 {
    tag << 1 | by_reference as u32
}
