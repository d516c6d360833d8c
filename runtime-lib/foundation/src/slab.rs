//! A slab: the one reservation of address space in which a program's control pages, globals, tables and memories lie.
//!
//! Creating one reserves the whole range without memory behind it, moves long images into place, opens what the
//! program may touch, and copies short images. Moving comes first because an opened image page needs no second
//! system call then, and because qemu-user learns about moved pages from the opening. Right below the slab
//! lie the guest's stack, and room for a signal stack. A slab knows nothing of threads; `entry::attach` gives it one.

use core::ffi::c_void;
use core::ops::Range;
use core::sync::atomic::{AtomicPtr, Ordering};

use aot_abi::program::{MOVED_RUN_BYTES_MIN, PAGE_BYTES_MAX, Run};
use aot_abi::slab::{ControlLayout, SlabHeader};
use rustix::mm::{self, MapFlags, MprotectFlags, MremapFlags, ProtFlags};

use crate::family::FamilyOwner;
use crate::guest_limits::GuestLimits;
use crate::message::SystemError;
use crate::program;
use crate::records::state;
use crate::stack::{SIGNAL_STACK_BYTES, StackBounds, StackSize};

/// The flags of a component instance in which nothing has happened: it may be left.
const FLAGS_AT_START: u32 = 1;

/// The program's slab, for debuggers: debug information finds the guest's memory through this symbol.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static aot_slab: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());

/// An instance of the program's memory. Dropping it returns the address space.
pub struct Slab {
    base: *mut u8,
    mapping: *mut c_void,
    mapping_bytes: usize,
    stack: StackSize,
    limits: GuestLimits,
    /// The memories that it shares with other slabs.
    family: Option<FamilyOwner>,
}

impl Slab {
    /// Reserves a slab with its stack, of a limited size, and gives it the program's initial state, with the memories of
    /// a family.
    pub fn create(family: Option<FamilyOwner>, stack_bytes: u64, limits: GuestLimits) -> Result<Slab, SystemError> {
        let stack = StackSize::new(stack_bytes);
        // The kernel aligns to its own pages only.
        let mapping_bytes = (below_bytes(stack) + program::program().slab_bytes + PAGE_BYTES_MAX) as usize;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let mapping =
            unsafe { mm::mmap_anonymous(core::ptr::null_mut(), mapping_bytes, ProtFlags::empty(), reserved()) }
                .map_err(SystemError::of_address_space(
                    "reserve address space for the program",
                    mapping_bytes as u64,
                ))?;
        let base = mapping.cast::<u8>().wrapping_add(below_bytes(stack) as usize);
        let base = base.map_addr(|address| address.next_multiple_of(PAGE_BYTES_MAX as usize));
        let slab = Slab { base, mapping, mapping_bytes, stack, limits, family };
        slab.initialise()?;
        Ok(slab)
    }

    /// The first bytes of the slab.
    pub fn header(&self) -> *mut SlabHeader {
        self.base.cast()
    }

    /// The bounds of the guest's stack.
    pub fn stack(&self) -> StackBounds {
        self.stack.ending_at(self.signal_stack().addr() as u64)
    }

    /// [`SIGNAL_STACK_BYTES`] between stack and slab, of which one thread may make its signal stack.
    pub fn signal_stack(&self) -> *mut u8 {
        self.base.wrapping_sub(SIGNAL_STACK_BYTES)
    }

    /// Makes this the slab in which debuggers look for the guest's memory.
    pub fn tell_debuggers(&self) {
        aot_slab.store(self.base, Ordering::Relaxed);
    }

    /// Gives the slab the program's initial state again, with the memories of another family; the header is as in a new
    /// slab. No guest may be running in it.
    pub fn reset(&mut self, family: Option<FamilyOwner>) -> Result<(), SystemError> {
        self.leave_family();
        self.family = family;
        let bytes = program::program().slab_bytes as usize;
        // SAFETY: replaces pages of this slab only, to which nothing else refers while no guest runs.
        unsafe {
            mm::mmap_anonymous(self.base.cast(), bytes, ProtFlags::empty(), reserved() | MapFlags::FIXED)
                .map_err(SystemError::of("reset the program's memory"))?;
        }
        self.initialise()
    }

