//! `wasi:random/insecure-seed`.

use super::{Outcome, random};
use crate::wasi::host::Host;

/// A seed for hash tables.
pub fn insecure_seed(host: &mut Host) -> Outcome<(u64, u64)> {
    Ok((random::get_random_u64(host)?, random::get_random_u64(host)?))
}
