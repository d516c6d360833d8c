//! Sockets of the system.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType};

use super::errors::{self, IpFamily, NetworkError};
use crate::files::open_files::{OpenFile, OpenFiles};
use crate::policy::network::Protocol;

/// A socket of the system, which counts as an open file.
pub struct Socket {
    /// The system's descriptor.
    pub file: OwnedFd,
    _open: OpenFile,
}

impl Socket {
    /// A socket that was counted before it was opened.
    pub fn new(file: OwnedFd, open: OpenFile) -> Socket {
        Socket { file, _open: open }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// A new socket.
pub fn create(open_files: &OpenFiles, family: IpFamily, protocol: Protocol) -> Result<Socket, NetworkError> {
    let open = open_files.count().map_err(errors::code)?;
    let domain = match family {
        IpFamily::Ipv4 => AddressFamily::INET,
        IpFamily::Ipv6 => AddressFamily::INET6,
    };
    let kind = match protocol {
        Protocol::Tcp => SocketType::STREAM,
        Protocol::Udp => SocketType::DGRAM,
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let file = rustix::net::socket_with(domain, kind, flags, None).map_err(errors::of_creation)?;
    if family == IpFamily::Ipv6 {
        rustix::net::sockopt::set_ipv6_v6only(&file, true).map_err(errors::code)?;
    }
    Ok(Socket::new(file, open))
}
