//! Decoding of the policy section, for `aot inspect`: what the runtime reads becomes a [`Policy`] again.

use super::state::{Place, Store, StoreLimit};
use super::text::text;
use super::{Component, Directory, Embedded, Grants, Policy, Sandbox, abi, http, network};
use aot_abi::limits::Limit;
use aot_abi::record::Record;
use aot_abi::{http as abi_http, network as abi_network, sandbox as abi_sandbox, state as abi_state};

impl Policy {
    /// Returns the policy of a section's items; `None` for items that the runtime refuses too. [`Self::encode`] gives the
    /// same bytes, unless something else than this version of the compiler wrote them.
    pub fn decode(mut items: &[u8]) -> Option<Self> {
        let mut policy = Self { sandbox: Sandbox::Off, ..Self::default() };
        while !items.is_empty() {
            let (head, rest) = abi::Head::split_from(items)?;
            let (payload, rest) = rest.split_at_checked(head.bytes as usize)?;
            policy.decode_item(head.tag, payload)?;
            items = rest;
        }
        Some(policy)
    }

    fn decode_item(&mut self, tag: u32, payload: &[u8]) -> Option<()> {
        match tag {
            abi::TAG_PROGRAM_NAME => self.program_name = text(payload),
            abi::TAG_COMPONENT => {
                self.components.push(Component { name: text(payload), grants: Grants::default() });
            }
            abi::TAG_ARGUMENT => self.arguments.push(text(payload)),
            abi::TAG_LIMIT => {
                let limit = abi::Limit::read(payload)?;
                self.limits.set(*Limit::ALL.get(limit.limit as usize)?, limit.value);
            }
            abi::TAG_RUNTIME_GRANTS => self.runtime_grants = true,
            abi::TAG_DUMPABLE => self.dumpable = true,
            abi::TAG_SANDBOX => {
                let is_required = abi::Sandbox::read(payload)?.flags & abi_sandbox::REQUIRED != 0;
                self.sandbox = if is_required { Sandbox::Required } else { Sandbox::On };
            }
            abi_network::TAG_INHERIT_SOCKETS => self.grants.network.inherit_sockets = true,
            abi_http::TAG_HTTP_AUTHORITY => self.grants.http.authorities.push(payload.to_vec()),
            abi_state::TAG_STORE_LIMIT => {
                let limit = abi::Limit::read(payload)?;
                self.store_limits.set(*StoreLimit::ALL.get(limit.limit as usize)?, limit.value);
            }
            tag => {
                let grants = self.components.last_mut().map_or(&mut self.grants, |component| &mut component.grants);
                if !grants.decode_item(tag, payload)? {
                    self.serve.decode_item(tag, payload)?;
                }
            }
        }
        Some(())
    }
}

impl Grants {
    /// Takes a grant. Returns false if the item is none, and `None` if it is damaged.
    fn decode_item(&mut self, tag: u32, payload: &[u8]) -> Option<bool> {
        match tag {
            abi::TAG_DIRECTORY => self.directories.push(Directory::decode(payload)?),
            abi::TAG_ENVIRONMENT => {
                let variable = text(payload);
                let (name, value) = variable.split_once('=')?;
                self.environment.push((name.to_string(), value.to_string()));
            }
            abi::TAG_ENVIRONMENT_INHERITED => self.environment_inherited.push(text(payload)),
            abi::TAG_EMBEDDED => self.embedded.push(Embedded::decode(payload)?),
            abi_network::TAG_NET => self.network.net.push(network::Grant::decode(payload)?),
            abi_network::TAG_LISTEN => self.network.listen.push(network::Grant::decode(payload)?),
            abi_http::TAG_HTTP => self.http.grants.push(http::Grant::decode(payload)?),
            abi_state::TAG_CONFIG => {
                let value = text(payload);
                let (name, value) = value.split_once('=')?;
                self.config.push((name.to_string(), value.to_string()));
            }
            abi_state::TAG_STORE => self.stores.push(Store::decode(payload)?),
            abi_state::TAG_STORE_LOGIN => match &mut self.stores.last_mut()?.place {
                Place::Redis(redis) => redis.decode_login(payload)?,
                _ => return None,
            },
            _ => return Some(false),
        }
        Some(true)
    }
}

