//! The registers of a machine, and numbers of them.

use crate::isa::Allocatable;
use cranelift_codegen::ir::Type;

/// Classes of registers: integers, floats, and vectors if they have registers of their own.
pub const CLASSES: usize = 3;

/// Numbers of registers, of each class.
pub type Counts = [i32; CLASSES];

/// The registers of a machine.
#[derive(Clone, Copy)]
pub struct Classes {
    /// The registers of each class.
    pub limits: Counts,
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

/// Adds numbers of registers to others.
pub fn add(counts: &mut Counts, more: Counts) {
    counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
}

/// Subtracts numbers of registers from others.
pub fn subtract(counts: &mut Counts, fewer: Counts) {
    counts.iter_mut().zip(fewer).for_each(|(count, fewer)| *count -= fewer);
}
