//! Stage 5 of 7: code generation. CLIF becomes machine code, item by item, and the items form one text.

mod code;
mod convert;
mod debug_item;
mod lay_out;
mod merge;
mod order;
mod placement;
mod short_jumps;

pub use code::{Code, CompiledItem, HandledCall, Merged, Relocation, StackMaps, Target};
pub use debug_item::{DebugItem, Label, Place};
pub use lay_out::lay_out;
pub use placement::LINE_BYTES;

use crate::error::{Result, Stage};
use crate::isa::Isas;
use crate::optimize::{Job, cranelift_error};
use crate::translate::Context;
use cranelift_codegen::{CodegenError, CompiledCode};
use cranelift_control::ControlPlane;
use placement::{Costs, START_BYTES};

/// Generates the machine code of one item. `registers` holds buffers that the items of one thread reuse.
///
/// # Errors
/// A function is too large for Cranelift.
pub fn generate(
    context: &Context<'_>,
    isas: &Isas,
    mut job: Job,
    registers: &mut regalloc2::Ctx,
) -> Result<(CompiledItem, cranelift_codegen::Context)> {
    job.prepare(isas).map_err(|error| cranelift_error(context, Stage::Codegen, job.item, &error))?;
    let is_vast = job.is_vast();
    let Job { item, machine, locations, .. } = job;
    let compiled = compile(isas, is_vast, &machine, registers)
        .map_err(|error| cranelift_error(context, Stage::Codegen, item, &error))?;
    let relocations = compiled.buffer.relocs().iter().map(|reloc| convert::relocation(reloc, &machine.func));
    let mut generated = CompiledItem {
        item,
        offset: 0,
        relocations: relocations.collect::<Result<_>>()?,
        traps: convert::traps(&compiled.buffer),
        handled_calls: convert::handled_calls(&compiled.buffer)?,
        stack_maps: convert::stack_maps(&compiled.buffer),
        addresses: convert::addresses(&compiled.buffer),
        locations,
        debug: context.debug.then(|| DebugItem::new(item, &compiled.buffer, &compiled.value_labels_ranges)),
        alignment: if context.is_for_size() { compiled.buffer.alignment } else { START_BYTES },
        costs: Costs::of(&compiled),
        bytes: compiled.buffer.data().to_vec(),
    };
    if let Some(decode) = context.isa_facts.decode
        && context.is_for_size()
        && !context.debug
    {
        short_jumps::shorten(&mut generated, decode, &compiled.bb_starts);
    }
    Ok((generated, machine))
}

/// Compiles a function, once more if its short jumps have made it wrong.
///
/// # Errors
/// Jumps that aren't short have made it wrong too, which takes a function of a megabyte whose branches all lead beyond its end.
fn compile(
    isas: &Isas,
    is_vast: bool,
    machine: &cranelift_codegen::Context,
    registers: &mut regalloc2::Ctx,
) -> std::result::Result<CompiledCode, CodegenError> {
    let once = |isas: &Isas, registers: &mut regalloc2::Ctx| {
        let isa = if is_vast { &isas.single_pass } else { &isas.main };
        // Not `Context::compile`, which would optimise once more.
        isa.compile_function(&machine.func, &machine.domtree, registers, false, &mut ControlPlane::default())
    };
    let mut compiled = once(isas, registers)?;
    if let Some((quirk, far)) = &isas.far
        && (quirk.overwrite)(compiled.buffer.data())
    {
        compiled = once(far, registers)?;
        if (quirk.overwrite)(compiled.buffer.data()) {
            return Err(CodegenError::CodeTooLarge);
        }
    }
    Ok(compiled.apply_params(&machine.func.params))
}
