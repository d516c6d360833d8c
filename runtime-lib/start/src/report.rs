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

use aot_foundation::message::Message;
use aot_foundation::records::ThreadRecord;
use aot_foundation::report::{fault_place, write_cause, write_fault, write_frames};

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
        let has_frames = !(*thread).backtrace.is_empty();
        let fault = fault_place(slab, (*thread).fault_address);
        let is_only = phase == Phase::InstantiateComponent && !has_frames && fault.is_none();
        let mut causes = Causes { next: 0, is_only };
        write_phase(&mut message, &mut causes, phase, name);
        if has_frames {
            causes.begin(&mut message).text("error while executing at wasm backtrace:\n");
            write_frames(&mut message, thread);
        }
        if let Some(place) = fault {
            write_fault(causes.begin(&mut message), &place);
        }
        write_cause(causes.begin(&mut message), slab, trap);
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
