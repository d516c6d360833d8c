//! `wasi:http/client`.

use crate::p2::http::outgoing_handler::begin;
use crate::p2::http::types::errors::code;
use crate::p2::http::types::{arrived, new_exchange};
use crate::p2::interfaces::http::types::ErrorCode;
use crate::p3::Outcome;
use crate::p3::http::types::{Request, Response};
use crate::p3::interfaces::http::types as interface;
use aot_abi::trap::Trap;
use aot_host::canonical::handles::Own;
use aot_host::concurrency::host::{Later, Operation, Progress};
use aot_host::host::Host;
use aot_host::http::exchange::{Receiver, What};
use aot_host::poll::Event;

type Answer = Result<Own<interface::Response>, ErrorCode>;

/// Sends a request, and waits for the head of the response.
pub fn send(host: &mut Host, request: Own<interface::Request>) -> Outcome<Later<Answer>> {
    let Request { target, fields, body, options } = host.resources.take(request)?;
    let exchange = new_exchange(host)?;
    if !body.is_absent() {
        exchange.output().open(fields.declared_length());
    }
    match begin(host, &target, &fields, &exchange, &options.unwrap_or_default())? {
        Err(fault) => {
            let error = code(&fault);
            body.fail(fault);
            Ok(Later::Done(Err(error)))
        }
        Ok(between_bytes) => {
            body.send(host, &exchange)?;
            Ok(Later::Waits(Box::new(Sending { exchange: Some(Receiver(exchange)), between_bytes })))
        }
    }
}

/// A request whose response is awaited.
struct Sending {
    /// None after the response was taken.
    exchange: Option<Receiver>,
    between_bytes: u64,
}

impl Operation<Answer> for Sending {
    fn step(&mut self, host: &mut Host) -> Result<Progress<Answer>, Trap> {
        let Some(arrived) = arrived(&mut self.exchange, self.between_bytes) else {
            let exchange = self.exchange.as_ref().ok_or(Trap::Other)?;
            return Ok(Progress::Until(Event::Interest(exchange.0.interest(What::Response))));
        };
        Ok(Progress::Done(match arrived {
            Ok(response) => Ok(host.resources.add(Response::of_server(response).ok_or(Trap::Other)?)),
            Err(fault) => Err(code(&fault)),
        }))
    }
}
