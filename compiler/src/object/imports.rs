//! The functions that a library imports from its host program: guest code calls one of the object, which lets the runtime call
//! another with the host program's function, away from the guest's stack.
//!
//! ```text
//! import#N(slab, options, a, b)                  frame = [a, b, 0]; trap = aot_library_import(slab, N, frame, adapter#N)
//!                                                return trap, frame[2]
//! adapter#N(function, context, instance, frame)  return function(context, instance, frame[0], frame[1], &frame[2])
//! ```
//!
//! For a component the runtime makes the arguments of core values, and has the place for the result:
//!
//! ```text
//! import#N(slab, options, a, b)                  return aot_library_import_values(slab, options, N, [a, b], adapter#N)
//! adapter#N(function, context, instance, frame)  return function(context, instance, frame[0], frame[1], frame[2])
//! ```
//!
//! In an addon the runtime calls the functions of JavaScript:
//!
//! ```text
//! adapter#N(function, context, instance, frame)  return function(context, instance, N, frame)
//! ```

use super::errors::module_error;
use super::functions::{self, call, signature};
use super::scalars::{bits, machine_types, parameter_types};
use crate::bindings::{HostFunction, Import, Interface};
use crate::error::Result;
use aot_abi::symbols;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, Type, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::FunctionBuilder;
use cranelift_module::{DataDescription, FuncId, Module};
use cranelift_object::ObjectModule;

/// Defines the functions of all imports that guest code calls.
pub(super) fn define(
    module: &mut ObjectModule,
    interface: &Interface,
    float_registers: Option<usize>,
    is_addon: bool,
) -> Result<()> {
    for (number, import) in interface.imports.iter().enumerate() {
        let Some(called) = &import.called else { continue };
        let types = parameter_types(&interface.types, &import.params, float_registers);
        let result = import.result.map(|_| if interface.is_component { Place::Loaded } else { Place::InFrame });
        let symbol = format!("adapter#{number}");
        let adapter = match is_addon && import.drops.is_none() {
            true => define_numbered(module, &symbol, number)?,
            false => define_adapter(module, &symbol, &types[1..], result)?,
        };
        match interface.is_component {
            true => define_of_component(module, called, number, adapter)?,
            false => define_of_module(module, called, number, adapter)?,
        };
    }
    Ok(())
}

/// The place for a function's result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The element behind the arguments.
    InFrame,
    /// The place whose address that element is.
    Loaded,
}

/// The signature of the function that guest code calls.
fn own_signature(import: &HostFunction) -> Signature {
    let params = machine_types(import.params.iter().copied());
    let mut own = signature(&[&[I64, I64], &params[..]].concat(), Some(I64));
    own.returns.push(AbiParam::new(I64));
    own
}

/// Defines the function that the guest code of a component calls.
fn define_of_component(
    module: &mut ObjectModule,
    import: &HostFunction,
    number: usize,
    adapter: FuncId,
) -> Result<FuncId> {
    functions::define(module, &import.symbol, own_signature(import), |module, builder, arguments| {
        let [slab, options, values @ ..] = arguments else { return Ok(Vec::new()) };
        let mut values: Vec<Value> = values.iter().map(|value| bits(builder, *value)).collect();
        // A frame has a place at least.
        values.push(builder.ins().iconst(I64, 0));
        let frame = functions::in_frame(builder, &values);
        let index = builder.ins().iconst(I32, number as i64);
        let adapter = address(module, builder, adapter);
        let mut types = signature(&[I64, I64, I32, I64, I64], Some(I64));
        types.returns.push(AbiParam::new(I64));
        call(module, builder, symbols::LIBRARY_IMPORT_VALUES, types, &[*slab, *options, index, frame, adapter])
    })
}

