//! The settings of a server (`aot_abi::serve`): the addresses that it serves at, files for TLS, the log of requests, limits.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use aot_abi::limits::{ServerLimit, UNLIMITED};
use aot_abi::policy as abi_policy;
use aot_abi::record::Record;
use aot_abi::serve as abi;

use rustix::thread::sched_getaffinity;

use super::items::for_each_item;
use crate::c_strings::CStrings;
use crate::environment::split_variable;
use crate::limits::lowered;
use crate::start_error::StartError;

/// The settings of a server, as far as variables didn't narrow them.
#[derive(Debug)]
pub struct ServePolicy {
    /// The addresses to serve at.
    pub addresses: Vec<Address>,
    /// The address that answers about the server's health.
    pub admin: Option<Address>,
    /// The files for TLS; without them, connections are in clear text.
    pub tls: Option<Tls>,
    /// The log of requests.
    pub access_log: AccessLog,
    /// The limits of the server.
    pub limits: ServerLimits,
}

/// An address to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// All addresses of the machine, with this port; port 0 is one of the system's choice.
    Any(u16),
    /// An address with its port.
    One(SocketAddr),
    /// A Unix socket with this path.
    Unix(&'static [u8]),
}

/// Paths of files on the host for TLS.
#[derive(Clone, Copy, Debug)]
pub struct Tls {
    /// Path of the server's certificate and those of its authorities, in PEM.
    pub certificates: &'static [u8],
    /// Path of the certificate's private key, in PEM.
    pub key: &'static [u8],
}

/// The form of the log of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLog {
    /// No log.
    Off,
    /// A line a request in the common log format.
    Common,
    /// An object of JSON a line.
    Json,
}

/// A value for each limit of servers.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits([u64; ServerLimit::ALL.len()]);

/// An address that is built in, with its range of ports.
#[derive(Clone, Copy, Debug)]
enum BuiltIn {
    Internet(Option<IpAddr>, (u16, u16)),
    Unix(&'static [u8]),
}

/// The items of a policy.
#[derive(Debug)]
struct Items {
    addresses: Vec<BuiltIn>,
    admin: Option<BuiltIn>,
    tls: Option<Tls>,
    access_log: AccessLog,
    limits: ServerLimits,
}

/// The most worker threads, whatever the limit says.
const WORKERS_MAX: u64 = 1024;

impl ServePolicy {
    /// The settings of a policy's section, narrowed by variables. With `runtime_grants`, they may also give more.
    ///
    /// # Errors
    /// The policy is damaged, or a variable chooses what isn't built in.
    pub fn read(
        section: &'static [u8],
        environment: CStrings,
        runtime_grants: bool,
    ) -> Result<ServePolicy, StartError> {
        let Items { addresses: built_in, admin, tls, access_log, limits } = Items::parse(section)?;
        let addresses = built_in.iter().map(BuiltIn::first).collect();
        let admin_first = admin.as_ref().map(BuiltIn::first);
        let mut policy = ServePolicy { addresses, admin: admin_first, tls, access_log, limits };
        for (name, value) in environment.iter().map(split_variable) {
            if name == abi::SERVE_VARIABLE.as_bytes() {
                policy.addresses = choose(name, value, &built_in, runtime_grants)?;
            } else if name == abi::ADMIN_VARIABLE.as_bytes() {
                let [address] = choose(name, value, admin.as_slice(), runtime_grants)?[..] else {
                    return Err(StartError::refused(name, "more than one address"));
                };
                policy.admin = Some(address);
            } else if let Some(limit) = limit(name) {
                let value = lowered(limit.unit(), policy.limits.get(limit), runtime_grants, (name, value))?;
                policy.limits.set(limit, value);
            }
        }
        policy.limits.check_start()?;
        Ok(policy)
    }

    /// The number of requests that an instance serves.
    pub fn reuse(&self) -> u64 {
        self.limits.get(ServerLimit::Reuse)
    }

