//! `wasi:http/types`.

mod bodies;
pub mod errors;
mod fields;
mod requests;
mod responses;

use core::any::Any;

use crate::p2::Outcome;
use crate::p2::interfaces::http::types::ErrorCode;
use crate::p2::interfaces::io::error::Error;
use aot_host::canonical::handles::Borrow;
use aot_host::host::Host;
use aot_host::http::fault::Fault;
use aot_host::streams::SourceFault;

pub use bodies::*;
pub use fields::*;
pub use requests::*;
pub use responses::*;

/// The code of an error of a stream, if it is one of an exchange.
pub fn http_error_code(host: &mut Host, err: Borrow<Error>) -> Outcome<Option<ErrorCode>> {
    let fault: Option<&SourceFault> = host.resources.object(err.representation).ok().map(|fault| &*fault);
    Ok(fault.and_then(|fault| (&**fault as &dyn Any).downcast_ref::<Fault>()).map(errors::code))
}
