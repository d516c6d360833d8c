//! Relaxed operators: where the specification leaves a choice, the one that costs least on the target; with
//! `deterministic`, the first of its list on all of them (docs/decisions/0021-relaxed-simd.md).

use super::VECTOR;
use crate::isa::{self, RelaxedResults};
use crate::translate::body::Body;
use cranelift_codegen::ir::types::{F32X4, I8X16, I16X8, I32X4};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};

impl Body<'_, '_, '_> {
    /// True if x86's instructions are used, which differ from those of other targets in what is left open.
    fn prefers_x86(&self) -> bool {
        let context = self.code.context;
        !context.deterministic && context.isa_facts.quirks.relaxed_results == RelaxedResults::X86
    }

    /// True if products may be added without rounding in between, for which the target has an instruction.
    fn prefers_fused(&self) -> bool {
        let context = self.code.context;
        let has_it = |setting| isa::is_enabled(context.isa, setting);
        !context.deterministic && context.isa_facts.quirks.fused_multiply_add.is_none_or(has_it)
    }

    pub(super) fn relaxed_swizzle(&mut self) {
        if self.prefers_x86() {
            return self.vector_binary(Opcode::X86Pshufb, I8X16);
        }
        self.swizzle();
    }

    pub(super) fn relaxed_truncate(&mut self) {
        let opcode = if self.prefers_x86() { Opcode::X86Cvtt2dq } else { Opcode::FcvtToSintSat };
        self.vector_convert(opcode, F32X4, I32X4);
    }

    pub(super) fn relaxed_truncate_zero(&mut self) {
        let opcode = if self.prefers_x86() { Opcode::X86Cvtt2dq } else { Opcode::FcvtToSintSat };
        self.truncate_zero(opcode, Opcode::Snarrow);
    }

    /// `a * b + c`, or `-(a * b) + c`.
    pub(super) fn relaxed_multiply_add(&mut self, ty: Type, negate: bool) {
        let c = self.pop_vector(ty);
        let (a, b) = self.pop_vectors2(ty);
        let a = if negate { self.code.ins().fneg(a) } else { a };
        let result = if self.prefers_fused() {
            self.code.ins().fma(a, b, c)
        } else {
            let product = self.code.ins().fmul(a, b);
            self.code.ins().fadd(product, c)
        };
        self.push_vector(result);
    }

    /// `a` if the mask's lane is all ones, `b` if it is 0; what is between is open.
    pub(super) fn relaxed_lane_select(&mut self, ty: Type) {
        if !self.prefers_x86() {
            return self.bit_select();
        }
        // `pblendvb` looks at each byte, the others at each lane.
        let ty = if ty == I16X8 { VECTOR } else { ty };
        let mask = self.pop_vector(ty);
        let (a, b) = self.pop_vectors2(ty);
        let result = self.code.ins().blendv(mask, a, b);
        self.push_vector(result);
    }

    /// Takes the minimum. The specification leaves open the result for NaN, and for zeros of both signs.
    pub(super) fn relaxed_min(&mut self, ty: Type) {
        if self.prefers_x86() { self.pseudo_min(ty) } else { self.vector_binary(Opcode::Fmin, ty) }
    }

    pub(super) fn relaxed_max(&mut self, ty: Type) {
        if self.prefers_x86() { self.pseudo_max(ty) } else { self.vector_binary(Opcode::Fmax, ty) }
    }

    /// Multiplies lanes as Q15 numbers. The specification leaves open the product of the least number with itself.
    pub(super) fn relaxed_q15_multiply(&mut self) {
        let opcode = if self.prefers_x86() { Opcode::X86Pmulhrsw } else { Opcode::SqmulRoundSat };
        self.vector_binary(opcode, I16X8);
    }

    pub(super) fn relaxed_dot(&mut self) {
        let (a, b) = self.pop_vectors2(I8X16);
        let result = self.byte_dot(a, b);
        self.push_vector(result);
    }

    pub(super) fn relaxed_dot_add(&mut self) {
        let sum = self.pop_vector(I32X4);
        let (a, b) = self.pop_vectors2(I8X16);
        let products = self.byte_dot(a, b);
        let low = self.code.ins().swiden_low(products);
        let high = self.code.ins().swiden_high(products);
        let products = self.code.ins().iadd_pairwise(low, high);
        let result = self.code.ins().iadd(products, sum);
        self.push_vector(result);
    }

    /// The sums of neighbouring products of bytes; what is open is the meaning of the second's upper bits.
    fn byte_dot(&mut self, a: Value, b: Value) -> Value {
        if self.prefers_x86() {
            return self.code.ins().x86_pmaddubsw(a, b);
        }
        let low = self.wide_product(Opcode::SwidenLow, a, b);
        let high = self.wide_product(Opcode::SwidenHigh, a, b);
        self.code.ins().iadd_pairwise(low, high)
    }
}
