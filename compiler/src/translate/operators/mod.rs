//! Operators: one dispatch, one file a family.

mod array;
mod atomic;
mod call;
mod cast;
mod control;
mod exception;
mod global;
mod guarded_call;
mod i31;
mod legacy_exception;
mod local;
mod memory;
mod memory_bulk;
mod numeric;
mod object;
mod reference;
mod simd;
mod structure;
mod table;
mod unsupported;

use super::body::Body;
use crate::decode::{ConstOp, Control, Proposal, facts};
use crate::error::Result;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{Opcode, types};
use unsupported::unsupported;
use wasmparser::Operator as Op;

/// Translates an operator that control can reach.
pub(super) fn translate(body: &mut Body<'_, '_, '_>, operator: &Op<'_>) -> Result<()> {
    use Proposal as P;
    match facts(operator).proposal {
        P::mvp | P::sign_extension | P::saturating_float_to_int | P::wide_arithmetic => scalar(body, operator),
        P::bulk_memory | P::reference_types | P::function_references | P::gc => scalar(body, operator),
        P::tail_call | P::exceptions | P::legacy_exceptions => scalar(body, operator),
        P::threads => atomic::translate(body, operator),
        P::simd | P::relaxed_simd => simd::translate(body, operator),
        P::custom_descriptors | P::memory_control | P::shared_everything_threads | P::stack_switching => {
            Err(unsupported(operator))
        }
    }
}

