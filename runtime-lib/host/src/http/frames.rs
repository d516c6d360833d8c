//! Heads of HTTP/2 whose lines have to be put in order ([`order`](super::order)), below the library that writes them.
//!
//! The frames pass as they are, but for blocks of fields with a mark: its fields are written so that none depends on those
//! before it (RFC 7541, 6.2.3), and can change places without being decoded.

use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use std::pin::Pin;

use hyper::rt::Write;

use super::order::{CODED_BYTES, Order, Orders};
use super::tls_socket::RECORD_BYTES;

/// The bytes of a frame's head (RFC 9113, 4.1).
const HEAD_BYTES: usize = 9;
/// The type of a frame that begins a block of fields, and of one that goes on with it (RFC 9113, 6.2, 6.10).
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
/// The flags of a frame with the end of a block, and of frames with more than a part of a block.
const END_HEADERS: u8 = 4;
const PADDED_OR_PRIORITY: u8 = 0x28;
/// The bytes with which a client begins (RFC 9113, 3.4).
const PREFACE_BYTES: usize = 24;

/// The frames that one end writes.
pub struct Frames {
    /// The bytes that pass before the next frame's head.
    passing: usize,
    /// A frame's head, or a block, that isn't complete.
    held: Vec<u8>,
    /// The first bytes of `held` that have been sent.
    sent: usize,
    /// Bytes that are to go out before all others.
    own: Vec<u8>,
}

impl Frames {
    /// The frames of a server.
    pub fn of_server() -> Frames {
        Frames { passing: 0, held: Vec::new(), sent: 0, own: Vec::new() }
    }

    /// The frames of a client.
    pub fn of_client() -> Frames {
        Frames { passing: PREFACE_BYTES, ..Frames::of_server() }
    }

    /// Sends what was to go out before.
    pub fn poll_own(&mut self, socket: &mut (impl Write + Unpin), cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        send_all(&mut self.own, socket, cx)
    }

    /// Writes for the library.
    pub fn poll_write(
        &mut self,
        socket: &mut (impl Write + Unpin),
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
        orders: &Orders,
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_own(socket, cx))?;
        if orders.is_empty() && self.held.len() == self.sent {
            let written = ready!(write(socket, cx, buffers))?;
            self.note(buffers, written);
            return Poll::Ready(Ok(written));
        }
        for buffer in buffers {
            self.take(buffer, orders);
        }
        // What can't be sent now goes out at the next flush.
        if let Poll::Ready(Err(error)) = self.poll_own(socket, cx) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(buffers.iter().map(|buffer| buffer.len()).sum()))
    }

    /// Notes bytes that were sent as they are.
    fn note(&mut self, buffers: &[IoSlice<'_>], mut written: usize) {
        for buffer in buffers {
            let mut bytes = buffer.get(..written.min(buffer.len())).unwrap_or_default();
            written -= bytes.len();
            while !bytes.is_empty() {
                let passing = self.passing.min(bytes.len());
                bytes = bytes.get(passing..).unwrap_or_default();
                self.passing -= passing;
                if self.passing == 0 {
                    bytes = self.hold(bytes, HEAD_BYTES - self.held.len());
                    self.sent = self.held.len();
                    if self.held.len() == HEAD_BYTES {
                        self.pass();
                    }
                }
            }
        }
    }

    /// Takes bytes to be sent, those of a block once it is complete.
    fn take(&mut self, mut bytes: &[u8], orders: &Orders) {
        while !bytes.is_empty() {
            let (passing, rest) = bytes.split_at(self.passing.min(bytes.len()));
            self.own.extend_from_slice(passing);
            self.passing -= passing.len();
            bytes = rest;
            if self.passing == 0 {
                bytes = self.hold(bytes, self.missing());
                if self.missing() == 0 {
                    self.release(orders);
                }
            }
        }
    }

    /// Holds so many bytes back, and returns the others.
    fn hold<'b>(&mut self, bytes: &'b [u8], count: usize) -> &'b [u8] {
        let (held, rest) = bytes.split_at(count.min(bytes.len()));
        self.held.extend_from_slice(held);
        rest
    }

    /// The bytes that are known to be missing of what is held: a block to its end, or the head of another frame.
    fn missing(&self) -> usize {
        let mut rest = self.held.as_slice();
        loop {
            let Some((head, payload)) = rest.split_first_chunk::<HEAD_BYTES>() else { return HEAD_BYTES - rest.len() };
            let is_of_block = self.sent == 0 && matches!(head[3], HEADERS | CONTINUATION);
            if !is_of_block {
                return 0;
            }
            match payload.split_at_checked(length_of(head)) {
                None => return length_of(head) - payload.len(),
                Some(_) if head[4] & END_HEADERS != 0 => return 0,
                Some((_, next)) => rest = next,
            }
        }
    }

    /// Lets what is held go out: a block in order, or a frame's head, behind which its payload passes.
    fn release(&mut self, orders: &Orders) {
        if self.sent == 0 && self.held.get(3) == Some(&HEADERS) {
            let arranged = arranged(&self.held, orders);
            self.own.extend_from_slice(arranged.as_deref().unwrap_or(&self.held));
            self.held.clear();
            return;
        }
        self.own.extend_from_slice(self.held.get(self.sent..).unwrap_or_default());
        self.pass();
    }

    /// Lets the payload of the frame pass whose head is held.
    fn pass(&mut self) {
        self.passing = length_of(&self.held);
        self.held.clear();
        self.sent = 0;
    }
}

