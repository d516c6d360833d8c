//! A decoded and validated core module, in our own types.

use super::types::{GlobalType, MemoryType, TableType, TypeId};
use cranelift_entity::{EntityRef, PrimaryMap, entity_impl};
use std::collections::HashMap;

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u32);
        entity_impl!($name, $prefix);)*
    };
}

indices! {
    /// A core module of the program.
    ModuleIndex "module";
    /// A function in the index space of its module, imports first.
    FuncIndex "func";
    /// A table in the index space of its module.
    TableIndex "table";
    /// A linear memory in the index space of its module.
    MemoryIndex "memory";
    /// A global in the index space of its module.
    GlobalIndex "global";
    /// A tag of exceptions in the index space of its module.
    TagIndex "tag";
    /// A data segment of its module.
    DataIndex "data";
    /// An element segment of its module.
    ElementIndex "element";
}

/// An item of one of a module's index spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entity {
    /// A function.
    Func(FuncIndex),
    /// A table.
    Table(TableIndex),
    /// A linear memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
    /// A tag of exceptions.
    Tag(TagIndex),
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// First name.
    pub module: String,
    /// Second name.
    pub name: String,
    /// The item that it becomes.
    pub entity: Entity,
}

/// An operator of a constant expression (specification 3.0, section 3.4.10).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConstOp {
    /// `i32.const`.
    I32(i32),
    /// `i64.const`.
    I64(i64),
    /// `f32.const`, as bits.
    F32(u32),
    /// `f64.const`, as bits.
    F64(u64),
    /// `v128.const`, as bits.
    V128(u128),
    /// `global.get`.
    GlobalGet(GlobalIndex),
    /// `ref.null`.
    RefNull,
    /// `ref.func`.
    RefFunc(FuncIndex),
    /// `i32.add`.
    I32Add,
    /// `i32.sub`.
    I32Sub,
    /// `i32.mul`.
    I32Mul,
    /// `i64.add`.
    I64Add,
    /// `i64.sub`.
    I64Sub,
    /// `i64.mul`.
    I64Mul,
    /// `ref.i31`.
    RefI31,
    /// `any.convert_extern` or `extern.convert_any`, which change no bit.
    Convert,
    /// `struct.new`.
    StructNew(TypeId),
    /// `struct.new_default`.
    StructNewDefault(TypeId),
    /// `array.new`.
    ArrayNew(TypeId),
    /// `array.new_default`.
    ArrayNewDefault(TypeId),
    /// `array.new_fixed`, with the number of elements.
    ArrayNewFixed(TypeId, u32),
}

/// A constant expression: operators in postfix order.
pub type ConstExpr = Box<[ConstOp]>;

/// When a segment is applied.
#[derive(Clone, Debug)]
pub enum SegmentMode<I> {
    /// At instantiation, to this table or memory at this offset.
    Active(I, ConstExpr),
    /// By `table.init` or `memory.init`.
    Passive,
    /// Never.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// When it is applied.
    pub mode: SegmentMode<TableIndex>,
    /// Its elements.
    pub elements: Box<[ElementExpr]>,
}

/// An element of a segment.
#[derive(Clone, Debug)]
pub enum ElementExpr {
    /// A function, the common case.
    Func(FuncIndex),
    /// Any other expression.
    Expr(ConstExpr),
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment<'a> {
    /// When it is applied.
    pub mode: SegmentMode<MemoryIndex>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A global that the module defines.
#[derive(Clone, Debug)]
pub struct GlobalInit {
    /// Its initial value.
    pub init: ConstExpr,
}

/// The body of a function that the module defines.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    /// Locals and operators; offsets that its readers give count from the start of the input file.
    pub reader: wasmparser::FunctionBody<'a>,
    /// What it refers to.
    pub uses: super::uses::Uses,
    /// Hints for its branches, by offset.
    pub hints: Box<[BranchHint]>,
}

/// What the producer of a module knows about an `if` or `br_if`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchHint {
    /// The operator's offset from the start of the body.
    pub offset: u32,
    /// Whether the condition is likely not 0.
    pub taken: bool,
}

