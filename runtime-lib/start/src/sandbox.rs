//! The policy a second time, enforced by the kernel: no new privileges, no files beyond the granted directories
//! (Landlock, where the filter leaves it anything to do), no system calls beyond those that the program's host functions
//! need (seccomp, with the filter that the compiler wrote). Entered when everything is open and before guest code runs; it can't be left.

#[cfg(debug_assertions)]
mod assertions;
pub mod network;
mod ports;

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use aot_abi::record::Record;
use aot_abi::sandbox::{Instruction, OWN_PROCESS, PATHS, REQUIRED, SOCKETS};
use rustix::io::Errno;

use aot_foundation::arch;
use aot_foundation::message::Message;
use aot_host::files::Preopen;
use aot_host::policy::Sandbox;
use aot_host::start_error::StartError;

// Of `landlock_create_ruleset`, the same numbers on all architectures.
const SYS_LANDLOCK_CREATE_RULESET: usize = 444;
const SYS_LANDLOCK_ADD_RULE: usize = 445;
const SYS_LANDLOCK_RESTRICT_SELF: usize = 446;
const CREATE_RULESET_VERSION: usize = 1;
const RULE_PATH_BENEATH: usize = 1;

const WRITE_FILE: u64 = 1 << 1;
const READ_FILE: u64 = 1 << 2;
const READ_DIR: u64 = 1 << 3;
/// The first version that knows [`REFER`]. Before, renames between directories were denied.
const VERSION_OF_RENAMES: usize = 2;
/// The first version that knows [`TRUNCATE`]. Before, what is granted for reading only could be emptied.
const VERSION_OF_TRUNCATE: usize = 3;
/// The rights of Landlock to remove and make anything. A guest makes no devices and FIFOs, but it may rename those that
/// are there.
const REMOVE_AND_MAKE: u64 = 0x1ff << 4;
const REFER: u64 = 1 << 13;
const TRUNCATE: u64 = 1 << 14;
/// Every access to files that version 1 knows: also EXECUTE, which nobody is granted.
const VERSION_1_ACCESSES: u64 = (1 << 13) - 1;
const IOCTL_DEVICE: u64 = 1 << 15;
const BIND_AND_CONNECT_TCP: u64 = 3;
/// Abstract Unix sockets, and signals to other processes.
const SCOPES: u64 = 3;

const SECCOMP_SET_MODE_FILTER: usize = 1;

/// The kernel's `landlock_ruleset_attr`.
#[repr(C)]
struct Ruleset {
    files: u64,
    network: u64,
    scopes: u64,
}

/// The kernel's `landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneath {
    accesses: u64,
    directory: i32,
}

/// The kernel's `sock_fprog`.
#[repr(C)]
struct FilterProgram {
    instructions: u16,
    first: *const u8,
}

/// The reason for which the kernel doesn't enforce a layer of the sandbox.
#[derive(Clone, Copy)]
enum Missing {
    /// The kernel refused with this error.
    Refused(Errno),
    /// Version 1 of Landlock would deny renames between directories.
    NoRenames,
    /// An old version of Landlock doesn't hold all that a program that requires the sandbox needs held.
    Old,
}

impl Missing {
    /// Returns true if the kernel could, if it had the resources. Then the program doesn't start: otherwise, who starts it
    /// could choose that it has no sandbox.
    fn is_want(self) -> bool {
        matches!(self, Missing::Refused(Errno::MFILE | Errno::NFILE | Errno::NOMEM))
    }
}

/// Returns an error if the kernel doesn't enforce all that it must.
fn check(results: &[Result<(), Missing>], sandbox: &Sandbox) -> Result<(), StartError> {
    let missing = || results.iter().filter_map(|result| result.err());
    if missing().any(Missing::is_want) {
        return Err(StartError::NoRoomForSandbox);
    }
    if sandbox.flags & REQUIRED != 0 && missing().next().is_some() {
        return Err(StartError::NoSandbox);
    }
    Ok(())
}

