//! The head of a request.

use http::Method;
use http::uri::PathAndQuery;

use super::field_list::FieldList;

/// The destination of a request.
pub struct Destination {
    /// True for a connection over TLS.
    pub is_secure: bool,
    /// The server's name, in lower case, or its address, without brackets.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The host and port as the guest wrote them.
    pub authority: String,
}

/// A request without its body.
pub struct Head {
    /// The destination of the request.
    pub destination: Destination,
    /// The method of the request.
    pub method: Method,
    /// The path, with the query.
    pub path: PathAndQuery,
    /// The header fields.
    pub fields: FieldList,
}
