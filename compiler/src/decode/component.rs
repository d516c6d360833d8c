//! A component, flattened: the steps that instantiate its core modules, and the trampolines between them and the host.

use super::indices::ModuleIndex;
use super::interface_types::{ComponentFuncType, InterfaceTypeId, InterfaceTypes, Resource};
use super::module::Entity;
use super::types::TypeId;
use aot_abi::component::Builtin;
use aot_abi::host::STRING_UTF8;
use cranelift_entity::{PrimaryMap, entity_impl};

/// A function that the component model makes: a lowered import or a built-in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrampolineIndex(u32);
entity_impl!(TrampolineIndex, "trampoline");

/// A decoded component: what it imports and exports, and how to instantiate it.
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
    /// Callbacks that canonical options name.
    pub callbacks: Vec<CoreDef>,
    /// True if functions can be called asynchronously, or streams and futures can be made.
    pub is_concurrent: bool,
    /// The component instance in which each one was instantiated, of a concurrent component; none for the outermost.
    pub parents: Vec<Option<u32>>,
    /// Types of streams and futures in the hands of component instances, as transfers between them number them: those of
    /// streams first.
    pub end_types: Vec<EndType>,
    /// Core modules that it instantiates but imports: such a component is only part of a program.
    pub imported_modules: Vec<String>,
    /// Imports by their names, whether or not anything uses them.
    pub imports: Vec<String>,
    /// The exports of the component.
    pub exports: Vec<Export>,
    /// The function that `run` of `wasi:cli/run` does nothing but call, if it is known; then the exports lack `run`.
    pub command: Option<Command>,
    /// The types of values that its functions pass.
    pub types: InterfaceTypes,
    /// The number of component instances.
    pub component_instances: u32,
    /// Resource types that components define.
    pub resources: Vec<DefinedResource>,
    /// Resource types in the hands of component instances, as transfers between them number them.
    pub resource_tables: Vec<ResourceTable>,
}

/// The command of a core module that became a component's.
#[derive(Clone, Debug)]
pub struct Command {
    /// The core function, which takes nothing and returns nothing.
    pub func: CoreDef,
    /// The component instance that exports it.
    pub instance: u32,
}

/// A resource type that a component defines.
#[derive(Debug)]
pub struct DefinedResource {
    /// The component instance that defines the resource.
    pub instance: u32,
    /// The destructor, which takes the representation.
    pub destructor: Option<CoreDef>,
}

/// A resource type in the hands of a component instance.
#[derive(Debug)]
pub struct ResourceTable {
    /// The component instance.
    pub instance: u32,
    /// The resource type of the handles.
    pub resource: Resource,
}

/// A type of streams or futures in the hands of a component instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndType {
    /// The component instance.
    pub instance: u32,
    /// The type of the values that pass through; none for values without contents.
    pub payload: Option<InterfaceTypeId>,
    /// True for futures.
    pub is_future: bool,
}

/// A core instance to make.
#[derive(Clone, Debug)]
pub struct CoreInstance {
    /// The module that is instantiated.
    pub module: ModuleIndex,
    /// The items that satisfy its imports, in their order.
    pub arguments: Vec<CoreDef>,
    /// The component instance that it belongs to; none for what passes values between those.
    pub component: Option<u32>,
}

/// The origin of a core item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreDef {
    /// An export of a core instance, by its index in the module or by name.
    Export {
        /// Index in [`Component::instances`].
        instance: usize,
        /// The exported item of the instance.
        item: ExportItem,
    },
    /// A function that the component model makes.
    Trampoline(TrampolineIndex),
    /// The flags of a component instance, as a global.
    InstanceFlags(u32),
    /// A global that isn't 0 while the running task may wait.
    TaskMayBlock,
    /// A function that reads or writes a slot of the running task's context.
    Context {
        /// The number of the slot.
        slot: u32,
        /// True if it writes the slot.
        is_set: bool,
        /// The type of the function.
        ty: TypeId,
    },
}

