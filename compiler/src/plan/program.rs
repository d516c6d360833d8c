//! The stage's product: the whole program, resolved, with a place for everything.
//!
//! Indices are program-wide: a [`FuncId`] is a function of one instance, because code is compiled per instance so that
//! all its distances are constants.
//!
//! Types that say the same before functions, segments and options have numbers are generic over how they name those; the
//! defaults are the numbers.

use super::roots::UncallableExport;
use crate::decode::{
    BuiltinCall, ComponentFuncType, ConstExpr, EndType, GlobalType, InterfaceTypeId, InterfaceTypes, Program,
    TableType, TypeId, ValType,
};
use crate::decode::{DataIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, ModuleIndex, TableIndex, TagIndex};
use crate::error::Result;
use aot_abi::component::ResourceTable;
use aot_abi::known_exports::KnownExport;
use aot_abi::slab::ControlLayout;
use aot_abi::trap::Trap;
use cranelift_entity::{PrimaryMap, entity_impl};
use std::collections::HashMap;

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
    /// A table of the program.
    TableId "table";
    /// A global of the program.
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
    /// Every table of the program.
    pub tables: PrimaryMap<TableId, TablePlan>,
    /// Every global of the program.
    pub globals: PrimaryMap<GlobalId, GlobalPlan>,
    /// Every tag of the program.
    pub tags: PrimaryMap<TagId, TagPlan>,
    /// The place of exceptions; `None` if live code neither throws nor catches any.
    pub exceptions: Option<ExceptionsPlan>,
    /// The place of structures and arrays; `None` if live code makes none.
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
    /// The tables of a program with asynchronous components.
    pub concurrency: Option<ConcurrencyPlan>,
    /// Functions that the runtime enters besides start-up: the main export, reallocs, a script's exports. Each once.
    pub entries: Vec<FuncId>,
    /// The function that new threads run, in a program that makes some.
    pub thread_start: Option<FuncId>,
    /// The exported functions, if the runtime calls them with values of its own.
    pub exports: Option<ExportsPlan>,
    /// Compiled start-up functions, in their order.
    pub starts: Vec<StartPlan>,
    /// The export that runs after start-up, if it is one that the runtime knows.
    pub main: Option<MainPlan>,
    /// Initial contents of the slab.
    pub images: Images,
    /// The outline of the slab.
    pub slab: SlabLayout,
    /// Component instances: how many words of flags there are.
    pub component_instances: u32,
    /// Warnings for the user: imports that trap when called, and so on.
    pub warnings: Vec<String>,
}

impl ProgramPlan {
    /// Says if the program has vectors, for which some targets need more than their baseline.
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
pub struct InstancePlan<F = Option<FuncId>> {
    /// The module of the instance.
    pub module: ModuleIndex,
    /// The group whose `vmctx` its functions take.
    pub group: GroupId,
    /// The functions by index; `None` for a function that nothing live refers to.
    pub functions: PrimaryMap<FuncIndex, F>,
    /// The tables by index.
    pub tables: PrimaryMap<TableIndex, TableId>,
    /// The memories by index.
    pub memories: PrimaryMap<MemoryIndex, MemoryId>,
    /// The globals by index.
    pub globals: PrimaryMap<GlobalIndex, GlobalId>,
    /// The tags by index.
    pub tags: PrimaryMap<TagIndex, TagId>,
    /// The passive data segments; `None` for others and for unused ones: their length is 0 after instantiation.
    pub data: PrimaryMap<DataIndex, Option<DataId>>,
    /// The passive element segments; `None` for others and for unused ones: their length is 0 after instantiation.
    pub elements: PrimaryMap<ElementIndex, Option<ElementId>>,
}

impl<F> InstancePlan<F> {
    /// Returns the instance with functions named in another way.
    pub(super) fn map<G>(self, number: impl Fn(F) -> G) -> InstancePlan<G> {
        let Self { module, group, functions, tables, memories, globals, tags, data, elements } = self;
        let functions = functions.into_iter().map(|(_, func)| number(func)).collect();
        InstancePlan { module, group, functions, tables, memories, globals, tags, data, elements }
    }
}

/// Instances that share a memory 0.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    /// The common memory 0; `None` for the group of instances without a memory.
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
    /// The work of the function.
    pub kind: FuncKind,
    /// The type of the function.
    pub ty: TypeId,
    /// The group whose `vmctx` it takes.
    pub group: GroupId,
}

