//! The network: what a program may do there (`grants`), its sockets, and names.
//!
//! All sockets are non-blocking. What is denied is told on standard error where `AOT_LOG=denied` asks for it.

pub mod address;
pub mod channel;
pub mod dns;
pub mod errors;
pub mod grants;
pub mod lookup;
pub mod names;
pub mod options;
pub mod search;
pub mod sockets;
pub mod tcp;
pub mod tcp_streams;
pub mod udp;