    /// The number of requests that an instance serves at once.
    pub fn concurrent(&self) -> u64 {
        self.limits.get(ServerLimit::Concurrent).min(self.reuse())
    }

    /// The number of worker threads: as many as the process has processors, unless there is a limit.
    pub fn workers(&self) -> usize {
        let workers = match self.limits.get(ServerLimit::Workers) {
            UNLIMITED => sched_getaffinity(None).map_or(1, |processors| u64::from(processors.count())),
            limit => limit,
        };
        workers.min(WORKERS_MAX) as usize
    }
}

impl ServerLimits {
    fn new() -> ServerLimits {
        let mut limits = ServerLimits([UNLIMITED; ServerLimit::ALL.len()]);
        for &limit in ServerLimit::ALL {
            limits.set(limit, limit.default_value());
        }
        limits
    }

    /// A limit's value.
    pub fn get(&self, limit: ServerLimit) -> u64 {
        self.0[limit as usize]
    }

    fn set(&mut self, limit: ServerLimit, value: u64) {
        self.0[limit as usize] = value;
    }

    /// Refuses limits with which nothing could be served.
    fn check_start(&self) -> Result<(), StartError> {
        for limit in [
            ServerLimit::Requests,
            ServerLimit::Connections,
            ServerLimit::Reuse,
            ServerLimit::Workers,
            ServerLimit::Concurrent,
        ] {
            if self.get(limit) == 0 {
                return Err(StartError::TooLow { variable: limit.variable(), least: 1 });
            }
        }
        Ok(())
    }
}

impl Items {
    fn parse(section: &'static [u8]) -> Result<Items, StartError> {
        let mut items = Items {
            addresses: Vec::new(),
            admin: None,
            tls: None,
            access_log: AccessLog::Off,
            limits: ServerLimits::new(),
        };
        for_each_item(section, |tag, payload| items.add(tag, payload)).ok_or(StartError::DamagedPolicy)?;
        if items.addresses.is_empty() { Err(StartError::DamagedPolicy) } else { Ok(items) }
    }

    /// Takes an item; `None` if it is a server's, and damaged or unknown.
    fn add(&mut self, tag: u32, payload: &'static [u8]) -> Option<()> {
        match tag {
            abi::TAG_SERVE => self.addresses.push(BuiltIn::parse(payload)?),
            abi::TAG_ADMIN => self.admin = Some(BuiltIn::parse(payload)?),
            abi::TAG_TLS => {
                let (head, paths) = abi::Tls::split_from(payload)?;
                let (certificates, key) = paths.split_at_checked(head.certificates_bytes as usize)?;
                self.tls = Some(Tls { certificates, key });
            }
            abi::TAG_ACCESS_LOG => {
                self.access_log = match abi::AccessLog::read(payload)?.form {
                    abi::LOG_COMMON => AccessLog::Common,
                    abi::LOG_JSON => AccessLog::Json,
                    _ => return None,
                }
            }
            abi::TAG_SERVER_LIMIT => {
                let head = abi_policy::Limit::read(payload)?;
                self.limits.set(*ServerLimit::ALL.get(head.limit as usize)?, head.value);
            }
            // Only a server with static files reads them: `serve::static_files`.
            abi::TAG_STATIC => {}
            tag if abi::TAGS.contains(&tag) => return None,
            _ => {}
        }
        Some(())
    }
}

impl BuiltIn {
    fn parse(payload: &'static [u8]) -> Option<BuiltIn> {
        let (head, path) = abi::Address::split_from(payload)?;
        let [a, b, c, d, ..] = head.address;
        let ip = match head.hosts {
            abi::HOSTS_ANY => None,
            abi::HOSTS_IPV4 => Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d))),
            abi::HOSTS_IPV6 => Some(IpAddr::V6(Ipv6Addr::from(head.address))),
            abi::HOSTS_UNIX => return Some(BuiltIn::Unix(path)),
            _ => return None,
        };
        Some(BuiltIn::Internet(ip, (head.port_first, head.port_last)))
    }

    /// The address without a choice.
    fn first(&self) -> Address {
        match *self {
            BuiltIn::Internet(None, (port, _)) => Address::Any(port),
            BuiltIn::Internet(Some(ip), (port, _)) => Address::One(SocketAddr::new(ip, port)),
            BuiltIn::Unix(path) => Address::Unix(path),
        }
    }

    /// Returns true if a choice is the address, or a part of it.
    fn has(&self, choice: Address) -> bool {
        match (*self, choice) {
            (BuiltIn::Unix(path), Address::Unix(chosen)) => path == chosen,
            (BuiltIn::Internet(ip, (first, last)), choice) => {
                let (is_part, port) = match choice {
                    Address::Any(port) => (ip.is_none(), port),
                    Address::One(chosen) => (ip.is_none_or(|ip| ip == chosen.ip()), chosen.port()),
                    Address::Unix(_) => return false,
                };
                is_part && (first..=last).contains(&port)
            }
            (BuiltIn::Unix(_), _) => false,
        }
    }
}

