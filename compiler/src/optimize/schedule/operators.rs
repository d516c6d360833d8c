//! The operators of a block, and what each needs in registers.
//!
//! Code generation folds constants, terms of addresses, and comparisons into the operators that use them. Those have no
//! register, and their operands are alive up to where they are used.

use super::classes::{Classes, Counts, add};
use super::folds::{self, Kind};
use super::numbers::{Numbers, ValueNumber};
use cranelift_codegen::ir::{Block, Function, Inst, Value};
use std::ops::Range;

/// An operator of a block.
pub struct Operator {
    pub inst: Inst,
    pub kind: Kind,
    results: Range<ValueNumber>,
    operands: Range<usize>,
}

/// A value that the block defines or uses.
pub struct ValueFacts {
    /// The registers that it takes.
    pub registers: Counts,
    /// The operator that defines it, if it is one of the block.
    pub definer: Option<usize>,
    /// True if it is alive at the end of the block.
    pub is_alive_after: bool,
    users: Range<usize>,
}

/// The operators of a block in their order, and the values that they have in registers.
pub struct Operators<'f> {
    func: &'f Function,
    numbers: &'f Numbers,
    pub list: Vec<Operator>,
    pub values: Vec<ValueFacts>,
    /// The registers of values that only pass through the block.
    pub carried: Counts,
    /// Operands in registers of all operators, each once for an operator.
    operands: Vec<ValueNumber>,
    /// Users of all values.
    users: Vec<usize>,
}

impl<'f> Operators<'f> {
    /// Returns the operators of a block, at whose end `alive_after` are alive. `numbers` has to be empty.
    pub fn of(
        func: &'f Function,
        block: Block,
        alive_after: &[Value],
        classes: Classes,
        numbers: &'f mut Numbers,
    ) -> Self {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        let mut definers = Vec::new();
        for (index, &inst) in insts.iter().enumerate() {
            for &result in func.dfg.inst_results(inst) {
                numbers.add(result);
            }
            definers.resize(numbers.values().len(), index);
        }
        let definer = |numbers: &Numbers, value| numbers.get(value).and_then(|number| definers.get(number).copied());
        let kinds = folds::kinds(func, &insts, |value| definer(numbers, value), alive_after);
        let (mut list, mut operands): (Vec<Operator>, Vec<ValueNumber>) = (Vec::new(), Vec::new());
        let mut results = 0;
        for (&inst, &kind) in insts.iter().zip(&kinds) {
            let (first_result, first) = (results, operands.len());
            results += func.dfg.inst_results(inst).len();
            for value in func.dfg.inst_values(inst) {
                match definer(numbers, value).map(|index| (kinds[index], &list[index])) {
                    Some((Kind::Folded, folded)) => operands.extend_from_within(folded.operands.clone()),
                    _ => operands.push(numbers.add(value)),
                }
            }
            let operands = first..unique(&mut operands, first);
            list.push(Operator { inst, kind, results: first_result..results, operands });
        }
        let mut operators =
            Self { func, numbers, list, values: Vec::new(), carried: Counts::default(), operands, users: Vec::new() };
        operators.describe(&definers, alive_after, classes);
        operators
    }

    /// Describes the values.
    fn describe(&mut self, definers: &[usize], alive_after: &[Value], classes: Classes) {
        let registers = |value: Value| classes.of(self.func.dfg.value_type(value));
        for (number, &value) in self.numbers.values().iter().enumerate() {
            let definer = definers.get(number).copied();
            self.values.push(ValueFacts { registers: registers(value), definer, is_alive_after: false, users: 0..0 });
        }
        for &value in alive_after {
            match self.numbers.get(value) {
                Some(number) => self.values[number].is_alive_after = true,
                None => add(&mut self.carried, registers(value)),
            }
        }
        self.find_users();
    }

    /// Lists the users of each value, one value after the other.
    fn find_users(&mut self) {
        let mut uses: Vec<(ValueNumber, usize)> = Vec::new();
        for (index, operator) in self.list.iter().enumerate().filter(|(_, operator)| operator.kind != Kind::Folded) {
            uses.extend(self.operands[operator.operands.clone()].iter().map(|operand| (*operand, index)));
        }
        uses.sort_unstable();
        let mut first = 0;
        for uses in uses.chunk_by(|(one, _), (other, _)| one == other) {
            self.values[uses[0].0].users = first..first + uses.len();
            first += uses.len();
        }
        self.users = uses.into_iter().map(|(_, user)| user).collect();
    }

    /// Returns the values that an operator defines.
    pub fn results(&self, operator: usize) -> Range<ValueNumber> {
        self.list[operator].results.clone()
    }

    /// Returns the values that an operator needs in registers, each once.
    pub fn operands(&self, operator: usize) -> &[ValueNumber] {
        &self.operands[self.list[operator].operands.clone()]
    }

    /// Returns the operators that need a value in a register.
    pub fn users(&self, value: ValueNumber) -> &[usize] {
        &self.users[self.values[value].users.clone()]
    }

    /// Yields the operators of the block that are folded into an operator, without those that are folded into them.
    pub fn folded(&self, operator: usize) -> impl Iterator<Item = usize> + '_ {
        let values = self.func.dfg.inst_values(self.list[operator].inst);
        let definers = values.filter_map(|value| self.values[self.numbers.get(value)?].definer);
        definers.filter(|definer| self.list[*definer].kind == Kind::Folded)
    }
}

/// Removes values that are there twice from the end of a list that begins at `first`, and returns its new end.
fn unique(list: &mut Vec<ValueNumber>, first: usize) -> usize {
    list[first..].sort_unstable();
    let mut kept = first;
    for at in first..list.len() {
        if at == first || list[at] != list[kept - 1] {
            list[kept] = list[at];
            kept += 1;
        }
    }
    list.truncate(kept);
    kept
}