    fn initialise(&self) -> Result<(), SystemError> {
        let all_moved = self.move_runs();
        self.open()?;
        self.copy_runs(all_moved);
        self.set_lengths();
        // SAFETY: the header is open.
        unsafe { (*state(self.header())).limits = self.limits };
        if let Some(family) = &self.family {
            // SAFETY: no guest runs in a slab that isn't complete; `drop` and `reset` leave the family.
            unsafe { family.family().join(self.header()) }?;
            // SAFETY: the header is open.
            unsafe { (*state(self.header())).family = Some(family.address()) };
        }
        Ok(())
    }

    fn leave_family(&self) {
        if let Some(family) = &self.family {
            family.family().leave(self.header());
        }
    }

    /// Moves the pages of long runs to their places. False if the kernel refused one; then all are to be copied.
    fn move_runs(&self) -> bool {
        program::runs().iter().filter(|run| is_moved(run)).all(|run| self.move_run(run))
    }

    fn move_run(&self, run: &Run) -> bool {
        let source = program::images().wrapping_add(run.source as usize).cast_mut();
        let destination = self.base.wrapping_add(run.destination as usize);
        let bytes = run.bytes as usize;
        let flags = MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP;
        // SAFETY: the destination is reserved by this slab. The source stays mapped and shows the executable's file
        // again at the next access, so that a later slab finds the same image.
        unsafe { mm::mremap_fixed(source.cast(), bytes, bytes, flags, destination.cast()) }.is_ok()
    }

    /// Makes the stack, the control pages, the spans and the memories readable and writable, with one system call for
    /// each stretch of neighbours.
    fn open(&self) -> Result<(), SystemError> {
        let below = self.stack.open_bytes + SIGNAL_STACK_BYTES as u64;
        let lowest = self.base.wrapping_sub(below as usize);
        let above_stacks = |part: &Range<u64>| part.start + below..part.end + below;
        let mut stretch = 0..below + controls().end.next_multiple_of(PAGE_BYTES_MAX);
        for part in open_parts() {
            let part = above_stacks(&part);
            if part.start == stretch.end {
                stretch.end = part.end;
            } else {
                open_stretch(lowest, &stretch)?;
                stretch = part;
            }
        }
        open_stretch(lowest, &stretch)
    }

    fn copy_runs(&self, all_moved: bool) {
        for run in program::runs() {
            if all_moved && is_moved(run) {
                continue;
            }
            // SAFETY: the run lies in the images and in an open part of this slab.
            unsafe {
                let source = program::images().add(run.source as usize);
                let destination = self.base.add(run.destination as usize);
                core::ptr::copy_nonoverlapping(source, destination, run.bytes as usize);
            }
        }
    }

    /// Writes the current lengths of memories, tables and passive segments into the control pages, and the flags of
    /// component instances.
    fn set_lengths(&self) {
        let controls = controls();
        let slab = self.header();
        // SAFETY: the control pages of this slab are open and have room for the arrays of the program's counts.
        unsafe {
            set_array(slab, controls.memory_bytes, program::memories().iter().map(|memory| memory.bytes_min));
            set_array(slab, controls.table_elements, program::tables().iter().map(|table| table.elements_min));
            set_array(slab, controls.data_bytes, program::data_segments().iter().map(|segment| segment.length));
            set_array(slab, controls.element_counts, program::element_segments().iter().map(|segment| segment.length));
            let flags: *mut u32 = slab.byte_add(controls.instance_flags as usize).cast();
            for instance in 0..program::program().component_instances as usize {
                *flags.add(instance) = FLAGS_AT_START;
            }
        }
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        self.leave_family();
        // SAFETY: the mapping is this slab's own, and nothing refers to it any more. An error leaves address space
        // reserved, which harms nobody.
        let _ = unsafe { mm::munmap(self.mapping, self.mapping_bytes) };
    }
}

