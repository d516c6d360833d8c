//! The comparison of a reset slab with a new one: every byte that is accessible in the new one, and what isn't accessible
//! there.

use aot_abi::program::PAGE_BYTES_MAX;
use aot_abi::slab::{HEADER_BYTES, SlabHeader};
use aot_foundation::records::state;
use aot_foundation::{arch, program};
use rustix::io::Errno;

/// The bytes of a memory, and behind it, that are looked at block by block.
const MEMORY_BYTES: u64 = 64 << 20;
const BEYOND_BYTES: u64 = 8 << 20;
/// The distance of blocks that are looked at beyond.
const STEP_BYTES: u64 = 16 << 20;
/// A number that no signal has.
const NO_SIGNAL: usize = 0x7fff;
/// Bytes of the kernel's signal set.
const SIGNAL_SET_BYTES: usize = 8;

/// The slab offset of the first byte in which a reset slab differs from a new one, and the difference.
///
/// # Safety
///
/// Both are slabs of this program, in which no guest has run since.
pub unsafe fn difference(reset: *mut SlabHeader, new: *mut SlabHeader) -> Option<(u64, &'static str)> {
    // SAFETY: the caller's promise.
    if unsafe { header(reset) != header(new) } {
        return Some((0, "another header"));
    }
    // SAFETY: as above.
    blocks().find_map(|block| unsafe { difference_in(block, reset, new) })
}

/// The blocks that are compared: all, except that most of what a memory can grow to is looked at here and there.
fn blocks() -> impl Iterator<Item = u64> {
    let end = program::program().slab_bytes;
    core::iter::successors(Some(0), |block| Some(following(*block))).take_while(move |block| *block < end)
}

fn following(block: u64) -> u64 {
    let before = |start: &u64| *start <= block;
    let memories = || program::memories().iter().map(|memory| memory.base);
    let spans = || program::spans().iter().map(|span| span.offset);
    let memory = program::memories().iter().filter(|memory| before(&memory.base)).max_by_key(|memory| memory.base);
    let is_beyond = memory.is_some_and(|memory| {
        spans().filter(before).all(|span| span < memory.base)
            && block > memory.base + memory.bytes_min.min(MEMORY_BYTES) + BEYOND_BYTES
    });
    if !is_beyond {
        return block + PAGE_BYTES_MAX;
    }
    let next = memories().chain(spans()).filter(|start| !before(start)).min();
    next.unwrap_or(u64::MAX).min(block + STEP_BYTES)
}

/// # Safety
///
/// As for [`difference`].
unsafe fn difference_in(block: u64, reset: *mut SlabHeader, new: *mut SlabHeader) -> Option<(u64, &'static str)> {
    let (reset, new) =
        (reset.wrapping_byte_add(block as usize).cast::<u8>(), new.wrapping_byte_add(block as usize).cast::<u8>());
    let skipped = if block == 0 { HEADER_BYTES as usize } else { 0 };
    // What lies outside of memories is reached by no index of a guest, and stays open.
    let expected = match (is_accessible(reset), is_accessible(new)) {
        (false, false) => return None,
        (true, false) if is_in_memory(block) => return Some((block, "accessible")),
        (true, false) => None,
        (false, true) => return Some((block, "inaccessible")),
        (true, true) => Some(new),
    };
    (skipped..PAGE_BYTES_MAX as usize).step_by(size_of::<u64>()).find_map(|at| {
        // SAFETY: both blocks are accessible, as far as they are read, and nobody changes them.
        let same = unsafe { word(reset, at) == expected.map_or(0, |new| word(new, at)) };
        (!same).then_some((block + at as u64, "another byte"))
    })
}

/// # Safety
///
/// A word is readable there.
unsafe fn word(block: *const u8, at: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { block.add(at).cast::<u64>().read_volatile() }
}

/// The header, without what belongs to a slab's owner: addresses of the host's state, the thread, the stack, and the
/// family.
///
/// # Safety
///
/// As for [`difference`].
unsafe fn header(slab: *mut SlabHeader) -> [u8; HEADER_BYTES as usize] {
    // SAFETY: the caller's promise; the copy is this function's own, and of the type's size.
    unsafe {
        let mut copy = slab.read();
        let own = state(&raw mut copy);
        (*own).thread = core::ptr::null_mut();
        (*own).stack.low = 0;
        (*own).stack.high = 0;
        (*own).family = None;
        copy.host = 0;
        copy.stack_limit = 0;
        core::mem::transmute::<SlabHeader, [u8; HEADER_BYTES as usize]>(copy)
    }
}

fn is_in_memory(block: u64) -> bool {
    program::memories()
        .iter()
        .any(|memory| (memory.base..memory.base + memory.bytes_max.max(PAGE_BYTES_MAX)).contains(&block))
}

/// True if something can be read there: the kernel reads what a signal is to do before it looks at the signal's number.
fn is_accessible(block: *const u8) -> bool {
    // SAFETY: the kernel only reads, and does nothing for a signal that doesn't exist.
    let result = unsafe { arch::system_call(arch::SYS_SIGACTION, [NO_SIGNAL, block.addr(), 0, SIGNAL_SET_BYTES]) };
    result != Err(Errno::FAULT)
}