/// The work of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FuncKind<F = FuncId, O = OptionsId> {
    /// The code of a function that an instance's module defines.
    Wasm {
        /// The instance that defines the function.
        instance: InstanceId,
        /// The function in its module.
        func: FuncIndex,
    },
    /// A trampoline to a host function.
    Host {
        /// The link symbol.
        symbol: String,
        /// The canonical options.
        options: O,
    },
    /// A trap: an import that is missing, with its name, from a `wasi:` package or stubbed by request.
    Missing {
        /// The name of the imported function.
        name: String,
    },
    /// A trampoline to a function of the runtime for the component model.
    Builtin(BuiltinCall<MemoryId, F, O>),
    /// Reads or writes a slot of the running task's context.
    Context {
        /// The number of the slot.
        slot: u32,
        /// True if it writes the slot.
        is_set: bool,
    },
    /// Traps as its parameter says, a code of `decode::adapter_traps`.
    AdapterTrap,
    /// Calls a function of a part of the program that starts up when it is first entered.
    Enter(Entered<F>),
}

/// A function of a part of the program that starts up when it is first entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered<F = FuncId> {
    /// The function.
    pub func: F,
    /// The start-up function of the part, as an index in [`ProgramPlan::starts`].
    pub start: u32,
    /// The flags of the component instance that stands for the part.
    pub part: GlobalId,
    /// The flags of the function's component instance.
    pub flags: GlobalId,
}

impl<F, O> FuncKind<F, O> {
    /// The symbol of the runtime's function that a trampoline calls.
    pub fn symbol(&self) -> Option<&str> {
        match self {
            Self::Host { symbol, .. } => Some(symbol),
            Self::Builtin(call) => Some(call.builtin.symbol),
            Self::Wasm { .. } | Self::Missing { .. } | Self::AdapterTrap | Self::Enter(_) | Self::Context { .. } => {
                None
            }
        }
    }
}

/// The canonical options of a lowered import or a lifted function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OptionsPlan<F = FuncId> {
    /// The memory in which arguments and results lie.
    pub memory: Option<MemoryId>,
    /// The function that allocates in the memory.
    pub realloc: Option<F>,
    /// The component instance whose handles are meant.
    pub component_instance: u32,
    /// The encoding of strings, one of `aot_abi::host::STRING_…`.
    pub string_encoding: u16,
    /// The caller's number among the components with grants of their own, from 1; 0 for all others.
    pub grantee: u16,
}

impl<F: Copy> OptionsPlan<F> {
    /// The options of what has no memory: UTF-8.
    pub(super) fn without_memory(component_instance: u32) -> Self {
        let string_encoding = aot_abi::host::STRING_UTF8;
        Self { memory: None, realloc: None, component_instance, string_encoding, grantee: 0 }
    }

    /// Returns the options with functions named in another way.
    ///
    /// # Errors
    /// Those of `number`.
    pub(super) fn map<G>(&self, number: impl Fn(F) -> Result<G>) -> Result<OptionsPlan<G>> {
        Ok(OptionsPlan {
            memory: self.memory,
            realloc: self.realloc.map(number).transpose()?,
            component_instance: self.component_instance,
            string_encoding: self.string_encoding,
            grantee: self.grantee,
        })
    }
}

/// A resource type in the numbers of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// The number, over all resource types of the program and the host.
    pub number: u32,
    /// The component instance that defines it; `aot_abi::component::OF_THE_HOST`.
    pub home: u32,
}

/// The tables of a program with asynchronous components.
#[derive(Debug)]
pub struct ConcurrencyPlan {
    /// Types of streams and futures in the hands of component instances.
    pub end_types: Vec<EndType>,
    /// The component instance in which each one was instantiated; none for the outermost.
    pub parents: Vec<Option<u32>>,
    /// Functions that the runtime enters by their references, sorted.
    pub entered: Vec<(RecordId, FuncId)>,
}

/// Exported functions that the runtime calls with values of its own.
#[derive(Debug)]
pub struct ExportsPlan<F = FuncId> {
    /// The functions that are exported.
    pub functions: Vec<ExportPlan<F>>,
    /// The exported functions that can't be called, which are listed.
    pub uncallable: Vec<UncallableExport>,
    /// The types of what they take and give.
    pub types: InterfaceTypes,
    /// The resource types that their types may name.
    pub resources: HashMap<InterfaceTypeId, ResourceType>,
    /// The resource types that the host program defines, by interface and name.
    pub of_host_program: HashMap<(String, String), ResourceType>,
    /// The destructors of resources that results may own, by the types of the handles.
    pub destructors: HashMap<InterfaceTypeId, F>,
}

