//! The lists of strings that a process starts with.

use core::ffi::c_char;

/// A list of C strings that ends with null, such as `argv` and `envp`; read where it lies.
#[derive(Clone, Copy)]
pub struct CStrings(*const *const c_char);

// SAFETY: the strings stay unchanged for the life of the process.
unsafe impl Sync for CStrings {}

/// A list of nothing: its end.
const NO_STRINGS: &[usize; 1] = &[0];

impl CStrings {
    /// An empty list.
    pub fn none() -> CStrings {
        CStrings(NO_STRINGS.as_ptr().cast())
    }

    /// # Safety
    ///
    /// A list of C strings that ends with null, all of which stay unchanged for the life of the process.
    pub unsafe fn new(list: *const *const c_char) -> CStrings {
        CStrings(list)
    }

    /// The strings, without their final zeros.
    pub fn iter(self) -> impl Iterator<Item = &'static [u8]> {
        let mut next = self.0;
        core::iter::from_fn(move || {
            // SAFETY: the promise of `new`.
            unsafe {
                let string = *next;
                if string.is_null() {
                    return None;
                }
                next = next.add(1);
                Some(core::ffi::CStr::from_ptr(string).to_bytes())
            }
        })
    }
}
