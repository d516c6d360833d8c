//! The printer of the stage's product, for `--emit plan` and the golden tests.

use super::program::{
    Computation, DataCopy, ElementCopy, Entered, ExceptionsPlan, FuncId, FuncKind, GlobalPlace, HeapPlan, MemoryId,
    OptionsId, ProgramPlan, StartStep, TablePlace,
};
use crate::decode::{BuiltinCall, Program};
use std::fmt::Write;

impl ProgramPlan {
    /// The plan as text.
    pub fn display(&self, program: &Program<'_>) -> String {
        let mut out = String::new();
        // Writing to a string can't fail.
        let _ = self.write(&mut out, program);
        out
    }

    fn write(&self, out: &mut String, program: &Program<'_>) -> std::fmt::Result {
        writeln!(out, "slab: {:#x} bytes", self.slab.bytes)?;
        for (id, group) in &self.groups {
            write!(out, "{id}: vmctx {:#x}, {} bytes of globals", group.vmctx, group.globals_bytes)?;
            match group.memory {
                Some(memory) => writeln!(out, ", {memory}")?,
                None => writeln!(out, ", no memory")?,
            }
        }
        for (id, instance) in &self.instances {
            let name = program.modules[instance.module].name.as_deref().unwrap_or("(no name)");
            writeln!(out, "{id}: {} {name} in {}", instance.module, instance.group)?;
        }
        for (id, memory) in &self.memories {
            let grows = if memory.grows { ", grows" } else { "" };
            writeln!(out, "{id}: at {:#x}, {} to {} bytes{grows}", memory.base, memory.bytes_min, memory.bytes_max)?;
        }
        self.write_tables(out)?;
        self.write_globals(out)?;
        self.write_exceptions(out)?;
        self.write_functions(out, program)?;
        for (id, data) in &self.data {
            writeln!(out, "{id}: {} of {}, {} bytes", data.data, data.instance, data.bytes)?;
        }
        for (id, element) in &self.elements {
            writeln!(out, "{id}: {} of {}, {} elements", element.element, element.instance, element.values.len())?;
        }
        self.write_start(out)?;
        for run in &self.images.runs {
            writeln!(out, "image: {} bytes at {:#x}", run.bytes.len(), run.destination)?;
        }
        for warning in &self.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        Ok(())
    }

    fn write_tables(&self, out: &mut String) -> std::fmt::Result {
        for (id, table) in &self.tables {
            write!(out, "{id}: {} to {} elements, ", table.elements_min, table.elements_max)?;
            match table.place {
                TablePlace::Dropped => writeln!(out, "dropped")?,
                TablePlace::ReadOnly { offset, form } => {
                    writeln!(out, "read-only at {offset:#x} as {form:?}, uniform {:?}", table.uniform)?;
                }
                TablePlace::Slab { base } => writeln!(out, "slab at {base:#x}")?,
            }
        }
        Ok(())
    }

    fn write_globals(&self, out: &mut String) -> std::fmt::Result {
        for (id, global) in &self.globals {
            write!(out, "{id}: {:?} = {:?}, ", global.ty.value, global.initial)?;
            match global.place {
                GlobalPlace::Dropped => writeln!(out, "dropped")?,
                GlobalPlace::Constant => writeln!(out, "constant")?,
                GlobalPlace::Slab { offset } => writeln!(out, "slab at {offset:#x}, {} uses", global.uses)?,
                GlobalPlace::InstanceFlags { offset } => writeln!(out, "instance flags at {offset:#x}")?,
            }
        }
        Ok(())
    }

    fn write_exceptions(&self, out: &mut String) -> std::fmt::Result {
        for (id, tag) in &self.tags {
            writeln!(out, "{id}: {} {}", tag.ty, tag.name)?;
        }
        if let Some(exceptions) = &self.exceptions {
            let ExceptionsPlan { base, slots, slot_log2 } = exceptions;
            writeln!(out, "exceptions: slab at {base:#x}, {slots} of {} bytes", 1_u64 << slot_log2)?;
        }
        if let Some(HeapPlan { base, bytes, .. }) = &self.heap {
            writeln!(out, "heap: slab at {base:#x}, {bytes:#x} bytes")?;
        }
        Ok(())
    }