/// A core module.
#[derive(Debug, Default)]
pub struct Module<'a> {
    /// From the name section.
    pub name: Option<String>,
    /// Offset of the module's first byte in the input file: 0 unless it lies in a component. A module that the front
    /// end made (an adapter) isn't in the input: then [`Module::synthetic`] is set.
    pub offset: u64,
    /// The bytes of the module.
    pub binary: &'a [u8],
    /// Whether the front end made it: an adapter between components.
    pub synthetic: bool,
    /// The module's type index space.
    pub types: Vec<TypeId>,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Exports in order, by name.
    pub exports: Vec<(String, Entity)>,
    /// All functions by their types, imports first.
    pub functions: PrimaryMap<FuncIndex, TypeId>,
    /// All tables, imports first.
    pub tables: PrimaryMap<TableIndex, TableType>,
    /// All memories, imports first.
    pub memories: PrimaryMap<MemoryIndex, MemoryType>,
    /// All globals, imports first.
    pub globals: PrimaryMap<GlobalIndex, GlobalType>,
    /// All tags by the types of their exceptions' values, imports first.
    pub tags: PrimaryMap<TagIndex, TypeId>,
    /// How many functions are imported.
    pub imported_functions: usize,
    /// How many tables are imported.
    pub imported_tables: usize,
    /// How many memories are imported.
    pub imported_memories: usize,
    /// How many globals are imported.
    pub imported_globals: usize,
    /// How many tags are imported.
    pub imported_tags: usize,
    /// Initial values of the tables that the module defines, in order; `None` is null.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// Initial values of the globals that the module defines, in order.
    pub global_inits: Vec<GlobalInit>,
    /// Element segments.
    pub elements: PrimaryMap<ElementIndex, ElementSegment>,
    /// Data segments.
    pub data: PrimaryMap<DataIndex, DataSegment<'a>>,
    /// The start function.
    pub start: Option<FuncIndex>,
    /// Bodies of the functions that the module defines, in order.
    pub bodies: Vec<Body<'a>>,
    /// Names of functions, from the name section.
    pub function_names: HashMap<FuncIndex, &'a str>,
    /// Names of tags, from the name section.
    pub tag_names: HashMap<TagIndex, &'a str>,
}

impl<'a> Module<'a> {
    /// The body of `func`; `None` where it is an import.
    pub fn body(&self, func: FuncIndex) -> Option<&Body<'a>> {
        self.bodies.get(func.index().checked_sub(self.imported_functions)?)
    }

    /// The export with this name.
    pub fn export(&self, name: &str) -> Option<Entity> {
        self.exports.iter().find(|(export, _)| export == name).map(|(_, entity)| *entity)
    }

    /// How messages name the module: by its name, or by its place.
    pub fn display_name(&self) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None if self.synthetic => "of an adapter".to_string(),
            None => format!("at offset {:#x}", self.offset),
        }
    }

    /// How messages name a function: by its name, or by its index.
    pub fn display_function(&self, func: FuncIndex) -> String {
        match self.function_names.get(&func) {
            Some(name) => format!("{} ({name})", func.index()),
            None => format!("{}", func.index()),
        }
    }

    /// How messages name a tag that the module defines: by its name, by that of an export, or by its index.
    pub fn display_tag(&self, tag: TagIndex) -> String {
        let exported = || self.exports.iter().find(|(_, entity)| *entity == Entity::Tag(tag));
        match self.tag_names.get(&tag) {
            Some(name) => name.to_string(),
            None => exported().map_or_else(|| format!("<wasm tag {}>", tag.index()), |(name, _)| name.clone()),
        }
    }
}

/// A function's name as its source has it, where it is a mangled name of Rust or C++.
pub fn demangle(name: &str) -> String {
    let mut demangled = String::new();
    // Writing to a string fails only where a mangled name is malformed: then it stands for itself.
    match wasmtime_environ::demangle_function_name(&mut demangled, name) {
        Ok(()) => demangled,
        Err(_) => name.to_string(),
    }
}
