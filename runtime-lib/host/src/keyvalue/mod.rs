//! Stores of values by their keys, which all instances of a process share.

pub mod bucket;
#[cfg(feature = "store-file")]
mod file;
mod memory;
mod redis;

use aot_abi::limits::StoreLimit;
use aot_abi::trap::Trap;

use crate::access::Access;
use crate::grantee::Grantee;
use crate::policy::state::{StoreGrant, StoreLimits, StorePlace};
#[cfg(feature = "store-file")]
pub use file::File;
pub use memory::Memory;
pub use redis::Redis;

/// The reason why an operation on a store failed.
pub enum Fault {
    /// The guest ends.
    Trap(Trap),
    /// There is no store of the name.
    NoSuchStore,
    /// The store is granted, and was taken away at start.
    AccessDenied,
    /// Anything else, as text for the guest.
    Other(String),
}

/// The result of an operation on a store.
pub type Answer<T> = Result<T, Fault>;

impl From<Trap> for Fault {
    fn from(trap: Trap) -> Fault {
        Fault::Trap(trap)
    }
}

impl From<&str> for Fault {
    fn from(text: &str) -> Fault {
        Fault::Other(String::from(text))
    }
}

/// A place among the keys of a store, from which a list of keys goes on.
pub enum Place {
    /// The beginning.
    Start,
    /// The place that a list has told as text.
    Text(String),
    /// The place that a list has told as a number.
    Number(u64),
}

/// A part of the keys of a store.
pub struct Page {
    /// The keys.
    pub keys: Vec<String>,
    /// The place behind them, as text and as a number; none at the end.
    pub next: Option<(String, u64)>,
}

/// The most keys of a page.
pub const PAGE_KEYS: usize = 1000;
/// Bytes of keys after which a page ends.
pub const PAGE_BYTES: usize = 256 << 10;

/// Pairs of keys and values, of which those of absent keys are none.
pub type Pairs = Vec<Option<(String, Vec<u8>)>>;

