//! `wasi:sockets/network`.

use crate::p2::Outcome;
use crate::p2::interfaces::io::error::Error;
use crate::p2::interfaces::sockets::network::ErrorCode;
use crate::p2::sockets::addresses::code;
use aot_host::canonical::handles::Borrow;
use aot_host::grantee::Grantee;
use aot_host::host::Host;
use aot_host::network::errors;
#[cfg(feature = "http")]
use aot_host::streams::SourceFault;

/// The network of a program, with the grants of the component that asked for it: who gets the handle has them too.
pub struct Network {
    /// The component whose grants count.
    pub grantee: Grantee,
}

/// The code of an error of a stream, if it is one of the network.
pub fn network_error_code(host: &mut Host, err: Borrow<Error>) -> Outcome<Option<ErrorCode>> {
    #[cfg(feature = "http")]
    if host.resources.object::<SourceFault>(err.representation).is_ok() {
        return Ok(None);
    }
    let code = code(errors::code(*host.resources.get(err)?));
    Ok((code != ErrorCode::Unknown).then_some(code))
}
