//! Configuration values and stores (`aot_abi::state`): only programs that import their functions read them.

use aot_abi::limits::{StoreLimit, UNLIMITED};
use aot_abi::policy as abi_policy;
use aot_abi::record::Record;
use aot_abi::state as abi;
use aot_foundation::program;

use super::items::for_each_item;
use crate::c_strings::CStrings;
use crate::environment::{Environment, split_variable};
use crate::grantee::Grantee;
use crate::limits::lowered;
use crate::start_error::StartError;

/// Names and values of the configuration of a component: those of the policy, then the environment variables that it may have and that
/// have other names.
///
/// Returns none if the policy is damaged.
pub fn configuration(environment: &Environment, grantee: Grantee) -> Option<Vec<(&'static [u8], &'static [u8])>> {
    let mut values: Vec<(&'static [u8], &'static [u8])> = Vec::new();
    let mut of = Grantee::default();
    for_each_item(program::policy()?, |tag, payload| {
        of.note(tag);
        if tag == abi::TAG_CONFIG && grantee == of {
            add(&mut values, payload);
        }
        Some(())
    })?;
    let of_policy = values.len();
    for (name, value) in environment.variables(grantee).into_iter().map(split_variable) {
        if !values[..of_policy].iter().any(|(present, _)| *present == name) {
            values.push((name, value));
        }
    }
    Some(values)
}

/// Adds a value; of several for a name, the last counts.
fn add(values: &mut Vec<(&'static [u8], &'static [u8])>, payload: &'static [u8]) {
    let (name, value) = split_variable(payload);
    match values.iter_mut().find(|(present, _)| *present == name) {
        Some((_, present)) => *present = value,
        None => values.push((name, value)),
    }
}

/// The stores of a program, as far as variables didn't narrow them.
#[derive(Debug)]
pub struct StorePolicy {
    /// The granted stores.
    pub stores: Vec<StoreGrant>,
    /// The limits of all stores.
    pub limits: StoreLimits,
}

/// A granted store.
#[derive(Clone, Copy, Debug)]
pub struct StoreGrant {
    /// The component that has the store.
    pub grantee: Grantee,
    /// The name by which the guest opens the store.
    pub name: &'static [u8],
    /// The place of the store.
    pub place: StorePlace,
    /// True if a variable takes the store away.
    pub is_denied: bool,
}

/// The place of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// The memory of the process.
    Memory,
    /// A file of the host with this path. One that isn't absolute is relative to the working directory at start.
    File(&'static [u8]),
    /// A Redis server.
    Redis {
        /// The name or the address of the server's host; an IPv6 address is without brackets.
        host: &'static str,
        /// The port of the server.
        port: u16,
        /// The user and the database there.
        login: Login,
    },
}

/// The user and the database of a store at its server.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Login {
    /// The name of the user; empty for the server's default.
    pub user: &'static [u8],
    /// The password of the user, if there is one.
    pub password: Option<Password>,
    /// The number of the database.
    pub database: u32,
}

/// Shows no password.
impl core::fmt::Debug for Login {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "database {}", self.database)
    }
}

