//! A slab: the one reservation of address space in which a program's control pages, globals, tables and memories lie.
//!
//! Creating one reserves the whole range without memory behind it, moves long images into place, opens what the
//! program may touch, and copies short images. Moving comes first because an opened image page needs no second
//! system call then, and because qemu-user learns about moved pages from the opening. Right below the slab
//! lie the guest's stack, and room for a signal stack. A slab knows nothing of threads; `entry::attach` gives it one.
//! What a guest has done to it can be undone (`undo`).

use core::ffi::c_void;
use core::ops::Range;
use core::sync::atomic::{AtomicPtr, Ordering};

use aot_abi::program::PAGE_BYTES_MAX;
use aot_abi::slab::{ControlLayout, SlabHeader};
use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

use crate::family::FamilyOwner;
use crate::guest_limits::GuestLimits;
use crate::message::SystemError;
use crate::records::state;
use crate::stack::{KEPT_BYTES, SIGNAL_STACK_BYTES, StackBounds, StackSize};
use crate::{allocator, image, program};

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
    /// True if the header has the slab's state.
    has_state: bool,
    /// True if long runs of initial contents are pages of the executable's file.
    all_moved: bool,
    resets: u32,
}

impl Slab {
    /// Reserves a slab with its stack, of a limited size, and gives it the program's initial state, with the memories of
    /// a family.
    pub fn create(family: Option<FamilyOwner>, stack_bytes: u64, limits: GuestLimits) -> Result<Slab, SystemError> {
        let mut slab = Slab::reserve(family, stack_bytes, limits)?;
        slab.initialise()?;
        slab.set_state()?;
        Ok(slab)
    }

    /// Does as [`Slab::create`] for a slab that is to be reset: its pages are written, found and given back one by one, so
    /// they have to be small.
    pub fn create_to_reset(
        family: Option<FamilyOwner>,
        stack_bytes: u64,
        limits: GuestLimits,
    ) -> Result<Slab, SystemError> {
        let mut slab = Slab::reserve(family, stack_bytes, limits)?;
        // SAFETY: the mapping is this slab's own. A kernel without huge pages refuses.
        let _ = unsafe { mm::madvise(slab.mapping, slab.mapping_bytes, mm::Advice::LinuxNoHugepage) };
        slab.initialise()?;
        slab.set_state()?;
        Ok(slab)
    }

    fn reserve(family: Option<FamilyOwner>, stack_bytes: u64, limits: GuestLimits) -> Result<Slab, SystemError> {
        let stack = StackSize::new(stack_bytes);
        let mapping_bytes = Slab::reserved_bytes(stack_bytes) as usize;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let mapping =
            unsafe { mm::mmap_anonymous(core::ptr::null_mut(), mapping_bytes, ProtFlags::empty(), reserved()) }
                .map_err(SystemError::of_address_space(
                    "reserve address space for the program",
                    mapping_bytes as u64,
                ))?;
        let base = mapping.cast::<u8>().wrapping_add(below_bytes(stack) as usize);
        let base = base.map_addr(|address| address.next_multiple_of(PAGE_BYTES_MAX as usize));
        Ok(Slab { base, mapping, mapping_bytes, stack, limits, family, has_state: false, all_moved: false, resets: 0 })
    }

    /// The bytes of address space of a slab whose stack has this limit in bytes.
    pub fn reserved_bytes(stack_bytes: u64) -> u64 {
        // The kernel aligns to its own pages only.
        below_bytes(StackSize::new(stack_bytes)) + program::program().slab_bytes + PAGE_BYTES_MAX
    }