    fn write_functions(&self, out: &mut String, program: &Program<'_>) -> std::fmt::Result {
        for (id, func) in &self.functions {
            write!(out, "{id}: {} in {}: ", func.ty, func.group)?;
            match &func.kind {
                FuncKind::Wasm { instance, func } => {
                    let module = &program.modules[self.instances[*instance].module];
                    writeln!(out, "{instance} function {}", module.display_function(*func))?;
                }
                FuncKind::Host { symbol, options } => writeln!(out, "host {symbol} with {options}")?,
                FuncKind::Missing { name } => writeln!(out, "missing {name}")?,
                FuncKind::Builtin(call) => writeln!(out, "{}", display_builtin(call))?,
                FuncKind::AdapterTrap => writeln!(out, "trap of an adapter")?,
                FuncKind::Context { slot, is_set: false } => writeln!(out, "context slot {slot}")?,
                FuncKind::Context { slot, is_set: true } => writeln!(out, "write of context slot {slot}")?,
                FuncKind::Enter(Entered { func, start, .. }) => writeln!(out, "enter {func} behind start {start}")?,
            }
        }
        for (id, record) in self.records.iter().skip(1) {
            if let Some(func) = record {
                writeln!(out, "{id}: {func}")?;
            }
        }
        Ok(())
    }

    fn write_start(&self, out: &mut String) -> std::fmt::Result {
        for (index, start) in self.starts.iter().enumerate() {
            writeln!(out, "start {index}:")?;
            for step in &start.steps {
                match step {
                    StartStep::Elements(ElementCopy { table, offset, segment }) => {
                        writeln!(out, "  copy {segment} to {table} at {offset}")?;
                    }
                    StartStep::Data(DataCopy { memory, offset, segment }) => {
                        writeln!(out, "  copy {segment} to {memory} at {offset}")?;
                    }
                    StartStep::Global { global, computation } => {
                        writeln!(out, "  {global} = {:?} of {}", computation.expr, computation.instance)?;
                    }
                    StartStep::Fill { table, computation } => {
                        writeln!(out, "  fill {table} with {:?} of {}", computation.expr, computation.instance)?;
                    }
                    StartStep::Element { segment, index, computation } => {
                        let Computation { instance, expr } = computation;
                        match self.elements[*segment].table {
                            Some(table) => writeln!(out, "  {table}[{index}] = {expr:?} of {instance}")?,
                            None => writeln!(out, "  {segment}[{index}] = {expr:?} of {instance}")?,
                        }
                    }
                    StartStep::Call(func) => writeln!(out, "  call {func}")?,
                    StartStep::Trap(trap) => writeln!(out, "  trap: {}", trap.message())?,
                }
            }
        }
        match &self.main {
            None => Ok(()),
            Some(main) if main.export.interface.is_empty() => writeln!(out, "main: {}", main.func),
            Some(main) => writeln!(out, "main: {} {}", main.export.function, main.func),
        }
    }
}

/// A call of a function of the runtime, with what the program gives it.
fn display_builtin(call: &BuiltinCall<MemoryId, FuncId, OptionsId>) -> String {
    let BuiltinCall { builtin, constants, memories, references, options, destructor } = call;
    let mut text = builtin.symbol.to_string();
    if !constants.is_empty() {
        text += &format!(" {constants:?}");
    }
    if !memories.is_empty() {
        text += &format!(" in {memories:?}");
    }
    if let Some(options) = options {
        text += &format!(" with {options}");
    }
    for func in references.iter().flatten() {
        text += &format!(", may enter {func}");
    }
    if let Some(destructor) = destructor {
        text += &format!(", then {destructor}");
    }
    text
}
