//! `wasi:keyvalue` of its first draft: cursors and counters are unsigned numbers.

pub use super::keyvalue::batch;

use super::interfaces::keyvalue_draft::store as interface;
use super::keyvalue::StoreError;

impl StoreError for interface::Error {
    const NO_SUCH_STORE: Self = Self::NoSuchStore;
    const ACCESS_DENIED: Self = Self::AccessDenied;

    fn other(text: String) -> Self {
        Self::Other(text)
    }
}

/// `wasi:keyvalue/store`.
pub mod store {
    use super::interface::{self, KeyResponse};
    use crate::p2::Outcome;
    use crate::p2::keyvalue::answer;
    pub use crate::p2::keyvalue::store::{Bucket, bucket_delete, bucket_exists, bucket_get, bucket_set, open};
    use aot_host::access::Access;
    use aot_host::canonical::handles::Borrow;
    use aot_host::keyvalue::{Place, bucket};

    /// A page of keys, from the beginning or from a cursor on.
    pub fn bucket_list_keys(
        host: &mut Access<'_>,
        self_: Borrow<interface::Bucket>,
        cursor: Option<u64>,
    ) -> Outcome<Result<KeyResponse, interface::Error>> {
        let page = bucket::keys(host, self_.representation, cursor.map_or(Place::Start, Place::Number));
        answer(page.map(|page| KeyResponse { keys: page.keys, cursor: page.next.map(|(_, number)| number) }))
    }
}

/// `wasi:keyvalue/atomics`.
pub mod atomics {
    use super::interface::{Bucket, Error};
    use crate::p2::Outcome;
    use crate::p2::keyvalue::answer;
    use aot_host::access::Access;
    use aot_host::canonical::handles::Borrow;
    use aot_host::keyvalue::bucket;
    use std::borrow::Cow;

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
}