/// Defines the function that the guest code of a core module calls.
fn define_of_module(
    module: &mut ObjectModule,
    import: &HostFunction,
    number: usize,
    adapter: FuncId,
) -> Result<FuncId> {
    functions::define(module, &import.symbol, own_signature(import), |module, builder, arguments| {
        let [slab, _options, values @ ..] = arguments else { return Ok(Vec::new()) };
        let mut values: Vec<Value> = values.iter().map(|value| bits(builder, *value)).collect();
        values.push(builder.ins().iconst(I64, 0));
        let frame = functions::in_frame(builder, &values);
        let index = builder.ins().iconst(I32, number as i64);
        let adapter = address(module, builder, adapter);
        let types = signature(&[I64, I32, I64, I64], Some(I64));
        let mut results = call(module, builder, symbols::LIBRARY_IMPORT, types, &[*slab, index, frame, adapter])?;
        results.push(builder.ins().load(I64, MemFlagsData::trusted(), frame, offset(import.params.len())));
        Ok(results)
    })
}

fn address(module: &mut ObjectModule, builder: &mut FunctionBuilder<'_>, function: FuncId) -> Value {
    let function = module.declare_func_in_func(function, builder.func);
    builder.ins().func_addr(I64, function)
}

/// Defines the function that calls the addon's, which is the same for all imports, and gets the number.
fn define_numbered(module: &mut ObjectModule, symbol: &str, number: usize) -> Result<FuncId> {
    functions::define(module, symbol, signature(&[I64; 4], Some(I64)), |_, builder, arguments| {
        let [function, context, instance, frame] = *arguments else { return Ok(Vec::new()) };
        let number = builder.ins().iconst(I64, number as i64);
        let values = [context, instance, number, frame];
        let callee = builder.import_signature(host_signature(builder, &values));
        let call = builder.ins().call_indirect(callee, function, &values);
        Ok(builder.inst_results(call).to_vec())
    })
}

/// Defines the function that calls the host program's.
fn define_adapter(module: &mut ObjectModule, symbol: &str, types: &[Type], result: Option<Place>) -> Result<FuncId> {
    functions::define(module, symbol, signature(&[I64; 4], Some(I64)), |_, builder, arguments| {
        let [function, context, instance, frame] = *arguments else { return Ok(Vec::new()) };
        let mut values = vec![context, instance];
        for (index, ty) in types.iter().enumerate() {
            values.push(builder.ins().load(*ty, MemFlagsData::trusted(), frame, offset(index)));
        }
        let place = offset(types.len());
        match result {
            Some(Place::InFrame) => values.push(builder.ins().iadd_imm_s(frame, i64::from(place))),
            Some(Place::Loaded) => values.push(builder.ins().load(I64, MemFlagsData::trusted(), frame, place)),
            None => {}
        }
        let callee = builder.import_signature(host_signature(builder, &values));
        let call = builder.ins().call_indirect(callee, function, &values);
        Ok(builder.inst_results(call).to_vec())
    })
}

/// The signature of a function of the host program with these arguments. C has integers of 32 bits sign-extended on some targets.
fn host_signature(builder: &FunctionBuilder<'_>, arguments: &[Value]) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(arguments.iter().map(|value| match builder.func.dfg.value_type(*value) {
        I32 => AbiParam::new(I32).sext(),
        ty => AbiParam::new(ty),
    }));
    signature.returns.push(AbiParam::new(I64));
    signature
}

fn offset(index: usize) -> i32 {
    (index * size_of::<u64>()) as i32
}

/// The address of the imports' names, each with a zero behind it, and a zero at the end; null if there are none.
pub(super) fn names(module: &mut ObjectModule, builder: &mut FunctionBuilder<'_>, imports: &[Import]) -> Result<Value> {
    if imports.is_empty() {
        return Ok(builder.ins().iconst(I64, 0));
    }
    let mut names: Vec<u8> = imports.iter().flat_map(|import| [import.name.as_bytes(), b"\0"].concat()).collect();
    names.push(0);
    let mut data = DataDescription::new();
    data.define(names.into_boxed_slice());
    let id = module.declare_anonymous_data(false, false).map_err(module_error)?;
    module.define_data(id, &data).map_err(module_error)?;
    let names = module.declare_data_in_func(id, builder.func);
    Ok(builder.ins().symbol_value(I64, names))
}
