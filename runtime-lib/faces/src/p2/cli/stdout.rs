//! `wasi:cli/stdout`.

use super::Outcome;
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::streams::OutputStream;
use crate::wasi::stdio::Standard;

/// A stream for standard output.
pub fn get_stdout(host: &mut Host) -> Outcome<Own<OutputStream>> {
    let stream: super::streams::OutputStream = Box::new(Standard::Output);
    Ok(host.resources.add(stream))
}
