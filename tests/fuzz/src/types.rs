//! The parser's types as the encoder has them.

use crate::subject::Subject;
use wasm_encoder::{AbstractHeapType, EntityType, HeapType, RefType, ValType};
use wasmparser::CompositeInnerType;

/// The references that can be cast to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hierarchy {
    /// Objects and `i31`.
    Any,
    /// Functions.
    Func,
    /// What is outside.
    Extern,
    /// Exceptions.
    Exn,
}

/// The hierarchy of a reference type.
pub fn hierarchy(subject: &Subject<'_>, ty: wasmparser::RefType) -> Hierarchy {
    use AbstractHeapType::{Exn, Extern, Func, NoExn, NoExtern, NoFunc};
    match heap_type(ty) {
        HeapType::Concrete(index) | HeapType::Exact(index) => {
            match subject.types[index as usize].composite_type.inner {
                CompositeInnerType::Func(_) => Hierarchy::Func,
                _ => Hierarchy::Any,
            }
        }
        HeapType::Abstract { ty: Func | NoFunc, .. } => Hierarchy::Func,
        HeapType::Abstract { ty: Extern | NoExtern, .. } => Hierarchy::Extern,
        HeapType::Abstract { ty: Exn | NoExn, .. } => Hierarchy::Exn,
        HeapType::Abstract { .. } => Hierarchy::Any,
    }
}

/// Whether an `i31` is of the type.
pub fn takes_i31(heap: HeapType) -> bool {
    use AbstractHeapType::{Any, Eq, I31};
    matches!(heap, HeapType::Abstract { ty: Any | Eq | I31, .. })
}

/// A value type.
pub fn val_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty)),
    }
}

fn ref_type(ty: wasmparser::RefType) -> RefType {
    RefType { nullable: ty.is_nullable(), heap_type: heap_type(ty) }
}

/// The heap type of a reference type.
pub fn heap_type(ty: wasmparser::RefType) -> HeapType {
    use wasmparser::AbstractHeapType as Parsed;
    let ty = match ty.heap_type() {
        wasmparser::HeapType::Concrete(index) | wasmparser::HeapType::Exact(index) => {
            return HeapType::Concrete(index.as_module_index().unwrap_or_default());
        }
        wasmparser::HeapType::Abstract { ty, .. } => match ty {
            Parsed::Func => AbstractHeapType::Func,
            Parsed::Extern => AbstractHeapType::Extern,
            Parsed::Any => AbstractHeapType::Any,
            Parsed::None => AbstractHeapType::None,
            Parsed::NoExtern => AbstractHeapType::NoExtern,
            Parsed::NoFunc => AbstractHeapType::NoFunc,
            Parsed::Eq => AbstractHeapType::Eq,
            Parsed::Struct => AbstractHeapType::Struct,
            Parsed::Array => AbstractHeapType::Array,
            Parsed::I31 => AbstractHeapType::I31,
            Parsed::Exn => AbstractHeapType::Exn,
            Parsed::NoExn => AbstractHeapType::NoExn,
            Parsed::Cont => AbstractHeapType::Cont,
            Parsed::NoCont => AbstractHeapType::NoCont,
        },
    };
    HeapType::Abstract { shared: false, ty }
}

/// The type of a table.
pub fn table_type(ty: &wasmparser::TableType) -> EntityType {
    EntityType::Table(wasm_encoder::TableType {
        element_type: ref_type(ty.element_type),
        table64: ty.table64,
        minimum: ty.initial,
        maximum: ty.maximum,
        shared: ty.shared,
    })
}

/// The type of a memory.
pub fn memory_type(ty: &wasmparser::MemoryType) -> EntityType {
    EntityType::Memory(wasm_encoder::MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2,
    })
}

/// The type of a global.
pub fn global_type(ty: &wasmparser::GlobalType) -> EntityType {
    let (val_type, mutable, shared) = (val_type(ty.content_type), ty.mutable, ty.shared);
    EntityType::Global(wasm_encoder::GlobalType { val_type, mutable, shared })
}
