//! `wasi:http/outgoing-handler`.

use http::uri::PathAndQuery;

use crate::p2::Outcome;
use crate::p2::http::types::errors::code;
use crate::p2::http::types::{FutureIncomingResponse, OutgoingRequest, RequestOptions};
use crate::p2::interfaces::http::types as interface;
use crate::p2::interfaces::http::types::ErrorCode;
use aot_host::canonical::handles::Own;
use aot_host::clocks::SECOND;
use aot_host::host::Host;
use aot_host::http::client::{self, Timeouts};
use aot_host::http::fault::Fault;
use aot_host::http::field_list::FieldList;
use aot_host::http::head::{Destination, Head};
use aot_host::network::names;

/// The time that a request waits if the program doesn't say, in nanoseconds.
const TIMEOUT: u64 = 600 * SECOND;

/// Sends a request.
pub fn handle(
    host: &mut Host,
    request: Own<interface::OutgoingRequest>,
    options: Option<Own<interface::RequestOptions>>,
) -> Outcome<Result<Own<interface::FutureIncomingResponse>, ErrorCode>> {
    let request = host.resources.take(request)?;
    let options = match options {
        Some(options) => host.resources.take(options)?,
        None => RequestOptions::default(),
    };
    let timeouts = Timeouts {
        connect: options.connect.unwrap_or(TIMEOUT),
        first_byte: options.first_byte.unwrap_or(TIMEOUT),
        between_bytes: options.between_bytes.unwrap_or(TIMEOUT),
    };
    let http = host.http()?;
    let head = match head(&request, http.settings.fields_bytes_max) {
        Ok(head) => http.settings.check(host.grantee, &head).and_then(|()| http.count_request()).map(|()| head),
        Err(fault) => Err(fault),
    };
    let head = match head {
        Ok(head) => head,
        Err(fault) => return Ok(Err(code(&fault))),
    };
    let exchange = &request.receiver.0;
    exchange.begin(client::exchange(exchange.shared.clone(), head, timeouts));
    let future = FutureIncomingResponse::new(request.receiver, timeouts.between_bytes);
    Ok(Ok(host.resources.add(future)))
}

/// The request, if it makes sense, with so many bytes of fields at most.
fn head(request: &OutgoingRequest, fields_bytes_max: usize) -> Result<Head, Fault> {
    let is_secure = match request.scheme.as_deref() {
        None | Some("https") => true,
        Some("http") => false,
        Some(_) => return Err(Fault::Protocol),
    };
    if request.method == http::Method::CONNECT {
        // The target of such a request has no path (RFC 9110, 9.3.6); there are no tunnels in the interface.
        return Err(if request.path.is_some() { Fault::Protocol } else { Fault::MethodInvalid });
    }
    let authority = request.authority.as_deref().filter(|authority| !authority.is_empty()).ok_or(Fault::UriInvalid)?;
    let destination = destination(is_secure, authority).ok_or(Fault::UriInvalid)?;
    let path = path(&request.method, request.path.as_deref().unwrap_or_default())?;
    let bytes = request.fields.bytes();
    if bytes > fields_bytes_max {
        return Err(Fault::RequestHeaderSize(bytes as u32));
    }
    let mut fields = FieldList::clone(&request.fields);
    let declared = fields.settle_length()?;
    if declared.is_some_and(|length| length > 0) && request.receiver.0.output().is_absent() {
        // The server would wait for it.
        return Err(Fault::BodySize(0));
    }
    Ok(Head { destination, method: request.method.clone(), path, fields })
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