impl Directory {
    fn decode(payload: &[u8]) -> Option<Self> {
        let (abi::Directory { flags, host_bytes }, paths) = Record::split_from(payload)?;
        let (host, guest) = paths.split_at_checked(host_bytes as usize)?;
        Some(Self {
            host: text(host),
            guest: text(guest),
            read_only: flags & abi::DIRECTORY_READ_ONLY != 0,
            optional: flags & abi::DIRECTORY_OPTIONAL != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa;
    use crate::policy::serve::{self, Address, ServerLimit};
    use crate::policy::state::{Password, Redis};
    use crate::policy::{Entry, Item};
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    /// A policy with everything in it.
    fn whole() -> Policy {
        let file = |name: &str| Entry { name: name.into(), item: Item::File(name.into()) };
        let grant = |hosts| network::Grant { protocol: Some(network::Protocol::Udp), hosts, ports: (1, 9) };
        let grants = Grants {
            directories: vec![
                Directory { host: "a".into(), guest: "/b".into(), read_only: true, optional: false },
                Directory { host: "c".into(), guest: "d".into(), read_only: false, optional: true },
            ],
            embedded: vec![Embedded {
                guest: "/e".into(),
                tree: vec![
                    Entry { name: b"d".to_vec(), item: Item::Directory(vec![file("x"), file("y")]) },
                    Entry { name: b"l".to_vec(), item: Item::Link(b"d/x".to_vec()) },
                    file("z"),
                ],
            }],
            environment: vec![("A".into(), "1=2".into())],
            environment_inherited: vec!["HOME".into()],
            ..Grants::default()
        };
        let components = ["parser", "rules"].map(|name| Component { name: name.into(), grants: grants.clone() });
        let mut policy = Policy {
            grants,
            components: components.to_vec(),
            arguments: vec!["-x".into(), String::new()],
            program_name: "app.wasm".into(),
            sandbox: Sandbox::Required,
            runtime_grants: true,
            dumpable: true,
            ..Policy::default()
        };
        policy.limits.set(Limit::HostMemory, 1 << 20);
        policy.limits.set(Limit::Memory, 1 << 20);
        policy.grants.network.inherit_sockets = true;
        policy.grants.network.listen.push(network::Grant { protocol: None, ..grant(network::Hosts::Any) });
        for block in ["10.0.0.0", "fd00::"] {
            policy.grants.network.net.push(grant(network::Hosts::Block(block.parse::<IpAddr>().unwrap(), 8)));
        }
        policy.grants.network.net.push(grant(network::Hosts::Name("example.org".into())));
        for host in [http::Host::Any, http::Host::One("::1".into()), http::Host::Below("example.org".into())] {
            let methods = vec!["GET".into(), "HEAD".into()];
            policy.grants.http.grants.push(http::Grant {
                methods,
                is_secure: true,
                host,
                ports: (443, 443),
                path: "/v1/".into(),
            });
        }
        policy.grants.http.authorities.push(vec![1, 2, 3]);
        policy.serve = server();
        let redis = Redis::new("::1".into(), 6379);
        let password = Password::Text("secret".into());
        let of_user = Redis { user: "u".into(), password, database: 7, ..redis.clone() };
        let of_variable = Redis { password: Password::Variable("V".into()), ..redis.clone() };
        for place in [Place::Memory, Place::File("a/b".into())]
            .into_iter()
            .chain([redis, of_user, of_variable].map(Place::Redis))
        {
            policy.grants.stores.push(Store { name: place_name(&place), place });
        }
        policy.components[1].grants.stores = policy.grants.stores.clone();
        policy.grants.config.push(("name".into(), "a=b".into()));
        policy.store_limits.set(StoreLimit::Value, 9);
        policy
    }

    fn place_name(place: &Place) -> String {
        format!("{place:?}")
    }

    fn server() -> serve::Serve {
        let internet = |ip: &str| Address::Internet(ip.parse().ok(), (8000, 8099));
        let addresses = vec![internet("127.0.0.1"), internet("::1"), internet("*"), Address::Unix("/run/app".into())];
        let mut limits = serve::ServerLimits::default();
        limits.set(ServerLimit::Reuse, 9);
        serve::Serve {
            addresses,
            admin: Some(Address::DEFAULT),
            tls: Some(serve::Tls { certificates: "/etc/cert.pem".into(), key: "/etc/key.pem".into() }),
            access_log: Some(serve::AccessLog::Json),
            static_folders: vec![serve::StaticFolder {
                path: "/assets".into(),
                files: vec![serve::StaticFile { path: b"a.css".to_vec(), contents: b"a {}".to_vec() }],
            }],
            limits,
        }
    }

    fn items(policy: &Policy) -> Vec<u8> {
        let is_server = policy.serve != serve::Serve::default();
        let host_functions = BTreeSet::from(["wasi:http/types@0.2#x"]);
        policy.encode(isa::ALL[0], &host_functions, is_server)[abi::Section::BYTES..].to_vec()
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for policy in [whole(), Policy::default(), Policy { sandbox: Sandbox::Off, ..Policy::default() }] {
            assert_eq!(Policy::decode(&items(&policy)), Some(policy));
        }
    }

    #[test]
    fn damaged_bytes_are_no_panic() {
        let bytes = items(&whole());
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = value;
                if let Some(policy) = Policy::decode(&damaged) {
                    items(&policy);
                }
            }
            assert!(Policy::decode(&bytes[..at]).is_none_or(|policy| policy != whole()));
        }
    }
}
