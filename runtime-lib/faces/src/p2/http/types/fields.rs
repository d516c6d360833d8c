//! Fields.

use std::borrow::Cow;
use std::rc::Rc;

use super::Outcome;
use crate::p2::interfaces::http::types as interface;
use crate::p2::interfaces::http::types::HeaderError;
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::host::Host;
use aot_host::http::fields::Problem;
pub use aot_host::http::fields::{Fields, Fields as FieldMap};

/// The interface's error; what it has none for ends the program.
fn answer(host: &mut Host, result: Result<(), Problem>) -> Outcome<Result<(), HeaderError>> {
    match result {
        Ok(()) => Ok(Ok(())),
        Err(Problem::Syntax) => Ok(Err(HeaderError::InvalidSyntax)),
        Err(Problem::Forbidden) => Ok(Err(HeaderError::Forbidden)),
        Err(Problem::Immutable) => Ok(Err(HeaderError::Immutable)),
        Err(Problem::TooLarge) => Err(host.limit_exceeded("bytes of HTTP fields")),
    }
}

field_functions!(fields_entries);
