//! Lists of C strings that an instance keeps.

use core::ffi::{CStr, c_char};
use core::ptr::null;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use aot_host::c_strings::CStrings;
use aot_host::environment::inherited_names;

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
            let value = std::env::var_os(OsStr::from_bytes(name))?;
            CString::new([name, b"=", &value.into_vec()].concat()).ok()
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
