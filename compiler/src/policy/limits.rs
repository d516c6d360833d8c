//! What the executable may use up. The values that a user chose; the others have the contract's defaults.

use aot_abi::policy as abi;

pub use aot_abi::gc::HEAP_BYTES_MAX;
pub use aot_abi::limits::{Limit, UNLIMITED, Unit};

/// Limits with the values that were chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    chosen: [Option<u64>; Limit::ALL.len()],
}

impl Limits {
    /// Chooses a value.
    pub fn set(&mut self, limit: Limit, value: u64) {
        self.chosen[limit as usize] = Some(value);
    }

    /// The value that was chosen.
    pub fn chosen(&self, limit: Limit) -> Option<u64> {
        self.chosen[limit as usize]
    }

    /// The value that counts.
    pub fn get(&self, limit: Limit) -> u64 {
        self.chosen(limit).unwrap_or(limit.default_value())
    }

    /// Adds an item to the policy for each value that was chosen.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for &limit in Limit::ALL {
            if let Some(value) = self.chosen(limit) {
                let payload = super::with_head(&abi::Limit { value, limit: limit as u32, unused: 0 }, &[]);
                super::item(out, abi::TAG_LIMIT, &payload);
            }
        }
    }

    /// The flags that would choose these values, without those of memories and the stack, which are told elsewhere, and
    /// without those of HTTP, of a heap and of threads in a program that has none.
    pub fn describe(&self, has_http: bool, has_heap: bool, has_threads: bool) -> Vec<String> {
        let told = Limit::ALL.iter().filter(|limit| match limit {
            Limit::Memory | Limit::Stack => false,
            Limit::HttpFields => has_http,
            Limit::Heap => has_heap,
            Limit::Threads => has_threads,
            _ => true,
        });
        told.filter(|limit| self.get(**limit) != UNLIMITED)
            .map(|limit| format!("--{} {}", limit.flag(), display(limit.unit(), self.get(*limit))))
            .collect()
    }
}

/// A value as it is written in a flag.
fn display(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Time if value % 1_000_000 == 0 => (value / 1_000_000).to_string(),
        Unit::Time => format!("{}ms", value / 1000),
        Unit::Count | Unit::Bytes => value.to_string(),
    }
}
