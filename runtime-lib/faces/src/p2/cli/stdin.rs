//! `wasi:cli/stdin`.

use crate::p2::Outcome;
use crate::p2::interfaces::io::streams::InputStream;
use aot_host::canonical::handles::Own;
use aot_host::host::Host;

/// A stream for standard input.
pub fn get_stdin(host: &mut Host) -> Outcome<Own<InputStream>> {
    let stream: crate::p2::io::streams::InputStream = host.standard_input();
    Ok(host.resources.add(stream))
}
