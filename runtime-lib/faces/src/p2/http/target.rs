//! The target of a request that a guest makes, whatever the version of its interface.

use http::uri::{Authority, PathAndQuery};

use crate::p2::interfaces::http::types::{Method, Scheme};
use aot_host::http::fault::Fault;
use aot_host::http::field_list::FieldList;
use aot_host::http::head::{Destination, Head};
use aot_host::network::names;

/// The method of a request, and what it asks for whom.
#[derive(Default)]
pub struct Target {
    /// The method of the request.
    pub method: http::Method,
    /// The scheme, as it was given.
    pub scheme: Option<String>,
    /// Host and port.
    pub authority: Option<String>,
    /// Path and query.
    pub path: Option<String>,
}

/// A method in the interface's terms.
pub fn method_of(method: &http::Method) -> Method {
    match method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(String::from(other)),
    }
}

impl Target {
    /// The method.
    pub fn method(&self) -> Method {
        method_of(&self.method)
    }

    /// Sets the method.
    pub fn set_method(&mut self, method: Method) -> Result<(), ()> {
        let method = match method {
            Method::Get => Ok(http::Method::GET),
            Method::Head => Ok(http::Method::HEAD),
            Method::Post => Ok(http::Method::POST),
            Method::Put => Ok(http::Method::PUT),
            Method::Delete => Ok(http::Method::DELETE),
            Method::Connect => Ok(http::Method::CONNECT),
            Method::Options => Ok(http::Method::OPTIONS),
            Method::Trace => Ok(http::Method::TRACE),
            Method::Patch => Ok(http::Method::PATCH),
            Method::Other(other) => http::Method::from_bytes(other.as_bytes()),
        };
        method.map(|method| self.method = method).map_err(|_| ())
    }

    /// Sets the path and query. None of them is the empty path, and `*` is the path of `OPTIONS` alone, which is checked when
    /// the request is sent.
    pub fn set_path(&mut self, path: Option<String>) -> Result<(), ()> {
        let is_valid = |path: &String| path.is_empty() || path.parse::<PathAndQuery>().is_ok();
        let is_valid = path.as_ref().is_none_or(is_valid);
        set(&mut self.path, path, is_valid)
    }

    /// The scheme.
    pub fn scheme(&self) -> Option<Scheme> {
        self.scheme.as_ref().map(|scheme| match scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(String::from(other)),
        })
    }

    /// Sets the scheme, whose names have no case (RFC 3986, 3.1).
    pub fn set_scheme(&mut self, scheme: Option<Scheme>) -> Result<(), ()> {
        let scheme = scheme.map(|scheme| match scheme {
            Scheme::Http => String::from("http"),
            Scheme::Https => String::from("https"),
            Scheme::Other(other) if other.eq_ignore_ascii_case("http") => String::from("http"),
            Scheme::Other(other) if other.eq_ignore_ascii_case("https") => String::from("https"),
            Scheme::Other(other) => other,
        });
        let is_valid = scheme.as_ref().is_none_or(|scheme| scheme.parse::<http::uri::Scheme>().is_ok());
        set(&mut self.scheme, scheme, is_valid)
    }

    /// Sets host and port.
    pub fn set_authority(&mut self, authority: Option<String>) -> Result<(), ()> {
        let is_valid = authority.as_ref().is_none_or(|authority| is_authority(authority));
        set(&mut self.authority, authority, is_valid)
    }

    /// The head of the request, if it makes sense, with so many bytes of fields at most.
    pub fn head(&self, fields: &FieldList, has_no_body: bool, fields_bytes_max: usize) -> Result<Head, Fault> {
        let is_secure = match self.scheme.as_deref() {
            None | Some("https") => true,
            Some("http") => false,
            Some(_) => return Err(Fault::Protocol),
        };
        if self.method == http::Method::CONNECT {
            // The target of such a request has no path (RFC 9110, 9.3.6); there are no tunnels in the interface.
            return Err(if self.path.is_some() { Fault::Protocol } else { Fault::MethodInvalid });
        }
        let authority = self.authority.as_deref().filter(|authority| !authority.is_empty()).ok_or(Fault::UriInvalid)?;
        let destination = destination(is_secure, authority).ok_or(Fault::UriInvalid)?;
        let path = path(&self.method, self.path.as_deref().unwrap_or_default())?;
        let bytes = fields.bytes();
        if bytes > fields_bytes_max {
            return Err(Fault::RequestHeaderSize(bytes as u32));
        }
        let mut fields = FieldList::clone(fields);
        let declared = fields.settle_length().map_err(|_| Fault::Protocol)?;
        if declared.is_some_and(|length| length > 0) && has_no_body {
            // The server would wait for it.
            return Err(Fault::BodySize(0));
        }
        Ok(Head { destination, method: self.method.clone(), path, fields })
    }
}

fn set(field: &mut Option<String>, value: Option<String>, is_valid: bool) -> Result<(), ()> {
    if !is_valid {
        return Err(());
    }
    *field = value;
    Ok(())
}

/// Returns true for a host with or without a port, which has digits or nothing behind its colon. Names and passwords have
/// no place in a request (RFC 9110, 4.2.4).
fn is_authority(text: &str) -> bool {
    if text.contains('@') {
        return false;
    }
    text.parse::<Authority>().is_ok_and(|authority| {
        let behind = text.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
        !authority.host().is_empty() && behind.is_none_or(|(_, port)| port.is_empty() || is_port(port))
    })
}

/// Returns the target of a request without its fragment: the empty path is the root (RFC 9112, 3.2.1).
fn path(method: &http::Method, text: &str) -> Result<PathAndQuery, Fault> {
    let path = match text {
        "*" if method == http::Method::OPTIONS => text.parse(),
        "*" => return Err(Fault::UriInvalid),
        _ if text.starts_with('/') => text.parse(),
        _ => ["/", text].concat().parse(),
    };
    path.map_err(|_| Fault::UriInvalid)
}

fn destination(is_secure: bool, authority: &str) -> Option<Destination> {
    let parsed: http::uri::Authority = authority.parse().ok()?;
    let host = parsed.host();
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<core::net::Ipv6Addr>().ok()?.to_string(),
        None => match host.parse::<core::net::Ipv4Addr>() {
            Ok(address) => address.to_string(),
            Err(_) => names::to_ascii(host)?,
        },
    };
    let port = parsed.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    Some(Destination { is_secure, host, port, authority: String::from(authority) })
}
