//! The package `wasi:sockets`.

pub mod addresses;
pub mod instance_network;
pub mod ip_name_lookup;
pub mod network;
pub mod tcp;
pub mod tcp_create_socket;
pub mod udp;
pub mod udp_create_socket;
