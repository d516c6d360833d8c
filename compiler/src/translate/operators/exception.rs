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
use crate::translate::code::Callee;
use crate::translate::context::defect;
use crate::translate::frame::{FrameKind, Handler};
use crate::translate::region::Region;
use crate::translate::types::{REFERENCE, value_type};
use aot_abi::exception::{REFERENCE_BASE, catch};
use aot_abi::libcalls::{EXCEPTION_NEW, THROW};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use std::collections::HashSet;
use wasmparser::{Catch, TryTable};

impl Body<'_, '_, '_> {
    pub(super) fn try_table(&mut self, table: &TryTable) {
        let types = self.block_types(table.ty);
        let end = self.block_with_params(&types.results);
        let handlers = table.catches.iter().map(|catch| self.handler(catch)).collect();
        let results = types.results.len();
        self.push_frame(FrameKind::Try { handlers }, end, types.params.len(), results, results);
    }

    fn handler(&self, catch: &Catch) -> Handler {
        let (tag, by_reference, label) = match *catch {
            Catch::One { tag, label } => (Some(tag), false, label),
            Catch::OneRef { tag, label } => (Some(tag), true, label),
            Catch::All { label } => (None, false, label),
            Catch::AllRef { label } => (None, true, label),
        };
        let tag = tag.map(|tag| self.instance.tags[TagIndex::from_u32(tag)]);
        Handler { tag, by_reference, target: self.frame_index(label), landing: None }
    }

    pub(super) fn throw(&mut self, tag: u32) -> Result<()> {
        let tag = self.instance.tags[TagIndex::from_u32(tag)];
        let count = self.code.context.program.types.func(self.code.context.plan.tags[tag].ty).params.len();
        let values = self.pop_many(count);
        let handler = self.handlers().find(|handler| handler.takes(tag)).copied();
        match handler {
            Some(handler) => {
                let mut args = if handler.tag.is_some() { values.clone() } else { Vec::new() };
                if handler.by_reference {
                    args.push(self.new_exception(tag, true, &values)?);
                }
                let label = self.branch_target(handler.target);
                self.jump(label, &args);
            }
            None => {
                let exception = self.new_exception(tag, false, &values)?;
                self.code.call_libcall(&THROW, &[exception]);
                self.code.trap(Trap::Other);
            }
        }
        self.reachable = false;
        Ok(())
    }

    pub(super) fn throw_ref(&mut self) {
        let exception = self.pop();
        self.trap_if_null(exception, Trap::NullReference);
        let (function, args) = self.code.libcall_parts(&THROW, &[exception]);
        self.call_with_handlers(Callee::Function(function), &args);
        self.code.trap(Trap::Other);
        self.reachable = false;
    }

    /// Calls what may throw; its results.
    pub(super) fn call_with_handlers(&mut self, callee: Callee, args: &[Value]) -> Vec<Value> {
        let landings = self.landings();
        if !landings.is_empty() {
            return self.code.try_call(callee, args, &landings);
        }
        let call = match callee {
            Callee::Function(function) => self.code.ins().call(function, args),
            Callee::Address(signature, address) => self.code.ins().call_indirect(signature, address, args),
        };
        self.code.builder.inst_results(call).to_vec()
    }

    /// The landing blocks of all handlers around the place at hand, from the innermost to the first that takes all, with
    /// what the tables call them.
    fn landings(&mut self) -> Vec<(u32, Block)> {
        let (mut landings, mut seen) = (Vec::new(), HashSet::new());
        for frame in self.frames.iter_mut().rev() {
            let FrameKind::Try { handlers } = &mut frame.kind else { continue };
            for handler in handlers {
                if !seen.insert(handler.tag) {
                    continue;
                }
                let builder = &mut self.code.builder;
                let landing = *handler.landing.get_or_insert_with(|| {
                    let landing = builder.create_block();
                    builder.append_block_param(landing, types::I64);
                    builder.set_cold_block(landing);
                    landing
                });
                landings.push((handler.catch(), landing));
                if handler.tag.is_none() {
                    return landings;
                }
            }
        }
        landings
    }

    /// The handlers around the place at hand, from the innermost.
    fn handlers(&self) -> impl Iterator<Item = &Handler> {
        self.frames.iter().rev().flat_map(|frame| match &frame.kind {
            FrameKind::Try { handlers } => handlers.as_slice(),
            _ => &[],
        })
    }

    /// The landing blocks of a `try_table` that ends.
    pub(super) fn finish_landings(&mut self, handlers: &[Handler]) -> Result<()> {
        for handler in handlers {
            let Some(landing) = handler.landing else { continue };
            self.enter(landing);
            let exception = self.code.builder.block_params(landing)[0];
            let exception = self.code.ins().ireduce(REFERENCE, exception);
            let mut values = match handler.tag {
                Some(tag) => self.load_exception(tag, exception)?,
                None => Vec::new(),
            };
            if handler.by_reference {
                values.push(exception);
            }
            let label = self.branch_target(handler.target);
            self.jump(label, &values);
        }
        Ok(())
    }

    /// A new exception with these values.
    fn new_exception(&mut self, tag: TagId, by_reference: bool, values: &[Value]) -> Result<Value> {
        let catch = self.code.i32(catch(tag.as_u32(), by_reference));
        let call = self.code.call_libcall(&EXCEPTION_NEW, &[catch]);
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
        let load = |(ty, offset): (_, u64)| self.code.ins().load(value_type(ty), flags, slot, offset as i32);
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
