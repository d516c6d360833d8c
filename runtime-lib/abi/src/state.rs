//! Format of configuration values and stores in the policy: items like those of [`crate::policy`], which only the functions
//! of `wasi:config` and [`crate::parts::STORES`] read.

use crate::record::records;
use core::ops::RangeInclusive;

records! {
    /// The head of a store ([`TAG_STORE`]). The name follows, then the path or the host's name or address.
    pub struct Store: 8 {
        /// Bytes of the name.
        name_bytes: u32,
        /// One of `STORE_…`.
        kind: u16,
        /// Port of the server, for [`STORE_REDIS`].
        port: u16,
    }
}

/// Range of tags that configuration and stores use.
pub const TAGS: RangeInclusive<u32> = 80..=95;
/// Tag of a configuration value: `NAME=VALUE`.
pub const TAG_CONFIG: u32 = 80;
/// Tag of a store of `wasi:keyvalue`: [`Store`].
pub const TAG_STORE: u32 = 81;
/// Tag of a limit of stores: [`crate::policy::Limit`], whose number is that of a [`crate::limits::StoreLimit`].
pub const TAG_STORE_LIMIT: u32 = 82;

/// [`Store::kind`]: in the memory of the process.
pub const STORE_MEMORY: u16 = 0;
/// [`Store::kind`]: in a file of the host.
pub const STORE_FILE: u16 = 1;
/// [`Store::kind`]: in a Redis server.
pub const STORE_REDIS: u16 = 2;

/// Prefix of the environment variables that only programs with stores read.
pub const VARIABLE_PREFIX: &str = "AOT_KEYVALUE_";
/// Environment variable with the names of stores that are taken away, separated by commas.
pub const DENY_VARIABLE: &str = "AOT_KEYVALUE_DENY";
