//! The sockets at which a server listens: those that a service manager hands in, or those of the policy's addresses.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::{
    AddressFamily, SocketAddrAny, SocketAddrUnix, SocketFlags, SocketType, bind, connect, getsockname, listen as start,
    socket_with, sockopt,
};

use crate::command::handed_in;
use aot_host::c_strings::CStrings;
use aot_host::policy::serve::{Address, ServePolicy};
use aot_host::serve_error::ServeError;
use aot_host::start_error::StartError;

/// Connections that the system keeps for the server before it accepts them: as many as the system allows.
const BACKLOG: i32 = i32::MAX;
/// Name of the socket that a service manager hands in for what `--admin` is for.
const ADMIN: &[u8] = b"admin";

/// The sockets of a server.
#[derive(Debug, Default)]
pub struct Listeners {
    /// The sockets at which requests are served.
    pub requests: Vec<Listener>,
    /// The socket that answers about the server's health.
    pub admin: Option<Listener>,
}

/// A socket that listens. It doesn't block, and isn't inherited.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: OwnedFd,
    /// The address, with the port that it has: `127.0.0.1:8080`, `[::]:8080`, `unix:PATH`.
    pub address: Vec<u8>,
    /// True for a Unix socket.
    pub is_unix: bool,
}

/// Listens at all addresses of the policy, or with what a service manager hands in: a socket with the name `admin` takes
/// the place of the policy's address of that name, all others that of the addresses of requests.
///
/// # Errors
/// An address can't be had, or what is handed in doesn't listen.
pub fn listen(serve: &ServePolicy, environment: CStrings) -> Result<Listeners, StartError> {
    let mut listeners = handed_in(environment)?;
    if listeners.requests.is_empty() {
        listeners.requests = serve.addresses.iter().map(at).collect::<Result<_, ServeError>>()?;
    }
    if listeners.admin.is_none() {
        listeners.admin = serve.admin.as_ref().map(at).transpose()?;
    }
    Ok(listeners)
}

fn handed_in(environment: CStrings) -> Result<Listeners, ServeError> {
    let mut listeners = Listeners::default();
    for socket in 0..handed_in::aot_part_handed_in(environment) {
        let name = handed_in::name(environment, socket);
        let (descriptor, socket) = handed_in::take(socket);
        let listener = socket.and_then(|socket| adopt(socket).ok().flatten());
        let listener = listener.ok_or(ServeError::NotListening(descriptor))?;
        if name == Some(ADMIN) {
            listeners.admin = Some(listener);
        } else {
            listeners.requests.push(listener);
        }
    }
    Ok(listeners)
}

/// Makes a socket that was handed in as others are; `None` if it doesn't listen for connections.
fn adopt(socket: OwnedFd) -> Result<Option<Listener>, Errno> {
    if sockopt::socket_type(&socket)? != SocketType::STREAM || !sockopt::socket_acceptconn(&socket)? {
        return Ok(None);
    }
    fcntl_setfl(&socket, fcntl_getfl(&socket)? | OFlags::NONBLOCK)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    listener(socket).map(Some)
}

/// Listens at an address.
fn at(address: &Address) -> Result<Listener, ServeError> {
    match *address {
        Address::Any(port) => at_any(port),
        Address::One(address) => at_internet(address, false),
        Address::Unix(path) => return at_unix(path),
    }
    .map_err(|errno| refused(text_of(address), errno))
}

/// Listens at all addresses: those of IPv6, which include those of IPv4 unless the system has no IPv6.
fn at_any(port: u16) -> Result<Listener, Errno> {
    let all = |ip: IpAddr| SocketAddr::new(ip, port);
    match at_internet(all(Ipv6Addr::UNSPECIFIED.into()), true) {
        Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) => at_internet(all(Ipv4Addr::UNSPECIFIED.into()), false),
        listener => listener,
    }
}

fn at_internet(address: SocketAddr, with_ipv4: bool) -> Result<Listener, Errno> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = new_socket(family)?;
    // Connections of a server that has just ended would keep the port.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, !with_ipv4)?;
    }
    // Connections have it from the socket that accepts them.
    sockopt::set_tcp_nodelay(&socket, true)?;
    bind(&socket, &address)?;
    start(&socket, BACKLOG)?;
    listener(socket)
}

