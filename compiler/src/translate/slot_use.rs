//! What slots of frames are for. Their keys say it, which Cranelift keeps up to the layout of the frame.

use cranelift_codegen::ir::{Function, StackSlotKey};

/// Bytes of a reference in a frame.
pub const REFERENCE_BYTES: u32 = 4;

/// What a slot of a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// A copy of a local, for debug information.
    Copy(u32),
    /// So many references, for the collector to find during every call.
    References(u32),
}

impl SlotUse {
    /// The key of such a slot.
    pub(super) fn key(self) -> StackSlotKey {
        let (kind, number) = match self {
            Self::Copy(local) => (0, local),
            Self::References(count) => (1, count),
        };
        StackSlotKey::new(kind << 32 | u64::from(number))
    }

    /// What a slot with this key is for.
    pub fn of(key: StackSlotKey) -> Self {
        let number = key.bits() as u32;
        if key.bits() >> 32 == 0 { Self::Copy(number) } else { Self::References(number) }
    }

    /// The local that is in it.
    pub fn local(self) -> Option<u32> {
        match self {
            Self::Copy(local) => Some(local),
            Self::References(_) => None,
        }
    }

    /// How many references are in it.
    pub fn references(self) -> u32 {
        match self {
            Self::Copy(_) => 0,
            Self::References(count) => count,
        }
    }
}

/// Whether all calls of a function have the same map, of slots.
pub(super) fn has_references(function: &Function) -> bool {
    let mut keys = function.sized_stack_slots.values().filter_map(|slot| slot.key);
    keys.any(|key| SlotUse::of(key).references() > 0)
}
