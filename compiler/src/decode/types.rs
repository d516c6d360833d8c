//! Types of core WebAssembly (specification 3.0, section 2.3), with one number for equal types of a whole program.

use aot_abi::wasi::CoreType;
use cranelift_entity::{PrimaryMap, SecondaryMap, entity_impl};
use std::ops::Range;

/// A defined type, canonical for the program: equal types of different modules have the same number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(u32);
entity_impl!(TypeId, "type");

/// A value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// The 32-bit integer.
    I32,
    /// The 64-bit integer.
    I64,
    /// The 32-bit float.
    F32,
    /// The 64-bit float.
    F64,
    /// The 128-bit vector.
    V128,
    /// Reference: 32 bits in compiled code, 0 for null.
    Ref(RefType),
}

impl ValType {
    /// The type that a row of the contract names.
    fn of_contract(ty: CoreType) -> Self {
        match ty {
            CoreType::I32 => Self::I32,
            CoreType::I64 => Self::I64,
        }
    }
}

/// A reference type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    /// True if null is a value of the type.
    pub nullable: bool,
    /// The type of the objects that the reference refers to.
    pub heap: HeapType,
}

/// The type of what a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// Every function (`func`).
    Func,
    /// Anything of the host.
    Extern,
    /// An instance of a defined type.
    Concrete(TypeId),
    /// No function (`nofunc`): only null.
    NoFunc,
    /// No value of the host (`noextern`): only null.
    NoExtern,
    /// Every exception (`exn`).
    Exn,
    /// No exception (`noexn`): only null.
    NoExn,
    /// Anything but functions, exceptions and what is the host's.
    Any,
    /// Everything that can be compared: structures, arrays and `i31` (`eq`).
    Eq,
    /// An integer of 31 bits.
    I31,
    /// Every structure (`struct`).
    Struct,
    /// Every array (`array`).
    Array,
    /// Bottom type below [`HeapType::Any`] (`none`): only null.
    None,
    /// Another type of a later proposal.
    Other,
}

/// The types of references that have something in common: each below one of the top types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hierarchy {
    /// The types below `func`.
    Func,
    /// The types below `any`.
    Any,
    /// The types below `extern`.
    Extern,
    /// The types below `exn`.
    Exn,
}

impl RefType {
    /// `funcref`.
    pub const FUNCREF: Self = Self { nullable: true, heap: HeapType::Func };

    /// Returns true if the reference refers to exceptions.
    pub fn is_exception(self) -> bool {
        matches!(self.heap, HeapType::Exn | HeapType::NoExn)
    }
}

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// The types of the parameters.
    pub params: Box<[ValType]>,
    /// The types of the results.
    pub results: Box<[ValType]>,
}

impl FuncType {
    /// Returns true if these are the types of the parameters and results.
    pub fn has_core_types(&self, params: &[CoreType], results: &[CoreType]) -> bool {
        let same = |known: &[CoreType], types: &[ValType]| {
            known.iter().map(|ty| ValType::of_contract(*ty)).eq(types.iter().copied())
        };
        same(params, &self.params) && same(results, &self.results)
    }
}

/// The type of a field of a structure, or of an element of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageType {
    /// The low 8 bits of an `i32`.
    I8,
    /// The low 16 bits of an `i32`.
    I16,
    /// A value of a value type.
    Value(ValType),
}

impl StorageType {
    /// Bytes in an object.
    pub fn bytes(self) -> u32 {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::Value(ValType::I32 | ValType::F32 | ValType::Ref(_)) => 4,
            Self::Value(ValType::I64 | ValType::F64) => 8,
            Self::Value(ValType::V128) => 16,
        }
    }
}

/// The composite type that a type defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompositeType {
    /// A function type.
    Func(FuncType),
    /// A structure, by its fields.
    Struct(Box<[StorageType]>),
    /// An array, by its elements.
    Array(StorageType),
    /// Something of a later proposal.
    Other,
}

/// A defined type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedType {
    /// The composite type that is defined.
    pub composite: CompositeType,
    /// The type that it is declared to be below.
    pub supertype: Option<TypeId>,
}

/// The defined types of a program.
///
/// Besides its [`TypeId`], each has a number by which code tells types apart at run time. Numbers begin at 1. Those of
/// the types below a type follow its own without a gap, and so do those of all functions, structures and arrays, so that
/// whether something is of a type is whether its number is in a range.
#[derive(Debug, Default)]
pub struct Types {
    types: PrimaryMap<TypeId, DefinedType>,
    numbers: SecondaryMap<TypeId, Range<u32>>,
    structs: Range<u32>,
    arrays: Range<u32>,
}

