//! `wasi:io/error`.

use crate::p2::Outcome;
use crate::p2::filesystem::errors;
use crate::p2::interfaces::io::error as interface;
use aot_host::canonical::handles::Borrow;
use aot_host::host::Host;
#[cfg(feature = "http")]
use aot_host::streams::SourceFault;

/// An error of the system.
pub type Error = rustix::io::Errno;

/// Words for a person.
pub fn error_to_debug_string(host: &mut Host, self_: Borrow<interface::Error>) -> Outcome<String> {
    #[cfg(feature = "http")]
    if let Ok(fault) = host.resources.object::<SourceFault>(self_.representation) {
        return Ok(String::from(fault.words()));
    }
    let error = *host.resources.get(self_)?;
    Ok(String::from(errors::words(error)))
}
