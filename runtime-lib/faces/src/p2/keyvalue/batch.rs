//! `wasi:keyvalue/batch`.

use super::answer;
use crate::p2::Outcome;
use crate::p2::interfaces::keyvalue::store::{Bucket, Error};
use aot_host::access::Access;
use aot_host::canonical::handles::Borrow;
use aot_host::keyvalue::{Pairs, bucket};

/// The values of several keys, with the keys.
pub fn get_many(host: &mut Access<'_>, bucket: Borrow<Bucket>, keys: Vec<String>) -> Outcome<Result<Pairs, Error>> {
    answer(bucket::get_many(host, bucket.representation, keys))
}

/// Gives several keys their values.
pub fn set_many(
    host: &mut Access<'_>,
    bucket: Borrow<Bucket>,
    key_values: Vec<(String, Vec<u8>)>,
) -> Outcome<Result<(), Error>> {
    answer(bucket::set_many(host, bucket.representation, &key_values))
}

/// Removes several keys.
pub fn delete_many(host: &mut Access<'_>, bucket: Borrow<Bucket>, keys: Vec<String>) -> Outcome<Result<(), Error>> {
    answer(bucket::delete_many(host, bucket.representation, &keys))
}