impl Types {
    /// A table of types in the order of their numbers.
    pub fn new(types: PrimaryMap<TypeId, DefinedType>) -> Self {
        let mut below: SecondaryMap<TypeId, Vec<TypeId>> = SecondaryMap::new();
        for (id, ty) in &types {
            if let Some(supertype) = ty.supertype {
                below[supertype].push(id);
            }
        }
        let mut numbering = Numbering { below, numbers: SecondaryMap::new(), next: 1 };
        let mut number = |kind: fn(&CompositeType) -> bool| {
            let roots = types.iter().filter(|(_, ty)| ty.supertype.is_none() && kind(&ty.composite));
            numbering.trees(roots.map(|(id, _)| id))
        };
        number(|ty| matches!(ty, CompositeType::Func(_)));
        let structs = number(|ty| matches!(ty, CompositeType::Struct(_)));
        let arrays = number(|ty| matches!(ty, CompositeType::Array(_)));
        number(|ty| matches!(ty, CompositeType::Other));
        Self { types, numbers: numbering.numbers, structs, arrays }
    }

    /// The number of a type, followed by those of the types below it.
    pub fn numbers(&self, id: TypeId) -> Range<u32> {
        self.numbers[id].clone()
    }

    /// The number of a type.
    pub fn number(&self, id: TypeId) -> u32 {
        self.numbers[id].start
    }

    /// The numbers of all structures.
    pub fn struct_numbers(&self) -> Range<u32> {
        self.structs.clone()
    }

    /// The numbers of all arrays, which follow those of structures.
    pub fn array_numbers(&self) -> Range<u32> {
        self.arrays.clone()
    }

    /// Returns true if `lower` is `upper`, or declared to be below it.
    pub fn is_below(&self, lower: TypeId, upper: TypeId) -> bool {
        self.numbers[upper].contains(&self.number(lower))
    }

    /// A type and those that it is below.
    pub fn and_above(&self, id: TypeId) -> impl Iterator<Item = TypeId> + '_ {
        std::iter::successors(Some(id), |id| self.types[*id].supertype)
    }

    /// The composite type of the type with this number.
    pub fn composite(&self, id: TypeId) -> &CompositeType {
        &self.types[id].composite
    }

    /// The function type with this number.
    ///
    /// # Panics
    /// If it isn't a function type: validation has made sure that it is.
    pub fn func(&self, id: TypeId) -> &FuncType {
        match self.composite(id) {
            CompositeType::Func(ty) => ty,
            _ => panic!("{id} isn't a function type"),
        }
    }

    /// The fields of the structure type with this number.
    ///
    /// # Panics
    /// If it isn't a structure type: validation has made sure that it is.
    pub fn fields(&self, id: TypeId) -> &[StorageType] {
        match self.composite(id) {
            CompositeType::Struct(fields) => fields,
            _ => panic!("{id} isn't a structure type"),
        }
    }

    /// The elements of the array type with this number.
    ///
    /// # Panics
    /// If it isn't an array type: validation has made sure that it is.
    pub fn element(&self, id: TypeId) -> StorageType {
        match self.composite(id) {
            CompositeType::Array(element) => *element,
            _ => panic!("{id} isn't an array type"),
        }
    }

    /// The hierarchy of what a reference refers to.
    pub fn hierarchy(&self, heap: HeapType) -> Hierarchy {
        match heap {
            HeapType::Func | HeapType::NoFunc | HeapType::Other => Hierarchy::Func,
            HeapType::Extern | HeapType::NoExtern => Hierarchy::Extern,
            HeapType::Exn | HeapType::NoExn => Hierarchy::Exn,
            HeapType::Concrete(id) => match self.composite(id) {
                CompositeType::Struct(_) | CompositeType::Array(_) => Hierarchy::Any,
                CompositeType::Func(_) | CompositeType::Other => Hierarchy::Func,
            },
            _ => Hierarchy::Any,
        }
    }

    /// Returns true if every value of the type `lower` is one of the type `upper`.
    pub fn matches(&self, lower: ValType, upper: ValType) -> bool {
        match (lower, upper) {
            (ValType::Ref(lower), ValType::Ref(upper)) => {
                (upper.nullable || !lower.nullable) && self.heap_matches(lower.heap, upper.heap)
            }
            _ => lower == upper,
        }
    }

    fn heap_matches(&self, lower: HeapType, upper: HeapType) -> bool {
        use HeapType as H;
        if lower == upper {
            return true;
        }
        let same_hierarchy = self.hierarchy(lower) == self.hierarchy(upper);
        match (lower, upper) {
            (H::NoFunc | H::NoExtern | H::NoExn | H::None, _) => same_hierarchy,
            (_, H::Func | H::Extern | H::Exn | H::Any) => same_hierarchy,
            (H::I31 | H::Struct | H::Array, H::Eq) => true,
            (H::Concrete(_), H::Eq) => same_hierarchy,
            (H::Concrete(id), H::Struct) => matches!(self.composite(id), CompositeType::Struct(_)),
            (H::Concrete(id), H::Array) => matches!(self.composite(id), CompositeType::Array(_)),
            (H::Concrete(lower), H::Concrete(upper)) => self.is_below(lower, upper),
            _ => false,
        }
    }

    /// Returns true if values of a type may refer to objects of the heap or to exceptions: a collector has to find
    /// them.
    pub fn is_traced(&self, ty: ValType) -> bool {
        matches!(ty, ValType::Ref(ty) if self.hierarchy(ty.heap) != Hierarchy::Func)
    }

    /// Returns true if a function takes or returns vectors, or an object has some.
    pub fn any_vector(&self) -> bool {
        let v128 = StorageType::Value(ValType::V128);
        let has_vector = |ty: &DefinedType| match &ty.composite {
            CompositeType::Func(ty) => ty.params.iter().chain(&ty.results).any(|ty| *ty == ValType::V128),
            CompositeType::Struct(fields) => fields.contains(&v128),
            CompositeType::Array(element) => *element == v128,
            CompositeType::Other => false,
        };
        self.types.values().any(has_vector)
    }

    /// All defined types, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &DefinedType)> {
        self.types.iter()
    }

    /// The number of defined types.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Returns true if no types are defined.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}

