//! The memory of what is lent to a function of the host program, until it returns: room in a frame, and pieces of the heap for what
//! is larger.

use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;
use core::ptr::null_mut;

use super::heap::{OutOfMemory, allocate, release};

/// Words of room in the frame.
const WORDS: usize = 64;
/// Bytes of a piece before what is in it: the address of the piece before.
const HEAD_BYTES: usize = 16;

/// Memory that is gone when this is dropped.
pub struct Lent {
    room: UnsafeCell<[MaybeUninit<u64>; WORDS]>,
    /// The words of the room that are used.
    used: Cell<usize>,
    /// The last piece; null for none.
    last: Cell<*mut u8>,
}

impl Lent {
    /// Room of which nothing is used.
    pub fn new() -> Lent {
        Lent { room: UnsafeCell::new([MaybeUninit::uninit(); WORDS]), used: Cell::new(0), last: Cell::new(null_mut()) }
    }

    /// Memory for so many bytes, whose contents aren't set. It stays where it is as long as this does.
    ///
    /// # Errors
    /// There is none left.
    pub fn allocate(&self, bytes: usize) -> Result<*mut u8, OutOfMemory> {
        let (words, used) = (bytes.div_ceil(size_of::<u64>()), self.used.get());
        if words <= WORDS - used {
            self.used.set(used + words);
            return Ok(self.room.get().cast::<u64>().wrapping_add(used).cast());
        }
        let piece = allocate(bytes.checked_add(HEAD_BYTES).ok_or(OutOfMemory)?)?;
        // SAFETY: the piece has room for its head.
        unsafe { piece.cast::<*mut u8>().write(self.last.replace(piece)) };
        Ok(piece.wrapping_add(HEAD_BYTES))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut piece = self.last.get();
        while !piece.is_null() {
            // SAFETY: all pieces have the one before at their beginning, and nothing uses them any more.
            unsafe {
                let before = piece.cast::<*mut u8>().read();
                release(piece);
                piece = before;
            }
        }
    }
}