/// Sends bytes, and removes those that were sent.
pub fn send_all(bytes: &mut Vec<u8>, socket: &mut (impl Write + Unpin), cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    while !bytes.is_empty() {
        let sent = ready!(Pin::new(&mut *socket).poll_write(cx, bytes))?;
        bytes.drain(..sent.min(bytes.len()));
    }
    Poll::Ready(Ok(()))
}

/// Writes buffers together, also to a socket that takes one at a time: each write may be a record of its own.
pub fn write(
    socket: &mut (impl Write + Unpin),
    cx: &mut Context<'_>,
    buffers: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    if socket.is_write_vectored() {
        return Pin::new(socket).poll_write_vectored(cx, buffers);
    }
    if let [only] = buffers {
        return Pin::new(socket).poll_write(cx, only);
    }
    let mut joined = Vec::new();
    for buffer in buffers {
        joined.extend_from_slice(buffer.get(..buffer.len().min(RECORD_BYTES - joined.len())).unwrap_or_default());
    }
    Pin::new(socket).poll_write(cx, &joined)
}

/// The bytes of the payload behind a frame's head.
fn length_of(head: &[u8]) -> usize {
    head.iter().take(3).fold(0, |length, &byte| length << 8 | usize::from(byte))
}

/// The frames of a block with its fields in order and without the mark; none for a block that is right as it is.
fn arranged(frames: &[u8], orders: &Orders) -> Option<Vec<u8>> {
    let head = frames.first_chunk::<HEAD_BYTES>()?;
    if head[4] & PADDED_OR_PRIORITY != 0 {
        return None;
    }
    let (mut block, mut rest) = (Vec::new(), frames);
    while let Some((head, payload)) = rest.split_first_chunk::<HEAD_BYTES>() {
        let (part, next) = payload.split_at_checked(length_of(head))?;
        block.extend_from_slice(part);
        rest = next;
    }
    let fields = fields(&block)?;
    let mark = fields.iter().position(|field| is_mark(field))?;
    let order = orders.take_coded(fields.get(mark)?.last_chunk::<CODED_BYTES>()?);
    let (before, listed) = (fields.get(..mark)?, fields.get(mark + 1..)?);
    let listed = order.as_ref().and_then(|order: &Order| order.arrange(listed)).unwrap_or_else(|| listed.to_vec());
    let block: Vec<u8> = before.iter().chain(&listed).copied().flatten().copied().collect();
    Some(framed(head, &block))
}

/// The frames for a block in place of those that begin with this head. None is longer than that.
fn framed(head: &[u8; HEAD_BYTES], block: &[u8]) -> Vec<u8> {
    let mut frames = Vec::with_capacity(block.len() + HEAD_BYTES);
    let parts = block.chunks(length_of(head).max(1));
    let count = parts.len();
    for (number, part) in parts.enumerate() {
        let (kind, flags) = if number == 0 { (HEADERS, head[4] & !END_HEADERS) } else { (CONTINUATION, 0) };
        let flags = if number + 1 == count { flags | END_HEADERS } else { flags };
        frames.extend_from_slice(part.len().to_be_bytes().last_chunk::<3>().unwrap_or(&[0; 3]));
        frames.extend_from_slice(&[kind, flags]);
        frames.extend_from_slice(&head[5..]);
        frames.extend_from_slice(part);
    }
    frames
}

/// Returns true for the mark: it is the first field that no table may have, and its name is written out.
fn is_mark(field: &[u8]) -> bool {
    field.first() == Some(&0x10)
}

/// The fields of a block, each as it is written (RFC 7541, 6); none if they aren't whole.
fn fields(mut block: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Vec::new();
    while !block.is_empty() {
        let (field, rest) = block.split_at_checked(bytes_of_field(block)?)?;
        fields.push(field);
        block = rest;
    }
    Some(fields)
}

fn bytes_of_field(block: &[u8]) -> Option<usize> {
    let (prefix, strings_of_name) = match block.first()? {
        first if first & 0x80 != 0 => return integer(block, 7).map(|(_, bytes)| bytes),
        first if first & 0xe0 == 0x20 => return integer(block, 5).map(|(_, bytes)| bytes),
        first if first & 0x40 != 0 => (6, first & 0x3f == 0),
        first => (4, first & 0x0f == 0),
    };
    let (_, mut bytes) = integer(block, prefix)?;
    for _ in 0..1 + usize::from(strings_of_name) {
        let (length, of_length) = integer(block.get(bytes..)?, 7)?;
        bytes = bytes.checked_add(of_length)?.checked_add(length)?;
    }
    Some(bytes)
}

