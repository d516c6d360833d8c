//! References: 32-bit indices, 0 for null.

use crate::decode::FuncIndex;
use crate::error::Result;
use crate::translate::body::Body;
use crate::translate::traps::trap_code;
use crate::translate::types::REFERENCE;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value};
use cranelift_entity::EntityRef;

impl Body<'_, '_, '_> {
    pub(super) fn ref_null(&mut self) {
        let null = self.code.ins().iconst(REFERENCE, 0);
        self.push(null);
    }

    pub(super) fn ref_is_null(&mut self) {
        let reference = self.pop();
        let null = self.code.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.push_bool(null);
    }

    pub(super) fn ref_as_non_null(&mut self) {
        let reference = self.pop();
        self.trap_if_null(reference, Trap::NullReference);
        self.push(reference);
    }

    /// Traps if `reference` is null.
    pub(super) fn trap_if_null(&mut self, reference: Value, trap: Trap) {
        match self.code.constant(reference) {
            Some(constant) if constant != 0 => {}
            _ => drop(self.code.ins().trapz(reference, trap_code(trap))),
        }
    }

    pub(super) fn ref_func(&mut self, index: u32) -> Result<()> {
        let func = self.function(FuncIndex::from_u32(index))?;
        let record = self.code.record(func)?;
        let reference = self.code.i32(record.index() as u32);
        self.push(reference);
        Ok(())
    }
}
