//! `wasi:random/random`.

use aot_abi::trap::Trap;

use crate::p2::Outcome;
use aot_host::host::Host;
use aot_host::random;
use aot_host::streams::fill;

/// Random bytes that nobody can predict.
pub fn get_random_bytes(host: &mut Host, len: u64) -> Outcome<Vec<u8>> {
    host.check_random_bytes(len)?;
    host.charge(len)?;
    let limit = usize::try_from(len).map_err(|_| Trap::LimitExceeded)?;
    let mut bytes = Vec::new();
    fill(&mut bytes, limit, |room| random::fill(room).map(|()| limit)).map_err(|_| Trap::Other)?;
    Ok(bytes)
}

/// A random number.
pub fn get_random_u64(_: &mut Host) -> Outcome<u64> {
    random::number().map_err(|_| Trap::Other)
}
