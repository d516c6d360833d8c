//! Indirect calls that nearly always call one of a few functions, as profiles say: they are compared with, and called directly.
//!
//! ```text
//! if index == 7: results = f(arguments)
//! else if index == 9: results = g(arguments)
//! else: results = table[index](arguments)
//! ```
//!
//! An index into a read-only table is a function, so the comparison is the whole check.

use crate::decode::TypeId;
use crate::error::Result;
use crate::plan::{ConstValue, FuncId, TableId, TablePlace};
use crate::profile::{Heat, Indirect};
use crate::translate::body::Body;
use crate::translate::types::Kind;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::condcodes::IntCC;
use std::collections::HashMap;

/// Maximum number of functions that an index is compared with.
const GUARDS_MAX: usize = 3;
/// A function is compared with if it is one in so many of the calls that are left.
const PARTS: u64 = 3;
/// A function is the one of its class if it was entered as often as all others of the class together, so many times.
const CLEARLY: u64 = 8;

/// An element of a table that is compared with: its index, and what it is.
pub(super) struct Guard {
    index: u64,
    func: FuncId,
}

impl Body<'_, '_, '_> {
    /// Returns the elements that the operator at hand calls most, if it is executed often.
    pub(super) fn guards(&self, ty: TypeId, table: u32) -> Result<Vec<Guard>> {
        let context = self.code.context;
        let call = self.counts.and_then(|counts| counts.indirect(self.offset));
        let Some((heat, call)) = context.heat.as_ref().zip(call) else { return Ok(Vec::new()) };
        let table = self.table(table)?;
        let is_read_only = matches!(context.plan.tables[table].place, TablePlace::ReadOnly { .. });
        let total = call.classes.iter().fold(0u64, |total, count| total.saturating_add(*count));
        if !is_read_only || context.is_for_size() || !heat.is_hot(total) {
            return Ok(Vec::new());
        }
        Ok(self.guards_of(heat, call, (ty, table), total))
    }

    fn guards_of(&self, heat: &Heat, call: &Indirect, (ty, table): (TypeId, TableId), total: u64) -> Vec<Guard> {
        let mut classes: Vec<(usize, u64)> = call.classes.iter().copied().enumerate().collect();
        classes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let (mut guards, mut left) = (Vec::new(), total);
        for (class, count) in classes.into_iter().take(GUARDS_MAX) {
            if count == 0 || count.saturating_mul(PARTS) < left {
                break;
            }
            if let Some(guard) = self.guard(heat, class as u8, count, (ty, table)) {
                guards.push(guard);
            }
            left = left.saturating_sub(count);
        }
        guards
    }

    /// The element of a class that is called, if it is clear which it is.
    fn guard(&self, heat: &Heat, class: u8, count: u64, (ty, table): (TypeId, TableId)) -> Option<Guard> {
        let plan = self.code.context.plan;
        let mut entered: HashMap<FuncId, (u64, Vec<u64>)> = HashMap::new();
        for (index, element) in (0..).zip(&plan.tables[table].elements) {
            let ConstValue::Func(record) = element else { continue };
            let Some(func) = plan.records[*record].filter(|func| heat.class_of(plan, *func) == Some(class)) else {
                continue;
            };
            let entries = heat.counts_of(plan, func).map_or(0, |counts| counts.entries);
            if entries != 0 && self.is_below(plan.functions[func].ty, ty) {
                entered.entry(func).or_insert((entries, Vec::new())).1.push(index);
            }
        }
        let (func, (entries, indices)) =
            entered.iter().max_by_key(|(func, (entries, _))| (*entries, std::cmp::Reverse(**func)))?;
        let others =
            entered.values().fold(0u64, |sum, (entries, _)| sum.saturating_add(*entries)).saturating_sub(*entries);
        let is_clear = others.saturating_mul(CLEARLY) <= *entries && *entries >= count / 2;
        let [index] = indices[..] else { return None };
        is_clear.then_some(Guard { index, func: *func })
    }

    /// Calls an element of a table, with direct calls of some.
    pub(super) fn call_guarded(&mut self, ty: TypeId, table: u32, guards: Vec<Guard>) -> Result<()> {
        let index = self.pop();
        let args = self.pop_args(ty);
        let context = self.code.context;
        let results: Vec<Kind> = context.program.types.func(ty).results.iter().map(|&ty| context.kind(ty)).collect();
        let end = self.block_with_params(&results);
        for Guard { index: known, func } in guards {
            let (direct, next) = (self.code.builder.create_block(), self.code.builder.create_block());
            let is_known = self.code.ins().icmp_imm_u(IntCC::Equal, index, known as i64);
            self.code.ins().brif(is_known, direct, &[], next, &[]);
            self.enter(direct);
            self.call_known(func, &args);
            let values = self.pop_many(results.len());
            self.jump(end, &values);
            self.enter(next);
        }
        self.stack.extend(args);
        self.push(index);
        let callee = self.callee(ty, table)?;
        self.call_callee(ty, callee);
        if self.reachable {
            let values = self.pop_many(results.len());
            self.jump(end, &values);
        }
        self.reachable = true;
        self.enter(end);
        self.push_block_params(end);
        Ok(())
    }
}
