//! Responses, and those that are to come.

use std::rc::Rc;

use super::errors::{code, fault};
use super::requests::new_exchange;
use super::{Fields, IncomingBody, Outcome, OutgoingBody};
use crate::p2::interfaces::http::types as interface;
use crate::p2::interfaces::http::types::ErrorCode;
use crate::p2::interfaces::io::poll as poll_interface;
use crate::p2::io::poll::Pollable;
use aot_host::canonical::handles::{Borrow, Own, Resources};
use aot_host::host::Host;
use aot_host::http::exchange::{Receiver, What};
use aot_host::http::fault::Fault;
use aot_host::http::field_list::{FIELDS_MAX, FieldList};
use aot_host::http::fields;
use aot_host::poll::Interest;
use aot_host::serve::response::Set;

/// A response that is to come.
pub struct FutureIncomingResponse {
    /// The exchange; none after the response was taken.
    receiver: Option<Receiver>,
    between_bytes: u64,
}

impl FutureIncomingResponse {
    /// The response of an exchange that has begun.
    pub fn new(receiver: Receiver, between_bytes: u64) -> FutureIncomingResponse {
        FutureIncomingResponse { receiver: Some(receiver), between_bytes }
    }

    /// The response or why there is none, once that is known.
    fn take(&mut self) -> Option<Result<Result<IncomingResponse, Fault>, ()>> {
        if self.receiver.is_none() {
            return Some(Err(()));
        }
        arrived(&mut self.receiver, self.between_bytes).map(Ok)
    }
}

/// The response of an exchange or why there is none, once that is known: it takes the exchange.
pub fn arrived(exchange: &mut Option<Receiver>, between_bytes: u64) -> Option<Result<IncomingResponse, Fault>> {
    let receiver = exchange.as_ref()?;
    receiver.0.drive();
    let result = receiver.0.shared.response.take()?;
    let receiver = exchange.take()?;
    Some(result.map(|response| {
        let (mut head, body) = response.into_parts();
        fields::remove_forbidden(&mut head.headers);
        receiver.0.input().begin(body, between_bytes);
        let fields = Rc::new(FieldList::from(&head.headers));
        IncomingResponse { status: head.status.as_u16(), fields, receiver: Some(receiver) }
    }))
}

/// A response that has come.
pub struct IncomingResponse {
    /// The status code.
    pub status: u16,
    /// The fields of the head.
    pub fields: Rc<FieldList>,
    /// The exchange; none after the body was taken.
    pub receiver: Option<Receiver>,
}

type Future = Borrow<interface::FutureIncomingResponse>;
type This = Borrow<interface::IncomingResponse>;

/// Something to wait for the response with.
pub fn future_incoming_response_subscribe(host: &mut Host, self_: Future) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(resources: &mut Resources, representation: u32) -> Outcome<Interest> {
        let future = resources.object::<FutureIncomingResponse>(representation)?;
        Ok(future.receiver.as_ref().map_or(Interest::Ready, |receiver| receiver.0.interest(What::Response)))
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}

/// The response, once.
#[allow(clippy::type_complexity, reason = "the interface's own type")]
pub fn future_incoming_response_get(
    host: &mut Host,
    self_: Future,
) -> Outcome<Option<Result<Result<Own<interface::IncomingResponse>, ErrorCode>, ()>>> {
    let taken = host.resources.get(self_)?.take();
    Ok(taken.map(|taken| {
        taken.map(|result| result.map(|response| host.resources.add(response)).map_err(|fault| code(&fault)))
    }))
}

/// The status code of a response that has come.
pub fn incoming_response_status(host: &mut Host, self_: This) -> Outcome<u16> {
    Ok(host.resources.get(self_)?.status)
}

/// The fields of a response that has come.
pub fn incoming_response_headers(host: &mut Host, self_: This) -> Outcome<Own<interface::FieldMap>> {
    let fields = host.resources.get(self_)?.fields.clone();
    Ok(host.resources.add_child(Fields::of_message(fields), self_))
}

/// The body, once.
pub fn incoming_response_consume(host: &mut Host, self_: This) -> Outcome<Result<Own<interface::IncomingBody>, ()>> {
    let receiver = host.resources.get(self_)?.receiver.take();
    Ok(receiver.map(|receiver| host.resources.add(IncomingBody::new(receiver))).ok_or(()))
}

/// A response of the program's own.
pub struct OutgoingResponse {
    status: u16,
    fields: Rc<FieldList>,
    /// The exchange that takes the response's body, once the guest has asked for it. If the response is dropped before it
    /// is sent, nothing reads the body.
    receiver: Option<Receiver>,
}

/// The destination of the response to an incoming request.
pub use aot_host::serve::response::Responder as ResponseOutparam;

type Outgoing = Borrow<interface::OutgoingResponse>;

/// A response with these fields.
pub fn outgoing_response_constructor(
    host: &mut Host,
    headers: Own<interface::FieldMap>,
) -> Outcome<Own<interface::OutgoingResponse>> {
    let fields = host.resources.take(headers)?.into_list();
    Ok(host.resources.add(OutgoingResponse { status: 200, fields, receiver: None }))
}

/// The status code of an outgoing response.
pub fn outgoing_response_status_code(host: &mut Host, self_: Outgoing) -> Outcome<u16> {
    Ok(host.resources.get(self_)?.status)
}

/// Sets the status.
pub fn outgoing_response_set_status_code(
    host: &mut Host,
    self_: Outgoing,
    status_code: u16,
) -> Outcome<Result<(), ()>> {
    let response = host.resources.get(self_)?;
    Ok(http::StatusCode::from_u16(status_code).map(|_| response.status = status_code).map_err(|_| ()))
}

/// The fields of an outgoing response.
pub fn outgoing_response_headers(host: &mut Host, self_: Outgoing) -> Outcome<Own<interface::FieldMap>> {
    let fields = host.resources.get(self_)?.fields.clone();
    Ok(host.resources.add_child(Fields::of_message(fields), self_))
}

/// The body, once.
pub fn outgoing_response_body(host: &mut Host, self_: Outgoing) -> Outcome<Result<Own<interface::OutgoingBody>, ()>> {
    let response = host.resources.get(self_)?;
    if response.receiver.is_some() {
        return Ok(Err(()));
    }
    let declared = response.fields.declared_length();
    let exchange = new_exchange(host)?;
    exchange.output().open_response(declared);
    host.resources.get(self_)?.receiver = Some(Receiver(exchange.clone()));
    Ok(Ok(host.resources.add(OutgoingBody::new(exchange))))
}

/// Sends a response, or the error for which there is none.
pub fn response_outparam_set(
    host: &mut Host,
    param: Own<interface::ResponseOutparam>,
    response: Result<Own<interface::OutgoingResponse>, ErrorCode>,
) -> Outcome<()> {
    let responder = host.resources.take(param)?;
    let result = match response {
        Ok(response) => {
            let OutgoingResponse { status, fields, receiver } = host.resources.take(response)?;
            let status = http::StatusCode::from_u16(status).map_err(|_| host.invalid("a status"))?;
            if fields.len() > FIELDS_MAX {
                return Err(host.limit_exceeded("HTTP fields"));
            }
            Ok(Set { status, fields, body: receiver })
        }
        Err(code) => Err(fault(&code)),
    };
    responder.set(result);
    Ok(())
}
