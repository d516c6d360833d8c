//! Stores in the memory of the process, which end with it.

use core::ops::Bound;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aot_abi::limits::StoreLimit;

use super::{Answer, Fault, Numbers, PAGE_BYTES, PAGE_KEYS, Page, Place, Store, sum};
use crate::access::Access;
use crate::policy::state::{StoreGrant, StoreLimits};

/// Bytes that are counted for an entry besides those of its key and value.
const ENTRY_BYTES: u64 = 64;

/// A store in memory.
pub struct Memory {
    entries: Mutex<Entries>,
    bytes_max: u64,
}

#[derive(Default)]
struct Entries {
    map: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl Memory {
    /// An empty store.
    ///
    /// # Errors
    /// There are none.
    pub fn open(_: &StoreGrant, limits: &StoreLimits) -> Result<Box<dyn Store>, &'static str> {
        Ok(Box::new(Memory { entries: Mutex::default(), bytes_max: limits.get(StoreLimit::Memory) }))
    }

    /// The entries, under the lock: nothing panics while it is held.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn set(&mut self, key: &str, value: &[u8], bytes_max: u64) -> Answer<()> {
        let before = self.map.get(key).map_or(0, |value| entry_bytes(key, value));
        let bytes = self.bytes - before + entry_bytes(key, value);
        if bytes > bytes_max {
            let flag = StoreLimit::Memory.flag();
            return Err(Fault::Other(format!(
                "the store is full: it would have {bytes} bytes, more than {bytes_max} (--{flag})"
            )));
        }
        match self.map.get_mut(key) {
            Some(present) => *present = value.to_vec(),
            None => _ = self.map.insert(String::from(key), value.to_vec()),
        }
        self.bytes = bytes;
        Ok(())
    }

    fn keys_after(&self, after: Bound<&str>) -> impl Iterator<Item = Answer<String>> {
        self.map.range::<str, _>((after, Bound::Unbounded)).map(|(key, _)| Ok(key.clone()))
    }
}

fn entry_bytes(key: &str, value: &[u8]) -> u64 {
    (key.len() + value.len()) as u64 + ENTRY_BYTES
}

impl Store for Memory {
    fn get(&self, _: &mut Access<'_>, key: &str) -> Answer<Option<Vec<u8>>> {
        Ok(self.entries().map.get(key).cloned())
    }

    fn set(&self, _: &mut Access<'_>, key: &str, value: &[u8]) -> Answer<()> {
        self.entries().set(key, value, self.bytes_max)
    }

    fn delete(&self, _: &mut Access<'_>, key: &str) -> Answer<()> {
        let mut entries = self.entries();
        if let Some(value) = entries.map.remove(key) {
            entries.bytes -= entry_bytes(key, &value);
        }
        Ok(())
    }

    fn exists(&self, _: &mut Access<'_>, key: &str) -> Answer<bool> {
        Ok(self.entries().map.contains_key(key))
    }

    fn keys(&self, _: &mut Access<'_>, from: Place) -> Answer<Page> {
        let entries = self.entries();
        match from {
            Place::Start => page(entries.keys_after(Bound::Unbounded), 0),
            Place::Text(last) => page(entries.keys_after(Bound::Excluded(last.as_str())), 0),
            Place::Number(before) => {
                let keys = entries.keys_after(Bound::Unbounded);
                page(keys.skip(usize::try_from(before).unwrap_or(usize::MAX)), before)
            }
        }
    }

    fn increment(&self, _: &mut Access<'_>, key: &str, delta: i128, numbers: Numbers) -> Answer<i128> {
        let mut entries = self.entries();
        let sum = sum(entries.map.get(key).map(Vec::as_slice), delta, numbers)?;
        entries.set(key, sum.to_string().as_bytes(), self.bytes_max)?;
        Ok(sum)
    }

    fn swap(&self, _: &mut Access<'_>, key: &str, seen: Option<&[u8]>, value: &[u8]) -> Answer<bool> {
        let mut entries = self.entries();
        if entries.map.get(key).map(Vec::as_slice) != seen {
            return Ok(false);
        }
        entries.set(key, value, self.bytes_max)?;
        Ok(true)
    }
}

/// A page of ordered keys, before which there are so many. The place behind it is its last key.
pub(super) fn page(keys: impl Iterator<Item = Answer<String>>, before: u64) -> Answer<Page> {
    let mut keys = keys.peekable();
    let mut page = Page { keys: Vec::new(), next: None };
    let mut bytes = 0;
    while page.keys.len() < PAGE_KEYS && bytes < PAGE_BYTES {
        let Some(key) = keys.next() else { return Ok(page) };
        let key = key?;
        bytes += key.len();
        page.keys.push(key);
    }
    if keys.peek().is_some() {
        let last = page.keys.last().cloned().unwrap_or_default();
        page.next = Some((last, before.saturating_add(page.keys.len() as u64)));
    }
    Ok(page)
}
