//! Errors of the front end as ours.

use crate::error::{Error, INVALID, Stage};

/// An error of the parser or validator as ours.
pub(super) fn reader_error(error: &wasmparser::BinaryReaderError) -> Error {
    invalid(error.message(), error.offset())
}

/// The words of the library about a feature that is off.
const FEATURE_OFF: [&str; 7] = [
    "not enabled",
    "must be enabled",
    "required for",
    "feature required",
    "requires the",
    "without the",
    "is disabled",
];

/// The error of the validator with this message. If it says that a feature is off, or that the file ends too early, the
/// help says what that means here.
fn invalid(message: &str, offset: usize) -> Error {
    let help = if FEATURE_OFF.iter().any(|words| message.contains(words)) {
        "this version of aot doesn't compile that proposal yet; build the program without it"
    } else if message.starts_with("unexpected end") {
        "the file is incomplete: make it, or fetch it, again"
    } else {
        INVALID
    };
    Error::input(Stage::Decode, message, help).at(offset as u64)
}

/// An error of the front end as ours.
pub(super) fn front_end_error(error: &wasmtime_environ::error::Error) -> Error {
    if let Some(reader) = error.downcast_ref::<wasmparser::BinaryReaderError>() {
        return reader_error(reader);
    }
    match error.downcast_ref::<wasmtime_environ::WasmError>() {
        Some(wasmtime_environ::WasmError::InvalidWebAssembly { message, offset }) => invalid(message, *offset),
        Some(wasmtime_environ::WasmError::Unsupported(message)) => {
            Error::input(Stage::Decode, message.clone(), "this version of aot doesn't compile that yet")
        }
        _ => Error::input(Stage::Decode, format!("{error:#}"), INVALID),
    }
}
