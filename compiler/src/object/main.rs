//! `main`, which decides what of the runtime is linked.

use super::errors::module_error;
use crate::error::Result;
use aot_abi::{parts, symbols};
use cranelift_codegen::Context;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature, StackSlotData, StackSlotKind, Type, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, Linkage, Module};
use cranelift_object::ObjectModule;

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
    let (own, inner) = (signature(&[I32, I64, I64]), signature(&[I32, I64, I64, I64, I64]));
    let id = module.declare_function(symbols::MAIN, Linkage::Export, &own).map_err(module_error)?;
    let callee = module.declare_function(main.callee, Linkage::Import, &inner).map_err(module_error)?;
    let version = module.declare_data(symbols::VERSION, Linkage::Import, false, false).map_err(module_error)?;
    let mut context = Context::new();
    context.func.signature = own;
    let mut builder_context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut context.func, &mut builder_context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_all_blocks();
    require_cpu(module, &mut builder, main.cpu_features)?;
    let version = module.declare_data_in_func(version, builder.func);
    let version = builder.ins().symbol_value(I64, version);
    let parts = parts_in_frame(module, &mut builder, &main.parts)?;
    let callee = module.declare_func_in_func(callee, builder.func);
    let mut arguments = builder.block_params(block).to_vec();
    arguments.extend([version, parts]);
    let call = builder.ins().call(callee, &arguments);
    let results = builder.inst_results(call).to_vec();
    builder.ins().return_(&results);
    builder.finalize(module.target_config());
    module.define_function(id, &mut context).map_err(module_error)?;
    Ok(id)
}

/// A C function that returns an `int`.
fn signature(params: &[Type]) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(params.iter().map(|ty| AbiParam::new(*ty)));
    signature.returns.push(AbiParam::new(I32));
    signature
}

fn require_cpu(module: &mut ObjectModule, builder: &mut FunctionBuilder<'_>, features: u64) -> Result<()> {
    if features == 0 {
        return Ok(());
    }
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.push(AbiParam::new(I64));
    let check = module.declare_function(symbols::REQUIRE_CPU, Linkage::Import, &signature).map_err(module_error)?;
    let check = module.declare_func_in_func(check, builder.func);
    let features = builder.ins().iconst(I64, features.cast_signed());
    builder.ins().call(check, &[features]);
    Ok(())
}

/// The symbols of the parts of the runtime that a program needs, by their indices in `aot_abi::parts`.
pub type Parts = [Option<&'static str>; parts::COUNT];

/// The address of the array of parts, which is in the frame: read-only data has no addresses in it.
pub(super) fn parts_in_frame(
    module: &mut ObjectModule,
    builder: &mut FunctionBuilder<'_>,
    parts: &Parts,
) -> Result<Value> {
    let bytes = (parts::COUNT * size_of::<u64>()) as u32;
    let array = builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3));
    for (index, part) in parts.iter().enumerate() {
        let address = match part {
            Some(symbol) => part_address(module, builder, symbol)?,
            None => builder.ins().iconst(I64, 0),
        };
        builder.ins().stack_store(I64, address, array, (index * size_of::<u64>()) as i32);
    }
    Ok(builder.ins().stack_addr(I64, array, 0))
}

/// The address of a part.
pub(super) fn part_address(
    module: &mut ObjectModule,
    builder: &mut FunctionBuilder<'_>,
    symbol: &str,
) -> Result<Value> {
    // It takes and gives what the runtime alone knows.
    let signature = Signature::new(CallConv::SystemV);
    let part = module.declare_function(symbol, Linkage::Import, &signature).map_err(module_error)?;
    let part = module.declare_func_in_func(part, builder.func);
    Ok(builder.ins().func_addr(I64, part))
}
