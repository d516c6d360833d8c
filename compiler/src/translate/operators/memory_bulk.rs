//! Bulk memory: a check of each range, then the runtime's copying or filling. Short constant lengths are loads and
//! stores.

use crate::decode::DataIndex;
use crate::error::Result;
use crate::plan::MemoryId;
use crate::translate::body::Body;
use crate::translate::names::Name;
use crate::translate::region::Region;
use aot_abi::libcalls::{MEMORY_COPY, MEMORY_FILL};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};

/// The most bytes that are copied or filled without a call.
const INLINE_BYTES_MAX: u64 = 64;

/// `byte * SPREAD` has the byte in every place.
const SPREAD: i64 = 0x0101_0101_0101_0101;

impl Body<'_, '_, '_> {
    pub(super) fn memory_copy(&mut self, to: u32, from: u32) -> Result<()> {
        let (to, from) = (self.memory(to)?, self.memory(from)?);
        let (destination, source, count) = self.pop3();
        let bytes = self.code.constant(count);
        let count = self.code.widen(count);
        let source = self.checked_pointer(from, source, count);
        let destination = self.checked_pointer(to, destination, count);
        match bytes {
            Some(bytes) if bytes <= INLINE_BYTES_MAX => self.copy_inline(to, destination, from, source, bytes),
            _ => {
                self.code.call_libcall(&MEMORY_COPY, &[destination, source, count]);
            }
        }
        Ok(())
    }

    pub(super) fn memory_fill(&mut self, memory: u32) -> Result<()> {
        let memory = self.memory(memory)?;
        let (destination, byte, count) = self.pop3();
        let bytes = self.code.constant(count);
        let count = self.code.widen(count);
        let destination = self.checked_pointer(memory, destination, count);
        match bytes {
            Some(bytes) if bytes <= INLINE_BYTES_MAX => self.fill_inline(memory, destination, byte, bytes),
            _ => {
                self.code.call_libcall(&MEMORY_FILL, &[destination, byte, count]);
            }
        }
        Ok(())
    }

    pub(super) fn memory_init(&mut self, data: u32, memory: u32) -> Result<()> {
        let memory = self.memory(memory)?;
        let data = self.instance.data[DataIndex::from_u32(data)];
        let (destination, source, count) = self.pop3();
        let count = self.code.widen(count);
        let source = self.code.widen(source);
        let length = self.code.data_length(data);
        let source = self.code.check_range(source, count, length, Trap::MemoryOutOfBounds);
        let destination = self.checked_pointer(memory, destination, count);
        if let Some(data) = data {
            let segment = self.code.symbol(Name::Data, self.code.context.plan.data[data].offset);
            let source = self.code.ins().iadd(segment, source);
            self.code.call_libcall(&MEMORY_COPY, &[destination, source, count]);
        }
        Ok(())
    }

    pub(super) fn data_drop(&mut self, data: u32) {
        if let Some(data) = self.instance.data[DataIndex::from_u32(data)] {
            let none = self.code.i64(0);
            self.code.store_slab(none, self.code.context.plan.slab.data_length(data), Region::SegmentLengths);
        }
    }

    /// The address of `count` bytes at `index`, which are in bounds.
    fn checked_pointer(&mut self, memory: MemoryId, index: Value, count: Value) -> Value {
        let index = self.code.widen(index);
        let length = self.code.memory_length(memory);
        let index = self.code.check_range(index, count, length, Trap::MemoryOutOfBounds);
        let base = self.code.memory_pointer(memory);
        self.code.ins().iadd(base, index)
    }

    /// Copies bytes that are in bounds and may overlap: every load comes before every store.
    fn copy_inline(&mut self, to: MemoryId, destination: Value, from: MemoryId, source: Value, bytes: u64) {
        let chunks = chunks(bytes, self.code.context.isa_facts.quirks.widest_load);
        let flags = self.code.trusted(Region::Memory(from));
        let load = |&(offset, ty): &(i32, Type)| (offset, self.code.ins().load(ty, flags, source, offset));
        let loaded: Vec<(i32, Value)> = chunks.iter().map(load).collect();
        let flags = self.code.trusted(Region::Memory(to));
        for (offset, value) in loaded {
            self.code.ins().store(flags, value, destination, offset);
        }
    }

    /// Fills bytes that are in bounds.
    fn fill_inline(&mut self, memory: MemoryId, destination: Value, byte: Value, bytes: u64) {
        let byte = self.code.ins().ireduce(types::I8, byte);
        let byte = self.code.ins().uextend(types::I64, byte);
        let pattern = self.code.ins().imul_imm_u(byte, SPREAD);
        let flags = self.code.trusted(Region::Memory(memory));
        for (offset, ty) in chunks(bytes, types::I64) {
            let value = if ty == types::I64 { pattern } else { self.code.ins().ireduce(ty, pattern) };
            self.code.ins().store(flags, value, destination, offset);
        }
    }
}

/// Places and types of accesses that cover `bytes` bytes; the last may overlap the one before it.
fn chunks(bytes: u64, widest: Type) -> Vec<(i32, Type)> {
    let Some(floor) = bytes.checked_ilog2() else {
        return Vec::new();
    };
    let width = u64::from(widest.bytes()).min(1 << floor);
    let ty = if width == u64::from(widest.bytes()) { widest } else { integer(width) };
    let mut chunks: Vec<(i32, Type)> = (0..bytes / width).map(|index| ((index * width) as i32, ty)).collect();
    if !bytes.is_multiple_of(width) {
        chunks.push(((bytes - width) as i32, ty));
    }
    chunks
}

/// The integer type of this many bytes.
fn integer(bytes: u64) -> Type {
    Type::int(8 * bytes as u16).unwrap_or_else(|| unreachable!("{bytes} is a power of two up to 8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_every_byte_and_nothing_else() {
        for widest in [types::I64, types::I8X16] {
            for bytes in 0..=INLINE_BYTES_MAX {
                let mut covered = vec![false; bytes as usize];
                for (offset, ty) in chunks(bytes, widest) {
                    covered[offset as usize..][..ty.bytes() as usize].fill(true);
                }
                assert!(covered.iter().all(|&covered| covered), "{bytes} by {widest}");
            }
        }
    }
}
