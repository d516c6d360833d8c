//! Operators that code generation folds into those that use them: constants, terms of addresses, and comparisons.

use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, types};

/// The way in which an operator can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An operator that has an effect, reads memory, can trap, or ends the block.
    Fixed,
    /// An operator that computes one value of others.
    Pure,
    /// An operator that is computed where it is used.
    Folded,
}

/// Maximum number of operators between an access and a term of its address.
const DEPTH_MAX: u32 = 3;
/// Maximum power of two by which an address scales a term.
const SCALE_MAX: i64 = 3;

/// All uses of an operator's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uses {
    None,
    /// Terms of addresses: the greatest number of operators between them and the term.
    Address(u32),
    /// Conditions of branches and selections.
    Condition,
    /// Others, or of several kinds.
    Register,
}

impl Uses {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, other) => other,
            (Self::Address(one), Self::Address(other)) => Self::Address(one.max(other)),
            _ if self == other => self,
            _ => Self::Register,
        }
    }
}

/// Returns the kinds of a block's instructions. `definer` has the index of the one that defines a value, and the `alive_after` are
/// used behind the block.
pub fn kinds(
    func: &Function,
    insts: &[Inst],
    definer: impl Fn(Value) -> Option<usize>,
    alive_after: &[Value],
) -> Vec<Kind> {
    let mut uses = vec![Uses::None; insts.len()];
    for index in alive_after.iter().filter_map(|value| definer(*value)) {
        uses[index] = Uses::Register;
    }
    let mut kinds = vec![Kind::Fixed; insts.len()];
    for (index, &inst) in insts.iter().enumerate().rev() {
        kinds[index] = kind(func, inst, uses[index]);
        let depth = match uses[index] {
            Uses::Address(depth) if kinds[index] == Kind::Folded => depth,
            _ => 0,
        };
        for (number, value) in func.dfg.inst_values(inst).enumerate() {
            if let Some(definer) = definer(value) {
                uses[definer] = uses[definer].and(use_of(func, inst, number, depth));
            }
        }
    }
    kinds
}

/// Returns the use of an operand. `depth` isn't 0 if the instruction is a term of an address itself.
fn use_of(func: &Function, inst: Inst, number: usize, depth: u32) -> Uses {
    match (&func.dfg.insts[inst], number) {
        (InstructionData::Load { .. }, 0) | (InstructionData::Store { .. }, 1) => Uses::Address(1),
        _ if (1..DEPTH_MAX).contains(&depth) => Uses::Address(depth + 1),
        (InstructionData::Brif { .. } | InstructionData::CondTrap { .. }, 0) => Uses::Condition,
        (InstructionData::Ternary { opcode: Opcode::Select | Opcode::SelectSpectreGuard, .. }, 0) => Uses::Condition,
        _ => Uses::Register,
    }
}

fn kind(func: &Function, inst: Inst, uses: Uses) -> Kind {
    match uses {
        _ if !is_pure(func, inst) => Kind::Fixed,
        _ if func.dfg.inst_args(inst).is_empty() => Kind::Folded,
        Uses::Address(_) if is_term(func, inst) => Kind::Folded,
        Uses::Condition if is_comparison(func, inst) => Kind::Folded,
        _ => Kind::Pure,
    }
}

/// Returns true if an instruction computes one value of others and does nothing else.
fn is_pure(func: &Function, inst: Inst) -> bool {
    let opcode = func.dfg.insts[inst].opcode();
    let has_effect = opcode.can_load()
        || opcode.can_store()
        || opcode.can_trap()
        || opcode.is_call()
        || opcode.is_branch()
        || opcode.is_terminator()
        || opcode.other_side_effects();
    !has_effect && func.dfg.inst_results(inst).len() == 1
}

/// Returns true if an address can have the instruction's result as a term or a scaled term.
fn is_term(func: &Function, inst: Inst) -> bool {
    if func.dfg.value_type(func.dfg.first_result(inst)) != types::I64 {
        return false;
    }
    match func.dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Iadd, .. } => true,
        InstructionData::Binary { opcode: Opcode::Ishl, args: [_, amount] } => {
            let amount = func.dfg.value_def(amount).inst().map(|inst| &func.dfg.insts[inst]);
            matches!(amount, Some(InstructionData::UnaryImm { imm, .. }) if (0..=SCALE_MAX).contains(&imm.bits()))
        }
        InstructionData::Unary { opcode: Opcode::Uextend | Opcode::Sextend, .. } => true,
        _ => false,
    }
}

fn is_comparison(func: &Function, inst: Inst) -> bool {
    matches!(func.dfg.insts[inst], InstructionData::IntCompare { .. } | InstructionData::FloatCompare { .. })
}
