//! A component, flattened: the steps that instantiate its core modules, and the trampolines between them and the host.

use super::front_end::convert_interned;
use super::interface_types::{ComponentFuncType, Converter, InterfaceTypes};
use super::module::{Entity, FuncIndex, GlobalIndex, MemoryIndex, ModuleIndex, TableIndex, TagIndex};
use super::types::TypeId;
use crate::error::{Error, Result, Stage};
use aot_abi::component::{self as builtins, Builtin};
use aot_abi::trap::Trap;
use cranelift_entity::{EntityRef, PrimaryMap, entity_impl};
use std::collections::HashMap;
use wasmtime_environ::component as front;

/// A function that the component model makes: a lowered import or a built-in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrampolineIndex(u32);
entity_impl!(TrampolineIndex, "trampoline");

/// A component.
#[derive(Debug, Default)]
pub struct Component {
    /// Core instances in the order of their instantiation: the module, and what satisfies its imports in their order.
    pub instances: Vec<CoreInstance>,
    /// Functions that the component model makes.
    pub trampolines: PrimaryMap<TrampolineIndex, (Trampoline, TypeId)>,
    /// Memories that canonical options name.
    pub memories: Vec<CoreDef>,
    /// `realloc` functions that canonical options name.
    pub reallocs: Vec<CoreDef>,
    /// `post-return` functions that canonical options name.
    pub post_returns: Vec<CoreDef>,
    /// Core modules that it instantiates but imports: such a component is only part of a program.
    pub imported_modules: Vec<String>,
    /// Imports by their names, whether or not anything uses them.
    pub imports: Vec<String>,
    /// Exports.
    pub exports: Vec<Export>,
    /// The types of values that its functions pass.
    pub types: InterfaceTypes,
    /// How many component instances there are.
    pub component_instances: u32,
    /// Resource types that components define.
    pub resources: Vec<DefinedResource>,
    /// Resource types in the hands of component instances, as transfers between them number them.
    pub resource_tables: Vec<ResourceTable>,
}

/// A resource type that a component defines.
#[derive(Debug)]
pub struct DefinedResource {
    /// The component instance that defines it.
    pub instance: u32,
    /// Its destructor, which takes the representation.
    pub destructor: Option<CoreDef>,
}

/// A resource type in the hands of a component instance.
#[derive(Debug)]
pub struct ResourceTable {
    /// The component instance.
    pub instance: u32,
    /// The type.
    pub resource: Resource,
}

/// A core instance to make.
#[derive(Debug)]
pub struct CoreInstance {
    /// Its module.
    pub module: ModuleIndex,
    /// What satisfies each import.
    pub arguments: Vec<CoreDef>,
}

/// Where a core item comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreDef {
    /// An export of a core instance, by its index in the module or by name.
    Export {
        /// Index in [`Component::instances`].
        instance: usize,
        /// The item.
        item: ExportItem,
    },
    /// A function that the component model makes.
    Trampoline(TrampolineIndex),
    /// The flags of a component instance, as a global.
    InstanceFlags(u32),
}

/// An item of a core instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportItem {
    /// By its place in the index spaces of its module.
    Index(Entity),
    /// By its export's name.
    Name(String),
}

/// A function that the component model makes.
#[derive(Clone, Debug)]
pub enum Trampoline {
    /// An imported function, lowered.
    LowerImport {
        /// The imported interface, such as `wasi:io/streams@0.2.6`, or the function's own name where it is imported alone.
        interface: String,
        /// The function in the interface; empty where it is imported alone.
        function: String,
        /// Its type.
        ty: ComponentFuncType,
        /// The canonical options.
        options: Options,
    },
    /// Drops a handle of a resource.
    ResourceDrop {
        /// The resource.
        resource: Resource,
        /// The component instance whose handle it is.
        instance: u32,
    },
    /// Makes a handle of a resource that the component defines.
    ResourceNew {
        /// Index in [`Component::resources`].
        resource: u32,
        /// The component instance.
        instance: u32,
    },
    /// The representation of a handle.
    ResourceRep {
        /// Index in [`Component::resources`].
        resource: u32,
        /// The component instance.
        instance: u32,
    },
    /// Moves an own handle to another component instance: handle, and two indices in [`Component::resource_tables`].
    ResourceTransferOwn,
    /// Lends a resource to another component instance for a call; parameters as for an own handle.
    ResourceTransferBorrow,
    /// A call between components begins.
    EnterCall,
    /// A call between components ends.
    ExitCall,
    /// Copies a string from one memory to another, and changes its encoding.
    Transcode {
        /// The runtime's function.
        builtin: Builtin,
        /// Index in [`Component::memories`] of the source.
        from: usize,
        /// Index in [`Component::memories`] of the destination.
        to: usize,
    },
    /// Traps with the code of the front end that its parameter is; see [`adapter_trap`].
    Trap,
    /// Something of the component model that this version lacks, with its name.
    Unsupported(String),
}

