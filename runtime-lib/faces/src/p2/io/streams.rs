//! `wasi:io/streams`.

use crate::p2::Outcome;
use crate::p2::interfaces::io::poll as poll_interface;
use crate::p2::interfaces::io::streams as interface;
use crate::p2::interfaces::io::streams::StreamError;
use crate::p2::io::poll::Pollable;
use aot_host::access::Access;
use aot_host::blocking;
use aot_host::canonical::handles::{Borrow, Own, Resources};
use aot_host::host::Host;
use aot_host::poll::Interest;
use aot_host::streams::{READ_BYTES_MAX, StreamFault, StreamResult};

/// A source of bytes.
pub type InputStream = blocking::Input;
/// A sink of bytes.
pub type OutputStream = blocking::Output;

/// The most bytes of the functions that write and flush at once.
const WRITE_AND_FLUSH_BYTES_MAX: u64 = 4096;

type Input = Borrow<interface::InputStream>;
type Output = Borrow<interface::OutputStream>;

/// A result as the guest gets it: an error of the system becomes a resource.
fn answer<T>(host: &mut Host, result: StreamResult<T>) -> Outcome<Result<T, StreamError>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StreamFault::Closed) => Ok(Err(StreamError::Closed)),
        Err(StreamFault::Failed(errno)) => Ok(Err(StreamError::LastOperationFailed(host.resources.add(errno)))),
        #[cfg(feature = "http")]
        Err(StreamFault::Source(fault)) => Ok(Err(StreamError::LastOperationFailed(host.resources.add_any(fault)))),
        Err(StreamFault::Trap(trap)) => Err(trap),
    }
}

/// Reads `len` bytes at most, and not more than a bound at once.
fn read(host: &mut Access<'_>, input: Input, len: u64, blocking: bool) -> Outcome<Result<Vec<u8>, StreamError>> {
    let limit = len.min(READ_BYTES_MAX) as usize;
    let mut buffer = host.buffer(limit)?;
    let result = match (limit, blocking) {
        (0, false) => host.resources.get(input)?.check(),
        (0, true) => blocking::wait_for_read(host, input.representation),
        (limit, false) => host.resources.get(input)?.read(&mut buffer, limit),
        (limit, true) => blocking::read(host, input.representation, &mut buffer, limit),
    };
    answer(host, result.map(|()| buffer))
}

/// Reads the bytes that are available, without waiting.
pub fn input_stream_read(host: &mut Access<'_>, self_: Input, len: u64) -> Outcome<Result<Vec<u8>, StreamError>> {
    read(host, self_, len, false)
}

/// Reads, waiting for something.
pub fn input_stream_blocking_read(
    host: &mut Access<'_>,
    self_: Input,
    len: u64,
) -> Outcome<Result<Vec<u8>, StreamError>> {
    read(host, self_, len, true)
}

fn skip(host: &mut Access<'_>, input: Input, len: u64, blocking: bool) -> Outcome<Result<u64, StreamError>> {
    Ok(read(host, input, len, blocking)?.map(|skipped| {
        let bytes = skipped.len() as u64;
        host.recycle(skipped);
        bytes
    }))
}

/// Reads the bytes that are available, without waiting, and drops them.
pub fn input_stream_skip(host: &mut Access<'_>, self_: Input, len: u64) -> Outcome<Result<u64, StreamError>> {
    skip(host, self_, len, false)
}

/// Waits for bytes, reads them and drops them.
pub fn input_stream_blocking_skip(host: &mut Access<'_>, self_: Input, len: u64) -> Outcome<Result<u64, StreamError>> {
    skip(host, self_, len, true)
}

/// Something to wait for bytes with.
pub fn input_stream_subscribe(host: &mut Host, self_: Input) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(resources: &mut Resources, representation: u32) -> Outcome<Interest> {
        Ok(resources.object::<InputStream>(representation)?.interest())
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}

/// The number of bytes that the stream takes now.
pub fn output_stream_check_write(host: &mut Host, self_: Output) -> Outcome<Result<u64, StreamError>> {
    let result = host.resources.get(self_)?.check_write();
    answer(host, result)
}

/// Writes as many bytes as the last check allowed.
pub fn output_stream_write(host: &mut Access<'_>, self_: Output, contents: &[u8]) -> Outcome<Result<(), StreamError>> {
    let result = blocking::write(host, self_.representation, contents);
    answer(host, result)
}

