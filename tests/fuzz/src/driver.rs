//! A module that calls the functions of a generated one, and makes numbers of what comes of it.
//!
//! Each call is an export `c0`, `c1`, … without parameters: it calls a function with constants, and returns a hash of the
//! results. `state` returns a hash of all memories, tables and globals, and fills the fuel up. So that whoever runs it
//! needs to know numbers only, a reference is hashed by what it is: null, an `i31`, of which types, with what inside.

use crate::builder::Builder;
use crate::fold::Folds;
use crate::generate::FUEL;
use crate::random::Random;
use crate::subject::Subject;
use crate::types;
use std::collections::BTreeSet;
use wasm_encoder::{BlockType, Catch, FuncType, Function, HeapType, InstructionSink, RefType, ValType};

/// Calls of a module at most.
const CALLS_MAX: usize = 12;
/// The value that a call returns if its exception was caught.
const CAUGHT: i64 = 0x0bad_cafe;

/// Local variables of each function that hashes: the hash, a value to be mixed in, a vector.
const HASH: u32 = 0;
const VALUE: u32 = 1;
const VECTOR: u32 = 2;

/// The module, whose imports are those of `name`, and how many calls it has.
pub fn build(subject: &Subject<'_>, name: &str, random: &mut Random) -> (Vec<u8>, usize) {
    let functions: Vec<(usize, &FuncType)> =
        (0..subject.functions.len()).filter_map(|index| Some((index, subject.signature(index)?))).collect();
    let mut calls = Vec::new();
    for _ in 0..CALLS_MAX {
        let (function, ty) = random.pick(&functions);
        let arguments: Option<Vec<Argument>> =
            ty.params().iter().map(|param| Argument::of(subject, *param, random)).collect();
        calls.extend(arguments.map(|arguments| Call { function, ty, arguments }));
    }
    let mut module = Builder::new(subject, name);
    let folds = Folds::add(subject, &mut module);
    for (number, call) in calls.iter().enumerate() {
        let body = call_body(subject, &folds, call);
        module.export(&format!("c{number}"), body);
    }
    let body = state_body(subject, &folds);
    module.export("state", body);
    (module.finish(referenced(&calls)), calls.len())
}

/// The functions that calls pass as references.
fn referenced(calls: &[Call<'_>]) -> BTreeSet<u32> {
    let arguments = calls.iter().flat_map(|call| &call.arguments);
    arguments
        .filter_map(|argument| if let Argument::Function(index) = argument { Some(*index) } else { None })
        .collect()
}

struct Call<'s> {
    function: usize,
    ty: &'s FuncType,
    arguments: Vec<Argument>,
}

/// An argument of a call: a constant.
enum Argument {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(i128),
    Null(HeapType),
    I31(i32),
    Function(u32),
    /// An `i31` from outside.
    External(i32),
}

impl Argument {
    /// `None` if no constant has the type.
    fn of(subject: &Subject<'_>, ty: ValType, random: &mut Random) -> Option<Self> {
        Some(match ty {
            ValType::I32 => Self::I32(integer(random) as i32),
            ValType::I64 => Self::I64(integer(random)),
            ValType::F32 => Self::F32(float(random) as u32),
            ValType::F64 => Self::F64(float(random)),
            ValType::V128 => Self::V128(i128::from(integer(random)) << 64 | i128::from(random.next())),
            ValType::Ref(ty) if ty.nullable && random.one_in(3) => Self::Null(ty.heap_type),
            ValType::Ref(ty) => Self::reference(subject, ty, random)?,
        })
    }

    fn reference(subject: &Subject<'_>, ty: RefType, random: &mut Random) -> Option<Self> {
        let number = integer(random) as i32;
        match ty.heap_type {
            heap if types::takes_i31(heap) => Some(Self::I31(number)),
            HeapType::EXTERN => Some(Self::External(number)),
            HeapType::FUNC => Some(Self::Function(random.below(subject.functions.len()) as u32)),
            HeapType::Concrete(ty) if subject.functions.contains(&ty) => {
                subject.functions.iter().position(|function| *function == ty).map(|index| Self::Function(index as u32))
            }
            heap => ty.nullable.then_some(Self::Null(heap)),
        }
    }

