//! System calls that a program can need, to which the kernel restricts the process.
//!
//! The compiler collects the groups of the host functions that the program imports, leaves out those for which nothing
//! is granted, and writes a filter (classic BPF) into the policy. Any other system call ends the process.

use crate::record::records;

/// Purpose of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The runtime itself: memory, traps, messages, exit.
    Base,
    /// Reads, writes and waits on open files.
    Streams,
    /// Further operations on open files; only if the program can have one.
    Files,
    /// Changes of open files; only if the program can have one that is open for writing.
    FileChanges,
    /// Names in granted directories; only if a directory is granted.
    Paths,
    /// Changes in granted directories; only if one is granted for writing.
    Changes,
    /// Sleep, and the resolution of clocks.
    Clocks,
    /// Yielding the processor.
    Yielding,
    /// Functions of `wasi:random`.
    Random,
    /// Operations on connections; only if some network access is granted, or the program is a server.
    Connections,
    /// Further operations on sockets; only if some network access is granted.
    Sockets,
    /// Creation of sockets; only if remote or local addresses are granted.
    NewSockets,
    /// Operations of servers; only if local addresses are granted.
    Servers,
    /// Creation and end of threads.
    Threads,
    /// Connections of clients on sockets that listened before the filter was there; only if the program is a server.
    Serving,
    /// Resets of instances; only if the program has a pool of them.
    Pool,
}

/// Condition on a system call's argument, as far as a filter sees it: never the data behind a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The low half of the argument has none of these bits.
    NoBits(u32, u32),
    /// The low half of the argument is one of these.
    OneOf(u32, &'static [u32]),
    /// The low half of the argument differs from this value.
    Not(u32, u32),
    /// The argument is null.
    Null(u32),
    /// The low half of the argument is the number of the program's own process: [`OWN_PROCESS`] in the filter.
    OwnProcess(u32),
    /// Never holds, and the filter answers that the kernel has no such system call, where others end the process: callers
    /// go on without it. A row with this check is the only one of its system call.
    Absent,
}

/// Operand of an instruction in place of the number of the program's process, which the runtime writes there at start.
pub const OWN_PROCESS: u32 = u32::MAX;

/// A system call with its numbers; `generic` is the number on aarch64 and riscv64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemCall {
    /// Name of the system call.
    pub name: &'static str,
    /// Number on x86-64.
    pub x86_64: u32,
    /// Number on aarch64 and riscv64.
    pub generic: u32,
    /// Group that needs the system call.
    pub group: Group,
    /// Conditions on the arguments, all of which must hold.
    pub checks: &'static [Check],
}

const PROT_EXEC: u32 = 4;
const AT_FDCWD: u32 = -100i32 as u32;
/// Bits of `open` that can change a file: the access mode, CREAT and TRUNC.
const OPEN_CHANGES: u32 = 0o3 | 0o100 | 0o1000;
/// SIGILL, SIGBUS, SIGFPE and SIGSEGV, by which the runtime dies after a defect of its own.
const FAULTS: &[u32] = &[4, 7, 8, 11];
/// Request for a terminal's size, by which the runtime detects terminals. TIOCSTI, which types on the user's terminal,
/// isn't allowed.
const TIOCGWINSZ: u32 = 0x5413;
const FIONBIO: u32 = 0x5421;
/// Request to `/proc/self/pagemap` for pages of certain kinds.
pub const PAGEMAP_SCAN: u32 = 0xc060_6610;
/// Flags of a `clone` that starts a thread and no process: CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM, _SETTLS,
/// _PARENT_SETTID, _CHILD_CLEARTID and _DETACHED.
const THREAD: &[u32] = &[0x7d_0f00];
/// Address families AF_INET and AF_INET6.
const INTERNET: &[u32] = &[2, 10];
/// Socket types SOCK_STREAM and SOCK_DGRAM, with SOCK_CLOEXEC and SOCK_NONBLOCK.
const SOCKET_TYPES: &[u32] = &[0x80801, 0x80802];
/// The type's own protocol: TCP or UDP. Landlock's ports are those of TCP, and other protocols have streams too.
const OWN_PROTOCOL: &[u32] = &[0];
/// SIGURG, by which a thread interrupts the guest of another.
const INTERRUPTS: &[u32] = &[23];
/// Flags of accepted sockets: SOCK_CLOEXEC and SOCK_NONBLOCK.
const ACCEPTED: &[u32] = &[0x80800];
/// Flags MSG_NOSIGNAL, alone and with MSG_DONTWAIT. MSG_FASTOPEN would connect, which Landlock doesn't see.
const SEND_FLAGS: &[u32] = &[0x4000, 0x4040];
/// Commands F_GETFD, F_SETFD, F_GETFL, F_SETFL and F_DUPFD_CLOEXEC. F_SETOWN would send signals to other processes.
const FCNTL_COMMANDS: &[u32] = &[1, 2, 3, 4, 1030];

