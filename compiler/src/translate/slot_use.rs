//! What slots of frames are for. Their keys say it, which Cranelift keeps up to the layout of the frame.

use crate::plan::FuncId;
use cranelift_codegen::ir::{Function, StackSlotKey};

/// Bytes of a reference in a frame.
pub const REFERENCE_BYTES: u32 = 4;

/// What a slot of a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// A copy of a local of a function, for debug information: a function that is inlined brings its own along.
    Copy(FuncId, u32),
    /// So many references, for the collector to find during every call.
    References(u32),
}

/// The bit of a key that tells references from copies: there are fewer functions.
const REFERENCES: u64 = 1 << 63;

impl SlotUse {
    /// The key of such a slot.
    pub(super) fn key(self) -> StackSlotKey {
        StackSlotKey::new(match self {
            Self::Copy(func, local) => u64::from(func.as_u32()) << 32 | u64::from(local),
            Self::References(count) => REFERENCES | u64::from(count),
        })
    }

    /// What a slot with this key is for.
    pub fn of(key: StackSlotKey) -> Self {
        let number = key.bits() as u32;
        if key.bits() & REFERENCES != 0 {
            Self::References(number)
        } else {
            Self::Copy(FuncId::from_u32((key.bits() >> 32) as u32), number)
        }
    }

    /// The local of a function that is in it.
    pub fn local(self, of: FuncId) -> Option<u32> {
        match self {
            Self::Copy(func, local) if func == of => Some(local),
            _ => None,
        }
    }

    /// How many references are in it.
    pub fn references(self) -> u32 {
        match self {
            Self::Copy(..) => 0,
            Self::References(count) => count,
        }
    }
}

/// Whether all calls of a function have the same map, of slots.
pub fn has_references(function: &Function) -> bool {
    let mut keys = function.sized_stack_slots.values().filter_map(|slot| slot.key);
    keys.any(|key| SlotUse::of(key).references() > 0)
}
