//! Stage 2 of 7: plan. Resolves every import, table, memory and global of the whole program to the one that defines
//! it, drops what can't be reached, and lays out the slab.
//!
//! Products are plain data that the later stages borrow. Indices here are program-wide: a [`FuncId`] is a function of
//! one instance, because code is compiled per instance so that all its distances are constants.

mod constant;
mod exceptions;
mod exports;
mod finish;
mod heap;
mod host_imports;
mod images;
mod layout;
mod liveness;
mod print;
mod resolve;
mod segments;
mod threads;

use crate::decode::{
    Component, ComponentFuncType, ConstExpr, CoreDef, Entity, ExportKind, GlobalType, InterfaceTypeId, InterfaceTypes,
    Program, TableType, TypeId, ValType,
};
use crate::decode::{DataIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, ModuleIndex, TableIndex, TagIndex};
use crate::error::{Error, Result, Stage};
use aot_abi::component::{Builtin, ResourceTable};
use cranelift_entity::{PrimaryMap, entity_impl};
use liveness::Roots;
use resolve::{Draft, FuncDef};
use std::collections::HashMap;

pub use constant::ConstValue;
pub use exceptions::{ExceptionsPlan, TagPlan};
pub use heap::{ELEMENTS_OFFSET, HeapPlan, is_traced, struct_layout, traced_fields};
pub use images::{Images, Run};
pub use layout::SlabLayout;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);
        entity_impl!($name, $prefix);)*
    };
}

ids! {
    /// An instance of a core module.
    InstanceId "instance";
    /// A function of the program: of an instance, or generated.
    FuncId "fn";
    /// A linear memory.
    MemoryId "memory";
    /// A table.
    TableId "table";
    /// A global.
    GlobalId "global";
    /// Instances that share a memory 0, and so a `vmctx`.
    GroupId "group";
    /// A tag of exceptions.
    TagId "tag";
    /// A passive data segment of an instance.
    DataId "data";
    /// A passive element segment of an instance.
    ElementId "element";
    /// A function record: the value of a funcref; 0 is null.
    RecordId "record";
    /// The canonical options of a lowered import.
    OptionsId "options";
}

/// What a user decides about a plan.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Bytes of inaccessible guard behind each memory, of the target.
    pub guard_bytes: u64,
    /// The most bytes of any memory; the modules' own bounds where absent.
    pub max_memory: Option<u64>,
    /// The most elements of any table.
    pub max_table_elements: Option<u64>,
    /// The most bytes of structures and arrays together.
    pub max_heap: u64,
    /// Whether each allocation of an object collects garbage: for tests.
    pub gc_stress: bool,
    /// Whether calls of unknown imports become traps instead of errors.
    pub stub_unknown_imports: bool,
}

/// The whole program, resolved.
#[derive(Debug)]
pub struct ProgramPlan {
    /// Instances in the order of their instantiation.
    pub instances: PrimaryMap<InstanceId, InstancePlan>,
    /// Groups of instances.
    pub groups: PrimaryMap<GroupId, GroupPlan>,
    /// Every function that may run; the order is that of the guest text.
    pub functions: PrimaryMap<FuncId, FuncPlan>,
    /// Every linear memory.
    pub memories: PrimaryMap<MemoryId, MemoryPlan>,
    /// Every table.
    pub tables: PrimaryMap<TableId, TablePlan>,
    /// Every global.
    pub globals: PrimaryMap<GlobalId, GlobalPlan>,
    /// Every tag.
    pub tags: PrimaryMap<TagId, TagPlan>,
    /// Where exceptions are; `None` where live code neither throws nor catches any.
    pub exceptions: Option<ExceptionsPlan>,
    /// Where structures and arrays are; `None` where live code makes none.
    pub heap: Option<HeapPlan>,
    /// Passive data segments that live code uses.
    pub data: PrimaryMap<DataId, DataPlan>,
    /// Passive element segments that live code uses.
    pub elements: PrimaryMap<ElementId, ElementPlan>,
    /// Functions whose references exist; record 0 is null and has no function.
    pub records: PrimaryMap<RecordId, Option<FuncId>>,
    /// Canonical options of lowered imports.
    pub options: PrimaryMap<OptionsId, OptionsPlan>,
    /// Resource types in the hands of component instances.
    pub resource_tables: Vec<ResourceTable>,
    /// Functions that the runtime enters besides start-up: the main export, reallocs, a script's exports. Each once.
    pub entries: Vec<FuncId>,
    /// What new threads run, in a program that makes some.
    pub thread_start: Option<FuncId>,
    /// The exported functions, where the runtime calls them with values of its own.
    pub exports: Option<ExportsPlan>,
    /// What compiled start-up does: one list a start-up function, in order.
    pub starts: Vec<StartPlan>,
    /// What runs after start-up.
    pub main: MainPlan,
    /// Initial contents of the slab.
    pub images: Images,
    /// Where everything lies in the slab.
    pub slab: SlabLayout,
    /// Component instances: how many words of flags there are.
    pub component_instances: u32,
    /// What a user should know: imports that trap when called, and so on.
    pub warnings: Vec<String>,
}

