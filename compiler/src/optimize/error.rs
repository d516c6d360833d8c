//! Cranelift's errors, with the function that caused them.

use crate::error::{Error, Stage};
use crate::plan::FuncKind;
use crate::translate::{Context, TextItem};
use cranelift_codegen::CodegenError;

/// Makes the error of `stage` from Cranelift's error about an item.
pub fn cranelift_error(context: &Context<'_>, stage: Stage, item: TextItem, error: &CodegenError) -> Error {
    let message = format!("Cranelift failed: {error}");
    let error = match error {
        CodegenError::CodeTooLarge | CodegenError::ImplLimitExceeded => {
            Error::input(stage, message, "the function is too large for the code generator; split it")
        }
        _ => Error::defect(stage, message),
    };
    let TextItem::Func(func) = item else {
        return error;
    };
    match &context.plan.functions[func].kind {
        FuncKind::Wasm { instance, func } => {
            let module = &context.program.modules[context.plan.instances[*instance].module];
            error.in_module(module.display_name()).in_function(module.display_function(*func))
        }
        _ => error,
    }
}
