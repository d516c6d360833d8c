//! Libraries: what a C program and the runtime agree on, from which the header is written too.
//!
//! The object defines the functions of the header. Each calls one of the runtime's `aot_library_…`. An exported function
//! passes the instance, its own index at [`crate::symbols::VALUE_FUNCTIONS`], and an array with an element of 64 bits for
//! each argument: the argument's bits, above which bits are undefined, and at the end the addresses for the result as
//! [`crate::values`] says.

use crate::record::records;

/// Version of the functions, structures and numbers below, which the header and the library both have.
pub const LIBRARY_VERSION: u32 = 1;

/// Part of the runtime that makes the host's state of an instance, for libraries of programs that import host functions.
pub const STATE: &str = "aot_part_state";

/// Version of Node-API that an addon needs, which Node.js 18 and later have.
pub const NODE_API_VERSION: u32 = 8;

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $meaning:literal;)*) => {
        /// Outcome of a call from the host program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        pub enum Status { $($(#[$doc])* $name = $code,)* }

        impl Status {
            /// All outcomes, sorted by code.
            pub const ALL: &'static [Status] = &[$(Status::$name),*];

            /// Returns the name of the outcome, in lower case.
            pub const fn name(self) -> &'static str {
                match self { $(Status::$name => stringify!($name),)* }
            }

            /// Returns what the outcome means, for the header.
            pub const fn meaning(self) -> &'static str {
                match self { $(Status::$name => $meaning,)* }
            }
        }
    };
}

statuses! {
    /// The function returned, and its result is stored.
    Ok = 0, "the function returned";
    /// The guest trapped, which ends its instance.
    Trap = 1, "the guest trapped, which ends the instance; its error tells why";
    /// The function wasn't called, because a trap has ended the instance.
    Ended = 2, "nothing was called: a trap has ended the instance";
    /// The function wasn't called, because an argument isn't a value of its type.
    Argument = 3, "nothing was called: an argument isn't a value of its type";
    /// The function wasn't called, because the system refused what a new thread needs.
    System = 4, "nothing was called: the system refused memory for this thread";
    /// The guest ended itself, as programs do that exit, which ends its instance.
    Exited = 5, "the guest ended itself, and with it the instance; its exit status tells how";
    /// The function returned the option that has nothing.
    None = 6, "the function returned an option, which has nothing";
    /// The function returned an error, which is stored if it has a type.
    Err = 7, "the function returned an error";
    /// The function returned, but there is no memory for its result.
    Memory = 8, "there is no memory for the result of what was called";
    /// The function wasn't called, because the instance runs.
    Busy = 9, "nothing was called: the instance runs, on another thread or around this call";
}

records! {
    /// Options of a new instance; 0 stands for what the library was built with. They only lower limits.
    pub struct Options: 64 {
        /// Bytes of the structure as the host program knows it.
        size: u64,
        /// Maximum bytes of each linear memory.
        max_memory: u64,
        /// Maximum elements of each table.
        max_table_elements: u64,
        /// Maximum bytes of structures and arrays together.
        max_heap: u64,
        /// Bytes of the guest's stack.
        stack_size: u64,
        /// Address of a list of C strings, `NAME=VALUE` each, that ends with null: the variables by which executables lower limits
        /// and take grants away.
        settings: u64,
        /// Milliseconds that a call may take.
        timeout: u64,
        /// Milliseconds of the processor's time that a call may use.
        cpu_time: u64,
    }
}

/// Fields of [`Options`] before [`SETTINGS`], which are numbers, in their order: the name and what it sets, for the header.
pub const OPTIONS: &[(&str, &str)] = &[
    ("size", "sizeof of this structure"),
    ("max_memory", "the most bytes of each linear memory"),
    ("max_table_elements", "the most elements of each table"),
    ("max_heap", "the most bytes of structures and arrays together"),
    ("stack_size", "the bytes of the guest's stack"),
];

/// The field of [`Options`] behind the numbers, [`Options::settings`].
pub const SETTINGS: (&str, &str) =
    ("settings", "what takes away grants, NAME=VALUE as executables have it in AOT_ variables, then null");

/// Fields of [`Options`] behind [`SETTINGS`], which are numbers too.
pub const TIMES: &[(&str, &str)] = &[
    ("timeout", "the milliseconds that a call may take, without those of functions of the host program"),
    (
        "cpu_time",
        "the milliseconds of the processor's time that a call may use, without those of functions of the host program",
    ),
];

const _: () = assert!((OPTIONS.len() + 1 + TIMES.len()) * size_of::<u64>() == size_of::<Options>());
