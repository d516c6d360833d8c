//! What a program may use up: one row for each limit, with the flag that sets it when it is built and the variable that
//! lowers it where it is started.

/// What a limit's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes; a suffix K, M or G multiplies by a power of 1024.
    Bytes,
    /// Microseconds, written as seconds, or as milliseconds with `ms`.
    Time,
}

/// [`Limit::default_value`] of what isn't limited.
pub const UNLIMITED: u64 = u64::MAX;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident = $flag:literal, $variable:literal, $unit:ident, $default:expr;)*) => {
        /// A limit. Its number is that of the policy's record, and its place among [`Limit::ALL`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Limit { $($(#[$doc])* $name,)* }

        impl Limit {
            /// All of them.
            pub const ALL: &'static [Limit] = &[$(Limit::$name),*];

            /// The variables of all, each with a colon behind it: one string, because a table of them would need a
            /// relocation for each.
            pub const VARIABLES: &str = concat!($($variable, ":"),*);

            /// The flag that sets it, without its hyphens.
            pub const fn flag(self) -> &'static str {
                match self { $(Limit::$name => $flag,)* }
            }

            /// The variable that lowers it.
            pub const fn variable(self) -> &'static str {
                match self { $(Limit::$name => $variable,)* }
            }

            /// What it counts.
            pub const fn unit(self) -> Unit {
                match self { $(Limit::$name => Unit::$unit,)* }
            }

            /// Its value where the policy has none.
            pub const fn default_value(self) -> u64 {
                match self { $(Limit::$name => $default,)* }
            }
        }
    };
}

limits! {
    /// Bytes of each linear memory. `memory.grow` refuses more.
    Memory = "max-memory", "AOT_MAX_MEMORY", Bytes, UNLIMITED;
    /// Elements of each table. `table.grow` refuses more.
    TableElements = "max-table-elements", "AOT_MAX_TABLE_ELEMENTS", Count, UNLIMITED;
    /// Bytes of the guest's stack. More is a trap.
    Stack = "stack-size", "AOT_STACK_SIZE", Bytes, 8 << 20;
    /// Handles of each component instance, where more is a trap; descriptors of preview1, where it is `mfile`.
    Handles = "max-handles", "AOT_MAX_HANDLES", Count, 1_000_000;
    /// Files and directories that are open at the same time, besides those that were granted. More is `mfile`, or
    /// `insufficient-memory` in 0.2.
    OpenFiles = "max-open-files", "AOT_MAX_OPEN_FILES", Count, UNLIMITED;
    /// Bytes that a host function may hold for one call. More is a trap, or `nomem` in preview1.
    HostBytes = "max-host-bytes", "AOT_MAX_HOST_BYTES", Bytes, 64 << 20;
    /// Random bytes of one call. More is a trap, or `nomem` in preview1.
    RandomBytes = "max-random-bytes", "AOT_MAX_RANDOM_BYTES", Bytes, UNLIMITED;
    /// How long the program may run; then it ends with status 124.
    Time = "timeout", "AOT_TIMEOUT", Time, UNLIMITED;
    /// How much of the processor's time it may use; then it ends with status 124.
    CpuTime = "cpu-time", "AOT_CPU_TIME", Time, UNLIMITED;
    /// Bytes of the fields of an HTTP message, each counted with 32 bytes more (RFC 9113, 10.5.1). More is a trap where the
    /// program builds them, and the interface's error where it receives them.
    HttpFields = "max-http-fields", "AOT_MAX_HTTP_FIELDS", Bytes, 128 << 10;
    /// Bytes of structures and arrays together, those that collections have still to find unused among them. More is a
    /// trap.
    Heap = "max-heap", "AOT_MAX_HEAP", Bytes, 256 << 20;
    /// Threads besides the first. `thread-spawn` fails for more.
    Threads = "max-threads", "AOT_MAX_THREADS", Count, 1000;
}