/// Translates an operator that is neither atomic nor one of vectors.
fn scalar(body: &mut Body<'_, '_, '_>, operator: &Op<'_>) -> Result<()> {
    match *operator {
        // Control.
        Op::Unreachable => body.unreachable(),
        Op::Nop => {}
        Op::Block { blockty } => body.block(blockty),
        Op::Loop { blockty } => body.r#loop(blockty),
        Op::If { blockty } => body.r#if(blockty),
        Op::Else => body.r#else(),
        Op::End => body.end()?,
        Op::Br { relative_depth } => body.br(relative_depth),
        Op::BrIf { relative_depth } => body.br_if(relative_depth),
        Op::BrTable { ref targets } => body.br_table(targets)?,
        Op::BrOnNull { relative_depth } => body.br_on_null(relative_depth),
        Op::BrOnNonNull { relative_depth } => body.br_on_non_null(relative_depth),
        Op::Return => body.r#return(),
        Op::TryTable { ref try_table } => body.try_table(try_table),
        Op::Throw { tag_index } => body.throw(tag_index)?,
        Op::ThrowRef => body.throw_ref(),
        Op::Try { blockty } => body.legacy_try(blockty)?,
        Op::Catch { .. } | Op::CatchAll => body.legacy_clause()?,
        Op::Rethrow { relative_depth } => body.rethrow(relative_depth),
        Op::Delegate { .. } => body.end()?,

        // Calls.
        Op::Call { function_index } => body.call(function_index)?,
        Op::CallIndirect { type_index, table_index } => body.call_indirect(type_index, table_index)?,
        Op::ReturnCall { function_index } => body.return_call(function_index)?,
        Op::ReturnCallIndirect { type_index, table_index } => body.return_call_indirect(type_index, table_index)?,
        Op::CallRef { type_index } => body.call_ref(type_index),
        Op::ReturnCallRef { type_index } => body.return_call_ref(type_index),

        // Parametric and variables.
        Op::Drop => drop(body.pop()),
        Op::Select => body.select(),
        Op::TypedSelect { ty } => body.typed_select(ty),
        Op::LocalGet { local_index } => body.local_get(local_index),
        Op::LocalSet { local_index } => body.local_set(local_index),
        Op::LocalTee { local_index } => body.local_tee(local_index),
        Op::GlobalGet { global_index } => body.global_get(global_index)?,
        Op::GlobalSet { global_index } => body.global_set(global_index)?,

        // Memory.
        Op::I32Load { memarg } => body.load(&memarg, Opcode::Load, types::I32)?,
        Op::I64Load { memarg } => body.load(&memarg, Opcode::Load, types::I64)?,
        Op::F32Load { memarg } => body.load(&memarg, Opcode::Load, types::F32)?,
        Op::F64Load { memarg } => body.load(&memarg, Opcode::Load, types::F64)?,
        Op::I32Load8S { memarg } => body.load(&memarg, Opcode::Sload8, types::I32)?,
        Op::I32Load8U { memarg } => body.load(&memarg, Opcode::Uload8, types::I32)?,
        Op::I32Load16S { memarg } => body.load(&memarg, Opcode::Sload16, types::I32)?,
        Op::I32Load16U { memarg } => body.load(&memarg, Opcode::Uload16, types::I32)?,
        Op::I64Load8S { memarg } => body.load(&memarg, Opcode::Sload8, types::I64)?,
        Op::I64Load8U { memarg } => body.load(&memarg, Opcode::Uload8, types::I64)?,
        Op::I64Load16S { memarg } => body.load(&memarg, Opcode::Sload16, types::I64)?,
        Op::I64Load16U { memarg } => body.load(&memarg, Opcode::Uload16, types::I64)?,
        Op::I64Load32S { memarg } => body.load(&memarg, Opcode::Sload32, types::I64)?,
        Op::I64Load32U { memarg } => body.load(&memarg, Opcode::Uload32, types::I64)?,
        Op::I32Store { memarg } | Op::I64Store { memarg } => body.store(&memarg, Opcode::Store)?,
        Op::F32Store { memarg } | Op::F64Store { memarg } => body.store(&memarg, Opcode::Store)?,
        Op::I32Store8 { memarg } | Op::I64Store8 { memarg } => body.store(&memarg, Opcode::Istore8)?,
        Op::I32Store16 { memarg } | Op::I64Store16 { memarg } => body.store(&memarg, Opcode::Istore16)?,
        Op::I64Store32 { memarg } => body.store(&memarg, Opcode::Istore32)?,
        Op::MemorySize { mem } => body.memory_size(mem)?,
        Op::MemoryGrow { mem } => body.memory_grow(mem)?,
        Op::MemoryCopy { dst_mem, src_mem } => body.memory_copy(dst_mem, src_mem)?,
        Op::MemoryFill { mem } => body.memory_fill(mem)?,
        Op::MemoryInit { data_index, mem } => body.memory_init(data_index, mem)?,
        Op::DataDrop { data_index } => body.data_drop(data_index),

        // Tables and references.
        Op::TableGet { table } => body.table_get(table)?,
        Op::TableSet { table } => body.table_set(table)?,
        Op::TableSize { table } => body.table_size(table)?,
        Op::TableGrow { table } => body.table_grow(table)?,
        Op::TableFill { table } => body.table_fill(table)?,
        Op::TableCopy { dst_table, src_table } => body.table_copy(dst_table, src_table)?,
        Op::TableInit { elem_index, table } => body.table_init(elem_index, table)?,
        Op::ElemDrop { elem_index } => body.elem_drop(elem_index),
        Op::RefNull { .. } => body.ref_null(),
        Op::RefIsNull => body.ref_is_null(),
        Op::RefFunc { function_index } => body.ref_func(function_index)?,
        Op::RefAsNonNull => body.ref_as_non_null(),

        Op::RefEq => body.icmp(IntCC::Equal),

        // Casts.
        Op::RefTestNonNull { hty } => body.ref_test(false, hty)?,
        Op::RefTestNullable { hty } => body.ref_test(true, hty)?,
        Op::RefCastNonNull { hty } => body.ref_cast(false, hty)?,
        Op::RefCastNullable { hty } => body.ref_cast(true, hty)?,
        Op::BrOnCast { relative_depth, to_ref_type, .. } => body.br_on_cast(relative_depth, to_ref_type, true)?,
        Op::BrOnCastFail { relative_depth, to_ref_type, .. } => body.br_on_cast(relative_depth, to_ref_type, false)?,
        // The hierarchies have their bits in common.
        Op::AnyConvertExtern | Op::ExternConvertAny => {}
        Op::RefI31 => body.ref_i31(),
        Op::I31GetS => body.i31_get(Opcode::Sshr),
        Op::I31GetU => body.i31_get(Opcode::Ushr),

        // Structures.
        Op::StructNew { struct_type_index } => body.struct_new(body.type_id(struct_type_index))?,
        Op::StructNewDefault { struct_type_index } => body.struct_new_default(body.type_id(struct_type_index))?,
        Op::StructGet { struct_type_index, field_index } | Op::StructGetU { struct_type_index, field_index } => {
            body.struct_get(struct_type_index, field_index, false)?;
        }
        Op::StructGetS { struct_type_index, field_index } => body.struct_get(struct_type_index, field_index, true)?,
        Op::StructSet { struct_type_index, field_index } => body.struct_set(struct_type_index, field_index)?,

        // Arrays.
        Op::ArrayNew { array_type_index } => body.array_new(body.type_id(array_type_index))?,
        Op::ArrayNewDefault { array_type_index } => body.array_new_default(body.type_id(array_type_index))?,
        Op::ArrayNewFixed { array_type_index, array_size } => {
            body.array_new_fixed(body.type_id(array_type_index), array_size)?;
        }
        Op::ArrayNewData { array_type_index, array_data_index } => {
            body.array_new_data(array_type_index, array_data_index)?;
        }
        Op::ArrayNewElem { array_type_index, array_elem_index } => {
            body.array_new_elem(array_type_index, array_elem_index)?;
        }
        Op::ArrayGet { array_type_index } | Op::ArrayGetU { array_type_index } => {
            body.array_get(array_type_index, false)?;
        }
        Op::ArrayGetS { array_type_index } => body.array_get(array_type_index, true)?,
        Op::ArraySet { array_type_index } => body.array_set(array_type_index)?,
        Op::ArrayLen => body.array_len()?,
        Op::ArrayFill { array_type_index } => body.array_fill(array_type_index)?,
        Op::ArrayCopy { array_type_index_dst, .. } => body.array_copy(array_type_index_dst)?,
        Op::ArrayInitData { array_type_index, array_data_index } => {
            body.array_init_data(array_type_index, array_data_index)?;
        }
        Op::ArrayInitElem { array_elem_index, .. } => body.array_init_elem(array_elem_index)?,

        // Constants.
        Op::I32Const { value } => body.integer(types::I32, i64::from(value)),
        Op::I64Const { value } => body.integer(types::I64, value),
        Op::F32Const { value } => body.f32_const(value.bits()),
        Op::F64Const { value } => body.f64_const(value.bits()),

        // Comparisons.
        Op::I32Eqz | Op::I64Eqz => body.eqz(),
        Op::I32Eq | Op::I64Eq => body.icmp(IntCC::Equal),
        Op::I32Ne | Op::I64Ne => body.icmp(IntCC::NotEqual),
        Op::I32LtS | Op::I64LtS => body.icmp(IntCC::SignedLessThan),
        Op::I32LtU | Op::I64LtU => body.icmp(IntCC::UnsignedLessThan),
        Op::I32GtS | Op::I64GtS => body.icmp(IntCC::SignedGreaterThan),
        Op::I32GtU | Op::I64GtU => body.icmp(IntCC::UnsignedGreaterThan),
        Op::I32LeS | Op::I64LeS => body.icmp(IntCC::SignedLessThanOrEqual),
        Op::I32LeU | Op::I64LeU => body.icmp(IntCC::UnsignedLessThanOrEqual),
        Op::I32GeS | Op::I64GeS => body.icmp(IntCC::SignedGreaterThanOrEqual),
        Op::I32GeU | Op::I64GeU => body.icmp(IntCC::UnsignedGreaterThanOrEqual),
        Op::F32Eq | Op::F64Eq => body.fcmp(FloatCC::Equal),
        Op::F32Ne | Op::F64Ne => body.fcmp(FloatCC::NotEqual),
        Op::F32Lt | Op::F64Lt => body.fcmp(FloatCC::LessThan),
        Op::F32Gt | Op::F64Gt => body.fcmp(FloatCC::GreaterThan),
        Op::F32Le | Op::F64Le => body.fcmp(FloatCC::LessThanOrEqual),
        Op::F32Ge | Op::F64Ge => body.fcmp(FloatCC::GreaterThanOrEqual),

        // Integers.
        Op::I32Clz | Op::I64Clz => body.unary(Opcode::Clz),
        Op::I32Ctz | Op::I64Ctz => body.unary(Opcode::Ctz),
        Op::I32Popcnt | Op::I64Popcnt => body.unary(Opcode::Popcnt),
        Op::I32Add | Op::I64Add => body.binary(Opcode::Iadd),
        Op::I32Sub | Op::I64Sub => body.binary(Opcode::Isub),
        Op::I32Mul | Op::I64Mul => body.binary(Opcode::Imul),
        Op::I32DivS | Op::I64DivS => body.binary(Opcode::Sdiv),
        Op::I32DivU | Op::I64DivU => body.binary(Opcode::Udiv),
        Op::I32RemS | Op::I64RemS => body.binary(Opcode::Srem),
        Op::I32RemU | Op::I64RemU => body.binary(Opcode::Urem),
        Op::I32And | Op::I64And => body.binary(Opcode::Band),
        Op::I32Or | Op::I64Or => body.binary(Opcode::Bor),
        Op::I32Xor | Op::I64Xor => body.binary(Opcode::Bxor),
        Op::I32Shl | Op::I64Shl => body.binary(Opcode::Ishl),
        Op::I32ShrS | Op::I64ShrS => body.binary(Opcode::Sshr),
        Op::I32ShrU | Op::I64ShrU => body.binary(Opcode::Ushr),
        Op::I32Rotl | Op::I64Rotl => body.binary(Opcode::Rotl),
        Op::I32Rotr | Op::I64Rotr => body.binary(Opcode::Rotr),
        Op::I32Extend8S => body.extend(types::I8, types::I32),
        Op::I32Extend16S => body.extend(types::I16, types::I32),
        Op::I64Extend8S => body.extend(types::I8, types::I64),
        Op::I64Extend16S => body.extend(types::I16, types::I64),
        Op::I64Extend32S => body.extend(types::I32, types::I64),

        // Floats.
        Op::F32Abs | Op::F64Abs => body.unary(Opcode::Fabs),
        Op::F32Neg | Op::F64Neg => body.unary(Opcode::Fneg),
        Op::F32Ceil | Op::F64Ceil => body.unary(Opcode::Ceil),
        Op::F32Floor | Op::F64Floor => body.unary(Opcode::Floor),
        Op::F32Trunc | Op::F64Trunc => body.unary(Opcode::Trunc),
        Op::F32Nearest | Op::F64Nearest => body.unary(Opcode::Nearest),
        Op::F32Sqrt | Op::F64Sqrt => body.unary(Opcode::Sqrt),
        Op::F32Add | Op::F64Add => body.binary(Opcode::Fadd),
        Op::F32Sub | Op::F64Sub => body.binary(Opcode::Fsub),
        Op::F32Mul | Op::F64Mul => body.binary(Opcode::Fmul),
        Op::F32Div | Op::F64Div => body.binary(Opcode::Fdiv),
        Op::F32Min | Op::F64Min => body.binary(Opcode::Fmin),
        Op::F32Max | Op::F64Max => body.binary(Opcode::Fmax),
        Op::F32Copysign | Op::F64Copysign => body.binary(Opcode::Fcopysign),

        // Conversions.
        Op::I32WrapI64 => body.convert(Opcode::Ireduce, types::I32),
        Op::I64ExtendI32S => body.convert(Opcode::Sextend, types::I64),
        Op::I64ExtendI32U => body.convert(Opcode::Uextend, types::I64),
        Op::I32TruncF32S | Op::I32TruncF64S => body.convert(Opcode::FcvtToSint, types::I32),
        Op::I32TruncF32U | Op::I32TruncF64U => body.convert(Opcode::FcvtToUint, types::I32),
        Op::I64TruncF32S | Op::I64TruncF64S => body.convert(Opcode::FcvtToSint, types::I64),
        Op::I64TruncF32U | Op::I64TruncF64U => body.convert(Opcode::FcvtToUint, types::I64),
        Op::I32TruncSatF32S | Op::I32TruncSatF64S => body.convert(Opcode::FcvtToSintSat, types::I32),
        Op::I32TruncSatF32U | Op::I32TruncSatF64U => body.convert(Opcode::FcvtToUintSat, types::I32),
        Op::I64TruncSatF32S | Op::I64TruncSatF64S => body.convert(Opcode::FcvtToSintSat, types::I64),
        Op::I64TruncSatF32U | Op::I64TruncSatF64U => body.convert(Opcode::FcvtToUintSat, types::I64),
        Op::F32ConvertI32S | Op::F32ConvertI64S => body.convert(Opcode::FcvtFromSint, types::F32),
        Op::F32ConvertI32U | Op::F32ConvertI64U => body.convert(Opcode::FcvtFromUint, types::F32),
        Op::F64ConvertI32S | Op::F64ConvertI64S => body.convert(Opcode::FcvtFromSint, types::F64),
        Op::F64ConvertI32U | Op::F64ConvertI64U => body.convert(Opcode::FcvtFromUint, types::F64),
        Op::F32DemoteF64 => body.convert(Opcode::Fdemote, types::F32),
        Op::F64PromoteF32 => body.convert(Opcode::Fpromote, types::F64),
        Op::I32ReinterpretF32 => body.reinterpret(types::I32),
        Op::I64ReinterpretF64 => body.reinterpret(types::I64),
        Op::F32ReinterpretI32 => body.reinterpret(types::F32),
        Op::F64ReinterpretI64 => body.reinterpret(types::F64),

        // Wide arithmetic.
        Op::I64Add128 => body.wide_binary(Opcode::Iadd),
        Op::I64Sub128 => body.wide_binary(Opcode::Isub),
        Op::I64MulWideS => body.multiply_wide(Opcode::Sextend, Opcode::Smulhi),
        Op::I64MulWideU => body.multiply_wide(Opcode::Uextend, Opcode::Umulhi),

        _ => return Err(unsupported(operator)),
    }
    Ok(())
}

