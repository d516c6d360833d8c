//! Exports everything of a module, and makes it do the same everywhere where wasm-smith doesn't: the NaNs of conversions between widths and of relaxed
//! operators, and waiting, which is for a microsecond at most, since there is nobody who notifies.

use crate::subject::Subject;
use anyhow::{Context, Result};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{CodeSection, Encode, ExportSection, InstructionSink, MemArg, RawSection, SectionId, ValType};
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// Returns the shape of what an operator leaves on the stack, if it may be a NaN of any bits.
fn leaves(operator: &Operator<'_>) -> Option<Shape> {
    use Operator::*;
    match operator {
        F32DemoteF64 => Some(Shape::F32),
        F64PromoteF32 => Some(Shape::F64),
        F32x4DemoteF64x2Zero | F32x4RelaxedMadd | F32x4RelaxedNmadd | F32x4RelaxedMin | F32x4RelaxedMax => {
            Some(Shape::F32x4)
        }
        F64x2PromoteLowF32x4 | F64x2RelaxedMadd | F64x2RelaxedNmadd | F64x2RelaxedMin | F64x2RelaxedMax => {
            Some(Shape::F64x2)
        }
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum Shape {
    F32,
    F64,
    F32x4,
    F64x2,
}

/// The longest wait, which is also a mask.
const NANOSECONDS_MAX: i64 = 1023;

const F32_NAN: u32 = 0x7fc0_0000;
const F64_NAN: u64 = 0x7ff8_0000_0000_0000;

/// The factor that repeats a number of 32 bits in four lanes.
const LANES_32: i128 = 1 << 96 | 1 << 64 | 1 << 32 | 1;

/// The module with everything exported, and changed to do the same everywhere.
///
/// # Errors
/// Of the parser.
pub fn export_all(module: &[u8]) -> Result<Vec<u8>> {
    let subject = Subject::read(module)?;
    let mut exports = ExportSection::new();
    for (kind, index, name, _) in subject.items() {
        exports.export(&name, kind, index);
    }
    let mut whole = wasm_encoder::Module::new();
    let mut exports = Some(exports);
    let (mut code, mut bodies) = (CodeSection::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CodeSectionEntry(body) = &payload {
            let function = subject.imported_functions + code.len() as usize;
            code.raw(&self::body(&subject, function, body)?);
            if code.len() == bodies {
                whole.section(&code);
            }
        }
        if let Payload::CodeSectionStart { count, .. } = payload {
            bodies = count;
        }
        let Some((id, range)) = payload.as_section() else { continue };
        // Exports stand between the sections of globals (6), tags (13) and the start function (8).
        if ![1, 2, 3, 4, 5, 6, 7, 13].contains(&id)
            && let Some(exports) = exports.take()
        {
            whole.section(&exports);
        }
        if ![SectionId::Export as u8, SectionId::Code as u8].contains(&id) {
            whole.section(&RawSection { id, data: &module[range] });
        }
    }
    if let Some(exports) = exports {
        whole.section(&exports);
    }
    Ok(whole.finish())
}

/// The body of a function, without its size.
///
/// # Errors
/// Of the parser.
fn body(subject: &Subject<'_>, function: usize, body: &FunctionBody<'_>) -> Result<Vec<u8>> {
    let params = subject.signature(function).context("a function has a type")?.params().len() as u32;
    let mut groups = Vec::new();
    for group in body.get_locals_reader()? {
        let (count, ty) = group?;
        groups.push((count, RoundtripReencoder.val_type(ty)?));
    }
    let first = params + groups.iter().map(|(count, _)| count).sum::<u32>();
    let mut bytes = Vec::new();
    (groups.len() as u32 + LOCALS.len() as u32).encode(&mut bytes);
    for (count, ty) in groups.into_iter().chain(LOCALS.map(|ty| (1, ty))) {
        count.encode(&mut bytes);
        ty.encode(&mut bytes);
    }
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let start = reader.original_position() - body.range().start;
        let operator = reader.read()?;
        let end = reader.original_position() - body.range().start;
        let mut sink = InstructionSink::new(&mut bytes);
        match operator {
            Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. } => {
                sink.i64_const(NANOSECONDS_MAX).i64_and();
            }
            Operator::I32AtomicLoad { memarg } => {
                let at = address(&mut sink, subject, memarg, end)?;
                instead_of_load_32(&mut sink, at, end);
                continue;
            }
            Operator::I64AtomicLoad { memarg } => {
                let at = address(&mut sink, subject, memarg, end)?;
                instead_of_load_64(&mut sink, at, end);
                continue;
            }
            _ => {}
        }
        bytes.extend_from_slice(&body.as_bytes()[start..end]);
        if let Some(shape) = leaves(&operator) {
            canonicalize(&mut InstructionSink::new(&mut bytes), shape, first);
        }
    }
    Ok(bytes)
}

