//! `wasi:cli/stdin`.

use super::types::ErrorCode;
use crate::p3::Outcome;
use aot_host::canonical::ends::Stream;
use aot_host::concurrency::host::{Ending, incoming};
use aot_host::host::Host;

/// A stream of standard input, and what tells how it ended. All streams take from one source what they read.
pub fn read_via_stream(host: &mut Host) -> Outcome<(Stream<u8>, Ending<ErrorCode>)> {
    let input = host.standard_input();
    incoming(host, input, super::code)
}
