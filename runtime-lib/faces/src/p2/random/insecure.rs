//! `wasi:random/insecure`. It is as secure as the other.

use crate::p2::Outcome;
use crate::p2::random::random;
use aot_host::host::Host;

/// Random bytes from the interface that doesn't promise secrecy; they are as good as those of `random`.
pub fn get_insecure_random_bytes(host: &mut Host, len: u64) -> Outcome<Vec<u8>> {
    random::get_random_bytes(host, len)
}

/// A random number.
pub fn get_insecure_random_u64(host: &mut Host) -> Outcome<u64> {
    random::get_random_u64(host)
}
