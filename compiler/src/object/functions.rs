//! C functions that the object writer makes itself: what they have in common.

use super::errors::module_error;
use crate::error::Result;
use aot_abi::symbols;
use cranelift_codegen::Context;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature, StackSlotData, StackSlotKind, Type, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{FuncId, FuncOrDataId, Linkage, Module};
use cranelift_object::ObjectModule;

/// Returns the signature of a C function.
pub(super) fn signature(params: &[Type], result: Option<Type>) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(params.iter().map(|ty| AbiParam::new(*ty)));
    signature.returns.extend(result.map(AbiParam::new));
    signature
}

/// Defines a global function of one block. `body` writes it: it gets the arguments and returns the results.
pub(super) fn define(
    module: &mut ObjectModule,
    symbol: &str,
    signature: Signature,
    body: impl FnOnce(&mut ObjectModule, &mut FunctionBuilder<'_>, &[Value]) -> Result<Vec<Value>>,
) -> Result<FuncId> {
    // Guest code may refer to it already, with no signature.
    let declared = match module.get_name(symbol) {
        Some(FuncOrDataId::Func(id)) => module.declarations().get_function_decl(id).signature.clone(),
        _ => signature.clone(),
    };
    let id = module.declare_function(symbol, Linkage::Export, &declared).map_err(module_error)?;
    let mut context = Context::new();
    context.func.signature = signature;
    let mut builder_context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut context.func, &mut builder_context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    builder.seal_all_blocks();
    let arguments = builder.block_params(block).to_vec();
    let results = body(module, &mut builder, &arguments)?;
    builder.ins().return_(&results);
    builder.finalize(module.target_config());
    module.define_function(id, &mut context).map_err(module_error)?;
    Ok(id)
}

/// Calls a function of the runtime, and returns its results.
pub(super) fn call(
    module: &mut ObjectModule,
    builder: &mut FunctionBuilder<'_>,
    callee: &str,
    signature: Signature,
    arguments: &[Value],
) -> Result<Vec<Value>> {
    let callee = module.declare_function(callee, Linkage::Import, &signature).map_err(module_error)?;
    let callee = module.declare_func_in_func(callee, builder.func);
    let call = builder.ins().call(callee, arguments);
    Ok(builder.inst_results(call).to_vec())
}

/// Returns the address of the version symbol. A runtime of another version doesn't have it, which is an error of the link.
pub(super) fn version(module: &mut ObjectModule, builder: &mut FunctionBuilder<'_>) -> Result<Value> {
    let version = module.declare_data(symbols::VERSION, Linkage::Import, false, false).map_err(module_error)?;
    let version = module.declare_data_in_func(version, builder.func);
    Ok(builder.ins().symbol_value(I64, version))
}

/// Stores values of 64 bits in the frame, one after the other, and returns the address of the first.
pub(super) fn in_frame(builder: &mut FunctionBuilder<'_>, values: &[Value]) -> Value {
    let bytes = (values.len() * size_of::<u64>()) as u32;
    let array = builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3));
    for (index, value) in values.iter().enumerate() {
        builder.ins().stack_store(I64, *value, array, (index * size_of::<u64>()) as i32);
    }
    builder.ins().stack_addr(I64, array, 0)
}
