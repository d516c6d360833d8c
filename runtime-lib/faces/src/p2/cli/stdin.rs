//! `wasi:cli/stdin`.

use super::Outcome;
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::streams::InputStream;
use crate::wasi::stdio::Standard;

/// A stream for standard input.
pub fn get_stdin(host: &mut Host) -> Outcome<Own<InputStream>> {
    let stream: super::streams::InputStream = Box::new(Standard::Input);
    Ok(host.resources.add(stream))
}
