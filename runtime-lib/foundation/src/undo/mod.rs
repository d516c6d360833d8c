//! Undoing what a guest wrote: a reset of a slab costs as much as there is to undo, whatever the size of the program.
//!
//! The pages that a guest wrote are the slab's own ([`Pagemap`]). Each gets its initial contents and stays, so that the
//! next guest that writes it has no fault: most guests of a slab do the same work, and write the same pages. One reset in
//! [`SAMPLED_EVERY`] compares first, and gives pages back that weren't written. There is no other account of pages: what
//! the kernel says is all.

mod keeper;
mod method;
mod pagemap;
mod parts;
mod probe;

use alloc::vec::Vec;
use core::ops::Range;

use rustix::fd::OwnedFd;
use rustix::mm;

use crate::family::FamilyOwner;
use crate::image;
use crate::message::SystemError;
use crate::slab::Slab;
use keeper::Keeper;
pub use method::Method;
pub use pagemap::Pagemap;
use parts::Part;

/// The number of resets of a slab of which one gives back the pages that its last guest didn't write. A page that stays
/// costs a tenth of a fault in each reset at most.
const SAMPLED_EVERY: u32 = 16;
/// The bytes behind the initial contents of a memory, a table or the like in which [`Method::Read`] looks for pages: the
/// kernel takes longer for untouched pages than to give back the few that are behind.
const READ_BEHIND_BYTES: u64 = 4 << 20;

/// The way in which this process undoes, chosen once, and the parts of its slabs in which something can be written.
pub struct Undo {
    method: Method,
    pagemap: Option<Pagemap>,
    page_bytes: usize,
    parts: Vec<Part>,
}

impl Undo {
    /// Chooses the first method from `best` on that this kernel has. `pagemap` is the open file `/proc/self/pagemap`, and
    /// `page_bytes` the size of the kernel's pages.
    pub fn new(best: Method, pagemap: Option<OwnedFd>, page_bytes: usize) -> Undo {
        let pagemap = pagemap.map(|file| Pagemap::new(file, page_bytes));
        let undo = Undo::by(best, pagemap.as_ref(), page_bytes);
        Undo { pagemap, ..undo }
    }

    /// Does as [`Undo::new`] for those who don't keep the file open, and give it to [`Undo::reset_by`] each time.
    pub fn by(best: Method, pagemap: Option<&Pagemap>, page_bytes: usize) -> Undo {
        let mut method = if probe::gives_back_file_pages() { best } else { Method::MapAnew };
        while method != Method::MapAnew && !probe::works(method, pagemap, page_bytes) {
            method = method.next();
        }
        Undo { method, pagemap: None, page_bytes, parts: parts::parts(method != Method::Read) }
    }

    /// The method that was chosen.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Gives a slab the program's initial state again, with the memories of another family; the header is as in a new slab.
    /// No guest may be running in it.
    ///
    /// True if the pages were given back that guests don't need: it is time to do so elsewhere too.
    pub fn reset(&self, slab: &mut Slab, family: Option<FamilyOwner>) -> Result<bool, SystemError> {
        self.reset_by(self.pagemap.as_ref(), slab, family)
    }

    /// Does as [`Undo::reset`] by a file that is open.
    pub fn reset_by(
        &self,
        pagemap: Option<&Pagemap>,
        slab: &mut Slab,
        family: Option<FamilyOwner>,
    ) -> Result<bool, SystemError> {
        slab.change_family(family);
        let is_sampled = slab.count_reset().is_multiple_of(SAMPLED_EVERY);
        if is_sampled {
            slab.forget_stack();
        }
        if self.method == Method::MapAnew {
            slab.map_anew()?;
        } else {
            self.undo(pagemap, slab, is_sampled).map_err(SystemError::of("reset the program's memory"))?;
        }
        slab.set_state()?;
        Ok(is_sampled)
    }

    /// Gives a slab its initial contents, and closes what its memories have grown by. The control pages are zeros then.
    fn undo(&self, pagemap: Option<&Pagemap>, slab: &Slab, is_sampled: bool) -> rustix::io::Result<()> {
        let mut keeper = Keeper {
            base: slab.header().cast(),
            all_moved: slab.all_moved(),
            is_sampled,
            page_bytes: self.page_bytes as u64,
            kept: 0,
            given_back: 0..0,
        };
        // From the last: the control pages, in the first, have the lengths.
        for part in self.parts.iter().rev() {
            // SAFETY: no guest runs in the slab.
            unsafe {
                if part.is_new(slab.header()) {
                    continue;
                }
                let range = part.range(slab.header());
                self.restore(pagemap, &mut keeper, part, &range)?;
                part.close(slab.header(), &range, is_sampled)?;
            }
        }
        Ok(())
    }

    /// # Safety
    ///
    /// No guest runs in the slab; the range is the part's.
    unsafe fn restore(
        &self,
        pagemap: Option<&Pagemap>,
        keeper: &mut Keeper,
        part: &Part,
        range: &Range<u64>,
    ) -> rustix::io::Result<()> {
        let base = keeper.base.addr() as u64;
        let looked_at = match self.method {
            Method::Scan => range.end,
            Method::Read => range.end.min(part.image_end + READ_BEHIND_BYTES),
            Method::GiveBack | Method::MapAnew => range.start,
        };
        if let Some(pagemap) = pagemap {
            let addresses = (base + range.start) as usize..(base + looked_at) as usize;
            // SAFETY: all that is found is open, and the slab's.
            let found = &mut |found: Range<usize>| unsafe {
                keeper.restore(&(found.start as u64 - base..found.end as u64 - base));
            };
            pagemap.find(self.method == Method::Scan, addresses, found)?;
        }
        // SAFETY: the caller's promise.
        unsafe {
            keeper.finish();
            give_back(keeper.base, &(looked_at..range.end), keeper.all_moved)
        }
    }
}

/// Gives back all pages of a range, written or not, and copies what the kernel doesn't bring back.
///
/// # Safety
///
/// The range lies in initial or open parts of a slab in which no guest runs.
unsafe fn give_back(base: *mut u8, range: &Range<u64>, all_moved: bool) -> rustix::io::Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    let bytes = (range.end - range.start) as usize;
    // SAFETY: the caller's promise.
    unsafe {
        mm::madvise(base.add(range.start as usize).cast(), bytes, mm::Advice::LinuxDontNeed)?;
        image::copy_runs(base, range, all_moved);
    }
    Ok(())
}
