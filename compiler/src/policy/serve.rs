//! Settings of a server: the addresses that it serves at, files for TLS, the log of requests, limits.

use super::limits::display;
use super::text::text;
use super::{item, with_head};
use aot_abi::policy::Limit;
use aot_abi::record::Record;
use aot_abi::serve as abi;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

pub use super::static_files::{StaticFile, StaticFolder};
pub use aot_abi::limits::ServerLimit;

/// Settings of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Serve {
    /// Addresses of requests; [`Address::DEFAULT`] if there is none.
    pub addresses: Vec<Address>,
    /// Address that answers about the server's health.
    pub admin: Option<Address>,
    /// Files for TLS; without them, connections are in clear text.
    pub tls: Option<Tls>,
    /// Form of the log of requests; none for no log.
    pub access_log: Option<AccessLog>,
    /// Files that the server answers with by itself.
    pub static_folders: Vec<StaticFolder>,
    /// Limits of the server.
    pub limits: ServerLimits,
}

/// An address of a server. Its text is the form in which `AOT_SERVE` chooses it at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Ports, first and last, of an address of the machine, or of all its addresses.
    Internet(Option<IpAddr>, (u16, u16)),
    /// A Unix socket with this path on the host.
    Unix(String),
}

/// Files for TLS, by their paths on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Path of the certificates, in PEM.
    pub certificates: String,
    /// Path of the private key, in PEM.
    pub key: String,
}

/// Form of the log of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLog {
    /// A line a request in the common log format.
    Common,
    /// An object of JSON a line.
    Json,
}

/// Limits of a server, with the values that a user chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerLimits {
    chosen: [Option<u64>; ServerLimit::ALL.len()],
}

impl Serve {
    /// Returns the flags that set what isn't as it is by default.
    pub fn flags(&self) -> Vec<String> {
        let settings = [
            (!self.addresses.is_empty(), "--serve"),
            (self.admin.is_some(), "--admin"),
            (self.tls.is_some(), "--tls-cert"),
            (self.access_log.is_some(), "--access-log"),
            (!self.static_folders.is_empty(), "--static"),
        ];
        let settings = settings.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_string());
        let limits = ServerLimit::ALL.iter().filter(|limit| self.limits.chosen(**limit).is_some());
        settings.chain(limits.map(|limit| format!("--{}", limit.flag()))).collect()
    }

    /// Appends the items of a server's policy.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let default = [Address::DEFAULT];
        let addresses = if self.addresses.is_empty() { &default[..] } else { &self.addresses };
        for address in addresses {
            item(out, abi::TAG_SERVE, &address.encode());
        }
        if let Some(address) = &self.admin {
            item(out, abi::TAG_ADMIN, &address.encode());
        }
        if let Some(Tls { certificates, key }) = &self.tls {
            let head = abi::Tls { certificates_bytes: certificates.len() as u32 };
            item(out, abi::TAG_TLS, &with_head(&head, &[certificates.as_bytes(), key.as_bytes()]));
        }
        if let Some(log) = self.access_log {
            let form = match log {
                AccessLog::Common => abi::LOG_COMMON,
                AccessLog::Json => abi::LOG_JSON,
            };
            item(out, abi::TAG_ACCESS_LOG, &with_head(&abi::AccessLog { form }, &[]));
        }
        for folder in &self.static_folders {
            item(out, abi::TAG_STATIC, &folder.encode());
        }
        self.limits.encode(out);
    }

    /// Takes an item of a policy; `None` if it is no server's, or damaged.
    pub(super) fn decode_item(&mut self, tag: u32, payload: &[u8]) -> Option<()> {
        match tag {
            abi::TAG_SERVE => self.addresses.push(Address::decode(payload)?),
            abi::TAG_ADMIN => self.admin = Some(Address::decode(payload)?),
            abi::TAG_TLS => {
                let (head, paths) = abi::Tls::split_from(payload)?;
                let (certificates, key) = paths.split_at_checked(head.certificates_bytes as usize)?;
                self.tls = Some(Tls { certificates: text(certificates), key: text(key) });
            }
            abi::TAG_ACCESS_LOG => {
                self.access_log = Some(match abi::AccessLog::read(payload)?.form {
                    abi::LOG_COMMON => AccessLog::Common,
                    abi::LOG_JSON => AccessLog::Json,
                    _ => return None,
                });
            }
            abi::TAG_STATIC => self.static_folders.push(StaticFolder::decode(payload)?),
            abi::TAG_SERVER_LIMIT => {
                let limit = Limit::read(payload)?;
                self.limits.set(*ServerLimit::ALL.get(limit.limit as usize)?, limit.value);
            }
            _ => return None,
        }
        Some(())
    }
}

