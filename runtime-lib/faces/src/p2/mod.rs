//! The component interfaces: thin faces on the shared implementation, one file for each.
//!
//! A module has the functions of its interface by the names of the rows in `aot_abi::wasi`, and for each resource that
//! the interface defines a type of the same name: what the host keeps for one.

mod addresses;
pub mod environment;
pub mod error;
mod errors;
pub mod exit;
#[cfg(feature = "http")]
pub mod http_types;
pub mod insecure;
pub mod insecure_seed;
pub mod instance_network;
pub mod ip_name_lookup;
pub mod monotonic_clock;
pub mod network;
#[cfg(feature = "http")]
pub mod outgoing_handler;
pub mod poll;
pub mod preopens;
pub mod random;
pub mod stderr;
pub mod stdin;
pub mod stdout;
pub mod streams;
pub mod tcp;
pub mod tcp_create_socket;
pub mod terminal_input;
pub mod terminal_output;
pub mod terminal_stderr;
pub mod terminal_stdin;
pub mod terminal_stdout;
pub mod timezone;
pub mod types;
pub mod udp;
pub mod udp_create_socket;
pub mod wall_clock;

use aot_abi::trap::Trap;

/// The result of a function, which can end the program.
pub type Outcome<T> = Result<T, Trap>;