/// A numbering of types: each gets its number before those below it.
struct Numbering {
    below: SecondaryMap<TypeId, Vec<TypeId>>,
    numbers: SecondaryMap<TypeId, Range<u32>>,
    next: u32,
}

impl Numbering {
    /// Numbers the trees with these roots; the numbers of all.
    fn trees(&mut self, roots: impl Iterator<Item = TypeId>) -> Range<u32> {
        let first = self.next;
        roots.for_each(|root| self.tree(root));
        first..self.next
    }

    /// Declarations bound the depth of a tree, so a list of ours need not.
    fn tree(&mut self, root: TypeId) {
        let mut open = vec![(root, 0)];
        while let Some((id, position)) = open.last_mut() {
            let id = *id;
            if *position == 0 {
                self.numbers[id] = self.next..self.next;
                self.next += 1;
            }
            match self.below[id].get(*position) {
                Some(lower) => {
                    *position += 1;
                    open.push((*lower, 0));
                }
                None => {
                    self.numbers[id].end = self.next;
                    open.pop();
                }
            }
        }
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// The type of its value.
    pub value: ValType,
    /// True if the global can be set.
    pub mutable: bool,
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// The type of its elements.
    pub element: RefType,
    /// The initial number of elements.
    pub min: u64,
    /// The module's bound of growth, in elements.
    pub max: Option<u64>,
    /// True if indices are 64 bits wide.
    pub table64: bool,
}

/// The type of a linear memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// The initial number of pages.
    pub min_pages: u64,
    /// The module's bound of growth, in pages.
    pub max_pages: Option<u64>,
    /// Binary logarithm of the bytes of a page.
    pub page_log2: u8,
    /// True if indices are 64 bits wide.
    pub memory64: bool,
    /// True if threads share the memory.
    pub shared: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(types: &[(CompositeType, Option<u32>)]) -> Types {
        let defined = |(composite, supertype): &(CompositeType, Option<u32>)| DefinedType {
            composite: composite.clone(),
            supertype: supertype.map(TypeId::from_u32),
        };
        Types::new(types.iter().map(defined).collect())
    }

    fn structure(supertype: Option<u32>) -> (CompositeType, Option<u32>) {
        (CompositeType::Struct(Box::default()), supertype)
    }

    fn function() -> (CompositeType, Option<u32>) {
        (CompositeType::Func(FuncType { params: Box::default(), results: Box::default() }), None)
    }

    #[test]
    fn numbers_of_functions_alone_are_their_places() {
        let types = types(&[function(), function()]);
        assert_eq!(types.numbers(TypeId::from_u32(0)), 1..2);
        assert_eq!(types.numbers(TypeId::from_u32(1)), 2..3);
    }

    #[test]
    fn numbers_of_lower_types_follow_without_a_gap() {
        let array = (CompositeType::Array(StorageType::I8), None);
        let types =
            types(&[array, structure(None), structure(Some(1)), function(), structure(Some(1)), structure(Some(2))]);
        let numbers = |id| types.numbers(TypeId::from_u32(id));
        assert_eq!(
            [numbers(3), numbers(1), numbers(2), numbers(5), numbers(4), numbers(0)],
            [1..2, 2..6, 3..5, 4..5, 5..6, 6..7]
        );
        assert_eq!((types.struct_numbers(), types.array_numbers()), (2..6, 6..7));
        assert!(types.is_below(TypeId::from_u32(5), TypeId::from_u32(1)));
        assert!(!types.is_below(TypeId::from_u32(5), TypeId::from_u32(4)));
    }

    #[test]
    fn references_match_by_hierarchy_and_declaration() {
        let types = types(&[structure(None), structure(Some(0)), function()]);
        let reference = |heap, nullable| ValType::Ref(RefType { nullable, heap });
        let matches = |lower, upper| types.matches(reference(lower, false), reference(upper, true));
        let concrete = |id| HeapType::Concrete(TypeId::from_u32(id));
        assert!(matches(concrete(1), concrete(0)) && !matches(concrete(0), concrete(1)));
        assert!(matches(concrete(1), HeapType::Eq) && matches(HeapType::None, concrete(0)));
        assert!(matches(concrete(2), HeapType::Func) && !matches(concrete(2), HeapType::Any));
        assert!(!matches(concrete(0), HeapType::Array) && !matches(HeapType::I31, HeapType::Struct));
        assert!(!types.matches(reference(HeapType::I31, true), reference(HeapType::Eq, false)));
    }
}