fn at_unix(path: &'static [u8]) -> Result<Listener, ServeError> {
    let name = || [b"unix:", path].concat();
    let address = SocketAddrUnix::new(path).map_err(|errno| refused(name(), errno))?;
    let try_bind = || -> Result<OwnedFd, Errno> {
        let socket = new_socket(AddressFamily::UNIX)?;
        bind(&socket, &address)?;
        Ok(socket)
    };
    let socket = match try_bind() {
        Err(Errno::ADDRINUSE) => {
            remove_stale(path, &address)?;
            try_bind()
        }
        socket => socket,
    };
    let listen = |socket: OwnedFd| start(&socket, BACKLOG).and_then(|()| listener(socket));
    socket.and_then(listen).map_err(|errno| refused(name(), errno))
}

/// Removes the file of a socket that nobody listens at: the server that made it couldn't.
fn remove_stale(path: &'static [u8], address: &SocketAddrUnix) -> Result<(), ServeError> {
    let system = |errno| refused([b"unix:", path].concat(), errno);
    let status = rustix::fs::lstat(path).map_err(system)?;
    if FileType::from_raw_mode(status.st_mode) != FileType::Socket {
        return Err(ServeError::NoSocket { path });
    }
    let client = new_socket(AddressFamily::UNIX).map_err(system)?;
    match connect(&client, address) {
        Err(Errno::CONNREFUSED) => rustix::fs::unlink(Path::new(OsStr::from_bytes(path))).map_err(system),
        _ => Err(system(Errno::ADDRINUSE)),
    }
}

fn new_socket(family: AddressFamily) -> Result<OwnedFd, Errno> {
    socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)
}

/// A listener with the address that the system tells.
fn listener(socket: OwnedFd) -> Result<Listener, Errno> {
    let (address, is_unix) = name_of(&getsockname(&socket)?);
    Ok(Listener { socket, address, is_unix })
}

/// The text of an address, and true for one of a Unix socket.
fn name_of(address: &SocketAddrAny) -> (Vec<u8>, bool) {
    if let Ok(internet) = SocketAddr::try_from(address.clone()) {
        return (internet.to_string().into_bytes(), false);
    }
    let unix = SocketAddrUnix::try_from(address.clone()).ok();
    let name = unix.as_ref().and_then(|unix| match unix.abstract_name() {
        Some(name) => Some([b"@", name].concat()),
        None => unix.path_bytes().map(<[u8]>::to_vec),
    });
    ([b"unix:", &name.unwrap_or_default()[..]].concat(), true)
}

/// The text of an address, as `--serve` takes it.
fn text_of(address: &Address) -> Vec<u8> {
    match address {
        Address::Any(port) => format!("*:{port}").into_bytes(),
        Address::One(address) => address.to_string().into_bytes(),
        Address::Unix(path) => [b"unix:", *path].concat(),
    }
}

/// The error for an address. Its text is never freed: the process ends with the message.
fn refused(address: Vec<u8>, errno: Errno) -> ServeError {
    ServeError::Listen { address: address.leak(), errno }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errno(result: Result<Listener, ServeError>) -> Option<Errno> {
        match result {
            Err(ServeError::Listen { errno, .. }) => Some(errno),
            _ => None,
        }
    }

    #[test]
    fn ports_of_the_systems_choice_are_told() {
        let listener = at(&Address::One((Ipv4Addr::LOCALHOST, 0).into())).unwrap();
        let address: SocketAddr = core::str::from_utf8(&listener.address).unwrap().parse().unwrap();
        assert_ne!(address.port(), 0);
        assert!(sockopt::socket_acceptconn(&listener.socket).unwrap() && !listener.is_unix);
        assert_eq!(errno(at(&Address::One(address))), Some(Errno::ADDRINUSE));
    }

    #[test]
    fn stale_sockets_are_replaced_and_others_are_not() {
        let folder = std::env::temp_dir().join(format!("aot-listen-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name).into_os_string().into_encoded_bytes().leak();
        let socket = path("socket");
        let first = at_unix(socket).unwrap();
        assert!(first.is_unix && first.address.starts_with(b"unix:/"));
        assert_eq!(errno(at_unix(socket)), Some(Errno::ADDRINUSE));
        drop(first);
        assert!(at_unix(socket).is_ok());
        let file = path("file");
        std::fs::write(folder.join("file"), "text").unwrap();
        assert!(matches!(at_unix(file), Err(ServeError::NoSocket { .. })));
        assert_eq!(errno(at_unix(path(&"x".repeat(200)))), Some(Errno::NAMETOOLONG));
        assert_eq!(errno(at_unix(path("none/socket"))), Some(Errno::NOENT));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
