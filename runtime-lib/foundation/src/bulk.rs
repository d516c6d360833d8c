//! Copying and filling of memory: the libcalls of `memory.copy`, `memory.fill` and their kin.
//!
//! Guests copy a few bytes most of the time, for which musl's string instructions take far longer than the copy; and
//! where source and destination overlap, musl goes byte by byte. Here a short range is two or four overlapping parts,
//! and a longer one a loop of 64 bytes, the last of which are loaded before the first are stored. What is long and
//! doesn't overlap is left to musl, as is everything on a machine without vectors.

use aot_abi::libcalls;

use crate::arch::{self, Vector};

const _: () = assert!(crate::same_name("aot_memory_copy", libcalls::MEMORY_COPY.symbol));
const _: () = assert!(crate::same_name("aot_memory_fill", libcalls::MEMORY_FILL.symbol));

/// The length from which on musl's copying and filling is the fastest, in bytes.
const LONG_BYTES: usize = 2048;
const VECTOR_BYTES: usize = size_of::<Vector>();
/// The bytes that one turn of a loop copies or fills.
const STRIDE_BYTES: usize = 4 * VECTOR_BYTES;

/// The libcall of `memory.copy`: `bytes` from `source` to `destination`, which may overlap.
///
/// # Safety
///
/// Called by compiled code, which has checked the bounds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_memory_copy(destination: *mut u8, source: *const u8, bytes: u64) {
    let bytes = bytes as usize;
    // SAFETY: the caller's promise; each arm takes lengths that suit its type.
    unsafe {
        match bytes {
            17.. => copy_many(destination, source, bytes),
            8.. => copy_ends::<u64>(destination, source, bytes),
            4.. => copy_ends::<u32>(destination, source, bytes),
            2.. => copy_ends::<u16>(destination, source, bytes),
            1 => *destination = *source,
            0 => {}
        }
    }
}

/// # Safety
///
/// Both ranges are accessible, and longer than two words.
unsafe fn copy_many(destination: *mut u8, source: *const u8, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if !arch::VECTORS {
            core::ptr::copy(source, destination, bytes);
        } else if bytes < STRIDE_BYTES {
            let [a, b, c, d] = four_places(bytes);
            let (va, vb, vc, vd) = (load(source.add(a)), load(source.add(b)), load(source.add(c)), load(source.add(d)));
            store(destination.add(a), va);
            store(destination.add(b), vb);
            store(destination.add(c), vc);
            store(destination.add(d), vd);
        } else if bytes >= LONG_BYTES && destination.addr().abs_diff(source.addr()) >= bytes {
            core::ptr::copy_nonoverlapping(source, destination, bytes);
        } else if destination.addr().wrapping_sub(source.addr()) >= bytes {
            copy_forward(destination, source, bytes);
        } else {
            copy_backward(destination, source, bytes);
        }
    }
}

/// Copies from the first byte on.
///
/// # Safety
///
/// Both ranges are accessible and no shorter than a stride; the destination doesn't begin inside the source.
unsafe fn copy_forward(destination: *mut u8, source: *const u8, bytes: usize) {
    // SAFETY: the caller's promise; the last stride is stored after what the others store over it.
    unsafe {
        let last = bytes - STRIDE_BYTES;
        let tail = load_stride(source.add(last));
        let mut offset = 0;
        while offset < last {
            store_stride(destination.add(offset), load_stride(source.add(offset)));
            offset += STRIDE_BYTES;
        }
        store_stride(destination.add(last), tail);
    }
}

/// Copies from the last byte on.
///
/// # Safety
///
/// Both ranges are accessible and no shorter than a stride; the destination doesn't end inside the source.
unsafe fn copy_backward(destination: *mut u8, source: *const u8, bytes: usize) {
    // SAFETY: the caller's promise; the first stride is stored after what the others store over it.
    unsafe {
        let head = load_stride(source);
        let mut end = bytes;
        while end > STRIDE_BYTES {
            end -= STRIDE_BYTES;
            store_stride(destination.add(end), load_stride(source.add(end)));
        }
        store_stride(destination, head);
    }
}

/// The libcall of `memory.fill`: `bytes` from `destination` on become `byte`.
///
/// `byte` is an `i32` of the contract; only its lowest byte is looked at.
///
/// # Safety
///
/// Called by compiled code, which has checked the bounds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_memory_fill(destination: *mut u8, byte: u64, bytes: u64) {
    let (byte, bytes) = (byte as u8, bytes as usize);
    let word = u64::from(byte) * 0x0101_0101_0101_0101;
    // SAFETY: the caller's promise; each arm takes lengths that suit its type.
    unsafe {
        match bytes {
            17.. => fill_many(destination, byte, bytes),
            8.. => fill_ends(destination, word, bytes),
            4.. => fill_ends(destination, word as u32, bytes),
            2.. => fill_ends(destination, word as u16, bytes),
            1 => *destination = byte,
            0 => {}
        }
    }
}

