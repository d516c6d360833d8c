//! Allocation: holes between marked objects, and when to collect.
//!
//! ```text
//! FIRST            next   end           cursor                 limit        open          bytes
//! │ objects, holes │ hole at hand │ … │ holes not used yet … │ untouched … │ inaccessible │
//! ```
//!
//! A hole begins where a marked object ends, and ends where the next begins. Since a collection the cursor has gone over
//! holes from the first to the last; where it arrives at the limit, it is time for the next collection. Objects that are
//! large look for holes of their own, and are marked, so that the cursor goes over them.

use core::ops::Range;

use aot_abi::gc::{GRANULE_BYTES, STATE_BYTES, STATE_END, STATE_NEXT, STRESS};
use aot_abi::libcalls;
use aot_abi::program::PAGE_BYTES_MAX;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use super::description;
use super::mark::{self, Live};
use super::objects::{FIRST, Heap, bit_of, object_bytes};
use crate::exception::{self, raise};
use crate::records::{limits_of, state};
use crate::{allocator, slab};

const _: () = assert!(crate::same_name("aot_gc_allocate", libcalls::GC_ALLOCATE.symbol));
const _: () = assert!(crate::same_name("aot_gc_exception_new", libcalls::GC_EXCEPTION_NEW.symbol));

/// Bytes that may be allocated before the first collection, and after each at least.
const FREE_BYTES_MIN: u64 = 1 << 20;
/// Bytes from which on an object is large.
const LARGE_BYTES: u64 = 8 << 10;
/// The share of a heap that can't grow, one part in so many, that must be free after a collection: less is as good as
/// nothing, at the price of a collection each.
const FREE_PARTS: u64 = 32;
/// The most bytes of an object: references can't reach beyond them.
const OBJECT_BYTES_MAX: u64 = 1 << 32;
/// The byte that holes are filled with under stress.
const POISON: u8 = 0xdb;
/// The most bytes of that.
const POISON_BYTES_MAX: u64 = 64 << 10;

/// The state of an allocation, in the page before the heap. All 0 at first.
#[repr(C)]
struct State {
    /// The address at which the search for holes goes on.
    cursor: u64,
    /// The address at which the search for room for large objects goes on.
    large: u64,
    /// The end of holes until the next collection.
    limit: u64,
    /// The end of what is accessible.
    open: u64,
    /// The end of the accessible marks, as the end of what they are for.
    marks_open: u64,
    /// Bytes of the collector's list that stay accessible between collections, which are on the account.
    list: u64,
    /// The address at which the next object begins.
    next: u64,
    /// The end of the hole.
    end: u64,
}

const _: () = {
    assert!(size_of::<State>() as u64 == STATE_BYTES);
    assert!(core::mem::offset_of!(State, next) as i64 == STATE_BYTES as i64 + STATE_NEXT as i64);
    assert!(core::mem::offset_of!(State, end) as i64 == STATE_BYTES as i64 + STATE_END as i64);
};

/// The libcall that makes room for an object and writes its header.
///
/// # Safety
///
/// Called by a trampoline with its slab, which has left guest code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_gc_allocate(slab: *mut SlabHeader, bytes: u64, ty: u64, length: u64) -> u32 {
    // SAFETY: the caller's promise.
    unsafe {
        let heap = Heap::of(slab);
        let reference = heap.allocate(bytes);
        let header = heap.object(reference).cast::<u32>();
        *header = ty as u32;
        *header.add(1) = length as u32;
        reference as u32
    }
}

/// The libcall that makes an exception in a program with a heap.
///
/// # Safety
///
/// As for [`aot_gc_allocate`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_gc_exception_new(slab: *mut SlabHeader, kind: u64) -> u32 {
    // SAFETY: the caller's promise; the collection frees exceptions too.
    unsafe { exception::make(slab, kind as u32, |slab| Heap::of(slab).collect()) }
}

impl Heap {
    fn state(&self) -> *mut State {
        self.base.wrapping_sub(STATE_BYTES as usize).cast()
    }

