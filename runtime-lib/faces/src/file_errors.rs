//! The codes of `wasi:filesystem` for errors of the system.

/// Expands the macro `$callback` with the table of errors: a row has Linux's name, and that of `wasi:filesystem`.
macro_rules! file_errors {
    ($callback:ident) => {
        $callback! {
            TOOBIG = Invalid;
            ACCESS = Access;
            ALREADY = Already;
            BADF = BadDescriptor;
            BUSY = Busy;
            CONNABORTED = Io;
            CONNRESET = Io;
            DEADLK = Deadlock;
            DQUOT = Quota;
            EXIST = Exist;
            FBIG = FileTooLarge;
            ILSEQ = IllegalByteSequence;
            INPROGRESS = InProgress;
            INTR = Interrupted;
            INVAL = Invalid;
            ISDIR = IsDirectory;
            LOOP = Loop;
            MFILE = InsufficientMemory;
            MLINK = TooManyLinks;
            MSGSIZE = MessageSize;
            NAMETOOLONG = NameTooLong;
            NFILE = InsufficientMemory;
            NODEV = NoDevice;
            NOENT = NoEntry;
            NOLCK = NoLock;
            NOMEM = InsufficientMemory;
            NOSPC = InsufficientSpace;
            NOSYS = Unsupported;
            NOTDIR = NotDirectory;
            NOTCONN = Io;
            NOTEMPTY = NotEmpty;
            NOTRECOVERABLE = NotRecoverable;
            NOTSOCK = Io;
            NOTSUP = Unsupported;
            NOTTY = NoTty;
            NXIO = NoSuchDevice;
            OVERFLOW = Overflow;
            PERM = NotPermitted;
            PIPE = Pipe;
            ROFS = ReadOnly;
            SPIPE = InvalidSeek;
            TIMEDOUT = Io;
            TXTBSY = TextFileBusy;
            XDEV = CrossDevice;
        }
    };
}

/// A function `code`, the code of a face's `wasi:filesystem` for an error.
macro_rules! file_error_code {
    ($($system:ident = $code:ident;)*) => {
        /// The code of `wasi:filesystem` for an error.
        pub fn code(error: Errno) -> ErrorCode {
            match error { $(Errno::$system => ErrorCode::$code,)* error => other_code(error) }
        }
    };
}
