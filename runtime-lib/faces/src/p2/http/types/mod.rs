//! `wasi:http/types`.

mod bodies;
pub mod errors;
mod fields;
mod requests;
mod responses;

use core::any::Any;

use super::Outcome;
use crate::wasi::handles::Borrow;
use crate::wasi::host::Host;
use crate::wasi::http::fault::Fault;
use crate::wasi::interfaces::error::Error;
use crate::wasi::interfaces::http_types::ErrorCode;
use crate::wasi::streams::SourceFault;

pub use bodies::*;
pub use fields::*;
pub use requests::*;
pub use responses::*;

/// The code of an error of a stream, where it is one of an exchange.
pub fn http_error_code(host: &mut Host, err: Borrow<Error>) -> Outcome<Option<ErrorCode>> {
    let fault: Option<&SourceFault> = host.resources.object(err.representation).ok().map(|fault| &*fault);
    Ok(fault.and_then(|fault| (&**fault as &dyn Any).downcast_ref::<Fault>()).map(errors::code))
}