    fn emit(&self, code: &mut InstructionSink<'_>) {
        match *self {
            Self::I32(value) => code.i32_const(value),
            Self::I64(value) => code.i64_const(value),
            Self::F32(bits) => code.f32_const(f32::from_bits(bits).into()),
            Self::F64(bits) => code.f64_const(f64::from_bits(bits).into()),
            Self::V128(bits) => code.v128_const(bits),
            Self::Null(heap) => code.ref_null(heap),
            Self::I31(value) => code.i32_const(value).ref_i31(),
            Self::Function(index) => code.ref_func(index),
            Self::External(value) => code.i32_const(value).ref_i31().extern_convert_any(),
        };
    }
}

/// A random integer, mostly at the edge of something.
fn integer(random: &mut Random) -> i64 {
    let any = random.next().cast_signed();
    random.pick(&[0, 1, -1, 2, 7, 8, 31, 64, 255, 65_535, i32::MIN.into(), i32::MAX.into(), i64::MIN, i64::MAX, any])
}

/// The bits of one, of both widths.
fn float(random: &mut Random) -> u64 {
    let value: f64 =
        random.pick(&[0.0, -0.0, 1.0, -1.5, 1e10, -1e-40, f64::INFINITY, f64::NAN, 4_294_967_296.0, 1e300]);
    match random.below(4) {
        0 => random.next(),
        1 => u64::from((value as f32).to_bits()),
        _ => value.to_bits(),
    }
}

/// A function with the locals of those that hash.
fn hashing() -> Function {
    Function::new([(2, ValType::I64), (1, ValType::V128)])
}

fn call_body(subject: &Subject<'_>, folds: &Folds, call: &Call<'_>) -> Function {
    let mut body = hashing();
    let mut code = body.instructions();
    code.block(BlockType::Empty).try_table(BlockType::Empty, [Catch::All { label: 0 }]);
    call.arguments.iter().for_each(|argument| argument.emit(&mut code));
    code.call(call.function as u32);
    for result in call.ty.results().iter().rev() {
        fold_value(&mut code, subject, folds, *result);
    }
    code.local_get(HASH).return_().end().end().i64_const(CAUGHT).end();
    body
}

fn state_body(subject: &Subject<'_>, folds: &Folds) -> Function {
    let mut body = hashing();
    let mut code = body.instructions();
    for (index, global) in subject.globals.iter().enumerate() {
        code.global_get(index as u32);
        fold_value(&mut code, subject, folds, global.val_type);
    }
    for function in &folds.whole {
        code.call(*function);
        mix(&mut code);
    }
    code.i32_const(FUEL as i32).global_set(subject.globals.len() as u32 - 1);
    code.local_get(HASH).end();
    body
}

/// Takes a value from the stack into the hash.
fn fold_value(code: &mut InstructionSink<'_>, subject: &Subject<'_>, folds: &Folds, ty: ValType) {
    match ty {
        ValType::I32 => code.i64_extend_i32_u(),
        ValType::I64 => code,
        ValType::F32 => code.i32_reinterpret_f32().i64_extend_i32_u(),
        ValType::F64 => code.i64_reinterpret_f64(),
        ValType::V128 => {
            mix(code.local_tee(VECTOR).i64x2_extract_lane(0));
            code.local_get(VECTOR).i64x2_extract_lane(1)
        }
        ValType::Ref(ty) => code.call(folds.reference(types::hierarchy(subject, ty.heap_type))),
    };
    mix(code);
}

/// Takes a number from the stack into the hash.
fn mix(code: &mut InstructionSink<'_>) {
    code.local_set(VALUE);
    crate::fold::mix(code, HASH, VALUE);
}
