//! Loads and stores of parts of vectors.

use super::VECTOR;
use crate::error::Result;
use crate::translate::body::Body;
use cranelift_codegen::ir::{ConstantData, InstBuilder, Opcode, Type, Value};
use wasmparser::MemArg;

impl Body<'_, '_, '_> {
    /// Loads eight bytes and widens their lanes to those of `ty`.
    pub(super) fn vector_load_extend(&mut self, memarg: &MemArg, opcode: Opcode, ty: Type) -> Result<()> {
        self.load(memarg, opcode, ty)?;
        let loaded = self.pop();
        self.push_vector(loaded);
        Ok(())
    }

    /// Loads a lane of type `ty` into all lanes.
    pub(super) fn vector_load_splat(&mut self, memarg: &MemArg, ty: Type) -> Result<()> {
        self.load(memarg, Opcode::Load, ty.lane_type())?;
        let lane = self.pop();
        let vector = self.code.ins().splat(ty, lane);
        self.push_vector(vector);
        Ok(())
    }

    /// Loads lane 0; the others are 0.
    pub(super) fn vector_load_zero(&mut self, memarg: &MemArg, ty: Type) -> Result<()> {
        self.load(memarg, Opcode::Load, ty.lane_type())?;
        let lane = self.pop();
        let vector = self.code.ins().scalar_to_vector(ty, lane);
        self.push_vector(vector);
        Ok(())
    }

    /// Loads one lane into a vector.
    pub(super) fn vector_load_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) -> Result<()> {
        let vector = self.pop_vector(ty);
        self.load(memarg, Opcode::Load, ty.lane_type())?;
        let loaded = self.pop();
        let vector = self.code.ins().insertlane(vector, loaded, lane);
        self.push_vector(vector);
        Ok(())
    }

    /// Stores one lane of a vector.
    pub(super) fn vector_store_lane(&mut self, memarg: &MemArg, ty: Type, lane: u8) -> Result<()> {
        let vector = self.pop_vector(ty);
        let stored = self.code.ins().extractlane(vector, lane);
        self.push(stored);
        self.store(memarg, Opcode::Store)
    }

    pub(in crate::translate::operators) fn vector_const(&mut self, bytes: &[u8; 16]) {
        let constant = self.code.builder.func.dfg.constants.insert(ConstantData::from(bytes.as_slice()));
        let vector = self.code.ins().vconst(VECTOR, constant);
        self.push(vector);
    }

    /// A vector of zeros.
    pub(super) fn vector_zero(&mut self, ty: Type) -> Value {
        let constant = self.code.builder.func.dfg.constants.insert(ConstantData::from([0; 16].as_slice()));
        self.code.ins().vconst(ty, constant)
    }
}
