//! The number of registers that an order of operators needs.

use super::numbers::ValueNumber;
use super::operators::{Kind, Operators};
use crate::isa::Allocatable;
use cranelift_codegen::ir::Type;

/// Classes of registers: integers, floats, and vectors if they have registers of their own.
pub const CLASSES: usize = 3;

/// Numbers of registers, of each class.
pub type Counts = [i32; CLASSES];

/// The registers of a machine.
#[derive(Clone, Copy)]
pub struct Classes {
    limits: Counts,
    /// The class of vectors.
    vectors: usize,
}

impl Classes {
    /// Returns the classes of a machine with these registers.
    pub fn new(registers: &Allocatable) -> Self {
        let (integers, floats) = (registers.integers as i32, registers.floats as i32);
        let vectors = registers.vectors.map_or(0, |count| count as i32);
        Self { limits: [integers, floats, vectors], vectors: if registers.vectors.is_some() { 2 } else { 1 } }
    }

    /// Returns the registers that a value of a type takes.
    pub fn of(self, ty: Type) -> Counts {
        let mut counts = Counts::default();
        let class = if ty.is_vector() { self.vectors } else { usize::from(ty.is_float()) };
        counts[class] = if ty.is_int() && ty.bits() > 64 { 2 } else { 1 };
        counts
    }
}

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
        for class in 0..CLASSES {
            self.greatest[class] = self.greatest[class].max(counts[class]);
            self.excess += i64::from((counts[class] - classes.limits[class]).max(0));
        }
    }

    /// Returns for each class if more of its registers are needed than there are.
    pub fn exceeds(&self, classes: Classes) -> [bool; CLASSES] {
        std::array::from_fn(|class| self.greatest[class] > classes.limits[class])
    }
}

/// Adds numbers of registers to others.
pub fn add(counts: &mut Counts, more: Counts) {
    counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
}

/// Subtracts numbers of registers from others.
pub fn subtract(counts: &mut Counts, fewer: Counts) {
    counts.iter_mut().zip(fewer).for_each(|(count, fewer)| *count -= fewer);
}
