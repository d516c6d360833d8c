//! The interfaces of WASI 0.3, as far as they are other than those of 0.2 with the same name. A row of 0.2 that has the same types in 0.3
//! names that version too.

mod cli;
mod clocks;
mod filesystem;
mod http;
mod random;
mod sockets;
