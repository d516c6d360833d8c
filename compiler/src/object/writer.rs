//! The object file: the text with its relocations, and data under the contract's symbols for code and runtime.

use super::exceptions;
use super::exports;
use super::gc;
use super::names;
use super::records::{bytes_of, words};
use super::tables;
use crate::codegen::{self, Code, LINE_BYTES, START_BYTES, Target};
use crate::debug_info::{self, AddressOf, DebugSection};
use crate::error::{Error, Result, Stage};
use crate::memory;
use crate::plan::{ExceptionsPlan, FuncKind};
use crate::translate::{Context, names::Name};
use aot_abi::{libcalls, parts, symbols};
use cranelift_codegen::Context as MachineContext;
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, StackSlotData, StackSlotKind, types::I32, types::I64};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_module::{DataId, FuncId, Linkage, Module, ModuleReloc, ModuleRelocTarget, default_libcall_names};
use cranelift_object::object::write::{Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use cranelift_object::object::{
    RelocationEncoding, RelocationFlags, RelocationKind, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};
use cranelift_object::{ObjectBuilder, ObjectModule, ObjectProduct};
use std::collections::{BTreeMap, HashMap};

pub use super::tables::Stack;

/// A finished object file.
pub struct Object {
    /// The ELF file's bytes.
    pub bytes: Vec<u8>,
    /// Bytes by kind of contents.
    pub sizes: Sizes,
    /// Warnings about debug information that was left out.
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

/// Contents of an object other than code.
pub struct Extras<'e> {
    /// Bytes of the policy section.
    pub policy: &'e [u8],
    /// Function that writes the note for `aot inspect`, given the sizes.
    pub note: &'e dyn Fn(&Sizes) -> String,
    /// Bytes of the guest's stack, without its guard.
    pub stack_bytes: u64,
    /// Largest page size of the target in bytes: the alignment of images that are moved.
    pub page_bytes_max: u64,
    /// CPU features to check at start, as a set of `aot_abi::cpu` numbers.
    pub cpu_features: u64,
    /// Name of the runtime's main function: one of `symbols::MAIN_…`.
    pub main: &'static str,
    /// Parts of the runtime that the program needs, indexed as in `aot_abi::parts`.
    pub parts: [Option<&'static str>; parts::COUNT],
    /// Function that writes the commands of a script, given the code.
    pub script: Option<&'e dyn Fn(&Code) -> Result<Vec<u8>>>,
}

/// Writes the object file. It consumes the code to halve peak memory.
///
/// # Errors
/// The program is too large for the object format.
pub fn write(context: &Context<'_>, isa: OwnedTargetIsa, mut code: Code, extras: &Extras<'_>) -> Result<Object> {
    let builder = ObjectBuilder::new(isa, "aot", default_libcall_names()).map_err(module_error)?;
    let mut writer =
        Writer { context, module: ObjectModule::new(builder), funcs: HashMap::new(), data: BTreeMap::new() };
    writer.declare(&code)?;
    writer.define_text(&mut code)?;
    let main = writer.define_main(extras)?;
    let (sections, sizes, warnings) = writer.finish(&code, extras, main)?;
    drop(code);
    memory::release_freed();
    Ok(Object { bytes: sections.finish()?, sizes, warnings })
}

fn module_error(error: cranelift_module::ModuleError) -> Error {
    Error::defect(Stage::Object, format!("the object can't be written: {error}"))
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
            Name::Host(func) => match &self.context.plan.functions[func].kind {
                FuncKind::Host { symbol, .. } => Some(symbol.clone()),
                FuncKind::Builtin { builtin, .. } | FuncKind::Transcode { builtin, .. } => {
                    Some(builtin.symbol.to_string())
                }
                FuncKind::Drop { .. } => Some(aot_abi::component::RESOURCE_DROP.symbol.to_string()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Moves machine code and relocations into the object. Debug information still reads the code's addresses.
    fn define_text(&mut self, code: &mut Code) -> Result<()> {
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
            let alignment = if item.offset == 0 { LINE_BYTES } else { START_BYTES };
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

    /// Defines `main`, which calls the runtime's main function with the addresses of the parts that the program needs;
    /// these references decide what the linker takes. `main` also passes the address of the version symbol, so that a
    /// runtime of another version is a link error. If code needs more than the baseline CPU, the check comes first.
    fn define_main(&mut self, extras: &Extras<'_>) -> Result<FuncId> {
        let mut signature = ir::Signature::new(CallConv::SystemV);
        signature.params.extend([AbiParam::new(I32), AbiParam::new(I64), AbiParam::new(I64)]);
        signature.returns.push(AbiParam::new(I32));
        let mut inner = signature.clone();
        inner.params.extend([AbiParam::new(I64), AbiParam::new(I64)]);
        let main = self.module.declare_function(symbols::MAIN, Linkage::Export, &signature).map_err(module_error)?;
        let entry = self.module.declare_function(extras.main, Linkage::Import, &inner).map_err(module_error)?;
        let version =
            self.module.declare_data(symbols::VERSION, Linkage::Import, false, false).map_err(module_error)?;
        let mut context = MachineContext::new();
        context.func.signature = signature;
        let mut builder_context = FunctionBuilderContext::new();
        let mut builder = FunctionBuilder::new(&mut context.func, &mut builder_context);
        let block = builder.create_block();
        builder.append_block_params_for_function_params(block);
        builder.switch_to_block(block);
        builder.seal_all_blocks();
        if extras.cpu_features != 0 {
            let mut signature = ir::Signature::new(CallConv::SystemV);
            signature.params.push(AbiParam::new(I64));
            let check = self.module.declare_function(symbols::REQUIRE_CPU, Linkage::Import, &signature);
            let check = self.module.declare_func_in_func(check.map_err(module_error)?, builder.func);
            let features = builder.ins().iconst(I64, extras.cpu_features.cast_signed());
            builder.ins().call(check, &[features]);
        }
        let version = self.module.declare_data_in_func(version, builder.func);
        let version = builder.ins().symbol_value(I64, version);
        let bytes = (parts::COUNT * size_of::<u64>()) as u32;
        let parts = builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3));
        for (index, part) in extras.parts.iter().enumerate() {
            let address = match part {
                Some(symbol) => {
                    // The signature is known to the runtime alone.
                    let signature = ir::Signature::new(CallConv::SystemV);
                    let part = self.module.declare_function(symbol, Linkage::Import, &signature);
                    let part = self.module.declare_func_in_func(part.map_err(module_error)?, builder.func);
                    builder.ins().func_addr(I64, part)
                }
                None => builder.ins().iconst(I64, 0),
            };
            builder.ins().stack_store(I64, address, parts, (index * size_of::<u64>()) as i32);
        }
        let parts = builder.ins().stack_addr(I64, parts, 0);
        let entry = self.module.declare_func_in_func(entry, builder.func);
        let mut arguments = builder.block_params(block).to_vec();
        arguments.extend([version, parts]);
        let call = builder.ins().call(entry, &arguments);
        let results = builder.inst_results(call).to_vec();
        builder.ins().return_(&results);
        builder.finalize(self.module.target_config());
        self.module.define_function(main, &mut context).map_err(module_error)?;
        Ok(main)
    }

    /// Builds all sections, their sizes, and the warnings.
    fn finish(self, code: &Code, extras: &Extras<'_>, main: FuncId) -> Result<(Sections, Sizes, Vec<String>)> {
        let Self { context, module, data, funcs } = self;
        let mut sections = Sections::new(module.finish(), code, &funcs, &data, main)?;
        let (plan, types) = (context.plan, &context.program.types);
        let mut names = names::build(context, code);
        let (images, runs) = tables::images(plan);
        let stack = Stack { bytes: extras.stack_bytes };
        let program = tables::head(plan, code, &names, runs.count(), extras.policy.len() as u32, stack)?;
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
        sections.read_only(symbols::POLICY, extras.policy, 1);
        let heap = plan.heap.as_ref().map(|heap| gc::tables(types, plan, heap, code));
        for (symbol, bytes, alignment) in exceptions.into_iter().chain(heap).flatten() {
            sections.read_only(symbol, &bytes, alignment);
        }
        if let Some(func) = plan.thread_start {
            sections.read_only(symbols::THREAD_START, &bytes_of(&tables::entry(plan, code, Some(func))?), 8);
        }
        if let Some(exports) = &plan.exports {
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
                Name::ReadOnlyTables => sections.read_only(&symbol, &read_only_tables, 16),
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
        sections.read_only(symbols::FUNCTIONS, &functions, 4);
        sections.read_only(symbols::MODULES, &modules, 4);
        sections.read_only(symbols::NAMES, &names.names, 1);
        sections.read_only(symbols::ADDRESSES, &names.addresses, 1);
        sections.read_only(symbols::DATA, &passive, 16);
        sections.images(&images, if tables::moves(plan) { extras.page_bytes_max } else { 16 });
        sections.note(&(extras.note)(&sizes));
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

/// Returns the symbol of data that code refers to, or `None` if `name` is not data.
fn data_symbol(name: Name) -> Option<String> {
    Some(match name {
        Name::TextStart => symbols::TEXT_START.to_string(),
        Name::FuncRecords => symbols::FUNC_RECORDS.to_string(),
        Name::Data => symbols::DATA.to_string(),
        Name::Elements => symbols::ELEMENTS.to_string(),
        Name::ReadOnlyTables => ".read_only_tables".to_string(),
        Name::Options(options) => format!(".{options}"),
        Name::MissingName(func) => format!(".name_of_{func}"),
        _ => return None,
    })
}

/// Sections of the object after the text.
struct Sections {
    product: ObjectProduct,
    read_only: SectionId,
    /// Symbols that code refers to, by name.
    known: HashMap<String, SymbolId>,
}

impl Sections {
    fn new(
        product: ObjectProduct,
        code: &Code,
        funcs: &HashMap<Name, FuncId>,
        data: &BTreeMap<Name, DataId>,
        main: FuncId,
    ) -> Result<Self> {
        let mut product = product;
        let read_only =
            product.object.add_section(Vec::new(), symbols::SECTION_RODATA.into(), SectionKind::ReadOnlyData);
        let text = match product.object.symbol(product.function_symbol(main)).section {
            SymbolSection::Section(text) => text,
            _ => return Err(Error::defect(Stage::Object, "the object has no text section")),
        };
        for item in &code.items {
            let symbol = product.function_symbol(funcs[&item.item.name()]);
            if product.object.symbol(symbol).value != item.offset {
                return Err(Error::defect(Stage::Object, "code isn't where it was laid out"));
            }
        }
        let known =
            data.iter().filter_map(|(name, id)| Some((data_symbol(*name)?, product.data_symbol(*id)))).collect();
        let mut sections = Self { product, read_only, known };
        sections.define(symbols::TEXT_START, text, 0, code.bytes);
        Ok(sections)
    }

    fn read_only_bytes(&self) -> u64 {
        self.product.object.section(self.read_only).data().len() as u64
    }

    /// Adds read-only data with a symbol.
    fn read_only(&mut self, symbol: &str, bytes: &[u8], align: u64) {
        let offset = self.product.object.append_section_data(self.read_only, bytes, align);
        self.define(symbol, self.read_only, offset, bytes.len() as u64);
    }

    fn images(&mut self, bytes: &[u8], align: u64) {
        let section = self.product.object.add_section(Vec::new(), symbols::SECTION_IMAGES.into(), SectionKind::Data);
        let offset = self.product.object.append_section_data(section, bytes, align);
        self.define(symbols::IMAGES, section, offset, bytes.len() as u64);
    }

    /// Adds an ELF note: three words, the padded owner, the padded contents.
    fn note(&mut self, text: &str) {
        let owner = format!("{}\0", symbols::NOTE_NAME);
        let mut bytes = words([owner.len() as u32, text.len() as u32, symbols::NOTE_TYPE]);
        for part in [owner.as_bytes(), text.as_bytes()] {
            bytes.extend_from_slice(part);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        let section = self.product.object.add_section(Vec::new(), symbols::SECTION_NOTE.into(), SectionKind::Note);
        self.product.object.append_section_data(section, &bytes, 4);
    }

    /// Adds debug information, and function names as symbols.
    fn debug(
        &mut self,
        context: &Context<'_>,
        code: &Code,
        funcs: &HashMap<Name, FuncId>,
        debug: Vec<DebugSection>,
    ) -> Result<()> {
        for item in &code.items {
            let symbol = self.product.function_symbol(funcs[&item.item.name()]);
            let symbol = self.product.object.symbol_mut(symbol);
            symbol.name = names::symbol(context, item.item).into_bytes();
            symbol.size = item.bytes.len() as u64;
        }
        let object = &mut self.product.object;
        let ids: Vec<SectionId> = debug
            .iter()
            .map(|section| object.add_section(Vec::new(), section.name.as_bytes().to_vec(), SectionKind::Debug))
            .collect();
        let places: HashMap<&str, SectionId> =
            debug.iter().zip(&ids).map(|(section, id)| (section.name, *id)).collect();
        let text = self.known_symbol(symbols::TEXT_START);
        let slab = self.known_symbol(symbols::SLAB);
        let object = &mut self.product.object;
        for (section, id) in debug.into_iter().zip(ids) {
            object.append_section_data(id, &section.bytes, 1);
            for (offset, bytes, of, addend) in section.relocations {
                let symbol = match of {
                    AddressOf::Text => text,
                    AddressOf::Slab => slab,
                    AddressOf::Section(name) => object.section_symbol(places[name]),
                };
                let flags = RelocationFlags::Generic {
                    kind: RelocationKind::Absolute,
                    encoding: RelocationEncoding::Generic,
                    size: bytes * 8,
                };
                object.add_relocation(id, Relocation { offset, symbol, addend, flags }).map_err(write_error)?;
            }
        }
        Ok(())
    }

    /// Returns a symbol that this object or the runtime defines.
    fn known_symbol(&mut self, name: &str) -> SymbolId {
        if let Some(id) = self.product.object.symbol_id(name.as_bytes()) {
            return id;
        }
        self.product.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Data,
            scope: SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    fn define(&mut self, name: &str, section: SectionId, offset: u64, size: u64) {
        let object = &mut self.product.object;
        let symbol = Symbol {
            name: name.as_bytes().to_vec(),
            value: offset,
            size,
            kind: SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        };
        match self.known.get(name) {
            Some(id) => *object.symbol_mut(*id) = symbol,
            None => drop(object.add_symbol(symbol)),
        }
    }

    fn finish(self) -> Result<Vec<u8>> {
        self.product.emit().map_err(write_error)
    }
}

fn write_error(error: cranelift_object::object::write::Error) -> Error {
    Error::defect(Stage::Object, format!("the object can't be written: {error}"))
}
