//! The object file: the text with its relocations, and data under the contract's symbols for code and runtime.

use super::errors::module_error;
use super::exceptions;
use super::exports;
use super::gc;
use super::library::{self, LibraryFunctions};
use super::main::{self, MainFunction};
use super::names;
use super::records::bytes_of;
use super::sections::{Sections, data_symbol};
use super::{javascript, node, tables, values};
use crate::codegen::{self, Code, LINE_BYTES, Merged, Target};
use crate::debug_info;
use crate::error::{Error, Result, Stage};
use crate::memory;
use crate::plan::{ExceptionsPlan, FuncKind};
use crate::translate::{Context, names::Name};
use aot_abi::{libcalls, symbols};
use cranelift_codegen::ir;
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_module::{DataId, FuncId, Linkage, Module, ModuleReloc, ModuleRelocTarget, default_libcall_names};
use cranelift_object::{ObjectBuilder, ObjectModule};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

pub use super::tables::Stack;

/// A finished object file.
pub struct Object {
    /// The ELF file's bytes.
    pub bytes: Vec<u8>,
    /// The bytes of each kind of contents.
    pub sizes: Sizes,
    /// Debug information that had to be left out.
    pub warnings: Vec<String>,
}

/// Bytes of an object file by kind of contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Guest code with trampolines.
    pub text: u64,
    /// Initial contents of memories and passive segments.
    pub images: u64,
    /// Names of functions and address maps, for backtraces.
    pub names: u64,
    /// All other tables.
    pub tables: u64,
}

/// Place of the tables of functions, modules and names in an executable, which lie one behind the other. Nothing enforces what
/// it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameTables {
    /// Bytes from the beginning of the policy to the table of functions.
    pub distance: u64,
    /// Number of functions.
    pub functions: u64,
    /// Number of modules.
    pub modules: u64,
    /// Bytes of names.
    pub names: u64,
    /// Bytes of address maps.
    pub addresses: u64,
}

/// Contents of an object other than code.
pub struct Extras<'e> {
    /// Bytes of the policy section.
    pub policy: &'e [u8],
    /// Function that writes the note for `aot inspect`, given the sizes and where the names are.
    pub note: &'e dyn Fn(&Sizes, NameTables) -> String,
    /// Bytes of the guest's stack, without its guard.
    pub stack_bytes: u64,
    /// Largest page size of the target in bytes: the alignment of images that are moved.
    pub page_bytes_max: u64,
    /// The functions by which the program is entered from outside.
    pub entry_points: EntryPoints<'e>,
    /// The commands of a script, given the code.
    pub script: Option<&'e Commands<'e>>,
}

/// The functions by which a program is entered from outside.
pub enum EntryPoints<'e> {
    /// `main` of an executable.
    Main(MainFunction),
    /// The functions of a library.
    Library(LibraryFunctions<'e>),
}

/// A function that makes the commands of a script, given the code.
pub type Commands<'e> = dyn Fn(&Code) -> Result<Vec<u8>> + 'e;

/// The alignment of a script's text in bytes. Emulators translate code page by page, so that where it lies decides what a defect of theirs
/// hits: that must not follow from the runtime's size.
const SCRIPT_ALIGNMENT: u32 = 4096;

/// Writes the object file. It consumes the code to halve peak memory.
///
/// # Errors
/// The program is too large for the object format.
pub fn write(context: &Context<'_>, isa: OwnedTargetIsa, mut code: Code, extras: &Extras<'_>) -> Result<Object> {
    let builder = ObjectBuilder::new(isa, "aot", default_libcall_names()).map_err(module_error)?;
    let mut writer =
        Writer { context, module: ObjectModule::new(builder), funcs: HashMap::new(), data: BTreeMap::new() };
    writer.declare(&code)?;
    let first_alignment = if extras.script.is_some() { SCRIPT_ALIGNMENT } else { LINE_BYTES };
    writer.define_text(&mut code, first_alignment)?;
    let entry_point = match &extras.entry_points {
        EntryPoints::Main(main) => main::define(&mut writer.module, main)?,
        EntryPoints::Library(library) if library.is_addon => node::define(&mut writer.module, library)?,
        EntryPoints::Library(library) => library::define(&mut writer.module, library)?,
    };
    let (sections, sizes, warnings) = writer.finish(&code, extras, entry_point)?;
    drop(code);
    memory::release_freed();
    Ok(Object { bytes: sections.finish()?, sizes, warnings })
}

struct Writer<'w, 'a> {
    context: &'w Context<'a>,
    module: ObjectModule,
    funcs: HashMap<Name, FuncId>,
    data: BTreeMap<Name, DataId>,
}

