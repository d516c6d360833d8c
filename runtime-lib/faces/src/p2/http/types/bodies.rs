//! Bodies and trailers.

use std::rc::Rc;

use super::errors::code;
use super::{Fields, Outcome};
use crate::p2::interfaces::http::types as interface;
use crate::p2::interfaces::http::types::ErrorCode;
use crate::p2::interfaces::io::{poll as poll_interface, streams as stream_interface};
use crate::p2::io::poll::Pollable;
use aot_host::canonical::handles::{Borrow, Own, Resources};
use aot_host::host::Host;
use aot_host::http::exchange::{Exchange, Receiver, What};
use aot_host::http::field_list::FieldList;
use aot_host::http::input::{ResponseStream, Wants};
use aot_host::http::output::RequestStream;
use aot_host::poll::Interest;
use aot_host::streams;

/// The body of a request.
pub struct OutgoingBody {
    exchange: Rc<Exchange>,
    has_stream: bool,
}

impl OutgoingBody {
    /// The body of an exchange.
    pub fn new(exchange: Rc<Exchange>) -> OutgoingBody {
        OutgoingBody { exchange, has_stream: false }
    }
}

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        self.exchange.output().abort();
    }
}

/// The stream that writes the contents of a request's body; an error from the second call on.
pub fn outgoing_body_write(
    host: &mut Host,
    self_: Borrow<interface::OutgoingBody>,
) -> Outcome<Result<Own<stream_interface::OutputStream>, ()>> {
    let body = host.resources.get(self_)?;
    if core::mem::replace(&mut body.has_stream, true) {
        return Ok(Err(()));
    }
    let stream: Box<dyn streams::OutputStream> = Box::new(RequestStream::new(body.exchange.clone()));
    Ok(Ok(host.resources.add_child(stream, self_)))
}

/// Ends a request's body, with its trailers.
pub fn outgoing_body_finish(
    host: &mut Host,
    this: Own<interface::OutgoingBody>,
    trailers: Option<Own<interface::FieldMap>>,
) -> Outcome<Result<(), ErrorCode>> {
    let body = host.resources.take(this)?;
    let trailers = match trailers {
        Some(trailers) => {
            let map = host.resources.take(trailers)?.list.to_map();
            Some(map.ok_or_else(|| host.limit_exceeded("HTTP fields"))?)
        }
        None => None,
    };
    let result = body.exchange.output().finish(trailers);
    body.exchange.drive();
    Ok(result.map_err(|fault| code(&fault)))
}

/// The body of a response.
pub struct IncomingBody {
    receiver: Receiver,
    has_stream: bool,
}

impl IncomingBody {
    /// The body of an exchange.
    pub fn new(receiver: Receiver) -> IncomingBody {
        IncomingBody { receiver, has_stream: false }
    }
}

/// The stream that reads the contents of a response's body; an error from the second call on.
pub fn incoming_body_stream(
    host: &mut Host,
    self_: Borrow<interface::IncomingBody>,
) -> Outcome<Result<Own<stream_interface::InputStream>, ()>> {
    let body = host.resources.get(self_)?;
    if core::mem::replace(&mut body.has_stream, true) {
        return Ok(Err(()));
    }
    let exchange = &body.receiver.0;
    exchange.input().want(Wants::Contents);
    let stream: Box<dyn streams::InputStream> = Box::new(ResponseStream::new(exchange.clone()));
    Ok(Ok(host.resources.add_child(stream, self_)))
}

/// Ends the reading of a response's contents, and returns the future of its trailers.
pub fn incoming_body_finish(
    host: &mut Host,
    this: Own<interface::IncomingBody>,
) -> Outcome<Own<interface::FutureTrailers>> {
    let body = host.resources.take(this)?;
    body.receiver.0.input().want(Wants::End);
    Ok(host.resources.add(FutureTrailers { receiver: body.receiver, is_taken: false }))
}

/// The trailers that are to come.
pub struct FutureTrailers {
    receiver: Receiver,
    is_taken: bool,
}

type Trailers = Borrow<interface::FutureTrailers>;

/// Something to wait for the trailers with.
pub fn future_trailers_subscribe(host: &mut Host, self_: Trailers) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(resources: &mut Resources, representation: u32) -> Outcome<Interest> {
        Ok(resources.object::<FutureTrailers>(representation)?.receiver.0.interest(What::End))
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}

/// The trailers, once.
#[allow(clippy::type_complexity, reason = "the interface's own type")]
pub fn future_trailers_get(
    host: &mut Host,
    self_: Trailers,
) -> Outcome<Option<Result<Result<Option<Own<interface::FieldMap>>, ErrorCode>, ()>>> {
    let future = host.resources.get(self_)?;
    future.receiver.0.drive();
    let Some(end) = future.receiver.0.input().take_end() else { return Ok(None) };
    if core::mem::replace(&mut future.is_taken, true) {
        return Ok(Some(Err(())));
    }
    Ok(Some(Ok(match end {
        Ok(trailers) => Ok(trailers.map(|map| {
            let list = Rc::new(FieldList::from(&map));
            host.resources.add_child(Fields::of_message(list), self_)
        })),
        Err(fault) => Err(code(&fault)),
    })))
}
