//! Texts for the host program, as C has them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};
use core::ptr::slice_from_raw_parts_mut;

use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::message::{Message, SystemError};
use aot_foundation::records::ThreadRecord;
use aot_foundation::report::{fault_place, write_cause, write_fault, write_frames};

use crate::process::Unprepared;

const _: () = assert!(aot_foundation::same_name("aot_library_error_free", symbols::LIBRARY_ERROR_FREE));

/// A text that ends with its only zero.
pub struct Text(Box<[u8]>);

impl Text {
    /// The text that is written to a message.
    pub fn new(write: impl FnOnce(&mut Message)) -> Text {
        let mut bytes = Vec::new();
        // SAFETY: the message ends first.
        let mut message = unsafe { Message::to_bytes(&raw mut bytes) };
        write(&mut message);
        drop(message);
        bytes.retain(|byte| *byte != 0);
        bytes.push(0);
        Text(bytes.into_boxed_slice())
    }

    /// The trap that ended a guest: its backtrace and its cause.
    ///
    /// # Safety
    ///
    /// The trap was the last in this slab, which ran with this record.
    pub unsafe fn of_trap(trap: Trap, slab: *mut SlabHeader, thread: *const ThreadRecord) -> Text {
        // SAFETY: the caller's promise.
        Text::new(|message| unsafe {
            if !(*thread).backtrace.is_empty() {
                message.text("error while executing at wasm backtrace:\n");
                write_frames(message, thread);
            }
            if let Some(place) = fault_place(slab, (*thread).fault_address) {
                write_fault(message, &place);
            }
            write_cause(message, slab, trap);
        })
    }

    /// The first byte.
    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    /// The text as the host's own, until it frees it.
    pub fn into_raw(self) -> *mut c_char {
        Box::into_raw(self.0).cast()
    }
}

impl From<SystemError> for Text {
    fn from(error: SystemError) -> Text {
        Text::new(|message| {
            message.text("cannot ").text(error.doing).text(": system error ");
            message.decimal(error.errno.raw_os_error() as u64);
            if error.address_space != 0 {
                message
                    .text("; it needs ")
                    .decimal(error.address_space)
                    .text(" bytes of address space, or less if the ");
                message.text("library is built with --address-space small and a smaller --max-memory");
            }
        })
    }
}

impl From<Unprepared> for Text {
    fn from(error: Unprepared) -> Text {
        match error {
            Unprepared::System(error) => error.into(),
            Unprepared::NoKey => Text::new(|message| {
                message.text("the process has no more keys for data of threads (pthread_key_create)");
            }),
        }
    }
}

/// Frees the text of an error.
///
/// # Safety
///
/// Null, or a text that `new` gave the host, which hasn't freed it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_error_free(text: *mut c_char) {
    if text.is_null() {
        return;
    }
    // SAFETY: the caller's promise: the text and its zero are the whole allocation.
    unsafe {
        let bytes = CStr::from_ptr(text).to_bytes_with_nul().len();
        drop(Box::from_raw(slice_from_raw_parts_mut(text.cast::<u8>(), bytes)));
    }
}
