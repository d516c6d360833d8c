//! Lists of C strings that an instance keeps.

use core::ffi::{CStr, c_char};
use core::ptr::null;
use std::ffi::CString;

use aot_host::c_strings::CStrings;
use aot_host::environment::inherited_names;

unsafe extern "C" {
    fn getenv(name: *const c_char) -> *const c_char;
}

/// Strings, and a list of their addresses that ends with null.
pub struct Strings {
    _strings: Vec<CString>,
    addresses: Vec<*const c_char>,
}

impl Strings {
    /// Copies a list.
    ///
    /// # Safety
    ///
    /// Null, or the address of a list of C strings that ends with null.
    pub unsafe fn copy(list: *const *const c_char) -> Strings {
        if list.is_null() {
            return Strings::of(Vec::new());
        }
        // SAFETY: the caller's promise.
        let at = |index| unsafe { *list.add(index) };
        let strings = (0..).map(at).take_while(|string| !string.is_null());
        // SAFETY: as above.
        Strings::of(strings.map(|string| unsafe { CStr::from_ptr(string) }.to_owned()).collect())
    }

    /// Copies the variables of the process that a policy passes on.
    pub fn inherited(section: &'static [u8]) -> Strings {
        let variable = |name: &'static [u8]| {
            // The process is the host program's, of whose changes std's lock knows nothing.
            let name = CString::new(name).ok()?;
            // SAFETY: the name is a C string; nobody changes the environment while an instance is made.
            let value = unsafe { getenv(name.as_ptr()).as_ref() }?;
            // SAFETY: as above: the value is one too.
            let value = unsafe { CStr::from_ptr(value) };
            CString::new([name.to_bytes(), b"=", value.to_bytes()].concat()).ok()
        };
        Strings::of(inherited_names(section).into_iter().filter_map(variable).collect())
    }

    fn of(strings: Vec<CString>) -> Strings {
        let addresses = strings.iter().map(|string| string.as_ptr()).chain([null()]).collect();
        Strings { _strings: strings, addresses }
    }

    /// The list.
    ///
    /// # Safety
    ///
    /// The strings are kept for as long as it is used.
    pub unsafe fn list(&self) -> CStrings {
        // SAFETY: a list that ends with null; the caller's promise.
        unsafe { CStrings::new(self.addresses.as_ptr()) }
    }
}
