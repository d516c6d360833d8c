//! The message on stderr when a program ends by a trap, in the grammar of wasmtime's command line.
//!
//! ```text
//! Error: failed to run main module `NAME`
//!
//! Caused by:
//!     0: failed to invoke command default
//!     1: error while executing at wasm backtrace:
//!     0:     0x6a - module!function
//!     1:     0x70 - module!<wasm function 2>
//!     2: wasm trap: integer divide by zero
//! ```

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::backtrace::{Frame, name_at};
use crate::message::Message;
use crate::thread::ThreadRecord;
use crate::{linear_memory, program};

/// What the program was doing.
#[derive(Clone, Copy)]
pub enum Phase {
    /// Start-up: initialisers and start functions.
    Instantiate,
    /// `_start` of a core module.
    Command,
    /// `run` of a component.
    Run,
}

/// Tells that the program `name` ended by `trap`.
///
/// # Safety
///
/// The trap was the last on this thread, in this slab.
pub unsafe fn trap(name: &[u8], phase: Phase, trap: Trap, slab: *mut SlabHeader, thread: *const ThreadRecord) {
    let mut message = Message::to_stderr();
    message.text("Error: failed to run main module `").text(name).text("`\n\nCaused by:\n");
    message.text("    0: ");
    write_phase(&mut message, phase, name);
    message.text("\n    1: error while executing at wasm backtrace:\n");
    // SAFETY: the caller's promise; the thread's record is alive, and nothing changes it now.
    unsafe {
        write_frames(&mut message, thread);
        let cause = write_memory_fault(&mut message, slab, (*thread).fault_address);
        message.text("    ").decimal(cause).text(": wasm trap: ").text(trap.message());
        write_detail(&mut message, slab);
    }
    message.text("\n");
}

fn write_phase(message: &mut Message, phase: Phase, name: &[u8]) {
    match phase {
        Phase::Instantiate => message.text("failed to instantiate \"").text(name).text("\""),
        Phase::Command => message.text("failed to invoke command default"),
        Phase::Run => message.text("failed to invoke `run` function"),
    };
}

/// # Safety
///
/// As for [`trap`].
unsafe fn write_frames(message: &mut Message, thread: *const ThreadRecord) {
    // SAFETY: the caller's promise.
    let backtrace = unsafe { &(*thread).backtrace };
    for (index, frame) in backtrace.frames().enumerate() {
        write_frame(message, index as u64, &frame);
    }
    if backtrace.left_out() != 0 {
        message.text("    … ").decimal(u64::from(backtrace.left_out())).text(" more frames\n");
    }
}

fn write_frame(message: &mut Message, index: u64, frame: &Frame) {
    message.text("  ").decimal_wide(index, 3).text(": ");
    if let Some(offset) = frame.module_offset {
        message.hex_wide(offset, 8).text(" - ");
    }
    let module = program::modules().get(frame.function.module as usize).map(|module| name_at(module.name));
    message.text(module.filter(|name| !name.is_empty()).unwrap_or(b"<unknown>")).text("!");
    match name_at(frame.function.name) {
        b"" => message.text("<wasm function ").decimal(u64::from(frame.function.func_index)).text(">"),
        name => message.text(name),
    };
    message.text("\n");
}

/// Tells which byte of which memory an access was out of bounds of, where it was one. The number of the next cause.
///
/// # Safety
///
/// As for [`trap`].
unsafe fn write_memory_fault(message: &mut Message, slab: *mut SlabHeader, address: u64) -> u64 {
    if address == 0 {
        return 2;
    }
    // SAFETY: the caller's promise.
    let Some(place) = (unsafe { linear_memory::locate(slab, address) }) else { return 2 };
    message.text("    2: memory fault at wasm address ").hex(place.address);
    message.text(" in linear memory of size ").hex(place.bytes).text("\n");
    3
}

/// # Safety
///
/// As for [`trap`].
unsafe fn write_detail(message: &mut Message, slab: *mut SlabHeader) {
    // SAFETY: the text that a host function left outlives the slab.
    let text = unsafe {
        let text: *const u8 = core::ptr::with_exposed_provenance((*slab).trap_message as usize);
        if text.is_null() {
            return;
        }
        core::slice::from_raw_parts(text, (*slab).trap_message_bytes as usize)
    };
    message.text(": ").text(text);
}
