//! A decoded and validated core module, in our own types.

use super::indices::{DataIndex, ElementIndex, FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex};
use super::types::{GlobalType, MemoryType, TableType, TypeId};
use cranelift_entity::{EntityRef, PrimaryMap};
use std::collections::HashMap;

/// An item of one of a module's index spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entity {
    /// A function of the module.
    Func(FuncIndex),
    /// A table of the module.
    Table(TableIndex),
    /// A linear memory.
    Memory(MemoryIndex),
    /// A global of the module.
    Global(GlobalIndex),
    /// A tag of exceptions.
    Tag(TagIndex),
}

/// An import of a core module.
#[derive(Clone, Debug)]
pub struct Import {
    /// The first name of the import, the module's.
    pub module: String,
    /// The second name of the import, the item's.
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

/// The time at which a segment is applied.
#[derive(Clone, Debug)]
pub enum SegmentMode<I> {
    /// Instantiation applies the segment, to this table or memory at this offset.
    Active(I, ConstExpr),
    /// `table.init` or `memory.init` applies the segment.
    Passive,
    /// The segment is never applied: it declares the functions that code may refer to.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// The time at which the segment is applied.
    pub mode: SegmentMode<TableIndex>,
    /// The elements of the segment.
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
    /// The time at which the segment is applied.
    pub mode: SegmentMode<MemoryIndex>,
    /// The bytes of the segment.
    pub bytes: &'a [u8],
}

/// A global that the module defines.
#[derive(Clone, Debug)]
pub struct GlobalInit {
    /// The initial value of the global.
    pub init: ConstExpr,
}

/// The body of a function that the module defines.
#[derive(Clone, Debug)]
pub struct Body<'a> {
    /// Locals and operators; offsets that its readers give count from the start of the input file.
    pub reader: wasmparser::FunctionBody<'a>,
    /// The items and features that the body uses.
    pub uses: super::uses::Uses,
    /// Hints for its branches, by offset.
    pub hints: Box<[BranchHint]>,
}

/// A hint of the module's producer about an `if` or `br_if`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchHint {
    /// The operator's offset from the start of the body.
    pub offset: u32,
    /// True if the condition is likely not 0.
    pub taken: bool,
}

/// A core module.
#[derive(Debug, Default)]
pub struct Module<'a> {
    /// The name of the module in its name section.
    pub name: Option<String>,
    /// Offset of the module's first byte in the input file: 0 unless it lies in a component. A module that the front
    /// end made (an adapter) isn't in the input: then [`Module::synthetic`] is set.
    pub offset: u64,
    /// The bytes of the module.
    pub binary: &'a [u8],
    /// True if the front end made the module: an adapter between components.
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
    /// The number of functions that are imported.
    pub imported_functions: usize,
    /// The number of tables that are imported.
    pub imported_tables: usize,
    /// The number of memories that are imported.
    pub imported_memories: usize,
    /// The number of globals that are imported.
    pub imported_globals: usize,
    /// The number of tags that are imported.
    pub imported_tags: usize,
    /// Initial values of the tables that the module defines, in order; `None` is null.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// Initial values of the globals that the module defines, in order.
    pub global_inits: Vec<GlobalInit>,
    /// The element segments of the module.
    pub elements: PrimaryMap<ElementIndex, ElementSegment>,
    /// The data segments of the module.
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
    /// The body of `func`; `None` if it is an import.
    pub fn body(&self, func: FuncIndex) -> Option<&Body<'a>> {
        self.bodies.get(func.index().checked_sub(self.imported_functions)?)
    }

    /// The export with this name.
    pub fn export(&self, name: &str) -> Option<Entity> {
        self.exports.iter().find(|(export, _)| export == name).map(|(_, entity)| *entity)
    }

    /// The module's name for messages: its own name, or its place.
    pub fn display_name(&self) -> String {
        match &self.name {
            Some(name) => name.clone(),
            None if self.synthetic => "of an adapter".to_string(),
            None => format!("at offset {:#x}", self.offset),
        }
    }

    /// The name of a function for messages: its own name, or its index.
    pub fn display_function(&self, func: FuncIndex) -> String {
        match self.function_names.get(&func) {
            Some(name) => format!("{} ({name})", func.index()),
            None => format!("{}", func.index()),
        }
    }

    /// The name of a tag that the module defines, for messages: its own name, that of an export, or its index.
    pub fn display_tag(&self, tag: TagIndex) -> String {
        let exported = || self.exports.iter().find(|(_, entity)| *entity == Entity::Tag(tag));
        match self.tag_names.get(&tag) {
            Some(name) => name.to_string(),
            None => exported().map_or_else(|| format!("<wasm tag {}>", tag.index()), |(name, _)| name.clone()),
        }
    }
}

/// A function's name as its source has it, if it is a mangled name of Rust or C++.
pub fn demangle(name: &str) -> String {
    let mut demangled = String::new();
    // Writing to a string fails only where a mangled name is malformed: then it stands for itself.
    match wasmtime_environ::demangle_function_name(&mut demangled, name) {
        Ok(()) => demangled,
        Err(_) => name.to_string(),
    }
}
