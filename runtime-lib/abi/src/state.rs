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

records! {
    /// The head of what a Redis server is told ([`TAG_STORE_LOGIN`]). The user's name follows, then the password or the name of the
    /// variable that has it.
    pub struct Login: 12 {
        /// Bytes of the user's name; 0 for the server's default.
        user_bytes: u32,
        /// Number of the database.
        database: u32,
        /// One of `PASSWORD_…`.
        password_kind: u32,
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

/// Tag of the login at the server of the store before: [`Login`].
pub const TAG_STORE_LOGIN: u32 = 83;

/// [`Login::password_kind`]: the server asks for none.
pub const PASSWORD_NONE: u32 = 0;
/// [`Login::password_kind`]: the password.
pub const PASSWORD_TEXT: u32 = 1;
/// [`Login::password_kind`]: the name of an environment variable that has the password at start.
pub const PASSWORD_VARIABLE: u32 = 2;

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