impl ProgramPlan {
    /// Whether the program has vectors, which some targets need more than their baseline for.
    pub fn has_vectors(&self, program: &Program<'_>) -> bool {
        let in_body = |func: &FuncPlan| match func.kind {
            FuncKind::Wasm { instance, func } => {
                program.modules[self.instances[instance].module].body(func).is_some_and(|body| body.uses.vectors)
            }
            _ => false,
        };
        program.types.any_vector()
            || self.globals.values().any(|global| global.ty.value == ValType::V128)
            || self.functions.values().any(in_body)
    }
}

/// An instance: its index spaces resolved to program-wide ids.
#[derive(Debug)]
pub struct InstancePlan {
    /// The module.
    pub module: ModuleIndex,
    /// The group whose `vmctx` its functions take.
    pub group: GroupId,
    /// By function index; `None` for a function that nothing live refers to.
    pub functions: PrimaryMap<FuncIndex, Option<FuncId>>,
    /// By table index.
    pub tables: PrimaryMap<TableIndex, TableId>,
    /// By memory index.
    pub memories: PrimaryMap<MemoryIndex, MemoryId>,
    /// By global index.
    pub globals: PrimaryMap<GlobalIndex, GlobalId>,
    /// By tag index.
    pub tags: PrimaryMap<TagIndex, TagId>,
    /// By data segment; `None` for those that are not passive or unused: their length is 0 after instantiation.
    pub data: PrimaryMap<DataIndex, Option<DataId>>,
    /// By element segment; `None` as for data.
    pub elements: PrimaryMap<ElementIndex, Option<ElementId>>,
}

/// Instances that share a memory 0.
#[derive(Debug)]
pub struct GroupPlan {
    /// Their memory 0; `None` for the group of those without a memory.
    pub memory: Option<MemoryId>,
    /// `vmctx` of its functions as a slab offset: the base of the memory.
    pub vmctx: u64,
    /// Globals in the slab, hottest first: the order of their places below `vmctx`.
    pub globals: Vec<GlobalId>,
    /// Bytes of globals below `vmctx`.
    pub globals_bytes: u64,
}

/// A function of the program.
#[derive(Debug)]
pub struct FuncPlan {
    /// What it does.
    pub kind: FuncKind,
    /// Its type.
    pub ty: TypeId,
    /// The group whose `vmctx` it takes.
    pub group: GroupId,
}

/// What a function does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FuncKind {
    /// The code of a function that an instance's module defines.
    Wasm {
        /// The instance.
        instance: InstanceId,
        /// The function in its module.
        func: FuncIndex,
    },
    /// A trampoline to a host function.
    Host {
        /// Its link symbol.
        symbol: String,
        /// The canonical options.
        options: OptionsId,
    },
    /// A trap: an import that is missing, with its name, from a `wasi:` package or stubbed by request.
    Missing {
        /// What to say.
        name: String,
    },
    /// A trampoline to a function of the runtime for the component model.
    Builtin {
        /// The function.
        builtin: Builtin,
        /// Its parameters between the slab and those of the caller.
        constants: Vec<u64>,
    },
    /// A trampoline to a transcoder: like [`FuncKind::Builtin`], with addresses in place of two parameters.
    Transcode {
        /// The function.
        builtin: Builtin,
        /// The memory of the source.
        from: MemoryId,
        /// The memory of the destination.
        to: MemoryId,
    },
    /// The drop of a resource that a component defines: ends the handle, and calls the destructor where it owned.
    Drop {
        /// The number of the resource type.
        number: u32,
        /// The component instance whose handle it is.
        component_instance: u32,
        /// The destructor.
        destructor: Option<FuncId>,
    },
    /// Traps as its parameter says, a code of `decode::adapter_traps`.
    AdapterTrap,
}

/// The canonical options of a lowered import.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OptionsPlan {
    /// The memory in which arguments and results lie.
    pub memory: Option<MemoryId>,
    /// The function that allocates in it.
    pub realloc: Option<FuncId>,
    /// The component instance whose handles are meant.
    pub component_instance: u32,
    /// One of `aot_abi::host::STRING_…`.
    pub string_encoding: u32,
}