/// # Safety
///
/// The range is writable, and longer than two words.
unsafe fn fill_many(destination: *mut u8, byte: u8, bytes: usize) {
    let vector = arch::splat(byte);
    // SAFETY: the caller's promise.
    unsafe {
        if bytes >= LONG_BYTES || !arch::VECTORS {
            return core::ptr::write_bytes(destination, byte, bytes);
        }
        if bytes < STRIDE_BYTES {
            let [a, b, c, d] = four_places(bytes);
            store(destination.add(a), vector);
            store(destination.add(b), vector);
            store(destination.add(c), vector);
            return store(destination.add(d), vector);
        }
        let last = bytes - STRIDE_BYTES;
        let mut offset = 0;
        while offset < last {
            store_stride(destination.add(offset), [vector, vector, vector, vector]);
            offset += STRIDE_BYTES;
        }
        store_stride(destination.add(last), [vector, vector, vector, vector]);
    }
}

/// The offsets at which four vectors cover a range that is longer than one vector and shorter than a stride, without a
/// branch that depends on which of both it is nearer to: such branches are mispredicted if lengths vary.
fn four_places(bytes: usize) -> [usize; 4] {
    let second = (bytes & (2 * VECTOR_BYTES)) / 2;
    let last = bytes - VECTOR_BYTES;
    [0, second, last - second, last]
}

/// Copies the first and the last bytes, as many as `T` has; together they are all.
///
/// # Safety
///
/// Both ranges are accessible, no shorter than `T` and no longer than two of it.
unsafe fn copy_ends<T: Copy>(destination: *mut u8, source: *const u8, bytes: usize) {
    let last = bytes - size_of::<T>();
    // SAFETY: the caller's promise. Both are read before one is written.
    unsafe {
        let head = source.cast::<T>().read_unaligned();
        let tail = source.add(last).cast::<T>().read_unaligned();
        destination.cast::<T>().write_unaligned(head);
        destination.add(last).cast::<T>().write_unaligned(tail);
    }
}

/// Fills the first and the last bytes, as many as `T` has; together they are all.
///
/// # Safety
///
/// The range is writable, no shorter than `T` and no longer than two of it.
unsafe fn fill_ends<T: Copy>(destination: *mut u8, value: T, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        destination.cast::<T>().write_unaligned(value);
        destination.add(bytes - size_of::<T>()).cast::<T>().write_unaligned(value);
    }
}

/// # Safety
///
/// A vector is readable here.
unsafe fn load(source: *const u8) -> Vector {
    // SAFETY: the caller's promise.
    unsafe { source.cast::<Vector>().read_unaligned() }
}

/// # Safety
///
/// A vector is writable here.
unsafe fn store(destination: *mut u8, vector: Vector) {
    // SAFETY: the caller's promise.
    unsafe { destination.cast::<Vector>().write_unaligned(vector) }
}

/// # Safety
///
/// A stride is readable here.
#[inline(always)]
unsafe fn load_stride(source: *const u8) -> [Vector; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        [
            load(source),
            load(source.add(VECTOR_BYTES)),
            load(source.add(2 * VECTOR_BYTES)),
            load(source.add(3 * VECTOR_BYTES)),
        ]
    }
}

/// # Safety
///
/// A stride is writable here.
#[inline(always)]
unsafe fn store_stride(destination: *mut u8, stride: [Vector; 4]) {
    // SAFETY: the caller's promise.
    unsafe {
        store(destination, stride[0]);
        store(destination.add(VECTOR_BYTES), stride[1]);
        store(destination.add(2 * VECTOR_BYTES), stride[2]);
        store(destination.add(3 * VECTOR_BYTES), stride[3]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: core::ops::Range<usize> = 0..300;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|index| (index * 7 + index / 251) as u8).collect()
    }

    #[test]
    fn copies_of_any_length_and_overlap_are_those_of_core() {
        for length in LENGTHS.chain([LONG_BYTES - 1, LONG_BYTES, LONG_BYTES + 1, 5000]) {
            for distance in [0, 1, 2, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 100, 1000, 5100] {
                for (from, to) in [(3, 3 + distance), (3 + distance, 3)] {
                    let mut expected = bytes(12_000);
                    let mut actual = expected.clone();
                    expected.copy_within(from..from + length, to);
                    let base = actual.as_mut_ptr();
                    // SAFETY: both ranges lie in the vector.
                    unsafe { aot_memory_copy(base.add(to), base.add(from), length as u64) };
                    assert!(expected == actual, "{length} bytes from {from} to {to}");
                }
            }
        }
    }

    #[test]
    fn fills_of_any_length_are_those_of_core() {
        for length in LENGTHS.chain([LONG_BYTES - 1, LONG_BYTES, 5000]) {
            let mut expected = bytes(6000);
            let mut actual = expected.clone();
            expected[5..5 + length].fill(0xa7);
            // SAFETY: the range lies in the vector; the upper bytes of the value don't count.
            unsafe { aot_memory_fill(actual.as_mut_ptr().add(5), 0x1234_56a7, length as u64) };
            assert!(expected == actual, "{length} bytes");
        }
    }
}
