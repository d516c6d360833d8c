//! Requests and their options.

use std::rc::Rc;

use crate::p2::http::target::Target;
use crate::p2::http::types::RequestOptions as Times;
use crate::p2::interfaces::http::types::{Method, Scheme};
use crate::p3::Outcome;
use crate::p3::http::body::{Body, Sent, Trailers};
use crate::p3::http::types::fields_of;
use crate::p3::interfaces::http::types as interface;
use crate::p3::interfaces::http::types::RequestOptionsError;
use aot_host::canonical::ends::{Future, Stream};
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::host::Host;
use aot_host::http::field_list::FieldList;
use aot_host::http::incoming::IncomingRequest;

/// A request, of a guest's own or one that has come.
pub struct Request {
    /// The target of the request.
    pub target: Target,
    /// The fields of the request.
    pub fields: Rc<FieldList>,
    /// The body of the request.
    pub body: Body,
    /// The times to wait, if the guest gave any.
    pub options: Option<Times>,
}

/// Times to wait, and whether they may be changed.
pub struct RequestOptions {
    times: Times,
    is_mutable: bool,
}

type This = Borrow<interface::Request>;
type Options = Borrow<interface::RequestOptions>;

impl Request {
    /// A request that has come; none if somebody has its body.
    pub fn of_client(request: IncomingRequest) -> Option<Request> {
        let IncomingRequest { method, is_secure, authority, path, fields, receiver } = request;
        let scheme = Some(String::from(if is_secure { "https" } else { "http" }));
        let target = Target { method, scheme, authority: Some(authority), path: Some(path) };
        Some(Request { target, fields, body: Body::Host(receiver?), options: None })
    }
}

/// A request with these fields and this body, and the future of the outcome of sending it.
pub fn request_new(
    host: &mut Host,
    headers: Own<interface::FieldMap>,
    contents: Option<Stream<u8>>,
    trailers: Future<Trailers>,
    options: Option<Own<interface::RequestOptions>>,
) -> Outcome<(Own<interface::Request>, Future<Sent>)> {
    let fields = host.resources.take(headers)?.into_list();
    let options = options.map(|options| host.resources.take(options)).transpose()?.map(|options| options.times);
    let (body, sent) = Body::of_guest(host, contents, trailers)?;
    Ok((host.resources.add(Request { target: Target::default(), fields, body, options }), sent))
}

/// The method.
pub fn request_get_method(host: &mut Host, self_: This) -> Outcome<Method> {
    Ok(host.resources.get(self_)?.target.method())
}

/// Sets the method.
pub fn request_set_method(host: &mut Host, self_: This, method: Method) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_method(method))
}

/// The path and query.
pub fn request_get_path_with_query(host: &mut Host, self_: This) -> Outcome<Option<String>> {
    Ok(host.resources.get(self_)?.target.path.clone())
}

/// Sets the path and query.
pub fn request_set_path_with_query(
    host: &mut Host,
    self_: This,
    path_with_query: Option<String>,
) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_path(path_with_query))
}

/// The scheme.
pub fn request_get_scheme(host: &mut Host, self_: This) -> Outcome<Option<Scheme>> {
    Ok(host.resources.get(self_)?.target.scheme())
}

/// Sets the scheme.
pub fn request_set_scheme(host: &mut Host, self_: This, scheme: Option<Scheme>) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_scheme(scheme))
}

/// Host and port.
pub fn request_get_authority(host: &mut Host, self_: This) -> Outcome<Option<String>> {
    Ok(host.resources.get(self_)?.target.authority.clone())
}

/// Sets host and port.
pub fn request_set_authority(host: &mut Host, self_: This, authority: Option<String>) -> Outcome<Result<(), ()>> {
    Ok(host.resources.get(self_)?.target.set_authority(authority))
}

/// The options, which can't be changed any more.
pub fn request_get_options(host: &mut Host, self_: This) -> Outcome<Option<Own<interface::RequestOptions>>> {
    let times = host.resources.get(self_)?.options;
    Ok(times.map(|times| host.resources.add(RequestOptions { times, is_mutable: false })))
}

/// The fields, which can't be changed any more.
pub fn request_get_headers(host: &mut Host, self_: This) -> Outcome<Own<interface::FieldMap>> {
    let fields = host.resources.get(self_)?.fields.clone();
    Ok(fields_of(host, fields))
}

/// The body of a request, which ends.
pub fn request_consume_body(
    host: &mut Host,
    this: Own<interface::Request>,
    res: Future<Sent>,
) -> Outcome<(Stream<u8>, Future<Trailers>)> {
    let request = host.resources.take(this)?;
    request.body.consume(host, res)
}

/// Options without any time-out of their own.
pub fn request_options_constructor(host: &mut Host) -> Outcome<Own<interface::RequestOptions>> {
    Ok(host.resources.add(RequestOptions { times: Times::default(), is_mutable: true }))
}

/// A copy of options that may be changed.
pub fn request_options_clone(host: &mut Host, self_: Options) -> Outcome<Own<interface::RequestOptions>> {
    let times = host.resources.get(self_)?.times;
    Ok(host.resources.add(RequestOptions { times, is_mutable: true }))
}

/// Changes a time.
fn change(
    host: &mut Host,
    options: Options,
    time: impl FnOnce(&mut Times) -> &mut Option<u64>,
    duration: Option<u64>,
) -> Outcome<Result<(), RequestOptionsError>> {
    let options = host.resources.get(options)?;
    if !options.is_mutable {
        return Ok(Err(RequestOptionsError::Immutable));
    }
    *time(&mut options.times) = duration;
    Ok(Ok(()))
}

/// The time that a connection may take, in nanoseconds.
pub fn request_options_get_connect_timeout(host: &mut Host, self_: Options) -> Outcome<Option<u64>> {
    Ok(host.resources.get(self_)?.times.connect)
}

/// Sets how long a connection may take.
pub fn request_options_set_connect_timeout(
    host: &mut Host,
    self_: Options,
    duration: Option<u64>,
) -> Outcome<Result<(), RequestOptionsError>> {
    change(host, self_, |times| &mut times.connect, duration)
}

/// The time that the response's head may take, in nanoseconds.
pub fn request_options_get_first_byte_timeout(host: &mut Host, self_: Options) -> Outcome<Option<u64>> {
    Ok(host.resources.get(self_)?.times.first_byte)
}

/// Sets how long the response's head may take.
pub fn request_options_set_first_byte_timeout(
    host: &mut Host,
    self_: Options,
    duration: Option<u64>,
) -> Outcome<Result<(), RequestOptionsError>> {
    change(host, self_, |times| &mut times.first_byte, duration)
}

/// The time that each piece of the response's body may take, in nanoseconds.
pub fn request_options_get_between_bytes_timeout(host: &mut Host, self_: Options) -> Outcome<Option<u64>> {
    Ok(host.resources.get(self_)?.times.between_bytes)
}

/// Sets how long each piece of the response's body may take.
pub fn request_options_set_between_bytes_timeout(
    host: &mut Host,
    self_: Options,
    duration: Option<u64>,
) -> Outcome<Result<(), RequestOptionsError>> {
    change(host, self_, |times| &mut times.between_bytes, duration)
}
