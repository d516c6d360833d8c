//! Arithmetic of 128 bits that code does by halves, as compilers' run-time libraries do and what is inlined of them: products
//! become one multiplication, sums and differences carry by the machine's flag (docs/decisions/0018-wide-arithmetic.md).
//!
//! Nothing is recognised by its looks: that a value is the upper half of a product is proved from what it is computed of.

mod adder;
mod carries;
mod dead;
mod forms;
mod forward;
mod merge;
mod pairs;
mod polynomial;
mod products;
mod proof;
mod signs;
mod sums;

use super::{Job, Optimizer};
use crate::error::Result;
use crate::translate::Scratch;
use cranelift_codegen::ir::{Function, InstructionData, Opcode, types};

/// Number of multiplications of which the upper half of a product is made.
const PARTS: u32 = 4;

/// Returns true if the item has what wide arithmetic is made of.
pub(super) fn is_useful(_: &Optimizer<'_>, job: &Job) -> bool {
    !job.is_vast() && Found::of(&job.machine.func).is_any()
}

/// Puts operators of 128 bits in place of what computes the same by halves.
pub(super) fn run(optimizer: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let func = &mut job.machine.func;
    merge::merge(func);
    simplify(func);
    if !optimizer.context.isa_facts.quirks.wide_products_in_halves {
        pairs::join(func);
    }
    Ok(())
}

/// Puts operators for the halves of products, sums and differences in place of what computes the same.
pub(super) fn simplify(func: &mut Function) {
    let found = Found::of(func);
    let mut is_changed = false;
    if found.products >= PARTS || found.upper_halves > 0 {
        is_changed |= products::rewrite(func);
    }
    if is_changed || found.upper_halves > 0 {
        is_changed |= signs::rewrite(func);
        is_changed |= forward::forward(func);
    }
    if found.carries > 0 {
        is_changed |= carries::rewrite(func);
    }
    if is_changed {
        dead::remove(func);
    }
}

/// The numbers of instructions that wide arithmetic is made of.
#[derive(Default)]
struct Found {
    products: u32,
    upper_halves: u32,
    /// Truth values that become integers of 64 bits.
    carries: u32,
}

impl Found {
    fn of(func: &Function) -> Self {
        let mut found = Self::default();
        for inst in func.layout.blocks().flat_map(|block| func.layout.block_insts(block)) {
            let (count, value) = match func.dfg.insts[inst] {
                InstructionData::Binary { opcode: Opcode::Imul, args } => (&mut found.products, args[0]),
                InstructionData::Binary { opcode: Opcode::Umulhi, args } => (&mut found.upper_halves, args[0]),
                InstructionData::Unary { opcode: Opcode::Uextend, arg } if carries::is_truth(func, arg) => {
                    (&mut found.carries, func.dfg.first_result(inst))
                }
                _ => continue,
            };
            *count += u32::from(func.dfg.value_type(value) == types::I64);
        }
        found
    }

    fn is_any(&self) -> bool {
        self.products >= PARTS || self.upper_halves > 0 || self.carries > 0
    }
}