/// Levels of socket options.
const SOL_IP: &[u32] = &[0];
const SOL_SOCKET: &[u32] = &[1];
const SOL_TCP: &[u32] = &[6];
const SOL_IPV6: &[u32] = &[41];
/// SO_TYPE, SO_ERROR, SO_SNDBUF, SO_RCVBUF and SO_KEEPALIVE.
const SOCKET_READ: &[u32] = &[3, 4, 7, 8, 9];
/// SO_REUSEADDR, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE and SO_LINGER, by which a server resets a connection.
const SOCKET_SET: &[u32] = &[2, 7, 8, 9, 13];
const IP_TTL: &[u32] = &[2];
/// IPV6_UNICAST_HOPS and IPV6_V6ONLY.
const IPV6_OPTIONS: &[u32] = &[16, 26];
/// TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT.
const TCP_OPTIONS: &[u32] = &[1, 4, 5, 6];

macro_rules! system_calls {
    ($($group:ident { $($name:literal = $x86_64:literal, $generic:literal $([$($check:expr),*])?;)* })*) => {
        /// All system calls that any program can need. One with two rows is allowed if either row allows it.
        pub const SYSTEM_CALLS: &[SystemCall] = &[$($(SystemCall {
            name: $name,
            x86_64: $x86_64,
            generic: $generic,
            group: Group::$group,
            checks: &[$($($check),*)?],
        },)*)*];
    };
}

