//! Exceptions (specification 3.0, sections 4.6.10 and 4.6.11).
//!
//! A call inside a `try_table` has a table of handlers, which the runtime looks up when an exception passes: nothing is
//! executed where none is thrown. A handler's landing block reads the values of the exception from its slot and branches
//! to the label:
//!
//! ```text
//! landing(exception): slot = exceptions + (exception - REFERENCE_BASE) * bytes of a slot
//!                     br label (load values of slot…, exception)
//! ```
//!
//! A `throw` whose handler is in the same function is a branch.

use crate::decode::TagIndex;
use crate::error::Result;
use crate::plan::{ExceptionsPlan, TagId};
use crate::translate::body::Body;
use crate::translate::code::{Callee, Code};
use crate::translate::context::defect;
use crate::translate::frame::{FrameKind, Handler, Target};
use crate::translate::region::Region;
use crate::translate::types::{REFERENCE, value_type};
use aot_abi::exception::{CATCH_ALL, REFERENCE_BASE, catch};
use aot_abi::libcalls::{EXCEPTION_NEW, GC_EXCEPTION_NEW, THROW};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use std::collections::HashSet;
use wasmparser::{Catch, TryTable};

/// The most handlers that a call has: they are listed with each, and constructs may be many thousands deep.
const HANDLERS_MAX: usize = 16;

