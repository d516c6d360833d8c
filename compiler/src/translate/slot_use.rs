//! What slots of frames are for. Their keys say it, which Cranelift keeps up to the layout of the frame.

use cranelift_codegen::ir::{Function, StackSlotKey};

/// Bytes of a reference in a frame.
pub const REFERENCE_BYTES: u32 = 4;

/// What a slot of a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// A copy of a local, for debug information.
    Copy(u32),
    /// A local.
    Local(u32),
    /// A local that is a reference, for the collector to find.
    Reference(u32),
    /// So many references, for the collector to find.
    References(u32),
}

impl SlotUse {
    /// The key of such a slot.
    pub(super) fn key(self) -> StackSlotKey {
        let (kind, number) = match self {
            Self::Copy(local) => (0, local),
            Self::Local(local) => (1, local),
            Self::Reference(local) => (2, local),
            Self::References(count) => (3, count),
        };
        StackSlotKey::new(kind << 32 | u64::from(number))
    }

    /// What a slot with this key is for.
    pub fn of(key: StackSlotKey) -> Self {
        let number = key.bits() as u32;
        match key.bits() >> 32 {
            0 => Self::Copy(number),
            1 => Self::Local(number),
            2 => Self::Reference(number),
            _ => Self::References(number),
        }
    }

    /// The local that is in it.
    pub fn local(self) -> Option<u32> {
        match self {
            Self::Copy(local) | Self::Local(local) | Self::Reference(local) => Some(local),
            Self::References(_) => None,
        }
    }

    /// How many references the collector finds there during every call.
    pub fn references(self) -> u32 {
        match self {
            Self::Copy(_) | Self::Local(_) => 0,
            Self::Reference(_) => 1,
            Self::References(count) => count,
        }
    }
}

/// Whether all calls of a function have the same map, of slots.
pub(super) fn has_references(function: &Function) -> bool {
    let mut keys = function.sized_stack_slots.values().filter_map(|slot| slot.key);
    keys.any(|key| SlotUse::of(key).references() > 0)
}
