//! `wasi:cli/stderr`.

use super::Outcome;
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::streams::OutputStream;
use crate::wasi::stdio::Standard;

/// A stream for standard errors.
pub fn get_stderr(host: &mut Host) -> Outcome<Own<OutputStream>> {
    let stream: super::streams::OutputStream = Box::new(Standard::Errors);
    Ok(host.resources.add(stream))
}