/// The password of a user.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Password {
    /// The password.
    Text(&'static [u8]),
    /// The environment variable with this name has it.
    Variable(&'static [u8]),
}

/// A value for each limit of stores.
#[derive(Clone, Copy, Debug)]
pub struct StoreLimits([u64; StoreLimit::ALL.len()]);

impl StoreLimits {
    fn new() -> StoreLimits {
        let mut limits = StoreLimits([UNLIMITED; StoreLimit::ALL.len()]);
        for &limit in StoreLimit::ALL {
            limits.set(limit, limit.default_value());
        }
        limits
    }

    /// A limit's value.
    pub fn get(&self, limit: StoreLimit) -> u64 {
        self.0[limit as usize]
    }

    fn set(&mut self, limit: StoreLimit, value: u64) {
        self.0[limit as usize] = value;
    }
}

impl StorePolicy {
    /// The stores of a policy's section, narrowed by variables. With `runtime_grants`, they may also raise limits.
    ///
    /// # Errors
    /// The policy is damaged, or a variable isn't one of stores or says what it can't.
    pub fn read(
        section: &'static [u8],
        environment: CStrings,
        runtime_grants: bool,
    ) -> Result<StorePolicy, StartError> {
        let mut policy = StorePolicy { stores: Vec::new(), limits: StoreLimits::new() };
        let mut grantee = Grantee::default();
        let add = |tag, payload| {
            grantee.note(tag);
            policy.add(grantee, tag, payload)
        };
        for_each_item(section, add).ok_or(StartError::DamagedPolicy)?;
        for (name, value) in environment.iter().map(split_variable) {
            if name == abi::DENY_VARIABLE.as_bytes() {
                policy.deny(name, value)?;
            } else if name.starts_with(abi::VARIABLE_PREFIX.as_bytes()) {
                let limit = limit(name).ok_or_else(|| StartError::refused(name, "no setting of a program"))?;
                let value = lowered(limit.unit(), policy.limits.get(limit), runtime_grants, (name, value))?;
                policy.limits.set(limit, value);
            }
        }
        policy.stores.iter_mut().try_for_each(|store| store.take_password(environment))?;
        Ok(policy)
    }

    fn deny(&mut self, variable: &'static [u8], value: &[u8]) -> Result<(), StartError> {
        for denied in value.split(|&byte| byte == b',').filter(|name| !name.is_empty()) {
            let mut stores = self.stores.iter_mut().filter(|store| store.name == denied).peekable();
            if stores.peek().is_none() {
                return Err(StartError::refused(variable, "not the name of a store that is built in"));
            }
            stores.for_each(|store| store.is_denied = true);
        }
        Ok(())
    }

    /// Takes an item; `None` if it is of stores or configuration, and damaged or unknown.
    fn add(&mut self, grantee: Grantee, tag: u32, payload: &'static [u8]) -> Option<()> {
        match tag {
            abi::TAG_STORE => self.stores.push(StoreGrant::parse(grantee, payload)?),
            abi::TAG_STORE_LOGIN => self.stores.last_mut()?.add_login(payload)?,
            abi::TAG_STORE_LIMIT => {
                let head = abi_policy::Limit::read(payload)?;
                self.limits.set(*StoreLimit::ALL.get(head.limit as usize)?, head.value);
            }
            abi::TAG_CONFIG => {}
            tag if abi::TAGS.contains(&tag) => return None,
            _ => {}
        }
        Some(())
    }
}

impl StorePlace {
    /// Returns true if both are in the same file, by its path.
    pub fn is_same_file(&self, other: &StorePlace) -> bool {
        matches!((self, other), (StorePlace::File(path), StorePlace::File(of_other)) if path == of_other)
    }
}

impl StoreGrant {
    fn parse(grantee: Grantee, payload: &'static [u8]) -> Option<StoreGrant> {
        let (head, rest) = abi::Store::split_from(payload)?;
        let (name, rest) = rest.split_at_checked(head.name_bytes as usize)?;
        let place = match head.kind {
            abi::STORE_MEMORY => StorePlace::Memory,
            abi::STORE_FILE => StorePlace::File(rest),
            abi::STORE_REDIS => {
                let host = core::str::from_utf8(rest).ok()?;
                StorePlace::Redis { host, port: head.port, login: Login::default() }
            }
            _ => return None,
        };
        Some(StoreGrant { grantee, name, place, is_denied: false })
    }

    fn add_login(&mut self, payload: &'static [u8]) -> Option<()> {
        let StorePlace::Redis { login, .. } = &mut self.place else { return None };
        let (head, rest) = abi::Login::split_from(payload)?;
        let (user, password) = rest.split_at_checked(head.user_bytes as usize)?;
        let password = match head.password_kind {
            abi::PASSWORD_NONE => None,
            abi::PASSWORD_TEXT => Some(Password::Text(password)),
            abi::PASSWORD_VARIABLE => Some(Password::Variable(password)),
            _ => return None,
        };
        *login = Login { user, password, database: head.database };
        Some(())
    }

    /// Takes a password out of the variable that has it.
    ///
    /// # Errors
    /// The variable isn't set.
    fn take_password(&mut self, environment: CStrings) -> Result<(), StartError> {
        let StorePlace::Redis { login, .. } = &mut self.place else { return Ok(()) };
        let Some(Password::Variable(name)) = login.password.filter(|_| !self.is_denied) else { return Ok(()) };
        let mut variables = environment.iter().filter(|variable| variable.contains(&b'=')).map(split_variable);
        let found = variables.find(|(present, _)| *present == name).filter(|_| !self.is_denied);
        let (_, password) =
            found.ok_or_else(|| StartError::refused(name, "not set, and a store needs its password"))?;
        login.password = Some(Password::Text(password));
        Ok(())
    }
}

/// The limit that a variable lowers.
fn limit(name: &[u8]) -> Option<StoreLimit> {
    let mut variables = StoreLimit::VARIABLES.as_bytes().split(|&byte| byte == b':');
    variables.position(|variable| variable == name).and_then(|index| StoreLimit::ALL.get(index).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(tag: u32, payload: &[u8]) -> Vec<u8> {
        [&tag.to_le_bytes()[..], &(payload.len() as u32).to_le_bytes(), payload].concat()
    }

    fn store(kind: u16, port: u16, name: &str, rest: &str) -> Vec<u8> {
        let head = [&(name.len() as u32).to_le_bytes()[..], &kind.to_le_bytes(), &port.to_le_bytes()].concat();
        item(abi::TAG_STORE, &[&head[..], name.as_bytes(), rest.as_bytes()].concat())
    }

    fn read(items: &[Vec<u8>]) -> Option<StorePolicy> {
        StorePolicy::read(items.concat().leak(), CStrings::none(), false).ok()
    }

    #[test]
    fn stores_are_read() {
        let limit = [&7u64.to_le_bytes()[..], &(StoreLimit::Value as u64).to_le_bytes()].concat();
        let mut policy = read(&[
            store(abi::STORE_MEMORY, 0, "a", ""),
            store(abi::STORE_FILE, 0, "b", "/f"),
            store(abi::STORE_REDIS, 6379, "", "::1"),
            item(abi::TAG_CONFIG, b"a=b"),
            item(abi::TAG_STORE_LIMIT, &limit),
        ])
        .unwrap();
        let places: Vec<StorePlace> = policy.stores.iter().map(|store| store.place).collect();
        let redis = StorePlace::Redis { host: "::1", port: 6379, login: Login::default() };
        assert_eq!(places, [StorePlace::Memory, StorePlace::File(b"/f"), redis]);
        assert_eq!([StoreLimit::Value, StoreLimit::Key].map(|limit| policy.limits.get(limit)), [7, 4096]);
        assert!(policy.deny(b"X", b",b,").is_ok() && policy.deny(b"X", b"c").is_err());
        assert_eq!(policy.stores.iter().map(|store| store.is_denied).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn damage_is_refused() {
        let long_name = item(abi::TAG_STORE, &[9, 0, 0, 0, 0, 0, 0, 0, b'a']);
        for damaged in [store(3, 0, "a", ""), item(abi::TAG_STORE, b""), item(84, b""), long_name] {
            assert!(read(&[damaged]).is_none());
        }
    }
}
