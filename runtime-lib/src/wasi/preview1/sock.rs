//! `sock_*`. A program has no sockets yet, so every descriptor is something else.

use super::Outcome;
use super::interface::{Errno, Fdflags, Iovec, Riflags, Roflags, Sdflags};
use crate::wasi::canonical::Elements;
use crate::wasi::host::Host;
use crate::wasi::memory::Memory;

/// Accepts a connection.
pub fn sock_accept(host: &mut Host, _: Memory<'_>, fd: u32, _flags: Fdflags) -> Outcome<u32> {
    no_socket(host, fd)
}

/// Receives.
pub fn sock_recv(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    _ri_data: Elements<'_, Iovec>,
    _ri_flags: Riflags,
) -> Outcome<(u32, Roflags)> {
    no_socket(host, fd)
}

/// Sends.
pub fn sock_send(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    _si_data: Elements<'_, Iovec>,
    _si_flags: u16,
) -> Outcome<u32> {
    no_socket(host, fd)
}

/// Shuts a connection down.
pub fn sock_shutdown(host: &mut Host, _: Memory<'_>, fd: u32, _how: Sdflags) -> Outcome<()> {
    no_socket(host, fd)
}

fn no_socket<T>(host: &mut Host, fd: u32) -> Outcome<T> {
    host.descriptors().get(fd)?;
    Err(Errno::Notsock.into())
}
