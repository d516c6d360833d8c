//! The functions of a library, which host programs call: each passes its arguments on to the runtime.
//!
//! ```text
//! W_new(options, imports, error)   return aot_library_new(options, imports, error, &version, make_state, [part or null, …])
//! W_interrupt(instance)            return aot_library_interrupt(instance)
//! W_EXPORT(instance, a, b, ret)    return aot_library_call(instance, number, [a, b, ret])
//! W_MEMORY(instance, base, bytes)  return aot_library_memory(instance, number, base, bytes)
//! W_GLOBAL_get(instance, ret)      return aot_library_global_get(instance, ret, offset, bytes)
//! W_GLOBAL_set(instance, value)    return aot_library_global_set(instance, &value, offset, bytes)
//! W_TYPE_free(value)               aot_library_value_free(value, number)
//! W_NAME_drop_own(instance, own)   return aot_library_resource_drop(instance, own, number)
//! W_borrow_NAME(own)               return own
//! ```

use super::functions::{self, call, signature};
use super::imports;
use super::main::{Parts, address_of, parts_in_frame};
use super::scalars::{bits, machine_type, parameter_types};
use super::values::ValueLimits;
use crate::bindings::{
    Function, Global, Interface, Kind, Memory, OWN_FUNCTIONS, Returns, STRING_FUNCTIONS, TypeId, Types, unaliased,
};
use crate::error::{Error, Result, Stage};
use aot_abi::exports::FLAT_PARAMS_MAX;
use aot_abi::library::{LIBRARY_VERSION, STATE};
use aot_abi::symbols;
use cranelift_codegen::ir::types::{I8, I32, I64};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use cranelift_entity::EntityRef;
use cranelift_frontend::FunctionBuilder;
use cranelift_module::FuncId;
use cranelift_object::ObjectModule;

/// The functions of a library, and how C passes their arguments.
#[derive(Clone, Debug)]
pub struct LibraryFunctions<'i> {
    /// The interface of the library.
    pub interface: &'i Interface,
    /// The number of float parameters after which others are passed as integers; `None` if none are.
    pub float_registers: Option<usize>,
    /// The limits of values.
    pub limits: ValueLimits,
    /// The parts of the runtime that the program needs; none if it needs no state of the host.
    pub parts: Option<Parts>,
    /// Node.js calls the functions, and not a C program.
    pub is_addon: bool,
}

/// The functions that every library has: parameters, result, and the runtime's function behind it; none for the version.
const OWN: [(&[Type], Option<Type>, Option<&str>); OWN_FUNCTIONS.len()] = [
    (&[I64, I64, I64], Some(I64), Some(symbols::LIBRARY_NEW)),
    (&[I64], Some(I64), Some(symbols::LIBRARY_ERROR)),
    (&[I64], Some(I32), Some(symbols::LIBRARY_EXIT_STATUS)),
    (&[I64], Some(I8), Some(symbols::LIBRARY_INTERRUPT)),
    (&[I64], None, Some(symbols::LIBRARY_FREE)),
    (&[I64], None, Some(symbols::LIBRARY_ERROR_FREE)),
    (&[I32], None, Some(symbols::LIBRARY_POOL)),
    (&[], Some(I32), None),
];

/// The functions of a library with strings.
const OF_STRINGS: [(&[Type], Option<Type>, Option<&str>); STRING_FUNCTIONS.len()] = [
    (&[I64, I64], None, Some(symbols::LIBRARY_STRING_SET)),
    (&[I64, I64], Some(I32), Some(symbols::LIBRARY_STRING_DUP)),
    (&[I64, I64, I64], Some(I32), Some(symbols::LIBRARY_STRING_DUP_N)),
    (&[I64], None, Some(symbols::LIBRARY_STRING_FREE)),
];

/// Defines all functions, and returns one of them.
pub(super) fn define(module: &mut ObjectModule, library: &LibraryFunctions<'_>) -> Result<FuncId> {
    let mut last = None;
    for (name, own) in OWN_FUNCTIONS.iter().zip(OWN) {
        last = Some(define_own(module, &library.interface.own_symbol(name), own, library)?);
    }
    for (name, own) in library.interface.string_functions().iter().zip(OF_STRINGS) {
        define_own(module, &library.interface.own_symbol(name), own, library)?;
    }
    for (ty, symbol) in library.interface.freeing() {
        define_free(module, symbol, ty)?;
    }
    for (number, resource) in library.interface.exported_resources() {
        define_drop(module, &resource.drop, number)?;
        // Both kinds of handles are the same number.
        functions::define(module, &resource.borrow, signature(&[I64], Some(I64)), |_, _, handle| Ok(handle.to_vec()))?;
    }
    for number in 0..library.interface.functions.len() {
        last = Some(define_export(module, library, number)?);
    }
    for memory in &library.interface.memories {
        define_memory(module, memory)?;
    }
    for global in &library.interface.globals {
        define_global(module, global)?;
    }
    imports::define(module, library.interface, library.float_registers, false)?;
    last.ok_or_else(|| Error::defect(Stage::Object, "a library without functions"))
}

fn define_own(
    module: &mut ObjectModule,
    symbol: &str,
    (params, result, callee): (&[Type], Option<Type>, Option<&str>),
    library: &LibraryFunctions<'_>,
) -> Result<FuncId> {
    functions::define(module, symbol, signature(params, result), |module, builder, arguments| {
        let Some(callee) = callee else {
            return Ok(vec![builder.ins().iconst(I32, i64::from(LIBRARY_VERSION))]);
        };
        let mut arguments = arguments.to_vec();
        let mut types = params.to_vec();
        if callee == symbols::LIBRARY_NEW {
            arguments.extend(arguments_of_new(module, builder, library)?);
            types.resize(arguments.len(), I64);
        }
        call(module, builder, callee, signature(&types, result), &arguments)
    })
}

