//! Expressions of 64 bits that a module of [`super`] computes: trees that can be changed in one place before they are written.

use crate::random::Random;
use wasm_encoder::InstructionSink;

/// An expression of 64 bits.
#[derive(Clone)]
pub enum Expression {
    /// The value of a local variable.
    Local(u32),
    /// A constant.
    Constant(i64),
    /// An operator with two operands.
    Binary(Operator, Box<[Expression; 2]>),
    /// The lower 32 bits, by a conversion to 32 bits and back.
    Lower(Box<Expression>),
}

/// An operator with two operands of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    ShiftRightSigned,
    /// 1 if the first operand is less, and 0 otherwise.
    Less,
    /// Comparison for greater.
    Greater,
}

use Operator::{Add, And, Greater, Less, Multiply, Or, ShiftLeft, ShiftRight, ShiftRightSigned, Subtract, Xor};

/// Operators that one may be changed to.
const OPERATORS: [Operator; 11] =
    [Add, Subtract, Multiply, And, Or, Xor, ShiftLeft, ShiftRight, ShiftRightSigned, Less, Greater];
/// Numbers that a constant may be changed by.
const CHANGES: [i64; 6] = [1, -1, 32, -32, 1 << 32, 1 << 31];

impl Expression {
    /// Returns an operator's expression.
    pub fn of(operator: Operator, left: Self, right: Self) -> Self {
        Self::Binary(operator, Box::new([left, right]))
    }

    /// Returns the number of parts that can be changed.
    pub fn parts(&self) -> usize {
        match self {
            Self::Local(_) | Self::Constant(_) => 1,
            Self::Lower(inner) => 1 + inner.parts(),
            Self::Binary(_, operands) => 1 + operands.iter().map(Self::parts).sum::<usize>(),
        }
    }

    /// Changes the part with a number. A local variable becomes another of 64 bits: one of `locals` without the first.
    pub fn change(&mut self, part: usize, locals: u32, random: &mut Random) {
        match self {
            Self::Local(local) if part == 0 => *local = 1 + random.below(locals as usize - 1) as u32,
            Self::Constant(constant) if part == 0 => *constant = constant.wrapping_add(random.pick(&CHANGES)),
            Self::Binary(operator, operands) if part == 0 => match random.below(3) {
                0 => operands.swap(0, 1),
                1 => *operator = random.pick(&OPERATORS),
                _ => *self = operands[random.below(2)].clone(),
            },
            Self::Lower(inner) if part == 0 => *self = (**inner).clone(),
            Self::Lower(inner) => inner.change(part - 1, locals, random),
            Self::Binary(_, operands) => {
                let left = operands[0].parts();
                if part <= left {
                    operands[0].change(part - 1, locals, random);
                } else {
                    operands[1].change(part - 1 - left, locals, random);
                }
            }
            Self::Local(_) | Self::Constant(_) => {}
        }
    }

    /// Exchanges operands where that makes no difference, by chance.
    pub fn commute(&mut self, random: &mut Random) {
        match self {
            Self::Binary(operator, operands) => {
                operands.iter_mut().for_each(|operand| operand.commute(random));
                if random.one_in(2) {
                    match operator {
                        Add | Multiply | And | Or | Xor => operands.swap(0, 1),
                        Less | Greater => {
                            operands.swap(0, 1);
                            *operator = if *operator == Less { Greater } else { Less };
                        }
                        _ => {}
                    }
                }
            }
            Self::Lower(inner) => inner.commute(random),
            Self::Local(_) | Self::Constant(_) => {}
        }
    }

    /// Writes the operators that compute the value.
    pub fn write(&self, code: &mut InstructionSink<'_>) {
        match self {
            Self::Local(local) => {
                code.local_get(*local);
            }
            Self::Constant(constant) => {
                code.i64_const(*constant);
            }
            Self::Lower(inner) => {
                inner.write(code);
                code.i32_wrap_i64().i64_extend_i32_u();
            }
            Self::Binary(operator, operands) => {
                operands.iter().for_each(|operand| operand.write(code));
                operator.write(code);
            }
        }
    }
}

impl Operator {
    fn write(self, code: &mut InstructionSink<'_>) {
        match self {
            Add => code.i64_add(),
            Subtract => code.i64_sub(),
            Multiply => code.i64_mul(),
            And => code.i64_and(),
            Or => code.i64_or(),
            Xor => code.i64_xor(),
            ShiftLeft => code.i64_shl(),
            ShiftRight => code.i64_shr_u(),
            ShiftRightSigned => code.i64_shr_s(),
            Less => code.i64_lt_u().i64_extend_i32_u(),
            Greater => code.i64_gt_u().i64_extend_i32_u(),
        };
    }
}
