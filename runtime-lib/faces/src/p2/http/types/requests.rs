//! Requests and their options.

use std::rc::Rc;

use http::uri::{Authority, PathAndQuery};

use super::{Fields, IncomingBody, Outcome, OutgoingBody};
use crate::p2::interfaces::http::types as interface;
use crate::p2::interfaces::http::types::{Method, Scheme};
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::host::Host;
use aot_host::http::exchange::{Exchange, Receiver};
use aot_host::http::field_list::FieldList;

/// A request that is to be sent.
pub struct OutgoingRequest {
    /// The method of the request.
    pub method: http::Method,
    /// The scheme, as it was given.
    pub scheme: Option<String>,
    /// Host and port.
    pub authority: Option<String>,
    /// Path and query.
    pub path: Option<String>,
    /// The fields of the request.
    pub fields: Rc<FieldList>,
    /// The exchange that sends the request's body.
    pub receiver: Receiver,
    has_body: bool,
}

/// Times to wait, in nanoseconds.
#[derive(Default)]
pub struct RequestOptions {
    /// The time until a connection stands.
    pub connect: Option<u64>,
    /// The time until the response's head is there.
    pub first_byte: Option<u64>,
    /// The time between two pieces of the response's body.
    pub between_bytes: Option<u64>,
}

type This = Borrow<interface::OutgoingRequest>;
type Options = Borrow<interface::RequestOptions>;

/// A request with these fields.
pub fn outgoing_request_constructor(
    host: &mut Host,
    headers: Own<interface::FieldMap>,
) -> Outcome<Own<interface::OutgoingRequest>> {
    let fields = host.resources.take(headers)?.into_list();
    let exchange = new_exchange(host)?;
    Ok(host.resources.add(OutgoingRequest {
        method: http::Method::GET,
        scheme: None,
        authority: None,
        path: None,
        fields,
        receiver: Receiver(exchange),
        has_body: false,
    }))
}

/// An exchange that has not begun.
pub fn new_exchange(host: &mut Host) -> Outcome<Rc<Exchange>> {
    Exchange::new(host.http()?).ok_or_else(|| host.limit_exceeded("HTTP requests at once"))
}

/// The body of an outgoing request; an error from the second call on.
pub fn outgoing_request_body(host: &mut Host, self_: This) -> Outcome<Result<Own<interface::OutgoingBody>, ()>> {
    let request = host.resources.get(self_)?;
    if core::mem::replace(&mut request.has_body, true) {
        return Ok(Err(()));
    }
    let exchange = request.receiver.0.clone();
    exchange.output().open(request.fields.declared_length());
    Ok(Ok(host.resources.add(OutgoingBody::new(exchange))))
}

/// The method of an outgoing request.
pub fn outgoing_request_method(host: &mut Host, self_: This) -> Outcome<Method> {
    Ok(method(&host.resources.get(self_)?.method))
}

/// A method in the interface's terms.
fn method(method: &http::Method) -> Method {
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

/// Sets its method.
pub fn outgoing_request_set_method(host: &mut Host, self_: This, method: Method) -> Outcome<Result<(), ()>> {
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
    let request = host.resources.get(self_)?;
    Ok(method.map(|method| request.method = method).map_err(|_| ()))
}

/// The path and query of an outgoing request.
pub fn outgoing_request_path_with_query(host: &mut Host, self_: This) -> Outcome<Option<String>> {
    Ok(host.resources.get(self_)?.path.clone())
}

/// Sets the path and query. None of them is the empty path, and `*` is the path of `OPTIONS` alone, which is checked when
/// the request is sent.
pub fn outgoing_request_set_path_with_query(
    host: &mut Host,
    self_: This,
    path_with_query: Option<String>,
) -> Outcome<Result<(), ()>> {
    let is_valid = |path: &String| path.is_empty() || path.parse::<PathAndQuery>().is_ok();
    let is_valid = path_with_query.as_ref().is_none_or(is_valid);
    Ok(set(&mut host.resources.get(self_)?.path, path_with_query, is_valid))
}

fn set(field: &mut Option<String>, value: Option<String>, is_valid: bool) -> Result<(), ()> {
    if !is_valid {
        return Err(());
    }
    *field = value;
    Ok(())
}

/// The scheme of an outgoing request.
pub fn outgoing_request_scheme(host: &mut Host, self_: This) -> Outcome<Option<Scheme>> {
    Ok(host.resources.get(self_)?.scheme.as_ref().map(|scheme| match scheme.as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(String::from(other)),
    }))
}

