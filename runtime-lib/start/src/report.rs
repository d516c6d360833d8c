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

use aot_foundation::backtrace::{Frame, line_of, name_at};
use aot_foundation::linear_memory::{self, Place};
use aot_foundation::message::Message;
use aot_foundation::program;
use aot_foundation::records::ThreadRecord;

/// The phase of a program's run in which something happened, for messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Start-up of a core module: initialisers and start functions.
    Instantiate,
    /// Start-up of a component. Messages don't mention it.
    InstantiateComponent,
    /// `_start` of a core module.
    Command,
    /// `run` of a component.
    Run,
    /// An exported function, by its name.
    Export(&'static str),
    /// The handler of a server, by the number of its request.
    #[cfg(feature = "http")]
    Request(u64),
}

/// Tells that the program `name` ended by `trap`.
///
/// # Safety
///
/// The trap was the last on this thread, in this slab.
pub unsafe fn trap(name: &[u8], phase: Phase, trap: Trap, slab: *mut SlabHeader, thread: *const ThreadRecord) {
    let mut message = Message::to_stderr();
    match phase {
        #[cfg(feature = "http")]
        Phase::Request(number) => {
            message.text("Error: the handler of `").text(name).text("` failed at request ").decimal(number)
        }
        _ => message.text("Error: failed to run main module `").text(name).text("`"),
    };
    message.text("\n\nCaused by:\n");
    // SAFETY: the caller's promise; the thread's record is alive, and nothing changes it now.
    unsafe {
        let has_frames = (*thread).backtrace.frames().next().is_some();
        let fault = fault_place(slab, (*thread).fault_address);
        let is_only = phase == Phase::InstantiateComponent && !has_frames && fault.is_none();
        let mut causes = Causes { next: 0, is_only };
        write_phase(&mut message, &mut causes, phase, name);
        if has_frames {
            causes.begin(&mut message).text("error while executing at wasm backtrace:\n");
            write_frames(&mut message, thread);
        }
        if let Some(place) = fault {
            causes.begin(&mut message).text("memory fault at wasm address ").hex(place.address);
            message.text(" in linear memory of size ").hex(place.bytes).text("\n");
        }
        let thrown = trap == Trap::UncaughtException && (*slab).trap_message != 0;
        let cause = causes.begin(&mut message);
        match thrown {
            true => cause.text("thrown Wasm exception: tag "),
            false => cause.text("wasm trap: ").text(trap.message()),
        };
        write_detail(&mut message, slab, if thrown { "" } else { ": " });
    }
    message.text("\n");
}

/// The causes, which are numbered if there are several.
struct Causes {
    next: u64,
    is_only: bool,
}

impl Causes {
    /// Begins the next one.
    fn begin<'m>(&mut self, message: &'m mut Message) -> &'m mut Message {
        message.text("    ");
        if !self.is_only {
            message.decimal(self.next).text(": ");
        }
        self.next += 1;
        message
    }
}

fn write_phase(message: &mut Message, causes: &mut Causes, phase: Phase, name: &[u8]) {
    match phase {
        Phase::Instantiate => causes.begin(message).text("failed to instantiate \"").text(name).text("\"\n"),
        Phase::InstantiateComponent => return,
        #[cfg(feature = "http")]
        Phase::Request(_) => return,
        Phase::Command => causes.begin(message).text("failed to invoke command default\n"),
        Phase::Run => causes.begin(message).text("failed to invoke `run` function\n"),
        Phase::Export(function) => causes.begin(message).text("failed to invoke `").text(function).text("`\n"),
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
/// As for [`trap`].
unsafe fn fault_place(slab: *mut SlabHeader, address: u64) -> Option<Place> {
    if address == 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { linear_memory::locate(slab, address) }
}

/// # Safety
///
/// As for [`trap`].
unsafe fn write_detail(message: &mut Message, slab: *mut SlabHeader, separator: &str) {
    // SAFETY: the text that a host function left outlives the slab.
    let text = unsafe {
        let text: *const u8 = core::ptr::with_exposed_provenance((*slab).trap_message as usize);
        if text.is_null() || (*slab).trap_message_bytes == 0 {
            return;
        }
        core::slice::from_raw_parts(text, (*slab).trap_message_bytes as usize)
    };
    message.text(separator).text(text);
}
