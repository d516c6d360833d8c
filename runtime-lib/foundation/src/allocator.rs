//! The allocator of the host's own objects: small, and without a C library.
//!
//! Sizes up to [`CLASS_BYTES_MAX`] are rounded up to powers of two; what is freed goes to a list of its class and is used
//! again for that class only. They are cut from chunks, the first of which is part of the executable, so that a program
//! that needs little asks the system for nothing. Larger sizes are mappings of their own. A caller tells the size again
//! when it frees, so that nothing has to be stored beside the objects.
//!
//! What the system has given is counted: it is the account of the host's memory ([`held_bytes`]). Where the account has no
//! room, chunks without objects go back to the system ([`has_room`]).

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
/// A chunk that the system gives, and its alignment.
const CHUNK_BYTES: usize = 128 << 10;
/// The chunk in the executable.
const FIRST_CHUNK_BYTES: usize = 8 << 10;
/// The smallest unit to which the system rounds mappings, in bytes.
const PAGE_BYTES: usize = 4 << 10;
/// The part of a limit, one in so many, of which there has to be room again once chunks went back: less is as good as
/// nothing, at the price of a look at all free objects each.
const ROOM_PARTS: u64 = 32;

const _: () = assert!(CHUNK_BYTES >= 2 * CLASS_BYTES_MAX);

#[global_allocator]
static ALLOCATOR: Allocator = Allocator {
    locked: AtomicBool::new(false),
    held: AtomicU64::new(0),
    free: AtomicU64::new(0),
    state: UnsafeCell::new(State { free: [null_mut(); CLASSES], next: 0, end: 0, started: false, chunks: null_mut() }),
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
    /// The chunks that the system gave, the current one first.
    chunks: *mut Chunk,
}

/// The beginning of a chunk.
struct Chunk {
    /// The chunk before it; null for none.
    next: *mut Chunk,
    /// Bytes of the objects that were cut from it, and one more of the current chunk, which is never empty so.
    cut: usize,
    /// Bytes of those that are free, while that is counted; else 0.
    free: usize,
}

/// Returns how many bytes the host has from the system for objects of its own, and for what [`hold`] adds. Memory of small
/// objects that are gone is kept for others of their class, and stays counted until [`has_room`] gives it back.
pub fn held_bytes() -> u64 {
    ALLOCATOR.held.load(Ordering::Relaxed)
}

/// Returns true if the host has no more from the system than `limit` bytes.
pub fn is_within(limit: u64) -> bool {
    held_bytes() <= limit
}

/// Returns true if the host has no more from the system than `limit` bytes, or has given back enough of what it doesn't use.
pub fn has_room(limit: u64) -> bool {
    is_within(limit) || has_room_again(limit)
}

#[cold]
fn has_room_again(limit: u64) -> bool {
    ALLOCATOR.with_state(State::give_back);
    held_bytes() <= limit - limit / ROOM_PARTS
}

