//! Types of core WebAssembly (specification 3.0, section 2.3), with one number for equal types of a whole program.

use cranelift_entity::{PrimaryMap, entity_impl};

/// A defined type, canonical for the program: equal types of different modules have the same number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(u32);
entity_impl!(TypeId, "type");

/// A value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference: 32 bits in compiled code, 0 for null.
    Ref(RefType),
}

/// A reference type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    /// Whether null is a value of it.
    pub nullable: bool,
    /// What it refers to.
    pub heap: HeapType,
}

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Anything of the host.
    Extern,
    /// An instance of a defined type, which is a function type unless the garbage-collection proposal is on.
    Concrete(TypeId),
    /// No function.
    NoFunc,
    /// Nothing of the host.
    NoExtern,
    /// Any exception.
    Exn,
    /// No exception.
    NoExn,
    /// Another type of the garbage-collection proposal.
    Other,
}

impl RefType {
    /// `funcref`.
    pub const FUNCREF: Self = Self { nullable: true, heap: HeapType::Func };

    /// Whether it refers to exceptions.
    pub fn is_exception(self) -> bool {
        matches!(self.heap, HeapType::Exn | HeapType::NoExn)
    }
}

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Parameters.
    pub params: Box<[ValType]>,
    /// Results.
    pub results: Box<[ValType]>,
}

/// A defined type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompositeType {
    /// A function.
    Func(FuncType),
    /// A structure, array or other type of a later proposal.
    Other,
}

/// The defined types of a program.
#[derive(Debug, Default)]
pub struct Types {
    types: PrimaryMap<TypeId, CompositeType>,
}

impl Types {
    /// From the types in the order of their numbers.
    pub fn new(types: PrimaryMap<TypeId, CompositeType>) -> Self {
        Self { types }
    }

    /// The function type with this number.
    ///
    /// # Panics
    /// Where it isn't a function type: validation has made sure that it is.
    pub fn func(&self, id: TypeId) -> &FuncType {
        match &self.types[id] {
            CompositeType::Func(ty) => ty,
            CompositeType::Other => panic!("{id} isn't a function type"),
        }
    }

    /// Whether a function takes or returns vectors.
    pub fn any_vector(&self) -> bool {
        let has_vector = |ty: &CompositeType| match ty {
            CompositeType::Func(ty) => ty.params.iter().chain(&ty.results).any(|ty| *ty == ValType::V128),
            CompositeType::Other => false,
        };
        self.types.values().any(has_vector)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// The type of its value.
    pub value: ValType,
    /// Whether it can be set.
    pub mutable: bool,
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// The type of its elements.
    pub element: RefType,
    /// Initial elements.
    pub min: u64,
    /// The module's bound of growth, in elements.
    pub max: Option<u64>,
    /// Whether indices are 64 bits wide.
    pub table64: bool,
}

/// The type of a linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Initial pages.
    pub min_pages: u64,
    /// The module's bound of growth, in pages.
    pub max_pages: Option<u64>,
    /// Binary logarithm of the bytes of a page.
    pub page_log2: u8,
    /// Whether indices are 64 bits wide.
    pub memory64: bool,
    /// Whether threads share it.
    pub shared: bool,
}
