//! Strings that the host program makes: of texts that end with a zero.

use core::ffi::{CStr, c_char};

use aot_abi::library::Status;
use aot_abi::symbols;

use super::{Extent, free, heap};

const _: () = assert!(aot_foundation::same_name("aot_library_string_set", symbols::LIBRARY_STRING_SET));
const _: () = assert!(aot_foundation::same_name("aot_library_string_dup", symbols::LIBRARY_STRING_DUP));
const _: () = assert!(aot_foundation::same_name("aot_library_string_dup_n", symbols::LIBRARY_STRING_DUP_N));
const _: () = assert!(aot_foundation::same_name("aot_library_string_free", symbols::LIBRARY_STRING_FREE));

/// Makes a string refer to a text.
///
/// # Safety
///
/// The addresses are those of room for a string, and of a text that ends with a zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_string_set(string: *mut Extent, text: *const c_char) {
    // SAFETY: the caller's promise.
    unsafe {
        let length = CStr::from_ptr(text).count_bytes();
        string.write(Extent { start: text.cast_mut().cast(), length });
    }
}

/// Makes a string of a copy of a text; a [`Status`].
///
/// # Safety
///
/// As for [`aot_library_string_set`].
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_string_dup(string: *mut Extent, text: *const c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { aot_library_string_dup_n(string, text, CStr::from_ptr(text).count_bytes()) }
}

/// Makes a string of a copy of so many bytes; a [`Status`].
///
/// # Safety
///
/// The addresses are those of room for a string, and of so many bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_string_dup_n(string: *mut Extent, text: *const c_char, length: usize) -> u32 {
    let Ok(start) = heap::allocate(length) else { return Status::Memory as u32 };
    // SAFETY: the caller's promise.
    unsafe {
        if length != 0 {
            core::ptr::copy_nonoverlapping(text.cast(), start, length);
        }
        string.write(Extent { start, length });
    }
    Status::Ok as u32
}

/// Frees the bytes of a string.
///
/// # Safety
///
/// Null, or the address of a string that was copied, or that a result has.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_string_free(string: *mut Extent) {
    if !string.is_null() {
        // SAFETY: the caller's promise.
        unsafe { free::empty(string) };
    }
}
