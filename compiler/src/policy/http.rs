//! Grants of HTTP requests: methods, server, and the beginning of the path.

use super::text::text;
use super::{item, with_head};
use aot_abi::http as abi;
use aot_abi::record::Record;
use std::fmt;

/// HTTP grants and trusted authorities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http {
    /// Requests that the program may send.
    pub grants: Vec<Grant>,
    /// DER certificates of authorities that are trusted besides the well-known ones.
    pub authorities: Vec<Vec<u8>>,
}

/// A grant of HTTP requests. Its text is the form in which `AOT_DENY_HTTP` revokes it at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Methods that are granted; empty for all.
    pub methods: Vec<String>,
    /// True for `https`, false for `http`.
    pub is_secure: bool,
    /// The servers that requests may go to.
    pub host: Host,
    /// First and last port, both inclusive.
    pub ports: (u16, u16),
    /// Path, or a prefix of it that ends at a `/`. It begins with `/`.
    pub path: String,
}

/// Servers of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// All servers, whatever their name.
    Any,
    /// One server: its name in lower case, or its address without brackets.
    One(String),
    /// All names in a domain, in lower case: those that end with a dot and this name.
    Below(String),
}

impl Http {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for grant in &self.grants {
            item(out, abi::TAG_HTTP, &grant.encode());
        }
        for authority in &self.authorities {
            item(out, abi::TAG_HTTP_AUTHORITY, authority);
        }
    }
}

impl Grant {
    /// Returns the grant of a policy item; `None` if the payload is damaged.
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let (head, rest) = abi::Grant::split_from(payload)?;
        let (methods, rest) = rest.split_at_checked(head.methods_bytes as usize)?;
        let (host, rest) = rest.split_at_checked(head.host_bytes as usize)?;
        let is_secure = match head.scheme {
            abi::SCHEME_HTTP => false,
            abi::SCHEME_HTTPS => true,
            _ => return None,
        };
        let host = match head.hosts {
            abi::HOSTS_ANY => Host::Any,
            abi::HOSTS_ONE => Host::One(text(host)),
            abi::HOSTS_BELOW => Host::Below(text(host)),
            _ => return None,
        };
        let methods = text(methods).split_terminator(',').map(String::from).collect();
        let path = text(rest.get(..head.path_bytes as usize)?);
        Some(Self { methods, is_secure, host, ports: (head.port_first, head.port_last), path })
    }

    fn encode(&self) -> Vec<u8> {
        let (hosts, host) = match &self.host {
            Host::Any => (abi::HOSTS_ANY, ""),
            Host::One(name) => (abi::HOSTS_ONE, name.as_str()),
            Host::Below(name) => (abi::HOSTS_BELOW, name.as_str()),
        };
        let methods: String = self.methods.iter().flat_map(|method| [method, ","]).collect();
        let head = abi::Grant {
            scheme: if self.is_secure { abi::SCHEME_HTTPS } else { abi::SCHEME_HTTP },
            hosts,
            port_first: self.ports.0,
            port_last: self.ports.1,
            unused: 0,
            methods_bytes: methods.len() as u32,
            host_bytes: host.len() as u32,
            path_bytes: self.path.len() as u32,
        };
        with_head(&head, &[&methods, host, &self.path, &self.to_string()].map(str::as_bytes))
    }

    /// Returns the default port of the scheme.
    pub fn port_default(&self) -> u16 {
        if self.is_secure { 443 } else { 80 }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(out, "{} ", self.methods.join("/"))?;
        }
        out.write_str(if self.is_secure { "https://" } else { "http://" })?;
        match &self.host {
            Host::Any => out.write_str("*")?,
            Host::One(name) if name.contains(':') => write!(out, "[{name}]")?,
            Host::One(name) => out.write_str(name)?,
            Host::Below(name) => write!(out, "*.{name}")?,
        }
        match self.ports {
            (0, u16::MAX) => out.write_str(":*")?,
            (port, _) if port == self.port_default() => {}
            (port, _) => write!(out, ":{port}")?,
        }
        out.write_str(&self.path)
    }
}
