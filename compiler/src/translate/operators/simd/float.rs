//! Floats whose operators CLIF has no instruction for.

use crate::translate::body::Body;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value};

impl Body<'_, '_, '_> {
    /// `b < a ? b : a`: `minps` of x86.
    pub(super) fn pseudo_min(&mut self, ty: Type) {
        let (a, b) = self.pop_vectors2(ty);
        let result = self.second_if_less(b, a, a, b);
        self.push_vector(result);
    }

    /// `a < b ? b : a`: `maxps` of x86.
    pub(super) fn pseudo_max(&mut self, ty: Type) {
        let (a, b) = self.pop_vectors2(ty);
        let result = self.second_if_less(a, b, a, b);
        self.push_vector(result);
    }

    /// `lesser < greater ? b : a`, lane by lane.
    fn second_if_less(&mut self, lesser: Value, greater: Value, a: Value, b: Value) -> Value {
        let ty = self.code.type_of(a);
        let less = self.code.ins().fcmp(FloatCC::LessThan, lesser, greater);
        let less = self.cast(less, ty);
        self.code.ins().bitselect(less, b, a)
    }
}
