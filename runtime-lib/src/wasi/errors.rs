//! Errors of the system, and what each face calls them.
//!
//! The shared implementation knows Linux's numbers only.

use rustix::io::Errno as System;

use super::interfaces::types::ErrorCode;
use super::preview1::interface::Errno;

/// The number of an error of the standard library or cap-std, which makes a few of its own without a number.
pub fn system(error: std::io::Error) -> System {
    use std::io::ErrorKind;
    if let Some(number) = error.raw_os_error() {
        return System::from_raw_os_error(number);
    }
    match error.kind() {
        ErrorKind::NotFound => System::NOENT,
        // A path that leads out of its directory.
        ErrorKind::PermissionDenied => System::PERM,
        ErrorKind::AlreadyExists => System::EXIST,
        ErrorKind::InvalidInput => System::INVAL,
        _ => System::IO,
    }
}

/// Whether an error is that of a path that leads out of its directory.
pub fn is_escape(error: &std::io::Error) -> bool {
    error.raw_os_error().is_none() && error.kind() == std::io::ErrorKind::PermissionDenied
}

/// One row for each error: Linux's name, preview1's, and that of `wasi:filesystem`.
macro_rules! errors {
    ($($system:ident = $errno:ident, $code:ident;)*) => {
        /// Preview1's number of an error.
        pub fn preview1(error: System) -> Errno {
            match error { $(System::$system => Errno::$errno,)* _ => Errno::Io }
        }

        /// The code of `wasi:filesystem` for an error.
        pub fn code(error: System) -> ErrorCode {
            match error { $(System::$system => ErrorCode::$code,)* _ => ErrorCode::Io }
        }

        /// Words for an error.
        pub fn words(error: System) -> &'static str {
            match error { $(System::$system => stringify!($system),)* _ => "IO" }
        }
    };
}

errors! {
    TOOBIG = TooBig, Invalid;
    ACCESS = Acces, Access;
    AGAIN = Again, WouldBlock;
    ALREADY = Already, Already;
    BADF = Badf, BadDescriptor;
    BUSY = Busy, Busy;
    CONNABORTED = Connaborted, Io;
    CONNRESET = Connreset, Io;
    DEADLK = Deadlk, Deadlock;
    DQUOT = Dquot, Quota;
    EXIST = Exist, Exist;
    FBIG = Fbig, FileTooLarge;
    ILSEQ = Ilseq, IllegalByteSequence;
    INPROGRESS = Inprogress, InProgress;
    INTR = Intr, Interrupted;
    INVAL = Inval, Invalid;
    ISDIR = Isdir, IsDirectory;
    LOOP = Loop, Loop;
    MFILE = Mfile, InsufficientMemory;
    MLINK = Mlink, TooManyLinks;
    MSGSIZE = Msgsize, MessageSize;
    NAMETOOLONG = Nametoolong, NameTooLong;
    NFILE = Nfile, InsufficientMemory;
    NODEV = Nodev, NoDevice;
    NOENT = Noent, NoEntry;
    NOLCK = Nolck, NoLock;
    NOMEM = Nomem, InsufficientMemory;
    NOSPC = Nospc, InsufficientSpace;
    NOSYS = Nosys, Unsupported;
    NOTDIR = Notdir, NotDirectory;
    NOTCONN = Notconn, Io;
    NOTEMPTY = Notempty, NotEmpty;
    NOTRECOVERABLE = Notrecoverable, NotRecoverable;
    NOTSOCK = Notsock, Io;
    NOTSUP = Notsup, Unsupported;
    NOTTY = Notty, NoTty;
    NXIO = Nxio, NoSuchDevice;
    OVERFLOW = Overflow, Overflow;
    PERM = Perm, NotPermitted;
    PIPE = Pipe, Pipe;
    ROFS = Rofs, ReadOnly;
    SPIPE = Spipe, InvalidSeek;
    TIMEDOUT = Timedout, Io;
    TXTBSY = Txtbsy, TextFileBusy;
    XDEV = Xdev, CrossDevice;
}
