//! The control stack of a body.

use cranelift_codegen::ir::{Block, Type, Value};

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
}

/// The parameters and results of a construct.
#[derive(Default)]
pub(super) struct BlockTypes {
    /// Parameters.
    pub params: Vec<Type>,
    /// Results.
    pub results: Vec<Type>,
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
