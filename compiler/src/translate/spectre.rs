//! Guards against speculation past a check of bounds (Spectre, variant 1).
//!
//! A processor that predicts a check wrongly goes on with an index that is out of bounds, until it notices. A guard makes
//! the index depend on the check as data, not as control: on such a path it is 0. What address space protects needs no
//! guard: a wrong path faults there too (docs/decisions/0071-spectre.md).

use super::code::Code;
use cranelift_codegen::ir::{InstBuilder, Value};

impl Code<'_, '_> {
    /// Returns `index`, and 0 on a path that the processor takes by mistake although `beyond` isn't 0. Without guards,
    /// returns `index` alone. A constant index is no secret's address, so it has no guard.
    pub fn guard_index(&mut self, beyond: Value, index: Value) -> Value {
        if !self.context.spectre_guards || self.constant(index).is_some() {
            return index;
        }
        let ty = self.type_of(index);
        let first = self.ins().iconst(ty, 0);
        self.ins().select_spectre_guard(beyond, first, index)
    }

    /// Returns `address`, and `base` on a path that the processor takes by mistake although `beyond` isn't 0. Without
    /// guards, returns `address` alone.
    pub fn guard_address(&mut self, beyond: Value, base: Value, address: Value) -> Value {
        if !self.context.spectre_guards {
            return address;
        }
        self.ins().select_spectre_guard(beyond, base, address)
    }
}
