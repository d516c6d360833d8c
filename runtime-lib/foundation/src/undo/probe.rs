//! Trials of what a kernel, or an emulator of one, really does.

use core::ops::Range;
use core::ptr::null_mut;

use aot_abi::program::PAGE_BYTES_MAX;
use rustix::io::Result;
use rustix::mm::{self, MapFlags, ProtFlags};

use super::method::Method;
use super::pagemap::Pagemap;
use crate::{image, slab};

/// The number of pages in which a method is tried.
const PROBED: usize = 8;
/// The pages of them that are written.
const PROBED_WRITTEN: [usize; 3] = [1, 4, 5];
const PROBED_FOUND: [bool; PROBED] = [false, true, false, false, true, true, false, false];

/// True if a method finds the pages that are written, and they are zeros once they are given back.
pub fn works(method: Method, pagemap: Option<&Pagemap>, page_bytes: usize) -> bool {
    let bytes = PROBED * page_bytes;
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice, which nobody else knows.
    unsafe {
        let Ok(mapping) = mm::mmap_anonymous(null_mut(), bytes, access, MapFlags::PRIVATE) else { return false };
        let works = works_in(mapping.cast(), method, pagemap, page_bytes);
        let _ = mm::munmap(mapping, bytes);
        works
    }
}

/// # Safety
///
/// [`PROBED`] fresh pages begin there.
unsafe fn works_in(pages: *mut u8, method: Method, pagemap: Option<&Pagemap>, page_bytes: usize) -> bool {
    let page = |index: usize| pages.wrapping_add(index * page_bytes);
    // SAFETY: the caller's promise.
    unsafe {
        PROBED_WRITTEN.into_iter().for_each(|index| page(index).write_volatile(1));
        let finds = match (method, pagemap) {
            (Method::GiveBack, _) => true,
            (Method::MapAnew, _) | (_, None) => false,
            (_, Some(pagemap)) => found(pages, method, pagemap, page_bytes) == Ok(PROBED_FOUND),
        };
        slab::forget(pages, &(0..(PROBED * page_bytes) as u64));
        finds && (0..PROBED).all(|index| page(index).read_volatile() == 0)
    }
}

/// The pages that a method finds.
fn found(pages: *mut u8, method: Method, pagemap: &Pagemap, page_bytes: usize) -> Result<[bool; PROBED]> {
    let mut found = [false; PROBED];
    let all = pages.addr()..pages.addr() + PROBED * page_bytes;
    let mark = &mut |range: Range<usize>| {
        let first = range.start.wrapping_sub(pages.addr()) / page_bytes;
        found.iter_mut().skip(first).take((range.end - range.start) / page_bytes).for_each(|page| *page = true);
    };
    pagemap.find(method == Method::Scan, all, mark)?;
    Ok(found)
}

/// True if pages of the executable's file, moved and then written, show the file again once they are given back; or if
/// the program moves none.
pub fn gives_back_file_pages() -> bool {
    let Some(run) = image::moved_run() else { return true };
    let bytes = PAGE_BYTES_MAX as usize;
    // SAFETY: a new mapping at an address of the kernel's choice, which nobody else knows; the run has as many bytes.
    unsafe {
        let Ok(place) = mm::mmap_anonymous(null_mut(), bytes, ProtFlags::empty(), MapFlags::PRIVATE) else {
            return false;
        };
        let first = place.cast::<u8>();
        let gives_back = image::move_pages(run, bytes, first) && slab::open(first, &(0..PAGE_BYTES_MAX)).is_ok() && {
            let initial = first.read_volatile();
            first.write_volatile(!initial);
            slab::forget(first, &(0..PAGE_BYTES_MAX));
            first.read_volatile() == initial
        };
        let _ = mm::munmap(place, bytes);
        gives_back
    }
}
