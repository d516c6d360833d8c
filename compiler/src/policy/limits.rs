//! Limits of what the executable may use: the values that a user chose, and the contract's defaults for the others.

use aot_abi::policy as abi;

pub use aot_abi::gc::HEAP_BYTES_MAX;
pub use aot_abi::limits::{HOST_MEMORY_BYTES_MIN, Limit, UNLIMITED, Unit};

/// Memory of the host that a server may have unless a limit was set: enough for 10,000 requests that wait.
const SERVER_HOST_MEMORY: u64 = 1 << 30;

/// Limits, with the values that a user chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    chosen: [Option<u64>; Limit::ALL.len()],
}

impl Limits {
    /// Sets the value of a limit.
    pub fn set(&mut self, limit: Limit, value: u64) {
        self.chosen[limit as usize] = Some(value);
    }

    /// Returns the value that was set, if one was.
    pub fn chosen(&self, limit: Limit) -> Option<u64> {
        self.chosen[limit as usize]
    }

    /// Returns the value in effect: the one that was set, or the default.
    pub fn get(&self, limit: Limit) -> u64 {
        self.chosen(limit).unwrap_or(limit.default_value())
    }

    /// Returns the limits of a server, of which some are for all requests together.
    pub(super) fn of_server(&self) -> Limits {
        let mut limits = self.clone();
        limits.chosen[Limit::HostMemory as usize].get_or_insert(SERVER_HOST_MEMORY);
        limits
    }

    /// Appends a policy item for each value that was set.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for &limit in Limit::ALL {
            if let Some(value) = self.chosen(limit) {
                let payload = super::with_head(&abi::Limit { value, limit: limit as u32, unused: 0 }, &[]);
                super::item(out, abi::TAG_LIMIT, &payload);
            }
        }
    }

    /// Returns the flags that would set these values. The limit of the stack is left out, because the caller prints
    /// it elsewhere; so are limits of HTTP, heap and threads if the program has none.
    pub fn describe(&self, has_http: bool, has_heap: bool, has_threads: bool) -> Vec<String> {
        let told = Limit::ALL.iter().filter(|limit| match limit {
            Limit::Stack => false,
            Limit::HttpFields => has_http,
            Limit::Heap => has_heap,
            Limit::Threads => has_threads,
            _ => true,
        });
        told.filter_map(|limit| display(limit.flag(), limit.unit(), self.get(*limit))).collect()
    }
}

/// Formats a value with its flag as the command line takes both; `None` for what isn't limited.
pub(super) fn display(flag: &str, unit: Unit, value: u64) -> Option<String> {
    let value = match unit {
        _ if value == UNLIMITED => return None,
        Unit::Time if value.is_multiple_of(1_000_000) => (value / 1_000_000).to_string(),
        Unit::Time => format!("{}ms", value / 1000),
        Unit::Count | Unit::Bytes => value.to_string(),
    };
    Some(format!("--{flag} {value}"))
}
