//! Flags of what a program finds besides files and the environment: configuration values and stores.

use crate::limits::{parse_bytes, parse_time};
use crate::network_grants::parse_host;
use anyhow::{Context, Result, bail};
use aot_compiler::policy::network::{Grant, Hosts};
use aot_compiler::policy::state::{Place, State, Store, StoreLimit, StoreLimits};
use clap::Args;

#[derive(Args)]
pub struct StoreArgs {
    /// Give the program a store of wasi:keyvalue, which it opens by NAME: in memory until it ends (memory), in a file
    /// (file:PATH), which is made if it is missing, or of a Redis server (redis://HOST:PORT), which --net has to grant.
    #[arg(long = "keyvalue", value_name = "NAME=PLACE", value_parser = parse_store)]
    pub stores: Vec<Store>,
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
    /// Returns the configuration and the stores of a program with these grants of remote ends.
    pub fn state(&self, config: &[(String, String)], net: &[Grant]) -> Result<State> {
        for (index, store) in self.stores.iter().enumerate() {
            if self.stores[..index].iter().any(|other| other.name == store.name) {
                bail!("--keyvalue: there are two stores with the name {:?}", store.name);
            }
            if let Place::Redis(host, port) = &store.place
                && !net.iter().any(|grant| grant.has_tcp(host, *port))
            {
                let server = store.place.to_string();
                let address = server.trim_start_matches("redis://");
                bail!("--keyvalue {store}: the program may not talk to the server; add --net tcp://{address}");
            }
        }
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
        Ok(State { config: config.to_vec(), stores: self.stores.clone(), limits })
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
    const FORM: &str = "write NAME=memory, NAME=file:PATH or NAME=redis://HOST:PORT";
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

/// Parses the address of a Redis server.
fn server(text: &str) -> Result<Place> {
    let (host, port) = text.rsplit_once(':').context("the port of the server is missing")?;
    let port = port.parse().ok().filter(|port| *port > 0).context("the port of the server is a number up to 65535")?;
    match parse_host(host)? {
        Hosts::Name(name) if !name.starts_with('*') => Ok(Place::Redis(name, port)),
        Hosts::Block(ip, bits) if bits == if ip.is_ipv4() { 32 } else { 128 } => Ok(Place::Redis(ip.to_string(), port)),
        _ => bail!("{host} isn't one host"),
    }
}