/// An item of a core instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportItem {
    /// The item at this place in the index spaces of its module.
    Index(Entity),
    /// The item that the module exports by this name.
    Name(String),
}

/// A function that the component model makes.
#[derive(Clone, Debug)]
pub enum Trampoline {
    /// An imported function, lowered, or the drop of a resource of the host.
    LowerImport {
        /// The imported interface, such as `wasi:io/streams@0.2.6`, or the function's own name if it is imported alone.
        interface: String,
        /// The function in the interface; empty if it is imported alone.
        function: String,
        /// The type; none for the drop of a resource.
        ty: Option<ComponentFuncType>,
        /// The canonical options.
        options: Options,
    },
    /// A function of preview1, which finds its arguments in the memory of the options.
    Preview1 {
        /// The name of the function in `wasi_snapshot_preview1`.
        function: String,
        /// The canonical options.
        options: Options,
    },
    /// A call of a function of the runtime, with indices in [`Component::memories`].
    Builtin(DecodedCall),
    /// Traps with the code of the front end that its parameter is; see [`super::adapter_traps`].
    Trap,
    /// Something of the component model that this version lacks, with its name.
    Unsupported(String),
}

/// A function of the runtime for the component model, and what the program gives it besides the caller's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinCall<M, F, O> {
    /// The function of the component model that is called.
    pub builtin: Builtin,
    /// The constants among its parameters.
    pub constants: Vec<u64>,
    /// The memory of each pointer among its parameters.
    pub memories: Vec<M>,
    /// The functions among its parameters, as references.
    pub references: Vec<Option<F>>,
    /// The canonical options among its parameters.
    pub options: Option<O>,
    /// The destructor that may have to run after the function.
    pub destructor: Option<F>,
}

/// A call of a function of the runtime in a decoded component.
pub(super) type DecodedCall = BuiltinCall<usize, CoreDef, Options>;

impl<M, F, O> BuiltinCall<M, F, O> {
    /// A call with constants alone.
    pub(super) fn new(builtin: Builtin, constants: Vec<u64>) -> Self {
        Self { builtin, constants, memories: Vec::new(), references: Vec::new(), options: None, destructor: None }
    }
}

/// Canonical options of a lifted or lowered function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The component instance.
    pub instance: u32,
    /// Index in [`Component::memories`].
    pub memory: Option<usize>,
    /// Index in [`Component::reallocs`].
    pub realloc: Option<usize>,
    /// Index in [`Component::post_returns`].
    pub post_return: Option<usize>,
    /// Index in [`Component::callbacks`].
    pub callback: Option<usize>,
    /// True if the function is lifted or lowered asynchronously.
    pub is_async: bool,
    /// The encoding of strings, one of `aot_abi::host::STRING_…`.
    pub string_encoding: u16,
}

impl Options {
    /// The options of a function of an instance that has no memory, and is lifted or lowered synchronously.
    pub fn without_memory(instance: u32) -> Self {
        Self {
            instance,
            memory: None,
            realloc: None,
            post_return: None,
            callback: None,
            is_async: false,
            string_encoding: STRING_UTF8,
        }
    }
}

/// An export of a component.
#[derive(Debug)]
pub struct Export {
    /// The name: an interface with its version, or a plain name.
    pub name: String,
    /// The exported item.
    pub kind: ExportKind,
}

/// The item that a component exports under a name.
#[derive(Debug)]
pub enum ExportKind {
    /// An exported function, lifted from a core function.
    Func(LiftedFunc),
    /// An interface: its functions by their names.
    Interface(Vec<(String, LiftedFunc)>),
    /// A type or a module.
    Other,
}

/// A core function as a component function.
#[derive(Clone, Debug)]
pub struct LiftedFunc {
    /// The core function.
    pub func: CoreDef,
    /// The canonical options.
    pub options: Options,
    /// The type of the component function.
    pub ty: ComponentFuncType,
    /// The number by which `task.return` names the type of the result.
    pub result_number: u32,
}