/// Adds bytes as [`hold`] does, if there is room for them within `limit`.
pub fn hold_within(bytes: u64, limit: u64) -> bool {
    hold(bytes);
    let has_room = has_room(limit);
    if !has_room {
        let_go(bytes);
    }
    has_room
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
    if bytes > CLASS_BYTES_MAX || layout.align() > PAGE_BYTES {
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

    /// Cuts an object from the current chunk, at a multiple of its size up to that of a page.
    fn cut(&mut self, bytes: usize) -> *mut u8 {
        let unit = bytes.min(PAGE_BYTES);
        let mut object = self.next.next_multiple_of(unit);
        while object + bytes > self.end {
            if !self.add_chunk() {
                return null_mut();
            }
            object = self.next.next_multiple_of(unit);
        }
        self.next = object + bytes;
        // SAFETY: chunks on the list are there; the first is the current one.
        if let Some(chunk) = unsafe { self.chunks.as_mut() } {
            chunk.cut += bytes;
        }
        core::ptr::with_exposed_provenance_mut(object)
    }

    /// Goes on in another chunk; the rest of this one is lost.
    #[cold]
    #[inline(never)]
    fn add_chunk(&mut self) -> bool {
        if !self.started {
            self.started = true;
            self.next = FIRST_CHUNK.0.get().expose_provenance();
            self.end = self.next + FIRST_CHUNK_BYTES;
            return true;
        }
        let chunk: *mut Chunk = map_chunk(self.chunks.cast()).cast();
        if chunk.is_null() {
            return false;
        }
        // SAFETY: chunks on the list are there; the new one has its pages, which are aligned.
        unsafe {
            if let Some(last) = self.chunks.as_mut() {
                last.cut -= 1;
            }
            chunk.write(Chunk { next: self.chunks, cut: 1, free: 0 });
        }
        self.chunks = chunk;
        self.next = chunk.expose_provenance() + size_of::<Chunk>();
        self.end = chunk.addr() + CHUNK_BYTES;
        true
    }

    /// Gives chunks without objects back to the system, except for the current one.
    fn give_back(&mut self) {
        // First it is counted which chunks those are.
        self.sweep(false);
        self.sweep(true);
        let mut link = &raw mut self.chunks;
        // SAFETY: chunks on the list are the allocator's own.
        while let Some(chunk) = unsafe { (*link).as_mut() } {
            if chunk.free == chunk.cut {
                // SAFETY: the link is in a chunk that stays, or is the list's first.
                unsafe { *link = chunk.next };
                unmap(core::ptr::from_mut(chunk).cast(), CHUNK_BYTES);
            } else {
                chunk.free = 0;
                link = &raw mut chunk.next;
            }
        }
    }

    /// Counts the free objects of each chunk, or forgets those of chunks that have no others.
    fn sweep(&mut self, forgets: bool) {
        for (class, list) in self.free.iter_mut().enumerate() {
            let bytes = CLASS_BYTES_MIN << class;
            let mut object = core::mem::replace(list, null_mut());
            while !object.is_null() {
                // SAFETY: a free object holds a pointer to the next; its chunk is on the list.
                let (next, chunk) = unsafe { (object.cast::<*mut u8>().read(), chunk_of(object).as_mut()) };
                match chunk {
                    Some(chunk) if forgets && chunk.free == chunk.cut => count_free(bytes.wrapping_neg()),
                    chunk => {
                        if let Some(chunk) = chunk.filter(|_| !forgets) {
                            chunk.free += bytes;
                        }
                        // SAFETY: the object is free, and on no list.
                        unsafe { object.cast::<*mut u8>().write(*list) };
                        *list = object;
                    }
                }
                object = next;
            }
        }
    }
}

/// The chunk of an object; null for those of the first, which is the executable's.
fn chunk_of(object: *mut u8) -> *mut Chunk {
    if object.addr().wrapping_sub(FIRST_CHUNK.0.get().addr()) < FIRST_CHUNK_BYTES {
        return null_mut();
    }
    object.map_addr(|address| address & !(CHUNK_BYTES - 1)).cast()
}

/// A new chunk, right before the last if there is room; null if the system has none.
fn map_chunk(last: *mut u8) -> *mut u8 {
    let chunk = map_at(core::ptr::without_provenance_mut(last.addr().saturating_sub(CHUNK_BYTES)), CHUNK_BYTES);
    if chunk.addr().is_multiple_of(CHUNK_BYTES) {
        return chunk;
    }
    unmap(chunk, CHUNK_BYTES);
    // There is a chunk in twice as many bytes, wherever they lie.
    let pages = map_at(null_mut(), 2 * CHUNK_BYTES);
    if pages.is_null() {
        return pages;
    }
    let before = pages.addr().next_multiple_of(CHUNK_BYTES) - pages.addr();
    let chunk = pages.wrapping_add(before);
    unmap(pages, before);
    unmap(chunk.wrapping_add(CHUNK_BYTES), CHUNK_BYTES - before);
    chunk
}

/// Gives back pages that nothing refers to.
#[inline(never)]
fn unmap(pages: *mut u8, bytes: usize) {
    // SAFETY: the caller's own pages. An error leaves them mapped, and counted.
    if bytes > 0 && unsafe { mm::munmap(pages.cast(), bytes) }.is_ok() {
        let_go(page_bytes(bytes));
    }
}

/// Adds bytes to those of free objects, modulo the size of a number; the state is locked.
fn count_free(bytes: usize) {
    let free = ALLOCATOR.free.load(Ordering::Relaxed);
    ALLOCATOR.free.store(free.wrapping_add(bytes as isize as u64), Ordering::Relaxed);
}

/// New pages of zeros, if possible at this address; null if the system has none.
#[inline(never)]
fn map_at(hint: *mut u8, bytes: usize) -> *mut u8 {
    // SAFETY: a new mapping where there is none.
    let pages =
        unsafe { mm::mmap_anonymous(hint.cast(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
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
            None => map_at(null_mut(), layout.size()),
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
            None => unmap(object, layout.size()),
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
    use std::sync::{Mutex, PoisonError};

    /// Held by tests with many objects, so that those of one don't lie among another's.
    static MANY: Mutex<()> = Mutex::new(());

    #[test]
    fn classes_have_room() {
        let class = |size, align| class_of(Layout::from_size_align(size, align).unwrap());
        assert_eq!(class(0, 1), Some(0));
        assert_eq!(class(16, 8), Some(0));
        assert_eq!(class(17, 8), Some(1));
        assert_eq!(class(1, 64), Some(2));
        assert_eq!(class(CLASS_BYTES_MAX, 1), Some(CLASSES - 1));
        assert_eq!(class(CLASS_BYTES_MAX + 1, 1), None);
        assert_eq!(class(1, 2 * PAGE_BYTES), None);
    }

    /// Instances can fill terabytes of addresses below the last chunk.
    #[test]
    fn chunks_are_found_wherever_there_is_room() {
        const TAKEN: usize = 1 << 44;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping, which nobody uses.
        let taken = unsafe { mm::mmap_anonymous(null_mut(), TAKEN, ProtFlags::empty(), flags) }.unwrap();
        let last = taken.cast::<u8>().wrapping_add(TAKEN - CHUNK_BYTES / 2);
        let chunks = [(); 3].map(|()| map_chunk(last));
        for chunk in chunks {
            assert!(!chunk.is_null() && chunk.addr().is_multiple_of(CHUNK_BYTES));
            // SAFETY: the chunk is new, and has so many bytes.
            unsafe { chunk.write_bytes(7, CHUNK_BYTES) };
        }
        for chunk in chunks {
            // SAFETY: the last use of each.
            assert!(unsafe { core::slice::from_raw_parts(chunk, CHUNK_BYTES) }.iter().all(|&byte| byte == 7));
            unmap(chunk, CHUNK_BYTES);
        }
        // SAFETY: as above.
        unsafe { mm::munmap(taken, TAKEN) }.unwrap();
    }

    #[test]
    fn what_is_mapped_is_counted() {
        let _alone = MANY.lock().unwrap_or_else(PoisonError::into_inner);
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
        let _alone = MANY.lock().unwrap_or_else(PoisonError::into_inner);
        // Other tests allocate meanwhile, but not that much.
        const OBJECTS: usize = 4 << 10;
        let before = used_bytes();
        let objects: Vec<Box<[u8]>> = (0..OBJECTS).map(|_| vec![1; CLASS_BYTES_MAX].into()).collect();
        let all = (OBJECTS * CLASS_BYTES_MAX) as u64;
        assert!(used_bytes() >= before + all / 2);
        drop(objects);
        assert!(used_bytes() < before + all / 2);
    }

    #[test]
    fn chunks_without_objects_go_back() {
        let _alone = MANY.lock().unwrap_or_else(PoisonError::into_inner);
        // Other tests have free objects meanwhile, but not that many.
        const OBJECTS: usize = 1 << 20;
        let free = || ALLOCATOR.free.load(Ordering::Relaxed) as usize;
        for bytes in [24, 200, 1000] {
            let mut objects: Vec<Box<[u8]>> = (0..OBJECTS).map(|_| vec![1; bytes].into()).collect();
            // One in so many keeps its chunk.
            let mut index = 0;
            objects.retain(|_| {
                index += 1;
                index % (OBJECTS / 8) == 0
            });
            assert!(free() >= OBJECTS * bytes / 2);
            ALLOCATOR.with_state(State::give_back);
            assert!(free() < OBJECTS * bytes / 2);
            assert!(objects.iter().all(|object| object.iter().all(|byte| *byte == 1)));
        }
    }

    // The tests themselves run on this allocator, in several threads.
    #[test]
    fn contents_stay() {
        let _alone = MANY.lock().unwrap_or_else(PoisonError::into_inner);
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
