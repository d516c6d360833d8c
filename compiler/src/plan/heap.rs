//! The heap of structures and arrays (docs/decisions/0041-gc.md), and how they lie in it.

use super::program::HeapPlan;
use crate::decode::{CompositeType, StorageType, TypeId, Types, ValType};
use aot_abi::gc::{ARRAY_HEADER_BYTES, GRANULE_BYTES, HEAP_BYTES_MAX, NULL_BYTES, STRUCT_HEADER_BYTES};
use aot_abi::program::PAGE_BYTES_MAX;

impl HeapPlan {
    /// A heap for objects of `max` bytes together; the layout places it.
    pub(super) fn new(max: u64, stress: bool) -> Self {
        let bytes = NULL_BYTES + max.clamp(PAGE_BYTES_MAX, HEAP_BYTES_MAX).next_multiple_of(PAGE_BYTES_MAX);
        Self { base: 0, bytes, marks: 0, pending: 0, stress }
    }

    /// Bytes of the marks: a bit for each place where an object can begin.
    pub fn marks_bytes(&self) -> u64 {
        (self.bytes / GRANULE_BYTES / 8).next_multiple_of(PAGE_BYTES_MAX)
    }

    /// Bytes of address space for the list of objects to look into: a third of the heap is the most that can be on it,
    /// for an array of references to objects with one reference each.
    pub fn pending_bytes(&self) -> u64 {
        (self.bytes / 2).next_multiple_of(PAGE_BYTES_MAX)
    }
}

/// The layout of a structure: the offsets of the fields from the reference, and the bytes of all.
pub fn struct_layout(fields: &[StorageType]) -> (Vec<u32>, u32) {
    let mut end = STRUCT_HEADER_BYTES;
    let place = |field: &StorageType| {
        let bytes = field.bytes();
        // What is wider than a granule may lie at any.
        let offset = end.next_multiple_of(bytes.min(GRANULE_BYTES as u32));
        end = offset + bytes;
        offset
    };
    let offsets = fields.iter().map(place).collect();
    (offsets, end.next_multiple_of(GRANULE_BYTES as u32))
}

/// Bytes before the first element of an array.
pub const ELEMENTS_OFFSET: u32 = ARRAY_HEADER_BYTES;

/// The offsets of what a collector has to follow in a structure.
pub fn traced_fields(types: &Types, id: TypeId) -> Vec<u32> {
    match types.composite(id) {
        CompositeType::Struct(fields) => {
            let (offsets, _) = struct_layout(fields);
            let traced = fields.iter().zip(offsets).filter(|(field, _)| is_traced(types, **field));
            traced.map(|(_, offset)| offset).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns true if a collector has to follow the value of a field.
pub fn is_traced(types: &Types, field: StorageType) -> bool {
    matches!(field, StorageType::Value(ty @ ValType::Ref(_)) if types.is_traced(ty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lie_in_their_order_each_at_a_multiple_of_its_size() {
        let value = StorageType::Value;
        let fields =
            [StorageType::I8, StorageType::I16, value(ValType::I64), value(ValType::I32), value(ValType::V128)];
        assert_eq!(struct_layout(&fields), (vec![4, 6, 8, 16, 24], 40));
        assert_eq!(struct_layout(&[]), (vec![], 8));
    }

    #[test]
    fn a_heap_has_room_for_what_is_asked_for_besides_null() {
        assert_eq!(HeapPlan::new(1 << 20, false).bytes, (1 << 20) + NULL_BYTES);
        assert_eq!(HeapPlan::new(1, false).bytes, PAGE_BYTES_MAX + NULL_BYTES);
        assert_eq!(HeapPlan::new(u64::MAX, false).bytes, HEAP_BYTES_MAX + NULL_BYTES);
    }
}
