//! The values of 32 bits that can be of 64 at no cost.

use super::arguments::arguments;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, ValueDef};
use cranelift_entity::SecondaryMap;

/// The way in which a value comes to be extended.
enum Source {
    /// The instruction leaves zeros above, and code generation knows it; or it is constant.
    Zeros,
    /// Another instruction makes the extended value if these values are extended.
    Others(Vec<Value>),
    /// An instruction of its own extends it.
    Extension,
}

/// A search for values that can be of 64 bits.
pub struct Search<'f> {
    func: &'f Function,
    cfg: &'f ControlFlowGraph,
    leaves_zeros: fn(Opcode) -> bool,
    users: SecondaryMap<Value, Vec<Value>>,
    is_seen: SecondaryMap<Value, bool>,
    /// Values that need an extension of their own, or depend on one that does.
    is_narrow: SecondaryMap<Value, bool>,
    /// Values that others make, each behind the results of instructions that it is made of.
    found: Vec<Value>,
}

/// Returns the values that can be of 64 bits among `wanted` and those of which they are made, each behind the results of
/// instructions that it is made of. `leaves_zeros` is true for operators of 32 bits that code generation knows to leave zeros above.
pub fn find(func: &Function, cfg: &ControlFlowGraph, wanted: &[Value], leaves_zeros: fn(Opcode) -> bool) -> Vec<Value> {
    let mut search = Search {
        func,
        cfg,
        leaves_zeros,
        users: SecondaryMap::new(),
        is_seen: SecondaryMap::new(),
        is_narrow: SecondaryMap::new(),
        found: Vec::new(),
    };
    let mut narrow = Vec::new();
    wanted.iter().for_each(|value| search.look(*value, &mut narrow));
    search.spread(narrow);
    let Search { found, is_narrow, .. } = search;
    found.into_iter().filter(|value| !is_narrow[*value]).collect()
}

impl Search<'_> {
    /// Looks at a value and those of which it is made. Adds those that need an extension of their own to `narrow`.
    fn look(&mut self, value: Value, narrow: &mut Vec<Value>) {
        // Values to look at, and such of which all others have been looked at.
        let mut waiting = vec![(value, false)];
        while let Some((value, is_done)) = waiting.pop() {
            if is_done {
                self.found.push(value);
                continue;
            }
            if std::mem::replace(&mut self.is_seen[value], true) {
                continue;
            }
            match self.source(value) {
                Source::Zeros => {}
                Source::Extension => narrow.push(value),
                Source::Others(others) => {
                    waiting.push((value, true));
                    others.iter().for_each(|other| self.users[*other].push(value));
                    waiting.extend(others.into_iter().map(|other| (other, false)));
                }
            }
        }
    }

    /// Marks values, and those that are made of them.
    fn spread(&mut self, mut narrow: Vec<Value>) {
        while let Some(value) = narrow.pop() {
            if !std::mem::replace(&mut self.is_narrow[value], true) {
                narrow.extend(&self.users[value]);
            }
        }
    }

    fn source(&self, value: Value) -> Source {
        match self.func.dfg.value_def(value) {
            ValueDef::Param(block, number) if self.func.layout.entry_block() != Some(block) => {
                arguments(self.func, self.cfg, block, number).map_or(Source::Extension, Source::Others)
            }
            ValueDef::Result(inst, 0) => self.source_of_result(inst),
            _ => Source::Extension,
        }
    }

    fn source_of_result(&self, inst: Inst) -> Source {
        match self.func.dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, .. } => Source::Zeros,
            InstructionData::Load { opcode: Opcode::Load | Opcode::Uload8 | Opcode::Uload16, .. } => {
                Source::Others(Vec::new())
            }
            InstructionData::Unary { opcode: Opcode::Uextend, .. } => Source::Others(Vec::new()),
            InstructionData::Ternary { opcode: Opcode::Select, args: [_, then, or_else] } => {
                Source::Others(vec![then, or_else])
            }
            InstructionData::Binary { opcode, .. } if (self.leaves_zeros)(opcode) => Source::Zeros,
            InstructionData::Binary { opcode: Opcode::Band | Opcode::Bor | Opcode::Bxor, args } => {
                Source::Others(args.to_vec())
            }
            InstructionData::Binary { opcode: Opcode::Ushr, args: [shifted, amount] }
                if is_amount(self.func, amount) =>
            {
                Source::Others(vec![shifted])
            }
            _ => Source::Extension,
        }
    }
}

/// Returns true for a constant amount of a shift that is the same for 64 bits.
fn is_amount(func: &Function, amount: Value) -> bool {
    let inst = func.dfg.value_def(amount).inst();
    let constant = inst.map(|inst| func.dfg.insts[inst]);
    matches!(constant, Some(InstructionData::UnaryImm { imm, .. }) if (0..32).contains(&imm.bits()))
}