/// A resource type as the runtime knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Its number.
    pub number: u32,
    /// The component instance that defines it; `aot_abi::component::OF_THE_HOST`.
    pub home: u32,
}

/// Exported functions that the runtime calls with values of its own.
#[derive(Debug, Default)]
pub struct ExportsPlan {
    /// The functions.
    pub functions: Vec<ExportPlan>,
    /// The types of what they take and give.
    pub types: InterfaceTypes,
    /// The resource types that their types may name.
    pub resources: HashMap<InterfaceTypeId, ResourceType>,
    /// The destructors of resources that results may own, by the types of the handles.
    pub destructors: HashMap<InterfaceTypeId, FuncId>,
}

/// An exported function.
#[derive(Debug)]
pub struct ExportPlan {
    /// The exported instance that it is in; empty where it is exported itself.
    pub interface: String,
    /// Its name there.
    pub name: String,
    /// Its type.
    pub ty: ComponentFuncType,
    /// The core function.
    pub func: FuncId,
    /// What is called when the result was lifted.
    pub post_return: Option<FuncId>,
    /// The canonical options.
    pub options: OptionsPlan,
}

/// A linear memory.
#[derive(Debug)]
pub struct MemoryPlan {
    /// Slab offset of byte 0.
    pub base: u64,
    /// Bytes at start.
    pub bytes_min: u64,
    /// Bound of growth in bytes.
    pub bytes_max: u64,
    /// Whether indices have 64 bits.
    pub index64: bool,
    /// Bytes reserved for indices: 4 GiB for a 32-bit memory, all that a 64-bit memory can have.
    pub reserved_bytes: u64,
    /// Bytes of the inaccessible guard behind the reservation.
    pub guard_bytes: u64,
    /// Binary logarithm of the bytes of a page.
    pub page_log2: u8,
    /// Whether any live code can change its size: otherwise the size is a constant.
    pub grows: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// For printing.
    pub name: String,
}

/// A table.
#[derive(Debug)]
pub struct TablePlan {
    /// Its type.
    pub ty: TableType,
    /// Where it is.
    pub place: TablePlace,
    /// Elements at start.
    pub elements_min: u64,
    /// Bound of growth in elements.
    pub elements_max: u64,
    /// Whether any live code can change its size.
    pub grows: bool,
    /// Its elements at start: as far as they aren't null.
    pub elements: Vec<ConstValue>,
    /// Where the place is read-only: the one type that all elements which aren't null have.
    pub uniform: Option<TypeId>,
    /// Where the place is read-only: whether any element is null.
    pub has_nulls: bool,
    /// Its index in `aot_abi::symbols::TABLES`, where it is in the slab.
    pub slab_index: u32,
}

/// Where a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TablePlace {
    /// Nothing live refers to it.
    Dropped,
    /// Read-only data of the executable.
    ReadOnly {
        /// Bytes from the start of the read-only tables.
        offset: u64,
        /// What an element is.
        form: TableForm,
    },
    /// In the slab.
    Slab {
        /// Slab offset of element 0.
        base: u64,
    },
}

/// What an element of a read-only table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// The first 8 bytes of a function record (`code: u32, signature: u32`): all functions are of this group, and nothing
    /// reads a reference from the table.
    Code(GroupId),
    /// A 32-bit record index.
    Index,
}

/// A global.
#[derive(Debug)]
pub struct GlobalPlan {
    /// Its type.
    pub ty: GlobalType,
    /// Where it is.
    pub place: GlobalPlace,
    /// Its value at start.
    pub initial: ConstValue,
    /// Uses in live code.
    pub uses: u64,
}

/// Where a global is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalPlace {
    /// Nothing live refers to it.
    Dropped,
    /// It never changes: its initial value.
    Constant,
    /// In the slab.
    Slab {
        /// Slab offset.
        offset: u64,
    },
    /// One of the component model's flag words, in the control pages: an `i32`.
    InstanceFlags {
        /// Slab offset.
        offset: u64,
    },
}

