//! Functions that make a number of a reference, a memory or a table.

use crate::builder::Builder;
use crate::subject::Subject;
use crate::types::{self, Hierarchy};
use wasm_encoder::{
    AbstractHeapType, BlockType, CompositeInnerType, FieldType, Function, HeapType, InstructionSink, MemArg,
    MemoryType, RefType, StorageType, TableType, ValType,
};

/// The functions' indices.
pub struct Folds {
    /// The functions that fold references, by [`Hierarchy`].
    references: [u32; 4],
    /// The functions that fold each memory and each table, whole.
    pub whole: Vec<u32>,
}

impl Folds {
    /// Adds them to a module.
    pub fn add(subject: &Subject<'_>, module: &mut Builder<'_>) -> Self {
        let any = module.function(Some(reference(HeapType::ANY)), &any(subject));
        let references = [
            any,
            module.function(Some(reference(HeapType::FUNC)), &func(subject)),
            module.function(Some(reference(HeapType::EXTERN)), &external(any)),
            module.function(Some(reference(EXN)), &exception()),
        ];
        let mut folds = Self { references, whole: Vec::new() };
        for (index, ty) in subject.memories.iter().enumerate() {
            folds.whole.push(module.function(None, &memory(index as u32, ty)));
        }
        for (index, ty) in subject.tables.iter().enumerate() {
            let fold = folds.reference(types::hierarchy(subject, ty.element_type.heap_type));
            folds.whole.push(module.function(None, &table(index as u32, ty, fold)));
        }
        folds
    }

    /// The function of the references of a hierarchy.
    pub fn reference(&self, hierarchy: Hierarchy) -> u32 {
        self.references[hierarchy as usize]
    }
}

const EXN: HeapType = HeapType::Abstract { shared: false, ty: AbstractHeapType::Exn };

fn reference(heap_type: HeapType) -> ValType {
    ValType::Ref(RefType { nullable: true, heap_type })
}

/// `hash = rotate((hash * 0x9e37…) ^ value)`.
pub fn mix(code: &mut InstructionSink<'_>, hash: u32, value: u32) {
    code.local_get(hash).i64_const(0x9e37_79b9_7f4a_7c15_u64.cast_signed()).i64_mul();
    code.local_get(value).i64_xor().i64_const(23).i64_rotl().local_set(hash);
}

/// The parameter, the hash, and a number to be mixed in.
const REFERENCE: u32 = 0;
const HASH: u32 = 1;
const VALUE: u32 = 2;

fn mix_top(code: &mut InstructionSink<'_>) {
    code.local_set(VALUE);
    mix(code, HASH, VALUE);
}

/// Begins a function: a null reference folds to 1 at once.
fn begin() -> Function {
    let mut body = Function::new([(2, ValType::I64)]);
    let mut code = body.instructions();
    code.local_get(REFERENCE).ref_is_null().if_(BlockType::Empty).i64_const(1).return_().end();
    body
}

/// A function that folds any reference: the types that it has, and numbers that are in it.
fn any(subject: &Subject<'_>) -> Function {
    let mut body = begin();
    let mut code = body.instructions();
    code.local_get(REFERENCE).ref_test_non_null(HeapType::I31).if_(BlockType::Empty);
    code.local_get(REFERENCE).ref_cast_non_null(HeapType::I31).i31_get_s().i64_extend_i32_s().return_().end();
    for (index, ty) in subject.types.iter().enumerate() {
        let ty_index = index as u32;
        match &ty.composite_type.inner {
            CompositeInnerType::Struct(ty) => {
                test(&mut code, ty_index);
                for (field, ty) in ty.fields.iter().enumerate() {
                    code.local_get(REFERENCE).ref_cast_non_null(HeapType::Concrete(ty_index));
                    member(&mut code, ty, Member::Field(ty_index, field as u32));
                }
                code.end();
            }
            CompositeInnerType::Array(ty) => {
                test(&mut code, ty_index);
                array(&mut code, ty_index, &ty.0);
                code.end();
            }
            _ => {}
        }
    }
    code.local_get(HASH).end();
    body
}

/// Tests if the reference is of this type. If so, the code up to an `end` runs.
fn test(code: &mut InstructionSink<'_>, ty: u32) {
    code.local_get(REFERENCE).ref_test_non_null(HeapType::Concrete(ty)).i64_extend_i32_u();
    mix_top(code);
    code.local_get(VALUE).i32_wrap_i64().if_(BlockType::Empty);
}

