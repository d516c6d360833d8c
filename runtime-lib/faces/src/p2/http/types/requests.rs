//! Requests and their options.

use std::rc::Rc;

use super::{Fields, IncomingBody, Outcome, OutgoingBody};
use crate::p2::http::target::{Target, method_of};
use crate::p2::interfaces::http::types as interface;
use crate::p2::interfaces::http::types::{Method, Scheme};
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::host::Host;
use aot_host::http::exchange::{Exchange, Receiver};
use aot_host::http::field_list::FieldList;

/// A request that is to be sent.
pub struct OutgoingRequest {
    /// The target of the request.
    pub target: Target,
    /// The fields of the request.
    pub fields: Rc<FieldList>,
    /// The exchange that sends the request's body.
    pub receiver: Receiver,
    has_body: bool,
}

/// Times to wait, in nanoseconds.
#[derive(Clone, Copy, Default)]
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
        target: Target::default(),
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
    Ok(host.resources.get(self_)?.target.method())
}

/// Sets its method.
pub fn outgoing_request_set_method(host: &mut Host, self_: This, method: Method) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_method(method))
}

/// The path and query of an outgoing request.
pub fn outgoing_request_path_with_query(host: &mut Host, self_: This) -> Outcome<Option<String>> {
    Ok(host.resources.get(self_)?.target.path.clone())
}

/// Sets the path and query. None of them is the empty path, and `*` is the path of `OPTIONS` alone, which is checked when
/// the request is sent.
pub fn outgoing_request_set_path_with_query(
    host: &mut Host,
    self_: This,
    path_with_query: Option<String>,
) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_path(path_with_query))
}

/// The scheme of an outgoing request.
pub fn outgoing_request_scheme(host: &mut Host, self_: This) -> Outcome<Option<Scheme>> {
    Ok(host.resources.get(self_)?.target.scheme())
}

/// Sets the scheme, whose names have no case (RFC 3986, 3.1).
pub fn outgoing_request_set_scheme(host: &mut Host, self_: This, scheme: Option<Scheme>) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_scheme(scheme))
}

/// The host and port of an outgoing request.
pub fn outgoing_request_authority(host: &mut Host, self_: This) -> Outcome<Option<String>> {
    Ok(host.resources.get(self_)?.target.authority.clone())
}

/// Sets its host and port.
pub fn outgoing_request_set_authority(
    host: &mut Host,
    self_: This,
    authority: Option<String>,
) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_authority(authority))
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
    Ok(method_of(&host.resources.get(self_)?.method))
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