    /// The most mappings that a slab has: an open and a closed one for each stretch of neighbours, and two more for each long run
    /// of initial contents, which is one of its own.
    pub fn mappings() -> u64 {
        let moved = program::runs().iter().filter(|run| image::is_moved(run)).count();
        // Those that have no pages yet may grow.
        let empty = program::memories().iter().filter(|memory| memory.shared == 0 && memory.bytes_min == 0).count();
        let shared = program::memories().iter().filter(|memory| memory.shared != 0).count();
        let mut stretches = 1 + empty + shared;
        let mut end = controls().end.next_multiple_of(PAGE_BYTES_MAX);
        for part in open_parts() {
            stretches += usize::from(part.start != end);
            end = part.end;
        }
        2 * (stretches + moved) as u64
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

    /// Returns true if the slab's stack is as large as a limit in bytes wants it.
    pub fn has_stack(&self, stack_bytes: u64) -> bool {
        self.stack.open_bytes == StackSize::new(stack_bytes).open_bytes
    }

    /// Sets the limits of the next guest, in a slab that is as a new one.
    pub fn set_limits(&mut self, limits: GuestLimits) {
        self.limits = limits;
        // SAFETY: the header is open.
        unsafe { (*state(self.header())).limits = limits };
    }

    /// Makes this the slab in which debuggers look for the guest's memory.
    pub fn tell_debuggers(&self) {
        aot_slab.store(self.base, Ordering::Relaxed);
    }

    /// Lets the slab have the memories of another family from its next [`Slab::set_state`] on.
    ///
    /// What the last guest made the collector keep is off the account then.
    pub(crate) fn change_family(&mut self, family: Option<FamilyOwner>) {
        self.end_state();
        self.family = family;
    }

    /// Counts a reset: the number of them.
    pub(crate) fn count_reset(&mut self) -> u32 {
        self.resets = self.resets.wrapping_add(1);
        self.resets
    }

    /// True if long runs of initial contents are pages of the executable's file.
    pub(crate) fn all_moved(&self) -> bool {
        self.all_moved
    }

    /// Maps everything as in a new slab, which lacks its state.
    pub(crate) fn map_anew(&mut self) -> Result<(), SystemError> {
        let bytes = program::program().slab_bytes as usize;
        // SAFETY: replaces pages of this slab only, to which nothing else refers while no guest runs.
        unsafe { mm::mmap_anonymous(self.base.cast(), bytes, ProtFlags::empty(), reserved() | MapFlags::FIXED) }
            .map_err(SystemError::of("reset the program's memory"))?;
        self.initialise()
    }

    /// Gives back the memory of the guest's stack, except for what most calls write.
    pub(crate) fn forget_stack(&mut self) {
        let low = self.base.wrapping_sub(SIGNAL_STACK_BYTES + self.stack.open_bytes as usize);
        // SAFETY: the range is the stack's, and no guest runs on it while the slab is changed.
        unsafe { forget(low, &(0..self.stack.open_bytes - KEPT_BYTES)) };
    }

    fn initialise(&mut self) -> Result<(), SystemError> {
        // SAFETY: nothing is open in a slab that was mapped.
        self.all_moved = unsafe { image::move_runs(self.base) };
        self.open()?;
        // SAFETY: now the initial parts are.
        unsafe { image::copy_runs(self.base, &(0..program::program().slab_bytes), self.all_moved) };
        Ok(())
    }

    /// Writes what the control pages have at the program's start, and maps the memories of the family. They are zeros.
    pub(crate) fn set_state(&mut self) -> Result<(), SystemError> {
        self.set_lengths();
        // SAFETY: the header is open.
        unsafe { (*state(self.header())).limits = self.limits };
        self.has_state = true;
        if let Some(family) = &self.family {
            // SAFETY: no guest runs in a slab that isn't complete; `drop` and `reset` leave the family.
            unsafe { family.family().join(self.header()) }?;
            // SAFETY: the header is open.
            unsafe { (*state(self.header())).family = Some(family.address()) };
        }
        Ok(())
    }

    fn end_state(&mut self) {
        if core::mem::take(&mut self.has_state) {
            // SAFETY: the header is open, and no guest runs.
            allocator::let_go(unsafe { (*state(self.header())).gc_table_bytes });
        }
        if let Some(family) = &self.family {
            family.family().leave(self.header());
        }
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
        self.end_state();
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

/// The bytes of the kernel's pages, which every address that it is asked about is a multiple of.
pub fn page_bytes() -> usize {
    let is_page = |bytes: &usize| {
        let page = core::ptr::without_provenance_mut(*bytes);
        // SAFETY: nothing is advised of no bytes.
        unsafe { mm::madvise(page, 0, mm::Advice::Normal) }.is_ok()
    };
    [4 << 10, 16 << 10].into_iter().find(is_page).unwrap_or(PAGE_BYTES_MAX as usize)
}

/// The bits of addresses that the systems of all targets use for programs, the most first.
const ADDRESS_BITS: [u32; 4] = [48, 47, 39, 38];

/// The bytes of address space that a process of this system can have. No large reservation is tried, which an emulator would
/// write down page by page.
pub fn address_space_bytes() -> u64 {
    let bits = ADDRESS_BITS.into_iter().find(|bits| is_address((1 << bits) - PAGE_BYTES_MAX));
    1 << bits.unwrap_or(u32::BITS)
}

/// Returns true if the system has a page at this address, for somebody else or for a moment.
fn is_address(address: u64) -> bool {
    let (page, bytes) = (core::ptr::without_provenance_mut(address as usize), PAGE_BYTES_MAX as usize / 2);
    let flags = reserved() | MapFlags::FIXED_NOREPLACE;
    // SAFETY: a new mapping where there is none, which nobody else knows. An older kernel takes the address for a hint.
    unsafe {
        match mm::mmap_anonymous(page, bytes, ProtFlags::empty(), flags) {
            Ok(mapping) => mm::munmap(mapping, bytes).is_ok() && mapping == page,
            Err(error) => error == rustix::io::Errno::EXIST,
        }
    }
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
