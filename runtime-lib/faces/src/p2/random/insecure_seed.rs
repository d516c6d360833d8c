//! `wasi:random/insecure-seed`.

use crate::p2::Outcome;
use crate::p2::random::random;
use aot_host::host::Host;

/// A seed for hash tables, the same throughout the life of a program.
pub fn insecure_seed(host: &mut Host) -> Outcome<(u64, u64)> {
    if let Some(seed) = host.insecure_seed {
        return Ok(seed);
    }
    let seed = (random::get_random_u64(host)?, random::get_random_u64(host)?);
    host.insecure_seed = Some(seed);
    Ok(seed)
}