/// A resource type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Of the host: interface and name.
    Imported {
        /// The imported interface.
        interface: String,
        /// The resource in it.
        name: String,
    },
    /// Of a component, by its number.
    Defined(u32),
}

/// Canonical options of a lifted or lowered function.
#[derive(Clone, Debug)]
pub struct Options {
    /// The component instance.
    pub instance: u32,
    /// Index in [`Component::memories`].
    pub memory: Option<usize>,
    /// Index in [`Component::reallocs`].
    pub realloc: Option<usize>,
    /// Index in [`Component::post_returns`].
    pub post_return: Option<usize>,
    /// One of `aot_abi::host::STRING_…`.
    pub string_encoding: u32,
}

/// An export of a component.
#[derive(Debug)]
pub struct Export {
    /// The name: an interface with its version, or a plain name.
    pub name: String,
    /// What it is.
    pub kind: ExportKind,
}

/// What a component exports under a name.
#[derive(Debug)]
pub enum ExportKind {
    /// A function.
    Func(LiftedFunc),
    /// An interface: its functions by their names.
    Interface(Vec<(String, LiftedFunc)>),
    /// A type or a module.
    Other,
}

/// A core function as a component function.
#[derive(Debug)]
pub struct LiftedFunc {
    /// The core function.
    pub func: CoreDef,
    /// The canonical options.
    pub options: Options,
    /// Its type.
    pub ty: ComponentFuncType,
}

/// What conversion reads.
pub(super) struct Context<'c> {
    pub translation: &'c front::ComponentTranslation,
    pub types: &'c front::ComponentTypes,
    /// The import that each lowering stands for.
    lowered: HashMap<front::LoweredIndex, front::RuntimeImportIndex>,
}

/// Converts the front end's product.
pub(super) fn convert(
    translation: &front::ComponentTranslation,
    types: &front::ComponentTypes,
    resource_tables: usize,
) -> Result<Component> {
    let lowered = translation.component.initializers.iter().filter_map(|initializer| match initializer {
        front::GlobalInitializer::LowerImport { index, import } => Some((*index, *import)),
        _ => None,
    });
    let context = Context { translation, types, lowered: lowered.collect() };
    let mut converter = Converter::new(&context);
    let source = &translation.component;
    let mut component =
        Component { component_instances: source.num_runtime_component_instances, ..Component::default() };
    component.imports = source.import_types.values().map(|(name, _)| name.clone()).collect();
    for initializer in &source.initializers {
        context.initializer(&mut component, initializer)?;
    }
    for index in 0..resource_tables {
        let (resource, instance) = context.resource(front::TypeResourceTableIndex::from_u32(index as u32));
        component.resource_tables.push(ResourceTable { instance, resource });
    }
    for (index, trampoline) in translation.trampolines.iter() {
        let ty = convert_interned(source.trampolines[index]);
        component.trampolines.push((context.trampoline(trampoline, &mut converter)?, ty));
    }
    for (name, (index, _)) in source.exports.raw_iter() {
        let kind = context.export(&source.export_items[*index], &mut converter)?;
        component.exports.push(Export { name: name.to_string(), kind });
    }
    component.types = converter.finish();
    Ok(component)
}

