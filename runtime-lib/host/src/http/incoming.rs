//! Requests that clients send to a server.

use std::rc::Rc;

use http::{HeaderMap, Method, StatusCode, Uri, Version, header, request};

use super::exchange::Receiver;
use super::fields;

/// The head of a request, as the guest sees it.
pub struct IncomingHead {
    /// The method of the request.
    pub method: Method,
    /// True for a request over TLS.
    pub is_secure: bool,
    /// Host and port.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// The fields, without those of the connection.
    pub fields: HeaderMap,
}

/// A request that a guest has.
pub struct IncomingRequest {
    /// The method of the request.
    pub method: Method,
    /// True for a request over TLS.
    pub is_secure: bool,
    /// Host and port.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// The fields of the request.
    pub fields: Rc<HeaderMap>,
    /// The exchange that receives the body; none after the body was taken.
    pub receiver: Option<Receiver>,
}

impl IncomingRequest {
    /// A request whose body an exchange receives.
    pub fn new(head: IncomingHead, receiver: Receiver) -> IncomingRequest {
        let IncomingHead { method, is_secure, authority, path, fields } = head;
        IncomingRequest { method, is_secure, authority, path, fields: Rc::new(fields), receiver: Some(receiver) }
    }
}

/// The place at which a request has come.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    /// The address that is served, for requests of HTTP/1.0 that don't name one (RFC 9112, 3.3).
    pub address: &'p str,
    /// True for a connection over TLS.
    pub is_secure: bool,
}

/// The head of a request for the guest, or the status that refuses it.
///
/// # Errors
/// The request breaks a rule of RFC 9110 or 9112 that the library doesn't check.
pub fn head(parts: request::Parts, place: Place<'_>) -> Result<IncomingHead, StatusCode> {
    if parts.method == Method::CONNECT {
        // There are no tunnels in the interface.
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    check_framing(&parts.headers)?;
    let path = path(&parts.method, &parts.uri)?;
    let authority = authority(&parts, place)?;
    let mut fields = parts.headers;
    remove_hop_by_hop(&mut fields);
    Ok(IncomingHead { method: parts.method, is_secure: place.is_secure, authority, path, fields })
}

/// Refuses what two servers could read as different messages (RFC 9112, 6.1 and 6.3).
fn check_framing(fields: &HeaderMap) -> Result<(), StatusCode> {
    if !fields.contains_key(header::TRANSFER_ENCODING) {
        return Ok(());
    }
    if fields.contains_key(header::CONTENT_LENGTH) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let codings = fields.get_all(header::TRANSFER_ENCODING);
    let is_chunked = codings.iter().all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if is_chunked && codings.iter().count() == 1 { Ok(()) } else { Err(StatusCode::NOT_IMPLEMENTED) }
}

/// The path with the query (RFC 9112, 3.2).
fn path(method: &Method, uri: &Uri) -> Result<String, StatusCode> {
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let is_absolute = uri.scheme().is_some();
    if uri.authority().is_some() && !is_absolute {
        // The form of CONNECT.
        return Err(StatusCode::BAD_REQUEST);
    }
    if *method == Method::OPTIONS && (path == "*" || is_absolute && uri.path() == "/" && uri.query().is_none()) {
        // Of the absolute form, the library can't tell no path from `/`.
        return Ok(String::from(if path == "*" { "*" } else { path }));
    }
    match path {
        "*" => Err(StatusCode::BAD_REQUEST),
        path if path.starts_with('/') => Ok(String::from(path)),
        path => Ok(["/", path].concat()),
    }
}

/// Host and port: of the target, else of the field `host` (RFC 9112, 3.2.2).
fn authority(parts: &request::Parts, place: Place<'_>) -> Result<String, StatusCode> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let host = host.map(|host| host.to_str().map_err(|_| StatusCode::BAD_REQUEST)).transpose()?;
    if host.is_some_and(|host| !host.is_empty() && !is_authority(host)) {
        return Err(StatusCode::BAD_REQUEST);
    }
    if let Some(scheme) = parts.uri.scheme_str()
        && (scheme.eq_ignore_ascii_case("https") != place.is_secure)
    {
        return Err(StatusCode::MISDIRECTED_REQUEST);
    }
    if let Some(authority) = parts.uri.authority() {
        return if is_authority(authority.as_str()) { Ok(authority.to_string()) } else { Err(StatusCode::BAD_REQUEST) };
    }
    match host {
        Some(host) if !host.is_empty() => Ok(String::from(host)),
        None if parts.version >= Version::HTTP_11 => Err(StatusCode::BAD_REQUEST),
        _ => Ok(String::from(place.address)),
    }
}

/// Returns true for a host with or without a port, without a user.
fn is_authority(text: &str) -> bool {
    !text.contains('@') && text.parse::<http::uri::Authority>().is_ok_and(|authority| !authority.host().is_empty())
}

/// Removes the fields of the connection, and those that it names (RFC 9110, 7.6.1). `te` stays: servers of gRPC look at it.
fn remove_hop_by_hop(map: &mut HeaderMap) {
    let named: Vec<String> = map
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    for name in named {
        if name != "te" {
            map.remove(name);
        }
    }
    fields::remove_forbidden(map);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(method: &str, target: &str, fields: &[(&str, &str)]) -> Result<(String, String), u16> {
        let mut request = http::Request::builder().method(method).uri(target);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let place = Place { address: "127.0.0.1:8080", is_secure: false };
        head(parts, place).map(|head| (head.authority, head.path)).map_err(|status| status.as_u16())
    }

    #[test]
    fn targets_and_hosts() {
        let ok = |authority: &str, path: &str| Ok((String::from(authority), String::from(path)));
        let host = [("host", "h.test")];
        assert_eq!(head_of("GET", "/a?b=c", &[("host", "x.test:81")]), ok("x.test:81", "/a?b=c"));
        assert_eq!(head_of("GET", "http://other.test:82/p?q", &host), ok("other.test:82", "/p?q"));
        assert_eq!(head_of("GET", "http://other.test", &host), ok("other.test", "/"));
        assert_eq!(head_of("GET", "http://other.test?q=1", &host), ok("other.test", "/?q=1"));
        assert_eq!(head_of("OPTIONS", "*", &host), ok("h.test", "*"));
        assert_eq!(head_of("GET", "/", &[("host", "")]), ok("127.0.0.1:8080", "/"));
        for (method, target, fields, status) in [
            ("GET", "https://other.test/p", &host[..], 421),
            ("GET", "*", &host, 400),
            ("GET", "http://u:p@other.test/p", &host, 400),
            ("GET", "other.test:80", &host, 400),
            ("CONNECT", "other.test:443", &host, 501),
            ("GET", "/", &[], 400),
            ("GET", "/", &[("host", "a"), ("host", "b")], 400),
            ("GET", "/", &[("host", "a b")], 400),
            ("GET", "/", &[("host", "a/x")], 400),
            ("GET", "/", &[("host", "u@a")], 400),
            ("POST", "/", &[("host", "a"), ("transfer-encoding", "gzip, chunked")], 501),
            ("POST", "/", &[("host", "a"), ("transfer-encoding", "chunked"), ("content-length", "5")], 400),
        ] {
            assert_eq!(head_of(method, target, fields), Err(status), "{method} {target} {fields:?}");
        }
    }
}