/// Defines the function that makes an instance, under this name.
pub(super) fn define_new(module: &mut ObjectModule, symbol: &str, library: &LibraryFunctions<'_>) -> Result<FuncId> {
    define_own(module, symbol, OWN[0], library)
}

/// The further arguments of `aot_library_new`: the version, the runtime's parts, and the names of imports.
fn arguments_of_new(
    module: &mut ObjectModule,
    builder: &mut FunctionBuilder<'_>,
    library: &LibraryFunctions<'_>,
) -> Result<[Value; 4]> {
    let parts = library.parts.as_ref();
    let version = functions::version(module, builder)?;
    let make_state = address_of(module, builder, parts.map(|_| STATE))?;
    let parts = match parts {
        Some(parts) => parts_in_frame(module, builder, parts)?,
        None => builder.ins().iconst(I64, 0),
    };
    let names = imports::names(module, builder, &library.interface.imports)?;
    Ok([version, make_state, parts, names])
}

/// Defines the function that tells where a memory is.
fn define_memory(module: &mut ObjectModule, memory: &Memory) -> Result<FuncId> {
    let own = signature(&[I64, I64, I64], Some(I32));
    functions::define(module, &memory.symbol, own, |module, builder, arguments| {
        let number = builder.ins().iconst(I32, i64::from(memory.number));
        let types = signature(&[I64, I64, I64, I32], Some(I32));
        call(module, builder, symbols::LIBRARY_MEMORY, types, &[arguments, &[number]].concat())
    })
}

/// Defines the functions that read and write a global.
fn define_global(module: &mut ObjectModule, global: &Global) -> Result<()> {
    let place = |builder: &mut FunctionBuilder<'_>| {
        let offset = builder.ins().iconst(I64, global.offset as i64);
        [offset, builder.ins().iconst(I32, global.scalar.bytes() as i64)]
    };
    let types = signature(&[I64, I64, I64, I32], Some(I32));
    functions::define(module, &global.get, signature(&[I64, I64], Some(I32)), |module, builder, arguments| {
        let arguments = [arguments, &place(builder)].concat();
        call(module, builder, symbols::LIBRARY_GLOBAL_GET, types.clone(), &arguments)
    })?;
    let Some(set) = &global.set else { return Ok(()) };
    let own = signature(&[I64, machine_type(global.scalar)], Some(I32));
    functions::define(module, set, own, |module, builder, arguments| {
        let [instance, value] = *arguments else { return Ok(Vec::new()) };
        let value = bits(builder, value);
        let value = functions::in_frame(builder, &[value]);
        let arguments = [&[instance, value], &place(builder)[..]].concat();
        call(module, builder, symbols::LIBRARY_GLOBAL_SET, types, &arguments)
    })?;
    Ok(())
}

/// Defines a function that drops a handle of a resource.
fn define_drop(module: &mut ObjectModule, symbol: &str, resource: usize) -> Result<FuncId> {
    functions::define(module, symbol, signature(&[I64, I64], Some(I32)), |module, builder, arguments| {
        let number = builder.ins().iconst(I32, resource as i64);
        let arguments = [arguments, &[number]].concat();
        call(module, builder, symbols::LIBRARY_RESOURCE_DROP, signature(&[I64, I64, I32], Some(I32)), &arguments)
    })
}

/// Defines a function that frees what a value of a type owns.
fn define_free(module: &mut ObjectModule, symbol: &str, ty: TypeId) -> Result<FuncId> {
    functions::define(module, symbol, signature(&[I64], None), |module, builder, arguments| {
        let number = builder.ins().iconst(I32, ty.index() as i64);
        let arguments = [arguments, &[number]].concat();
        call(module, builder, symbols::LIBRARY_VALUE_FREE, signature(&[I64, I32], None), &arguments)
    })
}

fn define_export(module: &mut ObjectModule, library: &LibraryFunctions<'_>, number: usize) -> Result<FuncId> {
    let (types, function) = (&library.interface.types, &library.interface.functions[number]);
    let mut params = parameter_types(types, &function.params, library.float_registers);
    params.extend(function.returns.places().map(|_| I64));
    let callee = if is_of_scalars(types, function) { symbols::LIBRARY_CALL } else { symbols::LIBRARY_CALL_VALUES };
    functions::define(module, &function.symbol, signature(&params, Some(I32)), |module, builder, arguments| {
        let [instance, values @ ..] = arguments else { return Ok(Vec::new()) };
        let values: Vec<Value> = values.iter().map(|value| bits(builder, *value)).collect();
        let slots = functions::in_frame(builder, &values);
        let number = builder.ins().iconst(I32, number as i64);
        let types = signature(&[I64, I32, I64], Some(I32));
        call(module, builder, callee, types, &[*instance, number, slots])
    })
}

/// Returns true for a function that takes and gives numbers, booleans and characters alone, not more than in core values.
fn is_of_scalars(types: &Types, function: &Function) -> bool {
    let is_scalar = |ty: TypeId| matches!(types[unaliased(types, ty)].kind, Kind::Scalar(_));
    let returns_scalar = match function.returns {
        Returns::Nothing => true,
        Returns::Value(ty) => is_scalar(ty),
        Returns::Option(_) | Returns::Result(..) => false,
    };
    returns_scalar
        && function.params.len() <= FLAT_PARAMS_MAX
        && function.params.iter().all(|param| is_scalar(param.ty))
}