/// Returns true for a variable that only servers read.
pub fn is_variable(name: &[u8]) -> bool {
    [abi::SERVE_VARIABLE, abi::ADMIN_VARIABLE].iter().any(|known| known.as_bytes() == name) || limit(name).is_some()
}

/// The limit that a variable lowers.
fn limit(name: &[u8]) -> Option<ServerLimit> {
    let mut variables = ServerLimit::VARIABLES.as_bytes().split(|&byte| byte == b':');
    variables.position(|variable| variable == name).and_then(|index| ServerLimit::ALL.get(index).copied())
}

/// The addresses of a variable, separated by commas. Each is one that is built in, unless variables may give more.
fn choose(
    name: &'static [u8],
    value: &'static [u8],
    built_in: &[BuiltIn],
    runtime_grants: bool,
) -> Result<Vec<Address>, StartError> {
    let mut chosen = Vec::new();
    for text in value.split(|&byte| byte == b',').filter(|text| !text.is_empty()) {
        let address = address(text)
            .ok_or_else(|| StartError::refused(name, "not ADDRESS:PORT or unix:PATH, several separated by commas"))?;
        if !runtime_grants && !built_in.iter().any(|built_in| built_in.has(address)) {
            return Err(StartError::refused(name, "not what is built in; `aot inspect` shows the addresses"));
        }
        chosen.push(address);
    }
    if chosen.is_empty() { Err(StartError::refused(name, "no address")) } else { Ok(chosen) }
}

