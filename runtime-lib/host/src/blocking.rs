//! Operations on streams that wait until they are done. Each step looks the stream up anew: while the program waits,
//! nothing of the host's state is borrowed.

use core::mem::MaybeUninit;
use std::io::IoSlice;

use aot_abi::display;
use aot_abi::trap::Trap;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

use crate::access::Access;
use crate::poll::{Interest, is_over};
use crate::stdio::{Standard, write_vectored};
use crate::streams::{InputStream, OutputStream, StreamFault, StreamResult, fill};
use crate::yielding::Yield;

/// A source of bytes, as resources hold it.
pub type Input = Box<dyn InputStream>;
/// A sink of bytes, as resources hold it.
pub type Output = Box<dyn OutputStream>;

#[inline(never)]
fn input<'h>(host: &'h mut Access<'_>, representation: u32) -> Result<&'h mut Input, Trap> {
    host.resources.object(representation)
}

#[inline(never)]
fn output<'h>(host: &'h mut Access<'_>, representation: u32) -> Result<&'h mut Output, Trap> {
    host.resources.object(representation)
}

/// Adds bytes of a source to `buffer`, which has room for `limit` of them, waiting until there are some. `limit` is not 0.
pub fn read(host: &mut Access<'_>, stream: u32, buffer: &mut Vec<u8>, limit: usize) -> StreamResult<()> {
    if let Some(file) = input(host, stream)?.waiting_file() {
        return read_waiting(host, file, buffer, limit);
    }
    let before = buffer.len();
    loop {
        let stream = input(host, stream)?;
        stream.read(buffer, limit)?;
        if buffer.len() != before {
            return Ok(());
        }
        let interest = stream.interest();
        host.wait(interest)?;
    }
}

/// Waits until there is something to read.
pub fn wait_for_read(host: &mut Access<'_>, stream: u32) -> StreamResult<()> {
    let interest = input(host, stream)?.interest();
    host.wait(interest)?;
    input(host, stream)?.check()
}

/// Waits until a sink takes something: how many bytes.
pub fn wait_for_write(host: &mut Access<'_>, stream: u32) -> StreamResult<u64> {
    loop {
        let stream = output(host, stream)?;
        let bytes = stream.check_write()?;
        if bytes != 0 {
            return Ok(bytes);
        }
        let interest = stream.interest();
        host.wait(interest)?;
    }
}

/// Writes bytes, of which there are as many as the last check allowed at most. If the sink is a descriptor that waits
/// by itself, this waits.
pub fn write(host: &mut Access<'_>, stream: u32, bytes: &[u8]) -> StreamResult<()> {
    let stream = output(host, stream)?;
    match stream.waiting_file() {
        Some(file) => write_all(host, file, bytes),
        None => stream.write(bytes),
    }
}

/// Writes all and waits until it was passed on.
pub fn write_and_flush(host: &mut Access<'_>, stream: u32, bytes: &[u8]) -> StreamResult<()> {
    if let Some(file) = output(host, stream)?.waiting_file() {
        return write_all(host, file, bytes);
    }
    let mut rest = bytes;
    loop {
        let stream = output(host, stream)?;
        match stream.push(rest)? {
            Some(taken) if taken >= rest.len() => return Ok(()),
            Some(taken) => rest = rest.get(taken..).unwrap_or_default(),
            None => {
                let interest = stream.interest();
                host.wait(interest)?;
            }
        }
    }
}

/// Begins to pass on what was taken, and waits until the sink takes something again.
pub fn flush(host: &mut Access<'_>, stream: u32) -> StreamResult<()> {
    output(host, stream)?.flush()?;
    wait_for_write(host, stream).map(|_| ())
}

/// Writes a line of these parts to the standard error, in which what a terminal would obey is escaped. An error of the stream
/// is ignored, as there is nobody to tell.
///
/// # Errors
/// The line needs more memory than a call may have.
pub fn write_line(host: &mut Access<'_>, parts: &[&str]) -> Result<(), Trap> {
    let mut bytes = 1;
    parts.iter().for_each(|part| display::escape(part.as_bytes(), &mut |_| bytes += 1));
    let mut line = host.buffer(bytes)?;
    parts.iter().for_each(|part| display::escape(part.as_bytes(), &mut |byte| line.push(byte)));
    line.push(b'\n');
    let mut stream = host.standard_output(Standard::Errors);
    let _ = match stream.waiting_file() {
        Some(file) => write_all(host, file, &line),
        None => stream.write(&line),
    };
    host.recycle(line);
    Ok(())
}

/// Reads a descriptor whose system calls wait by themselves.
fn read_waiting(
    host: &mut Access<'_>,
    file: BorrowedFd<'static>,
    buffer: &mut Vec<u8>,
    limit: usize,
) -> StreamResult<()> {
    let readable = Interest::Readable(file.as_raw_fd());
    loop {
        if !host.sources.is_empty() {
            // They go on while the program waits.
            host.wait(readable)?;
        }
        let read = |room: &mut [MaybeUninit<u8>]| rustix::io::read(file, room).map(|(filled, _)| filled.len());
        match host.give_up(|| fill(buffer, limit, read)) {
            Ok(0) => return Err(StreamFault::Closed),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) if !is_over() => {}
            Err(Errno::AGAIN) => host.wait(readable)?,
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Writes all bytes to a descriptor whose system calls wait by themselves.
fn write_all(host: &mut Access<'_>, file: BorrowedFd<'static>, bytes: &[u8]) -> StreamResult<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = write_vectored(host, file, &[IoSlice::new(rest)])?;
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}