/// An exported function.
#[derive(Debug)]
pub struct ExportPlan<F = FuncId> {
    /// The exported instance that it is in; empty if it is exported itself.
    pub interface: String,
    /// The name of the function in the exported instance.
    pub name: String,
    /// The type of the component function.
    pub ty: ComponentFuncType,
    /// The core function.
    pub func: F,
    /// The core function to call when the result was lifted.
    pub post_return: Option<F>,
    /// The core function that an asynchronous function goes on with after each event.
    pub callback: Option<F>,
    /// True if the core function gives its result to `task.return`.
    pub is_async: bool,
    /// The number by which `task.return` names the type of the result.
    pub result_number: u32,
    /// The number by which `task.return` names the memory of the options.
    pub memory_number: u32,
    /// The canonical options.
    pub options: OptionsPlan<F>,
}

impl<F: Copy> ExportsPlan<F> {
    /// All functions that the runtime enters.
    pub(super) fn entered(&self) -> impl Iterator<Item = F> + '_ {
        let of_export = |export: &ExportPlan<F>| {
            [Some(export.func), export.post_return, export.callback, export.options.realloc].into_iter().flatten()
        };
        self.functions.iter().flat_map(of_export).chain(self.destructors.values().copied())
    }

    /// Returns the exports with functions named in another way.
    ///
    /// # Errors
    /// Those of `number`.
    pub(super) fn map<G>(self, number: impl Fn(F) -> Result<G> + Copy) -> Result<ExportsPlan<G>> {
        let function = |export: ExportPlan<F>| {
            Ok(ExportPlan {
                func: number(export.func)?,
                post_return: export.post_return.map(number).transpose()?,
                callback: export.callback.map(number).transpose()?,
                is_async: export.is_async,
                result_number: export.result_number,
                memory_number: export.memory_number,
                options: export.options.map(number)?,
                interface: export.interface,
                name: export.name,
                ty: export.ty,
            })
        };
        let destructors = self.destructors.into_iter().map(|(ty, func)| Ok((ty, number(func)?)));
        Ok(ExportsPlan {
            functions: self.functions.into_iter().map(function).collect::<Result<_>>()?,
            uncallable: self.uncallable,
            types: self.types,
            resources: self.resources,
            of_host_program: self.of_host_program,
            destructors: destructors.collect::<Result<_>>()?,
        })
    }
}

/// The export that runs after start-up.
#[derive(Clone, Copy, Debug)]
pub struct MainPlan<F = FuncId> {
    /// The row of the export that the runtime knows.
    pub export: &'static KnownExport,
    /// The core function.
    pub func: F,
    /// The component instance that has the handles of the function's parameters; 0 without a component.
    pub instance: u32,
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
    /// Set if indices have 64 bits.
    pub index64: bool,
    /// Bytes reserved for indices: 4 GiB for a 32-bit memory, all that a 64-bit memory can have.
    pub reserved_bytes: u64,
    /// Bytes of the inaccessible guard behind the reservation.
    pub guard_bytes: u64,
    /// Binary logarithm of the bytes of a page.
    pub page_log2: u8,
    /// Set if live code can change the size; otherwise it is a constant.
    pub grows: bool,
    /// Set if threads share the memory.
    pub shared: bool,
    /// The component instance that stands for the memory's part of the program, if the part starts up when it is entered.
    pub part: Option<u32>,
    /// The name of the memory, for printing.
    pub name: String,
}

/// A table of an instance, with its place.
#[derive(Debug)]
pub struct TablePlan {
    /// The type of the table.
    pub ty: TableType,
    /// The place of the table.
    pub place: TablePlace,
    /// Elements at start.
    pub elements_min: u64,
    /// Bound of growth in elements.
    pub elements_max: u64,
    /// Set if live code can change the size.
    pub grows: bool,
    /// The elements at start, up to the last that isn't null.
    pub elements: Vec<ConstValue>,
    /// The one type of all elements that aren't null; only of read-only tables.
    pub uniform: Option<TypeId>,
    /// Set if any element is null; only of read-only tables.
    pub has_nulls: bool,
    /// The index in `aot_abi::symbols::TABLES`, if the place is in the slab.
    pub slab_index: u32,
}

/// The place of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TablePlace {
    /// The table has no place: nothing live refers to it.
    Dropped,
    /// Read-only data of the executable.
    ReadOnly {
        /// Bytes from the start of the read-only tables.
        offset: u64,
        /// The form of an element.
        form: TableForm,
    },
    /// The table lies in the slab.
    Slab {
        /// Slab offset of element 0.
        base: u64,
    },
}

