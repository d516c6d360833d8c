//! `wasi:keyvalue`: stores of values by their keys, in two drafts whose cursors and atomics differ.

/// The rows of `wasi:keyvalue/store` for a draft: its package, version, number of the resource, and type of cursors.
#[macro_export]
macro_rules! wasi_keyvalue_store_of {
    ($callback:ident, $package:ident, $version:literal, $bucket:literal, $cursor:ident) => {
        $callback! {
            module $package::store: "wasi:keyvalue/store", $version {
                resource Bucket = $bucket "bucket";
                record KeyResponse {
                    keys "keys": List<String>,
                    cursor "cursor": Option<$cursor>,
                }
                variant Error {
                    NoSuchStore = "no-such-store",
                    AccessDenied = "access-denied",
                    Other(String) = "other",
                }
                "open" => open(identifier: Text) -> Result<Own<Bucket>, Error>;
                "[method]bucket.get" => bucket_get(self_: Borrow<Bucket>, key: Text) -> Result<Option<List<u8>>, Error>;
                "[method]bucket.set" =>
                    bucket_set(self_: Borrow<Bucket>, key: Text, value: Bytes) -> Result<(), Error>;
                "[method]bucket.delete" => bucket_delete(self_: Borrow<Bucket>, key: Text) -> Result<(), Error>;
                "[method]bucket.exists" => bucket_exists(self_: Borrow<Bucket>, key: Text) -> Result<bool, Error>;
                "[method]bucket.list-keys" =>
                    bucket_list_keys(self_: Borrow<Bucket>, cursor: Option<$cursor>) -> Result<KeyResponse, Error>;
            }
        }
    };
}

/// The rows of `wasi:keyvalue/batch` for a draft: its package and version.
#[macro_export]
macro_rules! wasi_keyvalue_batch_of {
    ($callback:ident, $package:ident, $version:literal) => {
        $callback! {
            module $package::batch: "wasi:keyvalue/batch", $version {
                use $package::store::Bucket;
                use $package::store::Error;
                "get-many" => get_many(bucket: Borrow<Bucket>, keys: List<String>)
                    -> Result<List<Option<(String, List<u8>)>>, Error>;
                "set-many" => set_many(bucket: Borrow<Bucket>, key_values: List<(String, List<u8>)>)
                    -> Result<(), Error>;
                "delete-many" => delete_many(bucket: Borrow<Bucket>, keys: List<String>) -> Result<(), Error>;
            }
        }
    };
}

/// `wasi:keyvalue/store` of 0.2.0-draft2.
#[macro_export]
macro_rules! wasi_keyvalue_store {
    ($callback:ident) => {
        $crate::wasi_keyvalue_store_of! { $callback, keyvalue, "0.2.0-draft2", 61, String }
    };
}

/// `wasi:keyvalue/atomics` of 0.2.0-draft2.
#[macro_export]
macro_rules! wasi_keyvalue_atomics {
    ($callback:ident) => {
        $callback! {
            module keyvalue::atomics: "wasi:keyvalue/atomics", "0.2.0-draft2" {
                use keyvalue::store::Bucket;
                use keyvalue::store::Error;
                resource Cas = 62 "cas";
                variant CasError {
                    StoreError(Error) = "store-error",
                    CasFailed(Own<Cas>) = "cas-failed",
                }
                "[static]cas.new" => cas_new(bucket: Borrow<Bucket>, key: Text) -> Result<Own<Cas>, Error>;
                "[method]cas.current" => cas_current(self_: Borrow<Cas>) -> Result<Option<List<u8>>, Error>;
                "increment" => increment(bucket: Borrow<Bucket>, key: Text, delta: i64) -> Result<i64, Error>;
                "swap" => swap(cas: Own<Cas>, value: Bytes) -> Result<(), CasError>;
            }
        }
    };
}

/// `wasi:keyvalue/batch` of 0.2.0-draft2.
#[macro_export]
macro_rules! wasi_keyvalue_batch {
    ($callback:ident) => {
        $crate::wasi_keyvalue_batch_of! { $callback, keyvalue, "0.2.0-draft2" }
    };
}

/// `wasi:keyvalue/store` of 0.2.0-draft.
#[macro_export]
macro_rules! wasi_keyvalue_draft_store {
    ($callback:ident) => {
        $crate::wasi_keyvalue_store_of! { $callback, keyvalue_draft, "0.2.0-draft", 60, u64 }
    };
}

/// `wasi:keyvalue/atomics` of 0.2.0-draft.
#[macro_export]
macro_rules! wasi_keyvalue_draft_atomics {
    ($callback:ident) => {
        $callback! {
            module keyvalue_draft::atomics: "wasi:keyvalue/atomics", "0.2.0-draft" {
                use keyvalue_draft::store::Bucket;
                use keyvalue_draft::store::Error;
                "increment" => increment(bucket: Borrow<Bucket>, key: Text, delta: u64) -> Result<u64, Error>;
            }
        }
    };
}

/// `wasi:keyvalue/batch` of 0.2.0-draft.
#[macro_export]
macro_rules! wasi_keyvalue_draft_batch {
    ($callback:ident) => {
        $crate::wasi_keyvalue_batch_of! { $callback, keyvalue_draft, "0.2.0-draft" }
    };
}