/// The layout of the arrays in the control pages.
pub fn controls() -> ControlLayout {
    let program = program::program();
    ControlLayout::new(
        program.memories,
        program.tables,
        program.data_segments,
        program.element_segments,
        program.component_instances,
    )
}

/// The memories that a slab shares with others, for another slab.
///
/// # Safety
///
/// The slab lives, and isn't reset, at the time of the call.
pub unsafe fn share_family(slab: *mut SlabHeader) -> Option<FamilyOwner> {
    // SAFETY: the caller's promise: a slab notes the address of a family that it owns.
    unsafe {
        let family = (*state(slab)).family?;
        family.as_ref().keep();
        Some(FamilyOwner::new(family))
    }
}

/// Element `index` of the array of lengths at slab offset `array`.
///
/// # Safety
///
/// `slab` is a slab, and the array has this element.
pub unsafe fn length_at(slab: *mut SlabHeader, array: u64, index: u32) -> *mut u64 {
    // SAFETY: the array lies in the control pages.
    unsafe { slab.byte_add(array as usize).cast::<u64>().add(index as usize) }
}

/// Makes a range of the slab, in whole pages, readable and writable.
///
/// # Safety
///
/// The range, which counts from `base`, lies in memories, spans or control pages of a slab, or in its stacks.
pub unsafe fn open(base: *mut u8, range: &Range<u64>) -> rustix::io::Result<()> {
    let bytes = (range.end - range.start) as usize;
    // SAFETY: opening reserved pages of a slab changes nothing that Rust knows of.
    unsafe {
        let start = base.add(range.start as usize);
        mm::mprotect(start.cast(), bytes, MprotectFlags::READ | MprotectFlags::WRITE)
    }
}

/// Gives back the memory of a range of open pages: they are zero when they are accessed again.
///
/// # Safety
///
/// As for [`open`]; what lies there is not needed any more.
pub unsafe fn forget(base: *mut u8, range: &Range<u64>) {
    let bytes = (range.end - range.start) as usize;
    // SAFETY: the caller's promise. Where the system refuses, the memory stays.
    let _ = unsafe { mm::madvise(base.add(range.start as usize).cast(), bytes, mm::Advice::LinuxDontNeed) };
}

/// Bytes below a slab.
fn below_bytes(stack: StackSize) -> u64 {
    stack.bytes() + SIGNAL_STACK_BYTES as u64
}

fn open_stretch(lowest: *mut u8, stretch: &Range<u64>) -> Result<(), SystemError> {
    // SAFETY: the compiler's layout keeps spans and memories inside the slab, right below which lie the stacks.
    unsafe { open(lowest, stretch) }.map_err(SystemError::of("allocate the program's memory"))
}

fn reserved() -> MapFlags {
    MapFlags::PRIVATE | MapFlags::NORESERVE
}

fn is_moved(run: &Run) -> bool {
    run.bytes >= MOVED_RUN_BYTES_MIN
}

/// The spans and the opened parts of the memories, by address as far as each of both lists is sorted.
fn open_parts() -> impl Iterator<Item = Range<u64>> {
    let mut spans = program::spans().iter().map(|span| span.offset..span.offset + span.bytes).peekable();
    let mut memories = program::memories()
        .iter()
        .filter(|memory| memory.shared == 0)
        .map(|memory| memory.base..memory.base + memory.bytes_min.next_multiple_of(PAGE_BYTES_MAX))
        .filter(|part| !part.is_empty())
        .peekable();
    core::iter::from_fn(move || match (spans.peek(), memories.peek()) {
        (Some(span), Some(memory)) if memory.start < span.start => memories.next(),
        (Some(_), _) => spans.next(),
        (None, _) => memories.next(),
    })
}

/// # Safety
///
/// `slab` is a slab, and the array at this offset has as many elements.
unsafe fn set_array(slab: *mut SlabHeader, array: u64, values: impl Iterator<Item = u64>) {
    for (index, value) in values.enumerate() {
        // SAFETY: the caller's promise.
        unsafe { *length_at(slab, array, index as u32) = value };
    }
}