/// The length, and the first element.
fn array(code: &mut InstructionSink<'_>, index: u32, ty: &FieldType) {
    let cast = |code: &mut InstructionSink<'_>| {
        code.local_get(REFERENCE).ref_cast_non_null(HeapType::Concrete(index));
    };
    cast(code);
    code.array_len().i64_extend_i32_u();
    mix_top(code);
    code.local_get(VALUE).i64_eqz().i32_eqz().if_(BlockType::Empty);
    cast(code);
    member(code.i32_const(0), ty, Member::Element(index));
    code.end();
}

/// A member of an object that is read.
enum Member {
    /// A field of a structure type.
    Field(u32, u32),
    /// An element of an array type.
    Element(u32),
}

/// Takes a member, what it needs being on the stack, into the hash: a number as it is, a reference by being null.
fn member(code: &mut InstructionSink<'_>, ty: &FieldType, member: Member) {
    let packed = matches!(ty.element_type, StorageType::I8 | StorageType::I16);
    match member {
        Member::Field(ty, field) if packed => code.struct_get_s(ty, field),
        Member::Field(ty, field) => code.struct_get(ty, field),
        Member::Element(ty) if packed => code.array_get_s(ty),
        Member::Element(ty) => code.array_get(ty),
    };
    match ty.element_type {
        StorageType::I8 | StorageType::I16 | StorageType::Val(ValType::I32) => code.i64_extend_i32_u(),
        StorageType::Val(ValType::I64) => code,
        StorageType::Val(ValType::F32) => code.i32_reinterpret_f32().i64_extend_i32_u(),
        StorageType::Val(ValType::F64) => code.i64_reinterpret_f64(),
        StorageType::Val(ValType::V128) => code.i8x16_bitmask().i64_extend_i32_u(),
        StorageType::Val(ValType::Ref(_)) => code.ref_is_null().i64_extend_i32_u(),
    };
    mix_top(code);
}

/// A function that folds a function reference: the types that it has.
fn func(subject: &Subject<'_>) -> Function {
    let mut body = begin();
    let mut code = body.instructions();
    for (index, ty) in subject.types.iter().enumerate() {
        if matches!(ty.composite_type.inner, CompositeInnerType::Func(_)) {
            test(&mut code, index as u32);
            code.end();
        }
    }
    code.local_get(HASH).end();
    body
}

fn external(any: u32) -> Function {
    let mut body = Function::new([]);
    body.instructions().local_get(REFERENCE).any_convert_extern().call(any).end();
    body
}

fn exception() -> Function {
    let mut body = begin();
    body.instructions().i64_const(2).end();
    body
}

/// Locals of what goes over a memory or table: the hash, a number to be mixed in, the place and the end.
const LOOP_HASH: u32 = 0;
const LOOP_VALUE: u32 = 1;
const PLACE: u32 = 2;
const END: u32 = 3;

/// Mixes the size on the stack, then what `read` leaves there for each place in steps of `step`.
fn over(
    is_64: bool,
    size: impl Fn(&mut InstructionSink<'_>),
    step: i64,
    read: impl Fn(&mut InstructionSink<'_>),
) -> Function {
    let mut body = Function::new([(4, ValType::I64)]);
    let mut code = body.instructions();
    size(&mut code);
    if !is_64 {
        code.i64_extend_i32_u();
    }
    code.local_tee(END).local_set(LOOP_VALUE);
    mix(&mut code, LOOP_HASH, LOOP_VALUE);
    code.block(BlockType::Empty).loop_(BlockType::Empty);
    code.local_get(PLACE).local_get(END).i64_ge_u().br_if(1);
    code.local_get(PLACE);
    if !is_64 {
        code.i32_wrap_i64();
    }
    read(&mut code);
    code.local_set(LOOP_VALUE);
    mix(&mut code, LOOP_HASH, LOOP_VALUE);
    code.local_get(PLACE).i64_const(step).i64_add().local_set(PLACE).br(0).end().end();
    code.local_get(LOOP_HASH).end();
    body
}

fn memory(index: u32, ty: &MemoryType) -> Function {
    let log2 = ty.page_size_log2.unwrap_or(16);
    let size = |code: &mut InstructionSink<'_>| {
        code.memory_size(index);
        match ty.memory64 {
            true => code.i64_const(log2.into()).i64_shl(),
            false => code.i32_const(log2 as i32).i32_shl(),
        };
    };
    let argument = MemArg { offset: 0, align: 0, memory_index: index };
    match log2 {
        0 => over(ty.memory64, size, 1, |code| {
            code.i64_load8_u(argument);
        }),
        _ => over(ty.memory64, size, 8, |code| {
            code.i64_load(argument);
        }),
    }
}

fn table(index: u32, ty: &TableType, fold: u32) -> Function {
    let size = |code: &mut InstructionSink<'_>| {
        code.table_size(index);
    };
    over(ty.table64, size, 1, |code| {
        code.table_get(index).call(fold);
    })
}
