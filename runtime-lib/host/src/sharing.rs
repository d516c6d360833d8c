//! Memories that threads share: each is a file without a name, which every slab of the program maps at the same place.
//!
//! A file has all the bytes that its memory may ever have, and pages of its own only where something was written. What
//! lies beyond the current length is inaccessible in every slab, so an access there is a trap as in any other memory.
//! Growing opens the pages, and writes the new length, in all slabs under one lock.
//!
//! Only programs with shared memories link what makes them: `aot_part_sharing`.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aot_abi::parts;
use aot_abi::program::{Memory, PAGE_BYTES_MAX};
use aot_abi::slab::SlabHeader;
use rustix::fd::OwnedFd;
use rustix::fs::MemfdFlags;
use rustix::io::Errno;
use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

use aot_foundation::family::{Family, FamilyOwner};
use aot_foundation::message::SystemError;
use aot_foundation::{program, slab};

/// Makes new memories, as they are at start.
pub type Share = fn() -> Result<FamilyOwner, SystemError>;

const _: () = assert!(aot_foundation::same_name("aot_part_sharing", parts::SHARING));
const _: Share = aot_part_sharing;

/// New memories, in a program that shares some.
pub fn family(share: Option<Share>) -> Result<Option<FamilyOwner>, SystemError> {
    share.map(|share| share()).transpose()
}

/// The memories of one program.
pub struct Memories {
    memories: Vec<Shared>,
    state: Mutex<State>,
    /// The threads that wait at addresses of these memories, once one does. Only `waiting` knows the type, so that
    /// other programs have no code for it.
    pub queues: OnceLock<Box<dyn Any + Send + Sync>>,
}

struct Shared {
    /// The memory's index in the program.
    index: u32,
    memory: &'static Memory,
    file: OwnedFd,
}

struct State {
    /// The current length of each memory in bytes, in the order of [`Memories::memories`].
    lengths: Vec<u64>,
    /// The slabs that map the memories.
    slabs: Vec<Member>,
}

/// A slab of the family, which is mapped as long as it is in the list.
#[derive(Clone, Copy)]
struct Member(*mut SlabHeader);
// SAFETY: what is reached by it is changed under the lock, and read by atomic operations.
unsafe impl Send for Member {}

/// [`Share`].
#[unsafe(no_mangle)]
fn aot_part_sharing() -> Result<FamilyOwner, SystemError> {
    let mut memories = Vec::new();
    for (index, memory) in program::memories().iter().enumerate().filter(|(_, memory)| memory.shared != 0) {
        let file = rustix::fs::memfd_create("aot-memory", MemfdFlags::CLOEXEC).and_then(|file| {
            rustix::fs::ftruncate(&file, reserved_bytes(memory))?;
            Ok(file)
        });
        let file = file.map_err(SystemError::of("make a memory for threads"))?;
        memories.push(Shared { index: index as u32, memory, file });
    }
    let lengths = memories.iter().map(|shared| shared.memory.bytes_min).collect();
    let state = Mutex::new(State { lengths, slabs: Vec::new() });
    let memories: *const Memories = Arc::into_raw(Arc::new(Memories { memories, state, queues: OnceLock::new() }));
    let family: *const dyn Family = memories;
    let family = NonNull::new(family.cast_mut()).ok_or(SystemError::of("make a memory for threads")(Errno::NOMEM))?;
    // SAFETY: the count of the reference that was leaked here is the owner's.
    Ok(unsafe { FamilyOwner::new(family) })
}

impl Family for Memories {
    unsafe fn join(&self, slab: *mut SlabHeader) -> Result<(), SystemError> {
        let mut state = self.state();
        for (shared, length) in self.memories.iter().zip(&state.lengths) {
            let base = slab.wrapping_byte_add(shared.memory.base as usize).cast();
            let bytes = reserved_bytes(shared.memory) as usize;
            if bytes != 0 {
                // SAFETY: the place is this slab's reservation for the memory, in which nothing is yet.
                unsafe {
                    mm::mmap(base, bytes, ProtFlags::empty(), MapFlags::SHARED | MapFlags::FIXED, &shared.file, 0)
                }
                .map_err(SystemError::of("share a memory with a thread"))?;
            }
            let open = 0..length.next_multiple_of(PAGE_BYTES_MAX);
            if !open.is_empty() {
                // SAFETY: the range lies in the memory.
                unsafe { slab::open(base.cast(), &open) }.map_err(SystemError::of("share a memory with a thread"))?;
            }
            // SAFETY: the slab has a length for each memory.
            unsafe { set_length(slab, shared.index, *length) };
        }
        state.slabs.push(Member(slab));
        Ok(())
    }

    fn keep(&self) {
        // SAFETY: all memories are in an `Arc`, to which somebody refers.
        unsafe { Arc::increment_strong_count(core::ptr::from_ref(self)) };
    }

    unsafe fn give_up(&self) {
        // SAFETY: as above, and the caller's promise.
        unsafe { Arc::decrement_strong_count(core::ptr::from_ref(self)) };
    }

    fn leave(&self, slab: *mut SlabHeader) {
        self.state().slabs.retain(|member| member.0 != slab);
    }

    fn grow(&self, index: u32, more: u64, limit: u64) -> Option<u64> {
        let mut state = self.state();
        let position = self.memories.iter().position(|shared| shared.index == index)?;
        let memory = self.memories.get(position)?.memory;
        let before = *state.lengths.get(position)?;
        let after = before.checked_add(more).filter(|after| *after <= limit)?;
        let added = before.next_multiple_of(PAGE_BYTES_MAX)..after.next_multiple_of(PAGE_BYTES_MAX);
        let place = memory.base + added.start..memory.base + added.end;
        if !place.is_empty() {
            for member in &state.slabs {
                // SAFETY: the range lies in the memory, and the slab is mapped.
                if unsafe { slab::open(member.0.cast(), &place) }.is_err() {
                    state.slabs.iter().for_each(|member| close(member.0, &place));
                    return None;
                }
            }
        }
        *state.lengths.get_mut(position)? = after;
        for member in &state.slabs {
            // SAFETY: as above.
            unsafe { set_length(member.0, index, after) };
        }
        Some(before)
    }
}

impl Memories {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of the file and of the mapping.
fn reserved_bytes(memory: &Memory) -> u64 {
    memory.bytes_max.next_multiple_of(PAGE_BYTES_MAX)
}

/// Makes a range inaccessible again, which nobody knows of yet.
fn close(slab: *mut SlabHeader, range: &core::ops::Range<u64>) {
    let bytes = (range.end - range.start) as usize;
    // SAFETY: the range lies beyond the length of a memory of a mapped slab. An error leaves zeros accessible there.
    let _ = unsafe { mm::mprotect(slab.byte_add(range.start as usize).cast(), bytes, MprotectFlags::empty()) };
}

/// # Safety
///
/// `slab` is an open slab of the program.
unsafe fn set_length(slab: *mut SlabHeader, index: u32, bytes: u64) {
    // SAFETY: there is a length for each memory; other threads read it by atomic operations.
    unsafe { AtomicU64::from_ptr(slab::length_at(slab, slab::controls().memory_bytes, index)) }
        .store(bytes, Ordering::SeqCst);
}
