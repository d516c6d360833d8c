//! Calls of the functions that an instance imports from the host program.

use core::ffi::{CStr, c_char, c_void};
use core::ptr::null;

use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::message::Message;

use crate::error::Text;
use crate::running::Running;
use crate::thread;

const _: () = assert!(aot_foundation::same_name("aot_library_import", symbols::LIBRARY_IMPORT));

/// A function of the object that calls one of the host program, with its context, the instance and the arguments: null, or the
/// text of a trap.
type Adapter = unsafe extern "C" fn(*const c_void, *const c_void, *const c_void, *mut u64) -> *const c_char;

/// Calls the host program's function for an import; the code of a trap, or 0.
///
/// # Safety
///
/// Called by guest code of an instance, with the number of an import, its arguments and its adapter.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_import(_slab: *mut c_void, number: u32, arguments: *mut u64, adapter: Adapter) -> u64 {
    // SAFETY: the caller's promise: the guest runs on this thread.
    unsafe {
        let running: *mut Running = thread::running().cast();
        let (imports, handle) = (&*(*running).imports, (*running).handle);
        let Some(function) = imports.functions.get(number as usize) else { return Trap::UnknownImport as u64 };
        let mut text = null();
        Running::leave_guest(running, &mut || text = adapter(*function, imports.context, handle, arguments));
        if (*running).cause.get().is_some() {
            return Trap::TimeExceeded as u64;
        }
        if let Some((trap, _)) = &(*running).ended {
            return *trap as u64;
        }
        if text.is_null() {
            return 0;
        }
        let text = CStr::from_ptr(text).to_bytes();
        let write = |message: &mut Message| {
            message.name(imports.name(number)).text(" of the host program: ").text(text);
        };
        (*running).failure = Some(Text::new(write));
        Trap::Other as u64
    }
}
