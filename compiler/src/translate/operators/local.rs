//! Locals, and `select`.

use crate::translate::body::Body;
use cranelift_codegen::ir::InstBuilder;

impl Body<'_, '_, '_> {
    pub(super) fn local_get(&mut self, index: u32) {
        let value = self.local(index);
        self.push(value);
    }

    pub(super) fn local_set(&mut self, index: u32) {
        let value = self.pop();
        self.set_local(index, value);
    }

    pub(super) fn local_tee(&mut self, index: u32) {
        let value = self.pop();
        self.set_local(index, value);
        self.push(value);
    }

    pub(super) fn select(&mut self) {
        let condition = self.pop_condition();
        let (a, b) = self.pop2();
        let result = self.code.ins().select(condition, a, b);
        self.push(result);
    }

    pub(super) fn typed_select(&mut self, ty: wasmparser::ValType) {
        self.select();
        let result = self.pop();
        self.code.trace(result, self.parsed_type(ty));
        self.push(result);
    }
}
