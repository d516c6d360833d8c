//! Configuration values and stores of a program.

use super::limits::display;
use super::text::text;
use super::{item, with_head};
use aot_abi::policy::Limit;
use aot_abi::record::Record;
use aot_abi::state as abi;
use std::fmt;
use std::net::Ipv6Addr;

pub use aot_abi::limits::StoreLimit;

/// Configuration of a program that imports `wasi:config`, and stores of one that imports `wasi:keyvalue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Names and values; of several for a name, the last counts.
    pub config: Vec<(String, String)>,
    /// Stores, each with a name of its own.
    pub stores: Vec<Store>,
    /// Limits of the stores.
    pub limits: StoreLimits,
}

/// A store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Name by which the program opens the store.
    pub name: String,
    /// Place of the store.
    pub place: Place,
}

/// Place of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Memory of the process, with which the store ends.
    Memory,
    /// File with this path on the host; a relative one counts from the working directory at the start of the executable.
    File(String),
    /// Redis server: the name or address of its host, without brackets, and its port.
    Redis(String, u16),
}

/// Limits of stores, with the values that a user chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreLimits {
    chosen: [Option<u64>; StoreLimit::ALL.len()],
}

impl State {
    /// Returns true if a store is in a file.
    pub fn has_file(&self) -> bool {
        self.stores.iter().any(|store| matches!(store.place, Place::File(_)))
    }

    /// Returns true if a store is in a Redis server.
    pub fn has_redis(&self) -> bool {
        self.stores.iter().any(|store| matches!(store.place, Place::Redis(..)))
    }

    /// Appends the items of a program's policy.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.config {
            item(out, abi::TAG_CONFIG, format!("{name}={value}").as_bytes());
        }
        for store in &self.stores {
            item(out, abi::TAG_STORE, &store.encode());
        }
        self.limits.encode(out);
    }

    /// Takes an item of a policy; `None` if its payload is damaged or its tag is another's.
    pub(super) fn decode_item(&mut self, tag: u32, payload: &[u8]) -> Option<()> {
        match tag {
            abi::TAG_CONFIG => {
                let value = text(payload);
                let (name, value) = value.split_once('=')?;
                self.config.push((name.to_string(), value.to_string()));
            }
            abi::TAG_STORE => self.stores.push(Store::decode(payload)?),
            abi::TAG_STORE_LIMIT => {
                let limit = Limit::read(payload)?;
                self.limits.set(*StoreLimit::ALL.get(limit.limit as usize)?, limit.value);
            }
            _ => return None,
        }
        Some(())
    }
}

impl Store {
    fn encode(&self) -> Vec<u8> {
        let (kind, port, rest) = match &self.place {
            Place::Memory => (abi::STORE_MEMORY, 0, ""),
            Place::File(path) => (abi::STORE_FILE, 0, path.as_str()),
            Place::Redis(host, port) => (abi::STORE_REDIS, *port, host.as_str()),
        };
        let head = abi::Store { name_bytes: self.name.len() as u32, kind, port };
        with_head(&head, &[self.name.as_bytes(), rest.as_bytes()])
    }

    fn decode(payload: &[u8]) -> Option<Self> {
        let (head, rest) = abi::Store::split_from(payload)?;
        let (name, rest) = rest.split_at_checked(head.name_bytes as usize)?;
        let place = match head.kind {
            abi::STORE_MEMORY => Place::Memory,
            abi::STORE_FILE => Place::File(text(rest)),
            abi::STORE_REDIS => Place::Redis(text(rest), head.port),
            _ => return None,
        };
        Some(Self { name: text(name), place })
    }
}

impl fmt::Display for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.name, self.place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => out.write_str("memory"),
            Self::File(path) => write!(out, "file:{path}"),
            Self::Redis(host, port) if host.parse::<Ipv6Addr>().is_ok() => write!(out, "redis://[{host}]:{port}"),
            Self::Redis(host, port) => write!(out, "redis://{host}:{port}"),
        }
    }
}

impl StoreLimits {
    /// Sets the value of a limit.
    pub fn set(&mut self, limit: StoreLimit, value: u64) {
        self.chosen[limit as usize] = Some(value);
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for &limit in StoreLimit::ALL {
            if let Some(value) = self.chosen[limit as usize] {
                let payload = with_head(&Limit { value, limit: limit as u32, unused: 0 }, &[]);
                item(out, abi::TAG_STORE_LIMIT, &payload);
            }
        }
    }

    /// Returns the flags that would set these values.
    pub fn describe(&self) -> Vec<String> {
        let value = |limit: StoreLimit| self.chosen[limit as usize].unwrap_or(limit.default_value());
        StoreLimit::ALL.iter().filter_map(|limit| display(limit.flag(), limit.unit(), value(*limit))).collect()
    }
}
