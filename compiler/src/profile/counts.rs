//! Executions of each operator of a function, read from its counters.

use super::shape::{Shape, Site, SitePlace, TARGET_CLASSES};
use super::steps::{Step, step};
use crate::decode::FuncIndex;
use std::iter::Peekable;
use std::slice::Iter;
use wasmparser::{FunctionBody, Result};

/// A place is cold if it is executed less often than once in so many executions of the loop or function around it.
const COLD_RATE: u64 = 64;

/// The executions of a function's operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of times that the function was entered.
    pub entries: u64,
    /// The places where the count of executions changes, sorted by offset.
    pub places: Vec<Place>,
    /// The branches with two ways, sorted by offset.
    pub branches: Vec<Branch>,
    /// The tables of branches, sorted by offset.
    pub tables: Vec<Table>,
    /// The calls of elements of tables, sorted by offset.
    pub indirect: Vec<Indirect>,
    /// The number of direct calls of each function, by its number in the module.
    pub calls: Vec<(FuncIndex, u64)>,
}

/// A sequence of operators that are executed equally often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset of the first in the input file, in bytes.
    pub offset: u32,
    /// The number of their executions.
    pub count: u64,
    /// True if that is rarely, compared with what is around.
    pub is_cold: bool,
}

/// A branch with two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Offset of the operator in the input file, in bytes.
    pub offset: u32,
    /// The number of times that it went to the label, or to the first arm of an `if`.
    pub taken: u64,
    /// The number of its executions.
    pub total: u64,
}

/// A table of branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Offset of the operator in the input file, in bytes.
    pub offset: u32,
    /// The label that it went to most often, and how often it did.
    pub most: (u32, u64),
    /// The number of its executions.
    pub total: u64,
}

/// A call of an element of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indirect {
    /// Offset of the operator in the input file, in bytes.
    pub offset: u32,
    /// The number of its calls of functions of each class.
    pub classes: [u64; TARGET_CLASSES as usize],
}

impl Branch {
    /// Returns true if the branch nearly always goes to the label, false if it nearly never does; `None` if it does sometimes, or
    /// was never executed.
    pub fn likely(&self) -> Option<bool> {
        let is_rare = |count: u64| count.saturating_mul(COLD_RATE) < self.total;
        match (is_rare(self.taken), is_rare(self.total.saturating_sub(self.taken))) {
            (true, false) => Some(false),
            (false, true) => Some(true),
            _ => None,
        }
    }
}

impl Counts {
    /// Reads the counters of a function of this shape.
    ///
    /// # Errors
    /// The body is malformed, which validation has excluded.
    pub fn of(body: &FunctionBody<'_>, shape: &Shape, counters: &[u64]) -> Result<Self> {
        let entries = counter(counters, 0);
        let mut walk = Walk {
            counters,
            sites: shape.sites.iter().peekable(),
            rounds: shape.rounds.iter(),
            open: vec![Open { to_end: 0, otherwise: None, around: None }],
            count: entries,
            reference: Reference { count: entries, is_cold: false },
            counts: Counts { entries, ..Counts::default() },
        };
        let mut operators = body.get_operators_reader()?;
        walk.place(operators.original_position() as u32);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            walk.step(step(&operator)?, offset as u32);
            walk.place(operators.original_position() as u32);
        }
        Ok(walk.finish())
    }

    /// The branch at an offset in the input file, if it is one with two ways.
    pub fn branch(&self, offset: u32) -> Option<&Branch> {
        let index = self.branches.binary_search_by_key(&offset, |branch| branch.offset).ok()?;
        self.branches.get(index)
    }

    /// The table of branches at an offset in the input file, if it was executed.
    pub fn table(&self, offset: u32) -> Option<&Table> {
        let index = self.tables.binary_search_by_key(&offset, |table| table.offset).ok()?;
        self.tables.get(index)
    }

    /// The call of an element of a table at an offset in the input file, if it was executed.
    pub fn indirect(&self, offset: u32) -> Option<&Indirect> {
        let index = self.indirect.binary_search_by_key(&offset, |call| call.offset).ok()?;
        self.indirect.get(index)
    }

    /// The place of an operator, by its offset in the input file.
    pub fn place(&self, offset: u32) -> Option<&Place> {
        self.places[..self.places.partition_point(|place| place.offset <= offset)].last()
    }
}

fn counter(counters: &[u64], index: u32) -> u64 {
    counters.get(index as usize).copied().unwrap_or(0)
}

/// The count that executions are compared with: that of the loop around.
#[derive(Clone, Copy)]
struct Reference {
    count: u64,
    /// True if the loop is cold itself.
    is_cold: bool,
}

/// An open construct.
struct Open {
    /// Branches to its end so far.
    to_end: u64,
    /// Executions of the second arm of an `if` that hasn't begun.
    otherwise: Option<u64>,
    /// The reference around a loop.
    around: Option<Reference>,
}

/// A walk over a body that knows how often each operator was executed.
struct Walk<'w> {
    counters: &'w [u64],
    sites: Peekable<Iter<'w, Site>>,
    rounds: Iter<'w, Vec<u32>>,
    open: Vec<Open>,
    /// Executions of the next operator.
    count: u64,
    reference: Reference,
    counts: Counts,
}

