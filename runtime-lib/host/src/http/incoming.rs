//! Requests that clients send to a server.

use std::rc::Rc;

use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request};

use super::exchange::Receiver;
use super::field_list::FieldList;
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
    pub fields: FieldList,
    /// The response that the client can take.
    pub wanted: Wanted,
}

/// The response that a client can take.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// The version in which it is sent.
    pub version: Version,
    /// False for `HEAD`.
    pub has_contents: bool,
    /// True if trailers don't get lost (RFC 9110, 6.5.1).
    pub has_trailers: bool,
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
    pub fields: Rc<FieldList>,
    /// The exchange that receives the body; none after the body was taken.
    pub receiver: Option<Receiver>,
}

impl IncomingRequest {
    /// A request whose body an exchange receives.
    pub fn new(head: IncomingHead, receiver: Receiver) -> IncomingRequest {
        let IncomingHead { method, is_secure, authority, path, fields, wanted: _ } = head;
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

/// A head as it has come, by any version.
pub struct Received<'t> {
    method: Method,
    version: Version,
    target: Target<'t>,
    fields: Vec<(HeaderName, HeaderValue)>,
}

/// A target (RFC 9112, 3.2).
struct Target<'t> {
    scheme: Option<&'t str>,
    authority: Option<&'t str>,
    path: String,
}

impl<'t> Received<'t> {
    /// The head of a request over HTTP/1.
    ///
    /// # Errors
    /// The status that refuses a method or target.
    pub fn of_target(
        method: Method,
        target: &'t str,
        version: Version,
        fields: Vec<(HeaderName, HeaderValue)>,
    ) -> Result<Received<'t>, StatusCode> {
        if method == Method::CONNECT {
            // There are no tunnels in the interface.
            return Err(StatusCode::NOT_IMPLEMENTED);
        }
        let target = Target::parse(&method, target)?;
        Ok(Received { method, version, target, fields })
    }

    /// The head of a request over HTTP/2, whose crumbs of cookies become one field (RFC 9113, 8.2.3).
    ///
    /// # Errors
    /// The status that refuses a method or target.
    pub fn of_parts(parts: &'t request::Parts) -> Result<Received<'t>, StatusCode> {
        if parts.method == Method::CONNECT {
            return Err(StatusCode::NOT_IMPLEMENTED);
        }
        let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
        if path == "*" && parts.method != Method::OPTIONS {
            return Err(StatusCode::BAD_REQUEST);
        }
        let path = if path.starts_with('?') { ["/", path].concat() } else { String::from(path) };
        let authority = parts.uri.authority().map(Authority::as_str);
        let target = Target { scheme: parts.uri.scheme_str(), authority, path };
        let fields = fields_of_http_2(&parts.headers);
        Ok(Received { method: parts.method.clone(), version: Version::HTTP_2, target, fields })
    }

    fn values(&self, name: HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.fields.iter().filter(move |(present, _)| *present == name).map(|(_, value)| value)
    }
}

fn fields_of_http_2(map: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    let mut list: Vec<(HeaderName, HeaderValue)> = Vec::with_capacity(map.len());
    for (name, value) in map {
        match list.last_mut() {
            Some((last, cookie)) if *last == header::COOKIE && *name == header::COOKIE => {
                let joined = [cookie.as_bytes(), b"; ", value.as_bytes()].concat();
                // Both were values before.
                *cookie = HeaderValue::from_maybe_shared(joined).unwrap_or_else(|_| cookie.clone());
            }
            _ => list.push((name.clone(), value.clone())),
        }
    }
    list
}

