//! The initial contents of a slab: runs of bytes out of the executable, and zeros everywhere else.
//!
//! Long runs are moved to their places as pages of the executable's file, so that a slab has memory of its own only for
//! those that are written; short ones are copied.

use core::ops::Range;

use aot_abi::program::{MOVED_RUN_BYTES_MIN, Run};
use rustix::mm::{self, MremapFlags};

use crate::program;

/// Moves the pages of long runs to their places. False if the kernel refused one; then all are to be copied.
///
/// # Safety
///
/// `base` is that of a slab, in which nothing has been opened.
pub unsafe fn move_runs(base: *mut u8) -> bool {
    // SAFETY: the caller's promise.
    program::runs().iter().filter(|run| is_moved(run)).all(|run| unsafe { move_run(base, run) })
}

/// # Safety
///
/// As for [`move_runs`].
unsafe fn move_run(base: *mut u8, run: &Run) -> bool {
    let destination = base.wrapping_add(run.destination as usize);
    // SAFETY: the caller's promise: the slab has reserved the destination.
    unsafe { move_pages(run, run.bytes as usize, destination) }
}

/// Moves the first pages of a run to a place where something is reserved. False if the kernel refused.
///
/// # Safety
///
/// Nothing refers to what was at the destination; the run is a long one.
pub unsafe fn move_pages(run: &Run, bytes: usize, destination: *mut u8) -> bool {
    let source = program::images().wrapping_add(run.source as usize).cast_mut();
    let flags = MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP;
    // SAFETY: the caller's promise. The source stays mapped and shows the executable's file again at the next access, so
    // that a later slab finds the same image.
    unsafe { mm::mremap_fixed(source.cast(), bytes, bytes, flags, destination.cast()) }.is_ok()
}

/// Copies the runs that weren't moved into a part of a slab.
///
/// # Safety
///
/// `base` is that of a slab, whose initial parts are open.
pub unsafe fn copy_runs(base: *mut u8, range: &Range<u64>, all_moved: bool) {
    for run in runs_in(range).filter(|run| !(all_moved && is_moved(run))) {
        let part = part_of(run, range);
        // SAFETY: the run lies in the images and in an open part of this slab.
        unsafe { copy(base, run, &part) };
    }
}

/// Gives a part of a slab its initial contents.
///
/// # Safety
///
/// `base` is that of a slab, and the part is open.
pub unsafe fn restore(base: *mut u8, range: &Range<u64>) {
    let mut at = range.start;
    for run in runs_in(range) {
        let part = part_of(run, range);
        // SAFETY: the caller's promise.
        unsafe {
            clear(base, &(at..part.start));
            copy(base, run, &part);
        }
        at = part.end;
    }
    // SAFETY: as above.
    unsafe { clear(base, &(at..range.end)) };
}

/// True if a part of a slab has its initial contents.
///
/// # Safety
///
/// As for [`restore`].
pub unsafe fn is_initial(base: *mut u8, range: &Range<u64>) -> bool {
    let mut at = range.start;
    for run in runs_in(range) {
        let part = part_of(run, range);
        // SAFETY: the caller's promise.
        if unsafe { !is_zero(base, &(at..part.start)) || !is_copy(base, run, &part) } {
            return false;
        }
        at = part.end;
    }
    // SAFETY: as above.
    unsafe { is_zero(base, &(at..range.end)) }
}

/// True if the kernel gives a part of a slab its initial contents by itself, once the pages there are given back.
pub fn is_of_kernel(range: &Range<u64>, all_moved: bool) -> bool {
    runs_in(range).all(|run| all_moved && is_moved(run))
}

/// The end of the last run that begins in a range of slab offsets; the range's start for none.
pub fn end_of_runs(range: &Range<u64>) -> u64 {
    let last = runs_in(range).last();
    last.map_or(range.start, |run| run.destination + run.bytes)
}

/// A run whose pages were moved, if the program has one.
pub fn moved_run() -> Option<&'static Run> {
    program::runs().iter().find(|run| is_moved(run))
}

/// True if a run is long enough to be moved rather than copied.
pub fn is_moved(run: &Run) -> bool {
    run.bytes >= MOVED_RUN_BYTES_MIN
}

/// The runs of which some bytes lie in a range of slab offsets.
fn runs_in(range: &Range<u64>) -> impl Iterator<Item = &'static Run> {
    let runs = program::runs();
    let first = runs.partition_point(|run| run.destination + run.bytes <= range.start);
    let end = range.end;
    runs.iter().skip(first).take_while(move |run| run.destination < end)
}

fn part_of(run: &Run, range: &Range<u64>) -> Range<u64> {
    run.destination.max(range.start)..(run.destination + run.bytes).min(range.end)
}

/// The byte of the images that belongs to a slab offset in a run.
fn source(run: &Run, offset: u64) -> *const u8 {
    program::images().wrapping_add((run.source + (offset - run.destination)) as usize)
}

/// # Safety
///
/// As for [`restore`]; the part lies in the run.
unsafe fn copy(base: *mut u8, run: &Run, part: &Range<u64>) {
    let bytes = (part.end - part.start) as usize;
    // SAFETY: the caller's promise.
    unsafe { core::ptr::copy_nonoverlapping(source(run, part.start), base.add(part.start as usize), bytes) };
}

/// # Safety
///
/// As for [`restore`].
unsafe fn clear(base: *mut u8, part: &Range<u64>) {
    // SAFETY: the caller's promise.
    unsafe { core::ptr::write_bytes(base.add(part.start as usize), 0, (part.end - part.start) as usize) };
}

/// # Safety
///
/// As for [`copy`].
unsafe fn is_copy(base: *mut u8, run: &Run, part: &Range<u64>) -> bool {
    let bytes = (part.end - part.start) as usize;
    let (source, place) = (source(run, part.start), base.wrapping_add(part.start as usize));
    // SAFETY: the caller's promise.
    unsafe { all_words(bytes, |at| word(source, at) == word(place, at), |at| *source.add(at) == *place.add(at)) }
}

/// # Safety
///
/// As for [`restore`].
unsafe fn is_zero(base: *mut u8, part: &Range<u64>) -> bool {
    let bytes = (part.end - part.start) as usize;
    let place = base.wrapping_add(part.start as usize);
    // SAFETY: the caller's promise.
    unsafe { all_words(bytes, |at| word(place, at) == 0, |at| *place.add(at) == 0) }
}

/// True if `word` holds for the offset of each whole word of so many bytes, and `byte` for that of each byte behind
/// them. The C library's comparison goes byte by byte.
fn all_words(bytes: usize, word: impl Fn(usize) -> bool, byte: impl Fn(usize) -> bool) -> bool {
    let words = bytes & !(size_of::<u64>() - 1);
    (0..words).step_by(size_of::<u64>()).all(word) && (words..bytes).all(byte)
}

/// # Safety
///
/// A word is readable there.
unsafe fn word(place: *const u8, at: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { place.add(at).cast::<u64>().read_unaligned() }
}