impl Context<'_> {
    fn initializer(&self, component: &mut Component, initializer: &front::GlobalInitializer) -> Result<()> {
        use front::GlobalInitializer as I;
        match initializer {
            I::InstantiateModule(front::InstantiateModule::Static(module, arguments), _) => {
                component.instances.push(CoreInstance {
                    module: ModuleIndex::from_u32(module.as_u32()),
                    arguments: arguments.iter().map(convert_def).collect::<Result<_>>()?,
                });
            }
            I::InstantiateModule(front::InstantiateModule::Import(import, _), _) => {
                let (interface, module) = self.import_name(*import);
                let slash = if module.is_empty() { "" } else { "#" };
                component.imported_modules.push(format!("{interface}{slash}{module}"));
            }
            I::ExtractMemory(memory) => component.memories.push(convert_export(&memory.export)?),
            I::ExtractRealloc(realloc) => component.reallocs.push(convert_def(&realloc.def)?),
            I::ExtractPostReturn(function) => component.post_returns.push(convert_def(&function.def)?),
            // A lowered import is found from its trampoline.
            I::LowerImport { .. } => {}
            I::Resource(resource) => component.resources.push(DefinedResource {
                instance: resource.instance.as_u32(),
                destructor: resource.dtor.as_ref().map(convert_def).transpose()?,
            }),
            I::ExtractCallback(_) | I::ExtractTable(_) => {
                return Err(unsupported("asynchronous functions"));
            }
        }
        Ok(())
    }

    fn trampoline(&self, trampoline: &front::Trampoline, types: &mut Converter<'_, '_>) -> Result<Trampoline> {
        use front::Trampoline as T;
        Ok(match trampoline {
            T::LowerImport { index, lower_ty, options } => {
                let (interface, function) = self.import_of_lowering(*index)?;
                Trampoline::LowerImport {
                    interface,
                    function,
                    ty: types.func_type(*lower_ty),
                    options: self.options(*options)?,
                }
            }
            T::ResourceDrop { ty, .. } => {
                let (resource, instance) = self.resource(*ty);
                Trampoline::ResourceDrop { resource, instance }
            }
            T::ResourceNew { ty, .. } => match self.resource(*ty) {
                (Resource::Defined(resource), instance) => Trampoline::ResourceNew { resource, instance },
                _ => {
                    return Err(Error::defect(Stage::Decode, "resource.new of an imported resource"));
                }
            },
            T::ResourceRep { ty, .. } => match self.resource(*ty) {
                (Resource::Defined(resource), instance) => Trampoline::ResourceRep { resource, instance },
                _ => {
                    return Err(Error::defect(Stage::Decode, "resource.rep of an imported resource"));
                }
            },
            T::ResourceTransferOwn => Trampoline::ResourceTransferOwn,
            T::ResourceTransferBorrow => Trampoline::ResourceTransferBorrow,
            T::EnterSyncCall => Trampoline::EnterCall,
            T::ExitSyncCall => Trampoline::ExitCall,
            T::Transcoder { op, from, from64: false, to, to64: false } => Trampoline::Transcode {
                builtin: transcode(*op),
                from: from.as_u32() as usize,
                to: to.as_u32() as usize,
            },
            T::Trap => Trampoline::Trap,
            other => Trampoline::Unsupported(other.symbol_name()),
        })
    }

    /// The imported interface and function that a lowering stands for.
    fn import_of_lowering(&self, index: front::LoweredIndex) -> Result<(String, String)> {
        let import = self.lowered.get(&index);
        let import = import.ok_or_else(|| Error::defect(Stage::Decode, "a lowered function has no import"))?;
        Ok(self.import_name(*import))
    }

    fn import_name(&self, import: front::RuntimeImportIndex) -> (String, String) {
        let source = &self.translation.component;
        let (root, path) = &source.imports[import];
        (source.import_types[*root].0.clone(), path.join("/"))
    }

    pub fn resource(&self, table: front::TypeResourceTableIndex) -> (Resource, u32) {
        let front::TypeResourceTable::Concrete { ty, instance } = &self.types[table] else {
            // A type that no value has: an uninstantiable resource in a type.
            return (Resource::Defined(u32::MAX), 0);
        };
        let source = &self.translation.component;
        let resource = match source.defined_resource_index(*ty) {
            Some(defined) => Resource::Defined(defined.as_u32()),
            None => {
                let (interface, name) = self.import_name(source.imported_resources[*ty]);
                Resource::Imported { interface, name }
            }
        };
        (resource, instance.as_u32())
    }

    fn options(&self, index: front::OptionsIndex) -> Result<Options> {
        let options = &self.translation.component.options[index];
        if options.async_ {
            return Err(unsupported("an asynchronous function"));
        }
        let front::CanonicalOptionsDataModel::LinearMemory(memory) = options.data_model else {
            return Err(unsupported("the garbage-collected canonical ABI"));
        };
        Ok(Options {
            instance: options.instance.as_u32(),
            memory: memory.memory.map(|index| index.as_u32() as usize),
            realloc: memory.realloc.map(|index| index.as_u32() as usize),
            post_return: options.post_return.map(|index| index.as_u32() as usize),
            string_encoding: match options.string_encoding {
                front::StringEncoding::Utf8 => aot_abi::host::STRING_UTF8,
                front::StringEncoding::Utf16 => aot_abi::host::STRING_UTF16,
                front::StringEncoding::CompactUtf16 => aot_abi::host::STRING_LATIN1_UTF16,
            },
        })
    }

    fn export(&self, export: &front::Export, types: &mut Converter<'_, '_>) -> Result<ExportKind> {
        Ok(match export {
            front::Export::LiftedFunction { ty, func, options } => ExportKind::Func(LiftedFunc {
                func: convert_def(func)?,
                options: self.options(*options)?,
                ty: types.func_type(*ty),
            }),
            front::Export::Instance { exports, .. } => {
                let mut functions = Vec::new();
                for (name, (index, _)) in exports.raw_iter() {
                    let export = &self.translation.component.export_items[*index];
                    if let ExportKind::Func(func) = self.export(export, types)? {
                        functions.push((name.to_string(), func));
                    }
                }
                // The front end has them in no order that stays the same.
                functions.sort_by(|(one, _), (other, _)| one.cmp(other));
                ExportKind::Interface(functions)
            }
            _ => ExportKind::Other,
        })
    }
}