/// The form of an element of a read-only table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableForm {
    /// The first 8 bytes of a function record (`code: u32, signature: u32`): all functions are of this group, and nothing
    /// reads a reference from the table.
    Code(GroupId),
    /// A 32-bit record index.
    Index,
}

/// A global of an instance, with its place.
#[derive(Debug)]
pub struct GlobalPlan {
    /// The type of the global.
    pub ty: GlobalType,
    /// The place of the global.
    pub place: GlobalPlace,
    /// The value at start.
    pub initial: ConstValue,
    /// Uses in live code.
    pub uses: u64,
}

/// The place of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalPlace {
    /// The global has no place: nothing live refers to it.
    Dropped,
    /// The global has no place: the initial value never changes.
    Constant,
    /// The global lies in the slab.
    Slab {
        /// The slab offset of the global.
        offset: u64,
    },
    /// The global is a flag word of the component model in the control pages: an `i32`.
    InstanceFlags {
        /// The slab offset of the flags.
        offset: u64,
    },
}

/// A passive data segment.
#[derive(Debug)]
pub struct DataPlan {
    /// The instance whose segment it is.
    pub instance: InstanceId,
    /// The segment in its module.
    pub data: DataIndex,
    /// Bytes from the start of the bytes of all passive segments.
    pub offset: u64,
    /// The length in bytes.
    pub bytes: u64,
}

/// A passive element segment.
#[derive(Debug)]
pub struct ElementPlan {
    /// The instance whose segment it is.
    pub instance: InstanceId,
    /// The segment in its module.
    pub element: ElementIndex,
    /// Elements from the start of the elements of all passive segments.
    pub offset: u64,
    /// The elements; null in place of those that start-up makes.
    pub values: Vec<ConstValue>,
    /// The table in the slab that has all elements, if start-up makes some.
    pub table: Option<TableId>,
}

/// A compiled start-up function.
#[derive(Clone, Debug, Default)]
pub struct StartPlan {
    /// The steps, in order.
    pub steps: Vec<StartStep>,
}

/// A step of start-up that could not be resolved at compile time: it may trap, or earlier code could see it.
#[derive(Clone, Debug, PartialEq)]
pub enum StartStep<F = FuncId, D = DataId, E = ElementId> {
    /// Copies an active element segment into a table, after a bounds check.
    Elements(ElementCopy<E>),
    /// Copies an active data segment into a memory, after a bounds check.
    Data(DataCopy<D>),
    /// Makes the value of a global.
    Global {
        /// The global that is set.
        global: GlobalId,
        /// The expression to evaluate.
        computation: Computation,
    },
    /// Gives all elements of a table, from the first on, the same value.
    Fill {
        /// The table that is filled.
        table: TableId,
        /// The expression to evaluate.
        computation: Computation,
    },
    /// Makes an element of a segment, in the table that has all of them.
    Element {
        /// The segment of the element.
        segment: E,
        /// The index of the element.
        index: u64,
        /// The expression to evaluate.
        computation: Computation,
    },
    /// Calls a start function.
    Call(F),
    /// Traps: the segment before can't fit.
    Trap(Trap),
}

/// A copy of an active element segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementCopy<E = ElementId> {
    /// The table that is written.
    pub table: TableId,
    /// The first element in the table.
    pub offset: u64,
    /// The segment that is copied.
    pub segment: E,
}

/// A copy of an active data segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataCopy<D = DataId> {
    /// The memory that is written.
    pub memory: MemoryId,
    /// The first byte in the memory.
    pub offset: u64,
    /// The segment that is copied.
    pub segment: D,
}

/// A constant expression that start-up evaluates, because there is an object in its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Computation {
    /// The instance whose items it refers to.
    pub instance: InstanceId,
    /// The operators of the expression.
    pub expr: ConstExpr,
}

/// A value of a global or a table element at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstValue<F = RecordId> {
    /// `i32`.
    I32(i32),
    /// `i64`.
    I64(i64),
    /// `f32`, as bits.
    F32(u32),
    /// `f64`, as bits.
    F64(u64),
    /// `v128`, as bits.
    V128(u128),
    /// A null reference of any type.
    Null,
    /// A reference to a function.
    Func(F),
    /// An `i31`, by its bits.
    I31(u32),
}

