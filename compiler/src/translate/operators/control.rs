//! Control: constructs and branches.

use crate::error::{Error, Result, Stage};
use crate::profile::Table;
use crate::translate::body::Body;
use crate::translate::frame::FrameKind;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder, JumpTableData, Value};
use std::collections::HashMap;
use wasmparser::{BlockType, BrTable};

/// A table of branches that goes to one label in all but one of so many executions tests for it first.
const MOST_PARTS: u128 = 4;

impl Body<'_, '_, '_> {
    pub(super) fn unreachable(&mut self) {
        self.code.trap(Trap::Unreachable);
        self.reachable = false;
    }

    pub(super) fn block(&mut self, ty: BlockType) {
        let types = self.block_types(ty);
        let end = self.block_with_params(&types.results);
        self.push_frame(FrameKind::Block, end, types.params.len(), types.results.len(), types.results.len());
    }

    pub(super) fn r#loop(&mut self, ty: BlockType) {
        let types = self.block_types(ty);
        let header = self.block_with_params(&types.params);
        let end = self.code.builder.create_block();
        let params = self.pop_many(types.params.len());
        self.jump(header, &params);
        self.push_block_params(header);
        let arity = types.params.len();
        self.push_frame(FrameKind::Loop { header }, end, arity, arity, types.results.len());
        self.code.builder.switch_to_block(header);
    }

    pub(super) fn r#if(&mut self, ty: BlockType) {
        let condition = self.pop_condition();
        let types = self.block_types(ty);
        let end = self.block_with_params(&types.results);
        let then = self.code.builder.create_block();
        let otherwise = self.code.builder.create_block();
        let params = self.stack[self.stack.len() - types.params.len()..].to_vec();
        self.code.ins().brif(condition, then, &[], otherwise, &[]);
        self.set_cold(then, otherwise);
        self.enter(then);
        self.count_label();
        self.code.builder.seal_block(otherwise);
        let results = types.results.len();
        self.push_frame(FrameKind::If { otherwise, params }, end, types.params.len(), results, results);
    }

    pub(super) fn r#else(&mut self) {
        self.finish_arm();
        let frame = last_mut(&mut self.frames);
        let FrameKind::If { otherwise, params } = std::mem::replace(&mut frame.kind, FrameKind::Block) else {
            unreachable!("validation has checked that `else` follows `if`");
        };
        self.stack.truncate(frame.height);
        self.stack.extend(params);
        self.code.builder.switch_to_block(otherwise);
        self.reachable = true;
    }

    pub(super) fn end(&mut self) -> Result<()> {
        if matches!(last_mut(&mut self.frames).kind, FrameKind::If { .. }) {
            // Without `else`, the parameters are the results.
            self.r#else();
        }
        let frame = last_mut(&mut self.frames);
        let handlers = self.handlers.len() - frame.handlers_around;
        if frame.end_reached || self.are_used(handlers) {
            self.finish_arm();
        }
        let Some(frame) = self.frames.pop() else { unreachable!("validation has checked the control stack") };
        self.finish_handlers(handlers)?;
        if let FrameKind::Loop { header } = frame.kind {
            self.code.builder.seal_block(header);
        }
        if frame.end_reached {
            self.enter(frame.end);
            self.stack.truncate(frame.height);
            self.push_block_params(frame.end);
            self.reachable = true;
        } else if !self.reachable {
            self.stack.truncate(frame.height);
        }
        if matches!(frame.kind, FrameKind::Body) && self.reachable {
            self.return_results(frame.results);
        }
        Ok(())
    }

    pub(super) fn br(&mut self, depth: u32) {
        let index = self.frame_index(depth);
        if matches!(self.frames[index].kind, FrameKind::Body) {
            return self.r#return();
        }
        let args = self.pop_many(self.frames[index].label_arity);
        let label = self.branch_target(index);
        self.count_label();
        self.jump(label, &args);
        self.reachable = false;
    }

    pub(super) fn br_if(&mut self, depth: u32) {
        let condition = self.pop_condition();
        let index = self.frame_index(depth);
        let label = self.branch_target(index);
        let args = self.label_args(index);
        let next = self.code.builder.create_block();
        if self.likely == Some(false) || self.counts_label() {
            // The label may be reached from elsewhere too: what is unlikely, or counted, is the way to it.
            let way = self.code.builder.create_block();
            self.code.ins().brif(condition, way, &[], next, &[]);
            self.set_cold(way, next);
            self.end_way(way, label, &args);
        } else {
            self.code.ins().brif(condition, label, &args, next, &[]);
            self.set_cold(label, next);
        }
        self.enter(next);
    }

    /// Branches if the reference is null, without passing it on.
    pub(super) fn br_on_null(&mut self, depth: u32) {
        let reference = self.pop();
        let index = self.frame_index(depth);
        let label = self.branch_target(index);
        let args = self.label_args(index);
        self.branch_if(reference, false, label, &args);
        self.push(reference);
    }

    /// Branches with the reference if it isn't null.
    pub(super) fn br_on_non_null(&mut self, depth: u32) {
        let reference = *last_mut(&mut self.stack);
        let index = self.frame_index(depth);
        let label = self.branch_target(index);
        let args = self.label_args(index);
        self.branch_if(reference, true, label, &args);
        self.pop();
    }

    /// Branches if `condition` is as it `should_be`; the operand stack stays.
    pub(super) fn branch_on(&mut self, depth: u32, condition: Value, should_be: bool) {
        let index = self.frame_index(depth);
        let label = self.branch_target(index);
        let args = self.label_args(index);
        self.branch_if(condition, should_be, label, &args);
    }

    /// Branches to a label if `condition` is as it `should_be`, and goes on behind the branch.
    fn branch_if(&mut self, condition: Value, should_be: bool, label: Block, args: &[BlockArg]) {
        let next = self.code.builder.create_block();
        let way = self.counts_label().then(|| self.code.builder.create_block());
        let (taken, args_of_taken) = way.map_or((label, args), |way| (way, &[][..]));
        if should_be {
            self.code.ins().brif(condition, taken, args_of_taken, next, &[]);
        } else {
            self.code.ins().brif(condition, next, &[], taken, args_of_taken);
        }
        if let Some(way) = way {
            self.end_way(way, label, args);
        }
        self.enter(next);
    }

    /// The block on the way to a label.
    fn end_way(&mut self, way: Block, label: Block, args: &[BlockArg]) {
        self.enter(way);
        self.count_label();
        self.code.ins().jump(label, args);
    }

    /// Moves the block that the hint at hand makes unlikely out of the way.
    fn set_cold(&mut self, taken: Block, not_taken: Block) {
        if let Some(likely) = self.likely {
            self.code.builder.set_cold_block(if likely { not_taken } else { taken });
        }
    }

    /// A branch by index. A label that occurs more than once, or takes values, is reached through a block of its own:
    /// otherwise every entry of the table would move the values, and those of locals, on an edge of its own.
    pub(super) fn br_table(&mut self, targets: &BrTable<'_>) -> Result<()> {
        let selector = self.pop();
        let depths = targets.targets().collect::<wasmparser::Result<Vec<u32>>>();
        let depths = depths.map_err(|error| Error::defect(Stage::Translate, error.message()))?;
        let mut uses = HashMap::new();
        for &depth in depths.iter().chain([&targets.default()]) {
            *uses.entry(depth).or_insert(0_usize) += 1;
        }
        self.branch_if_most(selector, &depths, targets.default());
        let mut edges = Edges { blocks: HashMap::new(), order: Vec::new() };
        let default = self.table_edge(targets.default(), &uses, &mut edges);
        let table: Vec<BlockCall> = depths.iter().map(|&depth| self.table_edge(depth, &uses, &mut edges)).collect();
        let table = self.code.builder.create_jump_table(JumpTableData::new(default, &table));
        self.code.ins().br_table(selector, table);
        for (depth, block) in edges.order {
            self.enter(block);
            let index = self.frame_index(depth);
            let args = self.label_args(index);
            self.count_label_of_table(depth);
            self.code.ins().jump(self.frames[index].label(), &args);
        }
        self.reachable = false;
        Ok(())
    }

    /// Branches first to the label that a profile says a table nearly always goes to, if one entry leads there.
    fn branch_if_most(&mut self, selector: Value, depths: &[u32], default: u32) {
        let table = self.counts.and_then(|counts| counts.table(self.offset));
        let Some(&Table { most: (depth, count), total, .. }) = table else { return };
        let entries = depths.iter().filter(|other| **other == depth).count();
        if u128::from(count) * MOST_PARTS < u128::from(total) * (MOST_PARTS - 1) || entries != 1 || depth == default {
            return;
        }
        let Some(entry) = depths.iter().position(|other| *other == depth) else { return };
        let index = self.frame_index(depth);
        let (label, args) = (self.branch_target(index), self.label_args(index));
        let is_most = self.code.ins().icmp_imm_u(IntCC::Equal, selector, entry as i64);
        self.branch_if(is_most, true, label, &args);
    }

    fn table_edge(&mut self, depth: u32, uses: &HashMap<u32, usize>, edges: &mut Edges) -> BlockCall {
        let index = self.frame_index(depth);
        let label = self.branch_target(index);
        let direct = uses[&depth] == 1 && self.frames[index].label_arity == 0 && !self.counts_label();
        let block = if direct { label } else { edges.block(depth, || self.code.builder.create_block()) };
        self.code.builder.func.dfg.block_call(block, &[])
    }

    pub(super) fn r#return(&mut self) {
        let results = self.frames[0].results;
        if !self.code.context.is_for_size() {
            return self.return_results(results);
        }
        // Each return takes the registers of the caller from the frame, so there is one for all.
        let (results, end) = (self.pop_many(results), self.branch_target(0));
        self.jump(end, &results);
        self.reachable = false;
    }

    /// Returns the upper `count` values of the operand stack.
    fn return_results(&mut self, count: usize) {
        let mut results = self.pop_many(count);
        for (index, result) in results.iter_mut().enumerate() {
            let ty = self.code.builder.func.signature.returns[index].value_type;
            *result = self.code.bits_as(*result, ty);
        }
        self.code.ins().return_(&results);
        self.reachable = false;
    }

    /// Ends an arm of the innermost construct: goes on to its `end`, if control can be here.
    pub(super) fn finish_arm(&mut self) {
        if !self.reachable {
            return;
        }
        let index = self.frames.len() - 1;
        let results = self.pop_many(self.frames[index].results);
        let end = self.frames[index].end;
        self.frames[index].end_reached = true;
        self.jump(end, &results);
        self.reachable = false;
    }

    pub(super) fn frame_index(&self, depth: u32) -> usize {
        self.frames.len() - 1 - depth as usize
    }

    /// The block that a branch to this frame goes to; the frame knows then that it is reached.
    pub(super) fn branch_target(&mut self, index: usize) -> Block {
        let frame = &mut self.frames[index];
        frame.end_reached |= !matches!(frame.kind, FrameKind::Loop { .. });
        frame.label()
    }

    /// The values that a branch to this frame takes; they stay on the operand stack.
    fn label_args(&self, index: usize) -> Vec<BlockArg> {
        let arity = self.frames[index].label_arity;
        block_args(&self.stack[self.stack.len() - arity..])
    }

    pub(super) fn jump(&mut self, block: Block, args: &[Value]) {
        self.code.ins().jump(block, &block_args(args));
    }

    /// Continues in a block to which no more branches come.
    pub(super) fn enter(&mut self, block: Block) {
        self.code.builder.switch_to_block(block);
        self.code.builder.seal_block(block);
    }

    pub(super) fn push_block_params(&mut self, block: Block) {
        self.stack.extend_from_slice(self.code.builder.block_params(block));
    }
}

/// The blocks between a branch table and its labels, in the order of first use.
struct Edges {
    blocks: HashMap<u32, Block>,
    order: Vec<(u32, Block)>,
}

impl Edges {
    fn block(&mut self, depth: u32, create: impl FnOnce() -> Block) -> Block {
        *self.blocks.entry(depth).or_insert_with(|| {
            let block = create();
            self.order.push((depth, block));
            block
        })
    }
}

fn block_args(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|&value| BlockArg::Value(value)).collect()
}

fn last_mut<T>(items: &mut [T]) -> &mut T {
    items.last_mut().unwrap_or_else(|| unreachable!("validation has checked the control stack"))
}
