//! Text for stderr and stdout without the weight of `core::fmt`: a small buffer that is written in one piece.

use aot_abi::display;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

/// A message that is written when it is dropped, or earlier if it doesn't fit the buffer.
pub struct Message {
    file: BorrowedFd<'static>,
    length: usize,
    buffer: [u8; 1024],
}

impl Message {
    /// A message on stderr.
    pub fn to_stderr() -> Message {
        // SAFETY: descriptor 2 is never closed by this library.
        Message::new(unsafe { BorrowedFd::borrow_raw(2) })
    }

    /// A message on stdout.
    pub fn to_stdout() -> Message {
        // SAFETY: descriptor 1 is never closed by this library.
        Message::new(unsafe { BorrowedFd::borrow_raw(1) })
    }

    fn new(file: BorrowedFd<'static>) -> Message {
        Message { file, length: 0, buffer: [0; 1024] }
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

    /// Writes the text that was added. Errors are ignored: there is nowhere to tell them.
    pub fn flush(&mut self) {
        let mut rest = &self.buffer[..self.length];
        while !rest.is_empty() {
            match rustix::io::write(self.file, rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        self.length = 0;
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
