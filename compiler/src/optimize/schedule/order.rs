//! An order of a block's operators in which fewer values are alive.
//!
//! Fixed operators keep their order. As soon as the operands of some pure operators are there, and fewer values are alive behind
//! these operators than in front of them, they follow. All others stay in front of their first use.

use super::classes::{CLASSES, Counts, add, subtract};
use super::folds::Kind;
use super::numbers::ValueNumber;
use super::operators::Operators;

/// Maximum number of operators that move together.
const TOGETHER_MAX: usize = 12;
/// Maximum number of users of a value that are tried when it is defined or used.
const USERS_MAX: usize = 8;
/// Maximum number of operators that are tried when a value is defined or used.
const TRIES_MAX: usize = 12;

/// Returns an order of a block's operators. `scarce` are the classes of which fewer values should be alive.
pub fn order(operators: &Operators<'_>, scarce: [bool; CLASSES]) -> Vec<usize> {
    let count = operators.list.len();
    let values = 0..operators.values.len();
    let uses = |value: ValueNumber| operators.users(value).len() + usize::from(operators.values[value].is_alive_after);
    let mut order = Order {
        operators,
        scarce,
        uses_left: values.clone().map(uses).collect(),
        is_placed: vec![false; count],
        placed: Vec::with_capacity(count),
        changed: values.rev().filter(|value| operators.values[*value].definer.is_none()).collect(),
    };
    order.settle();
    for operator in 0..count {
        if operator + 1 == count {
            order.place_rest();
        }
        if !order.is_placed[operator] && operators.list[operator].kind != Kind::Folded {
            order.place(operator);
            order.settle();
        }
    }
    order.placed
}

/// An order that is being made.
struct Order<'o> {
    operators: &'o Operators<'o>,
    scarce: [bool; CLASSES],
    /// For each value, the operators without a place that use it, and one more if it is alive at the end.
    uses_left: Vec<usize>,
    is_placed: Vec<bool>,
    placed: Vec<usize>,
    /// Values that were defined or used, and of which the users haven't been tried since.
    changed: Vec<ValueNumber>,
}

impl Order<'_> {
    /// Gives the next place to an operator, after those that are folded into it.
    fn place(&mut self, operator: usize) {
        let operators = self.operators;
        self.is_placed[operator] = true;
        // Terms of addresses and constants are a few operators deep (`folds`), and so is this recursion.
        operators.folded(operator).for_each(|folded| {
            if !self.is_placed[folded] {
                self.place(folded);
            }
        });
        self.placed.push(operator);
        if operators.list[operator].kind != Kind::Folded {
            for &operand in operators.operands(operator) {
                self.uses_left[operand] -= 1;
                self.changed.push(operand);
            }
            self.changed.extend(operators.results(operator));
        }
    }

    /// Places what is folded into other blocks only.
    fn place_rest(&mut self) {
        for operator in 0..self.operators.list.len() {
            if !self.is_placed[operator] && self.operators.list[operator].kind == Kind::Folded {
                self.place(operator);
            }
        }
    }

    /// Places operators as long as some leave fewer values alive.
    fn settle(&mut self) {
        while let Some(value) = self.changed.pop() {
            if let Some(together) = self.candidate(value) {
                together.into_iter().for_each(|operator| self.place(operator));
            }
        }
    }

    /// Returns operators to place next, of which at least one uses a value.
    fn candidate(&self, value: ValueNumber) -> Option<Vec<usize>> {
        let (mut waiting, mut next) = (vec![value], 0);
        let mut tries_left = TRIES_MAX;
        while let Some(&value) = waiting.get(next) {
            next += 1;
            let users = self.operators.users(value);
            if users.len() > USERS_MAX {
                continue;
            }
            for &user in users.iter().filter(|user| !self.is_placed[**user]) {
                tries_left = tries_left.checked_sub(1)?;
                let mut together = Vec::new();
                if self.gather(user, TOGETHER_MAX, &mut together).is_none() {
                    continue;
                }
                if self.is_gain(&together) {
                    return Some(together);
                }
                waiting.extend(self.operators.results(user));
            }
        }
        None
    }

    /// Adds an operator and those without a place that it needs, in their order; `None` if one isn't pure or they are too many.
    fn gather(&self, operator: usize, depth_left: usize, together: &mut Vec<usize>) -> Option<()> {
        let depth_left = depth_left.checked_sub(1)?;
        if self.operators.list[operator].kind != Kind::Pure || together.len() == TOGETHER_MAX {
            return None;
        }
        for &operand in self.operators.operands(operator) {
            let definer = self.operators.values[operand].definer;
            if let Some(definer) = definer.filter(|definer| !self.is_placed[*definer] && !together.contains(definer)) {
                self.gather(definer, depth_left, together)?;
            }
        }
        together.push(operator);
        Some(())
    }

    /// Returns true if fewer registers of scarce classes are in use behind some operators than in front of them.
    fn is_gain(&self, together: &[usize]) -> bool {
        let mut uses: Vec<ValueNumber> = Vec::new();
        together.iter().for_each(|operator| uses.extend(self.operators.operands(*operator)));
        uses.sort_unstable();
        let mut change = Counts::default();
        for uses in uses.chunk_by(|one, other| one == other).filter(|uses| uses.len() == self.uses_left[uses[0]]) {
            subtract(&mut change, self.operators.values[uses[0]].registers);
        }
        let results = together.iter().flat_map(|operator| self.operators.results(*operator));
        results.for_each(|result| add(&mut change, self.operators.values[result].registers));
        let scarce = || (0..CLASSES).filter(|class| self.scarce[*class]).map(|class| change[class]);
        scarce().all(|change| change <= 0) && scarce().any(|change| change < 0)
    }
}
