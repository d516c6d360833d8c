//! `wasi:keyvalue` of its second draft.

pub mod atomics;
pub mod batch;
pub mod store;

use crate::p2::Outcome;
use crate::p2::interfaces::keyvalue::store::Error;
use aot_host::keyvalue::{Answer, Fault};

/// A result as the guest gets it.
fn answer<T>(result: Answer<T>) -> Outcome<Result<T, Error>> {
    result.map(Ok).or_else(|fault| error(fault).map(Err))
}

fn error(fault: Fault) -> Outcome<Error> {
    match fault {
        Fault::Trap(trap) => Err(trap),
        Fault::NoSuchStore => Ok(Error::NoSuchStore),
        Fault::AccessDenied => Ok(Error::AccessDenied),
        Fault::Other(text) => Ok(Error::Other(text)),
    }
}