impl ConstValue {
    /// The value as it lies in memory, little-endian; references have 4 bytes.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::I32(value) => value.to_le_bytes().to_vec(),
            Self::I64(value) => value.to_le_bytes().to_vec(),
            Self::F32(value) => value.to_le_bytes().to_vec(),
            Self::F64(value) => value.to_le_bytes().to_vec(),
            Self::V128(value) => value.to_le_bytes().to_vec(),
            Self::Null | Self::Func(_) | Self::I31(_) => self.reference().to_le_bytes().to_vec(),
        }
    }

    /// The 32 bits of a reference; 0 for anything else.
    pub fn reference(self) -> u32 {
        match self {
            Self::Func(record) => record.as_u32(),
            Self::I31(bits) => bits,
            _ => 0,
        }
    }
}

impl<F> ConstValue<F> {
    /// The value as an index or offset: `i32` and `i64` are unsigned there.
    pub(super) fn unsigned(self) -> Option<u64> {
        match self {
            Self::I32(value) => Some(u64::from(value as u32)),
            Self::I64(value) => Some(value as u64),
            _ => None,
        }
    }

    /// Returns the value with functions named in another way.
    pub(super) fn map<G>(self, number: impl FnOnce(F) -> G) -> ConstValue<G> {
        match self {
            Self::I32(value) => ConstValue::I32(value),
            Self::I64(value) => ConstValue::I64(value),
            Self::F32(bits) => ConstValue::F32(bits),
            Self::F64(bits) => ConstValue::F64(bits),
            Self::V128(bits) => ConstValue::V128(bits),
            Self::Null => ConstValue::Null,
            Self::Func(func) => ConstValue::Func(number(func)),
            Self::I31(bits) => ConstValue::I31(bits),
        }
    }
}

/// A tag: one for each that an instance defines. Imports of it refer to it.
#[derive(Clone, Debug)]
pub struct TagPlan {
    /// The function type whose parameters are the values of its exceptions.
    pub ty: TypeId,
    /// The name of the tag, for messages.
    pub name: String,
}

/// The place of exceptions in the slab.
#[derive(Clone, Debug)]
pub struct ExceptionsPlan {
    /// Slab offset of slot 0, which holds the state of the allocation.
    pub base: u64,
    /// The number of slots.
    pub slots: u32,
    /// Binary logarithm of the bytes of a slot.
    pub slot_log2: u32,
}

/// The place of structures and arrays in the slab; only programs that make some have a heap.
#[derive(Clone, Debug)]
pub struct HeapPlan {
    /// Slab offset that references count from.
    pub base: u64,
    /// Bytes reserved from there on.
    pub bytes: u64,
    /// Slab offset of the marks.
    pub marks: u64,
    /// Slab offset of the list of objects that a collection has still to look into.
    pub pending: u64,
    /// Collects at each allocation, for tests.
    pub stress: bool,
}

/// Bytes at a slab offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Slab offset of the first byte.
    pub destination: u64,
    /// The initial bytes of the run.
    pub bytes: Vec<u8>,
}

/// All runs, sorted by destination, not overlapping. Those of at least `MOVED_RUN_BYTES_MIN` bytes begin and end at
/// multiples of `PAGE_BYTES_MAX`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    /// The runs of all memories.
    pub runs: Vec<Run>,
}

/// The outline of the slab.
#[derive(Debug)]
pub struct SlabLayout {
    /// The control pages' arrays.
    pub control: ControlLayout,
    /// Readable and writable parts from the start: offset and length in bytes, multiples of 64 KiB.
    pub spans: Vec<(u64, u64)>,
    /// The whole reservation in bytes.
    pub bytes: u64,
}

impl SlabLayout {
    /// Slab offset of the current length of a memory in bytes, a `u64`.
    pub fn memory_length(&self, memory: MemoryId) -> u64 {
        self.control.memory_bytes + 8 * u64::from(memory.as_u32())
    }

    /// Slab offset of the current number of elements of a table in the slab, a `u64`.
    pub fn table_length(&self, table: &TablePlan) -> u64 {
        self.control.table_elements + 8 * u64::from(table.slab_index)
    }

    /// Slab offset of the current length of a passive data segment in bytes, a `u64`.
    pub fn data_length(&self, data: DataId) -> u64 {
        self.control.data_bytes + 8 * u64::from(data.as_u32())
    }

    /// Slab offset of the current number of elements of a passive element segment, a `u64`.
    pub fn element_length(&self, element: ElementId) -> u64 {
        self.control.element_counts + 8 * u64::from(element.as_u32())
    }
}

/// Says if the elements of a table are written out up to `end`, for `given` elements in the input: a few of them far from
/// the first are left to start-up.
pub(super) fn is_written_out(end: u64, given: u64) -> bool {
    const NEAR: u64 = 4096;
    end <= given.saturating_mul(16).max(NEAR)
}
