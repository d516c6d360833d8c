//! `wasi:keyvalue/atomics`.

use std::borrow::Cow;

use super::{StoreError, answer};
use crate::p2::Outcome;
use crate::p2::interfaces::keyvalue::atomics as interface;
use crate::p2::interfaces::keyvalue::atomics::CasError;
use crate::p2::interfaces::keyvalue::store::{Bucket, Error};
use aot_host::access::Access;
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::host::Host;
use aot_host::keyvalue::bucket;
pub use aot_host::keyvalue::bucket::Cas;

/// Begins a compare-and-swap operation with the value that a key has now.
pub fn cas_new(
    host: &mut Access<'_>,
    bucket: Borrow<Bucket>,
    key: Cow<'_, str>,
) -> Outcome<Result<Own<interface::Cas>, Error>> {
    let cas = Cas::new(host, bucket.representation, &key);
    answer(cas.map(|cas| host.resources.add(cas)))
}

/// The value of the key when the operation began.
pub fn cas_current(host: &mut Host, self_: Borrow<interface::Cas>) -> Outcome<Result<Option<Vec<u8>>, Error>> {
    Ok(Ok(host.resources.get(self_)?.current()))
}

/// Adds to the number that is the value of a key.
pub fn increment(
    host: &mut Access<'_>,
    bucket: Borrow<Bucket>,
    key: Cow<'_, str>,
    delta: i64,
) -> Outcome<Result<i64, Error>> {
    let numbers = (i64::MIN.into(), i64::MAX.into());
    let sum = bucket::increment(host, bucket.representation, &key, delta.into(), numbers);
    answer(sum.map(|sum| sum as i64))
}

/// Gives the key a value if it has the one with which the operation began.
pub fn swap(host: &mut Access<'_>, cas: Own<interface::Cas>, value: &[u8]) -> Outcome<Result<(), CasError>> {
    let cas = host.resources.take(cas)?;
    match cas.swap(host, value) {
        Ok(None) => Ok(Ok(())),
        Ok(Some(cas)) => Ok(Err(CasError::CasFailed(host.resources.add(cas)))),
        Err(fault) => Ok(Err(CasError::StoreError(Error::of(fault)?))),
    }
}
