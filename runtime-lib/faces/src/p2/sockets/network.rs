//! `wasi:sockets/network`.

use super::Outcome;
use super::addresses::code;
use crate::wasi::handles::Borrow;
use crate::wasi::host::Host;
use crate::wasi::interfaces::error::Error;
use crate::wasi::interfaces::network::ErrorCode;
use crate::wasi::network::errors;
use crate::wasi::streams::SourceFault;

/// The network of a program: there is one, and what may be done with it is a matter of grants.
pub struct Network;

/// The code of an error of a stream, where it is one of the network.
pub fn network_error_code(host: &mut Host, err: Borrow<Error>) -> Outcome<Option<ErrorCode>> {
    if host.resources.object::<SourceFault>(err.representation).is_ok() {
        return Ok(None);
    }
    let code = code(errors::code(*host.resources.get(err)?));
    Ok((code != ErrorCode::Unknown).then_some(code))
}
