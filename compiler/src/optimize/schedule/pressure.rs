//! The number of registers that an order of operators needs.

use super::classes::{CLASSES, Classes, Counts, add, subtract};
use super::folds::Kind;
use super::numbers::ValueNumber;
use super::operators::Operators;

/// The need of an order of operators for registers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pressure {
    /// Greatest number of registers that are in use at once.
    greatest: Counts,
    /// Sum over all operators of the values that no register is left for.
    pub excess: i64,
}

impl Pressure {
    /// Returns the need of an order of a block's operators.
    pub fn of(operators: &Operators<'_>, order: &[usize], classes: Classes) -> Self {
        let mut alive = vec![false; operators.values.len()];
        let mut counts = operators.carried;
        let mut pressure = Self::default();
        let revive = |value: ValueNumber, alive: &mut [bool], counts: &mut Counts| {
            if !std::mem::replace(&mut alive[value], true) {
                add(counts, operators.values[value].registers);
            }
        };
        for value in (0..operators.values.len()).filter(|value| operators.values[*value].is_alive_after) {
            revive(value, &mut alive, &mut counts);
        }
        pressure.note(counts, classes);
        for &operator in order.iter().rev() {
            for result in operators.results(operator) {
                if std::mem::replace(&mut alive[result], false) {
                    subtract(&mut counts, operators.values[result].registers);
                }
            }
            if operators.list[operator].kind == Kind::Folded {
                continue;
            }
            for &operand in operators.operands(operator) {
                revive(operand, &mut alive, &mut counts);
            }
            pressure.note(counts, classes);
        }
        pressure
    }

    fn note(&mut self, counts: Counts, classes: Classes) {
        for ((greatest, count), limit) in self.greatest.iter_mut().zip(counts).zip(classes.limits) {
            *greatest = (*greatest).max(count);
            self.excess += i64::from((count - limit).max(0));
        }
    }

    /// Returns for each class if more of its registers are needed than there are.
    pub fn exceeds(&self, classes: Classes) -> [bool; CLASSES] {
        std::array::from_fn(|class| self.greatest[class] > classes.limits[class])
    }
}