system_calls! {
    Base {
        "write" = 1, 64;
        "mmap" = 9, 222 [Check::NoBits(2, PROT_EXEC)];
        "mprotect" = 10, 226 [Check::NoBits(2, PROT_EXEC)];
        "munmap" = 11, 215;
        "rt_sigaction" = 13, 134;
        "rt_sigreturn" = 15, 139;
        "mremap" = 25, 216;
        "madvise" = 28, 233;
        "setitimer" = 38, 103;
        "getpid" = 39, 172;
        "gettid" = 186, 178;
        "futex" = 202, 98;
        "restart_syscall" = 219, 128;
        "clock_gettime" = 228, 113;
        "exit_group" = 231, 94;
        "tgkill" = 234, 131 [Check::OwnProcess(0), Check::OneOf(2, FAULTS)];
    }
    Streams {
        "read" = 0, 63;
        "ioctl" = 16, 29 [Check::OneOf(1, &[TIOCGWINSZ])];
        "readv" = 19, 65;
        "writev" = 20, 66;
        "ppoll" = 271, 73;
    }
    Files {
        "close" = 3, 57;
        "fstat" = 5, 80;
        "lseek" = 8, 62;
        "pread64" = 17, 67;
        "fcntl" = 72, 25 [Check::OneOf(1, FCNTL_COMMANDS)];
        "fsync" = 74, 82;
        "fdatasync" = 75, 83;
        "fadvise64" = 221, 223;
        "preadv" = 295, 69;
        "preadv2" = 327, 286;
    }
    FileChanges {
        "pwrite64" = 18, 68;
        "ftruncate" = 77, 46;
        "utimensat" = 280, 88 [Check::Null(1)];
        "fallocate" = 285, 47;
        "pwritev" = 296, 70;
        "pwritev2" = 328, 287;
    }
    Paths {
        "fstatfs" = 138, 44;
        "getdents64" = 217, 61;
        "openat" = 257, 56 [Check::NoBits(2, OPEN_CHANGES), Check::Not(0, AT_FDCWD)];
        "newfstatat" = 262, 79 [Check::Not(0, AT_FDCWD)];
        "readlinkat" = 267, 78 [Check::Not(0, AT_FDCWD)];
        // What cap-primitives needs if there is no `openat2`, or if something outside refuses it. It would take an EPERM
        // of `faccessat2` for that of the directory, and would test after one of `statx` what the filter doesn't allow.
        "getuid" = 102, 174;
        "getgid" = 104, 176;
        "geteuid" = 107, 175;
        "getegid" = 108, 177;
        "faccessat" = 269, 48 [Check::Not(0, AT_FDCWD)];
        "statx" = 332, 291 [Check::Absent];
        "faccessat2" = 439, 439 [Check::Absent];
        // The flags are in memory, which a filter doesn't see; Landlock restricts them.
        "openat2" = 437, 437 [Check::Not(0, AT_FDCWD)];
    }
    Changes {
        "openat" = 257, 56 [Check::Not(0, AT_FDCWD)];
        "mkdirat" = 258, 34 [Check::Not(0, AT_FDCWD)];
        "unlinkat" = 263, 35 [Check::Not(0, AT_FDCWD)];
        "renameat" = 264, 38 [Check::Not(0, AT_FDCWD), Check::Not(2, AT_FDCWD)];
        "linkat" = 265, 37 [Check::Not(0, AT_FDCWD), Check::Not(2, AT_FDCWD)];
        "symlinkat" = 266, 36 [Check::Not(1, AT_FDCWD)];
        "utimensat" = 280, 88 [Check::Not(0, AT_FDCWD)];
        "renameat2" = 316, 276 [Check::Not(0, AT_FDCWD), Check::Not(2, AT_FDCWD)];
    }
    Clocks {
        "nanosleep" = 35, 101;
        "clock_getres" = 229, 114;
        "clock_nanosleep" = 230, 115;
    }
    Yielding {
        "sched_yield" = 24, 124;
    }
    Random {
        "getrandom" = 318, 278;
    }
    Connections {
        "close" = 3, 57;
        "sendto" = 44, 206 [Check::OneOf(3, SEND_FLAGS)];
        "recvfrom" = 45, 207;
        "sendmsg" = 46, 211 [Check::OneOf(2, SEND_FLAGS)];
        "recvmsg" = 47, 212;
        "shutdown" = 48, 210;
        "getsockname" = 51, 204;
        "getpeername" = 52, 205;
        "setsockopt" = 54, 208 [Check::OneOf(1, SOL_SOCKET), Check::OneOf(2, SOCKET_SET)];
        "setsockopt" = 54, 208 [Check::OneOf(1, SOL_TCP), Check::OneOf(2, TCP_OPTIONS)];
        "getsockopt" = 55, 209 [Check::OneOf(1, SOL_SOCKET), Check::OneOf(2, SOCKET_READ)];
    }
    Sockets {
        "ioctl" = 16, 29 [Check::OneOf(1, &[FIONBIO])];
        "setsockopt" = 54, 208 [Check::OneOf(1, SOL_IP), Check::OneOf(2, IP_TTL)];
        "setsockopt" = 54, 208 [Check::OneOf(1, SOL_IPV6), Check::OneOf(2, IPV6_OPTIONS)];
        "getsockopt" = 55, 209 [Check::OneOf(1, SOL_IP), Check::OneOf(2, IP_TTL)];
        "getsockopt" = 55, 209 [Check::OneOf(1, SOL_IPV6), Check::OneOf(2, IPV6_OPTIONS)];
        "getsockopt" = 55, 209 [Check::OneOf(1, SOL_TCP), Check::OneOf(2, TCP_OPTIONS)];
        "accept4" = 288, 242;
    }
    NewSockets {
        "socket" = 41, 198
            [Check::OneOf(0, INTERNET), Check::OneOf(1, SOCKET_TYPES), Check::OneOf(2, OWN_PROTOCOL)];
        "connect" = 42, 203;
        "bind" = 49, 200;
    }
    Servers {
        "listen" = 50, 201;
    }
    Threads {
        "exit" = 60, 93;
        // musl makes small allocations for a thread.
        "brk" = 12, 214;
        "rt_sigprocmask" = 14, 135;
        "clone" = 56, 220 [Check::OneOf(0, THREAD)];
        "sigaltstack" = 131, 132;
        "set_tid_address" = 218, 96;
    }
    Serving {
        "tgkill" = 234, 131 [Check::OwnProcess(0), Check::OneOf(2, INTERRUPTS)];
        "accept4" = 288, 242 [Check::OneOf(3, ACCEPTED)];
        "epoll_ctl" = 233, 21;
        "epoll_pwait" = 281, 22;
        "eventfd2" = 290, 19;
        "epoll_create1" = 291, 20;
        "epoll_pwait2" = 441, 441;
    }
    // Besides what resets have in common with everything: madvise, mmap, mprotect and mremap.
    Pool {
        "ioctl" = 16, 29 [Check::OneOf(1, &[PAGEMAP_SCAN])];
        // Before Linux 6.7.
        "pread64" = 17, 67;
    }
}

