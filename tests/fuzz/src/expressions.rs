//! Modules whose functions compute with many values at once: loads first and arithmetic last, as the optimiser leaves long
//! expressions, between stores to the same places and operators that trap in the middle. The optimiser orders such operators so that
//! fewer values are alive.

use crate::random::Random;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, Function, FunctionSection, GlobalSection, GlobalType,
    InstructionSink, MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Types of the local variables, in the order in which they are declared.
const TYPES: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
/// Local variables of each type.
const LOCALS_OF_TYPE: u32 = 12;
/// Bytes of the memory that are accessed.
const BYTES: usize = 256;
/// Number of the parameters, which are integers of 32 bits; local variables follow.
const PARAMETERS: u32 = 2;
/// Local variables for a value that may be a NaN, of each type of floats.
const MAY_BE_NAN: [u32; 2] = [PARAMETERS + 4 * LOCALS_OF_TYPE, PARAMETERS + 4 * LOCALS_OF_TYPE + 1];

/// Makes a module that ends whatever is called. Its last global is the fuel of modules in general, which it doesn't use.
pub fn module(random: &mut Random) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; PARAMETERS as usize], [ValType::I64]);
    let mut memories = MemorySection::new();
    let (minimum, maximum) = (1, Some(1));
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    let count: u32 = random.pick(&[1, 2, 3]);
    for number in 0..count {
        functions.function(0);
        let mut locals = TYPES.map(|ty| (LOCALS_OF_TYPE, ty)).to_vec();
        locals.extend([(1, ValType::F32), (1, ValType::F64)]);
        let mut body = Function::new(locals);
        Writer { code: body.instructions(), callee: number.checked_sub(1) }.body(random);
        code.function(&body);
    }
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), random.bytes(BYTES));
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&code).section(&data);
    module.finish()
}

/// Writes the body of a function.
struct Writer<'w> {
    code: InstructionSink<'w>,
    /// A function that may be called.
    callee: Option<u32>,
}