impl Writer<'_, '_> {
    /// Declares the items in the order of the text, and then the symbols that code refers to.
    fn declare(&mut self, code: &Code) -> Result<()> {
        let signature = ir::Signature::new(CallConv::SystemV);
        for item in &code.items {
            let id = self.module.declare_anonymous_function(&signature).map_err(module_error)?;
            self.funcs.insert(item.item.name(), id);
        }
        for Merged { item, into } in &code.merged {
            self.funcs.insert(item.name(), self.funcs[&into.name()]);
        }
        for relocation in code.items.iter().flat_map(|item| &item.relocations) {
            if let Target::Name(name) = relocation.target {
                self.declare_name(name, &signature)?;
            }
        }
        Ok(())
    }

    fn declare_name(&mut self, name: Name, signature: &ir::Signature) -> Result<()> {
        if self.funcs.contains_key(&name) || self.data.contains_key(&name) {
            return Ok(());
        }
        if let Some(symbol) = self.imported_function(name) {
            let id = self.module.declare_function(&symbol, Linkage::Import, signature).map_err(module_error)?;
            self.funcs.insert(name, id);
            return Ok(());
        }
        // These symbols are defined after the code, when offsets are known; until then they count as imported.
        let symbol =
            data_symbol(name).ok_or_else(|| Error::defect(Stage::Object, format!("{name:?} wasn't compiled")))?;
        let id = self.module.declare_data(&symbol, Linkage::Import, false, false).map_err(module_error)?;
        self.data.insert(name, id);
        Ok(())
    }

    /// Returns the symbol of a function of the runtime, or `None` if `name` is not one.
    fn imported_function(&self, name: Name) -> Option<String> {
        match name {
            Name::Libcall(index) => Some(libcalls::ALL[index as usize].symbol.to_string()),
            Name::Host(func) => self.context.plan.functions[func].kind.symbol().map(str::to_string),
            _ => None,
        }
    }

    /// Moves machine code and relocations into the object. Debug information still reads the code's addresses.
    fn define_text(&mut self, code: &mut Code, first_alignment: u32) -> Result<()> {
        let ends: Vec<u64> = code.items.iter().skip(1).map(|item| item.offset).chain([code.bytes]).collect();
        let mut bytes = Vec::new();
        for (item, end) in code.items.iter_mut().zip(ends) {
            let id = self.funcs[&item.item.name()];
            let relocations: Vec<ModuleReloc> =
                item.relocations.iter().map(|relocation| self.relocation(id, relocation)).collect();
            // The item includes the padding before the next one, so that the next one begins at its offset.
            bytes.clear();
            bytes.extend_from_slice(&item.bytes);
            bytes.resize((end - item.offset) as usize, 0);
            let alignment = if item.offset == 0 { first_alignment } else { item.alignment };
            self.module.define_function_bytes(id, u64::from(alignment), &bytes, &relocations).map_err(module_error)?;
            item.relocations = Vec::new();
            if !self.context.debug {
                item.bytes = Vec::new();
            }
        }
        Ok(())
    }

    fn relocation(&self, own: FuncId, relocation: &codegen::Relocation) -> ModuleReloc {
        let name = match relocation.target {
            Target::Own(offset) => ModuleRelocTarget::FunctionOffset(own, offset),
            Target::Libcall(libcall) => ModuleRelocTarget::LibCall(libcall),
            Target::Name(name) => match self.funcs.get(&name) {
                Some(func) => ModuleRelocTarget::user(0, func.as_u32()),
                None => ModuleRelocTarget::user(1, self.data[&name].as_u32()),
            },
        };
        ModuleReloc { offset: relocation.offset, kind: relocation.kind, name, addend: relocation.addend }
    }