impl<'w> Walk<'w> {
    /// Begins a place at an offset, if it differs from the one before.
    fn place(&mut self, offset: u32) {
        let is_rare = self.count == 0 || self.count.saturating_mul(COLD_RATE) < self.reference.count;
        let is_cold = self.reference.is_cold || is_rare && self.counts.entries != 0;
        let place = Place { offset, count: self.count, is_cold };
        let is_same = |last: &Place| (last.count, last.is_cold) == (place.count, place.is_cold);
        if !self.counts.places.last().is_some_and(is_same) {
            self.counts.places.push(place);
        }
    }

    fn step(&mut self, step: Step, offset: u32) {
        match step {
            Step::Open(_) => self.push(None),
            Step::Loop => self.begin_loop(),
            Step::If => {
                let taken = self.branch(offset);
                self.push(Some(self.count));
                self.count = taken;
            }
            Step::Else => self.end_arm(),
            Step::Clause => {
                self.end_arm();
                self.count = self.site(offset).map_or(0, |site| counter(self.counters, site.first));
            }
            Step::End => self.end(offset),
            Step::Jump(depth) => {
                self.arrive_at_label(depth, self.count);
                self.count = 0;
            }
            Step::Branch(depth) => {
                let taken = self.branch(offset);
                self.arrive_at_label(depth, taken);
            }
            Step::Table(_, default) => self.table(offset, default),
            Step::Leave => self.count = 0,
            Step::Call(callee) => self.counts.calls.push((FuncIndex::from_u32(callee), self.count)),
            Step::CallElement => self.call_element(offset),
            Step::Plain => {}
        }
    }

    fn push(&mut self, otherwise: Option<u64>) {
        self.open.push(Open { to_end: 0, otherwise, around: None });
    }

    fn begin_loop(&mut self) {
        let around = self.reference;
        let rounds = self.rounds.next().into_iter().flatten().map(|index| counter(self.counters, *index));
        let is_rare = self.count.saturating_mul(COLD_RATE) < around.count;
        self.count = rounds.fold(self.count, u64::saturating_add);
        self.reference = Reference { count: self.count, is_cold: around.is_cold || is_rare };
        self.open.push(Open { to_end: 0, otherwise: None, around: Some(around) });
    }

    /// Counts a branch with two ways, after which it goes on with what wasn't taken; returns what was.
    fn branch(&mut self, offset: u32) -> u64 {
        let taken = self.site(offset).map_or(0, |site| counter(self.counters, site.first));
        let total = self.count;
        self.counts.branches.push(Branch { offset, taken, total: total.max(taken) });
        self.count = total.saturating_sub(taken);
        taken
    }

    fn table(&mut self, offset: u32, default: u32) {
        let (total, mut most) = (self.count, (default, 0));
        if let Some(Site { first, place: SitePlace::Labels(depths), .. }) = self.site(offset) {
            for (index, depth) in (*first..).zip(depths) {
                let taken = counter(self.counters, index);
                if taken > most.1 {
                    most = (*depth, taken);
                }
                self.arrive_at_label(*depth, taken);
                self.count = self.count.saturating_sub(taken);
            }
        }
        if self.count > most.1 {
            most = (default, self.count);
        }
        if total != 0 {
            self.counts.tables.push(Table { offset, most, total });
        }
        self.arrive_at_label(default, self.count);
        self.count = 0;
    }

    fn call_element(&mut self, offset: u32) {
        let Some(site) = self.site(offset) else { return };
        let classes = std::array::from_fn(|class| counter(self.counters, site.first + class as u32));
        if classes.iter().any(|count| *count != 0) {
            self.counts.indirect.push(Indirect { offset, classes });
        }
    }

    /// Ends the arm of a construct that has another.
    fn end_arm(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.to_end = open.to_end.saturating_add(self.count);
            self.count = open.otherwise.take().unwrap_or(0);
        }
    }

    fn end(&mut self, offset: u32) {
        let Some(open) = self.open.pop() else { return };
        if let Some(around) = open.around {
            self.reference = around;
        } else {
            let arms = self.count.saturating_add(open.otherwise.unwrap_or(0));
            self.count = arms.saturating_add(open.to_end);
        }
        if let Some(site) = self.site(offset) {
            self.count = counter(self.counters, site.first);
        }
    }

    fn arrive_at_label(&mut self, depth: u32, count: u64) {
        let index = self.open.len().saturating_sub(1 + depth as usize);
        if let Some(open) = self.open.get_mut(index) {
            open.to_end = open.to_end.saturating_add(count);
        }
    }

    /// The counters of the operator at an offset, if it has some.
    fn site(&mut self, offset: u32) -> Option<&'w Site> {
        self.sites.next_if(|site| site.offset == offset)
    }

    fn finish(mut self) -> Counts {
        let calls = &mut self.counts.calls;
        calls.retain(|(_, count)| *count != 0);
        calls.sort_unstable();
        calls.dedup_by(|next, first| {
            let is_same = next.0 == first.0;
            if is_same {
                first.1 = first.1.saturating_add(next.1);
            }
            is_same
        });
        self.counts
    }
}
