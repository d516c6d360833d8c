//! Counters of the program's profile: code that adds one to a counter.
//!
//! The counters are the program's, not an instance's, and threads add to them without care for each other: a lost count is one of
//! many.

use super::body::Body;
use super::names::Name;
use super::region::Region;
use crate::plan::TableId;
use crate::profile::{COUNTER_BYTES, Site, SitePlace};
use cranelift_codegen::ir::{InstBuilder, Value, types};

impl Body<'_, '_, '_> {
    /// Finds the counters of the operator at hand.
    pub(super) fn find_site(&mut self) {
        let offset = self.offset;
        if let Some(counting) = &mut self.counting {
            let is_next = counting.sites.as_slice().first().is_some_and(|site| site.offset == offset);
            counting.site = if is_next { counting.sites.next() } else { None };
        }
    }

    /// Returns true if the operator at hand counts ways to labels.
    pub(super) fn counts_label(&self) -> bool {
        self.site().is_some_and(|site| matches!(site.place, SitePlace::Label | SitePlace::Labels(_)))
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

    /// Counts the function that a read-only table has at an index, if the operator at hand counts what it calls.
    pub(super) fn count_target(&mut self, table: TableId, index: Value) {
        let instruments = self.code.context.instruments.as_ref();
        let Some(classes) = instruments.and_then(|instruments| instruments.classes_of(table)) else { return };
        let Some(&Site { first, place: SitePlace::Targets, .. }) = self.site() else { return };
        let classes = self.code.symbol(Name::ProfileClasses, classes);
        let address = self.code.ins().iadd(classes, index);
        let flags = self.code.read_only(Region::ProfileCounters);
        let class = self.code.ins().uload8(types::I64, flags, address, 0);
        let distance = self.code.ins().ishl_imm_u(class, i64::from(COUNTER_BYTES.ilog2()));
        if let Some(base) = self.counters() {
            let counter = self.code.ins().iadd(base, distance);
            self.add_one(counter, first);
        }
    }

    fn site(&self) -> Option<&Site> {
        self.counting.as_ref()?.site.as_ref()
    }

    /// Counts at a counter of the function.
    fn count(&mut self, counter: u32) {
        if let Some(base) = self.counters() {
            self.add_one(base, counter);
        }
    }

    /// The address of the function's counters, if it has some.
    fn counters(&mut self) -> Option<Value> {
        let first = self.counting.as_ref()?.first;
        Some(self.code.symbol(Name::ProfileCounters, u64::from(first) * COUNTER_BYTES))
    }

    /// Adds one to a counter behind an address.
    fn add_one(&mut self, base: Value, counter: u32) {
        let offset = (u64::from(counter) * COUNTER_BYTES) as i32;
        let flags = self.code.trusted(Region::ProfileCounters).with_aligned();
        let count = self.code.ins().load(types::I64, flags, base, offset);
        let more = self.code.ins().iadd_imm_s(count, 1);
        self.code.ins().store(flags, more, base, offset);
    }
}