    /// All sections, the bytes of each kind of contents, and warnings.
    fn finish(self, code: &Code, extras: &Extras<'_>, entry_point: FuncId) -> Result<(Sections, Sizes, Vec<String>)> {
        let Self { context, module, data, funcs } = self;
        let mut sections = Sections::new(module.finish(), code, &funcs, &data, entry_point)?;
        let (plan, types) = (context.plan, &context.program.types);
        let mut names = names::build(context, code);
        let (images, runs) = tables::images(plan);
        let stack = Stack { bytes: extras.stack_bytes };
        let program = tables::head(plan, code, &names, runs.count(), stack)?;
        let (functions, modules) = tables::function_tables(&names);
        let (trap_offsets, trap_codes) = tables::traps(code);
        let (element_segments, elements) = tables::element_segments(plan);
        let passive = passive_data(context);
        // The collector reads the exception tables too, even if the program has no exceptions.
        let no_exceptions = plan.heap.as_ref().map(|_| ExceptionsPlan::NONE);
        let exceptions = plan.exceptions.as_ref().or(no_exceptions.as_ref());
        let exceptions = exceptions.map(|exceptions| exceptions::tables(plan, exceptions, code, &mut names));
        let sizes = Sizes {
            text: code.bytes,
            images: (images.len() + passive.len()) as u64,
            names: (names.names.len() + names.addresses.len() + functions.len() + modules.len()) as u64,
            tables: 0,
        };
        let before = sections.read_only_bytes();
        sections.read_only(symbols::PROGRAM, &program, 8);
        sections.read_only(symbols::MEMORIES, &tables::memories(plan), 8);
        sections.read_only(symbols::TABLES, &tables::tables(plan), 8);
        sections.read_only(symbols::SPANS, &tables::spans(plan), 8);
        sections.read_only(symbols::RUNS, &runs.into_bytes(), 8);
        sections.read_only(symbols::DATA_SEGMENTS, &tables::data_segments(plan), 8);
        sections.read_only(symbols::ELEMENT_SEGMENTS, &element_segments, 8);
        sections.read_only(symbols::ELEMENTS, &elements, 4);
        sections.read_only(symbols::FUNC_RECORDS, &tables::func_records(types, plan, code)?, 16);
        sections.read_only(symbols::RESOURCE_TABLES, &tables::resource_tables(plan), 4);
        sections.read_only(symbols::TRAP_OFFSETS, &trap_offsets, 4);
        sections.read_only(symbols::TRAP_CODES, &trap_codes, 1);
        let policy = sections.read_only(symbols::POLICY, extras.policy, 4);
        let heap = plan.heap.as_ref().map(|heap| gc::tables(types, plan, heap, code));
        for (symbol, bytes, alignment) in exceptions.into_iter().chain(heap).flatten() {
            sections.read_only(symbol, &bytes, alignment);
        }
        if let Some(func) = plan.thread_start {
            sections.read_only(symbols::THREAD_START, &bytes_of(&tables::thread_start(plan, code, func)?), 8);
        }
        if let Some(concurrency) = &plan.concurrency {
            for (symbol, bytes, alignment) in exports::concurrency(plan, concurrency, code)? {
                sections.read_only(symbol, &bytes, alignment);
            }
        }
        if let EntryPoints::Library(library) = &extras.entry_points {
            let interface = library.interface;
            let names = if library.is_addon { javascript::tables(interface) } else { Vec::new() };
            let tables = values::tables(plan, interface, code, library.limits)?;
            for (symbol, bytes, alignment) in tables.into_iter().chain(names) {
                sections.read_only(symbol, &bytes, alignment);
            }
        } else if let Some(exports) = &plan.exports {
            for (symbol, bytes, alignment) in exports::tables(plan, exports, code)? {
                sections.read_only(symbol, &bytes, alignment);
            }
        }
        if let Some(script) = extras.script {
            sections.read_only(symbols::SCRIPT, &script(code)?, 8);
        }
        let read_only_tables = tables::read_only_tables(types, plan, code)?;
        for name in data.keys() {
            let symbol = data_symbol(*name).unwrap_or_default();
            match name {
                Name::ReadOnlyTables => _ = sections.read_only(&symbol, &read_only_tables, 16),
                Name::Options(options) => {
                    let options = tables::call_options(plan, code, &plan.options[*options])?;
                    sections.read_only(&symbol, &bytes_of(&options), 8);
                }
                Name::MissingName(func) => {
                    if let FuncKind::Missing { name } = &plan.functions[*func].kind {
                        sections.read_only(&symbol, name.as_bytes(), 1);
                    }
                }
                _ => {}
            }
        }
        let sizes = Sizes { tables: sections.read_only_bytes() - before, ..sizes };
        let place = sections.read_only(symbols::FUNCTIONS, &functions, 4);
        sections.read_only(symbols::MODULES, &modules, 4);
        sections.read_only(symbols::NAMES, &names.names, 1);
        sections.read_only(symbols::ADDRESSES, &names.addresses, 1);
        sections.read_only(symbols::DATA, &passive, 16);
        sections.images(&images, if tables::moves_images(plan) { extras.page_bytes_max } else { 16 });
        let place = NameTables {
            distance: place - policy,
            functions: names.functions.len() as u64,
            modules: names.modules.len() as u64,
            names: names.names.len() as u64,
            addresses: names.addresses.len() as u64,
        };
        sections.note(&(extras.note)(&sizes, place));
        let mut warnings = Vec::new();
        if context.debug {
            let debug = debug_info::build(context, code);
            sections.debug(context, code, &funcs, debug.sections)?;
            warnings = debug.warnings;
        }
        Ok((sections, sizes, warnings))
    }
}

/// Returns the bytes of passive segments, at the plan's offsets.
fn passive_data(context: &Context<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for data in context.plan.data.values() {
        let module = context.plan.instances[data.instance].module;
        bytes.extend_from_slice(context.program.modules[module].data[data.data].bytes);
    }
    bytes
}
