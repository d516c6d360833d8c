//! `wasi:http/handler`, which the program exports.

use aot_abi::host::CallOptions;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::p2::http::types::errors::fault;
use crate::p2::interfaces::http::types::ErrorCode;
use crate::p3::http::types::Request;
use crate::p3::interfaces::http::types as interface;
use aot_host::access::host_of_slab;
use aot_host::canonical::handles::{Own, ResourceType};
use aot_host::canonical::memory::Memory;
use aot_host::canonical::{Lift, Lifting, Words};
use aot_host::host::Host;
use aot_host::http::fault::Fault;
use aot_host::http::incoming::IncomingRequest;
use aot_host::serve::response::Set;
use aot_host::serve::service::Handler;

/// The way to call the handler.
pub const HANDLER: Handler = Handler { parameters, response };

type Answer = Result<Own<interface::Response>, ErrorCode>;

/// The parameter of `handle`: the handle of a request in this component instance.
fn parameters(host: &mut Host, instance: u32, request: IncomingRequest) -> Result<Vec<[u64; 2]>, Trap> {
    let request = Request::of_client(request).ok_or(Trap::Other)?;
    let request = host.resources.add::<interface::Request>(request).representation;
    let handle = host.handles(instance)?.add(interface::Request::NUMBER, request);
    Ok(vec![[u64::from(handle.ok_or_else(|| host.limit_exceeded("handles"))?), 0]])
}

/// Takes the response from the core results of `handle`.
///
/// # Safety
///
/// As for [`TakeResponse`](aot_host::serve::service::TakeResponse).
unsafe fn response(
    slab: *mut SlabHeader,
    options: &CallOptions,
    results: &[[u64; 2]],
    is_flat: bool,
) -> Result<Result<Set, Fault>, Trap> {
    // SAFETY: the caller's promise.
    let (memory, host) = unsafe { (Memory::of_call(slab, options), host_of_slab(slab)) };
    host.begin_call();
    let (encoding, instance) = (options.string_encoding, options.component_instance);
    let mut lifting = Lifting { memory, encoding, instance, strict: false, host: Some(host) };
    let words: Vec<u64> = results.iter().map(|slot| slot[0]).collect();
    let answer = match is_flat {
        true => Answer::lift(&mut lifting, &mut Words::new(&words)),
        false => Answer::load(&mut lifting, words.first().map_or(0, |address| u64::from(*address as u32))),
    }?;
    let host = lifting.host.ok_or(Trap::Other)?;
    Ok(match answer {
        Ok(response) => Ok(host.resources.take(response)?.send(host)?),
        Err(error) => Err(fault(&error)),
    })
}
