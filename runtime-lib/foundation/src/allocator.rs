//! The allocator of the host's own objects: small, and without a C library.
//!
//! Sizes up to [`CLASS_BYTES_MAX`] are rounded up to powers of two; what is freed goes to a list of its class and is used
//! again for that class only. They are cut from chunks that are never returned, the first of which is part of the
//! executable, so that a program that needs little asks the system for nothing. Larger sizes are mappings of their
//! own. A caller tells the size again when it frees, so that nothing has to be stored beside the objects.
//!
//! What the system has given is counted: it is the account of the host's memory ([`held_bytes`]).

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::mm::{self, MapFlags, MremapFlags, ProtFlags};

/// The smallest class: room for a pointer to the next free one, and the alignment that most objects want.
const CLASS_BYTES_MIN: usize = 16;
/// The largest class.
const CLASS_BYTES_MAX: usize = 32 << 10;
/// Number of classes.
const CLASSES: usize = (CLASS_BYTES_MAX.ilog2() - CLASS_BYTES_MIN.ilog2()) as usize + 1;
/// A chunk that the system gives.
const CHUNK_BYTES: usize = 128 << 10;
/// The chunk in the executable.
const FIRST_CHUNK_BYTES: usize = 8 << 10;
/// The smallest unit to which the system rounds mappings, in bytes.
const PAGE_BYTES: usize = 4 << 10;

const _: () = assert!(CHUNK_BYTES >= 2 * CLASS_BYTES_MAX);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator {
    locked: AtomicBool::new(false),
    held: AtomicU64::new(0),
    free: AtomicU64::new(0),
    state: UnsafeCell::new(State { free: [null_mut(); CLASSES], next: 0, end: 0, started: false }),
};

/// The first chunk.
#[repr(align(16))]
struct FirstChunk(UnsafeCell<[u8; FIRST_CHUNK_BYTES]>);
// SAFETY: only the allocator refers to it, and gives each part to one caller.
unsafe impl Sync for FirstChunk {}
static FIRST_CHUNK: FirstChunk = FirstChunk(UnsafeCell::new([0; FIRST_CHUNK_BYTES]));

struct Allocator {
    locked: AtomicBool,
    /// Bytes of all mappings.
    held: AtomicU64,
    /// Bytes of all free objects; changed only while the state is locked.
    free: AtomicU64,
    state: UnsafeCell<State>,
}
// SAFETY: the state is only reached while it is locked.
unsafe impl Sync for Allocator {}

struct State {
    /// The first free object of each class, which holds a pointer to the next.
    free: [*mut u8; CLASSES],
    /// The rest of the current chunk.
    next: usize,
    end: usize,
    /// True once the first chunk has been taken.
    started: bool,
}

/// Returns how many bytes the host has from the system for objects of its own, and for what [`hold`] adds. Memory of small
/// objects that are gone is kept for others of their class, and stays counted.
pub fn held_bytes() -> u64 {
    ALLOCATOR.held.load(Ordering::Relaxed)
}

/// Returns how many of these bytes aren't those of objects that are gone.
pub fn used_bytes() -> u64 {
    held_bytes().saturating_sub(ALLOCATOR.free.load(Ordering::Relaxed))
}

/// Adds bytes that the host has from the system in another way, such as a thread's stack.
pub fn hold(bytes: u64) {
    ALLOCATOR.held.fetch_add(bytes, Ordering::Relaxed);
}

/// Takes bytes off that were given back to the system.
pub fn let_go(bytes: u64) {
    ALLOCATOR.held.fetch_sub(bytes, Ordering::Relaxed);
}

/// Returns the bytes of the pages that a mapping of this size takes.
fn page_bytes(bytes: usize) -> u64 {
    bytes.next_multiple_of(PAGE_BYTES) as u64
}

/// The number of the class for a size and alignment; none if it is too large for one.
fn class_of(layout: Layout) -> Option<usize> {
    let bytes = layout.size().max(layout.align()).max(CLASS_BYTES_MIN);
    if bytes > CLASS_BYTES_MAX {
        return None;
    }
    Some((bytes.next_power_of_two().ilog2() - CLASS_BYTES_MIN.ilog2()) as usize)
}

impl Allocator {
    /// Runs `action` on the state. There is little to wait for: nothing in it blocks but a system call for a chunk.
    fn with_state<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        while self.locked.swap(true, Ordering::Acquire) {
            core::hint::spin_loop();
        }
        // SAFETY: the lock.
        let result = action(unsafe { &mut *self.state.get() });
        self.locked.store(false, Ordering::Release);
        result
    }
}

impl State {
    fn take(&mut self, class: usize) -> *mut u8 {
        let first = self.free[class];
        if first.is_null() {
            return self.cut(CLASS_BYTES_MIN << class);
        }
        // SAFETY: a free object holds a pointer to the next.
        self.free[class] = unsafe { first.cast::<*mut u8>().read() };
        count_free((CLASS_BYTES_MIN << class).wrapping_neg());
        first
    }

    fn give(&mut self, class: usize, object: *mut u8) {
        // SAFETY: the object is the allocator's again, large enough for a pointer and aligned.
        unsafe { object.cast::<*mut u8>().write(self.free[class]) };
        self.free[class] = object;
        count_free(CLASS_BYTES_MIN << class);
    }

    /// Cuts an object from the current chunk, at a multiple of its size.
    fn cut(&mut self, bytes: usize) -> *mut u8 {
        let mut object = self.next.next_multiple_of(bytes);
        while object + bytes > self.end {
            if !self.add_chunk() {
                return null_mut();
            }
            object = self.next.next_multiple_of(bytes);
        }
        self.next = object + bytes;
        core::ptr::with_exposed_provenance_mut(object)
    }

