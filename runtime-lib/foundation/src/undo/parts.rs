//! The parts of a slab in which a guest can have written something.

use alloc::vec::Vec;
use core::ops::Range;

use aot_abi::component::FLAG_ENTERED;
use aot_abi::program::{Memory, PAGE_BYTES_MAX};
use aot_abi::slab::SlabHeader;
use rustix::io::Result;
use rustix::mm::{self, MprotectFlags};

use crate::{image, program, slab};

/// A part of every slab.
pub struct Part {
    start: u64,
    /// The end; if a memory follows, that is in the part as far as it is open.
    end: u64,
    memory: Option<(usize, &'static Memory)>,
    /// The end of the initial contents.
    pub image_end: u64,
}

impl Part {
    fn new(range: Range<u64>, memory: Option<(usize, &'static Memory)>) -> Part {
        let reserved_end = memory.map_or(range.end, |(_, memory)| range.end + memory.bytes_max);
        Part { start: range.start, end: range.end, memory, image_end: image::end_of_runs(&(range.start..reserved_end)) }
    }

    /// All that can have been written in this slab.
    ///
    /// # Safety
    ///
    /// No guest runs in the slab, which is one of this program.
    pub unsafe fn range(&self, slab: *mut SlabHeader) -> Range<u64> {
        let open = self.memory.map_or(0, |(index, _)| {
            // SAFETY: there is a length for each memory of the program.
            let bytes = unsafe { *slab::length_at(slab, slab::controls().memory_bytes, index as u32) };
            bytes.next_multiple_of(PAGE_BYTES_MAX)
        });
        self.start..self.end + open
    }

    /// Returns true for a part in which nothing can have been written, because its part of the program wasn't entered.
    ///
    /// # Safety
    ///
    /// As for [`range`](Self::range); the control pages are as the guest left them.
    pub unsafe fn is_new(&self, slab: *mut SlabHeader) -> bool {
        let entered = self.memory.map_or(0, |(_, memory)| memory.entered);
        // The first part has the control pages too.
        if entered == 0 || self.start == 0 {
            return false;
        }
        // SAFETY: the flags are in the control pages, which are open.
        let flags = unsafe { *slab.byte_add(entered as usize).cast::<u32>() };
        flags & FLAG_ENTERED == 0
    }

    /// Closes what the memory has grown by. Its pages are zeros and stay; those beyond are given back if `gives_back` is set.
    ///
    /// # Safety
    ///
    /// As for [`Part::range`], which returned the range.
    pub unsafe fn close(&self, slab: *mut SlabHeader, range: &Range<u64>, gives_back: bool) -> Result<()> {
        let Some((_, memory)) = self.memory else { return Ok(()) };
        let base: *mut u8 = slab.cast();
        let grown = memory.base + memory.bytes_min.next_multiple_of(PAGE_BYTES_MAX)..range.end;
        // SAFETY: the caller's promise: the ranges lie in the memory.
        unsafe {
            if grown.start < grown.end {
                let bytes = (grown.end - grown.start) as usize;
                mm::mprotect(base.add(grown.start as usize).cast(), bytes, MprotectFlags::empty())?;
            }
            let beyond = range.end..memory.base + memory.bytes_max.next_multiple_of(PAGE_BYTES_MAX);
            if gives_back && beyond.start < beyond.end {
                slab::forget(base, &beyond);
            }
        }
        Ok(())
    }
}

/// The parts of the program's slabs by address, except for shared memories: all from the first span behind a memory to
/// the next memory and its open bytes. What lies between spans is opened while guests run, as a heap is, or untouched.
/// Unless `joins` is set, each span and memory is a part of its own, and each stretch between them.
pub fn parts(joins: bool) -> Vec<Part> {
    // They mostly are in the order of their addresses.
    let mut memories: Vec<(usize, &Memory)> = Vec::new();
    for (index, memory) in program::memories().iter().enumerate() {
        let behind = memories.iter().rposition(|(_, other)| other.base < memory.base);
        memories.insert(behind.map_or(0, |behind| behind + 1), (index, memory));
    }
    let mut spans = program::spans().iter().map(|span| span.offset..span.offset + span.bytes).peekable();
    let mut parts = Parts { list: Vec::new(), joins, last: 0..slab::controls().end.next_multiple_of(PAGE_BYTES_MAX) };
    for (index, memory) in memories {
        while let Some(span) = spans.next_if(|span| span.start < memory.base) {
            parts.add(span);
        }
        parts.end_at(memory.base, Some((index, memory)).filter(|_| memory.shared == 0));
    }
    spans.for_each(|span| parts.add(span));
    parts.end_at(program::program().slab_bytes, None);
    parts.list
}

/// A list of parts that grows.
struct Parts {
    list: Vec<Part>,
    joins: bool,
    /// The next part, of which the end isn't known yet; empty for none.
    last: Range<u64>,
}

impl Parts {
    fn add(&mut self, span: Range<u64>) {
        if self.last.is_empty() {
            self.last = span;
        } else if self.joins {
            self.last.end = span.end;
        } else {
            let between = self.last.end..span.start;
            self.push(between);
            self.push(span);
        }
    }

    /// Ends the list here, or goes on with a memory that begins here.
    fn end_at(&mut self, offset: u64, memory: Option<(usize, &'static Memory)>) {
        if !self.last.is_empty() {
            self.add(offset..offset);
        }
        if self.last.end == offset && self.joins {
            let part = core::mem::replace(&mut self.last, 0..0);
            return self.list.push(Part::new(part, memory));
        }
        self.push(0..0);
        if memory.is_some() {
            self.list.push(Part::new(offset..offset, memory));
        }
    }

    /// Ends the last part, and begins the next.
    fn push(&mut self, next: Range<u64>) {
        let part = core::mem::replace(&mut self.last, next);
        if !part.is_empty() {
            self.list.push(Part::new(part, None));
        }
    }
}
