//! The control stack of a body.

use super::types::Kind;
use crate::plan::TagId;
use aot_abi::exception::{CATCH_ALL, catch};
use cranelift_codegen::ir::{Block, Value};

/// A construct that is open.
pub(super) struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// Where its `end` continues; for a loop unused, because nothing branches to its end.
    pub end: Block,
    /// How many values a branch to it takes.
    pub label_arity: usize,
    /// How many values it leaves.
    pub results: usize,
    /// The height of the operand stack below its parameters.
    pub height: usize,
    /// Whether anything branches to `end`.
    pub end_reached: bool,
}

/// A construct with an `end`.
pub(super) enum FrameKind {
    /// The body.
    Body,
    /// `block`, or an `if` that is past its `else`.
    Block,
    /// `loop`.
    Loop {
        /// Where branches to it go.
        header: Block,
    },
    /// An `if` before its `else`.
    If {
        /// Where it goes when the condition is 0.
        otherwise: Block,
        /// Its parameters.
        params: Vec<Value>,
    },
    /// `try_table`.
    Try {
        /// How many handlers of other constructs are around it.
        handlers_around: usize,
    },
}

/// A handler of a `try_table`.
#[derive(Clone, Copy)]
pub(super) struct Handler {
    /// The tag whose exceptions it takes; `None` for all.
    pub tag: Option<TagId>,
    /// Whether the label takes the reference.
    pub by_reference: bool,
    /// The index of the frame that it branches to.
    pub target: usize,
    /// The block to which a call that throws goes, where there is such a call.
    pub landing: Option<Block>,
    /// The block that goes on with the search here, where a call has too many handlers before this one.
    pub search: Option<Block>,
}

impl Handler {
    /// Whether it takes exceptions with this tag.
    pub fn takes(&self, tag: TagId) -> bool {
        self.tag.is_none_or(|own| own == tag)
    }

    /// How the tables of handlers name it.
    pub fn catch(&self) -> u32 {
        catch(self.tag.map_or(CATCH_ALL, |tag| tag.as_u32()), self.by_reference)
    }
}

/// The parameters and results of a construct.
#[derive(Default)]
pub(super) struct BlockTypes {
    /// Parameters.
    pub params: Vec<Kind>,
    /// Results.
    pub results: Vec<Kind>,
}

impl Frame {
    /// The block that a branch to it goes to.
    pub fn label(&self) -> Block {
        match self.kind {
            FrameKind::Loop { header } => header,
            _ => self.end,
        }
    }
}
