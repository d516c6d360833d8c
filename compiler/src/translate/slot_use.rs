//! Uses of frame slots. A slot's key encodes its use, and Cranelift keeps the key until the frame is laid out.

use crate::plan::FuncId;
use cranelift_codegen::ir::{Function, StackSlotKey};

/// Bytes of a reference in a frame.
pub const REFERENCE_BYTES: u32 = 4;

/// Use of a frame slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// A copy of a local of a function, for debug information; an inlined function brings its own.
    Copy(FuncId, u32),
    /// A number of references, which the collector finds during every call.
    References(u32),
}

/// Key bit of reference slots; function numbers in the keys of copies never reach it.
const REFERENCES: u64 = 1 << 63;

impl SlotUse {
    /// Returns the slot key that encodes this use.
    pub(super) fn key(self) -> StackSlotKey {
        StackSlotKey::new(match self {
            Self::Copy(func, local) => u64::from(func.as_u32()) << 32 | u64::from(local),
            Self::References(count) => REFERENCES | u64::from(count),
        })
    }

    /// Decodes the use of a slot from its key.
    pub fn of(key: StackSlotKey) -> Self {
        let number = key.bits() as u32;
        if key.bits() & REFERENCES != 0 {
            Self::References(number)
        } else {
            Self::Copy(FuncId::from_u32((key.bits() >> 32) as u32), number)
        }
    }

    /// Returns the local that the slot copies, if it belongs to function `of`.
    pub fn local(self, of: FuncId) -> Option<u32> {
        match self {
            Self::Copy(func, local) if func == of => Some(local),
            _ => None,
        }
    }

    /// Returns the number of references in the slot.
    pub fn references(self) -> u32 {
        match self {
            Self::Copy(..) => 0,
            Self::References(count) => count,
        }
    }
}

/// Returns true if a function keeps references in slots, so that all its calls share one map.
pub fn has_references(function: &Function) -> bool {
    let mut keys = function.sized_stack_slots.values().filter_map(|slot| slot.key);
    keys.any(|key| SlotUse::of(key).references() > 0)
}
