//! The counters of a program that writes a profile.

use super::file::table;
use super::keys::{Key, name_hash};
use super::shape::{Shape, class};
use crate::decode::{FuncIndex, Module, ModuleIndex, Program};
use crate::error::{Error, Result, Stage};
use crate::plan::{ConstValue, FuncId, FuncKind, ProgramPlan, TableId, TablePlace};
use aot_abi::profile::Section;
use aot_abi::record::Record;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// A function of a module, of which a program can have several instances.
pub(super) type Function = (ModuleIndex, FuncIndex);

/// The counters of a program.
#[derive(Debug, Default)]
pub struct Instruments {
    /// The shape of each function, and the number of counters before its own.
    shapes: HashMap<Function, (u32, Shape)>,
    /// The classes of the elements of each read-only table: where they begin in the bytes.
    classes: (HashMap<TableId, u64>, Vec<u8>),
    /// The profile up to its counters.
    table: Vec<u8>,
    /// Number of counters.
    counters: u32,
}

impl Instruments {
    /// Gives each function of the plan its counters.
    ///
    /// # Errors
    /// There are too many.
    pub fn new(program: &Program<'_>, plan: &ProgramPlan) -> Result<Self> {
        let functions = functions(program, plan)?;
        let mut instruments = Self::default();
        let keys: Vec<(Key, u32)> = functions.iter().map(|(_, key, shape)| (*key, shape.counters)).collect();
        instruments.table = table(&keys);
        for (function, _, shape) in functions {
            let first = instruments.counters;
            let too_many = || {
                Error::input(Stage::Plan, "the program has too many branches to count", "leave out --profile-generate")
            };
            instruments.counters = first.checked_add(shape.counters).ok_or_else(too_many)?;
            instruments.shapes.insert(function, (first, shape));
        }
        for (table, table_plan) in &plan.tables {
            if matches!(table_plan.place, TablePlace::ReadOnly { .. }) {
                let (starts, classes) = &mut instruments.classes;
                starts.insert(table, classes.len() as u64);
                let end = classes.len() + table_plan.elements_min as usize;
                let shapes = &instruments.shapes;
                classes.extend(table_plan.elements.iter().map(|element| class_of(plan, shapes, element)));
                classes.resize(end, 0);
            }
        }
        Ok(instruments)
    }

    /// The offset of the classes of a table's elements, if the table is read-only.
    pub fn classes_of(&self, table: TableId) -> Option<u64> {
        self.classes.0.get(&table).copied()
    }

    /// The classes of the elements of all read-only tables, a byte each.
    pub fn classes(&self) -> &[u8] {
        &self.classes.1
    }

    /// The number of counters before those of a function, and its shape.
    pub fn shape(&self, module: ModuleIndex, func: FuncIndex) -> Option<(u32, &Shape)> {
        self.shapes.get(&(module, func)).map(|(first, shape)| (*first, shape))
    }

    /// The number of counters.
    pub fn counters(&self) -> u32 {
        self.counters
    }

    /// Returns the section with which the executable writes its profile to `path`.
    pub fn section(&self, path: &str) -> Vec<u8> {
        let head =
            Section { path_bytes: path.len() as u32, table_bytes: self.table.len() as u32, counters: self.counters };
        let mut bytes = vec![0; Section::BYTES];
        head.write(&mut bytes);
        bytes.extend_from_slice(path.as_bytes());
        bytes.extend_from_slice(&self.table);
        bytes
    }
}

/// The class of an element of a table; that of null, which isn't called, is any.
fn class_of(plan: &ProgramPlan, shapes: &HashMap<Function, (u32, Shape)>, element: &ConstValue) -> u8 {
    let ConstValue::Func(record) = element else { return 0 };
    let function = plan.records[*record].and_then(|func| function_of(plan, func));
    let shape = function.and_then(|function| shapes.get(&function));
    shape.map_or(0, |(_, shape)| class(shape.structure))
}

/// The function of a module that a function of the plan is, if it is one of wasm.
pub(super) fn function_of(plan: &ProgramPlan, func: FuncId) -> Option<Function> {
    match plan.functions[func].kind {
        FuncKind::Wasm { instance, func } => Some((plan.instances[instance].module, func)),
        _ => None,
    }
}

/// The functions of wasm in a plan, each once and in their order, with their keys and shapes.
pub(super) fn functions(program: &Program<'_>, plan: &ProgramPlan) -> Result<Vec<(Function, Key, Shape)>> {
    let functions: BTreeSet<Function> = plan.functions.keys().filter_map(|func| function_of(plan, func)).collect();
    let functions: Vec<Function> = functions.into_iter().collect();
    let read = |&(module, func): &Function| {
        let shape = shape(&program.modules[module], func)?;
        let name = program.modules[module].function_names.get(&func).copied();
        Ok(((module, func), Key { structure: shape.structure, name: name_hash(name) }, shape))
    };
    functions.par_iter().map(read).collect()
}

fn shape(module: &Module<'_>, func: FuncIndex) -> Result<Shape> {
    let body = module.body(func).ok_or_else(|| Error::defect(Stage::Plan, "an import has no body"))?;
    Shape::of(&body.reader).map_err(malformed)
}

/// Makes an error of the parser, which has read the body before.
pub(super) fn malformed(error: wasmparser::BinaryReaderError) -> Error {
    Error::defect(Stage::Plan, error.message()).at(error.offset() as u64)
}
