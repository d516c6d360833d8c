//! The head of a request.

use http::uri::PathAndQuery;
use http::{HeaderMap, Method};

/// Where a request goes.
pub struct Destination {
    /// Over TLS.
    pub is_secure: bool,
    /// The server's name, in lower case, or its address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Host and port as the guest wrote them.
    pub authority: String,
}

/// What a request is besides its body.
pub struct Head {
    /// Where it goes.
    pub destination: Destination,
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: PathAndQuery,
    /// Its fields.
    pub fields: HeaderMap,
}
