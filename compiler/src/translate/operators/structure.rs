//! Structures: a type's number, and then the fields in the order of the type.

use crate::decode::{StorageType, TypeId};
use crate::error::Result;
use crate::translate::body::Body;
use crate::translate::context::defect;
use cranelift_codegen::ir::Value;

impl Body<'_, '_, '_> {
    pub(super) fn struct_new(&mut self, ty: TypeId) -> Result<()> {
        let fields = self.code.context.program.types.fields(ty);
        let values = self.pop_many(fields.len());
        self.new_structure(ty, |_, index, _| values[index])
    }

    pub(super) fn struct_new_default(&mut self, ty: TypeId) -> Result<()> {
        self.new_structure(ty, |body, _, field| body.zero_field(field))
    }

    fn new_structure(
        &mut self,
        ty: TypeId,
        mut value: impl FnMut(&mut Self, usize, StorageType) -> Value,
    ) -> Result<()> {
        let context = self.code.context;
        let fields = context.program.types.fields(ty);
        let (offsets, bytes) = context.structs.get(&ty).ok_or_else(no_layout)?;
        let bytes = self.code.i64(u64::from(*bytes));
        let (reference, object) = self.allocate(ty, bytes, None)?;
        for (index, (&field, &offset)) in fields.iter().zip(offsets).enumerate() {
            let value = value(self, index, field);
            self.store_field((object, offset as i32), field, value, None);
        }
        self.push(reference);
        Ok(())
    }

    pub(super) fn struct_get(&mut self, ty: u32, field: u32, sign: bool) -> Result<()> {
        let (field, offset) = self.field(ty, field)?;
        let reference = self.pop();
        let trap = self.null_trap(reference, offset);
        let object = self.object(reference)?;
        let value = self.load_field((object, offset as i32), field, sign, trap);
        self.push(value);
        Ok(())
    }

    pub(super) fn struct_set(&mut self, ty: u32, field: u32) -> Result<()> {
        let (field, offset) = self.field(ty, field)?;
        let (reference, value) = self.pop2();
        let trap = self.null_trap(reference, offset);
        let object = self.object(reference)?;
        self.store_field((object, offset as i32), field, value, trap);
        Ok(())
    }

    /// A field of the structure type with this index of the module: what it holds, and where.
    fn field(&self, ty: u32, field: u32) -> Result<(StorageType, u32)> {
        let (ty, context) = (self.type_id(ty), self.code.context);
        let (offsets, _) = context.structs.get(&ty).ok_or_else(no_layout)?;
        Ok((context.program.types.fields(ty)[field as usize], offsets[field as usize]))
    }
}

fn no_layout() -> crate::error::Error {
    defect("a structure type has no layout")
}
