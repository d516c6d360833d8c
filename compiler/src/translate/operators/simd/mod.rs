//! Fixed-width vectors: one dispatch, one file a family.
//!
//! A `v128` is one CLIF type, `i8x16`, wherever it rests: on the operand stack, in locals, blocks, globals and
//! signatures. An operator that wants other lanes casts it when it pops and casts the result back; a cast of vectors is
//! no instruction, and one behind its inverse is dropped at once.

mod convert;
mod float;
mod integer;
mod lanes;
mod memory;
mod relaxed;

use super::unsupported::unsupported;
use crate::error::Result;
use crate::translate::body::Body;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32X4, F64X2, I8X16, I16X8, I32X4, I64X2};
use cranelift_codegen::ir::{Endianness, InstBuilder, InstructionData, MemFlagsData, Opcode, Type, Value};
use wasmparser::Operator as Op;

/// The type of `v128` where it rests.
const VECTOR: Type = I8X16;

/// Translates an operator that control can reach.
pub(super) fn translate(body: &mut Body<'_, '_, '_>, operator: &Op<'_>) -> Result<()> {
    match *operator {
        // Memory.
        Op::V128Load { memarg } => body.load(&memarg, Opcode::Load, VECTOR)?,
        Op::V128Store { memarg } => body.store(&memarg, Opcode::Store)?,
        Op::V128Load8x8S { memarg } => body.vector_load_extend(&memarg, Opcode::Sload8x8, I16X8)?,
        Op::V128Load8x8U { memarg } => body.vector_load_extend(&memarg, Opcode::Uload8x8, I16X8)?,
        Op::V128Load16x4S { memarg } => body.vector_load_extend(&memarg, Opcode::Sload16x4, I32X4)?,
        Op::V128Load16x4U { memarg } => body.vector_load_extend(&memarg, Opcode::Uload16x4, I32X4)?,
        Op::V128Load32x2S { memarg } => body.vector_load_extend(&memarg, Opcode::Sload32x2, I64X2)?,
        Op::V128Load32x2U { memarg } => body.vector_load_extend(&memarg, Opcode::Uload32x2, I64X2)?,
        Op::V128Load8Splat { memarg } => body.vector_load_splat(&memarg, I8X16)?,
        Op::V128Load16Splat { memarg } => body.vector_load_splat(&memarg, I16X8)?,
        Op::V128Load32Splat { memarg } => body.vector_load_splat(&memarg, I32X4)?,
        Op::V128Load64Splat { memarg } => body.vector_load_splat(&memarg, I64X2)?,
        Op::V128Load32Zero { memarg } => body.vector_load_zero(&memarg, I32X4)?,
        Op::V128Load64Zero { memarg } => body.vector_load_zero(&memarg, I64X2)?,
        Op::V128Load8Lane { memarg, lane } => body.vector_load_lane(&memarg, I8X16, lane)?,
        Op::V128Load16Lane { memarg, lane } => body.vector_load_lane(&memarg, I16X8, lane)?,
        Op::V128Load32Lane { memarg, lane } => body.vector_load_lane(&memarg, I32X4, lane)?,
        Op::V128Load64Lane { memarg, lane } => body.vector_load_lane(&memarg, I64X2, lane)?,
        Op::V128Store8Lane { memarg, lane } => body.vector_store_lane(&memarg, I8X16, lane)?,
        Op::V128Store16Lane { memarg, lane } => body.vector_store_lane(&memarg, I16X8, lane)?,
        Op::V128Store32Lane { memarg, lane } => body.vector_store_lane(&memarg, I32X4, lane)?,
        Op::V128Store64Lane { memarg, lane } => body.vector_store_lane(&memarg, I64X2, lane)?,

        // Lanes.
        Op::V128Const { ref value } => body.vector_const(value.bytes()),
        Op::I8x16Shuffle { lanes } => body.shuffle(lanes),
        Op::I8x16Swizzle => body.swizzle(),
        Op::I8x16Splat => body.splat(I8X16),
        Op::I16x8Splat => body.splat(I16X8),
        Op::I32x4Splat => body.splat(I32X4),
        Op::I64x2Splat => body.splat(I64X2),
        Op::F32x4Splat => body.splat(F32X4),
        Op::F64x2Splat => body.splat(F64X2),
        Op::I8x16ExtractLaneS { lane } => body.extract_narrow_lane(I8X16, lane, Opcode::Sextend),
        Op::I8x16ExtractLaneU { lane } => body.extract_narrow_lane(I8X16, lane, Opcode::Uextend),
        Op::I16x8ExtractLaneS { lane } => body.extract_narrow_lane(I16X8, lane, Opcode::Sextend),
        Op::I16x8ExtractLaneU { lane } => body.extract_narrow_lane(I16X8, lane, Opcode::Uextend),
        Op::I32x4ExtractLane { lane } => body.extract_lane(I32X4, lane),
        Op::I64x2ExtractLane { lane } => body.extract_lane(I64X2, lane),
        Op::F32x4ExtractLane { lane } => body.extract_lane(F32X4, lane),
        Op::F64x2ExtractLane { lane } => body.extract_lane(F64X2, lane),
        Op::I8x16ReplaceLane { lane } => body.replace_lane(I8X16, lane),
        Op::I16x8ReplaceLane { lane } => body.replace_lane(I16X8, lane),
        Op::I32x4ReplaceLane { lane } => body.replace_lane(I32X4, lane),
        Op::I64x2ReplaceLane { lane } => body.replace_lane(I64X2, lane),
        Op::F32x4ReplaceLane { lane } => body.replace_lane(F32X4, lane),
        Op::F64x2ReplaceLane { lane } => body.replace_lane(F64X2, lane),

        // Bits.
        Op::V128Not => body.vector_unary(Opcode::Bnot, VECTOR),
        Op::V128And => body.vector_binary(Opcode::Band, VECTOR),
        Op::V128AndNot => body.and_not(),
        Op::V128Or => body.vector_binary(Opcode::Bor, VECTOR),
        Op::V128Xor => body.vector_binary(Opcode::Bxor, VECTOR),
        Op::V128Bitselect => body.bit_select(),
        Op::V128AnyTrue => body.any_true(),
        Op::I8x16AllTrue => body.all_true(I8X16),
        Op::I16x8AllTrue => body.all_true(I16X8),
        Op::I32x4AllTrue => body.all_true(I32X4),
        Op::I64x2AllTrue => body.all_true(I64X2),
        Op::I8x16Bitmask => body.bitmask(I8X16),
        Op::I16x8Bitmask => body.bitmask(I16X8),
        Op::I32x4Bitmask => body.bitmask(I32X4),
        Op::I64x2Bitmask => body.bitmask(I64X2),

        // Comparisons.
        Op::I8x16Eq => body.vector_icmp(IntCC::Equal, I8X16),
        Op::I8x16Ne => body.vector_icmp(IntCC::NotEqual, I8X16),
        Op::I8x16LtS => body.vector_icmp(IntCC::SignedLessThan, I8X16),
        Op::I8x16LtU => body.vector_icmp(IntCC::UnsignedLessThan, I8X16),
        Op::I8x16GtS => body.vector_icmp(IntCC::SignedGreaterThan, I8X16),
        Op::I8x16GtU => body.vector_icmp(IntCC::UnsignedGreaterThan, I8X16),
        Op::I8x16LeS => body.vector_icmp(IntCC::SignedLessThanOrEqual, I8X16),
        Op::I8x16LeU => body.vector_icmp(IntCC::UnsignedLessThanOrEqual, I8X16),
        Op::I8x16GeS => body.vector_icmp(IntCC::SignedGreaterThanOrEqual, I8X16),
        Op::I8x16GeU => body.vector_icmp(IntCC::UnsignedGreaterThanOrEqual, I8X16),
        Op::I16x8Eq => body.vector_icmp(IntCC::Equal, I16X8),
        Op::I16x8Ne => body.vector_icmp(IntCC::NotEqual, I16X8),
        Op::I16x8LtS => body.vector_icmp(IntCC::SignedLessThan, I16X8),
        Op::I16x8LtU => body.vector_icmp(IntCC::UnsignedLessThan, I16X8),
        Op::I16x8GtS => body.vector_icmp(IntCC::SignedGreaterThan, I16X8),
        Op::I16x8GtU => body.vector_icmp(IntCC::UnsignedGreaterThan, I16X8),
        Op::I16x8LeS => body.vector_icmp(IntCC::SignedLessThanOrEqual, I16X8),
        Op::I16x8LeU => body.vector_icmp(IntCC::UnsignedLessThanOrEqual, I16X8),
        Op::I16x8GeS => body.vector_icmp(IntCC::SignedGreaterThanOrEqual, I16X8),
        Op::I16x8GeU => body.vector_icmp(IntCC::UnsignedGreaterThanOrEqual, I16X8),
        Op::I32x4Eq => body.vector_icmp(IntCC::Equal, I32X4),
        Op::I32x4Ne => body.vector_icmp(IntCC::NotEqual, I32X4),
        Op::I32x4LtS => body.vector_icmp(IntCC::SignedLessThan, I32X4),
        Op::I32x4LtU => body.vector_icmp(IntCC::UnsignedLessThan, I32X4),
        Op::I32x4GtS => body.vector_icmp(IntCC::SignedGreaterThan, I32X4),
        Op::I32x4GtU => body.vector_icmp(IntCC::UnsignedGreaterThan, I32X4),
        Op::I32x4LeS => body.vector_icmp(IntCC::SignedLessThanOrEqual, I32X4),
        Op::I32x4LeU => body.vector_icmp(IntCC::UnsignedLessThanOrEqual, I32X4),
        Op::I32x4GeS => body.vector_icmp(IntCC::SignedGreaterThanOrEqual, I32X4),
        Op::I32x4GeU => body.vector_icmp(IntCC::UnsignedGreaterThanOrEqual, I32X4),
        Op::I64x2Eq => body.vector_icmp(IntCC::Equal, I64X2),
        Op::I64x2Ne => body.vector_icmp(IntCC::NotEqual, I64X2),
        Op::I64x2LtS => body.vector_icmp(IntCC::SignedLessThan, I64X2),
        Op::I64x2GtS => body.vector_icmp(IntCC::SignedGreaterThan, I64X2),
        Op::I64x2LeS => body.vector_icmp(IntCC::SignedLessThanOrEqual, I64X2),
        Op::I64x2GeS => body.vector_icmp(IntCC::SignedGreaterThanOrEqual, I64X2),
        Op::F32x4Eq => body.vector_fcmp(FloatCC::Equal, F32X4),
        Op::F32x4Ne => body.vector_fcmp(FloatCC::NotEqual, F32X4),
        Op::F32x4Lt => body.vector_fcmp(FloatCC::LessThan, F32X4),
        Op::F32x4Gt => body.vector_fcmp(FloatCC::GreaterThan, F32X4),
        Op::F32x4Le => body.vector_fcmp(FloatCC::LessThanOrEqual, F32X4),
        Op::F32x4Ge => body.vector_fcmp(FloatCC::GreaterThanOrEqual, F32X4),
        Op::F64x2Eq => body.vector_fcmp(FloatCC::Equal, F64X2),
        Op::F64x2Ne => body.vector_fcmp(FloatCC::NotEqual, F64X2),
        Op::F64x2Lt => body.vector_fcmp(FloatCC::LessThan, F64X2),
        Op::F64x2Gt => body.vector_fcmp(FloatCC::GreaterThan, F64X2),
        Op::F64x2Le => body.vector_fcmp(FloatCC::LessThanOrEqual, F64X2),
        Op::F64x2Ge => body.vector_fcmp(FloatCC::GreaterThanOrEqual, F64X2),

        // Integers.
        Op::I8x16Abs => body.vector_unary(Opcode::Iabs, I8X16),
        Op::I8x16Neg => body.vector_unary(Opcode::Ineg, I8X16),
        Op::I16x8Abs => body.vector_unary(Opcode::Iabs, I16X8),
        Op::I16x8Neg => body.vector_unary(Opcode::Ineg, I16X8),
        Op::I32x4Abs => body.vector_unary(Opcode::Iabs, I32X4),
        Op::I32x4Neg => body.vector_unary(Opcode::Ineg, I32X4),
        Op::I64x2Abs => body.vector_unary(Opcode::Iabs, I64X2),
        Op::I64x2Neg => body.vector_unary(Opcode::Ineg, I64X2),
        Op::I8x16Popcnt => body.vector_unary(Opcode::Popcnt, I8X16),
        Op::I8x16Shl => body.vector_shift(Opcode::Ishl, I8X16),
        Op::I8x16ShrS => body.vector_shift(Opcode::Sshr, I8X16),
        Op::I8x16ShrU => body.vector_shift(Opcode::Ushr, I8X16),
        Op::I16x8Shl => body.vector_shift(Opcode::Ishl, I16X8),
        Op::I16x8ShrS => body.vector_shift(Opcode::Sshr, I16X8),
        Op::I16x8ShrU => body.vector_shift(Opcode::Ushr, I16X8),
        Op::I32x4Shl => body.vector_shift(Opcode::Ishl, I32X4),
        Op::I32x4ShrS => body.vector_shift(Opcode::Sshr, I32X4),
        Op::I32x4ShrU => body.vector_shift(Opcode::Ushr, I32X4),
        Op::I64x2Shl => body.vector_shift(Opcode::Ishl, I64X2),
        Op::I64x2ShrS => body.vector_shift(Opcode::Sshr, I64X2),
        Op::I64x2ShrU => body.vector_shift(Opcode::Ushr, I64X2),
        Op::I8x16Add => body.vector_binary(Opcode::Iadd, I8X16),
        Op::I8x16Sub => body.vector_binary(Opcode::Isub, I8X16),
        Op::I8x16AddSatS => body.vector_binary(Opcode::SaddSat, I8X16),
        Op::I8x16AddSatU => body.vector_binary(Opcode::UaddSat, I8X16),
        Op::I8x16SubSatS => body.vector_binary(Opcode::SsubSat, I8X16),
        Op::I8x16SubSatU => body.vector_binary(Opcode::UsubSat, I8X16),
        Op::I8x16MinS => body.vector_binary(Opcode::Smin, I8X16),
        Op::I8x16MinU => body.vector_binary(Opcode::Umin, I8X16),
        Op::I8x16MaxS => body.vector_binary(Opcode::Smax, I8X16),
        Op::I8x16MaxU => body.vector_binary(Opcode::Umax, I8X16),
        Op::I8x16AvgrU => body.vector_binary(Opcode::AvgRound, I8X16),
        Op::I16x8Add => body.vector_binary(Opcode::Iadd, I16X8),
        Op::I16x8Sub => body.vector_binary(Opcode::Isub, I16X8),
        Op::I16x8Mul => body.vector_binary(Opcode::Imul, I16X8),
        Op::I16x8AddSatS => body.vector_binary(Opcode::SaddSat, I16X8),
        Op::I16x8AddSatU => body.vector_binary(Opcode::UaddSat, I16X8),
        Op::I16x8SubSatS => body.vector_binary(Opcode::SsubSat, I16X8),
        Op::I16x8SubSatU => body.vector_binary(Opcode::UsubSat, I16X8),
        Op::I16x8MinS => body.vector_binary(Opcode::Smin, I16X8),
        Op::I16x8MinU => body.vector_binary(Opcode::Umin, I16X8),
        Op::I16x8MaxS => body.vector_binary(Opcode::Smax, I16X8),
        Op::I16x8MaxU => body.vector_binary(Opcode::Umax, I16X8),
        Op::I16x8AvgrU => body.vector_binary(Opcode::AvgRound, I16X8),
        Op::I32x4Add => body.vector_binary(Opcode::Iadd, I32X4),
        Op::I32x4Sub => body.vector_binary(Opcode::Isub, I32X4),
        Op::I32x4Mul => body.vector_binary(Opcode::Imul, I32X4),
        Op::I32x4MinS => body.vector_binary(Opcode::Smin, I32X4),
        Op::I32x4MinU => body.vector_binary(Opcode::Umin, I32X4),
        Op::I32x4MaxS => body.vector_binary(Opcode::Smax, I32X4),
        Op::I32x4MaxU => body.vector_binary(Opcode::Umax, I32X4),
        Op::I64x2Add => body.vector_binary(Opcode::Iadd, I64X2),
        Op::I64x2Sub => body.vector_binary(Opcode::Isub, I64X2),
        Op::I64x2Mul => body.vector_binary(Opcode::Imul, I64X2),
        Op::I16x8Q15MulrSatS => body.vector_binary(Opcode::SqmulRoundSat, I16X8),
        Op::I32x4DotI16x8S => body.dot(),
        Op::I16x8ExtAddPairwiseI8x16S => body.extend_add_pairwise(integer::SIGNED, I8X16),
        Op::I16x8ExtAddPairwiseI8x16U => body.extend_add_pairwise(integer::UNSIGNED, I8X16),
        Op::I16x8ExtMulLowI8x16S => body.extend_multiply(integer::SIGNED.low, I8X16),
        Op::I16x8ExtMulLowI8x16U => body.extend_multiply(integer::UNSIGNED.low, I8X16),
        Op::I16x8ExtMulHighI8x16S => body.extend_multiply(integer::SIGNED.high, I8X16),
        Op::I16x8ExtMulHighI8x16U => body.extend_multiply(integer::UNSIGNED.high, I8X16),
        Op::I32x4ExtAddPairwiseI16x8S => body.extend_add_pairwise(integer::SIGNED, I16X8),
        Op::I32x4ExtAddPairwiseI16x8U => body.extend_add_pairwise(integer::UNSIGNED, I16X8),
        Op::I32x4ExtMulLowI16x8S => body.extend_multiply(integer::SIGNED.low, I16X8),
        Op::I32x4ExtMulLowI16x8U => body.extend_multiply(integer::UNSIGNED.low, I16X8),
        Op::I32x4ExtMulHighI16x8S => body.extend_multiply(integer::SIGNED.high, I16X8),
        Op::I32x4ExtMulHighI16x8U => body.extend_multiply(integer::UNSIGNED.high, I16X8),
        Op::I64x2ExtMulLowI32x4S => body.extend_multiply(integer::SIGNED.low, I32X4),
        Op::I64x2ExtMulLowI32x4U => body.extend_multiply(integer::UNSIGNED.low, I32X4),
        Op::I64x2ExtMulHighI32x4S => body.extend_multiply(integer::SIGNED.high, I32X4),
        Op::I64x2ExtMulHighI32x4U => body.extend_multiply(integer::UNSIGNED.high, I32X4),

        // Floats.
        Op::F32x4Ceil => body.vector_unary(Opcode::Ceil, F32X4),
        Op::F32x4Floor => body.vector_unary(Opcode::Floor, F32X4),
        Op::F32x4Trunc => body.vector_unary(Opcode::Trunc, F32X4),
        Op::F32x4Nearest => body.vector_unary(Opcode::Nearest, F32X4),
        Op::F32x4Abs => body.vector_unary(Opcode::Fabs, F32X4),
        Op::F32x4Neg => body.vector_unary(Opcode::Fneg, F32X4),
        Op::F32x4Sqrt => body.vector_unary(Opcode::Sqrt, F32X4),
        Op::F32x4Add => body.vector_binary(Opcode::Fadd, F32X4),
        Op::F32x4Sub => body.vector_binary(Opcode::Fsub, F32X4),
        Op::F32x4Mul => body.vector_binary(Opcode::Fmul, F32X4),
        Op::F32x4Div => body.vector_binary(Opcode::Fdiv, F32X4),
        Op::F32x4Min => body.vector_binary(Opcode::Fmin, F32X4),
        Op::F32x4Max => body.vector_binary(Opcode::Fmax, F32X4),
        Op::F32x4PMin => body.pseudo_min(F32X4),
        Op::F32x4PMax => body.pseudo_max(F32X4),
        Op::F64x2Ceil => body.vector_unary(Opcode::Ceil, F64X2),
        Op::F64x2Floor => body.vector_unary(Opcode::Floor, F64X2),
        Op::F64x2Trunc => body.vector_unary(Opcode::Trunc, F64X2),
        Op::F64x2Nearest => body.vector_unary(Opcode::Nearest, F64X2),
        Op::F64x2Abs => body.vector_unary(Opcode::Fabs, F64X2),
        Op::F64x2Neg => body.vector_unary(Opcode::Fneg, F64X2),
        Op::F64x2Sqrt => body.vector_unary(Opcode::Sqrt, F64X2),
        Op::F64x2Add => body.vector_binary(Opcode::Fadd, F64X2),
        Op::F64x2Sub => body.vector_binary(Opcode::Fsub, F64X2),
        Op::F64x2Mul => body.vector_binary(Opcode::Fmul, F64X2),
        Op::F64x2Div => body.vector_binary(Opcode::Fdiv, F64X2),
        Op::F64x2Min => body.vector_binary(Opcode::Fmin, F64X2),
        Op::F64x2Max => body.vector_binary(Opcode::Fmax, F64X2),
        Op::F64x2PMin => body.pseudo_min(F64X2),
        Op::F64x2PMax => body.pseudo_max(F64X2),

        // Conversions.
        Op::I16x8ExtendLowI8x16S => body.vector_unary(Opcode::SwidenLow, I8X16),
        Op::I16x8ExtendLowI8x16U => body.vector_unary(Opcode::UwidenLow, I8X16),
        Op::I16x8ExtendHighI8x16S => body.vector_unary(Opcode::SwidenHigh, I8X16),
        Op::I16x8ExtendHighI8x16U => body.vector_unary(Opcode::UwidenHigh, I8X16),
        Op::I32x4ExtendLowI16x8S => body.vector_unary(Opcode::SwidenLow, I16X8),
        Op::I32x4ExtendLowI16x8U => body.vector_unary(Opcode::UwidenLow, I16X8),
        Op::I32x4ExtendHighI16x8S => body.vector_unary(Opcode::SwidenHigh, I16X8),
        Op::I32x4ExtendHighI16x8U => body.vector_unary(Opcode::UwidenHigh, I16X8),
        Op::I64x2ExtendLowI32x4S => body.vector_unary(Opcode::SwidenLow, I32X4),
        Op::I64x2ExtendLowI32x4U => body.vector_unary(Opcode::UwidenLow, I32X4),
        Op::I64x2ExtendHighI32x4S => body.vector_unary(Opcode::SwidenHigh, I32X4),
        Op::I64x2ExtendHighI32x4U => body.vector_unary(Opcode::UwidenHigh, I32X4),
        Op::I8x16NarrowI16x8S => body.vector_binary(Opcode::Snarrow, I16X8),
        Op::I8x16NarrowI16x8U => body.vector_binary(Opcode::Unarrow, I16X8),
        Op::I16x8NarrowI32x4S => body.vector_binary(Opcode::Snarrow, I32X4),
        Op::I16x8NarrowI32x4U => body.vector_binary(Opcode::Unarrow, I32X4),
        Op::I32x4TruncSatF32x4S => body.vector_convert(Opcode::FcvtToSintSat, F32X4, I32X4),
        Op::I32x4TruncSatF32x4U => body.vector_convert(Opcode::FcvtToUintSat, F32X4, I32X4),
        Op::I32x4TruncSatF64x2SZero => body.truncate_zero(Opcode::FcvtToSintSat, Opcode::Snarrow),
        Op::I32x4TruncSatF64x2UZero => body.truncate_zero(Opcode::FcvtToUintSat, Opcode::Uunarrow),
        Op::F32x4ConvertI32x4S => body.vector_convert(Opcode::FcvtFromSint, I32X4, F32X4),
        Op::F32x4ConvertI32x4U => body.vector_convert(Opcode::FcvtFromUint, I32X4, F32X4),
        Op::F64x2ConvertLowI32x4S => body.convert_low(Opcode::SwidenLow, Opcode::FcvtFromSint),
        Op::F64x2ConvertLowI32x4U => body.convert_low(Opcode::UwidenLow, Opcode::FcvtFromUint),
        Op::F32x4DemoteF64x2Zero => body.vector_demote(),
        Op::F64x2PromoteLowF32x4 => body.vector_promote(),

        // Relaxed.
        Op::I8x16RelaxedSwizzle => body.relaxed_swizzle(),
        Op::I32x4RelaxedTruncF32x4S => body.relaxed_truncate(),
        Op::I32x4RelaxedTruncF32x4U => body.vector_convert(Opcode::FcvtToUintSat, F32X4, I32X4),
        Op::I32x4RelaxedTruncF64x2SZero => body.relaxed_truncate_zero(),
        Op::I32x4RelaxedTruncF64x2UZero => body.truncate_zero(Opcode::FcvtToUintSat, Opcode::Uunarrow),
        Op::F32x4RelaxedMadd => body.relaxed_multiply_add(F32X4, false),
        Op::F32x4RelaxedNmadd => body.relaxed_multiply_add(F32X4, true),
        Op::F64x2RelaxedMadd => body.relaxed_multiply_add(F64X2, false),
        Op::F64x2RelaxedNmadd => body.relaxed_multiply_add(F64X2, true),
        Op::I8x16RelaxedLaneselect => body.relaxed_lane_select(I8X16),
        Op::I16x8RelaxedLaneselect => body.relaxed_lane_select(I16X8),
        Op::I32x4RelaxedLaneselect => body.relaxed_lane_select(I32X4),
        Op::I64x2RelaxedLaneselect => body.relaxed_lane_select(I64X2),
        Op::F32x4RelaxedMin => body.relaxed_min(F32X4),
        Op::F32x4RelaxedMax => body.relaxed_max(F32X4),
        Op::F64x2RelaxedMin => body.relaxed_min(F64X2),
        Op::F64x2RelaxedMax => body.relaxed_max(F64X2),
        Op::I16x8RelaxedQ15mulrS => body.relaxed_q15_multiply(),
        Op::I16x8RelaxedDotI8x16I7x16S => body.relaxed_dot(),
        Op::I32x4RelaxedDotI8x16I7x16AddS => body.relaxed_dot_add(),

        _ => return Err(unsupported(operator)),
    }
    Ok(())
}