/// Groups of functions of files and directories.
const FILES: &[Group] = &[Group::Streams, Group::Files, Group::FileChanges, Group::Paths, Group::Changes];

/// Groups of a server, besides those of its host functions.
pub const SERVER: &[Group] = &[
    Group::Serving,
    Group::Connections,
    Group::Pool,
    Group::Streams,
    Group::Clocks,
    Group::Yielding,
    Group::Random,
    Group::Threads,
];

/// Groups of host functions, by prefixes of their symbols. All matching rows count; every function has one.
pub const HOST_FUNCTIONS: &[(&str, &[Group])] = &[
    ("wasi_snapshot_preview1#args_", &[]),
    ("wasi_snapshot_preview1#clock_", &[Group::Clocks]),
    ("wasi_snapshot_preview1#environ_", &[]),
    ("wasi_snapshot_preview1#fd_", FILES),
    ("wasi_snapshot_preview1#path_", FILES),
    ("wasi_snapshot_preview1#poll_", &[Group::Streams, Group::Clocks]),
    ("wasi_snapshot_preview1#proc_", &[]),
    ("wasi_snapshot_preview1#random_", &[Group::Random]),
    ("wasi_snapshot_preview1#sched_", &[Group::Yielding]),
    ("wasi_snapshot_preview1#sock_", &[Group::Streams, Group::Connections, Group::Sockets]),
    ("wasi#thread-spawn", &[Group::Threads]),
    ("wasi:cli/", &[Group::Streams]),
    ("wasi:clocks/", &[Group::Clocks]),
    ("wasi:clocks/monotonic-clock@0.3#wait-", &[Group::Streams]),
    ("wasi:clocks/monotonic-clock@0.3#[async-lower]wait-", &[Group::Streams]),
    ("wasi:config/", &[]),
    ("wasi:filesystem/", FILES),
    ("wasi:http/", &[Group::Streams, Group::Connections, Group::Sockets, Group::NewSockets, Group::Random]),
    ("wasi:io/", &[Group::Streams]),
    (
        "wasi:keyvalue/",
        &[Group::Streams, Group::Files, Group::FileChanges, Group::Connections, Group::Sockets, Group::NewSockets],
    ),
    ("wasi:logging/", &[Group::Streams]),
    ("wasi:random/", &[Group::Random]),
    ("wasi:sockets/", &[Group::Streams, Group::Connections, Group::Sockets, Group::NewSockets, Group::Servers]),
    ("wasi:sockets/ip-name-lookup", &[Group::Random]),
];

/// Flag of the policy's item: the program doesn't start on a kernel that can't enforce all of it.
pub const REQUIRED: u32 = 1;
/// Flag of the policy's item: the program uses sockets, so Landlock doesn't restrict them.
pub const SOCKETS: u32 = 2;

/// Flag of the policy's item: the filter allows system calls that take paths, so Landlock restricts paths.
pub const PATHS: u32 = 4;

/// Opcode of an [`Instruction`]: loads a word of the kernel's `seccomp_data`.
pub const LOAD: u16 = 0x20;
/// Opcode of an [`Instruction`]: jumps if the loaded word equals the operand.
pub const JUMP_EQUAL: u16 = 0x15;
/// Opcode of an [`Instruction`]: ends the filter with an action.
pub const RETURN: u16 = 0x06;
/// Action of a filter: the kernel performs the system call.
pub const ALLOW: u32 = 0x7fff_0000;
/// Offset of the system call's number in `seccomp_data`.
pub const NUMBER: u32 = 0;

/// Returns the offset of an argument's low half in `seccomp_data`; all targets are little-endian.
pub const fn argument_low(argument: u32) -> u32 {
    16 + 8 * argument
}

records! {
    /// An instruction of the filter, with the layout of the kernel's `sock_filter`.
    pub struct Instruction: 8 {
        /// The operation, an `opcode` of classic BPF.
        code: u16,
        /// Number of instructions that a jump skips if its condition holds.
        if_true: u8,
        /// Number of instructions that a jump skips if its condition doesn't hold.
        if_false: u8,
        /// The operand, `k` of classic BPF.
        operand: u32,
    }
}
