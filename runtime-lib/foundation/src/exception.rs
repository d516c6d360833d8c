//! Exceptions: their slots, and the search for the handler of one that is thrown.
//!
//! A throw walks along the frame pointers of the guest's stack from the trampoline through which guest code was left, and
//! looks each return address up in the table of calls with handlers. Nothing is unwound: the first handler that matches
//! goes on with its function's stack and frame pointer, and guest code relies on no other register across a call. The
//! entry ends the search: exceptions never pass host functions.
//!
//! Slots of exceptions that a handler took without keeping a reference are free at once. Others are found by marking, as
//! soon as there are many: whatever looks like a reference on the guest's stack, in globals, tables and other exceptions.

use aot_abi::exception::{CATCH_ALL, Exceptions, Handler, REFERENCE_BASE, Root, SLOT_HEADER_BYTES, Site, Tag, catch};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_abi::{libcalls, symbols};

use crate::records::{guest_contexts, state};
use crate::{arch, backtrace, program, raise};

const _: () = assert!(crate::same_name("aot_exception_new", libcalls::EXCEPTION_NEW.symbol));
const _: () = assert!(crate::same_name("aot_throw", libcalls::THROW.symbol));
const _: () = assert!(crate::same_name("aot_exceptions", symbols::EXCEPTIONS));
const _: () = assert!(crate::same_name("aot_exception_sites", symbols::EXCEPTION_SITES));
const _: () = assert!(crate::same_name("aot_exception_handlers", symbols::EXCEPTION_HANDLERS));
const _: () = assert!(crate::same_name("aot_exception_tags", symbols::EXCEPTION_TAGS));
const _: () = assert!(crate::same_name("aot_exception_roots", symbols::EXCEPTION_ROOTS));

// Only here, so that programs without exceptions link.
unsafe extern "C" {
    static aot_exceptions: Exceptions;
    static aot_exception_sites: [Site; 0];
    static aot_exception_handlers: [Handler; 0];
    static aot_exception_tags: [Tag; 0];
    static aot_exception_roots: [Root; 0];
}

/// Slots that are in use before the first search for free ones.
const SLOTS_AT_FIRST: u32 = 1024;

/// The head of a slot; an exception's values follow.
#[repr(C)]
struct Slot {
    /// The tag's number, plus 1; 0 in a free slot.
    tag: u32,
    /// [`KEPT`], [`MARKED`].
    flags: u32,
    /// The next free slot, or the next one to look into; 0 for none.
    next: u32,
    /// Padding, always 0.
    reserved: u32,
}

/// A handler kept a reference: there may be others.
const KEPT: u32 = 1;
/// A reference was found.
const MARKED: u32 = 2;

/// The contents of slot 0, which is no exception: the state of all slots. All 0 at first.
#[repr(C)]
struct Arena {
    /// The highest slot that was ever in use.
    used: u32,
    /// The first free slot up to `used`; 0 for none.
    free: u32,
    /// The number of slots that may be in use before free ones are searched for; 0 stands for [`SLOTS_AT_FIRST`].
    limit: u32,
    /// The first slot that is marked but whose values weren't looked at; 0 for none.
    waiting: u32,
}

const _: () = {
    assert!(size_of::<Slot>() as u64 == SLOT_HEADER_BYTES);
    assert!(size_of::<Arena>() as u64 == SLOT_HEADER_BYTES);
};

/// The libcall that makes an exception: `kind` is `catch` of its tag, by reference if guest code keeps the reference.
///
/// # Safety
///
/// Called by a trampoline with its slab, which has left guest code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_exception_new(slab: *mut SlabHeader, kind: u64) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { make(slab, kind as u32, |slab| collect(slab)) }
}

/// Makes an exception, with a way to free others.
///
/// # Safety
///
/// As for [`aot_exception_new`].
pub unsafe fn make<T>(slab: *mut SlabHeader, kind: u32, collect: impl FnOnce(*mut SlabHeader) -> T) -> u32 {
    // SAFETY: the caller's promise.
    unsafe {
        let Some(number) = take_slot(slab, collect) else {
            raise(slab, Trap::LimitExceeded, b"references to too many exceptions")
        };
        let slot = slot(slab, number);
        *slot = Slot { tag: (kind >> 1) + 1, flags: kind & KEPT, next: 0, reserved: 0 };
        REFERENCE_BASE + number
    }
}

/// The libcall that throws an exception.
///
/// # Safety
///
/// Called by a trampoline with its slab, which has left guest code, and a reference that isn't null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_throw(slab: *mut SlabHeader, reference: u64) -> ! {
    let number = (reference as u32).wrapping_sub(REFERENCE_BASE);
    // SAFETY: the caller's promise; the found frame is one of guest code that waits for a call to return.
    unsafe {
        let slot = slot(slab, number);
        let tag = (*slot).tag.wrapping_sub(1);
        let Some(landing) = find_handler(slab, tag) else {
            uncaught(slab, tag);
        };
        if landing.keeps {
            (*slot).flags |= KEPT;
        } else if (*slot).flags & KEPT == 0 {
            // The landing reads the values before anything else happens.
            release(slab, number);
        }
        arch::resume(landing.stack, landing.frame, program::text_address(landing.code), reference & 0xffff_ffff)
    }
}

