//! Marking: whatever the roots lead to. Objects that are marked but not looked into lie on a list in the slab, so the
//! shape of what they form costs no stack.

use core::ops::Range;

use aot_abi::gc::{ARRAY_HEADER_BYTES, GRANULE_BYTES, KIND_ARRAY, KIND_STRUCT, Type};
use aot_abi::program::PAGE_BYTES_MAX;
use aot_abi::trap::Trap;

use super::objects::{FIRST, Heap, bit_of, object_bytes};
use super::{description, fields, has_exceptions, roots, types};
use crate::exception::{self, raise};
use crate::slab;

/// Bytes by which the list is opened, and which it keeps.
const LIST_STEP_BYTES: u64 = PAGE_BYTES_MAX;

/// The result of a collection: what is still in use.
pub struct Live {
    /// Bytes of all objects.
    pub bytes: u64,
    /// The end of the last one.
    pub end: u64,
    /// The number of references that were roots.
    pub roots: u64,
}

/// Marks all objects that can be reached, and frees the exceptions that can't. Objects lie before `used`.
///
/// # Safety
///
/// As for [`Heap::collect`]; no object is marked.
pub unsafe fn mark(heap: Heap, used: u64) -> Live {
    let pending = heap.slab.wrapping_byte_add(description().pending as usize).cast();
    let types = types();
    let live = Live { bytes: 0, end: 0, roots: 0 };
    let mut marker = Marker { heap, used, types, fields: fields(), pending, count: 0, open: 0, live };
    // SAFETY: the caller's promise.
    unsafe {
        roots::visit(heap.slab, &mut |reference| {
            marker.live.roots += 1;
            marker.reference(reference);
        });
        marker.drain();
        let exceptions = exception::head();
        if has_exceptions(exceptions) {
            marker.exceptions();
            exception::sweep(heap.slab);
        }
        marker.close_list();
    }
    marker.live
}

struct Marker {
    heap: Heap,
    /// Objects lie before.
    used: u64,
    types: &'static [Type],
    fields: &'static [u32],
    /// The references of objects that are marked but not yet looked into.
    pending: *mut u32,
    /// The number of references on the list.
    count: usize,
    /// The number of references for which the list's accessible part has room.
    open: usize,
    live: Live,
}

impl Marker {
    /// Marks what a reference refers to, if that is an object or may be an exception.
    ///
    /// # Safety
    ///
    /// It is a reference.
    #[inline(always)]
    unsafe fn reference(&mut self, reference: u32) {
        // SAFETY: the caller's promise.
        unsafe {
            match u64::from(reference) {
                object if object % GRANULE_BYTES == 0 && object >= FIRST && object < self.used => self.object(object),
                _ => exception::mark(self.heap.slab, reference),
            }
        }
    }

    /// # Safety
    ///
    /// It is an object.
    #[inline(always)]
    unsafe fn object(&mut self, object: u64) {
        let (word, bit) = bit_of(object);
        // SAFETY: the caller's promise; its mark is open.
        unsafe {
            let word = self.heap.marks.add(word);
            if *word & 1 << bit != 0 {
                return;
            }
            *word |= 1 << bit;
            let header: *const u32 = self.heap.object(object).cast();
            let bytes = object_bytes(*header, header);
            self.live.bytes += bytes;
            self.live.end = self.live.end.max(object + bytes);
            let Some(ty) = self.type_of(*header) else { return };
            if ty.kind == KIND_ARRAY || (ty.kind == KIND_STRUCT && ty.count == 0) {
                return;
            }
            if self.count == self.open {
                self.open_list();
            }
            *self.pending.add(self.count) = object as u32;
            self.count += 1;
        }
    }

    fn type_of(&self, number: u32) -> Option<&'static Type> {
        self.types.get(number.wrapping_sub(description().first_type) as usize)
    }

    /// Looks into all that wait for it.
    ///
    /// # Safety
    ///
    /// As for [`mark`].
    unsafe fn drain(&mut self) {
        while self.count > 0 {
            self.count -= 1;
            // SAFETY: what is on the list is an object.
            unsafe {
                let object = self.heap.object(u64::from(*self.pending.add(self.count)));
                let header: *const u32 = object.cast();
                let Some(ty) = self.type_of(*header) else { continue };
                if ty.kind == KIND_STRUCT {
                    let fields = self.fields;
                    for offset in fields.get(ty.first as usize..(ty.first + ty.count) as usize).unwrap_or_default() {
                        self.reference(*object.add(*offset as usize).cast::<u32>());
                    }
                } else {
                    let elements: *const u32 = object.add(ARRAY_HEADER_BYTES as usize).cast();
                    for index in 0..*header.add(1) as usize {
                        self.reference(*elements.add(index));
                    }
                }
            }
        }
    }

    /// Goes on with the values of exceptions that were found, until there are no more.
    ///
    /// # Safety
    ///
    /// As for [`mark`].
    unsafe fn exceptions(&mut self) {
        let slab = self.heap.slab;
        // SAFETY: the caller's promise.
        unsafe {
            while let Some((slot, tag)) = exception::take_marked(slab) {
                let Some(tag) = super::tags().get(tag as usize) else { continue };
                let fields = self.fields;
                for offset in fields.get(tag.first as usize..(tag.first + tag.count) as usize).unwrap_or_default() {
                    self.reference(*slot.add(*offset as usize).cast::<u32>());
                }
                self.drain();
            }
        }
    }

    /// Makes room on the list.
    fn open_list(&mut self) {
        let bytes = self.open as u64 * 4;
        let more = Range { start: bytes, end: bytes + LIST_STEP_BYTES };
        // SAFETY: guest code waits in the trampoline.
        unsafe { self.heap.charge_list(more.end) };
        // SAFETY: there is address space for as many objects as can be on the list.
        if unsafe { slab::open(self.pending.cast(), &more) }.is_err() {
            // SAFETY: guest code waits in the trampoline.
            unsafe { raise(self.heap.slab, Trap::LimitExceeded, b"the system has no memory for a collection") }
        }
        self.open = (more.end / 4) as usize;
    }

    /// Gives back the memory of a long list.
    ///
    /// # Safety
    ///
    /// The list is empty.
    unsafe fn close_list(&self) {
        let bytes = self.open as u64 * 4;
        if bytes > LIST_STEP_BYTES {
            // SAFETY: its own pages, which are read again only after they were written.
            unsafe {
                slab::forget(self.pending.cast(), &(LIST_STEP_BYTES..bytes));
                self.heap.charge_list(LIST_STEP_BYTES);
            }
        }
    }
}
