//! `wasi:keyvalue/store`.

use std::borrow::Cow;

use super::answer;
use crate::p2::Outcome;
use crate::p2::interfaces::keyvalue::store as interface;
use crate::p2::interfaces::keyvalue::store::{Error, KeyResponse};
use aot_host::access::Access;
use aot_host::canonical::handles::{Borrow, Own};
pub use aot_host::keyvalue::bucket::Bucket;
use aot_host::keyvalue::{Place, bucket};

type This = Borrow<interface::Bucket>;

/// Opens the store of a name.
pub fn open(host: &mut Access<'_>, identifier: Cow<'_, str>) -> Outcome<Result<Own<interface::Bucket>, Error>> {
    let opened = bucket::open(host, &identifier);
    answer(opened.map(|bucket| host.resources.add(bucket)))
}

/// The value of a key.
pub fn bucket_get(host: &mut Access<'_>, self_: This, key: Cow<'_, str>) -> Outcome<Result<Option<Vec<u8>>, Error>> {
    answer(bucket::get(host, self_.representation, &key))
}

/// Gives a key a value.
pub fn bucket_set(host: &mut Access<'_>, self_: This, key: Cow<'_, str>, value: &[u8]) -> Outcome<Result<(), Error>> {
    answer(bucket::set(host, self_.representation, &key, value))
}

/// Removes a key.
pub fn bucket_delete(host: &mut Access<'_>, self_: This, key: Cow<'_, str>) -> Outcome<Result<(), Error>> {
    answer(bucket::delete(host, self_.representation, &key))
}

/// Returns true if there is a value of the key.
pub fn bucket_exists(host: &mut Access<'_>, self_: This, key: Cow<'_, str>) -> Outcome<Result<bool, Error>> {
    answer(bucket::exists(host, self_.representation, &key))
}

/// A page of keys, from the beginning or from a cursor on.
pub fn bucket_list_keys(
    host: &mut Access<'_>,
    self_: This,
    cursor: Option<String>,
) -> Outcome<Result<KeyResponse, Error>> {
    let from = cursor.map_or(Place::Start, Place::Text);
    let page = bucket::keys(host, self_.representation, from);
    answer(page.map(|page| KeyResponse { keys: page.keys, cursor: page.next.map(|(text, _)| text) }))
}
