//! Types and items of core modules, from those of the front end.

use super::indices::{FuncIndex, GlobalIndex, MemoryIndex, TableIndex, TagIndex};
use super::module::Entity;
use super::types::{CompositeType, DefinedType, FuncType, HeapType, MemoryType, RefType, StorageType, TableType};
use super::types::{TypeId, Types, ValType};
use cranelift_entity::{EntityRef, PrimaryMap};
use wasmtime_environ::{
    EngineOrModuleTypeIndex, ModuleInternedTypeIndex, WasmCompositeInnerType, WasmHeapType, WasmRefType,
    WasmStorageType, WasmValType,
};

/// The defined types of all modules.
pub(super) fn convert_types<'t>(
    types: impl Iterator<Item = (ModuleInternedTypeIndex, &'t wasmtime_environ::WasmSubType)>,
) -> Types {
    let mut converted = PrimaryMap::new();
    for (_, ty) in types {
        let composite = match &ty.composite_type.inner {
            WasmCompositeInnerType::Func(func) => CompositeType::Func(FuncType {
                params: func.params().iter().map(|ty| convert_val(*ty)).collect(),
                results: func.results().iter().map(|ty| convert_val(*ty)).collect(),
            }),
            WasmCompositeInnerType::Struct(fields) => {
                CompositeType::Struct(fields.fields.iter().map(|field| convert_storage(field.element_type)).collect())
            }
            WasmCompositeInnerType::Array(array) => CompositeType::Array(convert_storage(array.0.element_type)),
            _ => CompositeType::Other,
        };
        converted.push(DefinedType { composite, supertype: ty.supertype.map(convert_type_index) });
    }
    Types::new(converted)
}

fn convert_storage(ty: WasmStorageType) -> StorageType {
    match ty {
        WasmStorageType::I8 => StorageType::I8,
        WasmStorageType::I16 => StorageType::I16,
        WasmStorageType::Val(ty) => StorageType::Value(convert_val(ty)),
    }
}

/// The number of a defined type that is interned.
pub(super) fn convert_interned(index: ModuleInternedTypeIndex) -> TypeId {
    TypeId::from_u32(index.as_u32())
}

/// The number of a defined type.
pub(super) fn convert_type_index(index: EngineOrModuleTypeIndex) -> TypeId {
    match index {
        EngineOrModuleTypeIndex::Module(index) => convert_interned(index),
        // The front end makes these only when its types are registered with an engine, which we don't have.
        EngineOrModuleTypeIndex::Engine(_) | EngineOrModuleTypeIndex::RecGroup(_) => {
            unreachable!("types of a translated module are the module's")
        }
    }
}

/// A value type.
pub(super) fn convert_val(ty: WasmValType) -> ValType {
    match ty {
        WasmValType::I32 => ValType::I32,
        WasmValType::I64 => ValType::I64,
        WasmValType::F32 => ValType::F32,
        WasmValType::F64 => ValType::F64,
        WasmValType::V128 => ValType::V128,
        WasmValType::Ref(ty) => ValType::Ref(convert_ref(ty)),
    }
}

fn convert_ref(ty: WasmRefType) -> RefType {
    let heap = match ty.heap_type {
        WasmHeapType::Func => HeapType::Func,
        WasmHeapType::Extern => HeapType::Extern,
        WasmHeapType::NoFunc => HeapType::NoFunc,
        WasmHeapType::NoExtern => HeapType::NoExtern,
        WasmHeapType::Exn => HeapType::Exn,
        WasmHeapType::NoExn => HeapType::NoExn,
        WasmHeapType::ConcreteFunc(index)
        | WasmHeapType::ConcreteStruct(index)
        | WasmHeapType::ConcreteArray(index) => HeapType::Concrete(convert_type_index(index)),
        WasmHeapType::Any => HeapType::Any,
        WasmHeapType::Eq => HeapType::Eq,
        WasmHeapType::I31 => HeapType::I31,
        WasmHeapType::Struct => HeapType::Struct,
        WasmHeapType::Array => HeapType::Array,
        WasmHeapType::None => HeapType::None,
        _ => HeapType::Other,
    };
    RefType { nullable: ty.nullable, heap }
}

/// The type of a table.
pub(super) fn convert_table(table: &wasmtime_environ::Table) -> TableType {
    TableType {
        element: convert_ref(table.ref_type),
        min: table.limits.min,
        max: table.limits.max,
        table64: table.idx_type == wasmtime_environ::IndexType::I64,
    }
}

/// The type of a linear memory.
pub(super) fn convert_memory(memory: &wasmtime_environ::Memory) -> MemoryType {
    MemoryType {
        min_pages: memory.limits.min,
        max_pages: memory.limits.max,
        page_log2: memory.page_size_log2,
        memory64: memory.idx_type == wasmtime_environ::IndexType::I64,
        shared: memory.shared,
    }
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