impl Body<'_, '_, '_> {
    /// Pops a vector as one with lanes of `ty`.
    fn pop_vector(&mut self, ty: Type) -> Value {
        let value = self.pop();
        self.cast(value, ty)
    }

    /// Pops two vectors, the lower first.
    fn pop_vectors2(&mut self, ty: Type) -> (Value, Value) {
        let second = self.pop_vector(ty);
        (self.pop_vector(ty), second)
    }

    /// Pushes a vector with any lanes.
    fn push_vector(&mut self, value: Value) {
        let value = self.cast(value, VECTOR);
        self.push(value);
    }

    /// A vector with other lanes: the same bits, lane 0 first in memory on every target.
    fn cast(&mut self, value: Value, ty: Type) -> Value {
        if self.code.type_of(value) == ty {
            return value;
        }
        let dfg = &self.code.builder.func.dfg;
        if let Some(inst) = dfg.value_def(value).inst()
            && let InstructionData::LoadNoOffset { opcode: Opcode::Bitcast, arg, .. } = dfg.insts[inst]
            && dfg.value_type(arg) == ty
        {
            return arg;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.code.ins().bitcast(ty, flags, value)
    }

    /// An instruction from one value; `ty` is what CLIF infers its other types from.
    fn emit_unary(&mut self, opcode: Opcode, ty: Type, arg: Value) -> Value {
        let (inst, dfg) = self.code.ins().Unary(opcode, ty, arg);
        dfg.first_result(inst)
    }

    /// An instruction from two values; `ty` as above.
    fn emit_binary(&mut self, opcode: Opcode, ty: Type, a: Value, b: Value) -> Value {
        let (inst, dfg) = self.code.ins().Binary(opcode, ty, a, b);
        dfg.first_result(inst)
    }

    /// An operator from one vector with lanes of `ty`.
    fn vector_unary(&mut self, opcode: Opcode, ty: Type) {
        let arg = self.pop_vector(ty);
        let result = self.emit_unary(opcode, ty, arg);
        self.push_vector(result);
    }

    /// An operator from two vectors with lanes of `ty`.
    fn vector_binary(&mut self, opcode: Opcode, ty: Type) {
        let (a, b) = self.pop_vectors2(ty);
        let result = self.emit_binary(opcode, ty, a, b);
        self.push_vector(result);
    }

    fn vector_icmp(&mut self, condition: IntCC, ty: Type) {
        let (a, b) = self.pop_vectors2(ty);
        let result = self.code.ins().icmp(condition, a, b);
        self.push_vector(result);
    }

    fn vector_fcmp(&mut self, condition: FloatCC, ty: Type) {
        let (a, b) = self.pop_vectors2(ty);
        let result = self.code.ins().fcmp(condition, a, b);
        self.push_vector(result);
    }
}
