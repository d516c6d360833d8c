//! Limits of what a program may use: a row for each, with the flag that sets it at compile time and the environment
//! variable that lowers it at start.

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

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $flag:literal, $variable:literal, $unit:ident, $default:expr;)*) => {
        /// A limit. Its number is its number in the policy's record and its index in [`Limit::ALL`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Limit { $($(#[$doc])* $name,)* }

        impl Limit {
            /// All limits, in the order of their numbers.
            pub const ALL: &'static [Limit] = &[$(Limit::$name),*];

            /// Variables of all limits, each followed by a colon. It is one string, because a table would need a
            /// relocation for each.
            pub const VARIABLES: &str = concat!($($variable, ":"),*);

            /// Returns the flag that sets the limit, without its hyphens.
            pub const fn flag(self) -> &'static str {
                match self { $(Limit::$name => $flag,)* }
            }

            /// Returns the variable that lowers the limit.
            pub const fn variable(self) -> &'static str {
                match self { $(Limit::$name => $variable,)* }
            }

            /// Returns the unit of the limit's value.
            pub const fn unit(self) -> Unit {
                match self { $(Limit::$name => Unit::$unit,)* }
            }

            /// Returns the value for a policy without this limit.
            pub const fn default_value(self) -> u64 {
                match self { $(Limit::$name => $default,)* }
            }
        }
    };
}

limits! {
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
    /// Maximum running time; then the program ends with status 124.
    Time = "timeout", "AOT_TIMEOUT", Time, UNLIMITED;
    /// Maximum processor time; then the program ends with status 124.
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