/// Enters the sandbox. A restriction that the kernel lacks is logged if `log` is set, and an error if the policy
/// requires it.
pub fn enter(sandbox: &Sandbox, preopens: &[Preopen], log: bool) -> Result<(), StartError> {
    let privileges = rustix::thread::set_no_new_privs(true).map_err(Missing::Refused);
    let restrict_files = || privileges.and_then(|()| restrict_files(sandbox, preopens));
    let filter_calls = || privileges.and_then(|()| filter_calls(sandbox.filter));
    let mut files = "files (Landlock)";
    let (landlock, seccomp) = if sandbox.flags & (PATHS | SOCKETS) != 0 {
        let landlock = restrict_files();
        (landlock, filter_calls())
    } else {
        // The filter alone keeps the program from every file and every address, in less time.
        match filter_calls() {
            Ok(()) => {
                files = "files (no system call takes a path)";
                (Ok(()), Ok(()))
            }
            refused => (restrict_files(), refused),
        }
    };
    if log {
        tell(files, landlock);
        tell("system calls (seccomp)", seccomp);
    }
    check(&[landlock, seccomp], sandbox)
}

/// Takes away all files but those below the granted directories, which stay as they were granted.
fn restrict_files(sandbox: &Sandbox, preopens: &[Preopen]) -> Result<(), Missing> {
    let version = landlock(SYS_LANDLOCK_CREATE_RULESET, [0, 0, CREATE_RULESET_VERSION, 0])?;
    check_version(version, preopens.iter().all(|preopen| preopen.directory.read_only()), sandbox.flags)?;
    let ruleset = ruleset(version, sandbox.flags);
    let rules = landlock(SYS_LANDLOCK_CREATE_RULESET, [(&raw const ruleset).addr(), ruleset_bytes(version), 0, 0])?;
    // SAFETY: the new descriptor is nobody else's.
    let rules = unsafe { OwnedFd::from_raw_fd(rules as i32) };
    for preopen in preopens {
        // What is inside the executable needs nothing.
        let Ok(directory) = preopen.directory.system() else { continue };
        let rule = PathBeneath {
            accesses: accesses(preopen.directory.read_only()) & ruleset.files,
            directory: directory.as_raw_fd(),
        };
        let rule = (&raw const rule).addr();
        landlock(SYS_LANDLOCK_ADD_RULE, [rules.as_raw_fd() as usize, RULE_PATH_BENEATH, rule, 0])?;
    }
    landlock(SYS_LANDLOCK_RESTRICT_SELF, [rules.as_raw_fd() as usize, 0, 0, 0])?;
    Ok(())
}

/// Returns an error if this version of Landlock holds less than these grants and flags need.
fn check_version(version: usize, read_only: bool, flags: u32) -> Result<(), Missing> {
    if version < VERSION_OF_RENAMES && !read_only {
        return Err(Missing::NoRenames);
    }
    if version < VERSION_OF_TRUNCATE && flags & (PATHS | REQUIRED) == PATHS | REQUIRED {
        return Err(Missing::Old);
    }
    Ok(())
}

/// The bytes of a ruleset that this version of Landlock knows.
fn ruleset_bytes(version: usize) -> usize {
    match version {
        ..4 => core::mem::offset_of!(Ruleset, network),
        4..6 => core::mem::offset_of!(Ruleset, scopes),
        _ => size_of::<Ruleset>(),
    }
}

/// Everything that this version of Landlock can take away from a program with these flags.
fn ruleset(version: usize, flags: u32) -> Ruleset {
    let mut files = VERSION_1_ACCESSES;
    for (since, access) in [(2, REFER), (3, TRUNCATE), (5, IOCTL_DEVICE)] {
        if version >= since {
            files |= access;
        }
    }
    let network = if flags & SOCKETS != 0 { 0 } else { BIND_AND_CONNECT_TCP };
    Ruleset { files, network, scopes: SCOPES }
}

/// The rights of Landlock that stay allowed below a granted directory.
fn accesses(read_only: bool) -> u64 {
    let read = READ_FILE | READ_DIR;
    if read_only { read } else { read | WRITE_FILE | REMOVE_AND_MAKE | REFER | TRUNCATE }
}

fn landlock(number: usize, arguments: [usize; 4]) -> Result<usize, Missing> {
    // SAFETY: the kernel only reads what the arguments point to.
    unsafe { arch::system_call(number, arguments) }.map_err(Missing::Refused)
}

