//! Stores of Redis servers: a key of the store is a key of the server, and a value its string.

mod connection;
mod protocol;

use std::sync::{Mutex, PoisonError};

use aot_abi::limits::{Limit, StoreLimit};

use self::connection::Connection;
use self::protocol::{Exchange, Reply};
use super::{Answer, Fault, Numbers, PAGE_KEYS, Page, Pairs, Place, Store};
use crate::access::Access;
use crate::clocks;
use crate::grantee::Grantee;
use crate::policy::state::{Login, Password, StoreGrant, StoreLimits, StorePlace};

/// The most connections that are kept for later.
const IDLE_MAX: usize = 64;

/// A store of a Redis server.
pub struct Redis {
    /// The component that has the store.
    owner: Grantee,
    host: &'static str,
    port: u16,
    login: Login,
    /// Nanoseconds for an answer, with the connection.
    time: u64,
    /// Connections of which each answer has come.
    idle: Mutex<Vec<Connection>>,
}

impl Redis {
    /// The store of a grant. It connects when a guest first uses it, and again if it has to.
    ///
    /// # Errors
    /// The grant is another's.
    pub fn open(grant: &StoreGrant, limits: &StoreLimits) -> Result<Box<dyn Store>, &'static str> {
        let StorePlace::Redis { host, port, login } = grant.place else { return Err("it isn't a server") };
        let time = limits.get(StoreLimit::Time).saturating_mul(1000);
        Ok(Box::new(Redis { owner: grant.grantee, host, port, login, time, idle: Mutex::default() }))
    }

    /// Lets a function talk to the server. After an error the connection isn't used again.
    fn talk<T>(&self, host: &mut Access<'_>, talk: impl FnOnce(&mut Exchange<'_, '_>) -> Answer<T>) -> Answer<T> {
        let deadline = clocks::monotonic().saturating_add(self.time);
        let mut connection = match self.take_idle() {
            Some(connection) => connection,
            None => self.connect(host, deadline)?,
        };
        let bytes_max = host.limits.get(Limit::HostBytes);
        let mut exchange = Exchange::new(host, &mut connection, deadline, bytes_max);
        let result = talk(&mut exchange);
        if result.is_ok() && exchange.is_complete() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_MAX {
                idle.push(connection);
            }
        }
        result
    }

    /// A new connection, at which the server knows the user.
    fn connect(&self, host: &mut Access<'_>, deadline: u64) -> Answer<Connection> {
        let mut connection = Connection::open(host, (self.owner, self.host, self.port), deadline)?;
        let bytes_max = host.limits.get(Limit::HostBytes);
        let mut exchange = Exchange::new(host, &mut connection, deadline, bytes_max);
        if let Some(Password::Text(password)) = self.login.password {
            let user = Some(self.login.user).filter(|user| !user.is_empty());
            let command: Vec<&[u8]> = [&b"AUTH"[..]].into_iter().chain(user).chain([password]).collect();
            let told = exchange.call(&command).and_then(Reply::done);
            // What the server says of it may have the password in it.
            told.map_err(|fault| match fault {
                Fault::Other(_) => Fault::from("the server of the store refuses the password"),
                fault => fault,
            })?;
        }
        if self.login.database != 0 {
            exchange.call(&[b"SELECT", self.login.database.to_string().as_bytes()])?.done()?;
        }
        Ok(connection)
    }

    /// A connection that the server hasn't closed meanwhile.
    fn take_idle(&self) -> Option<Connection> {
        loop {
            let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    /// Sends a command, and returns its reply.
    fn call(&self, host: &mut Access<'_>, command: &[&[u8]]) -> Answer<Reply> {
        self.talk(host, |exchange| exchange.call(command))
    }
}

impl Store for Redis {
    fn get(&self, host: &mut Access<'_>, key: &str) -> Answer<Option<Vec<u8>>> {
        self.call(host, &[b"GET", key.as_bytes()])?.bytes()
    }

    fn set(&self, host: &mut Access<'_>, key: &str, value: &[u8]) -> Answer<()> {
        self.call(host, &[b"SET", key.as_bytes(), value])?.done()
    }

    fn delete(&self, host: &mut Access<'_>, key: &str) -> Answer<()> {
        self.call(host, &[b"DEL", key.as_bytes()])?.number().map(|_| ())
    }

    fn exists(&self, host: &mut Access<'_>, key: &str) -> Answer<bool> {
        Ok(self.call(host, &[b"EXISTS", key.as_bytes()])?.number()? != 0)
    }

    /// A page is what the server finds at a time; keys that aren't text are left out.
    fn keys(&self, host: &mut Access<'_>, from: Place) -> Answer<Page> {
        let mut cursor = match from {
            Place::Start => 0,
            Place::Number(cursor) => cursor,
            Place::Text(text) => text.parse().map_err(|_| Fault::from("the cursor is none of this store"))?,
        };
        let count = PAGE_KEYS.to_string();
        loop {
            let place = cursor.to_string();
            let command: [&[u8]; 6] = [b"SCAN", place.as_bytes(), b"COUNT", count.as_bytes(), b"TYPE", b"string"];
            let [next, keys] = self.call(host, &command)?.items()?.try_into().map_err(|_| protocol::garbage())?;
            cursor = next.text_number()?;
            let keys: Answer<Vec<Option<Vec<u8>>>> = keys.items()?.into_iter().map(Reply::bytes).collect();
            let keys: Vec<String> = keys?.into_iter().flatten().filter_map(|key| String::from_utf8(key).ok()).collect();
            if cursor == 0 || !keys.is_empty() {
                return Ok(Page { keys, next: (cursor != 0).then(|| (cursor.to_string(), cursor)) });
            }
        }
    }

    fn increment(&self, host: &mut Access<'_>, key: &str, delta: i128, numbers: Numbers) -> Answer<i128> {
        let delta = i64::try_from(delta).map_err(|_| Fault::from("the incremented number is out of range"))?;
        let delta = delta.to_string();
        let sum = i128::from(self.call(host, &[b"INCRBY", key.as_bytes(), delta.as_bytes()])?.number()?);
        let sum = Some(sum).filter(|sum| (numbers.0..=numbers.1).contains(sum));
        sum.ok_or_else(|| Fault::from("the incremented number is out of range"))
    }

    fn swap(&self, host: &mut Access<'_>, key: &str, seen: Option<&[u8]>, value: &[u8]) -> Answer<bool> {
        let key = key.as_bytes();
        self.talk(host, |exchange| {
            exchange.call(&[b"WATCH", key])?.done()?;
            let present = exchange.call(&[b"GET", key])?.bytes()?;
            if present.as_deref() != seen {
                exchange.call(&[b"UNWATCH"])?.done()?;
                return Ok(false);
            }
            exchange.call(&[b"MULTI"])?.done()?;
            exchange.call(&[b"SET", key, value])?.done()?;
            // Null if another changed the key since it is watched.
            Ok(!exchange.call(&[b"EXEC"])?.is_null())
        })
    }

    fn get_many(&self, host: &mut Access<'_>, keys: Vec<String>) -> Answer<Pairs> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let command: Vec<&[u8]> = [&b"MGET"[..]].into_iter().chain(keys.iter().map(String::as_bytes)).collect();
        let values = self.call(host, &command)?.items()?;
        if values.len() != keys.len() {
            return Err(protocol::garbage());
        }
        let pair = |(key, value): (String, Reply)| Ok(value.bytes()?.map(|value| (key, value)));
        keys.into_iter().zip(values).map(pair).collect()
    }

    fn set_many(&self, host: &mut Access<'_>, pairs: &[(String, Vec<u8>)]) -> Answer<()> {
        if pairs.is_empty() {
            return Ok(());
        }
        let words = pairs.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_slice()]);
        let command: Vec<&[u8]> = [&b"MSET"[..]].into_iter().chain(words).collect();
        self.call(host, &command)?.done()
    }

    fn delete_many(&self, host: &mut Access<'_>, keys: &[String]) -> Answer<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let command: Vec<&[u8]> = [&b"DEL"[..]].into_iter().chain(keys.iter().map(String::as_bytes)).collect();
        self.call(host, &command)?.number().map(|_| ())
    }
}
