//! Operators that move lanes.

use super::{Opcode, Type, VECTOR};
use crate::translate::body::Body;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I8X16;
use cranelift_codegen::ir::{ConstantData, InstBuilder, Value, types};

impl Body<'_, '_, '_> {
    pub(super) fn shuffle(&mut self, lanes: [u8; 16]) {
        let (a, b) = self.pop_vectors2(VECTOR);
        let lanes = self.code.builder.func.dfg.immediates.push(ConstantData::from(lanes.as_slice()));
        let result = self.code.ins().shuffle(a, b, lanes);
        self.push_vector(result);
    }

    /// Picks lanes by indices. Indices that are too large become 255 if they would read beyond the vector otherwise.
    pub(super) fn swizzle(&mut self) {
        let (vector, mut lanes) = self.pop_vectors2(I8X16);
        if self.code.context.isa_facts.quirks.swizzle_reads_beyond {
            let last = self.code.builder.func.dfg.constants.insert(ConstantData::from([15; 16].as_slice()));
            let last = self.code.ins().vconst(I8X16, last);
            let beyond = self.code.ins().icmp(IntCC::UnsignedGreaterThan, lanes, last);
            lanes = self.code.ins().bor(lanes, beyond);
        }
        let result = self.code.ins().swizzle(vector, lanes);
        self.push_vector(result);
    }

    pub(super) fn splat(&mut self, ty: Type) {
        let value = self.pop_lane(ty);
        let vector = self.code.ins().splat(ty, value);
        self.push_vector(vector);
    }

    pub(super) fn extract_lane(&mut self, ty: Type, lane: u8) {
        let vector = self.pop_vector(ty);
        let value = self.code.ins().extractlane(vector, lane);
        self.push(value);
    }

    /// Takes a lane that is narrower than an `i32` and extends it.
    pub(super) fn extract_narrow_lane(&mut self, ty: Type, lane: u8, extend: Opcode) {
        self.extract_lane(ty, lane);
        self.convert(extend, types::I32);
    }

    pub(super) fn replace_lane(&mut self, ty: Type, lane: u8) {
        let value = self.pop_lane(ty);
        let vector = self.pop_vector(ty);
        let vector = self.code.ins().insertlane(vector, value, lane);
        self.push_vector(vector);
    }

    /// Pops a number as a lane of `ty`: the lower bits if it is wider.
    fn pop_lane(&mut self, ty: Type) -> Value {
        let value = self.pop();
        match ty.lane_type() {
            lane @ (types::I8 | types::I16) => self.code.ins().ireduce(lane, value),
            _ => value,
        }
    }
}
