//! `wasi:http/incoming-handler`, which the program exports.

use aot_abi::trap::Trap;

use crate::p2::interfaces::http::types::{IncomingRequest, ResponseOutparam};
use aot_host::canonical::handles::ResourceType;
use aot_host::host::Host;
use aot_host::http::incoming;
use aot_host::serve::response::Responder;
use aot_host::serve::worker::Parameters;

const _: Parameters = parameters;

/// The parameters of `handle`: handles of a request and of what takes its response, in this component instance.
pub fn parameters(
    host: &mut Host,
    instance: u32,
    request: incoming::IncomingRequest,
    responder: Responder,
) -> Result<Vec<[u64; 2]>, Trap> {
    let request = host.resources.add::<IncomingRequest>(request).representation;
    let responder = host.resources.add::<ResponseOutparam>(responder).representation;
    let handles = host.handles(instance)?;
    let request = handles.add(IncomingRequest::NUMBER, request);
    let responder = handles.add(ResponseOutparam::NUMBER, responder);
    let (Some(request), Some(responder)) = (request, responder) else { return Err(host.limit_exceeded("handles")) };
    Ok(vec![[u64::from(request), 0], [u64::from(responder), 0]])
}
