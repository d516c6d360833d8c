//! The protocol of Redis (RESP 2): commands as lists of strings, and replies, whose sizes are bounded before anything is kept.

use super::connection::Connection;
use crate::access::Access;
use crate::keyvalue::{Answer, Fault};
use crate::text::shown;

/// The most bytes of a line.
const LINE_BYTES_MAX: usize = 4096;
/// The most lists in each other.
const DEPTH_MAX: u32 = 3;
/// Bytes that are counted for a reply besides its own.
const REPLY_BYTES: u64 = size_of::<Reply>() as u64;

/// A reply of a server that isn't an error.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// A word, such as `OK`.
    Word,
    /// A number.
    Number(i64),
    /// A string.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Reply>),
    /// No value.
    Null,
}

/// The error of a server that sends something else than a reply of the protocol, or of the command.
pub fn garbage() -> Fault {
    Fault::from("the server of the store doesn't answer as Redis does")
}

impl Reply {
    /// The string, or nothing.
    pub fn bytes(self) -> Answer<Option<Vec<u8>>> {
        match self {
            Reply::Bytes(bytes) => Ok(Some(bytes)),
            Reply::Null => Ok(None),
            _ => Err(garbage()),
        }
    }

    /// The number.
    pub fn number(self) -> Answer<i64> {
        if let Reply::Number(number) = self { Ok(number) } else { Err(garbage()) }
    }

    /// The number that a string has in digits.
    pub fn text_number(self) -> Answer<u64> {
        let bytes = self.bytes()?.ok_or_else(garbage)?;
        core::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(garbage)
    }

    /// The items of the list.
    pub fn items(self) -> Answer<Vec<Reply>> {
        if let Reply::List(items) = self { Ok(items) } else { Err(garbage()) }
    }

    /// Checks that it is a word: the server has done it.
    pub fn done(self) -> Answer<()> {
        if self == Reply::Word { Ok(()) } else { Err(garbage()) }
    }

    /// Returns true if it is nothing.
    pub fn is_null(&self) -> bool {
        *self == Reply::Null
    }
}

/// A conversation over a connection.
pub struct Exchange<'h, 'a> {
    host: &'h mut Access<'a>,
    connection: &'h mut Connection,
    /// The moment at which the server's time is up.
    deadline: u64,
    /// Bytes that replies may still have.
    bytes_left: u64,
    /// True while a reply is awaited.
    is_open: bool,
}

impl<'h, 'a> Exchange<'h, 'a> {
    /// A conversation with this deadline, whose replies have so many bytes at most.
    pub fn new(
        host: &'h mut Access<'a>,
        connection: &'h mut Connection,
        deadline: u64,
        bytes_max: u64,
    ) -> Exchange<'h, 'a> {
        Exchange { host, connection, deadline, bytes_left: bytes_max, is_open: false }
    }

    /// Returns true if all replies have come whole, and nothing else.
    pub fn is_complete(&self) -> bool {
        !self.is_open && self.connection.unread().is_empty()
    }

    /// Sends a command, and returns its reply.
    ///
    /// # Errors
    /// The server tells an error, isn't there, takes too long or sends what it shouldn't.
    pub fn call(&mut self, command: &[&[u8]]) -> Answer<Reply> {
        self.is_open = true;
        self.connection.send(self.host, &encode(command), self.deadline)?;
        let reply = self.reply(0)?;
        self.is_open = false;
        reply.map_err(|text| Fault::Other(format!("the server of the store: {}", shown(&text))))
    }

    /// A reply; the inner error is one that the server tells.
    fn reply(&mut self, depth: u32) -> Answer<Result<Reply, Vec<u8>>> {
        self.count(REPLY_BYTES)?;
        let line = self.line()?;
        let (kind, text) = line.split_first().ok_or_else(garbage)?;
        let reply = match kind {
            b'+' => Reply::Word,
            b'-' => return Ok(Err(text.to_vec())),
            b':' => Reply::Number(number(text)?),
            b'$' | b'*' if number(text)? == -1 => Reply::Null,
            b'$' => Reply::Bytes(self.bytes(number(text)?)?),
            b'*' if depth < DEPTH_MAX => {
                let count = number(text)?;
                if count < 0 {
                    return Err(garbage());
                }
                return self.list(count, depth + 1);
            }
            _ => return Err(garbage()),
        };
        Ok(Ok(reply))
    }

    /// The items of a list, all of which are read also if one is an error.
    fn list(&mut self, count: i64, depth: u32) -> Answer<Result<Reply, Vec<u8>>> {
        let mut items = Vec::new();
        let mut error = None;
        for _ in 0..count {
            match self.reply(depth)? {
                Ok(item) => items.push(item),
                Err(text) => error = error.or(Some(text)),
            }
        }
        Ok(error.map_or(Ok(Reply::List(items)), Err))
    }

    /// Counts bytes of a reply before they are kept.
    fn count(&mut self, bytes: u64) -> Answer<()> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left = left.ok_or_else(|| Fault::from("the answer of the store's server is too long"))?;
        Ok(())
    }

    /// A line without its end.
    fn line(&mut self) -> Answer<Vec<u8>> {
        loop {
            let unread = self.connection.unread();
            if let Some(end) = unread.windows(2).take(LINE_BYTES_MAX).position(|two| two == b"\r\n") {
                let line = unread.get(..end).unwrap_or_default().to_vec();
                self.connection.skip(end + 2);
                return Ok(line);
            }
            if unread.len() > LINE_BYTES_MAX {
                return Err(garbage());
            }
            self.connection.receive(self.host, self.deadline)?;
        }
    }

    /// A string of so many bytes, and the end of its line.
    fn bytes(&mut self, count: i64) -> Answer<Vec<u8>> {
        let count = u64::try_from(count).map_err(|_| garbage())?;
        self.count(count)?;
        let mut bytes = Vec::new();
        let mut missing = count as usize;
        while missing > 0 {
            let unread = self.connection.unread();
            let taken = unread.len().min(missing);
            bytes.extend_from_slice(unread.get(..taken).unwrap_or_default());
            self.connection.skip(taken);
            missing -= taken;
            if missing > 0 {
                self.connection.receive(self.host, self.deadline)?;
            }
        }
        if self.line()?.is_empty() { Ok(bytes) } else { Err(garbage()) }
    }
}

fn number(text: &[u8]) -> Answer<i64> {
    core::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(garbage)
}

/// A command as the server reads it.
fn encode(command: &[&[u8]]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", command.len()).into_bytes();
    for word in command {
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_lists_of_strings() {
        assert_eq!(encode(&[b"SET", b"", b"\r\n"]), b"*3\r\n$3\r\nSET\r\n$0\r\n\r\n$2\r\n\r\n\r\n");
    }
}
