//! Values of 32 bits whose upper halves are zero anyway, and which are used at 64 bits: they become values of 64 bits
//! (docs/decisions/0027-upper-halves.md).
//!
//! An index is a value of 32 bits, an address one of 64. Cranelift extends each index where it is used, unless it sees that the
//! instruction which computes it leaves zeros above. It doesn't see that of loads with several uses, of selections, and of parameters
//! of blocks: each has a copy and a second register, in each round of a loop.

mod arguments;
mod find;

use super::{Job, Optimizer};
use crate::error::Result;
use crate::isa::facts_of;
use crate::translate::Scratch;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};
use std::collections::HashMap;

/// Returns true if the item's values are worth the look, and no debugger follows its variables.
pub(super) fn is_useful(optimizer: &Optimizer<'_>, job: &Job) -> bool {
    !optimizer.context.debug && !job.is_vast()
}

/// Makes values of 64 bits in the item's CLIF.
pub(super) fn run(optimizer: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let machine = &mut job.machine;
    machine.func.dfg.resolve_all_aliases();
    let extensions = extensions(&machine.func);
    if extensions.is_empty() {
        return Ok(());
    }
    machine.compute_cfg();
    let wanted: Vec<Value> = extensions.iter().map(|(_, value)| *value).collect();
    let leaves_zeros = facts_of(&*optimizer.isas.main).quirks.leaves_zeros;
    let found = find::find(&machine.func, &machine.cfg, &wanted, leaves_zeros);
    let mut widening = Widening { cursor: FuncCursor::new(&mut machine.func), cfg: &machine.cfg, wide: HashMap::new() };
    found.iter().for_each(|value| widening.widen_parameter(*value));
    found.iter().for_each(|value| widening.define(*value));
    extensions.iter().for_each(|(inst, value)| widening.replace(*inst, *value));
    Ok(())
}

/// Returns the instructions that extend values of 32 bits with zeros to 64, and these values.
fn extensions(func: &Function) -> Vec<(Inst, Value)> {
    let insts = func.layout.blocks().flat_map(|block| func.layout.block_insts(block));
    let extension = |inst| match func.dfg.insts[inst] {
        InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
            let types = (func.dfg.value_type(arg), func.dfg.value_type(func.dfg.first_result(inst)));
            (types == (types::I32, types::I64)).then_some((inst, arg))
        }
        _ => None,
    };
    insts.filter_map(extension).collect()
}

/// A function whose values become wider.
struct Widening<'f> {
    cursor: FuncCursor<'f>,
    cfg: &'f ControlFlowGraph,
    /// The value of 64 bits that stands for each of 32.
    wide: HashMap<Value, Value>,
}

impl Widening<'_> {
    /// Makes a parameter one of 64 bits, of which the block takes the lower half.
    fn widen_parameter(&mut self, value: Value) {
        let ValueDef::Param(block, _) = self.cursor.func.dfg.value_def(value) else { return };
        let wide = self.cursor.func.dfg.replace_block_param(value, types::I64);
        self.cursor.goto_first_insertion_point(block);
        let narrow = self.cursor.ins().ireduce(types::I32, wide);
        self.cursor.func.dfg.change_to_alias(value, narrow);
        self.wide.insert(value, wide);
    }

    /// Makes the value of 64 bits that stands for one of 32, or passes it for a parameter.
    fn define(&mut self, value: Value) {
        if let Some(&wide) = self.wide.get(&value) {
            return self.pass(wide);
        }
        let Some(inst) = self.cursor.func.dfg.value_def(value).inst() else { return };
        self.cursor.goto_inst(inst);
        self.cursor.use_srcloc(inst);
        if let Some(wide) = self.wide_of(inst) {
            self.cursor.func.replace(inst).ireduce(types::I32, wide);
            self.wide.insert(value, wide);
        }
    }

    /// Inserts the instruction whose result of 64 bits stands for one of 32.
    fn wide_of(&mut self, inst: Inst) -> Option<Value> {
        match self.cursor.func.dfg.insts[inst] {
            InstructionData::Load { opcode, arg, flags, offset } => {
                let flags = self.cursor.func.dfg.mem_flags[flags];
                let ins = self.cursor.ins();
                Some(match opcode {
                    Opcode::Uload8 => ins.uload8(types::I64, flags, arg, offset),
                    Opcode::Uload16 => ins.uload16(types::I64, flags, arg, offset),
                    _ => ins.uload32(flags, arg, offset),
                })
            }
            InstructionData::Unary { arg, .. } => Some(self.cursor.ins().uextend(types::I64, arg)),
            InstructionData::Ternary { args: [condition, then, or_else], .. } => {
                let (then, or_else) = (self.extended(then), self.extended(or_else));
                Some(self.cursor.ins().select(condition, then, or_else))
            }
            InstructionData::Binary { opcode: Opcode::Ushr, args: [shifted, amount] } => {
                let shifted = self.extended(shifted);
                Some(self.cursor.ins().ushr(shifted, amount))
            }
            InstructionData::Binary { opcode, args: [left, right] } => {
                let (left, right) = (self.extended(left), self.extended(right));
                let ins = self.cursor.ins();
                Some(match opcode {
                    Opcode::Band => ins.band(left, right),
                    Opcode::Bor => ins.bor(left, right),
                    _ => ins.bxor(left, right),
                })
            }
            _ => None,
        }
    }

    /// Returns the value of 64 bits that stands for one of 32, if need be of an instruction in front of the cursor.
    fn extended(&mut self, value: Value) -> Value {
        match self.wide.get(&value) {
            Some(wide) => *wide,
            None => self.cursor.ins().uextend(types::I64, value),
        }
    }

    /// Passes extended arguments for a parameter.
    fn pass(&mut self, parameter: Value) {
        let ValueDef::Param(block, number) = self.cursor.func.dfg.value_def(parameter) else { return };
        for edge in self.cfg.pred_iter(block) {
            let arguments = arguments::of_branch(self.cursor.func, edge.inst, block, number);
            self.cursor.goto_inst(edge.inst);
            let arguments: Vec<Value> = arguments.into_iter().map(|argument| self.extended(argument)).collect();
            arguments::replace(self.cursor.func, edge.inst, block, number, &arguments);
        }
    }

    /// Puts the value of 64 bits in the place of one that is extended from 32.
    fn replace(&mut self, extension: Inst, value: Value) {
        let Some(&wide) = self.wide.get(&value) else { return };
        let result = self.cursor.func.dfg.first_result(extension);
        self.cursor.func.dfg.clear_results(extension);
        self.cursor.func.dfg.change_to_alias(result, wide);
        self.cursor.func.layout.remove_inst(extension);
    }
}