/// Translates an operator of a constant expression.
pub(super) fn translate_constant(body: &mut Body<'_, '_, '_>, op: &ConstOp) -> Result<()> {
    match *op {
        ConstOp::I32(value) => body.integer(types::I32, i64::from(value)),
        ConstOp::I64(value) => body.integer(types::I64, value),
        ConstOp::F32(bits) => body.f32_const(bits),
        ConstOp::F64(bits) => body.f64_const(bits),
        ConstOp::V128(bits) => body.vector_const(&bits.to_le_bytes()),
        ConstOp::GlobalGet(global) => body.global_get(global.as_u32())?,
        ConstOp::RefNull => body.ref_null(),
        ConstOp::RefFunc(func) => body.ref_func(func.as_u32())?,
        ConstOp::I32Add | ConstOp::I64Add => body.binary(Opcode::Iadd),
        ConstOp::I32Sub | ConstOp::I64Sub => body.binary(Opcode::Isub),
        ConstOp::I32Mul | ConstOp::I64Mul => body.binary(Opcode::Imul),
        ConstOp::RefI31 => body.ref_i31(),
        ConstOp::Convert => {}
        ConstOp::StructNew(ty) => body.struct_new(ty)?,
        ConstOp::StructNewDefault(ty) => body.struct_new_default(ty)?,
        ConstOp::ArrayNew(ty) => body.array_new(ty)?,
        ConstOp::ArrayNewDefault(ty) => body.array_new_default(ty)?,
        ConstOp::ArrayNewFixed(ty, count) => body.array_new_fixed(ty, count)?,
    }
    Ok(())
}