/// Ends the innermost entry with the trap that names the tag.
///
/// # Safety
///
/// As for [`aot_throw`].
unsafe fn uncaught(slab: *mut SlabHeader, tag: u32) -> ! {
    let name = table_of(&raw const aot_exception_tags, head().tags).get(tag as usize);
    let name = name.map_or(&b"?"[..], |tag| backtrace::name_at(tag.name));
    // SAFETY: the caller's promise.
    unsafe { raise(slab, Trap::UncaughtException, name) }
}

/// Ends the innermost entry with a trap and a text about it.
///
/// # Safety
///
/// As for [`aot_throw`].
pub unsafe fn raise(slab: *mut SlabHeader, trap: Trap, text: &'static [u8]) -> ! {
    // SAFETY: the header is open, and the text is read-only data.
    unsafe {
        (*slab).trap_message = text.as_ptr().expose_provenance() as u64;
        (*slab).trap_message_bytes = text.len() as u32;
        raise::raise_in_trampoline(slab, trap)
    }
}

/// The place at which an exception goes on: a frame, and the code of its handler.
struct Landing {
    code: u32,
    stack: u64,
    frame: u64,
    /// The handler keeps the reference.
    keeps: bool,
}

/// The first handler, from the innermost frame, that takes exceptions with this tag.
///
/// # Safety
///
/// As for [`aot_throw`].
unsafe fn find_handler(slab: *mut SlabHeader, tag: u32) -> Option<Landing> {
    // SAFETY: the slab runs a guest.
    let (bounds, mut frame) = unsafe { ((*state(slab)).stack, (*slab).exit_frame) };
    let mut lowest = 0;
    // Frames further out lie at higher addresses; the chain of an entry ends with 0.
    while bounds.contains_frame(frame) && frame > lowest {
        lowest = frame;
        let words: *const [u64; 2] = core::ptr::with_exposed_provenance(frame as usize);
        // SAFETY: both words lie in the accessible part of the guest's stack.
        let [outer, return_address] = unsafe { words.read() };
        let return_address = program::text_offset(return_address)?;
        if let Some((handler, frame_bytes)) = handler_at(return_address, tag) {
            let stack = outer - u64::from(frame_bytes);
            return Some(Landing { code: handler.code, stack, frame: outer, keeps: handler.catch & KEPT != 0 });
        }
        frame = outer;
    }
    None
}

/// The handler of the call that returns to this text offset, and how large its frame is.
fn handler_at(return_address: u32, tag: u32) -> Option<(&'static Handler, u32)> {
    let sites: &[Site] = table_of(&raw const aot_exception_sites, head().sites);
    let handlers: &[Handler] = table_of(&raw const aot_exception_handlers, head().handlers);
    let index = sites.binary_search_by_key(&return_address, |site| site.return_address).ok()?;
    let end = sites.get(index + 1).map_or(handlers.len(), |next| next.first as usize);
    let matches = |handler: &&Handler| {
        let own = handler.catch & !KEPT;
        own == catch(tag, false) || own == catch(CATCH_ALL, false)
    };
    let handler = handlers.get(sites[index].first as usize..end)?.iter().find(matches)?;
    Some((handler, sites[index].frame_bytes))
}

/// # Safety
///
/// `slab` is a slab, and the program has exceptions.
unsafe fn arena(slab: *mut SlabHeader) -> *mut Arena {
    slab.wrapping_byte_add(head().base as usize).cast()
}

/// The slot with this number.
fn slot(slab: *mut SlabHeader, number: u32) -> *mut Slot {
    let offset = head().base + (u64::from(number) << head().slot_log2);
    slab.wrapping_byte_add(offset as usize).cast()
}

/// A slot that is free: `None` if there is none.
///
/// # Safety
///
/// As for [`aot_exception_new`].
unsafe fn take_slot<T>(slab: *mut SlabHeader, collect: impl FnOnce(*mut SlabHeader) -> T) -> Option<u32> {
    // SAFETY: the arena is open; slots up to `used` were in use.
    unsafe {
        let arena = arena(slab);
        if (*arena).free == 0 && (*arena).used >= limit(arena) {
            collect(slab);
        }
        if (*arena).free != 0 {
            let number = (*arena).free;
            (*arena).free = (*slot(slab, number)).next;
            return Some(number);
        }
        if (*arena).used >= limit(arena) {
            return None;
        }
        (*arena).used += 1;
        Some((*arena).used)
    }
}

/// Returns the number of slots that may be in use before free ones are searched for.
///
/// # Safety
///
/// `arena` is a slab's.
unsafe fn limit(arena: *mut Arena) -> u32 {
    // SAFETY: the caller's promise.
    let limit = unsafe { (*arena).limit };
    let limit = if limit == 0 { SLOTS_AT_FIRST } else { limit };
    limit.min(head().slots - 1)
}