impl Writer<'_> {
    fn body(&mut self, random: &mut Random) {
        for _ in 0..random.pick(&[1, 2, 3]) {
            match random.below(4) {
                0 => {
                    self.code.local_get(random.below(PARAMETERS as usize) as u32).if_(BlockType::Empty);
                    self.block(random);
                    self.code.end();
                }
                _ => self.block(random),
            }
        }
        self.code.i64_const(0);
        for local in 0..LOCALS_OF_TYPE {
            self.code.local_get(of(0, local)).i64_extend_i32_s().i64_add().local_get(of(1, local)).i64_xor();
            self.code.local_get(of(2, local));
            self.without_nan(2);
            self.code
                .i32_reinterpret_f32()
                .i64_extend_i32_u()
                .i64_add()
                .i64_const(5)
                .i64_rotl()
                .local_get(of(3, local));
            self.without_nan(3);
            self.code.i64_reinterpret_f64().i64_xor();
        }
        self.code.end();
    }

    /// Loads many values, computes with them, and stores some, all without a branch.
    fn block(&mut self, random: &mut Random) {
        // Mostly of one type, so that its registers are scarce.
        let main = random.below(TYPES.len());
        let ty = |random: &mut Random| if random.one_in(4) { random.below(TYPES.len()) } else { main };
        for _ in 0..6 + random.below(30) {
            let ty = ty(random);
            self.load(ty, random);
            self.set(ty, random);
        }
        for _ in 0..4 + random.below(40) {
            let ty = ty(random);
            match random.below(12) {
                0 => self.store(ty, random),
                1 => {
                    self.load(ty, random);
                    self.set(ty, random);
                }
                2 => self.may_trap(random),
                3 => self.convert(random),
                _ => {
                    self.expression(ty, 1 + random.below(3), random);
                    self.set(ty, random);
                }
            }
        }
    }

    fn set(&mut self, ty: usize, random: &mut Random) {
        self.code.local_set(of(ty, random.below(LOCALS_OF_TYPE as usize) as u32));
    }

    fn get(&mut self, ty: usize, random: &mut Random) {
        self.code.local_get(of(ty, random.below(LOCALS_OF_TYPE as usize) as u32));
    }

    /// Pushes an address, and returns the rest of it. A few are out of bounds.
    fn address(&mut self, random: &mut Random) -> MemArg {
        match random.below(40) {
            0 => self.get(0, random),
            1..10 => {
                self.get(0, random);
                self.code.i32_const(0x78).i32_and();
            }
            _ => {
                self.code.local_get(random.below(PARAMETERS as usize) as u32).i32_const(0x18).i32_and();
            }
        }
        MemArg { offset: 8 * random.below(BYTES / 16) as u64, align: 0, memory_index: 0 }
    }

    fn load(&mut self, ty: usize, random: &mut Random) {
        let at = self.address(random);
        match (ty, random.below(4)) {
            (0, 0) => self.code.i32_load8_s(at),
            (0, 1) => self.code.i32_load16_u(at),
            (0, _) => self.code.i32_load(at),
            (1, 0) => self.code.i64_load32_u(at),
            (1, _) => self.code.i64_load(at),
            (2, _) => self.code.f32_load(at),
            _ => self.code.f64_load(at),
        };
    }

    fn store(&mut self, ty: usize, random: &mut Random) {
        let at = self.address(random);
        self.expression(ty, 2, random);
        self.without_nan(ty);
        match ty {
            0 => self.code.i32_store(at),
            1 => self.code.i64_store(at),
            2 => self.code.f32_store(at),
            _ => self.code.f64_store(at),
        };
    }

    /// Pushes the value of an expression of some depth.
    fn expression(&mut self, ty: usize, depth: usize, random: &mut Random) {
        if depth == 0 {
            return self.get(ty, random);
        }
        self.expression(ty, depth - 1, random);
        let depth = random.below(depth);
        self.expression(ty, depth, random);
        let operator = random.below(7);
        match ty {
            0 if operator == 0 => {
                self.get(1, random);
                self.get(1, random);
                self.code.i64_lt_u().select()
            }
            0 => integer_32(&mut self.code, operator),
            1 => integer_64(&mut self.code, operator),
            2 if operator < 3 => self.code.f32_add(),
            2 if operator < 5 => self.code.f32_sub(),
            2 => self.code.f32_mul(),
            _ if operator < 3 => self.code.f64_add(),
            _ if operator < 5 => self.code.f64_mul(),
            _ => self.code.f64_sub(),
        };
    }

    /// Puts zero in the place of a NaN, whose bits are open.
    fn without_nan(&mut self, ty: usize) {
        let [single, double] = MAY_BE_NAN;
        match ty {
            2 => {
                self.code.local_tee(single).f32_const(0.0.into()).local_get(single).local_get(single).f32_eq().select();
            }
            3 => {
                self.code.local_tee(double).f64_const(0.0.into()).local_get(double).local_get(double).f64_eq().select();
            }
            _ => {}
        }
    }

    /// Converts between types.
    fn convert(&mut self, random: &mut Random) {
        let to = random.below(4);
        let from = [1, 0, 0, 1][to];
        self.expression(from, 1, random);
        match to {
            0 => self.code.i32_wrap_i64(),
            1 => self.code.i64_extend_i32_u(),
            2 => self.code.f32_convert_i32_s(),
            _ => self.code.f64_convert_i64_u(),
        };
        self.set(to, random);
    }

    /// Does what can trap, or calls.
    fn may_trap(&mut self, random: &mut Random) {
        match (random.below(4), self.callee) {
            (0, Some(callee)) => {
                self.get(0, random);
                self.get(0, random);
                self.code.call(callee);
                self.set(1, random);
            }
            (0 | 1, _) => {
                self.get(0, random);
                self.get(0, random);
                self.code.i32_const(random.pick(&[1, 1, 2, 0])).i32_or().i32_div_u();
                self.set(0, random);
            }
            (2, _) => {
                self.get(3, random);
                self.code.i64_trunc_sat_f64_s();
                self.set(1, random);
            }
            _ => {
                self.get(1, random);
                self.get(1, random);
                self.code.i64_const(random.pick(&[1, 1, 0])).i64_or().i64_rem_s();
                self.set(1, random);
            }
        }
    }
}

/// Returns the local variable of a type.
fn of(ty: usize, number: u32) -> u32 {
    PARAMETERS + ty as u32 * LOCALS_OF_TYPE + number
}

fn integer_32<'w, 'c>(code: &'c mut InstructionSink<'w>, operator: usize) -> &'c mut InstructionSink<'w> {
    match operator {
        1 => code.i32_sub(),
        2 => code.i32_mul(),
        3 => code.i32_xor(),
        4 => code.i32_rotl(),
        5 => code.i32_and(),
        _ => code.i32_add(),
    }
}

fn integer_64<'w, 'c>(code: &'c mut InstructionSink<'w>, operator: usize) -> &'c mut InstructionSink<'w> {
    match operator {
        0 => code.i64_shr_s(),
        1 => code.i64_sub(),
        2 => code.i64_mul(),
        3 => code.i64_or(),
        4 => code.i64_rotr(),
        5 => code.i64_xor(),
        _ => code.i64_add(),
    }
}