impl<'t> Target<'t> {
    fn parse(method: &Method, text: &'t str) -> Result<Target<'t>, StatusCode> {
        if text.starts_with('/') || text == "*" && *method == Method::OPTIONS {
            return Ok(Target { scheme: None, authority: None, path: String::from(text) });
        }
        let (scheme, rest) = text.split_once("://").ok_or(StatusCode::BAD_REQUEST)?;
        let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if scheme.is_empty() || !scheme.bytes().all(is_scheme) {
            return Err(StatusCode::BAD_REQUEST);
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = match path {
            "" if *method == Method::OPTIONS => String::from("*"),
            path if path.starts_with('/') => String::from(path),
            path => ["/", path].concat(),
        };
        Ok(Target { scheme: Some(scheme), authority: Some(authority), path })
    }
}

/// Returns true for what the path and query of a URI may have (RFC 3986, 3.3 and 3.4). A percent sign may be followed by
/// anything: programs decode it.
fn is_path(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/?".contains(&byte))
}

/// The head of a request for the guest, or the status that refuses it.
///
/// # Errors
/// The request breaks a rule of RFC 9110 or 9112.
pub fn head(received: Received<'_>, place: Place<'_>) -> Result<IncomingHead, StatusCode> {
    if !is_path(&received.target.path) {
        return Err(StatusCode::BAD_REQUEST);
    }
    let (is_secure, authority) = (is_secure(&received, place)?, authority(&received, place)?);
    let has_trailers = fields::names_of(received.values(header::TE)).any(is_trailers);
    let wanted = Wanted { version: received.version, has_contents: received.method != Method::HEAD, has_trailers };
    let fields = end_to_end(&received);
    let Received { method, target, .. } = received;
    Ok(IncomingHead { method, is_secure, authority, path: target.path, fields, wanted })
}

fn is_trailers(name: &str) -> bool {
    name.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("trailers"))
}

/// Returns true for `https`. Over HTTP/1, a scheme that isn't the connection's is refused (RFC 9110, 7.4). Over HTTP/2 each
/// request has one, and proxies that take the encryption off pass it on as it is.
fn is_secure(received: &Received<'_>, place: Place<'_>) -> Result<bool, StatusCode> {
    let Some(scheme) = received.target.scheme else { return Ok(place.is_secure) };
    let is_secure = scheme.eq_ignore_ascii_case("https");
    let is_known = is_secure || scheme.eq_ignore_ascii_case("http");
    if is_known && (is_secure == place.is_secure || received.version == Version::HTTP_2) {
        return Ok(is_secure);
    }
    Err(StatusCode::MISDIRECTED_REQUEST)
}

/// Host and port: of the target, else of the field `host` (RFC 9112, 3.2.2).
fn authority(received: &Received<'_>, place: Place<'_>) -> Result<String, StatusCode> {
    let mut hosts = received.values(header::HOST);
    let (host, further) = (hosts.next(), hosts.next());
    let host = host.map(|host| host.to_str().map_err(|_| StatusCode::BAD_REQUEST)).transpose()?;
    let is_valid = host.is_none_or(|host| host.is_empty() || is_authority(host));
    if further.is_some() || !is_valid || host.is_none() && received.version == Version::HTTP_11 {
        return Err(StatusCode::BAD_REQUEST);
    }
    match (received.target.authority, host) {
        (Some(authority), _) if is_authority(authority) => Ok(String::from(authority)),
        (Some(_), _) => Err(StatusCode::BAD_REQUEST),
        (None, Some(host)) if !host.is_empty() => Ok(String::from(host)),
        // Over HTTP/2 there has to be one of both (RFC 9113, 8.3.1).
        (None, None) if received.version == Version::HTTP_2 => Err(StatusCode::BAD_REQUEST),
        _ => Ok(String::from(place.address)),
    }
}

/// Returns true for a host with or without a port, without a user.
fn is_authority(text: &str) -> bool {
    if text.contains('@') {
        return false;
    }
    let port = text.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'));
    let is_port = port.is_none_or(|port| port.is_empty() || port.parse::<u16>().is_ok() && !port.starts_with('+'));
    is_port && text.parse::<Authority>().is_ok_and(|authority| !authority.host().is_empty())
}

/// Returns the fields that aren't the connection's, nor named by it (RFC 9110, 7.6.1), in their order. `te` stays: servers
/// of gRPC look at it. Of two equal lengths there is one.
fn end_to_end(received: &Received<'_>) -> FieldList {
    let named: Vec<&str> = fields::names_of(received.values(header::CONNECTION)).collect();
    let is_named = |name: &HeaderName| *name != header::TE && named.iter().any(|named| name == named);
    let mut list = FieldList::with_capacity(received.fields.len());
    for (name, value) in &received.fields {
        let is_repeated = *name == header::CONTENT_LENGTH && list.has(name);
        if !fields::is_forbidden(name) && !is_named(name) && !is_repeated {
            list.push(name.clone(), value.clone());
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(method: &str, target: &str, fields: &[(&str, &str)]) -> Result<(String, String), u16> {
        let fields = fields.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let place = Place { address: "127.0.0.1:8080", is_secure: false };
        let received = Received::of_target(method.parse().unwrap(), target, Version::HTTP_11, fields);
        let head = received.and_then(|received| head(received, place));
        head.map(|head| (head.authority, head.path)).map_err(|status| status.as_u16())
    }

    #[test]
    fn targets_and_hosts() {
        let ok = |authority: &str, path: &str| Ok((String::from(authority), String::from(path)));
        let host = [("host", "h.test")];
        assert_eq!(head_of("GET", "/a?b=c", &[("host", "x.test:81")]), ok("x.test:81", "/a?b=c"));
        assert_eq!(head_of("GET", "HTTP://other.test:82/p?q", &host), ok("other.test:82", "/p?q"));
        assert_eq!(head_of("GET", "http://other.test", &host), ok("other.test", "/"));
        assert_eq!(head_of("GET", "http://other.test?q=1", &host), ok("other.test", "/?q=1"));
        assert_eq!(head_of("OPTIONS", "http://other.test", &host), ok("other.test", "*"));
        assert_eq!(head_of("OPTIONS", "http://other.test/", &host), ok("other.test", "/"));
        assert_eq!(head_of("OPTIONS", "*", &host), ok("h.test", "*"));
        assert_eq!(head_of("GET", "/", &[("host", "")]), ok("127.0.0.1:8080", "/"));
        assert_eq!(head_of("GET", "/", &[("host", "[::1]:80")]), ok("[::1]:80", "/"));
        assert_eq!(head_of("GET", "//a/../%zz?", &host), ok("h.test", "//a/../%zz?"));
        for (method, target, fields, status) in [
            ("GET", "https://other.test/p", &host[..], 421),
            ("GET", "ftp://other.test/p", &host, 421),
            ("GET", "*", &host, 400),
            ("GET", "http://u:p@other.test/p", &host, 400),
            ("GET", "http:///p", &host, 400),
            ("GET", "http://other.test#f", &host, 400),
            ("GET", "other.test:80", &host, 400),
            ("GET", "?x", &host, 400),
            ("GET", "a/b", &host, 400),
            ("GET", "", &host, 400),
            ("GET", "/a?b#frag", &host, 400),
            ("GET", "/\"", &host, 400),
            ("GET", "/[1]", &host, 400),
            ("GET", "/\u{e4}", &host, 400),
            ("CONNECT", "other.test:443", &host, 501),
            ("GET", "/", &[], 400),
            ("GET", "http://other.test/", &[], 400),
            ("GET", "/", &[("host", "a"), ("host", "b")], 400),
            ("GET", "/", &[("host", "a b")], 400),
            ("GET", "/", &[("host", "a/x")], 400),
            ("GET", "/", &[("host", "u@a")], 400),
            ("GET", "/", &[("host", "a:99999")], 400),
        ] {
            assert_eq!(head_of(method, target, fields), Err(status), "{method} {target} {fields:?}");
        }
    }
}
