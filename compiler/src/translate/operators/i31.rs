//! Integers of 31 bits that are references: their bits above a 1.

use crate::translate::body::Body;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::{InstBuilder, Opcode, types};

impl Body<'_, '_, '_> {
    pub(super) fn ref_i31(&mut self) {
        let value = self.pop();
        let shifted = self.code.ins().ishl_imm_u(value, 1);
        let reference = self.code.ins().bor_imm_u(shifted, 1);
        self.push(reference);
    }

    /// Takes the integer out, by a shift to the right.
    pub(super) fn i31_get(&mut self, shift: Opcode) {
        let reference = self.pop();
        self.trap_if_null(reference, Trap::NullReference);
        let one = self.code.i32(1);
        let (inst, dfg) = self.code.ins().Binary(shift, types::I32, reference, one);
        let value = dfg.first_result(inst);
        self.push(value);
    }
}
