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
pub type Adapter = unsafe extern "C" fn(*const c_void, *const c_void, *const c_void, *mut u64) -> *const c_char;

/// Calls the host program's function for an import of a core module; the code of a trap, or 0.
///
/// # Safety
///
/// Called by guest code of an instance, with the number of an import, its arguments and its adapter.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_import(_slab: *mut c_void, number: u32, arguments: *mut u64, adapter: Adapter) -> u64 {
    // SAFETY: the caller's promise: the guest runs on this thread.
    let called = unsafe { call_host(thread::running().cast(), number, adapter, arguments) };
    called.err().map_or(0, |trap| trap as u64)
}

/// Calls the host program's function for an import.
///
/// # Errors
/// It returned the text of a trap, or a call that it made ended the instance.
///
/// # Safety
///
/// The call runs on this thread, and guest code has called the caller, with the arguments of the adapter.
pub unsafe fn call_host(running: *mut Running, number: u32, adapter: Adapter, arguments: *mut u64) -> Result<(), Trap> {
    // SAFETY: the caller's promise.
    unsafe {
        let (imports, handle) = (&*(*running).imports, (*running).handle);
        let function = imports.functions.get(number as usize).ok_or(Trap::UnknownImport)?;
        let mut text = null();
        let mut call = || text = adapter(*function, imports.context, handle, arguments);
        Running::leave_guest(running, &mut call);
        (*running).cause.check()?;
        if let Some((trap, _)) = &(*running).ended {
            return Err(*trap);
        }
        if text.is_null() { Ok(()) } else { Err(fail(running, number, CStr::from_ptr(text).to_bytes())) }
    }
}

/// Notes why a function of the host program failed: the trap.
///
/// # Safety
///
/// The call runs on this thread.
pub unsafe fn fail(running: *mut Running, number: u32, reason: &[u8]) -> Trap {
    // SAFETY: the caller's promise.
    unsafe {
        let name = (*(*running).imports).name(number);
        let write = |message: &mut Message| {
            message.name(name).text(" of the host program: ").text(reason);
        };
        (*running).failure = Some(Text::new(write));
    }
    Trap::Other
}
