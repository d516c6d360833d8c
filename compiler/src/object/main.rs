//! `main`, which decides what of the runtime is linked.

use super::errors::module_error;
use super::functions::{self, call, signature};
use crate::error::Result;
use aot_abi::{parts, symbols};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{InstBuilder, Value};
use cranelift_frontend::FunctionBuilder;
use cranelift_module::{FuncId, Linkage, Module};
use cranelift_object::ObjectModule;

/// The symbols of the parts of the runtime that a program needs, by their indices in `aot_abi::parts`.
pub type Parts = [Option<&'static str>; parts::COUNT];

/// The choices that `main` makes for a program.
#[derive(Clone, Debug)]
pub struct MainFunction {
    /// The runtime's main function, one of `symbols::MAIN_…`.
    pub callee: &'static str,
    /// The parts of the runtime that the program needs.
    pub parts: Parts,
    /// Features of the CPU to check first, as `aot_abi::cpu` numbers them.
    pub cpu_features: u64,
}

/// Defines `main`: it calls the runtime's main function with the addresses of the parts that the program needs. It passes
/// the address of the version symbol too, which makes a runtime of another version a link error.
///
/// ```text
/// aot_require_cpu(features)                  (if code needs more than the baseline)
/// return callee(argc, argv, envp, &version, [part or null, …])
/// ```
pub(super) fn define(module: &mut ObjectModule, main: &MainFunction) -> Result<FuncId> {
    let own = signature(&[I32, I64, I64], Some(I32));
    functions::define(module, symbols::MAIN, own, |module, builder, arguments| {
        if main.cpu_features != 0 {
            let features = builder.ins().iconst(I64, main.cpu_features.cast_signed());
            call(module, builder, symbols::REQUIRE_CPU, signature(&[I64], None), &[features])?;
        }
        let version = functions::version(module, builder)?;
        let parts = parts_in_frame(module, builder, &main.parts)?;
        let inner = signature(&[I32, I64, I64, I64, I64], Some(I32));
        call(module, builder, main.callee, inner, &[arguments, &[version, parts]].concat())
    })
}

/// The address of the array of parts, which is in the frame, because read-only data has no addresses.
pub(super) fn parts_in_frame(
    module: &mut ObjectModule,
    builder: &mut FunctionBuilder<'_>,
    parts: &Parts,
) -> Result<Value> {
    let parts = parts.iter().map(|part| address_of(module, builder, *part)).collect::<Result<Vec<_>>>()?;
    Ok(functions::in_frame(builder, &parts))
}

/// The address of a part of the runtime, or null.
pub(super) fn address_of(
    module: &mut ObjectModule,
    builder: &mut FunctionBuilder<'_>,
    part: Option<&str>,
) -> Result<Value> {
    let Some(symbol) = part else { return Ok(builder.ins().iconst(I64, 0)) };
    // It takes and gives what the runtime alone knows.
    let part = module.declare_function(symbol, Linkage::Import, &signature(&[], None)).map_err(module_error)?;
    let part = module.declare_func_in_func(part, builder.func);
    Ok(builder.ins().func_addr(I64, part))
}