/// Reads an address, written as for `--serve`.
fn address(text: &'static [u8]) -> Option<Address> {
    if let Some(path) = text.strip_prefix(b"unix:") {
        return (!path.is_empty()).then_some(Address::Unix(path));
    }
    let text = core::str::from_utf8(text).ok()?;
    match text.strip_prefix("*:") {
        Some(port) => port.parse().ok().map(Address::Any),
        None => text.parse().ok().map(Address::One),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const RANGE: BuiltIn = BuiltIn::Internet(None, (8000, 8099));
    const ONE: BuiltIn = BuiltIn::Internet(Some(LOCAL), (80, 80));

    fn choice(value: &'static str, built_in: &[BuiltIn], runtime_grants: bool) -> Option<Vec<Address>> {
        choose(b"AOT_SERVE", value.as_bytes(), built_in, runtime_grants).ok()
    }

    #[test]
    fn variables_choose_among_what_is_built_in() {
        let built_in = [RANGE, ONE, BuiltIn::Unix(b"/run/app")];
        assert_eq!(choice("*:8005", &built_in, false), Some(vec![Address::Any(8005)]));
        assert_eq!(choice("127.0.0.1:8099", &built_in, false), Some(vec![Address::One((LOCAL, 8099).into())]));
        let two = vec![Address::One((LOCAL, 80).into()), Address::Unix(b"/run/app")];
        assert_eq!(choice("127.0.0.1:80,unix:/run/app", &built_in, false), Some(two));
        for refused in
            ["", ",", "*:80", "*:8100", "*:0", "127.0.0.1:81", "[::1]:80", "unix:/run/other", "unix:", "8005", "x:1"]
        {
            assert_eq!(choice(refused, &built_in, false), None, "{refused}");
        }
        assert_eq!(choice("[::1]:81", &built_in, true), Some(vec![Address::One("[::1]:81".parse().unwrap())]));
    }

    fn item(tag: u32, payload: &[u8]) -> Vec<u8> {
        [&tag.to_le_bytes()[..], &(payload.len() as u32).to_le_bytes(), payload].concat()
    }

    fn address_item(tag: u32, hosts: u32, ports: (u16, u16), rest: &[u8]) -> Vec<u8> {
        let head = [&hosts.to_le_bytes()[..], &ports.0.to_le_bytes(), &ports.1.to_le_bytes(), rest].concat();
        item(tag, &head)
    }

    #[test]
    fn every_item_is_read() {
        let local = [&[127, 0, 0, 1][..], &[0; 12]].concat();
        let unix = [&[0; 16][..], b"/run/app"].concat();
        let limit = [&7u64.to_le_bytes()[..], &(ServerLimit::Reuse as u64).to_le_bytes()].concat();
        let section = [
            address_item(abi::TAG_SERVE, abi::HOSTS_IPV4, (80, 90), &local),
            address_item(abi::TAG_SERVE, abi::HOSTS_UNIX, (0, 0), &unix),
            address_item(abi::TAG_ADMIN, abi::HOSTS_ANY, (9, 9), &[0; 16]),
            item(abi::TAG_TLS, &[&2u32.to_le_bytes()[..], b"/c/k"].concat()),
            item(abi::TAG_ACCESS_LOG, &abi::LOG_JSON.to_le_bytes()),
            item(abi::TAG_SERVER_LIMIT, &limit),
        ];
        let policy = ServePolicy::read(section.concat().leak(), CStrings::none(), false).unwrap();
        assert_eq!(policy.addresses, [Address::One((LOCAL, 80).into()), Address::Unix(b"/run/app")]);
        assert_eq!(policy.admin, Some(Address::Any(9)));
        let tls = policy.tls.unwrap();
        assert_eq!((tls.certificates, tls.key), (&b"/c"[..], &b"/k"[..]));
        assert_eq!((policy.access_log, policy.reuse()), (AccessLog::Json, 7));
        assert_eq!(policy.limits.get(ServerLimit::Queue), ServerLimit::Queue.default_value());
        assert!(policy.workers() >= 1);
    }

    #[test]
    fn damage_is_refused() {
        let good = || address_item(abi::TAG_SERVE, abi::HOSTS_ANY, (1, 1), &[0; 16]);
        assert!(ServePolicy::read(good().leak(), CStrings::none(), false).is_ok());
        let none = [&0u64.to_le_bytes()[..], &(ServerLimit::Requests as u64).to_le_bytes()].concat();
        for damaged in [
            Vec::new(),
            address_item(abi::TAG_SERVE, 9, (1, 1), &[0; 16]),
            address_item(abi::TAG_SERVE, abi::HOSTS_ANY, (1, 1), &[0; 15]),
            [good(), item(abi::TAG_ACCESS_LOG, &9u32.to_le_bytes())].concat(),
            [good(), item(abi::TAG_TLS, &[9, 0, 0, 0, b'/'])].concat(),
            [good(), item(abi::TAG_SERVER_LIMIT, &99u64.to_le_bytes().repeat(2))].concat(),
            [good(), item(abi::TAG_SERVER_LIMIT, &none)].concat(),
            [good(), item(*abi::TAGS.end(), &[])].concat(),
        ] {
            assert!(ServePolicy::read(damaged.leak(), CStrings::none(), false).is_err());
        }
    }
}
