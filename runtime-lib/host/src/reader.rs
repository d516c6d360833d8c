//! Reads numbers and texts of a specification script.

/// A place in it. It is trusted: it was written by the compiler of this executable.
#[derive(Clone, Copy)]
pub struct Reader {
    next: *const u8,
}

// SAFETY: what is read is read-only data.
unsafe impl Sync for Reader {}

impl Reader {
    /// Reads from here on.
    pub fn new(next: *const u8) -> Reader {
        Reader { next }
    }

    /// Returns true if everything before this place was read, and nothing behind it.
    #[cfg(any(test, feature = "testing"))]
    pub fn is_at(&self, place: *const u8) -> bool {
        self.next == place
    }

    /// Reads this many bytes.
    pub fn bytes(&mut self, count: usize) -> &'static [u8] {
        // SAFETY: it goes on for as long as its own counts say.
        let bytes = unsafe { core::slice::from_raw_parts(self.next, count) };
        self.next = self.next.wrapping_add(count);
        bytes
    }

    /// A text of UTF-8, whose length has 32 bits.
    pub fn long_text(&mut self) -> &'static str {
        let count = self.u32();
        // SAFETY: the compiler wrote a string.
        unsafe { core::str::from_utf8_unchecked(self.bytes(count as usize)) }
    }

    /// Reads a list: a count of 32 bits, and as many items.
    pub fn list<T>(&mut self, mut read: impl FnMut(&mut Reader) -> T) -> Vec<T> {
        let count = self.u32();
        (0..count).map(|_| read(self)).collect()
    }

    /// Reads a text: a count of 16 bits, and as many bytes.
    pub fn text(&mut self) -> &'static [u8] {
        let count = self.u16();
        self.bytes(count as usize)
    }

    /// Reads a number of 8 bits.
    pub fn u8(&mut self) -> u8 {
        self.number(1) as u8
    }

    /// Reads a number of 16 bits.
    pub fn u16(&mut self) -> u16 {
        self.number(2) as u16
    }

    /// Reads a number of 32 bits.
    pub fn u32(&mut self) -> u32 {
        self.number(4) as u32
    }

    /// Reads a number of 64 bits.
    pub fn u64(&mut self) -> u64 {
        self.number(8)
    }

    fn number(&mut self, bytes: usize) -> u64 {
        self.bytes(bytes).iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}