/// A passive data segment.
#[derive(Debug)]
pub struct DataPlan {
    /// The instance.
    pub instance: InstanceId,
    /// The segment in its module.
    pub data: DataIndex,
    /// Its place in the read-only bytes of all passive segments.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A passive element segment.
#[derive(Debug)]
pub struct ElementPlan {
    /// The instance.
    pub instance: InstanceId,
    /// The segment in its module.
    pub element: ElementIndex,
    /// Its place in the read-only elements of all passive segments, in elements.
    pub offset: u64,
    /// Its elements, those that start-up makes as null.
    pub values: Vec<ConstValue>,
    /// Where start-up makes some: the table in the slab that has all.
    pub table: Option<TableId>,
}

/// A compiled start-up function.
#[derive(Debug, Default)]
pub struct StartPlan {
    /// What it does, in order.
    pub steps: Vec<StartStep>,
}

/// A step of start-up that could not be resolved at compile time: it may trap, or earlier code could see it.
#[derive(Clone, Debug, PartialEq)]
pub enum StartStep {
    /// Copies an active element segment into a table, after a bounds check.
    Elements {
        /// The table.
        table: TableId,
        /// First element.
        offset: u64,
        /// The values, in the read-only elements of passive segments.
        element: ElementId,
    },
    /// Copies an active data segment into a memory, after a bounds check.
    Data {
        /// The memory.
        memory: MemoryId,
        /// First byte.
        offset: u64,
        /// The bytes, among those of passive segments.
        data: DataId,
    },
    /// Makes the value of a global.
    Global {
        /// The global.
        global: GlobalId,
        /// What makes it.
        computation: Computation,
    },
    /// Gives all elements of a table, from the first on, the same value.
    Fill {
        /// The table.
        table: TableId,
        /// What makes it.
        computation: Computation,
    },
    /// Makes an element of a table.
    Element {
        /// The table.
        table: TableId,
        /// The element.
        index: u64,
        /// What makes it.
        computation: Computation,
    },
    /// Calls a start function.
    Call(FuncId),
    /// Traps: the segment before can't fit.
    Trap(aot_abi::trap::Trap),
}

/// A constant expression that start-up evaluates, because there is an object in its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Computation {
    /// The instance whose items it refers to.
    pub instance: InstanceId,
    /// Its operators.
    pub expr: ConstExpr,
}

/// What runs after start-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MainPlan {
    /// Nothing.
    None,
    /// `_start`.
    Start(FuncId),
    /// `run` of `wasi:cli/run`.
    Run(FuncId),
}

/// Plans a command: a core module that exports `_start`, or a component that exports `wasi:cli/run`; or what exports other
/// functions, for a program whose arguments say which to call.
///
/// # Errors
/// Imports that nothing satisfies, limits that are too low, and what this version doesn't compile.
pub fn plan(program: &Program<'_>, options: &PlanOptions) -> Result<ProgramPlan> {
    if exports::are_the_program(program) {
        return plan_exports(program, Starts::One, options);
    }
    let (draft, main) = match &program.component {
        Some(component) => {
            let mut draft = Draft::of_instances(program, component, options)?;
            let main = component_main(&mut draft, component, options)?;
            (draft, main)
        }
        None => {
            let draft = Draft::of_module(program, options)?;
            let main = module_main(&draft)?;
            (draft, main)
        }
    };
    let instantiation = segments::instantiate(&draft, false)?;
    let thread_start = threads::start(&draft)?;
    let roots = Roots { functions: vec![main.0], thread_start, ..Roots::default() };
    let live = liveness::find(&draft, &instantiation, roots)?;
    let mut finished = finish::finish(&draft, &instantiation, &live, options, false)?;
    let main_func = finished.function(main.0)?;
    finished.plan.main = if main.1 { MainPlan::Run(main_func) } else { MainPlan::Start(main_func) };
    finished.plan.entries.push(main_func);
    threads::finish(&mut finished, thread_start.filter(|_| live.threads))?;
    join_starts(&mut finished.plan);
    Ok(sort_entries(finish::complete(finished, &draft, &instantiation)))
}

/// Plans a component or core module of which the runtime calls exported functions: `starts` says how start-up is divided.
///
/// # Errors
/// As [`plan`].
pub fn plan_exports(program: &Program<'_>, starts: Starts, options: &PlanOptions) -> Result<ProgramPlan> {
    let (draft, exports) = match &program.component {
        Some(component) => {
            let mut draft = Draft::of_instances(program, component, options)?;
            let exports = exports::find(&mut draft, component, options)?;
            (draft, exports)
        }
        None => {
            let draft = Draft::of_module(program, options)?;
            let exports = exports::of_module(&draft);
            (draft, exports)
        }
    };
    let initialize = exports::initializer(&draft);
    let instantiation = segments::instantiate(&draft, starts == Starts::OfEachInstance)?;
    let thread_start = threads::start(&draft)?;
    let mut roots = Roots { thread_start, ..Roots::default() };
    exports::add_roots(&exports, &mut roots);
    roots.functions.extend(initialize);
    let live = liveness::find(&draft, &instantiation, roots)?;
    let mut finished = finish::finish(&draft, &instantiation, &live, options, false)?;
    exports::finish(&mut finished, program.component.as_ref(), &exports)?;
    threads::finish(&mut finished, thread_start.filter(|_| live.threads))?;
    if let Some(initialize) = initialize {
        let call = StartStep::Call(finished.function(initialize)?);
        finished.plan.starts.push(StartPlan { steps: vec![call] });
    }
    if starts == Starts::One {
        join_starts(&mut finished.plan);
    }
    Ok(sort_entries(finish::complete(finished, &draft, &instantiation)))
}

