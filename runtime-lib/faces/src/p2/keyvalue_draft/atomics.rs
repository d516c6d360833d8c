//! `wasi:keyvalue/atomics`.

use std::borrow::Cow;

use super::answer;
use crate::p2::Outcome;
use crate::p2::interfaces::keyvalue_draft::store::{Bucket, Error};
use aot_host::access::Access;
use aot_host::canonical::handles::Borrow;
use aot_host::keyvalue::bucket;

/// Adds to the number that is the value of a key.
pub fn increment(
    host: &mut Access<'_>,
    bucket: Borrow<Bucket>,
    key: Cow<'_, str>,
    delta: u64,
) -> Outcome<Result<u64, Error>> {
    let sum = bucket::increment(host, bucket.representation, &key, delta.into(), (0, u64::MAX.into()));
    answer(sum.map(|sum| sum as u64))
}
