//! The pages of this process that aren't as they were mapped, as the kernel tells: those that have memory of their own.
//!
//! A page of a private mapping shows a file, or zeros that all processes share, until it is written. Then it is the
//! process's own, and the kernel's `/proc/self/pagemap` says so. Nothing has to be protected, and no write costs more than
//! without. Linux has a request since 6.7 that finds such pages, and goes past address space that nobody touched; before,
//! the file has a word for each page.

use core::ops::Range;

use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{self, Mode, OFlags};
use rustix::io::{Errno, Result};

use crate::arch;
use aot_abi::sandbox::PAGEMAP_SCAN;

/// The kernel's `PAGE_IS_FILE`: the page shows a file.
const IS_FILE: u64 = 1 << 2;
/// The kernel's `PAGE_IS_PRESENT`.
const IS_PRESENT: u64 = 1 << 3;
/// The kernel's `PAGE_IS_SWAPPED`.
const IS_SWAPPED: u64 = 1 << 4;
/// The kernel's `PAGE_IS_PFNZERO`: the page shows zeros that all processes share.
const IS_SHARED_ZERO: u64 = 1 << 5;

/// The bits of a page's word in the file for the same.
const WORD_FILE: u64 = 1 << 61;
const WORD_OWN: u64 = 1 << 63 | 1 << 62;

/// The most regions of one request. The kernel allocates as many each time, which takes longer for more.
const REGIONS: usize = 128;
/// The most words that are read at once.
const WORDS: usize = 512;

/// The kernel's `struct page_region`.
#[derive(Clone, Copy)]
#[repr(C)]
struct Region {
    start: u64,
    end: u64,
    categories: u64,
}

/// The kernel's `struct pm_scan_arg`.
#[repr(C)]
struct ScanArguments {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    regions: u64,
    regions_length: u64,
    pages_max: u64,
    category_inverted: u64,
    category_mask: u64,
    category_any_of: u64,
    return_mask: u64,
}

const _: () = assert!(size_of::<ScanArguments>() as u32 == PAGEMAP_SCAN >> 16 & 0x3fff);

/// The open file `/proc/self/pagemap`.
pub struct Pagemap {
    file: OwnedFd,
    page_bytes: usize,
}

impl Pagemap {
    /// The file, in a process with pages of this size.
    pub fn new(file: OwnedFd, page_bytes: usize) -> Pagemap {
        Pagemap { file, page_bytes }
    }

    /// Opens the file.
    ///
    /// # Errors
    /// There is no `/proc`, or the process's memory is hidden from itself.
    pub fn open(page_bytes: usize) -> Result<Pagemap> {
        let file = fs::open(c"/proc/self/pagemap", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Pagemap::new(file, page_bytes))
    }

    /// Calls `found` for each stretch of pages in a range of addresses that are the process's own. If it doesn't scan for them,
    /// but reads, any kernel does; it may then find pages too that show the shared zeros.
    ///
    /// # Errors
    /// The kernel is older than 6.7, if it scans; or something refuses.
    pub fn find(&self, scans: bool, range: Range<usize>, found: &mut dyn FnMut(Range<usize>)) -> Result<()> {
        if scans { self.scan(range, found) } else { self.read(range, found) }
    }

    fn scan(&self, range: Range<usize>, found: &mut dyn FnMut(Range<usize>)) -> Result<()> {
        let mut from = range.start as u64;
        while from < range.end as u64 {
            let mut regions = [Region { start: 0, end: 0, categories: 0 }; REGIONS];
            let mut arguments = scan_arguments(from..range.end as u64, &mut regions);
            let arguments_at = (&raw mut arguments).expose_provenance();
            let request = [self.file.as_raw_fd() as usize, PAGEMAP_SCAN as usize, arguments_at, 0];
            // SAFETY: the kernel writes to the arguments, and as many regions as these say.
            let count = unsafe { arch::system_call(arch::SYS_IOCTL, request) }?;
            regions.iter().take(count).for_each(|region| found(region.start as usize..region.end as usize));
            if arguments.walk_end <= from {
                return Err(Errno::IO);
            }
            from = arguments.walk_end;
        }
        Ok(())
    }

    fn read(&self, range: Range<usize>, found: &mut dyn FnMut(Range<usize>)) -> Result<()> {
        let mut from = range.start;
        while from < range.end {
            let mut words = [[0; size_of::<u64>()]; WORDS];
            let pages = ((range.end - from) / self.page_bytes).min(WORDS);
            let bytes = words.as_flattened_mut().get_mut(..pages * size_of::<u64>()).ok_or(Errno::INVAL)?;
            let offset = from / self.page_bytes * size_of::<u64>();
            if pages == 0 || rustix::io::pread(self.file.as_fd(), &mut *bytes, offset as u64)? != bytes.len() {
                return Err(Errno::IO);
            }
            for (page, word) in words.iter().take(pages).enumerate() {
                let word = u64::from_le_bytes(*word);
                if word & WORD_OWN != 0 && word & WORD_FILE == 0 {
                    let start = from + page * self.page_bytes;
                    found(start..start + self.page_bytes);
                }
            }
            from += pages * self.page_bytes;
        }
        Ok(())
    }
}

fn scan_arguments(range: Range<u64>, regions: &mut [Region; REGIONS]) -> ScanArguments {
    ScanArguments {
        size: size_of::<ScanArguments>() as u64,
        flags: 0,
        start: range.start,
        end: range.end,
        walk_end: 0,
        regions: regions.as_mut_ptr().expose_provenance() as u64,
        regions_length: REGIONS as u64,
        pages_max: 0,
        category_inverted: IS_FILE | IS_SHARED_ZERO,
        category_mask: IS_FILE | IS_SHARED_ZERO,
        category_any_of: IS_PRESENT | IS_SWAPPED,
        // Nothing, so that neighbours are one region whatever they are.
        return_mask: 0,
    }
}