fn transcode(op: front::Transcode) -> Builtin {
    use front::{FixedEncoding, Transcode as T};
    match op {
        T::Copy(FixedEncoding::Utf8) => builtins::TRANSCODE_COPY_UTF8,
        T::Copy(FixedEncoding::Utf16) => builtins::TRANSCODE_COPY_UTF16,
        T::Copy(FixedEncoding::Latin1) => builtins::TRANSCODE_COPY_LATIN1,
        T::Latin1ToUtf16 => builtins::TRANSCODE_LATIN1_TO_UTF16,
        T::Latin1ToUtf8 => builtins::TRANSCODE_LATIN1_TO_UTF8,
        T::Utf16ToCompactProbablyUtf16 => builtins::TRANSCODE_UTF16_TO_COMPACT_PROBABLY_UTF16,
        T::Utf16ToCompactUtf16 => builtins::TRANSCODE_UTF16_TO_COMPACT_UTF16,
        T::Utf16ToLatin1 => builtins::TRANSCODE_UTF16_TO_LATIN1,
        T::Utf16ToUtf8 => builtins::TRANSCODE_UTF16_TO_UTF8,
        T::Utf8ToCompactUtf16 => builtins::TRANSCODE_UTF8_TO_COMPACT_UTF16,
        T::Utf8ToLatin1 => builtins::TRANSCODE_UTF8_TO_LATIN1,
        T::Utf8ToUtf16 => builtins::TRANSCODE_UTF8_TO_UTF16,
    }
}

/// The trap codes with which adapters call [`Trampoline::Trap`], and the traps that they stand for. Any other code is
/// [`Trap::Other`].
pub fn adapter_traps() -> Vec<(u8, Trap)> {
    use wasmtime_environ::Trap as T;
    let pairs = [
        (T::MemoryOutOfBounds, Trap::ReallocFailed),
        (T::CannotEnterComponent, Trap::CannotEnterComponent),
        (T::CannotLeaveComponent, Trap::CannotLeaveComponent),
        (T::InvalidChar, Trap::InvalidChar),
        (T::StringOutOfBounds, Trap::StringOutOfBounds),
        (T::ListOutOfBounds, Trap::ListOutOfBounds),
        (T::InvalidDiscriminant, Trap::InvalidDiscriminant),
        (T::UnalignedPointer, Trap::PointerUnaligned),
        (T::UnreachableCodeReached, Trap::Unreachable),
        (T::UncaughtException, Trap::UncaughtException),
    ];
    pairs.into_iter().map(|(code, trap)| (code as u8, trap)).collect()
}

fn unsupported(what: &str) -> Error {
    Error::input(
        Stage::Decode,
        format!("the component uses {what}"),
        "this version of aot doesn't compile that part of the component model yet",
    )
}

fn convert_def(def: &front::CoreDef) -> Result<CoreDef> {
    Ok(match def {
        front::CoreDef::Export(export) => convert_export(export)?,
        front::CoreDef::Trampoline(index) => CoreDef::Trampoline(TrampolineIndex::from_u32(index.as_u32())),
        front::CoreDef::InstanceFlags(instance) => CoreDef::InstanceFlags(instance.as_u32()),
        front::CoreDef::UnsafeIntrinsic(_) => {
            return Err(unsupported("intrinsics of another runtime"));
        }
        front::CoreDef::TaskMayBlock => return Err(unsupported("asynchronous functions")),
    })
}

fn convert_export<T>(export: &front::CoreExport<T>) -> Result<CoreDef>
where
    T: Copy + Into<wasmtime_environ::EntityIndex>,
{
    let item = match &export.item {
        front::ExportItem::Index(index) => ExportItem::Index(convert_entity((*index).into())),
        front::ExportItem::Name(name) => ExportItem::Name(name.clone()),
    };
    Ok(CoreDef::Export { instance: export.instance.as_u32() as usize, item })
}

/// An item of a module's index spaces.
pub(super) fn convert_entity(entity: wasmtime_environ::EntityIndex) -> Entity {
    use wasmtime_environ::EntityIndex as E;
    match entity {
        E::Function(index) => Entity::Func(FuncIndex::new(index.as_u32() as usize)),
        E::Table(index) => Entity::Table(TableIndex::from_u32(index.as_u32())),
        E::Memory(index) => Entity::Memory(MemoryIndex::from_u32(index.as_u32())),
        E::Global(index) => Entity::Global(GlobalIndex::from_u32(index.as_u32())),
        E::Tag(index) => Entity::Tag(TagIndex::from_u32(index.as_u32())),
    }
}