/// Writes and waits until everything was passed on.
pub fn output_stream_blocking_write_and_flush(
    host: &mut Access<'_>,
    self_: Output,
    contents: &[u8],
) -> Outcome<Result<(), StreamError>> {
    if contents.len() as u64 > WRITE_AND_FLUSH_BYTES_MAX {
        return Err(host.invalid("more than 4096 bytes to write and flush"));
    }
    let result = blocking::write_and_flush(host, self_.representation, contents);
    answer(host, result)
}

/// Begins to pass on what was written.
pub fn output_stream_flush(host: &mut Host, self_: Output) -> Outcome<Result<(), StreamError>> {
    let result = host.resources.get(self_)?.flush();
    answer(host, result)
}

/// Passes on the bytes that were written, and waits until that is done.
pub fn output_stream_blocking_flush(host: &mut Access<'_>, self_: Output) -> Outcome<Result<(), StreamError>> {
    let result = blocking::flush(host, self_.representation);
    answer(host, result)
}

/// Something to wait for room with.
pub fn output_stream_subscribe(host: &mut Host, self_: Output) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(resources: &mut Resources, representation: u32) -> Outcome<Interest> {
        Ok(resources.object::<OutputStream>(representation)?.interest())
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}

const ZEROES: &[u8; 4096] = &[0; 4096];

/// Writes zeroes, as many as the last check allowed at most.
pub fn output_stream_write_zeroes(host: &mut Access<'_>, self_: Output, len: u64) -> Outcome<Result<(), StreamError>> {
    let result = match host.resources.get(self_)?.check_write() {
        Ok(allowed) if len > allowed => return Err(host.invalid("more zeroes than the stream takes")),
        Ok(_) => write_zeroes(host, self_, len),
        Err(fault) => Err(fault),
    };
    answer(host, result)
}

fn write_zeroes(host: &mut Access<'_>, output: Output, len: u64) -> StreamResult<()> {
    let mut rest = len;
    while rest != 0 {
        let count = rest.min(ZEROES.len() as u64);
        blocking::write(host, output.representation, &ZEROES[..count as usize])?;
        rest -= count;
    }
    Ok(())
}

/// Writes zeroes and waits until everything was passed on.
pub fn output_stream_blocking_write_zeroes_and_flush(
    host: &mut Access<'_>,
    self_: Output,
    len: u64,
) -> Outcome<Result<(), StreamError>> {
    match ZEROES.get(..usize::try_from(len).unwrap_or(usize::MAX)) {
        Some(zeroes) => output_stream_blocking_write_and_flush(host, self_, zeroes),
        None => Err(host.invalid("more than 4096 zeroes to write and flush")),
    }
}

/// Moves bytes from one stream to another.
fn splice(host: &mut Access<'_>, output: Output, input: Input, len: u64, blocking: bool) -> StreamResult<u64> {
    let (from, to) = (input.representation, output.representation);
    let allowed =
        if blocking { blocking::wait_for_write(host, to)? } else { host.resources.get(output)?.check_write()? };
    let limit = len.min(allowed).min(READ_BYTES_MAX) as usize;
    if limit == 0 {
        return Ok(0);
    }
    let mut buffer = host.buffer(limit)?;
    if blocking {
        blocking::read(host, from, &mut buffer, limit)?;
        blocking::write_and_flush(host, to, &buffer)?;
    } else {
        host.resources.get(input)?.read(&mut buffer, limit)?;
        blocking::write(host, to, &buffer)?;
    }
    let moved = buffer.len() as u64;
    host.recycle(buffer);
    Ok(moved)
}

/// Moves bytes that are available from a stream to another, without waiting.
pub fn output_stream_splice(
    host: &mut Access<'_>,
    self_: Output,
    src: Input,
    len: u64,
) -> Outcome<Result<u64, StreamError>> {
    let result = splice(host, self_, src, len, false);
    answer(host, result)
}

/// Moves bytes, waiting for some.
pub fn output_stream_blocking_splice(
    host: &mut Access<'_>,
    self_: Output,
    src: Input,
    len: u64,
) -> Outcome<Result<u64, StreamError>> {
    let result = splice(host, self_, src, len, true);
    answer(host, result)
}