impl Address {
    /// The address of a server for which none was chosen: only this machine reaches it.
    pub const DEFAULT: Self = Self::Internet(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), (8080, 8080));

    fn decode(payload: &[u8]) -> Option<Self> {
        let (head, path) = abi::Address::split_from(payload)?;
        let ip = match head.hosts {
            abi::HOSTS_ANY => None,
            abi::HOSTS_IPV4 => Some(IpAddr::from(*head.address.first_chunk::<4>()?)),
            abi::HOSTS_IPV6 => Some(IpAddr::from(head.address)),
            abi::HOSTS_UNIX => return Some(Self::Unix(text(path))),
            _ => return None,
        };
        Some(Self::Internet(ip, (head.port_first, head.port_last)))
    }

    fn encode(&self) -> Vec<u8> {
        let mut address = [0; 16];
        let (hosts, ports, path) = match self {
            Self::Unix(path) => (abi::HOSTS_UNIX, (0, 0), path.as_str()),
            Self::Internet(None, ports) => (abi::HOSTS_ANY, *ports, ""),
            Self::Internet(Some(IpAddr::V4(ip)), ports) => {
                address[..4].copy_from_slice(&ip.octets());
                (abi::HOSTS_IPV4, *ports, "")
            }
            Self::Internet(Some(IpAddr::V6(ip)), ports) => {
                address = ip.octets();
                (abi::HOSTS_IPV6, *ports, "")
            }
        };
        let head = abi::Address { hosts, port_first: ports.0, port_last: ports.1, address };
        with_head(&head, &[path.as_bytes()])
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ip, (first, last)) = match self {
            Self::Unix(path) => return write!(out, "unix:{path}"),
            Self::Internet(ip, ports) => (ip, *ports),
        };
        match ip {
            None => out.write_str("*")?,
            Some(IpAddr::V4(ip)) => write!(out, "{ip}")?,
            Some(IpAddr::V6(ip)) => write!(out, "[{ip}]")?,
        }
        if first == last { write!(out, ":{first}") } else { write!(out, ":{first}-{last}") }
    }
}

impl ServerLimits {
    /// Sets the value of a limit.
    pub fn set(&mut self, limit: ServerLimit, value: u64) {
        self.chosen[limit as usize] = Some(value);
    }

    /// Sets the values of limits that weren't set.
    pub fn set_defaults(&mut self, defaults: &[(ServerLimit, u64)]) {
        for &(limit, value) in defaults {
            self.chosen[limit as usize].get_or_insert(value);
        }
    }

    /// Returns the value that was set, if one was.
    pub fn chosen(&self, limit: ServerLimit) -> Option<u64> {
        self.chosen[limit as usize]
    }

    /// Returns the value in effect: the one that was set, or the default.
    pub fn get(&self, limit: ServerLimit) -> u64 {
        self.chosen(limit).unwrap_or(limit.default_value())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for &limit in ServerLimit::ALL {
            if let Some(value) = self.chosen(limit) {
                let payload = with_head(&Limit { value, limit: limit as u32, unused: 0 }, &[]);
                item(out, abi::TAG_SERVER_LIMIT, &payload);
            }
        }
    }

    /// Returns the flags that would set these values, without those that the caller prints elsewhere: [`ServerLimit::Reuse`] and
    /// [`ServerLimit::Concurrent`].
    pub fn describe(&self) -> Vec<String> {
        let elsewhere = [ServerLimit::Reuse, ServerLimit::Concurrent];
        let told = ServerLimit::ALL.iter().filter(|limit| !elsewhere.contains(limit));
        told.filter_map(|limit| display(limit.flag(), limit.unit(), self.get(*limit))).collect()
    }
}