    /// A place for an object, whose header is to be written at once.
    ///
    /// # Safety
    ///
    /// As for [`aot_gc_allocate`].
    unsafe fn allocate(&self, bytes: u64) -> u64 {
        if bytes > OBJECT_BYTES_MAX {
            // SAFETY: the caller's promise.
            unsafe { raise(self.slab, Trap::AllocationTooLarge, b"") }
        }
        // SAFETY: the caller's promise; the state is the slab's own.
        unsafe {
            let stress = description().flags & STRESS != 0;
            if (*self.state()).limit == 0 || stress {
                self.collect();
            }
            if let Some(place) = self.place(bytes) {
                if stress {
                    self.poison(place, bytes);
                }
                return place;
            }
            let live = self.collect();
            let max = self.bytes_max();
            if max - FIRST - live.bytes < max / FREE_PARTS {
                self.raise_full();
            }
            if let Some(place) = self.place(bytes) {
                return place;
            }
            self.set_limit(live.end.max(FIRST) + bytes + FREE_BYTES_MIN);
            match self.place(bytes) {
                Some(place) => place,
                None => self.raise_full(),
            }
        }
    }

    /// # Safety
    ///
    /// As for [`aot_gc_allocate`].
    unsafe fn raise_full(&self) -> ! {
        // SAFETY: the caller's promise.
        unsafe { raise(self.slab, Trap::LimitExceeded, b"the heap is full (--max-heap, AOT_MAX_HEAP)") }
    }

    /// A place for an object up to the limit, if there is one.
    ///
    /// # Safety
    ///
    /// As for [`aot_gc_allocate`].
    unsafe fn place(&self, bytes: u64) -> Option<u64> {
        // SAFETY: the state is the slab's own; whatever is marked is an object.
        unsafe {
            let state = self.state();
            if bytes >= LARGE_BYTES {
                let place = self.find_hole((*state).large.max((*state).cursor), bytes)?.start;
                self.mark(place);
                (*state).large = place + bytes;
                return Some(place);
            }
            let hole = self.find_hole((*state).cursor, bytes)?;
            (*state).cursor = hole.end;
            (*state).next = hole.start + bytes;
            // Under stress, guest code comes here each time.
            (*state).end = if description().flags & STRESS == 0 { hole.end } else { 0 };
            Some(hole.start)
        }
    }

    /// The first hole of at least `bytes` bytes from `from` on, where no object is cut in two.
    ///
    /// # Safety
    ///
    /// As for [`Heap::place`].
    unsafe fn find_hole(&self, from: u64, bytes: u64) -> Option<Range<u64>> {
        // SAFETY: the caller's promise.
        unsafe {
            let limit = (*self.state()).limit;
            let mut start = from;
            while start < limit {
                let end = self.next_mark(start, limit);
                if end - start >= bytes {
                    return Some(start..end);
                }
                if end == limit {
                    break;
                }
                start = end + self.object_bytes(end);
            }
            None
        }
    }

    /// The address at which the next marked object begins, or `limit`.
    ///
    /// # Safety
    ///
    /// The marks are open up to `limit`.
    unsafe fn next_mark(&self, from: u64, limit: u64) -> u64 {
        let (mut word, bit) = bit_of(from);
        // SAFETY: the caller's promise.
        unsafe {
            let mut bits = *self.marks.add(word) & (!0 << bit);
            let words = bit_of(limit - GRANULE_BYTES).0;
            while bits == 0 {
                if word == words {
                    return limit;
                }
                word += 1;
                bits = *self.marks.add(word);
            }
            let granule = word as u64 * 64 + u64::from(bits.trailing_zeros());
            (granule * GRANULE_BYTES).min(limit)
        }
    }

    /// Bytes of an object.
    ///
    /// # Safety
    ///
    /// There is one.
    unsafe fn object_bytes(&self, reference: u64) -> u64 {
        let header: *const u32 = self.object(reference).cast();
        // SAFETY: the caller's promise.
        unsafe { object_bytes(*header, header) }
    }

    /// Marks an object.
    ///
    /// # Safety
    ///
    /// It lies below the limit.
    unsafe fn mark(&self, reference: u64) {
        let (word, bit) = bit_of(reference);
        // SAFETY: the caller's promise.
        unsafe { *self.marks.add(word) |= 1 << bit };
    }

