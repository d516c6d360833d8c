//! The memory that results are made of: the host program's C library has it, whose `free` ends it.

use core::ffi::c_void;
use core::ptr::null_mut;

unsafe extern "C" {
    fn malloc(bytes: usize) -> *mut c_void;
    fn free(address: *mut c_void);
}

/// New memory, whose contents aren't set; null for no bytes.
///
/// # Errors
/// There is none left.
pub fn allocate(bytes: usize) -> Result<*mut u8, OutOfMemory> {
    if bytes == 0 {
        return Ok(null_mut());
    }
    // SAFETY: the function takes any number.
    let address = unsafe { malloc(bytes) };
    if address.is_null() { Err(OutOfMemory) } else { Ok(address.cast()) }
}

/// The host program has no memory left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

/// Gives memory back.
///
/// # Safety
///
/// Null, or what `malloc` gave, which nothing uses any more.
pub unsafe fn release(address: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { free(address.cast()) };
}
