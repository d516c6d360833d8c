//! The guest's linear memory as a host function sees it: every access is checked against its current length.

use core::marker::PhantomData;
use core::mem::MaybeUninit;

use aot_abi::host::{CallOptions, NO_MEMORY};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

/// A view of a linear memory, valid for `'a`: until the guest runs again, which can move or grow it.
///
/// Addresses and lengths are 64 bits wide, so that a sum of what a guest passed never wraps around.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    base: *mut u8,
    bytes: u64,
    view: PhantomData<&'a mut [u8]>,
}

impl<'a> Memory<'a> {
    /// The memory that a call's options name; an empty one if they name none.
    ///
    /// # Safety
    ///
    /// `slab` is a slab of the program that has these options, and its guest doesn't run during `'a`.
    pub unsafe fn of_call(slab: *mut SlabHeader, options: &CallOptions) -> Memory<'a> {
        if options.memory == NO_MEMORY {
            return Memory { base: core::ptr::null_mut(), bytes: 0, view: PhantomData };
        }
        let slab: *mut u8 = slab.cast();
        // SAFETY: both offsets are the compiler's, and lie in the slab.
        unsafe {
            let base = slab.add(options.memory as usize);
            let bytes = *slab.add(options.memory_bytes as usize).cast::<u64>();
            Memory { base, bytes, view: PhantomData }
        }
    }

    /// A memory that is a buffer, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn of_buffer(buffer: &'a mut [u8]) -> Memory<'a> {
        Memory { base: buffer.as_mut_ptr(), bytes: buffer.len() as u64, view: PhantomData }
    }

    /// The first byte of a range that lies in the memory.
    pub fn range(self, address: u64, bytes: u64) -> Result<*mut u8, Trap> {
        match address.checked_add(bytes) {
            Some(end) if end <= self.bytes => Ok(self.base.wrapping_add(address as usize)),
            _ => Err(Trap::PointerOutOfBounds),
        }
    }

    /// The bytes of a range. The caller writes to the memory only once it doesn't look at them any more.
    pub fn bytes(self, address: u64, bytes: u64) -> Result<&'a [u8], Trap> {
        let start = self.range(address, bytes)?;
        if bytes == 0 {
            return Ok(&[]);
        }
        // SAFETY: the range is open memory of the slab, which nobody else uses while its guest doesn't run.
        Ok(unsafe { core::slice::from_raw_parts(start, bytes as usize) })
    }

    /// A range as a buffer to be filled. The caller holds no other view of it meanwhile.
    pub fn buffer(self, address: u64, bytes: u64) -> Result<&'a mut [MaybeUninit<u8>], Trap> {
        let start = self.range(address, bytes)?;
        if bytes == 0 {
            return Ok(&mut []);
        }
        // SAFETY: as in `bytes`, and the caller's promise.
        Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), bytes as usize) })
    }

    /// Copies bytes out of the memory.
    pub fn read<const N: usize>(self, address: u64) -> Result<[u8; N], Trap> {
        let start = self.range(address, N as u64)?;
        // SAFETY: the range is open memory; byte arrays need no alignment.
        Ok(unsafe { start.cast::<[u8; N]>().read() })
    }

    /// Copies bytes into the memory.
    pub fn write(self, address: u64, bytes: &[u8]) -> Result<(), Trap> {
        let start = self.range(address, bytes.len() as u64)?;
        // SAFETY: the range is open memory, and `bytes` lies elsewhere or is this very place.
        unsafe { core::ptr::copy(bytes.as_ptr(), start, bytes.len()) };
        Ok(())
    }
}

/// Refuses an address that is not a multiple of `alignment`.
pub fn check_alignment(address: u64, alignment: u32) -> Result<(), Trap> {
    if address & u64::from(alignment - 1) == 0 { Ok(()) } else { Err(Trap::PointerUnaligned) }
}
