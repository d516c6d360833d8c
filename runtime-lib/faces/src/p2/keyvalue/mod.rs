//! `wasi:keyvalue` of its second draft, and the functions that the drafts share.

pub mod atomics;
pub mod batch;
pub mod store;

use crate::p2::Outcome;
use crate::p2::interfaces::keyvalue::store::Error;
use aot_host::keyvalue::{Answer, Fault};

/// The error type of a draft.
pub trait StoreError: Sized {
    /// There is no store of the name.
    const NO_SUCH_STORE: Self;
    /// The store was taken away at start.
    const ACCESS_DENIED: Self;

    /// Returns the error for anything else.
    fn other(text: String) -> Self;

    /// Returns the error for a fault of a store.
    ///
    /// # Errors
    /// The guest ends.
    fn of(fault: Fault) -> Outcome<Self> {
        match fault {
            Fault::Trap(trap) => Err(trap),
            Fault::NoSuchStore => Ok(Self::NO_SUCH_STORE),
            Fault::AccessDenied => Ok(Self::ACCESS_DENIED),
            Fault::Other(text) => Ok(Self::other(text)),
        }
    }
}

impl StoreError for Error {
    const NO_SUCH_STORE: Self = Self::NoSuchStore;
    const ACCESS_DENIED: Self = Self::AccessDenied;

    fn other(text: String) -> Self {
        Self::Other(text)
    }
}

/// Returns a result as the guest gets it.
///
/// # Errors
/// The guest ends.
pub fn answer<T, E: StoreError>(result: Answer<T>) -> Outcome<Result<T, E>> {
    result.map(Ok).or_else(|fault| E::of(fault).map(Err))
}