impl Body<'_, '_, '_> {
    pub(super) fn try_table(&mut self, table: &TryTable) {
        let types = self.block_types(table.ty);
        let end = self.block_with_params(&types.results);
        let handlers: Vec<Handler> = table.catches.iter().rev().map(|catch| self.handler(catch)).collect();
        let results = types.results.len();
        self.push_frame(FrameKind::Try, end, types.params.len(), results, results);
        self.handlers.extend(handlers);
    }

    fn handler(&self, catch: &Catch) -> Handler {
        let (tag, by_reference, label) = match *catch {
            Catch::One { tag, label } => (Some(tag), false, label),
            Catch::OneRef { tag, label } => (Some(tag), true, label),
            Catch::All { label } => (None, false, label),
            Catch::AllRef { label } => (None, true, label),
        };
        let tag = tag.map(|tag| self.instance.tags[TagIndex::from_u32(tag)]);
        Handler::new(tag, by_reference, Target::Label(self.frame_index(label)))
    }

    pub(super) fn throw(&mut self, tag: u32) -> Result<()> {
        let tag = self.instance.tags[TagIndex::from_u32(tag)];
        let count = self.code.context.program.types.func(self.code.context.plan.tags[tag].ty).params.len();
        let values = self.pop_many(count);
        let open = self.open_handlers(self.handlers.len());
        let mut near = open.iter().take(HANDLERS_MAX).map(|&index| self.handlers[index]);
        match near.find(|handler| handler.takes(tag)) {
            Some(handler) => {
                let mut args = if handler.tag.is_some() { values.clone() } else { Vec::new() };
                if handler.by_reference {
                    args.push(self.new_exception(tag, true, &values)?);
                }
                let block = self.handler_target(handler.target);
                self.jump(block, &args);
            }
            None => {
                let exception = self.new_exception(tag, false, &values)?;
                self.throw_to(exception, open.get(HANDLERS_MAX).map_or(0, |index| index + 1));
            }
        }
        self.reachable = false;
        Ok(())
    }

    pub(super) fn throw_ref(&mut self) {
        let exception = self.pop();
        self.trap_if_null(exception, Trap::NullReference);
        self.throw_to(exception, self.handlers.len());
        self.reachable = false;
    }

    /// Throws to the first `handlers` of the open ones, and ends the block.
    pub(super) fn throw_to(&mut self, exception: Value, handlers: usize) {
        let (function, args) = self.code.libcall_parts(&THROW, &[exception]);
        self.call_with(handlers, Callee::Function(function), &args);
        self.code.trap(Trap::Other);
    }

    /// Calls what may throw; its results.
    pub(super) fn call_with_handlers(&mut self, callee: Callee, args: &[Value]) -> Vec<Value> {
        self.call_with(self.handlers.len(), callee, args)
    }

    fn call_with(&mut self, handlers: usize, callee: Callee, args: &[Value]) -> Vec<Value> {
        let landings = self.landings(handlers);
        if !landings.is_empty() {
            return self.code.try_call(callee, args, &landings);
        }
        let call = match callee {
            Callee::Function(function) => self.code.ins().call(function, args),
            Callee::Address(signature, address) => self.code.ins().call_indirect(signature, address, args),
        };
        self.code.builder.inst_results(call).to_vec()
    }

    /// The landing blocks of the first `count` open handlers, from the last of them to one that takes all, with what the
    /// tables call them. If they are too many, one that takes all goes on with the search.
    fn landings(&mut self, count: usize) -> Vec<(u32, Block)> {
        let (mut landings, mut seen) = (Vec::new(), HashSet::new());
        let open = self.open_handlers(count);
        let code = &mut *self.code;
        for (position, index) in open.into_iter().enumerate() {
            let handler = &mut self.handlers[index];
            if position == HANDLERS_MAX {
                let search = *handler.search.get_or_insert_with(|| landing_block(code));
                landings.push((catch(CATCH_ALL, true), search));
                break;
            }
            if seen.insert(handler.tag) {
                let landing = *handler.landing.get_or_insert_with(|| landing_block(code));
                landings.push((handler.catch(), landing));
            }
            if handler.tag.is_none() {
                break;
            }
        }
        landings
    }

    /// Returns the indices of those of the first `count` handlers that are open, the one that is tried first before the
    /// others: one more than a call has, at most.
    fn open_handlers(&self, count: usize) -> Vec<usize> {
        let (mut open, mut count) = (Vec::new(), count);
        while open.len() <= HANDLERS_MAX
            && let Some(index) = count.checked_sub(1)
        {
            count = match self.handlers[index].target {
                Target::Around(around) => around,
                Target::Label(_) | Target::Clause(..) => {
                    open.push(index);
                    index
                }
            };
        }
        open
    }

    /// Returns the block that a handler branches to; its frame knows then that it is reached.
    fn handler_target(&mut self, target: Target) -> Block {
        match target {
            Target::Label(frame) => self.branch_target(frame),
            Target::Clause(frame, clause) => match &mut self.frames[frame].kind {
                FrameKind::LegacyTry { clauses, .. } => {
                    clauses[clause].reached = true;
                    clauses[clause].block
                }
                _ => unreachable!("a clause is of a legacy `try`"),
            },
            Target::Around(_) => unreachable!("no exception goes to a handler that stands for others"),
        }
    }

    /// Returns true if a call goes to any of the last `count` handlers.
    pub(super) fn are_used(&self, count: usize) -> bool {
        let last = &self.handlers[self.handlers.len() - count..];
        last.iter().any(|handler| handler.landing.is_some() || handler.search.is_some())
    }

    /// Closes the last `count` handlers: makes their blocks.
    pub(super) fn finish_handlers(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            if let Some(search) = self.handlers.last().and_then(|handler| handler.search) {
                let exception = self.enter_landing(search);
                self.throw_to(exception, self.handlers.len());
            }
            if let Some(handler) = self.handlers.pop()
                && let Some(landing) = handler.landing
            {
                self.land(&handler, landing)?;
            }
        }
        Ok(())
    }

    /// A landing block: reads the values, and branches to the label.
    fn land(&mut self, handler: &Handler, landing: Block) -> Result<()> {
        let exception = self.enter_landing(landing);
        let mut values = match handler.tag {
            Some(tag) => self.load_exception(tag, exception)?,
            None => Vec::new(),
        };
        if handler.by_reference {
            values.push(exception);
        }
        let block = self.handler_target(handler.target);
        self.jump(block, &values);
        Ok(())
    }

    /// Continues in a landing block: the reference that it takes.
    fn enter_landing(&mut self, landing: Block) -> Value {
        self.enter(landing);
        let exception = self.code.builder.block_params(landing)[0];
        self.code.ins().ireduce(REFERENCE, exception)
    }

    /// A new exception with these values.
    fn new_exception(&mut self, tag: TagId, by_reference: bool, values: &[Value]) -> Result<Value> {
        let catch = self.code.i32(catch(tag.as_u32(), by_reference));
        let new = if self.code.context.plan.heap.is_some() { &GC_EXCEPTION_NEW } else { &EXCEPTION_NEW };
        let call = self.code.call_libcall(new, &[catch]);
        let exception = self.code.result(call);
        let ty = self.code.context.plan.tags[tag].ty;
        let offsets = ExceptionsPlan::value_offsets(&self.code.context.program.types, ty);
        if !values.is_empty() {
            let slot = self.slot(exception)?;
            let flags = self.code.trusted(Region::Exceptions).with_aligned();
            for (value, offset) in values.iter().zip(offsets) {
                self.code.ins().store(flags, *value, slot, offset as i32);
            }
        }
        Ok(exception)
    }

    /// The values of an exception.
    fn load_exception(&mut self, tag: TagId, exception: Value) -> Result<Vec<Value>> {
        let context = self.code.context;
        let ty = context.plan.tags[tag].ty;
        let params = &context.program.types.func(ty).params;
        if params.is_empty() {
            return Ok(Vec::new());
        }
        let slot = self.slot(exception)?;
        let flags = self.code.trusted(Region::Exceptions).with_aligned();
        let offsets = ExceptionsPlan::value_offsets(&context.program.types, ty);
        let load = |(ty, offset): (_, u64)| {
            let value = self.code.ins().load(value_type(ty), flags, slot, offset as i32);
            self.code.trace(value, ty);
            value
        };
        Ok(params.iter().copied().zip(offsets).map(load).collect())
    }

    /// The address of an exception's slot.
    fn slot(&mut self, exception: Value) -> Result<Value> {
        let plan = self.code.context.plan.exceptions.as_ref();
        let plan = plan.ok_or_else(|| defect("the plan has no place for exceptions"))?;
        let number = self.code.ins().iadd_imm_s(exception, -i64::from(REFERENCE_BASE as i32));
        let number = self.code.widen(number);
        let offset = self.code.ins().ishl_imm_u(number, i64::from(plan.slot_log2));
        let base = self.code.slab_pointer(plan.base);
        Ok(self.code.ins().iadd(base, offset))
    }
}

/// A new block to which exceptions go.
fn landing_block(code: &mut Code<'_, '_>) -> Block {
    let landing = code.builder.create_block();
    code.builder.append_block_param(landing, types::I64);
    code.builder.set_cold_block(landing);
    landing
}