/// How start-up is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starts {
    /// One function does all.
    One,
    /// Each core instance has one, which may fail while the others go on.
    OfEachInstance,
}

/// One start-up function does all.
fn join_starts(plan: &mut ProgramPlan) {
    let steps = plan.starts.drain(..).flat_map(|start| start.steps).collect();
    plan.starts.push(StartPlan { steps });
}

/// Plans a specification script: each instance has a start-up function of its own, which may fail while the others go
/// on, and everything exported stays reachable.
///
/// # Errors
/// As [`plan`].
pub fn plan_script(program: &Program<'_>, instances: &Component, options: &PlanOptions) -> Result<ProgramPlan> {
    let draft = Draft::of_instances(program, instances, options)?;
    let instantiation = segments::instantiate(&draft, true)?;
    let mut roots = Roots::default();
    for instance in draft.instances.values() {
        for (_, entity) in &program.modules[instance.module].exports {
            match entity {
                Entity::Func(func) => roots.referenced.push(instance.functions[*func]),
                Entity::Table(table) => roots.tables.push(instance.tables[*table]),
                Entity::Global(global) => roots.globals.push(instance.globals[*global]),
                Entity::Memory(_) | Entity::Tag(_) => {}
            }
        }
    }
    let exported = roots.referenced.clone();
    let live = liveness::find(&draft, &instantiation, roots)?;
    let mut finished = finish::finish(&draft, &instantiation, &live, options, true)?;
    for def in exported {
        let func = finished.function(def)?;
        finished.plan.entries.push(func);
    }
    Ok(sort_entries(finish::complete(finished, &draft, &instantiation)))
}

fn sort_entries(mut plan: ProgramPlan) -> ProgramPlan {
    plan.entries.sort_unstable();
    plan.entries.dedup();
    plan
}

/// `_start` of a core module, and `false`: it isn't `run`.
fn module_main(draft: &Draft<'_, '_>) -> Result<(FuncDef, bool)> {
    let Some((id, instance)) = draft.instances.iter().next() else {
        return Err(resolve::internal("a module without an instance"));
    };
    let module = &draft.program.modules[instance.module];
    match module.export("_start") {
        Some(Entity::Func(func)) => {
            let ty = draft.program.types.func(module.functions[func]);
            if !ty.params.is_empty() || !ty.results.is_empty() {
                return Err(Error::input(
                    Stage::Plan,
                    "`_start` has parameters or results",
                    "a command's `_start` has neither",
                ));
            }
            assert!(id.as_u32() == 0);
            Ok((instance.functions[func], false))
        }
        _ => Err(Error::input(
            Stage::Plan,
            "the module exports no function `_start`",
            "build it as a command (an executable), not as a library or reactor",
        )),
    }
}

/// `run` of the component's `wasi:cli/run`, and `true`.
fn component_main(draft: &mut Draft<'_, '_>, component: &Component, options: &PlanOptions) -> Result<(FuncDef, bool)> {
    let run = component.exports.iter().find_map(|export| match &export.kind {
        ExportKind::Interface(functions) if export.name.starts_with("wasi:cli/run@0.2") => {
            functions.iter().find(|(name, _)| name == "run").map(|(_, func)| func)
        }
        _ => None,
    });
    let Some(run) = run else {
        let mut exports: Vec<&str> = component.exports.iter().map(|export| export.name.as_str()).collect();
        if exports.is_empty() {
            exports.push("nothing");
        }
        return Err(Error::input(
            Stage::Plan,
            "the component doesn't export wasi:cli/run of WASI 0.2",
            format!("build it as a command, or let it export functions; it exports: {}", exports.join(", ")),
        ));
    };
    let def: &CoreDef = &run.func;
    Ok((draft.function(component, def, options)?, true))
}
