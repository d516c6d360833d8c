//! Globals: constants, fields below `vmctx`, or the flags of component instances.

use crate::decode::GlobalIndex;
use crate::error::Result;
use crate::plan::{ConstValue, GlobalId, GlobalPlace};
use crate::translate::body::Body;
use crate::translate::context::defect;
use crate::translate::region::Region;
use crate::translate::types::{REFERENCE, value_type};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{ConstantData, InstBuilder, Value, types};

impl Body<'_, '_, '_> {
    pub(super) fn global_get(&mut self, index: u32) -> Result<()> {
        let global = self.instance.globals[GlobalIndex::from_u32(index)];
        let plan = &self.code.context.plan.globals[global];
        let value = match plan.place {
            GlobalPlace::Constant => self.const_value(plan.initial),
            _ => {
                let (offset, region) = self.global_place(global)?;
                let value = self.code.load_slab(value_type(plan.ty.value), offset, region);
                self.code.trace(value, plan.ty.value);
                value
            }
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn global_set(&mut self, index: u32) -> Result<()> {
        let global = self.instance.globals[GlobalIndex::from_u32(index)];
        let (offset, region) = self.global_place(global)?;
        let value = self.pop();
        self.code.store_slab(value, offset, region);
        Ok(())
    }

    /// The slab offset and region of a global that has a place.
    fn global_place(&self, global: GlobalId) -> Result<(u64, Region)> {
        match self.code.context.plan.globals[global].place {
            GlobalPlace::Slab { offset } => Ok((offset, self.code.context.global_region(global))),
            GlobalPlace::InstanceFlags { offset } => Ok((offset, Region::InstanceFlags)),
            GlobalPlace::Constant => Err(defect(format!("the plan made {global} constant, which is set"))),
            GlobalPlace::Dropped => Err(defect(format!("the plan dropped {global}, which is in use"))),
        }
    }

    fn const_value(&mut self, value: ConstValue) -> Value {
        match value {
            ConstValue::I32(value) => self.code.i32(value as u32),
            ConstValue::I64(value) => self.code.i64(value as u64),
            ConstValue::F32(bits) => self.code.ins().f32const(Ieee32::with_bits(bits)),
            ConstValue::F64(bits) => self.code.ins().f64const(Ieee64::with_bits(bits)),
            ConstValue::V128(bits) => {
                let bytes = ConstantData::from(bits.to_le_bytes().as_slice());
                let constant = self.code.builder.func.dfg.constants.insert(bytes);
                self.code.ins().vconst(types::I8X16, constant)
            }
            ConstValue::Null | ConstValue::Func(_) | ConstValue::I31(_) => {
                self.code.ins().iconst(REFERENCE, i64::from(value.reference()))
            }
        }
    }
}