/// A collection of values by their keys. An operation on one key is done whole or not at all; what a guest has written, it
/// reads. Keys and values are within the limits.
pub trait Store: Send + Sync {
    /// The value of a key.
    fn get(&self, host: &mut Access<'_>, key: &str) -> Answer<Option<Vec<u8>>>;

    /// Gives a key a value.
    fn set(&self, host: &mut Access<'_>, key: &str, value: &[u8]) -> Answer<()>;

    /// Removes a key, if it is there.
    fn delete(&self, host: &mut Access<'_>, key: &str) -> Answer<()>;

    /// Returns true if there is a value of the key.
    fn exists(&self, host: &mut Access<'_>, key: &str) -> Answer<bool>;

    /// Keys from a place on.
    fn keys(&self, host: &mut Access<'_>, from: Place) -> Answer<Page>;

    /// Adds to the number that is the value of a key, in decimal digits, or to 0 without one: the sum, which `numbers` has.
    fn increment(&self, host: &mut Access<'_>, key: &str, delta: i128, numbers: Numbers) -> Answer<i128>;

    /// Gives a key a value if its present one is `seen`: whether that was so.
    fn swap(&self, host: &mut Access<'_>, key: &str, seen: Option<&[u8]>, value: &[u8]) -> Answer<bool>;

    /// The values of several keys.
    fn get_many(&self, host: &mut Access<'_>, keys: Vec<String>) -> Answer<Pairs> {
        let mut pairs = Vec::new();
        for key in keys {
            let value = self.get(host, &key)?;
            host.charge(value.as_ref().map_or(0, Vec::len) as u64)?;
            pairs.push(value.map(|value| (key, value)));
        }
        Ok(pairs)
    }

    /// Gives several keys their values.
    fn set_many(&self, host: &mut Access<'_>, pairs: &[(String, Vec<u8>)]) -> Answer<()> {
        pairs.iter().try_for_each(|(key, value)| self.set(host, key, value))
    }

    /// Removes several keys, those that are there.
    fn delete_many(&self, host: &mut Access<'_>, keys: &[String]) -> Answer<()> {
        keys.iter().try_for_each(|key| self.delete(host, key))
    }

    /// Ends the use of the store by this process.
    fn close(&self) {}
}

/// The numbers of a counter: the least and the greatest.
pub type Numbers = (i128, i128);

/// The sum of a counter's value and a delta.
pub fn sum(value: Option<&[u8]>, delta: i128, (least, greatest): Numbers) -> Answer<i128> {
    let number = match value {
        None => 0,
        Some(value) => {
            let number: Option<i128> = core::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            number
                .filter(|number| (least..=greatest).contains(number))
                .ok_or_else(|| Fault::from("the value isn't a number that can be incremented"))?
        }
    };
    let sum = number.checked_add(delta).filter(|sum| (least..=greatest).contains(sum));
    sum.ok_or_else(|| Fault::from("the incremented number is out of range"))
}

/// All stores of a program, until the process ends.
pub struct Stores {
    list: Vec<Named>,
    /// The limits of all.
    pub limits: StoreLimits,
    /// Ends the use of all stores: only who has some links it.
    pub close: fn(&Stores),
}

/// A store with its name. It lasts as long as the process.
struct Named {
    grantee: Grantee,
    name: &'static [u8],
    place: StorePlace,
    /// None if it was taken away at start.
    store: Option<&'static dyn Store>,
}

/// The opener of a store: its grant, and the limits. The error follows "cannot open the store NAME: ".
pub type OpenStore = fn(&StoreGrant, &StoreLimits) -> Result<Box<dyn Store>, &'static str>;

/// Openers of stores that aren't in memory; those that the program has none of are none.
#[repr(C)]
pub struct Openers {
    /// The opener of stores in files.
    pub file: Option<OpenStore>,
    /// The opener of stores of Redis servers.
    pub redis: Option<OpenStore>,
}

impl Stores {
    /// Opens stores.
    ///
    /// # Errors
    /// One can't be opened, for the reason that follows "cannot open the store NAME: ".
    pub fn open(
        grants: &[StoreGrant],
        limits: StoreLimits,
        openers: &Openers,
    ) -> Result<Stores, (StoreGrant, &'static str)> {
        let mut list: Vec<Named> = Vec::new();
        for grant in grants {
            let opener = match grant.place {
                StorePlace::Memory => Some(Memory::open as OpenStore),
                StorePlace::File(_) => openers.file,
                StorePlace::Redis { .. } => openers.redis,
            };
            let open = || opener.ok_or("the executable lacks what opens it")?(grant, &limits);
            // A file can be opened once: components that have the same share the store.
            let same = list.iter().find(|named| named.place.is_same_file(&grant.place)).and_then(|named| named.store);
            let store = match same {
                _ if grant.is_denied => None,
                Some(store) => Some(store),
                None => Some(&*Box::leak(open().map_err(|why| (*grant, why))?)),
            };
            list.push(Named { grantee: grant.grantee, name: grant.name, place: grant.place, store });
        }
        let close =
            |stores: &Stores| stores.list.iter().filter_map(|named| named.store.as_ref()).for_each(|it| it.close());
        Ok(Stores { list, limits, close })
    }

    /// The store of a name that a component has.
    fn find(&self, grantee: Grantee, name: &str) -> Answer<&'static dyn Store> {
        let mut named = self.list.iter().filter(|named| named.grantee == grantee);
        let named = named.find(|named| named.name == name.as_bytes()).ok_or(Fault::NoSuchStore)?;
        named.store.ok_or(Fault::AccessDenied)
    }

    /// Refuses what is longer than a limit.
    fn check(&self, limit: StoreLimit, bytes: usize) -> Answer<()> {
        let most = self.limits.get(limit);
        if bytes as u64 <= most {
            return Ok(());
        }
        let what = if limit == StoreLimit::Key { "key" } else { "value" };
        Err(Fault::Other(format!("the {what} has {bytes} bytes, more than {most} (--{})", limit.flag())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters() {
        let of = |value: Option<&[u8]>, delta, numbers| sum(value, delta, numbers).ok();
        let (signed, unsigned) = ((i64::MIN.into(), i64::MAX.into()), (0, u64::MAX.into()));
        assert_eq!(of(None, -7, signed), Some(-7));
        assert_eq!(of(Some(b"41"), 1, unsigned), Some(42));
        assert_eq!(of(Some(b"9223372036854775807"), 1, signed), None);
        assert_eq!(of(Some(b"9223372036854775807"), 1, unsigned), Some(1 << 63));
        assert_eq!(of(Some(b"18446744073709551615"), 1, unsigned), None);
        for value in ["", " 1", "1 ", "x", "1.5", "-1", "99999999999999999999"] {
            assert_eq!(of(Some(value.as_bytes()), 1, unsigned), None, "{value}");
        }
        assert_eq!(of(Some(b"\xff"), 1, signed), None);
    }
}
