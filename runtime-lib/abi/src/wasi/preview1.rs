//! `wasi_snapshot_preview1`, for core modules.
//!
//! Types have the layout of the canonical ABI, except that enums and flags state their width. A parameter `Text` or
//! `Slice<T>` is a pointer and a length; a successful result is written through pointers that follow the parameters,
//! one for each element of a pair; `Errno` is the result of the core function.

/// `wasi_snapshot_preview1`.
#[macro_export]
macro_rules! wasi_preview1 {
    ($callback:ident) => {
        $callback! {
            enum Clockid: u32 {
                Realtime = "realtime",
                Monotonic = "monotonic",
                ProcessCputimeId = "process_cputime_id",
                ThreadCputimeId = "thread_cputime_id",
            }
            enum Errno: u16 {
                Success = "success",
                TooBig = "2big",
                Acces = "acces",
                Addrinuse = "addrinuse",
                Addrnotavail = "addrnotavail",
                Afnosupport = "afnosupport",
                Again = "again",
                Already = "already",
                Badf = "badf",
                Badmsg = "badmsg",
                Busy = "busy",
                Canceled = "canceled",
                Child = "child",
                Connaborted = "connaborted",
                Connrefused = "connrefused",
                Connreset = "connreset",
                Deadlk = "deadlk",
                Destaddrreq = "destaddrreq",
                Dom = "dom",
                Dquot = "dquot",
                Exist = "exist",
                Fault = "fault",
                Fbig = "fbig",
                Hostunreach = "hostunreach",
                Idrm = "idrm",
                Ilseq = "ilseq",
                Inprogress = "inprogress",
                Intr = "intr",
                Inval = "inval",
                Io = "io",
                Isconn = "isconn",
                Isdir = "isdir",
                Loop = "loop",
                Mfile = "mfile",
                Mlink = "mlink",
                Msgsize = "msgsize",
                Multihop = "multihop",
                Nametoolong = "nametoolong",
                Netdown = "netdown",
                Netreset = "netreset",
                Netunreach = "netunreach",
                Nfile = "nfile",
                Nobufs = "nobufs",
                Nodev = "nodev",
                Noent = "noent",
                Noexec = "noexec",
                Nolck = "nolck",
                Nolink = "nolink",
                Nomem = "nomem",
                Nomsg = "nomsg",
                Noprotoopt = "noprotoopt",
                Nospc = "nospc",
                Nosys = "nosys",
                Notconn = "notconn",
                Notdir = "notdir",
                Notempty = "notempty",
                Notrecoverable = "notrecoverable",
                Notsock = "notsock",
                Notsup = "notsup",
                Notty = "notty",
                Nxio = "nxio",
                Overflow = "overflow",
                Ownerdead = "ownerdead",
                Perm = "perm",
                Pipe = "pipe",
                Proto = "proto",
                Protonosupport = "protonosupport",
                Prototype = "prototype",
                Range = "range",
                Rofs = "rofs",
                Spipe = "spipe",
                Srch = "srch",
                Stale = "stale",
                Timedout = "timedout",
                Txtbsy = "txtbsy",
                Xdev = "xdev",
                Notcapable = "notcapable",
            }
            enum Whence: u8 {
                Set = "set",
                Cur = "cur",
                End = "end",
            }
            enum Filetype: u8 {
                Unknown = "unknown",
                BlockDevice = "block_device",
                CharacterDevice = "character_device",
                Directory = "directory",
                RegularFile = "regular_file",
                SocketDgram = "socket_dgram",
                SocketStream = "socket_stream",
                SymbolicLink = "symbolic_link",
            }
            enum Advice: u8 {
                Normal = "normal",
                Sequential = "sequential",
                Random = "random",
                Willneed = "willneed",
                Dontneed = "dontneed",
                Noreuse = "noreuse",
            }
            enum Eventtype: u8 {
                Clock = "clock",
                FdRead = "fd_read",
                FdWrite = "fd_write",
            }
            enum Signal: u8 {
                None = "none",
                Hup = "hup",
                Int = "int",
                Quit = "quit",
                Ill = "ill",
                Trap = "trap",
                Abrt = "abrt",
                Bus = "bus",
                Fpe = "fpe",
                Kill = "kill",
                Usr1 = "usr1",
                Segv = "segv",
                Usr2 = "usr2",
                Pipe = "pipe",
                Alrm = "alrm",
                Term = "term",
                Chld = "chld",
                Cont = "cont",
                Stop = "stop",
                Tstp = "tstp",
                Ttin = "ttin",
                Ttou = "ttou",
                Urg = "urg",
                Xcpu = "xcpu",
                Xfsz = "xfsz",
                Vtalrm = "vtalrm",
                Prof = "prof",
                Winch = "winch",
                Poll = "poll",
                Pwr = "pwr",
                Sys = "sys",
            }
            flags Rights: u64 {
                FD_DATASYNC = "fd_datasync",
                FD_READ = "fd_read",
                FD_SEEK = "fd_seek",
                FD_FDSTAT_SET_FLAGS = "fd_fdstat_set_flags",
                FD_SYNC = "fd_sync",
                FD_TELL = "fd_tell",
                FD_WRITE = "fd_write",
                FD_ADVISE = "fd_advise",
                FD_ALLOCATE = "fd_allocate",
                PATH_CREATE_DIRECTORY = "path_create_directory",
                PATH_CREATE_FILE = "path_create_file",
                PATH_LINK_SOURCE = "path_link_source",
                PATH_LINK_TARGET = "path_link_target",
                PATH_OPEN = "path_open",
                FD_READDIR = "fd_readdir",
                PATH_READLINK = "path_readlink",
                PATH_RENAME_SOURCE = "path_rename_source",
                PATH_RENAME_TARGET = "path_rename_target",
                PATH_FILESTAT_GET = "path_filestat_get",
                PATH_FILESTAT_SET_SIZE = "path_filestat_set_size",
                PATH_FILESTAT_SET_TIMES = "path_filestat_set_times",
                FD_FILESTAT_GET = "fd_filestat_get",
                FD_FILESTAT_SET_SIZE = "fd_filestat_set_size",
                FD_FILESTAT_SET_TIMES = "fd_filestat_set_times",
                PATH_SYMLINK = "path_symlink",
                PATH_REMOVE_DIRECTORY = "path_remove_directory",
                PATH_UNLINK_FILE = "path_unlink_file",
                POLL_FD_READWRITE = "poll_fd_readwrite",
                SOCK_SHUTDOWN = "sock_shutdown",
                SOCK_ACCEPT = "sock_accept",
            }
            flags Fdflags: u16 {
                APPEND = "append",
                DSYNC = "dsync",
                NONBLOCK = "nonblock",
                RSYNC = "rsync",
                SYNC = "sync",
            }
            flags Fstflags: u16 {
                ATIM = "atim",
                ATIM_NOW = "atim_now",
                MTIM = "mtim",
                MTIM_NOW = "mtim_now",
            }
            flags Lookupflags: u32 {
                SYMLINK_FOLLOW = "symlink_follow",
            }
            flags Oflags: u16 {
                CREAT = "creat",
                DIRECTORY = "directory",
                EXCL = "excl",
                TRUNC = "trunc",
            }
            flags Eventrwflags: u16 {
                FD_READWRITE_HANGUP = "fd_readwrite_hangup",
            }
            flags Subclockflags: u16 {
                SUBSCRIPTION_CLOCK_ABSTIME = "subscription_clock_abstime",
            }
            flags Riflags: u16 {
                RECV_PEEK = "recv_peek",
                RECV_WAITALL = "recv_waitall",
            }
            flags Roflags: u16 {
                RECV_DATA_TRUNCATED = "recv_data_truncated",
            }
            flags Sdflags: u8 {
                RD = "rd",
                WR = "wr",
            }
            record Iovec {
                buf "buf": Pointer,
                buf_len "buf_len": u32,
            }
            record Dirent {
                d_next "d_next": u64,
                d_ino "d_ino": u64,
                d_namlen "d_namlen": u32,
                d_type "d_type": Filetype,
            }
            record Fdstat {
                fs_filetype "fs_filetype": Filetype,
                fs_flags "fs_flags": Fdflags,
                fs_rights_base "fs_rights_base": Rights,
                fs_rights_inheriting "fs_rights_inheriting": Rights,
            }
            record Filestat {
                dev "dev": u64,
                ino "ino": u64,
                filetype "filetype": Filetype,
                nlink "nlink": u64,
                size "size": u64,
                atim "atim": u64,
                mtim "mtim": u64,
                ctim "ctim": u64,
            }
            record EventFdReadwrite {
                nbytes "nbytes": u64,
                flags "flags": Eventrwflags,
            }
            record Event {
                userdata "userdata": u64,
                error "error": Errno,
                type_ "type": Eventtype,
                fd_readwrite "fd_readwrite": EventFdReadwrite,
            }
            record SubscriptionClock {
                id "id": Clockid,
                timeout "timeout": u64,
                precision "precision": u64,
                flags "flags": Subclockflags,
            }
            record SubscriptionFdReadwrite {
                file_descriptor "file_descriptor": u32,
            }
            record Subscription {
                userdata "userdata": u64,
                u "u": SubscriptionU,
            }
            record PrestatDir {
                pr_name_len "pr_name_len": u32,
            }
            variant SubscriptionU {
                Clock(SubscriptionClock) = "clock",
                FdRead(SubscriptionFdReadwrite) = "fd_read",
                FdWrite(SubscriptionFdReadwrite) = "fd_write",
            }
            variant Prestat {
                Dir(PrestatDir) = "dir",
            }
            fn args_get(argv: Pointer, argv_buf: Pointer) -> Result<(), Errno>;
            fn args_sizes_get() -> Result<(u32, u32), Errno>;
            fn environ_get(environ: Pointer, environ_buf: Pointer) -> Result<(), Errno>;
            fn environ_sizes_get() -> Result<(u32, u32), Errno>;
            fn clock_res_get(id: Clockid) -> Result<u64, Errno>;
            fn clock_time_get(id: Clockid, precision: u64) -> Result<u64, Errno>;
            fn fd_advise(fd: u32, offset: u64, len: u64, advice: Advice) -> Result<(), Errno>;
            fn fd_allocate(fd: u32, offset: u64, len: u64) -> Result<(), Errno>;
            fn fd_close(fd: u32) -> Result<(), Errno>;
            fn fd_datasync(fd: u32) -> Result<(), Errno>;
            fn fd_fdstat_get(fd: u32) -> Result<Fdstat, Errno>;
            fn fd_fdstat_set_flags(fd: u32, flags: Fdflags) -> Result<(), Errno>;
            fn fd_fdstat_set_rights(fd: u32, fs_rights_base: Rights, fs_rights_inheriting: Rights) -> Result<(), Errno>;
            fn fd_filestat_get(fd: u32) -> Result<Filestat, Errno>;
            fn fd_filestat_set_size(fd: u32, size: u64) -> Result<(), Errno>;
            fn fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: Fstflags) -> Result<(), Errno>;
            fn fd_pread(fd: u32, iovs: Slice<Iovec>, offset: u64) -> Result<u32, Errno>;
            fn fd_prestat_get(fd: u32) -> Result<Prestat, Errno>;
            fn fd_prestat_dir_name(fd: u32, path: Pointer, path_len: u32) -> Result<(), Errno>;
            fn fd_pwrite(fd: u32, iovs: Slice<Iovec>, offset: u64) -> Result<u32, Errno>;
            fn fd_read(fd: u32, iovs: Slice<Iovec>) -> Result<u32, Errno>;
            fn fd_readdir(fd: u32, buf: Pointer, buf_len: u32, cookie: u64) -> Result<u32, Errno>;
            fn fd_renumber(fd: u32, to: u32) -> Result<(), Errno>;
            fn fd_seek(fd: u32, offset: i64, whence: Whence) -> Result<u64, Errno>;
            fn fd_sync(fd: u32) -> Result<(), Errno>;
            fn fd_tell(fd: u32) -> Result<u64, Errno>;
            fn fd_write(fd: u32, iovs: Slice<Iovec>) -> Result<u32, Errno>;
            fn path_create_directory(fd: u32, path: Text) -> Result<(), Errno>;
            fn path_filestat_get(fd: u32, flags: Lookupflags, path: Text) -> Result<Filestat, Errno>;
            fn path_filestat_set_times(
                fd: u32, flags: Lookupflags, path: Text, atim: u64, mtim: u64, fst_flags: Fstflags
            ) -> Result<(), Errno>;
            fn path_link(
                old_fd: u32, old_flags: Lookupflags, old_path: Text, new_fd: u32, new_path: Text
            ) -> Result<(), Errno>;
            fn path_open(
                fd: u32, dirflags: Lookupflags, path: Text, oflags: Oflags, fs_rights_base: Rights,
                fs_rights_inheriting: Rights, fdflags: Fdflags
            ) -> Result<u32, Errno>;
            fn path_readlink(fd: u32, path: Text, buf: Pointer, buf_len: u32) -> Result<u32, Errno>;
            fn path_remove_directory(fd: u32, path: Text) -> Result<(), Errno>;
            fn path_rename(fd: u32, old_path: Text, new_fd: u32, new_path: Text) -> Result<(), Errno>;
            fn path_symlink(old_path: Text, fd: u32, new_path: Text) -> Result<(), Errno>;
            fn path_unlink_file(fd: u32, path: Text) -> Result<(), Errno>;
            fn poll_oneoff(subscriptions: Pointer, events: Pointer, nsubscriptions: u32) -> Result<u32, Errno>;
            fn proc_exit(rval: u32);
            fn proc_raise(sig: Signal) -> Result<(), Errno>;
            fn sched_yield() -> Result<(), Errno>;
            fn random_get(buf: Pointer, buf_len: u32) -> Result<(), Errno>;
            fn sock_accept(fd: u32, flags: Fdflags) -> Result<u32, Errno>;
            fn sock_recv(fd: u32, ri_data: Slice<Iovec>, ri_flags: Riflags) -> Result<(u32, Roflags), Errno>;
            fn sock_send(fd: u32, si_data: Slice<Iovec>, si_flags: u16) -> Result<u32, Errno>;
            fn sock_shutdown(fd: u32, how: Sdflags) -> Result<(), Errno>;
        }
    };
}
