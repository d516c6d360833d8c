//! Reads numbers and texts of a script.

/// A place in the script. The script is trusted: it was written by the compiler of this executable.
#[derive(Clone, Copy)]
pub struct Reader {
    next: *const u8,
}

// SAFETY: a script is read-only data.
unsafe impl Sync for Reader {}

impl Reader {
    /// Reads from here on.
    pub fn new(next: *const u8) -> Reader {
        Reader { next }
    }

    /// Whether everything before this place was read, and nothing behind it.
    #[cfg(test)]
    pub fn is_at(&self, place: *const u8) -> bool {
        self.next == place
    }

    /// This many bytes.
    pub fn bytes(&mut self, count: usize) -> &'static [u8] {
        // SAFETY: the script goes on for as long as its own counts say.
        let bytes = unsafe { core::slice::from_raw_parts(self.next, count) };
        self.next = self.next.wrapping_add(count);
        bytes
    }

    /// A text.
    pub fn text(&mut self) -> &'static [u8] {
        let count = self.u16();
        self.bytes(count as usize)
    }

    /// A number.
    pub fn u8(&mut self) -> u8 {
        self.number(1) as u8
    }

    /// A number.
    pub fn u16(&mut self) -> u16 {
        self.number(2) as u16
    }

    /// A number.
    pub fn u32(&mut self) -> u32 {
        self.number(4) as u32
    }

    /// A number.
    pub fn u64(&mut self) -> u64 {
        self.number(8)
    }

    fn number(&mut self, bytes: usize) -> u64 {
        self.bytes(bytes).iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }
}
