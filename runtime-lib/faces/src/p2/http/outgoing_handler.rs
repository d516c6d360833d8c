//! `wasi:http/outgoing-handler`.

use crate::p2::Outcome;
use crate::p2::http::target::Target;
use crate::p2::http::types::errors::code;
use crate::p2::http::types::{FutureIncomingResponse, RequestOptions};
use crate::p2::interfaces::http::types as interface;
use crate::p2::interfaces::http::types::ErrorCode;
use aot_host::canonical::handles::Own;
use aot_host::clocks::SECOND;
use aot_host::host::Host;
use aot_host::http::client::{self, Timeouts};
use aot_host::http::exchange::Exchange;
use aot_host::http::fault::Fault;
use aot_host::http::field_list::FieldList;

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
    match begin(host, &request.target, &request.fields, &request.receiver.0, &options)? {
        Ok(between_bytes) => Ok(Ok(host.resources.add(FutureIncomingResponse::new(request.receiver, between_bytes)))),
        Err(fault) => Ok(Err(code(&fault))),
    }
}

/// Begins to send a request, if it makes sense and is granted: the time between two pieces of the response's body.
pub fn begin(
    host: &mut Host,
    target: &Target,
    fields: &FieldList,
    exchange: &Exchange,
    options: &RequestOptions,
) -> Outcome<Result<u64, Fault>> {
    let http = host.http()?;
    let head = target.head(fields, exchange.output().is_absent(), http.settings.fields_bytes_max);
    let head = head.and_then(|head| http.settings.check(host.grantee, &head).map(|()| head));
    let head = match head.and_then(|head| http.count_request().map(|()| head)) {
        Ok(head) => head,
        Err(fault) => return Ok(Err(fault)),
    };
    let timeouts = Timeouts {
        connect: options.connect.unwrap_or(TIMEOUT),
        first_byte: options.first_byte.unwrap_or(TIMEOUT),
        between_bytes: options.between_bytes.unwrap_or(TIMEOUT),
    };
    exchange.begin(client::exchange(exchange.shared.clone(), head, timeouts));
    Ok(Ok(timeouts.between_bytes))
}