/// Sets the scheme, whose names have no case (RFC 3986, 3.1).
pub fn outgoing_request_set_scheme(host: &mut Host, self_: This, scheme: Option<Scheme>) -> Outcome<Result<(), ()>> {
    let scheme = scheme.map(|scheme| match scheme {
        Scheme::Http => String::from("http"),
        Scheme::Https => String::from("https"),
        Scheme::Other(other) if other.eq_ignore_ascii_case("http") => String::from("http"),
        Scheme::Other(other) if other.eq_ignore_ascii_case("https") => String::from("https"),
        Scheme::Other(other) => other,
    });
    let is_valid = scheme.as_ref().is_none_or(|scheme| scheme.parse::<http::uri::Scheme>().is_ok());
    Ok(set(&mut host.resources.get(self_)?.scheme, scheme, is_valid))
}

/// The host and port of an outgoing request.
pub fn outgoing_request_authority(host: &mut Host, self_: This) -> Outcome<Option<String>> {
    Ok(host.resources.get(self_)?.authority.clone())
}

/// Sets its host and port.
pub fn outgoing_request_set_authority(
    host: &mut Host,
    self_: This,
    authority: Option<String>,
) -> Outcome<Result<(), ()>> {
    let is_valid = authority.as_ref().is_none_or(|authority| is_authority(authority));
    Ok(set(&mut host.resources.get(self_)?.authority, authority, is_valid))
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

/// The fields of an outgoing request.
pub fn outgoing_request_headers(host: &mut Host, self_: This) -> Outcome<Own<interface::FieldMap>> {
    let fields = host.resources.get(self_)?.fields.clone();
    Ok(host.resources.add_child(Fields::of_message(fields), self_))
}

/// Options without any time-out of their own.
pub fn request_options_constructor(host: &mut Host) -> Outcome<Own<interface::RequestOptions>> {
    Ok(host.resources.add(RequestOptions::default()))
}

/// The time that a connection may take, in nanoseconds.
pub fn request_options_connect_timeout(host: &mut Host, self_: Options) -> Outcome<Option<u64>> {
    Ok(host.resources.get(self_)?.connect)
}

/// Sets how long a connection may take.
pub fn request_options_set_connect_timeout(
    host: &mut Host,
    self_: Options,
    duration: Option<u64>,
) -> Outcome<Result<(), ()>> {
    host.resources.get(self_)?.connect = duration;
    Ok(Ok(()))
}

/// The time that the response's head may take, in nanoseconds.
pub fn request_options_first_byte_timeout(host: &mut Host, self_: Options) -> Outcome<Option<u64>> {
    Ok(host.resources.get(self_)?.first_byte)
}

/// Sets how long the response's head may take.
pub fn request_options_set_first_byte_timeout(
    host: &mut Host,
    self_: Options,
    duration: Option<u64>,
) -> Outcome<Result<(), ()>> {
    host.resources.get(self_)?.first_byte = duration;
    Ok(Ok(()))
}

/// The time that each piece of the response's body may take, in nanoseconds.
pub fn request_options_between_bytes_timeout(host: &mut Host, self_: Options) -> Outcome<Option<u64>> {
    Ok(host.resources.get(self_)?.between_bytes)
}

/// Sets how long each piece of the response's body may take.
pub fn request_options_set_between_bytes_timeout(
    host: &mut Host,
    self_: Options,
    duration: Option<u64>,
) -> Outcome<Result<(), ()>> {
    host.resources.get(self_)?.between_bytes = duration;
    Ok(Ok(()))
}

pub use aot_host::http::incoming::IncomingRequest;

type Incoming = Borrow<interface::IncomingRequest>;

/// The method of an incoming request.
pub fn incoming_request_method(host: &mut Host, self_: Incoming) -> Outcome<Method> {
    Ok(method(&host.resources.get(self_)?.method))
}

/// The path and query of an incoming request.
pub fn incoming_request_path_with_query(host: &mut Host, self_: Incoming) -> Outcome<Option<String>> {
    Ok(Some(host.resources.get(self_)?.path.clone()))
}

/// The scheme of an incoming request.
pub fn incoming_request_scheme(host: &mut Host, self_: Incoming) -> Outcome<Option<Scheme>> {
    let is_secure = host.resources.get(self_)?.is_secure;
    Ok(Some(if is_secure { Scheme::Https } else { Scheme::Http }))
}

/// The host and port of an incoming request.
pub fn incoming_request_authority(host: &mut Host, self_: Incoming) -> Outcome<Option<String>> {
    Ok(Some(host.resources.get(self_)?.authority.clone()))
}

/// The fields of an incoming request.
pub fn incoming_request_headers(host: &mut Host, self_: Incoming) -> Outcome<Own<interface::FieldMap>> {
    let fields = host.resources.get(self_)?.fields.clone();
    Ok(host.resources.add_child(Fields::of_message(fields), self_))
}

/// The body of an incoming request; an error from the second call on.
pub fn incoming_request_consume(host: &mut Host, self_: Incoming) -> Outcome<Result<Own<interface::IncomingBody>, ()>> {
    let receiver = host.resources.get(self_)?.receiver.take();
    Ok(receiver.map(|receiver| host.resources.add(IncomingBody::new(receiver))).ok_or(()))
}
