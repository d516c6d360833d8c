//! Texts for the host program, as C has them.

use alloc::alloc::{alloc, dealloc};
use alloc::vec::Vec;
use core::alloc::Layout;
use core::ffi::{CStr, c_char};
use core::ptr::null_mut;

use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::message::{Message, SystemError};
use aot_foundation::records::ThreadRecord;
use aot_foundation::report::{fault_place, write_cause, write_fault, write_frames};

const _: () = assert!(aot_foundation::same_name("aot_library_error_free", symbols::LIBRARY_ERROR_FREE));

/// A text that ends with its only zero; empty if there was no memory for it.
pub struct Text(Vec<u8>);

/// The text in place of one for which there was no memory.
static NO_MEMORY: &CStr = c"out of memory";

impl Text {
    /// The text that is written to a message.
    #[inline(always)]
    pub fn new(mut write: impl FnMut(&mut Message)) -> Text {
        Text::written(&mut write)
    }

    /// Does as [`Text::new`], with one code for all texts.
    #[inline(never)]
    fn written(write: &mut dyn FnMut(&mut Message)) -> Text {
        let mut bytes = Vec::new();
        // SAFETY: the message ends first.
        let mut message = unsafe { Message::to_bytes(&raw mut bytes) };
        write(&mut message);
        drop(message);
        bytes.retain(|byte| *byte != 0);
        match bytes.try_reserve(1) {
            Ok(()) => bytes.push(0),
            Err(_) => bytes.clear(),
        }
        Text(bytes)
    }

    /// The text of a lack of memory.
    pub fn no_memory() -> Text {
        Text(Vec::new())
    }

    /// The trap that ended a guest: its backtrace and its cause, which can be the failure of a function of the host program.
    ///
    /// # Safety
    ///
    /// The trap was the last in this slab, which ran with this record.
    pub unsafe fn of_trap(
        trap: Trap,
        slab: *mut SlabHeader,
        thread: *const ThreadRecord,
        failure: Option<&[u8]>,
    ) -> Text {
        // SAFETY: the caller's promise.
        Text::new(|message| unsafe {
            if trap == Trap::Exit {
                message.text("the guest ended itself with exit status ").decimal(u64::from((*slab).exit_status));
                return;
            }
            if !(*thread).backtrace.is_empty() {
                message.text("error while executing at wasm backtrace:\n");
                write_frames(message, thread);
            }
            if let Some(place) = fault_place(slab, (*thread).fault_address) {
                write_fault(message, &place);
            }
            match failure {
                Some(failure) => _ = message.text("wasm trap: ").text(failure),
                None => write_cause(message, slab, trap),
            }
        })
    }

    /// The first byte.
    pub fn as_ptr(&self) -> *const c_char {
        if self.0.is_empty() { NO_MEMORY.as_ptr() } else { self.0.as_ptr().cast() }
    }

    /// The text as the host's own, until it frees it.
    pub fn into_raw(self) -> *mut c_char {
        // Freed by its length, so that it can't have room at its end.
        let place = match layout(self.0.len()) {
            // SAFETY: the layout has a size.
            Some(layout) => unsafe { alloc(layout) },
            None => null_mut(),
        };
        if place.is_null() {
            return NO_MEMORY.as_ptr().cast_mut();
        }
        // SAFETY: the place is new, and has as many bytes.
        unsafe { place.copy_from_nonoverlapping(self.0.as_ptr(), self.0.len()) };
        place.cast()
    }
}

/// The layout of a text with its zero; none for one without bytes.
fn layout(bytes: usize) -> Option<Layout> {
    Layout::array::<u8>(bytes).ok().filter(|layout| layout.size() != 0)
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

/// Frees the text of an error.
///
/// # Safety
///
/// Null, or a text that `new` gave the host, which hasn't freed it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_error_free(text: *mut c_char) {
    if text.is_null() || text.cast_const() == NO_MEMORY.as_ptr() {
        return;
    }
    // SAFETY: the caller's promise: the text and its zero are the whole allocation.
    unsafe {
        if let Some(layout) = layout(CStr::from_ptr(text).to_bytes_with_nul().len()) {
            dealloc(text.cast(), layout);
        }
    }
}
