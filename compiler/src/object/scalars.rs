//! Scalars and parameters as C passes them.

use crate::bindings::{Form, Kind, Param, Scalar, Types, unaliased};
use aot_abi::exports as kinds;
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::FunctionBuilder;

/// The types as which guest code passes core values.
pub(super) fn machine_types(scalars: impl Iterator<Item = Scalar>) -> Vec<Type> {
    scalars.map(machine_type).collect()
}

/// The types of parameters as C passes them, behind that of the instance.
pub(super) fn parameter_types(types: &Types, params: &[Param], float_registers: Option<usize>) -> Vec<Type> {
    let mut machine_types = vec![I64];
    let mut floats = 0;
    for param in params {
        let ty = match types[unaliased(types, param.ty)].kind {
            Kind::Scalar(scalar) => machine_type(scalar),
            Kind::Handle { .. } => I64,
            _ if param.form == Form::Value => I32,
            _ => I64,
        };
        floats += usize::from(ty.is_float());
        let is_in_integers = float_registers.is_some_and(|registers| floats > registers);
        machine_types.push(if is_in_integers { ty.as_int() } else { ty });
    }
    machine_types
}

/// The type of which C passes a scalar. What is smaller has its bits in the lowest of a register.
pub(super) fn machine_type(ty: Scalar) -> Type {
    match ty {
        Scalar::S64 | Scalar::U64 => I64,
        Scalar::F32 => F32,
        Scalar::F64 => F64,
        _ => I32,
    }
}

/// The bits of a value in 64.
pub(super) fn bits(builder: &mut FunctionBuilder<'_>, value: Value) -> Value {
    let ty = builder.func.dfg.value_type(value);
    let value = if ty.is_float() { builder.ins().bitcast(ty.as_int(), MemFlagsData::new(), value) } else { value };
    if ty.bits() < I64.bits() { builder.ins().uextend(I64, value) } else { value }
}

/// The number of a scalar's kind in the tables.
pub(super) fn scalar_kind(scalar: Scalar) -> u32 {
    match scalar {
        Scalar::Bool => kinds::TYPE_BOOL,
        Scalar::S8 => kinds::TYPE_S8,
        Scalar::U8 => kinds::TYPE_U8,
        Scalar::S16 => kinds::TYPE_S16,
        Scalar::U16 => kinds::TYPE_U16,
        Scalar::S32 => kinds::TYPE_S32,
        Scalar::U32 => kinds::TYPE_U32,
        Scalar::S64 => kinds::TYPE_S64,
        Scalar::U64 => kinds::TYPE_U64,
        Scalar::F32 => kinds::TYPE_F32,
        Scalar::F64 => kinds::TYPE_F64,
        Scalar::Char => kinds::TYPE_CHAR,
    }
}
