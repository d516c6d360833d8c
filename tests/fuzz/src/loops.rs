//! Modules whose loops count up and down to constants, and read and write memory at sums of what they count: the optimiser proves
//! bounds of such sums, and those of wasm-smith have none. Starts, ends and steps lie about 0, 2³¹ and 2³², indices are
//! negative, and some accesses trap in the middle.

use crate::random::Random;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Function, FunctionSection, GlobalSection, GlobalType, InstructionSink, MemArg,
    MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Pages of the memory.
const PAGES: u64 = 3;
/// Rounds of a loop at most.
const ROUNDS_MAX: i32 = 40;
/// Local variables: two parameters, the sum of all that was read, the rounds that are left, and a counter for each depth of loops.
const SUM: u32 = 2;
const ROUNDS: u32 = 3;
const COUNTERS: [u32; 2] = [4, 5];
/// Numbers at which something changes.
const EDGES: [i32; 8] = [0, 0, 0, 64, 0x1_0000, i32::MAX - 4, i32::MIN, -16];
/// Bits of masks and constants.
const MASKS: [i32; 6] = [0x7, 0xff, 0xffff, 0x1_ffff, 0x3fff_ffff, i32::MAX];

/// Makes a module that ends whatever is called. Its last global is the fuel of modules in general, which it doesn't use.
pub fn module(random: &mut Random) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
    let mut memories = MemorySection::new();
    let (minimum, maximum) = (PAGES, Some(PAGES));
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for _ in 0..random.pick(&[1, 2, 4]) {
        functions.function(0);
        let mut body = Function::new([(4, ValType::I32)]);
        Writer { code: body.instructions(), depth: 0 }.body(random);
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&code);
    module.finish()
}

/// Writes the body of a function.
struct Writer<'w> {
    code: InstructionSink<'w>,
    /// The number of loops around.
    depth: usize,
}

impl Writer<'_> {
    fn body(&mut self, random: &mut Random) {
        for _ in 0..random.pick(&[1, 2, 3]) {
            self.count(random);
        }
        self.code.local_get(SUM).end();
    }

    /// Writes a loop, whose counter goes from one constant to another.
    fn count(&mut self, random: &mut Random) {
        let counter = COUNTERS[self.depth];
        let step: i32 = random.pick(&[1, 1, 2, 4, 8, 3, -1, -4, 0x4000_0000]);
        let start = random.pick(&EDGES).wrapping_add(random.below(3) as i32 * 4);
        let end =
            start.wrapping_add(step.wrapping_mul(random.below(20) as i32)).wrapping_add(random.pick(&[0, 0, 0, 1]));
        self.depth += 1;
        self.code.i32_const(start).local_set(counter).i32_const(ROUNDS_MAX).local_set(ROUNDS);
        self.code.block(BlockType::Empty).loop_(BlockType::Empty);
        self.code.local_get(ROUNDS).i32_const(1).i32_sub().local_tee(ROUNDS).i32_eqz().br_if(1);
        let is_tested_first = random.one_in(4);
        if is_tested_first {
            self.code.local_get(counter);
            self.compare(end, random);
            self.code.i32_eqz().br_if(1);
        }
        for _ in 0..random.pick(&[1, 2, 3]) {
            self.access(random);
        }
        if self.depth < COUNTERS.len() && random.one_in(3) {
            self.count(random);
            // The inner loop used the rounds up.
            self.code.i32_const(ROUNDS_MAX / 4).local_set(ROUNDS);
            self.code.local_get(counter).i32_const(start.wrapping_add(step.wrapping_mul(4))).i32_eq().br_if(1);
        }
        self.code.local_get(counter).i32_const(step).i32_add().local_tee(counter);
        if is_tested_first {
            self.code.drop().br(0);
        } else {
            self.compare(end, random);
            self.code.br_if(0);
        }
        self.code.end().end();
        self.depth -= 1;
    }

    /// Compares the counter on the stack with its end.
    fn compare(&mut self, end: i32, random: &mut Random) {
        if end == 0 && random.one_in(2) {
            return;
        }
        self.code.i32_const(end);
        match random.below(8) {
            0 => self.code.i32_lt_s(),
            1 => self.code.i32_lt_u(),
            2 => self.code.i32_le_s(),
            3 => self.code.i32_le_u(),
            4 => self.code.i32_gt_s(),
            5 => self.code.i32_gt_u(),
            _ => self.code.i32_ne(),
        };
    }

    /// Reads memory, or writes it.
    fn access(&mut self, random: &mut Random) {
        let offset = random.pick(&[0, 0, 4, 8, 1 << 16, (1 << 31) - 1, 1 << 31, (1 << 32) - 4]);
        let at = MemArg { offset, align: 0, memory_index: 0 };
        if random.one_in(3) {
            self.index(3, random);
            self.code.local_get(SUM);
            match random.below(3) {
                0 => self.code.i32_store8(at),
                1 => self.code.i32_store16(at),
                _ => self.code.i32_store(at),
            };
            return;
        }
        self.code.local_get(SUM).i32_const(31).i32_mul();
        self.index(3, random);
        match random.below(4) {
            0 => self.code.i32_load8_u(at),
            1 => self.code.i32_load8_s(at),
            2 => self.code.i32_load16_u(at),
            _ => self.code.i32_load(at),
        };
        self.code.i32_add().local_set(SUM);
    }

    /// Pushes an index, a term of at most this depth.
    fn index(&mut self, depth: u32, random: &mut Random) {
        if depth == 0 || random.one_in(5) {
            return self.leaf(random);
        }
        self.index(depth - 1, random);
        match random.below(10) {
            0 => self.code.i32_const(random.pick(&[1, 2, 3, 4, 31])).i32_shl(),
            1 => self.code.i32_const(random.pick(&[1, 8, 16])).i32_shr_u(),
            2 => self.code.i32_const(random.pick(&MASKS)).i32_and(),
            3 => self.code.i32_const(random.pick(&[3, 10, 1 << 20])).i32_rem_u(),
            4 | 5 => {
                self.code.i32_const(random.pick(&EDGES) | random.pick(&MASKS[..2]));
                self.code.i32_add()
            }
            6 => {
                self.leaf(random);
                self.code.i32_sub()
            }
            _ => {
                self.index(depth - 1, random);
                self.code.i32_add()
            }
        };
    }

    /// Pushes a counter, a parameter or a constant, with a mask or without.
    fn leaf(&mut self, random: &mut Random) {
        match random.below(5) {
            0 => self.code.local_get(random.below(2) as u32),
            1 => self.code.i32_const(random.pick(&EDGES)),
            _ => self.code.local_get(COUNTERS[random.below(self.depth)]),
        };
        if random.one_in(2) {
            self.code.i32_const(random.pick(&MASKS)).i32_and();
        }
    }
}
