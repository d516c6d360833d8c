//! `sock_*`, on sockets that were handed in. They are files, so `fd_read`, `fd_write` and `poll_oneoff` take them too.

use std::rc::Rc;

use rustix::io::Errno as System;
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, RecvMsg, ReturnFlags, SendAncillaryBuffer, SendFlags, Shutdown, SocketFlags,
};

use super::Outcome;
use super::fd::{uninterrupted, with_sources, with_targets};
use super::interface::{Errno, Fdflags, Iovec, Riflags, Roflags, Sdflags};
use aot_host::access::Access;
use aot_host::canonical::Elements;
use aot_host::canonical::memory::Memory;
use aot_host::files::File;
use aot_host::files::descriptors::Descriptor;
use aot_host::host::Host;
use aot_host::poll::is_over;
use aot_host::yielding::Yield;

/// A descriptor that is a socket. Without one that was handed in, the sandbox has no system calls to ask for more.
fn socket(host: &mut Host, fd: u32) -> Outcome<Rc<File>> {
    match host.descriptors().get(fd)? {
        Descriptor::File(file) if file.is_socket => Ok(file.clone()),
        _ => Err(Errno::Notsock.into()),
    }
}

/// Accepts a connection.
pub fn sock_accept(host: &mut Access<'_>, _: Memory<'_>, fd: u32, flags: Fdflags) -> Outcome<u32> {
    if !Fdflags::NONBLOCK.contains(flags) {
        return Err(Errno::Inval.into());
    }
    let socket = socket(host, fd)?;
    host.descriptors().check_room()?;
    let open = host.open_files.count()?;
    let mut system = SocketFlags::CLOEXEC;
    system.set(SocketFlags::NONBLOCK, flags.contains(Fdflags::NONBLOCK));
    let accepted = loop {
        let listener = socket.system()?;
        match host.give_up(|| rustix::net::accept_with(listener, system)) {
            Err(System::INTR) if !is_over() => {}
            result => break result?,
        }
    };
    Ok(host.descriptors().add_socket(accepted, open)?)
}

/// Receives bytes from a socket.
pub fn sock_recv(
    host: &mut Access<'_>,
    memory: Memory<'_>,
    fd: u32,
    ri_data: Elements<'_, Iovec>,
    ri_flags: Riflags,
) -> Outcome<(u32, Roflags)> {
    let socket = socket(host, fd)?;
    let mut flags = RecvFlags::empty();
    flags.set(RecvFlags::PEEK, ri_flags.contains(Riflags::RECV_PEEK));
    flags.set(RecvFlags::WAITALL, ri_flags.contains(Riflags::RECV_WAITALL));
    let system = socket.system()?;
    let mut truncated = false;
    let received = with_targets(memory, &ri_data, socket.datagrams, &mut |buffers| {
        uninterrupted(|| {
            let receive = || rustix::net::recvmsg(system, buffers, &mut RecvAncillaryBuffer::default(), flags);
            let message: RecvMsg = host.give_up(receive)?;
            truncated = message.flags.contains(ReturnFlags::TRUNC);
            Ok(message.bytes)
        })
    })?;
    Ok((received, Roflags::when(Roflags::RECV_DATA_TRUNCATED, truncated)))
}

/// Sends. There are no flags.
pub fn sock_send(
    host: &mut Access<'_>,
    memory: Memory<'_>,
    fd: u32,
    si_data: Elements<'_, Iovec>,
    si_flags: u16,
) -> Outcome<u32> {
    let socket = socket(host, fd)?;
    if si_flags != 0 {
        return Err(Errno::Inval.into());
    }
    let system = socket.system()?;
    with_sources(memory, &si_data, socket.datagrams, &mut |buffers| {
        uninterrupted(|| {
            host.give_up(|| {
                rustix::net::sendmsg(system, buffers, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)
            })
        })
    })
}

/// Ends one direction of a connection, or both.
pub fn sock_shutdown(host: &mut Host, _: Memory<'_>, fd: u32, how: Sdflags) -> Outcome<()> {
    let socket = socket(host, fd)?;
    let how = match (how.contains(Sdflags::RD), how.contains(Sdflags::WR)) {
        (true, true) => Shutdown::Both,
        (true, false) => Shutdown::Read,
        (false, true) => Shutdown::Write,
        (false, false) => return Err(Errno::Inval.into()),
    };
    Ok(rustix::net::shutdown(socket.system()?, how)?)
}
