//! Restoring pages, and the choice of those that stay.

use core::ops::Range;

use crate::{image, slab};

/// The most bytes of pages that a slab keeps: more is given back at once.
const KEPT_BYTES_MAX: u64 = 16 << 20;

/// The restorer of a slab's pages, which decides which of them stay.
pub struct Keeper {
    /// The slab's first byte.
    pub base: *mut u8,
    /// True if long runs are pages of the executable's file.
    pub all_moved: bool,
    /// True if pages that weren't written are given back.
    pub is_sampled: bool,
    /// The size of a page of the kernel.
    pub page_bytes: u64,
    /// The bytes of pages that stay.
    pub kept: u64,
    /// Pages that are to be given back; empty for none.
    pub given_back: Range<u64>,
}

impl Keeper {
    /// Restores pages of the slab.
    ///
    /// # Safety
    ///
    /// They are open, and no guest runs in the slab.
    pub unsafe fn restore(&mut self, pages: &Range<u64>) {
        if !self.is_sampled && self.kept + (pages.end - pages.start) <= KEPT_BYTES_MAX {
            self.kept += pages.end - pages.start;
            // SAFETY: the caller's promise.
            return unsafe { image::restore(self.base, pages) };
        }
        let mut start = pages.start;
        while start < pages.end {
            let page = start..(start + self.page_bytes).min(pages.end);
            start = page.end;
            // SAFETY: the caller's promise.
            unsafe { self.restore_page(page) };
        }
    }

    /// # Safety
    ///
    /// As for [`Keeper::restore`].
    unsafe fn restore_page(&mut self, page: Range<u64>) {
        // SAFETY: the caller's promise.
        unsafe {
            let is_full = self.kept >= KEPT_BYTES_MAX;
            let is_needless = is_full || image::is_initial(self.base, &page);
            if !is_needless || !image::is_of_kernel(&page, self.all_moved) {
                self.kept += page.end - page.start;
                return image::restore(self.base, &page);
            }
            if page.start != self.given_back.end {
                self.finish();
                self.given_back.start = page.start;
            }
            self.given_back.end = page.end;
        }
    }

    /// Gives back the pages that are to be.
    ///
    /// # Safety
    ///
    /// As for [`Keeper::restore`].
    pub unsafe fn finish(&mut self) {
        let pages = core::mem::replace(&mut self.given_back, 0..0);
        if !pages.is_empty() {
            // SAFETY: the caller's promise; the kernel brings back their initial contents.
            unsafe { slab::forget(self.base, &pages) };
        }
    }
}
