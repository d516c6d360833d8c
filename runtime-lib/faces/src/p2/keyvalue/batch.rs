//! `wasi:keyvalue/batch` of all drafts: `B` is the bucket of a draft, `E` its error.

use super::{StoreError, answer};
use crate::p2::Outcome;
use aot_host::access::Access;
use aot_host::canonical::handles::Borrow;
use aot_host::keyvalue::{Pairs, bucket};

/// The values of several keys, with the keys.
pub fn get_many<B, E: StoreError>(
    host: &mut Access<'_>,
    bucket: Borrow<B>,
    keys: Vec<String>,
) -> Outcome<Result<Pairs, E>> {
    answer(bucket::get_many(host, bucket.representation, keys))
}

/// Gives several keys their values.
pub fn set_many<B, E: StoreError>(
    host: &mut Access<'_>,
    bucket: Borrow<B>,
    key_values: Vec<(String, Vec<u8>)>,
) -> Outcome<Result<(), E>> {
    answer(bucket::set_many(host, bucket.representation, &key_values))
}

/// Removes several keys.
pub fn delete_many<B, E: StoreError>(
    host: &mut Access<'_>,
    bucket: Borrow<B>,
    keys: Vec<String>,
) -> Outcome<Result<(), E>> {
    answer(bucket::delete_many(host, bucket.representation, &keys))
}
