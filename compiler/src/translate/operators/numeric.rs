//! Numbers: constants, arithmetic, comparisons, conversions.
//!
//! CLIF has the semantics of wasm here, on every target: divisions and conversions trap by themselves with Cranelift's
//! own codes (`traps`), shift amounts are taken modulo the width, `fmin` and `fmax` propagate NaN.

use crate::translate::body::Body;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, Type, Value, types};

impl Body<'_, '_, '_> {
    pub(super) fn integer(&mut self, ty: Type, value: i64) {
        // CLIF wants the bits of a narrow constant without sign.
        let bits = if ty.bits() == 32 { i64::from(value as u32) } else { value };
        let value = self.code.ins().iconst(ty, bits);
        self.push(value);
    }

    pub(super) fn f32_const(&mut self, bits: u32) {
        let value = self.code.ins().f32const(Ieee32::with_bits(bits));
        self.push(value);
    }

    pub(super) fn f64_const(&mut self, bits: u64) {
        let value = self.code.ins().f64const(Ieee64::with_bits(bits));
        self.push(value);
    }

    /// An operator from one value to another of the same type.
    pub(super) fn unary(&mut self, opcode: Opcode) {
        let arg = self.pop();
        let ty = self.code.type_of(arg);
        self.push_unary(opcode, ty, arg);
    }

    /// An operator from one value to one of type `to`.
    pub(super) fn convert(&mut self, opcode: Opcode, to: Type) {
        let arg = self.pop();
        self.push_unary(opcode, to, arg);
    }

    fn push_unary(&mut self, opcode: Opcode, to: Type, arg: Value) {
        let (inst, dfg) = self.code.ins().Unary(opcode, to, arg);
        let result = dfg.first_result(inst);
        self.push(result);
    }

    /// An operator from two values of a type to a third.
    pub(super) fn binary(&mut self, opcode: Opcode) {
        let (a, b) = self.pop2();
        let ty = self.code.type_of(a);
        let (inst, dfg) = self.code.ins().Binary(opcode, ty, a, b);
        let result = dfg.first_result(inst);
        self.push(result);
    }

    /// An operator from two pairs of 64 bits, the lower half first, to a third.
    pub(super) fn wide_binary(&mut self, opcode: Opcode) {
        let (low, high) = self.pop2();
        let b = self.code.ins().iconcat(low, high);
        let (low, high) = self.pop2();
        let a = self.code.ins().iconcat(low, high);
        let (inst, dfg) = self.code.ins().Binary(opcode, types::I128, a, b);
        let result = dfg.first_result(inst);
        self.push_halves(result);
    }

    /// The 128 bits of a product.
    pub(super) fn multiply_wide(&mut self, extend: Opcode, multiply_high: Opcode) {
        if self.code.context.isa_facts.quirks.wide_products_in_halves {
            return self.multiply_by_halves(multiply_high);
        }
        let b = self.pop();
        self.convert(extend, types::I128);
        let a = self.pop();
        self.push(b);
        self.convert(extend, types::I128);
        let b = self.pop();
        let product = self.code.ins().imul(a, b);
        self.push_halves(product);
    }

    /// The 128 bits of a product, each half by an instruction of its own.
    fn multiply_by_halves(&mut self, multiply_high: Opcode) {
        let (a, b) = self.pop2();
        let low = self.code.ins().imul(a, b);
        let (inst, dfg) = self.code.ins().Binary(multiply_high, types::I64, a, b);
        let high = dfg.first_result(inst);
        self.push(low);
        self.push(high);
    }

    fn push_halves(&mut self, wide: Value) {
        let (low, high) = self.code.ins().isplit(wide);
        self.push(low);
        self.push(high);
    }

    pub(super) fn eqz(&mut self) {
        let value = self.pop();
        let result = self.code.ins().icmp_imm_u(IntCC::Equal, value, 0);
        self.push_bool(result);
    }

    pub(super) fn icmp(&mut self, condition: IntCC) {
        let (a, b) = self.pop2();
        let result = self.code.ins().icmp(condition, a, b);
        self.push_bool(result);
    }

    pub(super) fn fcmp(&mut self, condition: FloatCC) {
        let (a, b) = self.pop2();
        let result = self.code.ins().fcmp(condition, a, b);
        self.push_bool(result);
    }

    /// Sign-extends the lower bits of a value.
    pub(super) fn extend(&mut self, from: Type, to: Type) {
        let value = self.pop();
        let narrow = self.code.ins().ireduce(from, value);
        let result = self.code.ins().sextend(to, narrow);
        self.push(result);
    }

    pub(super) fn reinterpret(&mut self, to: Type) {
        let value = self.pop();
        let result = self.code.ins().bitcast(to, MemFlagsData::new(), value);
        self.push(result);
    }
}