/// An integer with a prefix of so many bits, and the bytes that it takes (RFC 7541, 5.1).
fn integer(bytes: &[u8], prefix: u32) -> Option<(usize, usize)> {
    let mask = (1usize << prefix) - 1;
    let first = usize::from(*bytes.first()?) & mask;
    if first < mask {
        return Some((first, 1));
    }
    let mut value = first;
    for (place, &byte) in bytes.iter().skip(1).take(4).enumerate() {
        value = value.checked_add((usize::from(byte) & 0x7f) << (7 * place))?;
        if byte & 0x80 == 0 {
            return Some((value, place + 2));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field_list::FieldList;

    /// A frame.
    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        [&(payload.len() as u32).to_be_bytes()[1..], &[kind, flags, 0, 0, 0, 7], payload].concat()
    }

    /// A field that no table has, with a name and a value that aren't compressed.
    fn field(name: &str, value: &str) -> Vec<u8> {
        let string = |text: &str| [&[text.len() as u8][..], text.as_bytes()].concat();
        [&[0x10][..], &string(name), &string(value)].concat()
    }

    /// A head with names a, b, a and something behind, as the library writes it, and as it should be.
    fn marked(orders: &Orders) -> (Vec<u8>, Vec<u8>) {
        let mut list = FieldList::default();
        ["a", "b", "a"].iter().for_each(|name| list.push(name.parse().unwrap(), "1".parse().unwrap()));
        let map = orders.map_of(&list).unwrap();
        let text = map.iter().next().unwrap().1.to_str().unwrap().to_string();
        let digit = |byte: u8| b"012aceiost".iter().position(|digit| *digit == byte).unwrap() as u64;
        let bits = text.bytes().fold(0u64, |bits, byte| bits << 5 | digit(byte));
        let mark = [&[0x10, 1, b'm', 0x85][..], &bits.to_be_bytes()[3..]].concat();
        let [status, date] = [vec![0x88], vec![0x40, 1, b'd', 1, b'v']];
        let [first, second, third] = [field("a", "1"), field("b", &"x".repeat(50)), field("a", "3")];
        let parts = [&status[..], &mark, &first, &third, &second, &date].concat();
        (parts, [&status[..], &first, &second, &third, &date].concat())
    }

    #[test]
    fn blocks_are_put_in_order_wherever_writes_end() {
        for size in [1, 2, 5, 8, 9, 10, 13, 100, 1000] {
            let (orders, mut frames) = (Orders::default(), Frames::of_client());
            let (block, expected) = marked(&orders);
            let data = frame(0, 0, &[0x10; 20]);
            let (one, other) = block.split_at(30);
            let preface = [b'P'; PREFACE_BYTES];
            let written =
                [&preface[..], &data, &frame(HEADERS, 1, one), &frame(CONTINUATION, END_HEADERS, other), &data];
            for part in written.concat().chunks(size) {
                frames.take(part, &orders);
            }
            let mut framed_expected = Vec::new();
            let parts: Vec<&[u8]> = expected.chunks(30).collect();
            for (number, part) in parts.iter().enumerate() {
                let (kind, flags) = if number == 0 { (HEADERS, 1) } else { (CONTINUATION, 0) };
                let end = if number + 1 == parts.len() { END_HEADERS } else { 0 };
                framed_expected.extend(frame(kind, flags | end, part));
            }
            assert_eq!(frames.own, [&preface[..], &data, &framed_expected, &data].concat(), "{size}");
            assert!(orders.is_empty() && frames.held.is_empty());
        }
    }

    #[test]
    fn frames_are_followed_that_pass() {
        let orders = Orders::default();
        for size in [1, 7, 9, 23] {
            let mut frames = Frames::of_server();
            let data = [frame(4, 0, &[1; 12]), frame(0, 0, b""), frame(HEADERS, 5, &[0x88])].concat();
            data.chunks(size).for_each(|part| frames.note(&[IoSlice::new(part)], part.len()));
            assert!(frames.own.is_empty() && frames.held.is_empty() && frames.passing == 0, "{size}");
            // The head of a frame that has partly been sent.
            frames.note(&[IoSlice::new(&data)], 5);
            frames.take(&data[5..], &orders);
            assert_eq!(frames.own, data[5..]);
        }
    }

    #[test]
    fn integers_and_damage() {
        assert_eq!(integer(&[0x1f, 0x9a, 0x0a], 5), Some((1337, 3)));
        assert_eq!(integer(&[0x0a], 5), Some((10, 1)));
        for damaged in [&[0x10][..], &[0x10, 5, b'a'], &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff], &[0x40, 0x7f]] {
            assert_eq!(fields(damaged), None, "{damaged:?}");
        }
    }
}
