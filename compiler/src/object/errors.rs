//! Errors of the libraries that write objects, as ours.

use crate::error::{Error, Stage};

/// An error of Cranelift's object module.
pub(super) fn module_error(error: cranelift_module::ModuleError) -> Error {
    Error::defect(Stage::Object, format!("the object can't be written: {error}"))
}

/// An error of the writer of object files.
pub(super) fn write_error(error: cranelift_object::object::write::Error) -> Error {
    Error::defect(Stage::Object, format!("the object can't be written: {error}"))
}
