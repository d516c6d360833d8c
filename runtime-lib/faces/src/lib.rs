//! The faces of the host: what guests import, by the names, errors and types of each version of WASI. The work is done in
//! the host crate.
//!
//! `aot_abi::wasi` describes the interfaces. `p1::interface`, `p1::symbols` and, by the macros of `interface`,
//! `p2::interfaces` and `p3::interfaces` expand those descriptions: types with their lifting and lowering, and the exported symbols.

#[cfg(feature = "http")]
#[macro_use]
mod field_functions;
#[macro_use]
mod file_errors;
#[macro_use]
mod interface;
#[macro_use]
mod socket_functions;
mod p1;
mod p2;
mod p3;

/// The functions that servers call, of the faces whose programs handle requests.
#[cfg(feature = "http")]
pub mod handlers {
    pub use crate::p2::http::incoming_handler::parameters as of_p2;
    pub use crate::p3::http::handler::HANDLER as OF_P3;
}
#[cfg(test)]
mod tests;
