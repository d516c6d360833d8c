//! Exceptions: their tags, and the slots in the slab that hold them (docs/decisions/0040-exceptions.md).

use super::place::value_bytes;
use super::program::{ExceptionsPlan, TagId, TagPlan};
use crate::decode::{TypeId, Types};
use aot_abi::exception::{SLOT_BYTES_MIN, SLOT_HEADER_BYTES};
use cranelift_entity::PrimaryMap;

/// Bytes of all slots together: address space, of which only as much is touched as there are exceptions at a time.
const ARENA_BYTES: u64 = 32 << 20;

impl ExceptionsPlan {
    /// The plan of a program without exceptions.
    pub const NONE: Self = Self { base: 0, slots: 0, slot_log2: 0 };

    /// Slots in which every exception fits; the layout places them.
    pub(super) fn of(tags: &PrimaryMap<TagId, TagPlan>, types: &Types) -> Self {
        let bytes = tags.values().map(|tag| SLOT_HEADER_BYTES + values_bytes(types, tag.ty)).max().unwrap_or(0);
        let slot_bytes = bytes.max(SLOT_BYTES_MIN).next_power_of_two();
        Self { base: 0, slots: (ARENA_BYTES / slot_bytes) as u32, slot_log2: slot_bytes.ilog2() }
    }

    /// Bytes of all slots together.
    pub fn bytes(&self) -> u64 {
        u64::from(self.slots) << self.slot_log2
    }

    /// The offsets of an exception's values in its slot.
    pub fn value_offsets(types: &Types, ty: TypeId) -> Vec<u64> {
        let mut end = SLOT_HEADER_BYTES;
        let params = types.func(ty).params.iter();
        params
            .map(|ty| {
                let bytes = value_bytes(*ty);
                let offset = end.next_multiple_of(bytes);
                end = offset + bytes;
                offset
            })
            .collect()
    }
}

/// Bytes of an exception's values in its slot.
fn values_bytes(types: &Types, ty: TypeId) -> u64 {
    let offsets = ExceptionsPlan::value_offsets(types, ty);
    let end = offsets.last().zip(types.func(ty).params.last()).map(|(offset, ty)| offset + value_bytes(*ty));
    end.map_or(0, |end| end - SLOT_HEADER_BYTES)
}