/// Takes away all system calls that the filter doesn't allow.
fn filter_calls(filter: &[u8]) -> Result<(), Missing> {
    let filter = with_process(filter, rustix::process::getpid().as_raw_nonzero().get() as u32);
    #[cfg(debug_assertions)]
    let filter = assertions::with_them(&filter);
    let program = FilterProgram { instructions: (filter.len() / Instruction::BYTES) as u16, first: filter.as_ptr() };
    let program = (&raw const program).addr();
    // SAFETY: the kernel reads the filter. What it takes away isn't needed: the compiler's table of system calls.
    unsafe { arch::system_call(arch::SYS_SECCOMP, [SECCOMP_SET_MODE_FILTER, 0, program, 0]) }
        .map_err(Missing::Refused)?;
    Ok(())
}

/// Returns the filter with the number of this process in it.
fn with_process(filter: &[u8], process: u32) -> Vec<u8> {
    let mut filter = filter.to_vec();
    for instruction in filter.chunks_exact_mut(Instruction::BYTES) {
        let (_, operand) = instruction.split_at_mut(core::mem::offset_of!(Instruction, operand));
        if *operand == OWN_PROCESS.to_le_bytes() {
            operand.copy_from_slice(&process.to_le_bytes());
        }
    }
    filter
}

fn tell(part: &str, result: Result<(), Missing>) {
    let mut message = Message::to_stderr();
    message.text("aot: sandbox: ").text(part);
    match result {
        Ok(()) => message.text(": enforced by the kernel\n"),
        Err(Missing::NoRenames) => message.text(": not enforced, this kernel's version would deny renames\n"),
        Err(Missing::Old) => message.text(": not enforced, this kernel's version doesn't know all of it\n"),
        Err(Missing::Refused(errno)) => {
            let number = errno.raw_os_error() as u64;
            message.text(": not enforced, this kernel refuses with system error ").decimal(number).text("\n")
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rulesets_follow_the_version() {
        let files = [0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff, 0xffff, 0xffff];
        assert_eq!([1, 2, 3, 4, 5, 6, 7].map(|version| ruleset(version, 0).files), files);
        assert_eq!([0, PATHS, SOCKETS, PATHS | SOCKETS].map(|flags| ruleset(7, flags).network), [3, 3, 0, 0]);
        assert_eq!(ruleset(7, SOCKETS).scopes, 3);
        assert_eq!([1, 3, 4, 5, 6, 7].map(ruleset_bytes), [8, 8, 16, 16, 24, 24]);
    }

    #[test]
    fn old_versions_are_used_for_what_they_hold() {
        let check = |version, read_only, flags| match check_version(version, read_only, flags) {
            Ok(()) => "held",
            Err(Missing::NoRenames) => "renames",
            Err(_) => "old",
        };
        assert_eq!([1, 2, 3].map(|version| check(version, false, PATHS)), ["renames", "held", "held"]);
        assert_eq!([1, 2, 3].map(|version| check(version, true, PATHS)), ["held"; 3]);
        assert_eq!([1, 2, 3].map(|version| check(version, false, PATHS | REQUIRED)), ["renames", "old", "held"]);
        assert_eq!([1, 2, 3].map(|version| check(version, true, PATHS | REQUIRED)), ["old", "old", "held"]);
        assert_eq!([1, 2, 3].map(|version| check(version, true, REQUIRED)), ["held"; 3]);
    }

    #[test]
    fn filters_have_the_process() {
        let instruction = |operand: u32| [&[0x15, 0, 0, 1][..], &operand.to_le_bytes()].concat();
        let filter = [instruction(7), instruction(OWN_PROCESS), instruction(0)].concat();
        assert_eq!(with_process(&filter, 4711), [instruction(7), instruction(4711), instruction(0)].concat());
    }

    #[test]
    fn only_what_is_required_must_be_enforced() {
        let sandbox = |flags| Sandbox { flags, filter: &[] };
        let (refused, full) = (Err(Missing::Refused(Errno::NOSYS)), Err(Missing::Refused(Errno::MFILE)));
        assert!(check(&[Ok(()), refused], &sandbox(PATHS)).is_ok());
        assert!(check(&[Ok(()), Ok(())], &sandbox(REQUIRED)).is_ok());
        assert!(check(&[Ok(()), refused], &sandbox(REQUIRED)).is_err());
        assert!(check(&[Err(Missing::Old), Ok(())], &sandbox(REQUIRED)).is_err());
        assert!(check(&[full, Ok(())], &sandbox(0)).is_err());
    }

    #[test]
    fn reading_changes_nothing() {
        assert_eq!(accesses(true), 0b1100);
        // Everything but execution and operations of devices.
        assert_eq!(accesses(false), 0x7ffe);
    }
}