    /// Goes on in another chunk; the rest of this one is lost.
    fn add_chunk(&mut self) -> bool {
        let (chunk, bytes) = match self.started {
            false => (FIRST_CHUNK.0.get().cast(), FIRST_CHUNK_BYTES),
            true => (map(CHUNK_BYTES), CHUNK_BYTES),
        };
        self.started = true;
        if chunk.is_null() {
            return false;
        }
        self.next = chunk.expose_provenance();
        self.end = self.next + bytes;
        true
    }
}

/// Adds bytes to those of free objects, modulo the size of a number; the state is locked.
fn count_free(bytes: usize) {
    let free = ALLOCATOR.free.load(Ordering::Relaxed);
    ALLOCATOR.free.store(free.wrapping_add(bytes as isize as u64), Ordering::Relaxed);
}

/// New pages of zeros; null if the system has none.
fn map(bytes: usize) -> *mut u8 {
    // SAFETY: a new mapping at an address of the system's choice.
    let pages = unsafe { mm::mmap_anonymous(null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    let Ok(pages) = pages else { return null_mut() };
    hold(page_bytes(bytes));
    pages.cast()
}

// SAFETY: each object is given to one caller, until it gives it back; sizes and alignments are the classes' or the
// system's.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class_of(layout) {
            Some(class) => self.with_state(|state| state.take(class)),
            None if layout.align() > PAGE_BYTES => null_mut(),
            None => map(layout.size()),
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let object = unsafe { self.alloc(layout) };
        if !object.is_null() && class_of(layout).is_some() {
            // SAFETY: the object has this size. New mappings are zero already.
            unsafe { object.write_bytes(0, layout.size()) };
        }
        object
    }

    unsafe fn dealloc(&self, object: *mut u8, layout: Layout) {
        match class_of(layout) {
            Some(class) => self.with_state(|state| state.give(class, object)),
            None => {
                // SAFETY: the mapping is the caller's own. An error leaves it mapped, and counted.
                if unsafe { mm::munmap(object.cast(), layout.size()) }.is_ok() {
                    let_go(page_bytes(layout.size()));
                }
            }
        }
    }

    unsafe fn realloc(&self, object: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that the new size is a layout's.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class_of(layout), class_of(wanted)) {
            (Some(present), Some(new)) if present == new => return object,
            (None, None) => {
                // SAFETY: the mapping is the caller's own, and may move.
                let moved = unsafe { mm::mremap(object.cast(), layout.size(), size, MremapFlags::MAYMOVE) };
                let Ok(moved) = moved else { return null_mut() };
                hold(page_bytes(size));
                let_go(page_bytes(layout.size()));
                return moved.cast();
            }
            _ => {}
        }
        // SAFETY: the caller's promises; the two objects are different.
        unsafe {
            let new = self.alloc(wanted);
            if !new.is_null() {
                core::ptr::copy_nonoverlapping(object, new, layout.size().min(size));
                self.dealloc(object, layout);
            }
            new
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_room() {
        let class = |size, align| class_of(Layout::from_size_align(size, align).unwrap());
        assert_eq!(class(0, 1), Some(0));
        assert_eq!(class(16, 8), Some(0));
        assert_eq!(class(17, 8), Some(1));
        assert_eq!(class(1, 64), Some(2));
        assert_eq!(class(CLASS_BYTES_MAX, 1), Some(CLASSES - 1));
        assert_eq!(class(CLASS_BYTES_MAX + 1, 1), None);
    }

    #[test]
    fn what_is_mapped_is_counted() {
        // Other tests allocate meanwhile, but not that much.
        const BYTES: usize = 1 << 30;
        let before = held_bytes();
        let mut list: Vec<u8> = Vec::with_capacity(BYTES);
        assert!(held_bytes() >= before + BYTES as u64 / 2);
        list.reserve(2 * BYTES);
        assert!(held_bytes() >= before + 3 * BYTES as u64 / 2);
        drop(list);
        assert!(held_bytes() < before + BYTES as u64 / 2);
    }

    #[test]
    fn free_objects_are_not_used() {
        // Other tests allocate meanwhile, but not that much.
        const OBJECTS: usize = 4 << 10;
        let before = used_bytes();
        let objects: Vec<Box<[u8]>> = (0..OBJECTS).map(|_| vec![1; CLASS_BYTES_MAX].into()).collect();
        let all = (OBJECTS * CLASS_BYTES_MAX) as u64;
        assert!(used_bytes() >= before + all / 2);
        drop(objects);
        assert!(used_bytes() < before + all / 2);
    }

    // The tests themselves run on this allocator, in several threads.
    #[test]
    fn contents_stay() {
        let mut lists: Vec<Vec<u8>> = Vec::new();
        for round in 0..200usize {
            lists.push((0..round * 37).map(|index| (index % 251) as u8).collect());
            if round % 3 == 0 {
                lists.swap_remove(round / 7);
            }
        }
        for list in &mut lists {
            list.extend_from_slice(&[7; 40_000]);
            list.shrink_to_fit();
            let before = list.len() - 40_000;
            assert!(list[..before].iter().enumerate().all(|(index, &byte)| byte == (index % 251) as u8));
            assert!(list[before..].iter().all(|&byte| byte == 7));
        }
        assert!(vec![0u8; 100_000].iter().all(|&byte| byte == 0));
        assert!(vec![0u8; 1000].iter().all(|&byte| byte == 0));
    }
}
