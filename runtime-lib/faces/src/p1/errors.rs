//! Preview1's numbers of errors.

use rustix::io::Errno as System;

use super::interface::Errno;

/// The table of errors: a row has Linux's name, and preview1's.
macro_rules! errors {
    ($($system:ident = $errno:ident;)*) => {
        /// Preview1's number of an error of the system.
        pub fn errno(error: System) -> Errno {
            match error { $(System::$system => Errno::$errno,)* _ => Errno::Io }
        }
    };
}

errors! {
    TOOBIG = TooBig;
    ACCESS = Acces;
    AGAIN = Again;
    ALREADY = Already;
    BADF = Badf;
    BUSY = Busy;
    CONNABORTED = Connaborted;
    CONNRESET = Connreset;
    DEADLK = Deadlk;
    DQUOT = Dquot;
    EXIST = Exist;
    FBIG = Fbig;
    ILSEQ = Ilseq;
    INPROGRESS = Inprogress;
    INTR = Intr;
    INVAL = Inval;
    ISDIR = Isdir;
    LOOP = Loop;
    MFILE = Mfile;
    MLINK = Mlink;
    MSGSIZE = Msgsize;
    NAMETOOLONG = Nametoolong;
    NFILE = Nfile;
    NODEV = Nodev;
    NOENT = Noent;
    NOLCK = Nolck;
    NOMEM = Nomem;
    NOSPC = Nospc;
    NOSYS = Nosys;
    NOTDIR = Notdir;
    NOTCONN = Notconn;
    NOTEMPTY = Notempty;
    NOTRECOVERABLE = Notrecoverable;
    NOTSOCK = Notsock;
    NOTSUP = Notsup;
    NOTTY = Notty;
    NXIO = Nxio;
    OVERFLOW = Overflow;
    PERM = Perm;
    PIPE = Pipe;
    ROFS = Rofs;
    SPIPE = Spipe;
    TIMEDOUT = Timedout;
    TXTBSY = Txtbsy;
    XDEV = Xdev;
}
