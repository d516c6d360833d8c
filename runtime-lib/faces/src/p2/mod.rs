//! The component interfaces of WASI 0.2: a folder for each package, a file for each interface.
//!
//! A module has the functions of its interface by the names of the rows in `aot_abi::wasi`, and for each resource that
//! the interface defines a type of the same name: what the host keeps for one.

pub mod cli;
pub mod clocks;
pub mod filesystem;
#[cfg(feature = "http")]
pub mod http;
pub mod interfaces;
pub mod io;
pub mod random;
pub mod sockets;

use aot_abi::trap::Trap;

/// The result of a function, which can end the program.
pub type Outcome<T> = Result<T, Trap>;

/// The interfaces by the names of the modules in `aot_abi::wasi`.
mod implementations {
    pub use super::cli::{
        environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin,
        terminal_stdout,
    };
    pub use super::clocks::{monotonic_clock, timezone, wall_clock};
    pub use super::filesystem::{preopens, types};
    #[cfg(feature = "http")]
    pub use super::http::{outgoing_handler, types as http_types};
    pub use super::io::{error, poll, streams};
    pub use super::random::{insecure, insecure_seed, random};
    pub use super::sockets::{
        instance_network, ip_name_lookup, network, tcp, tcp_create_socket, udp, udp_create_socket,
    };
}
