//! Counters of the program's profile: code that adds one to a counter.
//!
//! The counters are the program's, not an instance's, and threads add to them without care for each other: a count that is lost is
//! none of thousands.

use super::body::Body;
use super::names::Name;
use super::region::Region;
use crate::decode::{FuncIndex, ModuleIndex};
use crate::profile::{COUNTER_BYTES, Instruments, Site, SitePlace};
use cranelift_codegen::ir::{InstBuilder, types};
use std::vec;

/// The counters of a function.
pub(super) struct Counting {
    /// The program's counters before its own.
    first: u32,
    sites: vec::IntoIter<Site>,
    /// The counters of the operator at hand.
    site: Option<Site>,
}

impl Counting {
    /// The counters of a function, if it has some.
    pub fn new(instruments: &Instruments, module: ModuleIndex, func: FuncIndex) -> Option<Self> {
        let (first, shape) = instruments.shape(module, func)?;
        Some(Self { first, sites: shape.sites.clone().into_iter(), site: None })
    }
}

impl Body<'_, '_, '_> {
    /// Finds the counters of the operator at an offset.
    pub(super) fn find_site(&mut self, offset: u32) {
        if let Some(counting) = &mut self.counting {
            let is_next = counting.sites.as_slice().first().is_some_and(|site| site.offset == offset);
            counting.site = if is_next { counting.sites.next() } else { None };
        }
    }

    /// Returns true if the operator at hand counts ways to labels.
    pub(super) fn counts_label(&self) -> bool {
        self.site().is_some_and(|site| site.place != SitePlace::Behind)
    }

    /// Counts an entry of the function.
    pub(super) fn count_entry(&mut self) {
        self.count(0);
    }

    /// Counts the way to the label of the operator at hand, if that is counted.
    pub(super) fn count_label(&mut self) {
        if let Some(Site { first, place: SitePlace::Label, .. }) = self.site() {
            self.count(*first);
        }
    }

    /// Counts the way to one of the labels of the operator at hand, if that is counted.
    pub(super) fn count_label_of_table(&mut self, depth: u32) {
        if let Some(Site { first, place: SitePlace::Labels(depths), .. }) = self.site()
            && let Some(index) = depths.iter().position(|counted| *counted == depth)
        {
            self.count(first + index as u32);
        }
    }

    /// Counts what follows the operator at hand, if that is counted and control can come there.
    pub(super) fn count_behind(&mut self) {
        if let Some(Site { first, place: SitePlace::Behind, .. }) = self.site().filter(|_| self.reachable) {
            self.count(*first);
        }
    }

    fn site(&self) -> Option<&Site> {
        self.counting.as_ref()?.site.as_ref()
    }

    /// Adds one to a counter of the function.
    fn count(&mut self, counter: u32) {
        let Some(Counting { first, .. }) = self.counting else { return };
        let base = self.code.symbol(Name::ProfileCounters, u64::from(first) * COUNTER_BYTES);
        let offset = (u64::from(counter) * COUNTER_BYTES) as i32;
        let flags = self.code.trusted(Region::ProfileCounters).with_aligned();
        let count = self.code.ins().load(types::I64, flags, base, offset);
        let more = self.code.ins().iadd_imm_s(count, 1);
        self.code.ins().store(flags, more, base, offset);
    }
}
