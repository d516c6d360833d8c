//! The functions that an instance imports from the host program.

use alloc::vec::Vec;
use core::ffi::{CStr, c_char, c_void};
use core::ptr::null;

use aot_foundation::program;

use crate::error::Text;
use crate::resources::OfHost;

/// The functions of the structure that the host program gave.
pub struct Imports {
    /// The first argument of each.
    pub context: *const c_void,
    /// The functions, in the order of their names.
    pub functions: Vec<*const c_void>,
    names: *const c_char,
}

/// The words of the structure before the functions: its size and the context.
const WORDS_BEFORE: usize = 2;

impl Imports {
    /// Reads the structure; null where the library imports nothing.
    ///
    /// # Errors
    /// There is none, it has another size, or a function is null.
    ///
    /// # Safety
    ///
    /// The structure has as many bytes as its first word says; the names, of the object, each end with a zero, and the last of
    /// them is empty; or they are null.
    pub unsafe fn read(structure: *const u64, names: *const c_char) -> Result<Imports, Text> {
        // SAFETY: the caller's promise.
        let count = unsafe { Names::at(names) }.count();
        let mut imports = Imports { context: null(), functions: Vec::new(), names };
        if count == 0 && structure.is_null() {
            return Ok(imports);
        }
        if count == 0 {
            return Err(Text::new(|message| _ = message.text("the library has no imports: pass a null pointer")));
        }
        // SAFETY: as above.
        unsafe {
            check_size(structure, (WORDS_BEFORE + count) * size_of::<u64>())?;
            imports.context = structure.add(1).cast::<*const c_void>().read();
            imports.functions.try_reserve_exact(count).map_err(|_| Text::no_memory())?;
            for (index, name) in Names::at(names).enumerate() {
                let function: *const c_void = structure.add(WORDS_BEFORE + index).cast::<*const c_void>().read();
                if function.is_null() {
                    return Err(Text::new(|message| _ = message.text("the import ").name(name).text(" is null")));
                }
                imports.functions.push(function);
            }
        }
        Ok(imports)
    }

    /// The name of an import.
    pub fn name(&self, number: u32) -> &'static [u8] {
        // SAFETY: the promise of `read`.
        unsafe { Names::at(self.names) }.nth(number as usize).unwrap_or_default()
    }

    /// Lets the host program end a resource of its own. The text of a trap that it returns is about nothing.
    ///
    /// # Safety
    ///
    /// The instance is the one that has the functions.
    pub unsafe fn drop_of_host(&self, instance: *const c_void, resource: OfHost) {
        /// A function that ends a resource.
        type Drops = unsafe extern "C" fn(*const c_void, *const c_void, u64) -> *const c_char;
        let number = program::value_imports().iter().position(|import| import.drops == resource.number);
        if let Some(function) = number.and_then(|number| self.functions.get(number)) {
            // SAFETY: the compiler has a function of this type at the place of one that drops; C passes a structure of one
            // pointer as it does a pointer.
            unsafe { core::mem::transmute::<*const c_void, Drops>(*function)(self.context, instance, resource.value) };
        }
    }
}

/// # Safety
///
/// As for [`Imports::read`].
unsafe fn check_size(structure: *const u64, bytes: usize) -> Result<(), Text> {
    // SAFETY: the caller's promise.
    let size = unsafe { structure.as_ref() }.copied();
    if size == Some(bytes as u64) {
        return Ok(());
    }
    Err(Text::new(|message| {
        match size {
            Some(size) => message.text("the size in the imports is ").decimal(size),
            None => message.text("there are no imports"),
        };
        message.text(", but this library's structure has ").decimal(bytes as u64).text(" bytes");
    }))
}

/// Names, each with a zero behind it, of which the last is empty; none at null.
struct Names(*const c_char);

impl Names {
    /// # Safety
    ///
    /// The address of such names, or null.
    unsafe fn at(names: *const c_char) -> Names {
        Names(names)
    }
}

impl Iterator for Names {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: the promise of `at`.
        let name = unsafe { CStr::from_ptr(self.0) };
        self.0 = self.0.wrapping_add(name.count_bytes() + 1);
        Some(name.to_bytes()).filter(|name| !name.is_empty())
    }
}