/// Mostly an address in the first bytes, instead of the one on the stack, which is seldom aligned.
fn address(
    code: &mut InstructionSink<'_>,
    subject: &Subject<'_>,
    memarg: wasmparser::MemArg,
    place: usize,
) -> Result<MemArg> {
    let mut at = RoundtripReencoder.mem_arg(memarg)?;
    if !place.is_multiple_of(7) {
        at.offset = 8 * (place as u64 % 4);
        match subject.memories[at.memory_index as usize].memory64 {
            true => code.drop().i64_const(8),
            false => code.drop().i32_const(8),
        };
    }
    Ok(at)
}

/// wasm-smith hardly ever finds more than an address on the stack, so most atomic operators are loads: these become others,
/// by a number of their place.
fn instead_of_load_32(code: &mut InstructionSink<'_>, at: MemArg, place: usize) {
    let value = place as i32;
    match place % 10 {
        0 => code.i32_const(value).i32_atomic_rmw_add(at),
        1 => code.i32_const(value).i32_atomic_rmw_sub(at),
        2 => code.i32_const(value).i32_atomic_rmw_and(at),
        3 => code.i32_const(value).i32_atomic_rmw_or(at),
        4 => code.i32_const(value).i32_atomic_rmw_xor(at),
        5 => code.i32_const(value).i32_atomic_rmw_xchg(at),
        6 => code.i32_const(0).i32_const(value).i32_atomic_rmw_cmpxchg(at),
        7 => code.i32_const(0).i64_const(NANOSECONDS_MAX).memory_atomic_wait32(at),
        8 => code.i32_const(value).memory_atomic_notify(at),
        _ => code.i32_atomic_load(at),
    };
}

fn instead_of_load_64(code: &mut InstructionSink<'_>, at: MemArg, place: usize) {
    let value = (place as i64) << 32 | 1;
    match place % 9 {
        0 => code.i64_const(value).i64_atomic_rmw_add(at),
        1 => code.i64_const(value).i64_atomic_rmw_sub(at),
        2 => code.i64_const(value).i64_atomic_rmw_and(at),
        3 => code.i64_const(value).i64_atomic_rmw_or(at),
        4 => code.i64_const(value).i64_atomic_rmw_xor(at),
        5 => code.i64_const(value).i64_atomic_rmw_xchg(at),
        6 => code.i64_const(0).i64_const(value).i64_atomic_rmw_cmpxchg(at),
        7 => code.i64_const(0).i64_const(NANOSECONDS_MAX).memory_atomic_wait64(at).i64_extend_i32_u(),
        _ => code.i64_atomic_load(at),
    };
}

/// The locals that are added, from the first on.
const LOCALS: [ValType; 3] = [ValType::F32, ValType::F64, ValType::V128];

/// `value == value ? value : NaN`, lane by lane.
fn canonicalize(code: &mut InstructionSink<'_>, shape: Shape, first: u32) {
    let local = first + shape.local();
    code.local_tee(local);
    match shape {
        Shape::F32 => code.f32_const(f32::from_bits(F32_NAN).into()),
        Shape::F64 => code.f64_const(f64::from_bits(F64_NAN).into()),
        Shape::F32x4 => code.v128_const(i128::from(F32_NAN) * LANES_32),
        Shape::F64x2 => code.v128_const(i128::from(F64_NAN) << 64 | i128::from(F64_NAN)),
    };
    code.local_get(local).local_get(local);
    match shape {
        Shape::F32 => code.f32_eq().select(),
        Shape::F64 => code.f64_eq().select(),
        Shape::F32x4 => code.f32x4_eq().v128_bitselect(),
        Shape::F64x2 => code.f64x2_eq().v128_bitselect(),
    };
}

impl Shape {
    /// The index in [`LOCALS`].
    fn local(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F64 => 1,
            Self::F32x4 | Self::F64x2 => 2,
        }
    }
}
