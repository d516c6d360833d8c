//! `wasi:keyvalue/store` of all drafts: `B` is the bucket of a draft, `E` its error.

use std::borrow::Cow;

use super::{StoreError, answer};
use crate::p2::Outcome;
use crate::p2::interfaces::keyvalue::store::{self as interface, KeyResponse};
use aot_host::access::Access;
use aot_host::canonical::handles::{Borrow, Own, ResourceType};
pub use aot_host::keyvalue::bucket::Bucket;
use aot_host::keyvalue::{Place, bucket};

/// Opens the store of a name.
pub fn open<B: ResourceType<Object = Bucket>, E: StoreError>(
    host: &mut Access<'_>,
    identifier: Cow<'_, str>,
) -> Outcome<Result<Own<B>, E>> {
    let opened = bucket::open(host, &identifier);
    answer(opened.map(|bucket| host.resources.add(bucket)))
}

/// The value of a key.
pub fn bucket_get<B, E: StoreError>(
    host: &mut Access<'_>,
    self_: Borrow<B>,
    key: Cow<'_, str>,
) -> Outcome<Result<Option<Vec<u8>>, E>> {
    answer(bucket::get(host, self_.representation, &key))
}

/// Gives a key a value.
pub fn bucket_set<B, E: StoreError>(
    host: &mut Access<'_>,
    self_: Borrow<B>,
    key: Cow<'_, str>,
    value: &[u8],
) -> Outcome<Result<(), E>> {
    answer(bucket::set(host, self_.representation, &key, value))
}

/// Removes a key.
pub fn bucket_delete<B, E: StoreError>(
    host: &mut Access<'_>,
    self_: Borrow<B>,
    key: Cow<'_, str>,
) -> Outcome<Result<(), E>> {
    answer(bucket::delete(host, self_.representation, &key))
}

/// Returns true if there is a value of the key.
pub fn bucket_exists<B, E: StoreError>(
    host: &mut Access<'_>,
    self_: Borrow<B>,
    key: Cow<'_, str>,
) -> Outcome<Result<bool, E>> {
    answer(bucket::exists(host, self_.representation, &key))
}

/// A page of keys, from the beginning or from a cursor on, which is text in the second draft.
pub fn bucket_list_keys(
    host: &mut Access<'_>,
    self_: Borrow<interface::Bucket>,
    cursor: Option<String>,
) -> Outcome<Result<KeyResponse, interface::Error>> {
    let page = bucket::keys(host, self_.representation, cursor.map_or(Place::Start, Place::Text));
    answer(page.map(|page| KeyResponse { keys: page.keys, cursor: page.next.map(|(text, _)| text) }))
}
