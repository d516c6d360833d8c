//! The profile of a program that counts what it executes.
//!
//! Another process writes it, the writer, which begins before the program is in its sandbox and shares nothing with it but the
//! counters and a socket: so the program needs no right to any file, and its counters are there however it ends. The writer starts when
//! the program asks for it, which waits for the end of the writer then, or when the program is gone.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::boxed::Box;
use std::os::fd::{AsRawFd, OwnedFd};
use std::vec::Vec;

use aot_abi::parts;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::profile_file::{self, Fault};
use super::{BeginProfile, EndProfile};
use aot_foundation::arch;
use aot_foundation::exit::exit;
use aot_foundation::message::{Message, SystemError};
use aot_foundation::program::{self, Profile};

const _: () = assert!(aot_foundation::same_name("aot_part_profiling", parts::PROFILING));
const _: BeginProfile = aot_part_profiling;

const SIG_SETMASK: usize = 2;
const SIGCHLD: usize = 17;
/// Number of the system call, the same on all architectures.
const SYS_CLOSE_RANGE: usize = 436;
/// The descriptor of standard error, on which the writer tells what goes wrong.
const STDERR: u32 = 2;

/// Starts the writer. The result asks it to write, and waits until it has.
#[unsafe(no_mangle)]
fn aot_part_profiling() -> Result<EndProfile, SystemError> {
    let profile = program::profile();
    share(profile.counters).map_err(SystemError::of("share the counters of the profile"))?;
    let pair = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None);
    let (own, writers) = pair.map_err(SystemError::of("make a socket for the profile"))?;
    // SAFETY: there is one thread. Without a stack of its own and without flags, the new process has a copy of everything.
    let process = unsafe { arch::system_call(arch::SYS_CLONE, [SIGCHLD, 0, 0, 0]) };
    if process.map_err(SystemError::of("start the process that writes the profile"))? == 0 {
        drop(own);
        write_when_asked(&profile, &writers);
        exit(0);
    }
    drop(writers);
    Ok(Box::leak(Box::new(move || end(&own))))
}

/// Asks the writer to write, and waits until it is gone.
fn end(socket: &OwnedFd) {
    let mut byte = [0];
    if rustix::io::write(socket, &byte).is_ok() {
        while rustix::io::read(socket, &mut byte) == Err(Errno::INTR) {}
    }
}

/// Lets other processes see what is counted.
fn share(counters: &[AtomicU64]) -> rustix::io::Result<()> {
    let page_bytes = rustix::param::page_size();
    let start = counters.as_ptr().addr() / page_bytes * page_bytes;
    let end = (counters.as_ptr().addr() + size_of_val(counters)).next_multiple_of(page_bytes);
    if start == end {
        return Ok(());
    }
    let address = counters.as_ptr().with_addr(start).cast_mut().cast();
    // SAFETY: the compiler put nothing else on these pages, and all of it is zero still.
    unsafe {
        mmap_anonymous(address, end - start, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::FIXED)
    }
    .map(drop)
}

/// The writer: waits until the program asks, or is gone.
fn write_when_asked(profile: &Profile, socket: &OwnedFd) {
    outlast_the_program();
    keep_open(socket);
    let mut byte = [0];
    while rustix::io::read(socket, &mut byte) == Err(Errno::INTR) {}
    let counters: Vec<u64> = profile.counters.iter().map(|counter| counter.load(Ordering::Relaxed)).collect();
    let path: Vec<u8> = profile.path.iter().copied().chain([0]).collect();
    let Ok(path) = CStr::from_bytes_with_nul(&path) else { return };
    if let Err(fault) = profile_file::add(path, profile.table, counters) {
        tell(profile.path, fault);
    }
}

/// Keeps signals away that end the program: also those that nobody can block, where they are for its group of processes.
fn outlast_the_program() {
    let _ = rustix::process::setsid();
    let all = u64::MAX;
    // SAFETY: the kernel only reads the set, which has as many bytes. There is nothing that it could refuse.
    let _ = unsafe {
        arch::system_call(arch::SYS_SIGPROCMASK, [SIG_SETMASK, (&raw const all).addr(), 0, size_of::<u64>()])
    };
}

/// Closes all descriptors but standard error and the socket: others wait for the end of what the program has open.
fn keep_open(socket: &OwnedFd) {
    let socket = socket.as_raw_fd() as usize;
    let ranges = [(0, STDERR as usize - 1), (STDERR as usize + 1, socket - 1), (socket + 1, u32::MAX as usize)];
    for (first, last) in ranges.into_iter().filter(|(first, last)| first <= last) {
        // SAFETY: nothing in this process owns these descriptors. An old kernel keeps them open until the writer ends.
        let _ = unsafe { arch::system_call(SYS_CLOSE_RANGE, [first, last, 0, 0]) };
    }
}

fn tell(path: &[u8], fault: Fault) {
    let mut message = Message::to_stderr();
    message.text("aot: cannot write the profile `").name(path).text("`: ");
    match fault {
        Fault::Foreign => message.text("the file that is there is no profile"),
        Fault::Damaged => message.text("the profile that is there is damaged: remove it"),
        Fault::System(Errno::NOENT) => message.text("its directory is missing"),
        Fault::System(errno) => message.text("system error ").decimal(errno.raw_os_error() as u64),
    };
    message.text("\n");
}
