//! Modules with arithmetic of 128 bits by halves, as run-time libraries and programs write it, and with such that is almost the
//! same: one part of an expression is another. The optimiser recognises the former by a proof, which must fail for the latter.

mod expression;

use crate::random::Random;
use expression::{Expression, Operator};
use wasm_encoder::{
    CodeSection, ConstExpr, Function, FunctionSection, GlobalSection, GlobalType, InstructionSink, MemArg,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Local variables of arithmetic: the factors, a further number in two halves, the result, and values in between.
const FACTORS: [u32; 2] = [1, 2];
const OTHER: [u32; 2] = [3, 4];
const RESULT: [u32; 2] = [5, 6];
const BETWEEN: [u32; 5] = [7, 8, 9, 10, 11];
const LOCALS: u32 = 12;
/// The place on the stack of the caller.
const PLACE: u32 = 12;
/// The global that is the stack pointer, before the fuel.
const STACK: u32 = 0;
/// Bytes of the caller's frame.
const FRAME: i32 = 32;
/// The lower half of a value.
const MASK: i64 = 0xffff_ffff;
/// Numbers that factors are changed by, so that the edges of their halves occur.
const EDGES: [i64; 6] = [0, 0, MASK, !MASK, 0x8000_0000, 0x7fff_ffff_ffff_ffff];

/// Makes a module that ends whatever is called. Its last global is the fuel of modules in general, which it doesn't use.
pub fn module(random: &mut Random) -> Vec<u8> {
    let mut types = TypeSection::new();
    let parameters = [ValType::I32, ValType::I64, ValType::I64, ValType::I64, ValType::I64];
    types.ty().function(parameters, []);
    types.ty().function(parameters, [ValType::I64; 2]);
    let mut memories = MemorySection::new();
    let (minimum, maximum) = (1, Some(1));
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(ty, &ConstExpr::i32_const(random.pick(&[1024, 1024, 0x1_0000, 0x1_0008, 8, 0])));
    globals.global(ty, &ConstExpr::i32_const(0));
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    functions.function(0).function(1);
    for write in [library as fn(&mut InstructionSink<'_>, &mut Random), caller] {
        let mut body = Function::new([(LOCALS - 5, ValType::I64), (1, ValType::I32)]);
        write(&mut body.instructions(), random);
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&code);
    module.finish()
}

/// Writes a function as a run-time library has it: the result goes to memory.
fn library(code: &mut InstructionSink<'_>, random: &mut Random) {
    arithmetic(code, random);
    let halves = if random.one_in(2) { [0, 1] } else { [1, 0] };
    for half in halves {
        code.local_get(0).local_get(RESULT[half]).i64_store(at(8 * half as u64));
    }
    code.end();
}

/// Writes a function that calls the other with a part of its stack, and goes on with the result.
fn caller(code: &mut InstructionSink<'_>, random: &mut Random) {
    let offset = random.pick(&[0, 0, 8, 16]);
    code.global_get(STACK).i32_const(FRAME).i32_sub().local_tee(PLACE).global_set(STACK);
    for factor in FACTORS {
        code.local_get(factor).i64_const(random.pick(&EDGES)).i64_xor().local_set(factor);
    }
    code.local_get(PLACE);
    if offset != 0 {
        code.i32_const(offset).i32_add();
    }
    code.local_get(FACTORS[0]);
    sign_or_half(code, FACTORS[0], OTHER[0], random);
    code.local_get(FACTORS[1]);
    sign_or_half(code, FACTORS[1], OTHER[1], random);
    code.call(0);
    if random.one_in(3) {
        // A store that changes the result, or just doesn't.
        code.local_get(PLACE).local_get(OTHER[0]).i64_store(at(random.pick(&[0, 4, 8, 12, 16, 20, 24])));
    }
    for half in [1, 0] {
        code.local_get(PLACE).i64_load(at(offset as u64 + 8 * half as u64)).local_set(RESULT[half]);
    }
    if random.one_in(2) {
        code.local_get(RESULT[0]).local_set(OTHER[0]).local_get(RESULT[1]).local_set(OTHER[1]);
        arithmetic(code, random);
    }
    code.local_get(PLACE).i32_const(FRAME).i32_add().global_set(STACK);
    code.local_get(RESULT[0]).local_get(RESULT[1]).end();
}

/// Pushes the upper half of a factor: that of a signed number, of an unsigned one, or any.
fn sign_or_half(code: &mut InstructionSink<'_>, factor: u32, other: u32, random: &mut Random) {
    match random.below(3) {
        0 => code.local_get(factor).i64_const(63).i64_shr_s(),
        1 => code.i64_const(0),
        _ => code.local_get(other),
    };
}

/// Writes a product, and what is added to it.
fn arithmetic(code: &mut InstructionSink<'_>, random: &mut Random) {
    let mut steps = product(random);
    for _ in 0..random.pick(&[0, 1, 1, 2]) {
        steps.extend(sum(random));
    }
    if random.one_in(4) {
        let half = random.pick(&RESULT);
        steps.push((half, reversed(get(half), random)));
    }
    if random.one_in(2) {
        let step = random.below(steps.len());
        let expression = &mut steps[step].1;
        expression.change(random.below(expression.parts()), LOCALS, random);
    }
    for (local, mut expression) in steps {
        expression.commute(random);
        expression.write(code);
        code.local_set(local);
    }
}

/// A value that a local variable gets.
type Step = (u32, Expression);

use Operator::{Add, And, Less, Multiply, Or, ShiftLeft, ShiftRight, Subtract};

fn get(local: u32) -> Expression {
    Expression::Local(local)
}

fn lower(value: Expression, random: &mut Random) -> Expression {
    if random.one_in(4) {
        Expression::Lower(Box::new(value))
    } else {
        Expression::of(And, value, Expression::Constant(MASK))
    }
}

fn upper(value: Expression) -> Expression {
    Expression::of(ShiftRight, value, Expression::Constant(32))
}

fn shifted(value: Expression) -> Expression {
    Expression::of(ShiftLeft, value, Expression::Constant(32))
}

fn plus(left: Expression, right: Expression) -> Expression {
    Expression::of(Add, left, right)
}

fn times(left: Expression, right: Expression) -> Expression {
    Expression::of(Multiply, left, right)
}

/// Returns the steps that compute the product of the factors, in one of the ways in use.
fn product(random: &mut Random) -> Vec<Step> {
    let [a, b] = if random.one_in(6) { [FACTORS[0]; 2] } else { FACTORS };
    let [low, high] = RESULT;
    let [ll, lh, hl, hh, t] = BETWEEN;
    let (a0, b0) = (lower(get(a), random), lower(get(b), random));
    let (a1, b1) = (upper(get(a)), upper(get(b)));
    let mut steps = vec![
        (ll, times(a0.clone(), b0.clone())),
        (lh, times(a0, b1.clone())),
        (hl, times(a1.clone(), b0)),
        (hh, times(a1, b1)),
    ];
    steps.extend(match random.below(4) {
        // The middle products one after another.
        0 => vec![
            (t, plus(upper(get(ll)), get(hl))),
            (high, plus(get(hh), upper(get(t)))),
            (t, plus(lower(get(t), random), get(lh))),
            (high, plus(get(high), upper(get(t)))),
            (low, Expression::of(Or, shifted(get(t)), lower(get(ll), random))),
        ],
        // The lower half gathers its parts.
        1 => vec![
            (t, plus(upper(get(ll)), get(hl))),
            (low, plus(lower(get(ll), random), shifted(lower(get(t), random)))),
            (high, upper(get(t))),
            (t, plus(upper(get(low)), get(lh))),
            (low, plus(lower(get(low), random), shifted(lower(get(t), random)))),
            (high, plus(plus(get(high), upper(get(t))), get(hh))),
        ],
        // Carries of both middle products.
        2 => vec![
            (t, plus(get(ll), shifted(get(hl)))),
            (high, Expression::of(Less, get(t), get(ll))),
            (low, plus(get(t), shifted(get(lh)))),
            (high, plus(get(high), Expression::of(Less, get(low), get(t)))),
            (high, plus(plus(get(hh), plus(upper(get(hl)), upper(get(lh)))), get(high))),
        ],
        // The carry of the sum of the middle products.
        _ => vec![
            (lh, plus(get(lh), upper(get(ll)))),
            (t, plus(get(lh), get(hl))),
            (hh, plus(get(hh), shifted(Expression::of(Less, get(t), get(hl))))),
            (high, plus(get(hh), upper(get(t)))),
            (low, plus(shifted(get(t)), lower(get(ll), random))),
        ],
    });
    steps
}

/// Returns the steps that add the further number to the result, or subtract it, or multiply the upper halves with the factors.
fn sum(random: &mut Random) -> Vec<Step> {
    let ([low, high], [other_low, other_high], t) = (RESULT, OTHER, BETWEEN[4]);
    match random.below(4) {
        0 => vec![
            (t, plus(get(low), get(other_low))),
            (high, plus(plus(get(high), get(other_high)), Expression::of(Less, get(t), get(low)))),
            (low, get(t)),
        ],
        1 => vec![
            (t, Expression::of(Subtract, get(high), get(other_high))),
            (high, Expression::of(Subtract, get(t), Expression::of(Less, get(low), get(other_low)))),
            (low, Expression::of(Subtract, get(low), get(other_low))),
        ],
        2 => vec![
            (low, plus(get(low), get(other_low))),
            (high, plus(get(high), Expression::of(Less, get(low), get(other_low)))),
        ],
        _ => {
            let corrections = plus(times(get(other_low), get(FACTORS[1])), times(get(other_high), get(FACTORS[0])));
            vec![(high, plus(get(high), corrections))]
        }
    }
}

/// Returns the bytes of a value in reverse, or those of its lower part.
fn reversed(value: Expression, random: &mut Random) -> Expression {
    let count = random.pick(&[2, 4, 8, 8]);
    let bytes = (0..count).map(|from| {
        let (from, to) = (8 * from, 8 * (count - 1 - from));
        let (operator, by) = if from < to { (ShiftLeft, to - from) } else { (ShiftRight, from - to) };
        let moved = |value| Expression::of(operator, value, Expression::Constant(by));
        let masked = |value, at| Expression::of(And, value, Expression::Constant(0xff_i64 << at));
        if random.one_in(2) { masked(moved(value.clone()), to) } else { moved(masked(value.clone(), from)) }
    });
    let mut bytes: Vec<Expression> = bytes.collect();
    while bytes.len() > 1 {
        let (one, other) = (bytes.remove(random.below(bytes.len())), bytes.remove(random.below(bytes.len())));
        bytes.push(Expression::of(Or, one, other));
    }
    bytes.remove(0)
}

fn at(offset: u64) -> MemArg {
    MemArg { offset, align: 3, memory_index: 0 }
}
