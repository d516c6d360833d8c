//! The control stack of a body.

use super::types::Kind;
use crate::plan::TagId;
use aot_abi::exception::{CATCH_ALL, catch};
use cranelift_codegen::ir::{Block, Value};

/// An open construct.
pub(super) struct Frame {
    /// Kind of construct.
    pub kind: FrameKind,
    /// Block after its `end`; unused for a loop, because nothing branches to its end.
    pub end: Block,
    /// Number of values that a branch to it takes.
    pub label_arity: usize,
    /// Number of values that it leaves.
    pub results: usize,
    /// Height of the operand stack below its parameters.
    pub height: usize,
    /// Number of open handlers around the construct.
    pub handlers_around: usize,
    /// True if anything branches to `end`.
    pub end_reached: bool,
}

/// A construct with an `end`.
pub(super) enum FrameKind {
    /// The function body.
    Body,
    /// `block`, or an `if` that is past its `else`.
    Block,
    /// `loop`.
    Loop {
        /// Block that branches to the loop go to.
        header: Block,
    },
    /// An `if` before its `else`.
    If {
        /// Block that runs if the condition is 0.
        otherwise: Block,
        /// Parameters of the `if`, which its `else` takes again.
        params: Vec<Value>,
    },
    /// `try_table`.
    Try,
    /// Legacy `try`.
    LegacyTry {
        /// The clauses.
        clauses: Vec<Clause>,
        /// Number of clauses that have begun.
        begun: usize,
    },
}

/// A `catch` or `catch_all` of a legacy `try`.
#[derive(Clone, Copy)]
pub(super) struct Clause {
    /// Block of the clause, which takes the values of the exception, and the reference to it if the clause rethrows it.
    pub block: Block,
    /// Reference to the exception, while a clause that rethrows it is open.
    pub exception: Option<Value>,
    /// True if anything branches to the block.
    pub reached: bool,
}

/// A handler of a `try_table` or of a legacy `try`.
#[derive(Clone, Copy)]
pub(super) struct Handler {
    /// Tag whose exceptions the handler takes; `None` for all.
    pub tag: Option<TagId>,
    /// True if the label takes the exception reference.
    pub by_reference: bool,
    /// The code that it branches to.
    pub target: Target,
    /// Block that a throwing call branches to, if there is such a call.
    pub landing: Option<Block>,
    /// Block that continues the search at this handler, if a call has too many handlers before it.
    pub search: Option<Block>,
}

/// The code that a handler branches to.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// The label of the frame with this index.
    Label(usize),
    /// A clause of the legacy `try` whose frame has this index.
    Clause(usize, usize),
    /// None, for a `try` that ends with `delegate`: of the handlers around, the first of this number are open in it.
    Around(usize),
}

impl Handler {
    /// Makes a handler that no call uses yet.
    pub fn new(tag: Option<TagId>, by_reference: bool, target: Target) -> Self {
        Self { tag, by_reference, target, landing: None, search: None }
    }

    /// Returns true if the handler takes exceptions with this tag.
    pub fn takes(&self, tag: TagId) -> bool {
        self.tag.is_none_or(|own| own == tag)
    }

    /// Returns the handler's code in the handler tables.
    pub fn catch(&self) -> u32 {
        catch(self.tag.map_or(CATCH_ALL, TagId::as_u32), self.by_reference)
    }
}

/// Parameters and results of a construct.
#[derive(Default)]
pub(super) struct BlockTypes {
    /// Kinds of the parameters.
    pub params: Vec<Kind>,
    /// Kinds of the results.
    pub results: Vec<Kind>,
}

impl Frame {
    /// Returns the block that a branch to the construct goes to.
    pub fn label(&self) -> Block {
        match self.kind {
            FrameKind::Loop { header } => header,
            _ => self.end,
        }
    }
}
