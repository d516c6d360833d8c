//! Details of a trap for its message: the frames of its backtrace, the byte of a memory that it was about, and its cause.

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::backtrace::{Frame, line_of, name_at};
use crate::linear_memory::{self, Place};
use crate::message::Message;
use crate::program;
use crate::records::ThreadRecord;

/// Writes the frames of a thread's last backtrace, a line each.
///
/// # Safety
///
/// The record is alive, and nothing changes it now.
pub unsafe fn write_frames(message: &mut Message, thread: *const ThreadRecord) {
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
    let module = program::modules().get(frame.function.module as usize);
    let name = module.map(|module| name_at(module.name)).filter(|name| !name.is_empty());
    message.text(name.unwrap_or(b"<unknown>")).text("!");
    match name_at(frame.function.name) {
        b"" => message.text("<wasm function ").decimal(u64::from(frame.function.func_index)).text(">"),
        name => message.text(name),
    };
    message.text("\n");
    if let Some((file, line)) = module.zip(frame.module_offset).and_then(|(module, offset)| line_of(module, offset)) {
        message.text("                    at ").text(file).text(":").decimal(line).text("\n");
    }
}

/// The memory and the byte of an access out of bounds, if the trap was one.
///
/// # Safety
///
/// The slab is open; a fault's address, if it isn't 0, is that of the last trap in it.
#[inline(always)]
pub unsafe fn fault_place(slab: *mut SlabHeader, address: u64) -> Option<Place> {
    if address == 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { linear_memory::locate(slab, address) }
}

/// Writes which byte of a memory an access out of bounds was about.
#[inline(always)]
pub fn write_fault(message: &mut Message, place: &Place) {
    message.text("memory fault at wasm address ").hex(place.address);
    message.text(" in linear memory of size ").hex(place.bytes).text("\n");
}

/// Writes the trap's message, and what a host function left about it.
///
/// # Safety
///
/// The trap was the last in this slab, which is open.
#[inline(always)]
pub unsafe fn write_cause(message: &mut Message, slab: *mut SlabHeader, trap: Trap) {
    // SAFETY: the caller's promise.
    unsafe {
        // Of these the detail says all.
        let told = (*slab).trap_message != 0;
        let separator = match trap {
            Trap::UncaughtException if told => {
                message.text("thrown Wasm exception: tag ");
                ""
            }
            Trap::Concurrency if told => {
                message.text("wasm trap: ");
                ""
            }
            _ => {
                message.text("wasm trap: ").text(message_of(trap));
                ": "
            }
        };
        write_detail(message, slab, separator);
    }
}

fn message_of(trap: Trap) -> &'static [u8] {
    let place = Trap::ALL.iter().position(|other| *other == trap).unwrap_or(Trap::ALL.len());
    Trap::MESSAGES.as_bytes().split(|&byte| byte == b'\n').nth(place).unwrap_or_default()
}

/// # Safety
///
/// As for [`write_cause`].
unsafe fn write_detail(message: &mut Message, slab: *mut SlabHeader, separator: &str) {
    // SAFETY: the caller's promise.
    let text = unsafe { detail(slab) };
    if !text.is_empty() {
        message.text(separator).text(text);
    }
}

/// The words of a host function about the last trap; empty if it said nothing.
///
/// # Safety
///
/// The slab is open, and the trap was its last.
pub unsafe fn detail(slab: *mut SlabHeader) -> &'static [u8] {
    // SAFETY: the text that a host function left outlives the slab.
    unsafe {
        let text: *const u8 = core::ptr::with_exposed_provenance((*slab).trap_message as usize);
        if text.is_null() {
            return &[];
        }
        core::slice::from_raw_parts(text, (*slab).trap_message_bytes as usize)
    }
}
