//! Options of sockets. Values that the system doesn't take are brought into its range; 0 is refused, as the interface
//! says.

use core::time::Duration;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::sockopt;

use super::errors::code;
use super::errors::{IpFamily, NetworkError};
use crate::clocks::SECOND;

/// The longest time, in seconds, that Linux takes for those of keep-alive.
const KEEP_ALIVE_SECONDS_MAX: u64 = 32767;
/// The most probes that it takes.
const KEEP_ALIVE_COUNT_MAX: u32 = 127;
/// The largest buffer that can be asked for: Linux doubles the number, which is signed.
const BUFFER_BYTES_MAX: u64 = (i32::MAX / 2) as u64;

/// A buffer of a socket.
#[derive(Clone, Copy)]
pub enum Buffer {
    /// The buffer of received bytes.
    Receive,
    /// The buffer of bytes that are to be sent.
    Send,
}

/// A time of keep-alive probes.
#[derive(Clone, Copy)]
pub enum KeepAlive {
    /// The time before the first probe.
    Idle,
    /// The time between two probes.
    Interval,
}

fn not_zero(value: u64) -> Result<u64, NetworkError> {
    if value == 0 { Err(NetworkError::InvalidArgument) } else { Ok(value) }
}

/// Bytes of a buffer. Linux tells twice as many as were asked for, since it counts its own needs too.
pub fn buffer_size(file: &OwnedFd, which: Buffer) -> Result<u64, NetworkError> {
    let bytes = match which {
        Buffer::Receive => sockopt::socket_recv_buffer_size(file),
        Buffer::Send => sockopt::socket_send_buffer_size(file),
    };
    bytes.map(|bytes| bytes as u64 / 2).map_err(code)
}

/// Sets the bytes of a buffer.
pub fn set_buffer_size(file: &OwnedFd, which: Buffer, value: u64) -> Result<(), NetworkError> {
    let bytes = not_zero(value)?.min(BUFFER_BYTES_MAX) as usize;
    let result = match which {
        Buffer::Receive => sockopt::set_socket_recv_buffer_size(file, bytes),
        Buffer::Send => sockopt::set_socket_send_buffer_size(file, bytes),
    };
    match result {
        // What some systems say of sizes beyond their range.
        Err(Errno::NOBUFS) => Ok(()),
        result => result.map_err(code),
    }
}

/// The number of routers that a packet may pass.
pub fn hop_limit(file: &OwnedFd, family: IpFamily) -> Result<u8, NetworkError> {
    match family {
        IpFamily::Ipv4 => sockopt::ip_ttl(file).map(|hops| hops.min(255) as u8),
        IpFamily::Ipv6 => sockopt::ipv6_unicast_hops(file),
    }
    .map_err(code)
}

/// Sets how many routers a packet may pass.
pub fn set_hop_limit(file: &OwnedFd, family: IpFamily, value: u8) -> Result<(), NetworkError> {
    not_zero(value.into())?;
    match family {
        IpFamily::Ipv4 => sockopt::set_ip_ttl(file, value.into()),
        IpFamily::Ipv6 => sockopt::set_ipv6_unicast_hops(file, Some(value)),
    }
    .map_err(code)
}

/// Returns true if the system probes an idle connection.
pub fn keep_alive(file: &OwnedFd) -> Result<bool, NetworkError> {
    sockopt::socket_keepalive(file).map_err(code)
}

/// Sets whether an idle connection is probed.
pub fn set_keep_alive(file: &OwnedFd, value: bool) -> Result<(), NetworkError> {
    sockopt::set_socket_keepalive(file, value).map_err(code)
}

/// A time of keep-alive, in nanoseconds.
pub fn keep_alive_time(file: &OwnedFd, which: KeepAlive) -> Result<u64, NetworkError> {
    let time = match which {
        KeepAlive::Idle => sockopt::tcp_keepidle(file),
        KeepAlive::Interval => sockopt::tcp_keepintvl(file),
    };
    time.map(|time| time.as_secs() * SECOND).map_err(code)
}

/// Sets a time of keep-alive, in nanoseconds; the system counts in seconds.
pub fn set_keep_alive_time(file: &OwnedFd, which: KeepAlive, value: u64) -> Result<(), NetworkError> {
    let seconds = not_zero(value)?.div_ceil(SECOND).min(KEEP_ALIVE_SECONDS_MAX);
    let time = Duration::from_secs(seconds);
    match which {
        KeepAlive::Idle => sockopt::set_tcp_keepidle(file, time),
        KeepAlive::Interval => sockopt::set_tcp_keepintvl(file, time),
    }
    .map_err(code)
}

/// The number of probes without an answer after which a connection is given up.
pub fn keep_alive_count(file: &OwnedFd) -> Result<u32, NetworkError> {
    sockopt::tcp_keepcnt(file).map_err(code)
}

/// Sets after how many probes a connection is given up.
pub fn set_keep_alive_count(file: &OwnedFd, value: u32) -> Result<(), NetworkError> {
    not_zero(value.into())?;
    sockopt::set_tcp_keepcnt(file, value.min(KEEP_ALIVE_COUNT_MAX)).map_err(code)
}
