//! `wasi:io/error`.

use super::{Outcome, errors};
use crate::wasi::handles::Borrow;
use crate::wasi::host::Host;
use crate::wasi::interfaces::error as interface;
use crate::wasi::streams::SourceFault;

/// An error of the system.
pub type Error = rustix::io::Errno;

/// Words for a person.
pub fn error_to_debug_string(host: &mut Host, self_: Borrow<interface::Error>) -> Outcome<String> {
    if let Ok(fault) = host.resources.object::<SourceFault>(self_.representation) {
        return Ok(String::from(fault.words()));
    }
    let error = *host.resources.get(self_)?;
    Ok(String::from(errors::words(error)))
}
