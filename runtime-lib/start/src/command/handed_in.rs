//! The sockets that a service manager hands in, by systemd's protocol (sd_listen_fds(3)).

use std::os::fd::{FromRawFd, OwnedFd};

use aot_abi::parts;
use rustix::fs::FileType;

use super::Keep;
use aot_host::c_strings::CStrings;
use aot_host::environment::split_variable;

const _: () = assert!(aot_foundation::same_name("aot_part_handed_in", parts::HANDED_IN));
const _: Keep = aot_part_handed_in;

/// The first descriptor that a service manager hands in.
const FIRST: u32 = 3;

/// Returns the number of sockets that a service manager hands in to this process.
#[unsafe(no_mangle)]
pub fn aot_part_handed_in(environment: CStrings) -> u32 {
    let number = |name: &[u8]| variable(environment, name).and_then(number);
    let own = rustix::process::getpid().as_raw_nonzero().get() as u32;
    let is_own = number(b"LISTEN_PID") == Some(own);
    number(b"LISTEN_FDS").filter(|_| is_own).unwrap_or(0)
}

/// The descriptor of a socket that is handed in, and the socket; `None` if it is no open socket. It is taken once.
pub fn take(socket: u32) -> (u32, Option<OwnedFd>) {
    let descriptor = FIRST.saturating_add(socket);
    (descriptor, i32::try_from(descriptor).ok().and_then(open_socket))
}

/// The name that the service manager gives a socket, if it does.
#[cfg(feature = "http")]
pub fn name(environment: CStrings, socket: u32) -> Option<&'static [u8]> {
    variable(environment, b"LISTEN_FDNAMES")?.split(|&byte| byte == b':').nth(socket as usize)
}

fn open_socket(descriptor: i32) -> Option<OwnedFd> {
    // SAFETY: asking about a closed descriptor is an error; nothing else has one that is open since the start.
    let file = unsafe { rustix::fd::BorrowedFd::borrow_raw(descriptor) };
    let status = rustix::fs::fstat(file).ok()?;
    // SAFETY: the protocol gives the descriptor to this program.
    (FileType::from_raw_mode(status.st_mode) == FileType::Socket).then(|| unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn variable(environment: CStrings, name: &[u8]) -> Option<&'static [u8]> {
    let mut variables = environment.iter().map(split_variable);
    variables.find(|(present, _)| *present == name).map(|(_, value)| value)
}

fn number(digits: &[u8]) -> Option<u32> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}
