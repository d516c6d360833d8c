//! Legacy `try`s of a body, read before it is translated: a call in a `try` needs the handlers, which stand behind it.

use super::context::parse_error;
use crate::decode::{Control, TagIndex, facts};
use crate::error::Result;
use wasmparser::{FunctionBody, Operator};

/// The parts of a legacy `try` behind the first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LegacyTry {
    /// The `catch` and `catch_all` clauses.
    pub clauses: Vec<LegacyClause>,
    /// The label of the `delegate` that ends the construct, counted from around it.
    pub delegate: Option<u32>,
}

/// A clause of a legacy `try`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LegacyClause {
    /// The tag of `catch`; `None` for `catch_all`.
    pub tag: Option<TagIndex>,
    /// True if a `rethrow` in the clause names the construct.
    pub rethrows: bool,
}

/// Reads the `try`s of a body, in the order in which they begin.
///
/// # Errors
/// Of the parser, which has read the body before.
pub(super) fn read(body: &FunctionBody<'_>) -> Result<Vec<LegacyTry>> {
    let mut reader = Reader::default();
    let mut operators = body.get_operators_reader().map_err(parse_error)?;
    while !operators.eof() {
        reader.visit(&operators.read().map_err(parse_error)?);
    }
    Ok(reader.tries)
}

#[derive(Default)]
struct Reader {
    tries: Vec<LegacyTry>,
    /// The open constructs: the indices of those that are `try`s.
    open: Vec<Option<usize>>,
}

impl Reader {
    fn visit(&mut self, operator: &Operator<'_>) {
        match *operator {
            Operator::Try { .. } => {
                self.open.push(Some(self.tries.len()));
                self.tries.push(LegacyTry::default());
            }
            Operator::Catch { tag_index } => self.clause(Some(TagIndex::from_u32(tag_index))),
            Operator::CatchAll => self.clause(None),
            Operator::Rethrow { relative_depth } => {
                if let Some(clause) = self.construct(relative_depth).and_then(|construct| construct.clauses.last_mut())
                {
                    clause.rethrows = true;
                }
            }
            Operator::Delegate { relative_depth } => {
                if let Some(construct) = self.construct(0) {
                    construct.delegate = Some(relative_depth);
                }
                self.open.pop();
            }
            _ => match facts(operator).control {
                Control::Begin => self.open.push(None),
                Control::End => drop(self.open.pop()),
                Control::Arm | Control::Branch | Control::Straight => {}
            },
        }
    }

    fn clause(&mut self, tag: Option<TagIndex>) {
        if let Some(construct) = self.construct(0) {
            construct.clauses.push(LegacyClause { tag, rethrows: false });
        }
    }

    /// The `try` that is open at this depth.
    fn construct(&mut self, depth: u32) -> Option<&mut LegacyTry> {
        let position = self.open.len().checked_sub(1 + depth as usize)?;
        self.tries.get_mut(self.open[position]?)
    }
}