/// Passes over an operator that control can't reach: only the nesting of constructs counts.
pub(super) fn skip(body: &mut Body<'_, '_, '_>, operator: &Op<'_>) -> Result<()> {
    let facts = facts(operator);
    if !facts.proposal.is_compiled() {
        return Err(unsupported(operator));
    }
    if matches!(operator, Op::Try { .. }) {
        body.legacy_tries.next();
    }
    match facts.control {
        Control::Begin => body.skipped_frames += 1,
        Control::Arm | Control::End if body.skipped_frames == 0 => scalar(body, operator)?,
        Control::End => body.skipped_frames -= 1,
        Control::Arm | Control::Branch | Control::Straight => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::ALL_OPERATORS;
    use std::collections::BTreeSet;

    /// Operators that can be parsed, and that validation refuses.
    const INVALID: [&str; 1] = ["TypedSelectMulti"];

    /// The parser's list of operators may grow, so the compiler doesn't demand an arm for each.
    #[test]
    fn every_operator_of_a_compiled_proposal_has_an_arm() {
        let dispatches = [include_str!("mod.rs"), include_str!("atomic.rs"), include_str!("simd/mod.rs")];
        let is_word = |character: char| character.is_ascii_alphanumeric();
        let words: BTreeSet<&str> = dispatches.iter().flat_map(|text| text.split(|c| !is_word(c))).collect();
        for (name, facts) in ALL_OPERATORS {
            let needs_arm = facts.proposal.is_compiled() && !INVALID.contains(name);
            assert!(!needs_arm || words.contains(name), "{name} has no arm");
        }
    }
}
