//! Start-up functions: the steps of instantiation that could not be resolved at compile time, as straight-line code.

use super::code::{Code, build};
use super::context::{Context, Scratch, defect};
use super::function;
use super::item::START_VMCTX;
use super::names::Name;
use super::region::Region;
use super::storage::ELEMENT_BYTES;
use super::types::start_signature;
use crate::error::Result;
use crate::plan::{DataCopy, ElementCopy, GlobalPlace, StartStep};
use aot_abi::libcalls::{MEMORY_COPY, TABLE_FILL};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, Value};

/// The start-up function with this index in the plan.
pub(super) fn translate(context: &Context<'_>, start: u32, scratch: &mut Scratch) -> Result<Function> {
    let steps = &context.plan.starts[start as usize].steps;
    build(context, Name::Start(start), start_signature(), START_VMCTX, scratch, |code| {
        for step in steps {
            if let StartStep::Trap(trap) = step {
                code.trap(*trap);
                return Ok(());
            }
            translate_step(code, step)?;
        }
        code.ins().return_(&[]);
        Ok(())
    })
}

fn translate_step(code: &mut Code<'_, '_>, step: &StartStep) -> Result<()> {
    match *step {
        StartStep::Global { global, ref computation } => {
            let value = function::evaluate(code, computation)?;
            let GlobalPlace::Slab { offset } = code.context.plan.globals[global].place else {
                return Err(defect(format!("{global} has no place, and start-up makes its value")));
            };
            let region = code.context.global_region(global);
            code.store_slab(value, offset, region);
        }
        StartStep::Fill { table, ref computation } => {
            let value = function::evaluate(code, computation)?;
            let first = code.table_pointer(table)?;
            let count = code.i64(code.context.plan.tables[table].elements_min);
            code.call_libcall(&TABLE_FILL, &[first, value, count]);
        }
        StartStep::Element { segment, index, ref computation } => {
            let table = code.context.plan.elements[segment].table;
            let table =
                table.ok_or_else(|| defect(format!("{segment} has no table, and start-up makes elements of it")))?;
            let value = function::evaluate(code, computation)?;
            let first = code.table_pointer(table)?;
            let element = code.add(first, (ELEMENT_BYTES * index) as i64);
            let flags = code.trusted(Region::Table(table));
            code.ins().store(flags, value, element, 0);
        }
        StartStep::Elements(ElementCopy { table, offset, segment }) => {
            let count = code.context.plan.elements[segment].values.len() as u64;
            let length = code.table_length(table);
            check_end(code, offset.saturating_add(count), length, Trap::TableOutOfBounds);
            let source = code.segment_pointer(segment)?;
            let table = code.table_pointer(table)?;
            copy(code, table, ELEMENT_BYTES.wrapping_mul(offset), source, ELEMENT_BYTES * count);
        }
        StartStep::Data(DataCopy { memory, offset, segment }) => {
            let segment = &code.context.plan.data[segment];
            let length = code.memory_length(memory);
            check_end(code, offset.saturating_add(segment.bytes), length, Trap::MemoryOutOfBounds);
            let source = code.symbol(Name::Data, segment.offset);
            let memory = code.memory_pointer(memory);
            copy(code, memory, offset, source, segment.bytes);
        }
        StartStep::Call(func) => {
            code.call(func, &[]);
        }
        StartStep::Trap(trap) => code.trap(trap),
    }
    Ok(())
}

/// Traps if `end` is past `length`.
fn check_end(code: &mut Code<'_, '_>, end: u64, length: Value, trap: Trap) {
    let end = code.i64(end);
    let beyond = code.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
    code.trap_if(beyond, trap);
}

/// Copies `bytes` to `destination + offset`.
fn copy(code: &mut Code<'_, '_>, destination: Value, offset: u64, source: Value, bytes: u64) {
    let destination = code.add(destination, offset as i64);
    let bytes = code.i64(bytes);
    code.call_libcall(&MEMORY_COPY, &[destination, source, bytes]);
}
