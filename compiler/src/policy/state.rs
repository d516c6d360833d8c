//! Stores of a program.

use super::limits::display;
use super::text::text;
use super::{item, with_head};
use aot_abi::policy::Limit;
use aot_abi::record::Record;
use aot_abi::state as abi;
use std::fmt;
use std::net::Ipv6Addr;

pub use aot_abi::limits::StoreLimit;

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
    /// Redis server.
    Redis(Redis),
}

/// A Redis server, and who the program is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redis {
    /// Name or address of the server's host, without brackets.
    pub host: String,
    /// Port of the server.
    pub port: u16,
    /// Name of the user; empty for the server's default.
    pub user: String,
    /// Password of the user.
    pub password: Password,
    /// Number of the database.
    pub database: u32,
}

/// A password.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// The server asks for none.
    None,
    /// The password, which is in the executable.
    Text(String),
    /// Name of the environment variable that has the password where the executable is started.
    Variable(String),
}

/// Shows no password.
impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Text(_) => out.write_str(":***"),
            Self::Variable(name) => write!(out, ":${{{name}}}"),
        }
    }
}

/// Limits of stores, with the values that a user chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreLimits {
    chosen: [Option<u64>; StoreLimit::ALL.len()],
}

impl Store {
    /// Appends the items of the store to a policy.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let (kind, port, rest) = match &self.place {
            Place::Memory => (abi::STORE_MEMORY, 0, ""),
            Place::File(path) => (abi::STORE_FILE, 0, path.as_str()),
            Place::Redis(Redis { host, port, .. }) => (abi::STORE_REDIS, *port, host.as_str()),
        };
        let head = abi::Store { name_bytes: self.name.len() as u32, kind, port };
        item(out, abi::TAG_STORE, &with_head(&head, &[self.name.as_bytes(), rest.as_bytes()]));
        if let Place::Redis(redis) = &self.place {
            item(out, abi::TAG_STORE_LOGIN, &redis.encode_login());
        }
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let (head, rest) = abi::Store::split_from(payload)?;
        let (name, rest) = rest.split_at_checked(head.name_bytes as usize)?;
        let place = match head.kind {
            abi::STORE_MEMORY => Place::Memory,
            abi::STORE_FILE => Place::File(text(rest)),
            abi::STORE_REDIS => Place::Redis(Redis::new(text(rest), head.port)),
            _ => return None,
        };
        Some(Self { name: text(name), place })
    }
}

impl Redis {
    /// A server that asks for no password, and its first database.
    pub fn new(host: String, port: u16) -> Self {
        Self { host, port, user: String::new(), password: Password::None, database: 0 }
    }

    fn encode_login(&self) -> Vec<u8> {
        let (password_kind, password) = match &self.password {
            Password::None => (abi::PASSWORD_NONE, ""),
            Password::Text(password) => (abi::PASSWORD_TEXT, password.as_str()),
            Password::Variable(name) => (abi::PASSWORD_VARIABLE, name.as_str()),
        };
        let head = abi::Login { user_bytes: self.user.len() as u32, database: self.database, password_kind };
        with_head(&head, &[self.user.as_bytes(), password.as_bytes()])
    }

    /// Takes the login of a server; `None` if it is damaged.
    pub(super) fn decode_login(&mut self, payload: &[u8]) -> Option<()> {
        let (head, rest) = abi::Login::split_from(payload)?;
        let (user, password) = rest.split_at_checked(head.user_bytes as usize)?;
        self.user = text(user);
        self.database = head.database;
        self.password = match head.password_kind {
            abi::PASSWORD_NONE => Password::None,
            abi::PASSWORD_TEXT => Password::Text(text(password)),
            abi::PASSWORD_VARIABLE => Password::Variable(text(password)),
            _ => return None,
        };
        Some(())
    }

    /// The address of the server, as in a grant.
    pub fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// Shows no password.
impl fmt::Display for Redis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, password, database, .. } = self;
        let at = if user.is_empty() && *password == Password::None { "" } else { "@" };
        write!(out, "redis://{user}{password}{at}{}", self.address())?;
        if *database == 0 { Ok(()) } else { write!(out, "/{database}") }
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
            Self::Redis(redis) => redis.fmt(out),
        }
    }
}

impl StoreLimits {
    /// Sets the value of a limit.
    pub fn set(&mut self, limit: StoreLimit, value: u64) {
        self.chosen[limit as usize] = Some(value);
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
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
