//! Machine code of an instance's functions: their place in the text, the wasm that each code range comes from, and the
//! places of locals.

use super::source::Source;
use crate::codegen::{Code, CompiledItem, Label};
use crate::decode::{self, FuncIndex, Module};
use crate::isa::DwarfRegisters;
use crate::plan::{FuncKind, GlobalPlace, InstanceId};
use crate::translate::{Context, TextItem};
use cranelift_entity::EntityRef;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// An instance of a core module.
pub(super) struct Instance<'a> {
    /// Compiled functions by their index in the module.
    pub functions: BTreeMap<FuncIndex, Function<'a>>,
    /// Slab offset of byte 0 of memory 0, if there is one.
    pub memory: Option<u64>,
    /// Slab offsets of the globals that have one, by index.
    pub globals: HashMap<u32, u64>,
    /// DWARF register numbers of the instruction set.
    pub registers: &'static DwarfRegisters,
    module: &'a Module<'a>,
}

/// A compiled function.
pub(super) struct Function<'a> {
    /// Offset of the function in the text, in bytes.
    pub start: u64,
    /// Bytes of the function's code.
    pub bytes: u64,
    /// Code ranges as offsets in the function, each with the input offsets that it comes from: those in this instance,
    /// from the innermost inlined function to the function itself.
    pub pieces: Vec<(Range<u32>, Vec<u64>)>,
    /// Places of locals for code ranges.
    pub labels: &'a [Label],
}

impl<'a> Instance<'a> {
    /// Collects the compiled functions of instance `id`.
    pub fn new(context: &Context<'a>, code: &'a Code, id: InstanceId) -> Self {
        let plan = &context.plan.instances[id];
        let own = |func| match context.plan.functions[func].kind {
            FuncKind::Wasm { instance, func } => (instance == id).then_some(func),
            _ => None,
        };
        let mut functions = BTreeMap::new();
        for item in &code.items {
            if let TextItem::Func(func) = item.item
                && let Some(index) = own(func)
            {
                functions.insert(index, Function::new(item, &|func| own(func).is_some()));
            }
        }
        let globals = plan.globals.iter().filter_map(|(index, global)| match context.plan.globals[*global].place {
            GlobalPlace::Slab { offset } => Some((index.index() as u32, offset)),
            _ => None,
        });
        Self {
            functions,
            memory: plan.memories.values().next().map(|memory| context.plan.memories[*memory].base),
            globals: globals.collect(),
            registers: &context.isa_facts.registers,
            module: &context.program.modules[plan.module],
        }
    }

    /// Returns a function's name as its source spells it, from the module's name section.
    pub fn function_name(&self, func: FuncIndex) -> String {
        let name = self.module.function_names.get(&func).map(|name| decode::demangle(name));
        name.unwrap_or_else(|| format!("function {}", func.index())).replace('\0', "")
    }
}

impl<'a> Function<'a> {
    fn new(item: &'a CompiledItem, is_own: &dyn Fn(crate::plan::FuncId) -> bool) -> Self {
        let debug = item.debug.as_ref();
        let pieces = debug.map(|debug| debug.pieces.as_slice()).unwrap_or_default();
        let pieces = pieces.iter().map(|(range, location)| {
            let (inlined, own) = item.locations.frames(*location);
            let inlined = inlined.into_iter().filter(|(func, _)| is_own(*func)).map(|(_, offset)| u64::from(offset));
            (range.clone(), inlined.chain([u64::from(own)]).collect())
        });
        Self {
            start: item.offset,
            bytes: item.bytes.len() as u64,
            pieces: pieces.collect(),
            labels: debug.map(|debug| debug.labels.as_slice()).unwrap_or_default(),
        }
    }

    /// Returns the code that comes from a range of the function's own wasm, as offsets in the function; adjacent ranges
    /// are joined.
    pub fn code_of(&self, source: &Source<'_>, wasm: &Range<u64>) -> Vec<Range<u32>> {
        let mut found: Vec<Range<u32>> = Vec::new();
        for (range, origins) in &self.pieces {
            let own = origins.last().and_then(|own| own.checked_sub(source.code_start));
            if range.is_empty() || !own.is_some_and(|own| wasm.contains(&own)) {
                continue;
            }
            match found.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => found.push(range.clone()),
            }
        }
        found
    }
}
