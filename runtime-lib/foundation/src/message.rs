//! Text for stderr, stdout or memory without the weight of `core::fmt`: a small buffer that is written in one piece.

use alloc::vec::Vec;
use core::ffi::c_void;
use core::ptr::without_provenance_mut;

use aot_abi::display;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// A message that is written when it is dropped, or earlier if it doesn't fit the buffer.
pub struct Message {
    destination: *mut c_void,
    /// Writes to the destination.
    write: unsafe fn(*mut c_void, &[u8]),
    length: usize,
    buffer: [u8; 1024],
}

impl Message {
    /// A message on stderr.
    pub fn to_stderr() -> Message {
        Message::new(without_provenance_mut(2), write_to_file)
    }

    /// A message on stdout.
    pub fn to_stdout() -> Message {
        Message::new(without_provenance_mut(1), write_to_file)
    }

    /// A message that is appended to bytes, except for what they get no memory for.
    ///
    /// # Safety
    ///
    /// The bytes outlive the message, and nothing else refers to them meanwhile.
    pub unsafe fn to_bytes(bytes: *mut Vec<u8>) -> Message {
        Message::new(bytes.cast(), append_to_bytes)
    }

    fn new(destination: *mut c_void, write: unsafe fn(*mut c_void, &[u8])) -> Message {
        Message { destination, write, length: 0, buffer: [0; 1024] }
    }

    /// Adds text to the message.
    pub fn text(&mut self, text: impl AsRef<[u8]>) -> &mut Message {
        for &byte in text.as_ref() {
            self.byte(byte);
        }
        self
    }

    /// Adds a name that anybody chose, without what a terminal would obey.
    pub fn name(&mut self, name: impl AsRef<[u8]>) -> &mut Message {
        display::escape(name.as_ref(), &mut |byte| self.byte(byte));
        self
    }

    /// Adds a name of which only ASCII is shown: in every executable, where [`Message::name`] would take more room.
    pub fn ascii(&mut self, name: &[u8]) -> &mut Message {
        display::escape_all_but_ascii(name, |byte| self.byte(byte));
        self
    }

    /// Adds a number.
    pub fn decimal(&mut self, number: u64) -> &mut Message {
        self.decimal_wide(number, 0)
    }

    /// Adds a number, with spaces before it up to a width.
    pub fn decimal_wide(&mut self, number: u64, width: usize) -> &mut Message {
        self.digits(number, 10, b"", width)
    }

    /// Adds a hexadecimal number with `0x`.
    pub fn hex(&mut self, number: u64) -> &mut Message {
        self.hex_wide(number, 0)
    }

    /// Adds a hexadecimal number with `0x`, with spaces before it up to a width.
    pub fn hex_wide(&mut self, number: u64, width: usize) -> &mut Message {
        self.digits(number, 16, b"0x", width)
    }

    fn digits(&mut self, number: u64, base: u64, prefix: &[u8], width: usize) -> &mut Message {
        let mut digits = [0u8; 20];
        let mut first = digits.len();
        let mut rest = number;
        loop {
            first -= 1;
            digits[first] = b"0123456789abcdef"[(rest % base) as usize];
            rest /= base;
            if rest == 0 {
                break;
            }
        }
        for _ in prefix.len() + digits.len() - first..width {
            self.byte(b' ');
        }
        self.text(prefix).text(&digits[first..])
    }

    fn byte(&mut self, byte: u8) {
        if self.length == self.buffer.len() {
            self.flush();
        }
        self.buffer[self.length] = byte;
        self.length += 1;
    }

    /// Writes the text that was added. Errors are ignored: there is nowhere to tell them. Every place that adds text can call
    /// it, so it isn't made a part of them.
    #[inline(never)]
    pub fn flush(&mut self) {
        // SAFETY: a destination comes with the function for it.
        unsafe { (self.write)(self.destination, &self.buffer[..self.length]) };
        self.length = 0;
    }
}

/// # Safety
///
/// The destination is the number of a descriptor that this library never closes.
unsafe fn write_to_file(destination: *mut c_void, text: &[u8]) {
    // SAFETY: the caller's promise.
    let file = unsafe { BorrowedFd::borrow_raw(destination.addr() as i32) };
    let mut rest = text;
    while !rest.is_empty() {
        match rustix::io::write(file, rest) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(_) => break,
        }
    }
}

/// # Safety
///
/// The destination is a `Vec<u8>` that nothing else refers to.
unsafe fn append_to_bytes(destination: *mut c_void, text: &[u8]) {
    // SAFETY: the caller's promise.
    let bytes = unsafe { &mut *destination.cast::<Vec<u8>>() };
    if bytes.try_reserve(text.len()).is_ok() {
        bytes.extend_from_slice(text);
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.flush();
    }
}

/// A system call that failed, and what it was for.
#[derive(Clone, Copy, Debug)]
pub struct SystemError {
    /// The action that failed: "cannot …".
    pub doing: &'static str,
    /// The system's reason.
    pub errno: Errno,
    /// The bytes of address space that it was for; 0 where it was for nothing of that kind.
    pub address_space: u64,
}

impl SystemError {
    /// Adds what it was for.
    pub fn of(doing: &'static str) -> impl FnOnce(Errno) -> SystemError {
        move |errno| SystemError { doing, errno, address_space: 0 }
    }

    /// Adds what it was for, which is so much address space.
    pub fn of_address_space(doing: &'static str, address_space: u64) -> impl FnOnce(Errno) -> SystemError {
        move |errno| SystemError { doing, errno, address_space }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Message)) -> String {
        let mut message = Message::to_stderr();
        write(&mut message);
        let text = String::from_utf8_lossy(&message.buffer[..message.length]).into_owned();
        message.length = 0;
        text
    }

    #[test]
    fn numbers_have_widths() {
        assert_eq!(written(|message| _ = message.decimal(0).text("|").decimal_wide(7, 3)), "0|  7");
        assert_eq!(written(|message| _ = message.decimal(u64::MAX)), u64::MAX.to_string());
        assert_eq!(written(|message| _ = message.hex(u64::MAX)), "0xffffffffffffffff");
        assert_eq!(written(|message| _ = message.hex_wide(0x6a, 8)), "    0x6a");
        assert_eq!(written(|message| _ = message.hex_wide(0x12345678, 4)), "0x12345678");
    }
}
