//! `wasi:http/types`.

mod bodies;
pub mod errors;
mod fields;
mod requests;
mod responses;

use super::Outcome;
use crate::wasi::background::Fault;
use crate::wasi::handles::Borrow;
use crate::wasi::host::Host;
use crate::wasi::interfaces::error::Error;
use crate::wasi::interfaces::http_types::ErrorCode;

pub use bodies::*;
pub use fields::*;
pub use requests::*;
pub use responses::*;

/// The code of an error of a stream, where it is one of an exchange.
pub fn http_error_code(host: &mut Host, err: Borrow<Error>) -> Outcome<Option<ErrorCode>> {
    Ok(host.resources.object::<Fault>(err.representation).ok().map(|fault| errors::code(fault)))
}
