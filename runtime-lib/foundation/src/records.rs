//! The records that entries, trap handler and assembly share: what the runtime keeps of an entry, of a slab and of a
//! thread that runs guests.

use core::ptr::NonNull;

use aot_abi::host::VALUE_SLOT_BYTES;
use aot_abi::slab::SlabHeader;

use crate::backtrace::Backtrace;
use crate::family::Family;
use crate::guest_limits::GuestLimits;
use crate::stack::StackBounds;

/// An entry into guest code: the state that it needs in order to return, and that it restores.
#[repr(C)]
pub struct EntryRecord {
    /// The stack pointer to go back to, below the saved registers. Written and read by `arch`.
    pub return_stack: u64,
    /// The slab that was entered.
    pub slab: *mut SlabHeader,
    /// The entry of the same slab around this one; null for the outermost.
    pub outer_of_slab: *mut EntryRecord,
    /// The entry on the same thread around this one, of any slab; null for none.
    pub outer_of_thread: *mut EntryRecord,
    /// [`SlabHeader::exit_frame`] at the entry: the frame at which the backtrace goes on beyond it.
    pub exit_frame: u64,
}

/// The runtime's state of a slab, in [`SlabHeader::reserved`].
#[repr(C)]
pub struct SlabState {
    /// The thread that runs the slab's guest; also the end of that thread's signal stack.
    pub thread: *mut ThreadRecord,
    /// The guest's stack.
    pub stack: StackBounds,
    /// The memories that it shares with other slabs, which the slab's owner keeps.
    pub family: Option<NonNull<dyn Family>>,
    /// The limits of what the guest may grow to.
    pub limits: GuestLimits,
    /// The coroutine that runs; null if none does.
    pub running: *mut OtherContext,
    /// The contexts that the slab has besides its current one.
    pub others: *mut OtherContext,
    /// The bytes of the collector's tables, which are on the account of the host's memory.
    pub gc_table_bytes: u64,
}

/// The part of a slab's state that belongs to the stack on which its guest runs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Context {
    /// [`SlabHeader::entry`].
    pub entry: u64,
    /// [`SlabHeader::exit_frame`].
    pub exit_frame: u64,
    /// [`SlabHeader::stack_limit`].
    pub stack_limit: u64,
    /// The bounds of the stack that the guest runs on.
    pub stack: StackBounds,
    /// The innermost entry on the thread; null for none.
    pub innermost: *mut EntryRecord,
}

/// A context of a slab beside its current one: frames of the guest may lie on its stack.
#[repr(C)]
pub struct OtherContext {
    /// The context that was switched from.
    pub context: Context,
    /// The coroutine that ran before the one that has this context was resumed; null for none.
    pub resumer: *mut OtherContext,
    /// The next one of the slab; null for none.
    pub next: *mut OtherContext,
}

/// The contexts of a slab in which its guest has frames: the exit frame and the innermost entry of each, and the stack.
///
/// # Safety
///
/// Guest code of this slab waits in a trampoline that has noted its frame, on each of its stacks.
pub unsafe fn guest_contexts(slab: *mut SlabHeader) -> impl Iterator<Item = (u64, *const EntryRecord, StackBounds)> {
    // SAFETY: the caller's promise.
    let (mut now, mut others) = unsafe {
        let now = ((*slab).exit_frame, (*slab).entry, (*state(slab)).stack);
        (Some(now), (*state(slab)).others)
    };
    let contexts = core::iter::from_fn(move || {
        // SAFETY: all in the list are alive.
        now.take().or_else(|| unsafe {
            let other = others.as_ref()?;
            others = other.next;
            Some((other.context.exit_frame, other.context.entry, other.context.stack))
        })
    });
    let contexts = contexts.filter(|(_, entry, _)| *entry != 0);
    contexts.map(|(frame, entry, stack)| (frame, core::ptr::with_exposed_provenance(entry as usize), stack))
}

/// A thread's answer to interruptions (`interrupt`).
pub struct Interrupts {
    /// Decides about the guest of this slab, which computes on the calling thread: true if it has to end. It does what signal
    /// handlers may do.
    pub decide: unsafe fn(*const Interrupts, *mut SlabHeader) -> bool,
}

/// A thread's record. Code reaches it through pointers only, since the trap handler changes it.
#[repr(C, align(16))]
pub struct ThreadRecord {
    /// The innermost entry into guest code on this thread, of any slab; null for none.
    pub innermost: *mut EntryRecord,
    /// The address of the memory access that the last trap was about; 0 for none.
    pub fault_address: u64,
    /// The thread's answer to interruptions; null if there are none.
    pub interrupts: *const Interrupts,
    /// The backtrace of the last trap.
    pub backtrace: Backtrace,
}

/// Slab offset of [`SlabState::thread`], for `arch`.
pub const HEADER_THREAD: usize = core::mem::offset_of!(SlabHeader, reserved);

const _: () = {
    assert!(core::mem::offset_of!(EntryRecord, return_stack) == 0);
    assert!(core::mem::offset_of!(SlabState, thread) == 0);
    assert!(size_of::<SlabState>() <= size_of::<[u64; 12]>());
    assert!(size_of::<[u64; 2]>() == VALUE_SLOT_BYTES as usize);
};

/// The memories that a slab shares with others.
///
/// # Safety
///
/// The slab is open, and isn't reset during `'a`.
pub unsafe fn family_of<'a>(slab: *mut SlabHeader) -> Option<&'a dyn Family> {
    // SAFETY: the caller's promise; the slab's owner keeps the family.
    unsafe { (*state(slab)).family.map(|family| family.as_ref()) }
}

/// The limits of a slab's guest.
///
/// # Safety
///
/// The slab is open.
pub unsafe fn limits_of(slab: *mut SlabHeader) -> GuestLimits {
    // SAFETY: the caller's promise.
    unsafe { (*state(slab)).limits }
}

/// The runtime's state of a slab.
pub fn state(slab: *mut SlabHeader) -> *mut SlabState {
    slab.wrapping_byte_add(HEADER_THREAD).cast()
}
