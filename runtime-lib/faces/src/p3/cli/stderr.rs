//! `wasi:cli/stderr`.

use super::types::ErrorCode;
use crate::p3::Outcome;
use aot_host::canonical::ends::{Future, Stream};
use aot_host::concurrency::host::outgoing;
use aot_host::host::Host;
use aot_host::stdio::Standard;

/// Writes a stream to standard errors; the future tells how that ended.
pub fn write_via_stream(host: &mut Host, data: Stream<u8>) -> Outcome<Future<Result<(), ErrorCode>>> {
    let output = host.patient_output(Standard::Errors);
    outgoing(host, data, Ok(output), super::code)
}