/// Marks the exception that a value may refer to. The marked ones wait to be taken by [`take_marked`].
///
/// # Safety
///
/// The slab is one of this program.
pub unsafe fn mark(slab: *mut SlabHeader, value: u32) {
    let number = value.wrapping_sub(REFERENCE_BASE);
    if number == 0 || number >= head().slots {
        return;
    }
    // SAFETY: slots up to `used` are initialised.
    unsafe {
        let arena = arena(slab);
        let slot = slot(slab, number);
        if number <= (*arena).used && (*slot).tag != 0 && (*slot).flags & MARKED == 0 {
            (*slot).flags |= MARKED;
            (*slot).next = (*arena).waiting;
            (*arena).waiting = number;
        }
    }
}

/// The slot and the tag of an exception that is marked, each once.
///
/// # Safety
///
/// As for [`mark`].
pub unsafe fn take_marked(slab: *mut SlabHeader) -> Option<(*mut u8, u32)> {
    // SAFETY: marked slots are in use.
    unsafe {
        let arena = arena(slab);
        if (*arena).waiting == 0 {
            return None;
        }
        let slot = slot(slab, (*arena).waiting);
        (*arena).waiting = (*slot).next;
        Some((slot.cast(), (*slot).tag - 1))
    }
}

/// # Safety
///
/// Nothing refers to the exception in this slot.
unsafe fn release(slab: *mut SlabHeader, number: u32) {
    // SAFETY: the slot was in use.
    unsafe {
        let arena = arena(slab);
        let slot = slot(slab, number);
        (*slot).tag = 0;
        (*slot).next = (*arena).free;
        (*arena).free = number;
    }
}

/// Finds the slots of exceptions that nothing refers to.
///
/// # Safety
///
/// As for [`aot_exception_new`].
unsafe fn collect(slab: *mut SlabHeader) {
    // SAFETY: guest code of this slab waits in the trampoline, so that all its values lie on the stack.
    unsafe {
        for (frame, _, stack) in guest_contexts(slab) {
            mark_words(slab, frame, stack.high);
        }
        mark_roots(slab);
        while let Some((slot, _)) = take_marked(slab) {
            let start = slot.expose_provenance() as u64;
            mark_words(slab, start + SLOT_HEADER_BYTES, start + (1 << head().slot_log2));
        }
        sweep(slab);
    }
}

/// Marks whatever 32-bit words from `low` to `high` may refer to.
///
/// # Safety
///
/// They are readable.
unsafe fn mark_words(slab: *mut SlabHeader, low: u64, high: u64) {
    let mut word: *const u32 = core::ptr::with_exposed_provenance(low as usize);
    let end = core::ptr::with_exposed_provenance(high as usize);
    while word < end {
        // SAFETY: the caller's promise. Words of the stack need not be initialised, so the access must not be
        // optimised.
        unsafe { mark(slab, word.read_volatile()) };
        word = word.wrapping_add(1);
    }
}

/// Marks what globals and tables refer to.
///
/// # Safety
///
/// The slab is one of this program.
unsafe fn mark_roots(slab: *mut SlabHeader) {
    let roots: &[Root] = table_of(&raw const aot_exception_roots, head().roots);
    let base = slab.expose_provenance() as u64;
    for root in roots {
        // SAFETY: the compiler wrote where references are, and where their number is.
        unsafe {
            let count = match root.length {
                0 => 1,
                length => *slab.byte_add(length as usize).cast::<u64>(),
            };
            mark_words(slab, base + root.offset, base + root.offset + 4 * count);
        }
    }
}

/// Frees the slots that aren't marked. If more than half of the others are in use, more may be so before the next
/// search.
///
/// # Safety
///
/// Everything that is referred to is marked.
pub unsafe fn sweep(slab: *mut SlabHeader) {
    let mut live = 0;
    // SAFETY: slots up to `used` are initialised.
    unsafe {
        let arena = arena(slab);
        (*arena).free = 0;
        for number in (1..=(*arena).used).rev() {
            let slot = slot(slab, number);
            if (*slot).flags & MARKED != 0 {
                (*slot).flags &= !MARKED;
                live += 1;
            } else {
                release(slab, number);
            }
        }
        if live > limit(arena) / 2 {
            (*arena).limit = limit(arena).saturating_mul(2);
        }
    }
}

/// The head of the description.
pub fn head() -> &'static Exceptions {
    // SAFETY: the compiler defines it where the program throws, and it stays unchanged.
    unsafe { &aot_exceptions }
}

/// A table of `count` entries as a slice.
fn table_of<T>(table: *const [T; 0], count: u32) -> &'static [T] {
    // SAFETY: the compiler wrote this many entries of this type there, and they stay unchanged.
    unsafe { core::slice::from_raw_parts(table.cast(), count as usize) }
}
