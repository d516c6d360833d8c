//! Buckets: the access of a guest to a store. Each function takes the representation of a bucket's resource.

use aot_abi::limits::StoreLimit;
use aot_abi::trap::Trap;

use super::{Answer, Fault, Numbers, Page, Pairs, Place, Store, Stores};
use crate::access::Access;

/// An open bucket.
pub struct Bucket {
    store: &'static dyn Store,
}

/// A compare-and-swap operation: the value of a key at its beginning.
pub struct Cas {
    store: &'static dyn Store,
    key: String,
    seen: Option<Vec<u8>>,
}

/// Opens the store of a name that the component has.
pub fn open(host: &mut Access<'_>, name: &str) -> Answer<Bucket> {
    Ok(Bucket { store: stores(host)?.find(host.grantee, name)? })
}

fn stores(host: &Access<'_>) -> Answer<&'static Stores> {
    host.stores.ok_or(Fault::Trap(Trap::Other))
}

fn store(host: &mut Access<'_>, bucket: u32) -> Answer<&'static dyn Store> {
    Ok(host.resources.object::<Bucket>(bucket)?.store)
}

/// The store of a bucket, for a key within the limit.
fn store_for(host: &mut Access<'_>, bucket: u32, key: &str) -> Answer<&'static dyn Store> {
    stores(host)?.check(StoreLimit::Key, key.len())?;
    store(host, bucket)
}

/// The value of a key.
pub fn get(host: &mut Access<'_>, bucket: u32, key: &str) -> Answer<Option<Vec<u8>>> {
    store_for(host, bucket, key)?.get(host, key)
}

/// Gives a key a value.
pub fn set(host: &mut Access<'_>, bucket: u32, key: &str, value: &[u8]) -> Answer<()> {
    stores(host)?.check(StoreLimit::Value, value.len())?;
    store_for(host, bucket, key)?.set(host, key, value)
}

/// Removes a key, if it is there.
pub fn delete(host: &mut Access<'_>, bucket: u32, key: &str) -> Answer<()> {
    store_for(host, bucket, key)?.delete(host, key)
}

/// Returns true if there is a value of the key.
pub fn exists(host: &mut Access<'_>, bucket: u32, key: &str) -> Answer<bool> {
    store_for(host, bucket, key)?.exists(host, key)
}

/// Keys from a place on.
pub fn keys(host: &mut Access<'_>, bucket: u32, from: Place) -> Answer<Page> {
    store(host, bucket)?.keys(host, from)
}

/// Adds to the number that is the value of a key.
pub fn increment(host: &mut Access<'_>, bucket: u32, key: &str, delta: i128, numbers: Numbers) -> Answer<i128> {
    store_for(host, bucket, key)?.increment(host, key, delta, numbers)
}

/// The values of several keys.
pub fn get_many(host: &mut Access<'_>, bucket: u32, keys: Vec<String>) -> Answer<Pairs> {
    check_keys(host, &keys)?;
    store(host, bucket)?.get_many(host, keys)
}

/// Gives several keys their values: all, unless a key or a value is beyond a limit, which is told before any is set.
pub fn set_many(host: &mut Access<'_>, bucket: u32, pairs: &[(String, Vec<u8>)]) -> Answer<()> {
    for (key, value) in pairs {
        stores(host)?.check(StoreLimit::Key, key.len())?;
        stores(host)?.check(StoreLimit::Value, value.len())?;
    }
    store(host, bucket)?.set_many(host, pairs)
}

/// Removes several keys, those that are there.
pub fn delete_many(host: &mut Access<'_>, bucket: u32, keys: &[String]) -> Answer<()> {
    check_keys(host, keys)?;
    store(host, bucket)?.delete_many(host, keys)
}

fn check_keys(host: &Access<'_>, keys: &[String]) -> Answer<()> {
    let stores = stores(host)?;
    keys.iter().try_for_each(|key| stores.check(StoreLimit::Key, key.len()))
}

impl Cas {
    /// Begins with the value that a key has now.
    pub fn new(host: &mut Access<'_>, bucket: u32, key: &str) -> Answer<Cas> {
        let store = store_for(host, bucket, key)?;
        Ok(Cas { store, key: String::from(key), seen: store.get(host, key)? })
    }

    /// The value of the key at the beginning.
    pub fn current(&self) -> Option<Vec<u8>> {
        self.seen.clone()
    }

    /// Gives the key a value, unless it has another than at the beginning: then the operation begins anew, with that.
    pub fn swap(mut self, host: &mut Access<'_>, value: &[u8]) -> Answer<Option<Cas>> {
        stores(host)?.check(StoreLimit::Value, value.len())?;
        if self.store.swap(host, &self.key, self.seen.as_deref(), value)? {
            return Ok(None);
        }
        self.seen = self.store.get(host, &self.key)?;
        Ok(Some(self))
    }
}
