//! `wasi:cli/stdout`.

use crate::p2::Outcome;
use crate::p2::interfaces::io::streams::OutputStream;
use aot_host::canonical::handles::Own;
use aot_host::host::Host;
use aot_host::stdio::Standard;

/// A stream for standard output.
pub fn get_stdout(host: &mut Host) -> Outcome<Own<OutputStream>> {
    let stream: crate::p2::io::streams::OutputStream = host.standard_output(Standard::Output);
    Ok(host.resources.add(stream))
}
