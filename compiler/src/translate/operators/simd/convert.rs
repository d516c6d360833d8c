//! Conversions between integers and floats.

use crate::translate::body::Body;
use cranelift_codegen::ir::types::{F32X4, F64X2, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type};

impl Body<'_, '_, '_> {
    /// A conversion that keeps the number of lanes.
    pub(super) fn vector_convert(&mut self, opcode: Opcode, from: Type, to: Type) {
        let vector = self.pop_vector(from);
        let result = self.emit_unary(opcode, to, vector);
        self.push_vector(result);
    }

    /// Two doubles to the two lower lanes of integers; the upper ones are 0.
    pub(super) fn truncate_zero(&mut self, convert: Opcode, narrow: Opcode) {
        let vector = self.pop_vector(F64X2);
        let wide = self.emit_unary(convert, I64X2, vector);
        let zero = self.vector_zero(I64X2);
        let result = self.emit_binary(narrow, I64X2, wide, zero);
        self.push_vector(result);
    }

    /// The two lower integers to doubles.
    pub(super) fn convert_low(&mut self, widen: Opcode, convert: Opcode) {
        let vector = self.pop_vector(I32X4);
        let wide = self.emit_unary(widen, I32X4, vector);
        let result = self.emit_unary(convert, F64X2, wide);
        self.push_vector(result);
    }

    pub(super) fn vector_demote(&mut self) {
        let vector = self.pop_vector(F64X2);
        let result = self.code.ins().fvdemote(vector);
        self.push_vector(result);
    }

    pub(super) fn vector_promote(&mut self) {
        let vector = self.pop_vector(F32X4);
        let result = self.code.ins().fvpromote_low(vector);
        self.push_vector(result);
    }
}
