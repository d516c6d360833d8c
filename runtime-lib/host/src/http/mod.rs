//! Requests over HTTP/1.1 and HTTP/2, with and without TLS (docs/decisions/0060-http.md).
//!
//! Each request has a connection of its own. A library speaks the protocols, and is driven by the guest's own waiting:
//! there are no threads.

pub mod client;
pub mod exchange;
pub mod fault;
pub mod field_list;
pub mod fields;
pub mod frames;
pub mod head;
pub mod incoming;
pub mod input;
pub mod order;
mod ordered;
pub mod output;
pub mod reactor;
pub mod settings;
mod socket;
pub mod state;
mod tls;
pub mod tls_socket;
