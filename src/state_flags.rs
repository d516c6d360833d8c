//! Flags of what a program finds besides files and the environment: configuration values and stores.

use crate::limits::{parse_bytes, parse_time};
use crate::network_grants::parse_host;
use anyhow::{Context, Result, bail};
use aot_compiler::policy::network::{Grant, Hosts};
use aot_compiler::policy::state::{Password, Place, Redis, Store, StoreLimit, StoreLimits};
use clap::Args;

#[derive(Args)]
pub struct StoreArgs {
    /// Give the program a store of wasi:keyvalue, which it opens by NAME: in memory until it ends (memory), in a file
    /// (file:PATH), which is made if it is missing, or of a Redis server (redis://[[USER]:PASSWORD@]HOST:PORT[/DATABASE]), which
    /// --net has to grant; with ${VARIABLE} as the password, it is read where the executable is started.
    #[allow(rustdoc::broken_intra_doc_links, reason = "the text is the flag's help, with brackets")]
    #[arg(long = "keyvalue", value_name = "NAME=PLACE")]
    pub stores: Vec<String>,
    /// The most bytes of a key of a store; by default 4K.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub keyvalue_max_key: Option<u64>,
    /// The most bytes of a value of a store; by default 1M.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub keyvalue_max_value: Option<u64>,
    /// The most bytes of a store in memory, each key counted with 64 bytes more; by default 64M.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub keyvalue_max_memory: Option<u64>,
    /// Longest time for an answer of a store's server; by default 5 seconds.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub keyvalue_timeout: Option<u64>,
}

impl StoreArgs {
    /// Returns the limits of all stores.
    pub fn limits(&self) -> StoreLimits {
        let mut limits = StoreLimits::default();
        for (limit, value) in [
            (StoreLimit::Key, self.keyvalue_max_key),
            (StoreLimit::Value, self.keyvalue_max_value),
            (StoreLimit::Memory, self.keyvalue_max_memory),
            (StoreLimit::Time, self.keyvalue_timeout),
        ] {
            if let Some(value) = value {
                limits.set(limit, value);
            }
        }
        limits
    }
}

/// Parses the stores of a component with these grants of remote ends. No error shows a password.
pub fn stores<'v>(values: impl Iterator<Item = &'v String>, net: &[Grant]) -> Result<Vec<Store>> {
    let mut stores: Vec<Store> = Vec::new();
    for value in values {
        let store = parse_store(value).with_context(|| format!("--keyvalue {}", without_password(value)))?;
        if stores.iter().any(|other| other.name == store.name) {
            bail!("--keyvalue: there are two stores with the name {:?}", store.name);
        }
        if let Place::Redis(redis) = &store.place
            && !net.iter().any(|grant| grant.has_tcp(&redis.host, redis.port))
        {
            let address = redis.address();
            bail!("--keyvalue {store}: the program may not talk to the server; add --net tcp://{address}");
        }
        stores.push(store);
    }
    Ok(stores)
}

/// Returns a value of `--keyvalue` without what may be a password in it.
fn without_password(value: &str) -> String {
    match (value.find("redis:"), value.rfind('@')) {
        (Some(begin), Some(end)) if begin < end => format!("{}redis://***{}", &value[..begin], &value[end..]),
        _ => value.to_string(),
    }
}

/// Parses a configuration value, `NAME=VALUE`.
pub fn parse_config(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some(("", _)) => bail!("a configuration value has an empty name"),
        Some((name, value)) if !text.contains('\0') => Ok((name.to_string(), value.to_string())),
        Some(_) => bail!("a configuration value has a zero byte"),
        None => bail!("write NAME=VALUE"),
    }
}

/// Parses a store, `NAME=PLACE`.
fn parse_store(text: &str) -> Result<Store> {
    const FORM: &str = "write NAME=memory, NAME=file:PATH or NAME=redis://[[USER]:PASSWORD@]HOST:PORT[/DATABASE]";
    let (name, place) = text.split_once('=').context(FORM)?;
    if text.contains('\0') || name.contains(',') {
        bail!("the name of a store has a comma, or there is a zero byte");
    }
    let place = match place.split_once(':') {
        None if place == "memory" => Place::Memory,
        Some(("file", "")) => bail!("the path of a store is empty"),
        Some(("file", path)) => Place::File(path.to_string()),
        Some(("redis", address)) => server(address.strip_prefix("//").context(FORM)?)?,
        _ => bail!(FORM),
    };
    Ok(Store { name: name.to_string(), place })
}

/// Parses the address of a Redis server, with who the program is there.
fn server(text: &str) -> Result<Place> {
    let (login, rest) = text.rsplit_once('@').unwrap_or(("", text));
    let (address, database) = rest.split_once('/').unwrap_or((rest, "0"));
    let (host, port) = address.rsplit_once(':').context("the port of the server is missing")?;
    let port = port.parse().ok().filter(|port| *port > 0).context("the port of the server is a number up to 65535")?;
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    if password.is_empty() && !login.is_empty() {
        bail!("the password is missing");
    }
    let host = match parse_host(host)? {
        Hosts::Name(name) if !name.starts_with('*') => name,
        Hosts::Block(ip, bits) if bits == if ip.is_ipv4() { 32 } else { 128 } => ip.to_string(),
        _ => bail!("{host} isn't one host"),
    };
    let database = if database.is_empty() { Ok(0) } else { database.parse() };
    let database = database.ok().context("the database is a number")?;
    Ok(Place::Redis(Redis {
        user: decoded(user)?,
        password: parse_password(password)?,
        database,
        ..Redis::new(host, port)
    }))
}

/// Parses a password: `${VARIABLE}` is the value of that variable where the executable is started.
fn parse_password(text: &str) -> Result<Password> {
    Ok(match text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) {
        _ if text.is_empty() => Password::None,
        Some("") => bail!("the name of the variable with the password is missing"),
        Some(name) if name.contains(['=', '\0']) => {
            bail!("the name of the variable with the password has an equals sign")
        }
        Some(name) => Password::Variable(name.to_string()),
        None => Password::Text(decoded(text)?),
    })
}

/// Decodes what is percent-encoded in a part of a URL (RFC 3986, 2.1).
fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (high, low) = (digit(rest.next()), digit(rest.next()));
        let (high, low) = high.zip(low).context("a percent sign isn't followed by two hexadecimal digits")?;
        bytes.push((16 * high + low) as u8);
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => bail!("the user or the password isn't text"),
    }
}
