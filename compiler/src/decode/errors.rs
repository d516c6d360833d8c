//! Errors of the front end as ours.

use super::unsupported;
use crate::error::{Error, INVALID, Stage};
use wasmparser::{BinaryReaderError, Validator, WasmFeatures};

/// An error of the parser or validator as ours.
pub(super) fn reader_error(error: &BinaryReaderError) -> Error {
    match error.missing_wasm_feature() {
        Some(feature) => unsupported::error_of_feature(feature).at(error.offset() as u64),
        None => invalid(error.message(), error.offset()),
    }
}

/// The error of the validator with this message. If it says that the file ends too early, the help says what that means.
fn invalid(message: &str, offset: usize) -> Error {
    let help = if message.starts_with("unexpected end") {
        "the file is incomplete: make it, or fetch it, again"
    } else {
        INVALID
    };
    Error::input(Stage::Decode, message, help).at(offset as u64)
}

/// An error of the front end, which got these features, about `input`. Only the validator decides what is invalid: what it
/// lets pass isn't supported.
pub(super) fn front_end_error(error: &wasmtime_environ::error::Error, input: &[u8], features: WasmFeatures) -> Error {
    match error.downcast_ref::<BinaryReaderError>() {
        Some(error) => reader_error(error),
        None => match Validator::new_with_features(features).validate_all(input) {
            Err(error) => reader_error(&error),
            Ok(_) => unsupported::error_of_message(&format!("{error:#}")),
        },
    }
}

/// Returns true for a component that uses a 64-bit memory in the canonical ABI.
fn uses_memory64(input: &[u8], features: WasmFeatures) -> bool {
    let error = Validator::new_with_features(features - WasmFeatures::CM64).validate_all(input).err();
    error.and_then(|error| error.missing_wasm_feature()) == Some(WasmFeatures::CM64)
}

/// The error with the words for a feature that isn't compiled, if that is all that makes `input` invalid; with those for 64-bit
/// memories, if `input` is a component that uses one and has core types as if the memory had 32 bits.
pub(super) fn or_missing_feature(error: Error, input: &[u8], features: WasmFeatures) -> Error {
    if error.is_of_invalid_input() && uses_memory64(input, features) {
        let message = format!("the program uses 64-bit memories in the canonical ABI, and {}", error.message());
        return error.with_words_of(Error::input(Stage::Decode, message, unsupported::MEMORY64_HELP));
    }
    let missing = || unsupported::missing_feature(input, features);
    match Some(()).filter(|()| error.is_of_invalid_input()).and_then(|()| missing()) {
        Some(feature) => error.with_words_of(unsupported::error_of_feature(feature)),
        None => error,
    }
}
