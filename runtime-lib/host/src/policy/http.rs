//! The grants of HTTP requests (`aot_abi::http`).

use aot_abi::http as abi;
use aot_abi::record::Record;

use super::items::for_each_item;
use super::network::deny;
use crate::c_strings::CStrings;
use crate::environment::split_variable;
use crate::grantee::Grantee;
use crate::http::head::Head;
use crate::start_error::StartError;

/// All grants of HTTP requests.
#[derive(Debug, Default)]
pub struct Grants {
    grants: Vec<Grant>,
    /// Certificates of further authorities, in DER.
    pub authorities: Vec<&'static [u8]>,
}

#[derive(Clone, Copy, Debug)]
struct Grant {
    grantee: Grantee,
    is_secure: bool,
    hosts: Hosts,
    ports: (u16, u16),
    /// The methods, with a comma behind each; empty for all.
    methods: &'static [u8],
    path: &'static [u8],
    /// The grant's text, as `aot inspect` shows it.
    text: &'static [u8],
}

#[derive(Clone, Copy, Debug)]
enum Hosts {
    Any,
    One(&'static [u8]),
    Below(&'static [u8]),
}

impl Grants {
    /// The grants of a policy's section, less what variables take away.
    pub fn read(section: &'static [u8], environment: CStrings) -> Result<Grants, StartError> {
        let mut grants = Grants::parse(section)?;
        for (name, value) in environment.iter().map(split_variable) {
            match name {
                name if name == abi::VARIABLE.as_bytes() => deny(name, value, &mut grants.grants, |grant| grant.text)?,
                _ => {}
            }
        }
        Ok(grants)
    }

    fn parse(section: &'static [u8]) -> Result<Grants, StartError> {
        let (mut grants, mut grantee) = (Grants::default(), Grantee::default());
        for_each_item(section, |tag, payload| {
            grantee.note(tag);
            match tag {
                abi::TAG_HTTP => grants.grants.push(Grant::parse(payload, grantee)?),
                abi::TAG_HTTP_AUTHORITY => grants.authorities.push(payload),
                tag if abi::TAGS.contains(&tag) => return None,
                _ => {}
            }
            Some(())
        })
        .ok_or(StartError::DamagedPolicy)?;
        Ok(grants)
    }

    /// The ports of all grants.
    pub fn ports(&self) -> impl Iterator<Item = (u16, u16)> {
        self.grants.iter().map(|grant| grant.ports)
    }

    /// Returns true if a request is granted to a component.
    pub fn allow(&self, grantee: Grantee, request: &Head) -> bool {
        self.grants.iter().any(|grant| grant.grantee == grantee && grant.has(request))
    }
}

impl Grant {
    fn parse(payload: &'static [u8], grantee: Grantee) -> Option<Grant> {
        let (head, rest) = abi::Grant::split_from(payload)?;
        let (methods, rest) = rest.split_at_checked(head.methods_bytes as usize)?;
        let (host, rest) = rest.split_at_checked(head.host_bytes as usize)?;
        let (path, text) = rest.split_at_checked(head.path_bytes as usize)?;
        let hosts = match head.hosts {
            abi::HOSTS_ANY => Hosts::Any,
            abi::HOSTS_ONE => Hosts::One(host),
            abi::HOSTS_BELOW => Hosts::Below(host),
            _ => return None,
        };
        let is_secure = match head.scheme {
            abi::SCHEME_HTTP => false,
            abi::SCHEME_HTTPS => true,
            _ => return None,
        };
        let ports = (head.port_first, head.port_last);
        Some(Grant { grantee, is_secure, hosts, ports, methods, path, text })
    }

    fn has(&self, request: &Head) -> bool {
        let to = &request.destination;
        let host = to.host.as_bytes();
        let has_host = match self.hosts {
            Hosts::Any => true,
            Hosts::One(name) => host == name,
            Hosts::Below(name) => host.strip_suffix(name).is_some_and(|rest| rest.len() > 1 && rest.ends_with(b".")),
        };
        self.is_secure == to.is_secure
            && has_host
            && (self.ports.0..=self.ports.1).contains(&to.port)
            && self.has_method(request.method.as_str().as_bytes())
            && is_below(request.path.path().as_bytes(), self.path)
    }

    fn has_method(&self, method: &[u8]) -> bool {
        self.methods.is_empty() || self.methods.split(|&byte| byte == b',').any(|granted| granted == method)
    }
}

/// Returns true if a path is the granted one or below it, also for a server that resolves `.` and `..` after it has
/// decoded what is encoded, takes backslashes for slashes, or cuts off what follows a semicolon in a component.
fn is_below(path: &[u8], granted: &[u8]) -> bool {
    if granted == b"/" {
        return true;
    }
    let Some(rest) = path.strip_prefix(granted) else { return false };
    let at_part = granted.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/");
    at_part && !leads_elsewhere(path)
}

fn leads_elsewhere(path: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, after @ ..] = rest {
        rest = after;
        let byte = match (first, after) {
            (b'%', [high, low, behind @ ..]) => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16);
                let (Some(high), Some(low)) = (digit(high), digit(low)) else { return true };
                rest = behind;
                (high * 16 + low) as u8
            }
            // Some servers would decode it in their own way.
            (b'%', _) => return true,
            _ => *first,
        };
        decoded.push(byte);
        // An encoded slash or a percent sign for a second decoding.
        if *first == b'%' && matches!(byte, b'/' | b'%') || matches!(byte, b'\\' | 0) {
            return true;
        }
    }
    let mut parts = decoded.split(|&byte| byte == b'/');
    parts.any(|part| matches!(part.split(|&byte| byte == b';').next(), Some(b"." | b"..")))
}