    /// Finds the holes between the objects that can be reached. There is none at hand afterwards.
    ///
    /// # Safety
    ///
    /// Guest code of this slab waits in the trampoline, so that all its references are where they are found.
    pub unsafe fn collect(&self) -> Live {
        // SAFETY: the caller's promise.
        unsafe {
            let state = self.state();
            let used = (*state).limit;
            if used > 0 {
                core::ptr::write_bytes(self.marks, 0, bit_of(used - GRANULE_BYTES).0 + 1);
            }
            let live = mark::mark(*self, used);
            (*state).cursor = FIRST;
            (*state).large = FIRST;
            (*state).next = 0;
            (*state).end = 0;
            let free = live.bytes.max(FREE_BYTES_MIN).max(16 * live.roots);
            self.set_limit((FIRST + live.bytes + free).max(live.end));
            live
        }
    }

    /// The end of what can ever be used.
    ///
    /// # Safety
    ///
    /// The slab is open.
    unsafe fn bytes_max(&self) -> u64 {
        // SAFETY: the caller's promise.
        let bytes = unsafe { limits_of(self.slab) }.heap_bytes & !(GRANULE_BYTES - 1);
        description().bytes.min(FIRST.saturating_add(bytes))
    }

    /// Lets holes end here, or at the most that can be had.
    ///
    /// # Safety
    ///
    /// No object ends behind it.
    unsafe fn set_limit(&self, limit: u64) {
        // SAFETY: the slab is open.
        let limit = limit.next_multiple_of(PAGE_BYTES_MAX).min(unsafe { self.bytes_max() });
        // SAFETY: the ranges lie in the reservations of the heap and its marks.
        unsafe {
            let state = self.state();
            let wanted = limit.next_multiple_of(PAGE_BYTES_MAX);
            let opened = (*state).open.max(FIRST);
            if wanted > opened {
                let marks = (*state).marks_open..(wanted / GRANULE_BYTES / 8).next_multiple_of(PAGE_BYTES_MAX);
                if marks.end > marks.start {
                    self.charge(marks.end - marks.start);
                }
                if (marks.end > marks.start && slab::open(self.marks.cast(), &marks).is_err())
                    || slab::open(self.base, &(opened..wanted)).is_err()
                {
                    raise(self.slab, Trap::LimitExceeded, b"the system has no memory for the heap")
                }
                (*state).marks_open = marks.end.max(marks.start);
                (*state).open = wanted;
            }
            (*state).limit = limit;
        }
    }

    /// Puts bytes of the collector's tables on the account of the host's memory.
    ///
    /// # Safety
    ///
    /// As for [`aot_gc_allocate`].
    unsafe fn charge(&self, bytes: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            if !allocator::hold_within(bytes, limits_of(self.slab).host_bytes) {
                raise(self.slab, Trap::LimitExceeded, b"memory of the host (--max-host-memory, AOT_MAX_HOST_MEMORY)")
            }
            (*state(self.slab)).gc_table_bytes += bytes;
        }
    }

    /// Lets the collector's list have so many bytes, in the account too.
    ///
    /// # Safety
    ///
    /// As for [`aot_gc_allocate`].
    pub unsafe fn charge_list(&self, bytes: u64) {
        // SAFETY: the caller's promise; the state is the slab's own.
        unsafe {
            let list = &mut (*self.state()).list;
            if bytes > *list {
                self.charge(bytes - *list);
            } else {
                allocator::let_go(*list - bytes);
                (*state(self.slab)).gc_table_bytes -= *list - bytes;
            }
            *list = bytes;
        }
    }

    /// Overwrites what lies in the hole behind an object, so that a use of what was freed is noticed.
    ///
    /// # Safety
    ///
    /// The place was found for an object of this many bytes.
    unsafe fn poison(&self, place: u64, bytes: u64) {
        // SAFETY: the caller's promise: nothing lies there up to the next mark.
        unsafe {
            let (behind, limit) = (place + GRANULE_BYTES, (*self.state()).limit);
            let end = if behind < limit { self.next_mark(behind, limit).max(place + bytes) } else { limit };
            core::ptr::write_bytes(self.object(place), POISON, (end - place).min(POISON_BYTES_MAX) as usize);
        }
    }
}
