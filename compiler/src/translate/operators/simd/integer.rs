//! Bits and integers.

use super::VECTOR;
use crate::translate::body::Body;
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value, types};

/// The two instructions that widen the lanes of a vector.
#[derive(Clone, Copy)]
pub(super) struct Widening {
    /// The instruction for the lower half.
    pub low: Opcode,
    /// The instruction for the upper half.
    pub high: Opcode,
}

/// The instructions for signed integers.
pub(super) const SIGNED: Widening = Widening { low: Opcode::SwidenLow, high: Opcode::SwidenHigh };
/// The instructions for unsigned integers.
pub(super) const UNSIGNED: Widening = Widening { low: Opcode::UwidenLow, high: Opcode::UwidenHigh };

impl Body<'_, '_, '_> {
    pub(super) fn and_not(&mut self) {
        let (a, b) = self.pop_vectors2(VECTOR);
        let result = self.code.ins().band_not(a, b);
        self.push(result);
    }

    pub(super) fn bit_select(&mut self) {
        let mask = self.pop();
        let (a, b) = self.pop2();
        let result = self.code.ins().bitselect(mask, a, b);
        self.push(result);
    }

    pub(super) fn any_true(&mut self) {
        let vector = self.pop();
        let result = self.code.ins().vany_true(vector);
        self.push_bool(result);
    }

    pub(super) fn all_true(&mut self, ty: Type) {
        let vector = self.pop_vector(ty);
        let result = self.code.ins().vall_true(vector);
        self.push_bool(result);
    }

    pub(super) fn bitmask(&mut self, ty: Type) {
        let vector = self.pop_vector(ty);
        let result = self.code.ins().vhigh_bits(types::I32, vector);
        self.push(result);
    }

    /// A shift of each lane by a number of type `i32`, modulo the lane's width.
    pub(super) fn vector_shift(&mut self, opcode: Opcode, ty: Type) {
        let amount = self.pop();
        let vector = self.pop_vector(ty);
        let result = self.emit_binary(opcode, ty, vector, amount);
        self.push_vector(result);
    }

    /// The sums of neighbouring lanes, twice as wide.
    pub(super) fn extend_add_pairwise(&mut self, widening: Widening, from: Type) {
        let vector = self.pop_vector(from);
        let low = self.emit_unary(widening.low, from, vector);
        let high = self.emit_unary(widening.high, from, vector);
        let result = self.code.ins().iadd_pairwise(low, high);
        self.push_vector(result);
    }

    /// The products of one half's lanes, twice as wide.
    pub(super) fn extend_multiply(&mut self, widen: Opcode, from: Type) {
        let (a, b) = self.pop_vectors2(from);
        let result = self.wide_product(widen, a, b);
        self.push_vector(result);
    }

    /// The sums of neighbouring products.
    pub(super) fn dot(&mut self) {
        let (a, b) = self.pop_vectors2(types::I16X8);
        let low = self.wide_product(Opcode::SwidenLow, a, b);
        let high = self.wide_product(Opcode::SwidenHigh, a, b);
        let result = self.code.ins().iadd_pairwise(low, high);
        self.push_vector(result);
    }

    /// The products of the widened lanes of a half.
    pub(super) fn wide_product(&mut self, widen: Opcode, a: Value, b: Value) -> Value {
        let ty = self.code.type_of(a);
        let a = self.emit_unary(widen, ty, a);
        let b = self.emit_unary(widen, ty, b);
        self.code.ins().imul(a, b)
    }
}
