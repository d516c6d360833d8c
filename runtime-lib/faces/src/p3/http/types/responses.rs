//! Responses.

use std::rc::Rc;

use crate::p2::http::types::{IncomingResponse, new_exchange};
use crate::p3::Outcome;
use crate::p3::http::body::{Body, Sent, Trailers};
use crate::p3::http::types::fields_of;
use crate::p3::interfaces::http::types as interface;
use aot_host::canonical::ends::{Future, Stream};
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::host::Host;
use aot_host::http::exchange::Receiver;
use aot_host::http::field_list::{FIELDS_MAX, FieldList};
use aot_host::serve::response::Set;

/// A response, of a guest's own or one that has come.
pub struct Response {
    status: u16,
    fields: Rc<FieldList>,
    body: Body,
}

type This = Borrow<interface::Response>;

impl Response {
    /// A response that has come; none if somebody has its body.
    pub fn of_server(response: IncomingResponse) -> Option<Response> {
        let IncomingResponse { status, fields, receiver } = response;
        Some(Response { status, fields, body: Body::Host(receiver?) })
    }

    /// Lets a server send the response.
    pub fn send(self, host: &mut Host) -> Outcome<Set> {
        let Response { status, fields, body } = self;
        let status = http::StatusCode::from_u16(status).map_err(|_| host.invalid("a status"))?;
        if fields.len() > FIELDS_MAX {
            return Err(host.limit_exceeded("HTTP fields"));
        }
        let exchange = new_exchange(host)?;
        let receiver = (!body.is_absent()).then(|| {
            exchange.output().open_response(fields.declared_length());
            Receiver(exchange.clone())
        });
        body.send(host, &exchange)?;
        Ok(Set { status, fields, body: receiver })
    }
}

/// A response with these fields and this body, and the future of the outcome of sending it.
pub fn response_new(
    host: &mut Host,
    headers: Own<interface::FieldMap>,
    contents: Option<Stream<u8>>,
    trailers: Future<Trailers>,
) -> Outcome<(Own<interface::Response>, Future<Sent>)> {
    let fields = host.resources.take(headers)?.into_list();
    let (body, sent) = Body::of_guest(host, contents, trailers)?;
    Ok((host.resources.add(Response { status: 200, fields, body }), sent))
}

/// The status code.
pub fn response_get_status_code(host: &mut Host, self_: This) -> Outcome<u16> {
    Ok(host.resources.get(self_)?.status)
}

/// Sets the status.
pub fn response_set_status_code(host: &mut Host, self_: This, status_code: u16) -> Outcome<Result<(), ()>> {
    let response = host.resources.get(self_)?;
    Ok(http::StatusCode::from_u16(status_code).map(|_| response.status = status_code).map_err(|_| ()))
}

/// The fields, which can't be changed any more.
pub fn response_get_headers(host: &mut Host, self_: This) -> Outcome<Own<interface::FieldMap>> {
    let fields = host.resources.get(self_)?.fields.clone();
    Ok(fields_of(host, fields))
}

/// The body of a response, which ends.
pub fn response_consume_body(
    host: &mut Host,
    this: Own<interface::Response>,
    res: Future<Sent>,
) -> Outcome<(Stream<u8>, Future<Trailers>)> {
    let response = host.resources.take(this)?;
    response.body.consume(host, res)
}
