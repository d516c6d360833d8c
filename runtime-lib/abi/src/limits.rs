//! Limits of what a program may use: a row for each, with the flag that sets it at compile time and the environment
//! variable that lowers it at start. Servers have a table of their own, so that other programs don't carry its rows.

/// Unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    Count,
    /// Bytes; a suffix K, M or G multiplies by a power of 1024.
    Bytes,
    /// Microseconds, written as seconds, or as milliseconds with `ms`.
    Time,
}

/// [`Limit::default_value`] of a limit that is off by default.
pub const UNLIMITED: u64 = u64::MAX;

/// Least value of [`Limit::HostMemory`] with which a program can start.
pub const HOST_MEMORY_BYTES_MIN: u64 = 1 << 20;

/// A second in the unit of [`Unit::Time`].
const SECOND: u64 = 1_000_000;

macro_rules! limits {
    ($(#[$enum_doc:meta])* $enum:ident {
        $($(#[$doc:meta])* $name:ident = $flag:literal, $variable:literal, $unit:ident, $default:expr;)*
    }) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum $enum { $($(#[$doc])* $name,)* }

        impl $enum {
            /// All limits, in the order of their numbers.
            pub const ALL: &'static [$enum] = &[$($enum::$name),*];

            /// Variables of all limits, each followed by a colon. It is one string, because a table would need a
            /// relocation for each.
            pub const VARIABLES: &str = concat!($($variable, ":"),*);

            /// Returns the flag that sets the limit, without its hyphens.
            pub const fn flag(self) -> &'static str {
                match self { $($enum::$name => $flag,)* }
            }

            /// Returns the variable that lowers the limit.
            pub const fn variable(self) -> &'static str {
                match self { $($enum::$name => $variable,)* }
            }

            /// Returns the unit of the limit's value.
            pub const fn unit(self) -> Unit {
                match self { $($enum::$name => Unit::$unit,)* }
            }

            /// Returns the value for a policy without this limit.
            pub const fn default_value(self) -> u64 {
                match self { $($enum::$name => $default,)* }
            }
        }
    };
}

limits! {
    /// A limit of any program. Its number is its number in the policy's record and its index in [`Limit::ALL`].
    Limit {
        /// Maximum bytes of each linear memory; `memory.grow` refuses more.
        Memory = "max-memory", "AOT_MAX_MEMORY", Bytes, UNLIMITED;
        /// Maximum elements of each table; `table.grow` refuses more.
        TableElements = "max-table-elements", "AOT_MAX_TABLE_ELEMENTS", Count, UNLIMITED;
        /// Bytes of the guest's stack; more is a trap.
        Stack = "stack-size", "AOT_STACK_SIZE", Bytes, 8 << 20;
        /// Maximum handles of each component instance, where more is a trap, and maximum descriptors of preview1, where
        /// more is `mfile`.
        Handles = "max-handles", "AOT_MAX_HANDLES", Count, 1_000_000;
        /// Maximum files and directories open at the same time, besides granted ones; more is `mfile` in preview1, and
        /// `insufficient-memory` in 0.2.
        OpenFiles = "max-open-files", "AOT_MAX_OPEN_FILES", Count, UNLIMITED;
        /// Maximum bytes that a host function may hold for one call; more is a trap, or `nomem` in preview1.
        HostBytes = "max-host-bytes", "AOT_MAX_HOST_BYTES", Bytes, 64 << 20;
        /// Maximum random bytes of one call; more is a trap, or `nomem` in preview1.
        RandomBytes = "max-random-bytes", "AOT_MAX_RANDOM_BYTES", Bytes, UNLIMITED;
        /// Maximum running time; then the program ends with status 124. In a library, of a call; then the guest traps.
        Time = "timeout", "AOT_TIMEOUT", Time, UNLIMITED;
        /// Maximum processor time; then the program ends with status 124. In a library, of a call; then the guest traps.
        CpuTime = "cpu-time", "AOT_CPU_TIME", Time, UNLIMITED;
        /// Maximum bytes of an HTTP message's fields, each counted with 32 bytes more (RFC 9113, 10.5.1). More is a trap in
        /// fields that the program builds, and the interface's error in fields that it receives.
        HttpFields = "max-http-fields", "AOT_MAX_HTTP_FIELDS", Bytes, 128 << 10;
        /// Maximum bytes of structures and arrays together, including garbage that is not yet collected; more is a trap.
        Heap = "max-heap", "AOT_MAX_HEAP", Bytes, 256 << 20;
        /// Maximum threads besides the first; `thread-spawn` fails for more.
        Threads = "max-threads", "AOT_MAX_THREADS", Count, 1000;
        /// Maximum bytes of memory that the host may have from the system for all that the program makes it keep, such as
        /// handles, fields, requests, streams and threads; more is a trap.
        HostMemory = "max-host-memory", "AOT_MAX_HOST_MEMORY", Bytes, 256 << 20;
    }
}

limits! {
    /// A limit of a server, which only servers read. Its number is its number in the policy's record and its index in
    /// [`ServerLimit::ALL`].
    ServerLimit {
        /// Maximum requests in flight, each with an instance; more wait in the queue.
        Requests = "max-requests", "AOT_MAX_REQUESTS", Count, 10_000;
        /// Maximum requests that wait for an instance; more are answered with status 503.
        Queue = "max-queue", "AOT_MAX_QUEUE", Count, 1000;
        /// Maximum connections of clients; more wait until one is closed.
        Connections = "max-connections", "AOT_MAX_CONNECTIONS", Count, 20_000;
        /// Maximum fields of a request's head; more is status 431, as are more bytes than [`Limit::HttpFields`].
        RequestFields = "max-request-fields", "AOT_MAX_REQUEST_FIELDS", Count, 100;
        /// Maximum bytes of a request's body; more is status 413, or an error of the guest's stream.
        RequestBody = "max-request-body", "AOT_MAX_REQUEST_BODY", Bytes, 64 << 20;
        /// Maximum requests that the program sends while it handles one; more are refused.
        OutgoingRequests = "max-outgoing-requests", "AOT_MAX_OUTGOING_REQUESTS", Count, 1000;
        /// Maximum time for a request's head, including the handshake of TLS before the first; then status 408, or the
        /// end of the connection.
        HeadTime = "head-time", "AOT_HEAD_TIME", Time, 10 * SECOND;
        /// Maximum time that a connection stays open without a request.
        IdleTime = "idle-time", "AOT_IDLE_TIME", Time, 60 * SECOND;
        /// Maximum time for which a client neither sends of a body what the guest waits for, nor takes what there is of a
        /// response; then the connection ends.
        StallTime = "stall-time", "AOT_STALL_TIME", Time, 60 * SECOND;
        /// Maximum time for requests in flight after a signal to end.
        Grace = "grace", "AOT_GRACE", Time, 10 * SECOND;
        /// Maximum requests that an instance serves; with 1, each has a fresh instance.
        Reuse = "reuse", "AOT_REUSE", Count, 1;
        /// Maximum worker threads; by default as many as the process has processors.
        Workers = "workers", "AOT_WORKERS", Count, UNLIMITED;
        /// Maximum requests that an instance of a handler of 0.3 serves at once.
        Concurrent = "concurrent", "AOT_CONCURRENT", Count, 1;
    }
}

limits! {
    /// A limit of stores of `wasi:keyvalue`, which only programs with stores read. Its number is its number in the policy's
    /// record and its index in [`StoreLimit::ALL`].
    StoreLimit {
        /// Maximum bytes of a key; more is an error of the store.
        Key = "keyvalue-max-key", "AOT_KEYVALUE_MAX_KEY", Bytes, 4 << 10;
        /// Maximum bytes of a value; more is an error of the store.
        Value = "keyvalue-max-value", "AOT_KEYVALUE_MAX_VALUE", Bytes, 1 << 20;
        /// Maximum bytes of a store in memory, with 64 for each key besides its own and those of its value; more is an error
        /// of the store.
        Memory = "keyvalue-max-memory", "AOT_KEYVALUE_MAX_MEMORY", Bytes, 64 << 20;
        /// Maximum time for an answer of a store's server, including the connection; then an error of the store.
        Time = "keyvalue-timeout", "AOT_KEYVALUE_TIMEOUT", Time, 5 * SECOND;
    }
}
