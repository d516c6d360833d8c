//! Legacy exceptions: `try` with its clauses, `rethrow` and `delegate`, by the handlers that `try_table` has.
//!
//! ```text
//! try … catch $tag … catch_all … end        the handlers of the first part branch to the clauses' blocks
//! rethrow                                   throw_ref of the reference that the clause's block took
//! try … delegate $label                     the handlers that are open at the label
//! ```

use crate::decode::{HeapType, RefType, ValType};
use crate::error::Result;
use crate::translate::body::Body;
use crate::translate::context::defect;
use crate::translate::frame::{Clause, FrameKind, Handler, Target};
use crate::translate::legacy_tries::{LegacyClause, LegacyTry};
use crate::translate::types::Kind;
use wasmparser::BlockType;

impl Body<'_, '_, '_> {
    pub(super) fn legacy_try(&mut self, ty: BlockType) -> Result<()> {
        let LegacyTry { clauses, delegate } =
            self.legacy_tries.next().ok_or_else(|| defect("a `try` wasn't read before its body"))?;
        let types = self.block_types(ty);
        let end = self.block_with_params(&types.results);
        let around = delegate.map(|label| self.handlers_at(label));
        let frame = self.frames.len();
        let blocks = clauses.iter().map(|clause| self.clause_block(clause)).collect();
        let results = types.results.len();
        let kind = FrameKind::LegacyTry { clauses: blocks, begun: 0 };
        self.push_frame(kind, end, types.params.len(), results, results);
        for (index, clause) in clauses.iter().enumerate().rev() {
            let tag = clause.tag.map(|tag| self.instance.tags[tag]);
            self.handlers.push(Handler::new(tag, clause.rethrows, Target::Clause(frame, index)));
        }
        if let Some(around) = around {
            self.handlers.push(Handler::new(None, false, Target::Around(around)));
        }
        Ok(())
    }

    /// Makes the block of a clause.
    fn clause_block(&mut self, clause: &LegacyClause) -> Clause {
        let mut params: Vec<Kind> = Vec::new();
        if let Some(tag) = clause.tag {
            let context = self.code.context;
            let ty = context.plan.tags[self.instance.tags[tag]].ty;
            params.extend(context.program.types.func(ty).params.iter().map(|&ty| context.kind(ty)));
        }
        if clause.rethrows {
            let reference = RefType { nullable: false, heap: HeapType::Exn };
            params.push(self.code.context.kind(ValType::Ref(reference)));
        }
        let block = self.block_with_params(&params);
        let last = self.code.builder.block_params(block).last().copied();
        Clause { block, exception: last.filter(|_| clause.rethrows), reached: false }
    }

    /// Counts the handlers that are open directly in the construct of a label, without those of constructs in it. If one
    /// of them only stands for others around, they are counted in place of it.
    fn handlers_at(&self, label: u32) -> usize {
        let within = self.frames.get(self.frame_index(label) + 1);
        let count = within.map_or(self.handlers.len(), |frame| frame.handlers_around);
        match self.handlers[..count].last().map(|handler| handler.target) {
            Some(Target::Around(around)) => around,
            _ => count,
        }
    }

    /// Begins the next clause of the innermost construct.
    pub(super) fn legacy_clause(&mut self) -> Result<()> {
        self.finish_arm();
        let index = self.frames.len() - 1;
        let (height, handlers_around) = (self.frames[index].height, self.frames[index].handlers_around);
        self.finish_handlers(self.handlers.len() - handlers_around)?;
        self.stack.truncate(height);
        let FrameKind::LegacyTry { clauses, begun } = &mut self.frames[index].kind else {
            unreachable!("validation has checked that `catch` is in a `try`");
        };
        let clause = clauses[*begun];
        *begun += 1;
        if clause.reached {
            self.enter(clause.block);
            self.push_block_params(clause.block);
            if clause.exception.is_some() {
                self.pop();
            }
        }
        self.reachable = clause.reached;
        Ok(())
    }

    pub(super) fn rethrow(&mut self, depth: u32) {
        let FrameKind::LegacyTry { clauses, begun } = &self.frames[self.frame_index(depth)].kind else {
            unreachable!("validation has checked that the label is that of a `try`");
        };
        let clause = begun.checked_sub(1).and_then(|open| clauses[open].exception);
        let exception = clause.unwrap_or_else(|| unreachable!("validation has checked that a clause is open"));
        self.throw_to(exception, self.handlers.len());
        self.reachable = false;
    }
}
