//! The counters of a function: as few as its other counts follow from.
//!
//! One counts entries. A branch counts one of its two ways, a table of branches all but its default. Every branch back to a loop is
//! counted, so the rounds of a loop are its entries and those. Where an exception is caught, what follows counts by itself. An indirect
//! call counts which functions it calls, by classes: so a count means the same where functions have other places in tables.

use super::keys::Hash;
use super::steps::{Step, step};
use wasmparser::{FunctionBody, Operator, Result};

/// Number of classes of functions that indirect calls count.
pub const TARGET_CLASSES: u32 = 16;

/// Returns the class of a function, by its structure.
pub(super) fn class(structure: u64) -> u8 {
    ((structure ^ structure >> 32) % u64::from(TARGET_CLASSES)) as u8
}

/// The counters of a function, by its structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Hash of the operators, without what changes when other functions do.
    pub structure: u64,
    /// Number of counters. Counter 0 counts entries.
    pub counters: u32,
    /// The other counters, in the order of the operators.
    pub sites: Vec<Site>,
    /// The counters of the branches back to each loop, in the order of the loops.
    pub(super) rounds: Vec<Vec<u32>>,
}

/// The counters of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Offset of the operator in the input file, in bytes.
    pub offset: u32,
    /// The first of its counters.
    pub first: u32,
    /// The place that they count.
    pub place: SitePlace,
}

/// The place that counters count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SitePlace {
    /// The way to the label.
    Label,
    /// The ways to these labels, a counter each.
    Labels(Vec<u32>),
    /// The operator behind it.
    Behind,
    /// The functions that the operator calls, by their classes.
    Targets,
}

/// An open construct.
struct Open {
    /// The number of the loop, if it is one.
    round: Option<usize>,
    /// True if a handler branches to its end.
    catches: bool,
}

impl Shape {
    /// Finds the counters of a function.
    ///
    /// # Errors
    /// The body is malformed, which validation has excluded.
    pub fn of(body: &FunctionBody<'_>) -> Result<Self> {
        let mut shape = Shape { counters: 1, ..Self::default() };
        let mut hash = Hash::default();
        let mut open = vec![Open { round: None, catches: false }];
        let mut operators = body.get_operators_reader()?;
        let start = body.range().start;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            let bytes = &body.as_bytes()[offset - start..operators.original_position() - start];
            hash.add(kept(&operator, bytes));
            shape.add(step(&operator)?, offset as u32, &mut open);
        }
        shape.structure = hash.finish();
        Ok(shape)
    }

    fn add(&mut self, step: Step, offset: u32, open: &mut Vec<Open>) {
        let index = |depth: u32, open: &[Open]| open.len().saturating_sub(1 + depth as usize);
        match step {
            Step::Open(caught) => {
                for depth in caught {
                    let index = index(depth, open);
                    open[index].catches = true;
                }
                open.push(Open { round: None, catches: false });
            }
            Step::Loop => {
                open.push(Open { round: Some(self.rounds.len()), catches: false });
                self.rounds.push(Vec::new());
            }
            Step::If => {
                self.site(offset, SitePlace::Label, 1);
                open.push(Open { round: None, catches: false });
            }
            Step::Clause => drop(self.site(offset, SitePlace::Behind, 1)),
            Step::End => {
                let closed = open.pop();
                if closed.is_some_and(|closed| closed.catches && closed.round.is_none()) && !open.is_empty() {
                    self.site(offset, SitePlace::Behind, 1);
                }
            }
            Step::Jump(depth) => {
                if let Some(round) = open[index(depth, open)].round {
                    let counter = self.site(offset, SitePlace::Label, 1);
                    self.rounds[round].push(counter);
                }
            }
            Step::Branch(depth) => {
                let counter = self.site(offset, SitePlace::Label, 1);
                if let Some(round) = open[index(depth, open)].round {
                    self.rounds[round].push(counter);
                }
            }
            Step::Table(depths, default) => self.table(offset, depths, default, |depth| open[index(depth, open)].round),
            Step::CallElement => drop(self.site(offset, SitePlace::Targets, TARGET_CLASSES)),
            Step::Else | Step::Leave | Step::Call(_) | Step::Plain => {}
        }
    }

    /// Adds the counters of a table of branches: one less than it has labels if none of them leads back to a loop.
    fn table(&mut self, offset: u32, mut depths: Vec<u32>, default: u32, round: impl Fn(u32) -> Option<usize>) {
        if round(default).is_some() {
            depths.push(default);
        }
        if depths.is_empty() {
            return;
        }
        let first = self.site(offset, SitePlace::Labels(depths.clone()), depths.len() as u32);
        for (counter, depth) in (first..).zip(depths) {
            if let Some(round) = round(depth) {
                self.rounds[round].push(counter);
            }
        }
    }

    /// Adds counters, and returns the first.
    fn site(&mut self, offset: u32, place: SitePlace, counters: u32) -> u32 {
        let first = self.counters;
        self.sites.push(Site { offset, first, place });
        self.counters += counters;
        first
    }
}

/// Returns the bytes of an operator that stay when other functions change: without indices of functions, types and globals, and
/// without constants, which may be addresses.
fn kept<'b>(operator: &Operator<'_>, bytes: &'b [u8]) -> &'b [u8] {
    use Operator as Op;
    match operator {
        Op::Br { .. } | Op::BrIf { .. } | Op::BrTable { .. } => bytes,
        Op::LocalGet { .. } | Op::LocalSet { .. } | Op::LocalTee { .. } => bytes,
        _ => {
            let is_prefix = matches!(bytes.first(), Some(0xfb..=0xfe));
            // The number behind a prefix is an unsigned LEB128 number.
            let number = bytes.iter().skip(1).take_while(|byte| **byte >= 0x80).count() + 1;
            &bytes[..if is_prefix { (1 + number).min(bytes.len()) } else { 1.min(bytes.len()) }]
        }
    }
}
