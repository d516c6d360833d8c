//! Modules that interpret bytes of their memory: loops around a jump table whose cases come back at once, by a common end or by a
//! condition, with values of the dispatch that the cases use. The optimiser copies such dispatches.

use crate::random::Random;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, Function, FunctionSection, GlobalSection, GlobalType,
    InstructionSink, MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// Bytes of code at the beginning of the memory.
const CODE: usize = 64;
/// Rounds of a dispatch at most.
const ROUNDS_MAX: i32 = 200;
/// Cases of a jump table, at most.
const CASES_MAX: usize = 12;
/// Local variables: two parameters, the rounds that are left, the place in the code, the last instruction, and others.
const ROUNDS: u32 = 2;
const PLACE: u32 = 3;
const INSTRUCTION: u32 = 4;
const LOCALS: u32 = 8;

/// Makes a module that ends whatever is called. Its last global is the fuel of modules in general, which it doesn't use.
pub fn module(random: &mut Random) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
    let mut memories = MemorySection::new();
    let (minimum, maximum) = (1, Some(1));
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for _ in 0..random.pick(&[1, 1, 2]) {
        functions.function(0);
        let mut body = Function::new([(LOCALS - 2, ValType::I32)]);
        Writer { code: body.instructions() }.body(random);
        code.function(&body);
    }
    let mut data = DataSection::new();
    let bytes: Vec<u8> = (0..CODE).map(|_| random.below(CASES_MAX + 2) as u8).collect();
    data.active(0, &ConstExpr::i32_const(0), bytes);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memories).section(&globals).section(&code).section(&data);
    module.finish()
}

/// Writes the body of a function.
struct Writer<'w> {
    code: InstructionSink<'w>,
}

impl Writer<'_> {
    fn body(&mut self, random: &mut Random) {
        for _ in 0..random.pick(&[1, 1, 2]) {
            self.code.i32_const(ROUNDS_MAX).local_set(ROUNDS);
            self.interpret(true, random);
        }
        self.code.local_get(0);
        (1..LOCALS).for_each(|local| {
            self.code.i32_const(31).i32_mul().local_get(local).i32_add();
        });
        self.code.end();
    }

    /// Writes a loop around a jump table. Within the cases the loop is the label behind those of the cases and of their common
    /// end; the label around the loop follows.
    fn interpret(&mut self, may_nest: bool, random: &mut Random) {
        let cases = 2 + random.below(CASES_MAX - 1);
        let has_end = random.one_in(2);
        self.code.block(BlockType::Empty).loop_(BlockType::Empty);
        let counts_first = random.one_in(3);
        if counts_first {
            self.count(1);
        }
        if has_end {
            self.code.block(BlockType::Empty);
        }
        (0..cases).for_each(|_| {
            self.code.block(BlockType::Empty);
        });
        self.fetch(random);
        let table: Vec<u32> = (0..random.pick(&[cases, cases + 3])).map(|_| random.below(cases) as u32).collect();
        // Where the loop counts, some entries lead to it, out of it or to the common end.
        let others = if counts_first { 2 + usize::from(has_end) } else { 0 };
        let default = random.below(cases + others) as u32;
        self.code.br_table(table, default);
        for case in 0..cases {
            self.code.end();
            let outer = (cases - 1 - case) as u32;
            let again = outer + u32::from(has_end);
            if !counts_first {
                self.count(again + 1);
            }
            self.case(again, may_nest, random);
            match random.below(8) {
                0 => self.code.br(again + 1),
                1 if has_end => self.code.br(outer),
                2 => continue,
                _ => self.code.br(again),
            };
        }
        if has_end {
            self.code.end();
            self.step(random);
            self.code.br(0);
        }
        self.code.end().end();
    }

    /// Counts a round, and leaves for a label after the last one.
    fn count(&mut self, out: u32) {
        self.code.local_get(ROUNDS).i32_const(1).i32_sub().local_tee(ROUNDS).i32_const(0).i32_le_s().br_if(out);
    }

    /// Pushes the next instruction, and goes on to the one behind it.
    fn fetch(&mut self, random: &mut Random) {
        let mask = CODE as i32 - 1;
        let at = MemArg { offset: 0, align: 0, memory_index: 0 };
        if random.one_in(2) {
            self.step(random);
        }
        self.code.local_get(PLACE).i32_const(mask).i32_and().i32_load8_u(at);
        if random.one_in(2) {
            self.code.local_tee(INSTRUCTION);
        }
        self.code.local_get(PLACE).i32_const(random.pick(&[1, 1, 4, -1])).i32_add().local_set(PLACE);
    }

    /// Writes what a case does. `again` is the label of the loop.
    fn case(&mut self, again: u32, may_nest: bool, random: &mut Random) {
        for _ in 0..random.below(4) {
            self.step(random);
        }
        match random.below(6) {
            0 => {
                self.operand(random);
                self.code.br_if(again);
            }
            1 => {
                self.operand(random);
                self.code.if_(BlockType::Empty);
                self.step(random);
                self.code.br(again + 1).else_();
                self.step(random);
                self.code.end();
            }
            2 if may_nest => self.interpret(false, random),
            3 => {
                let rounds = LOCALS - 1;
                self.code.i32_const(3).local_set(rounds).loop_(BlockType::Empty);
                self.step(random);
                self.code
                    .local_get(rounds)
                    .i32_const(1)
                    .i32_sub()
                    .local_tee(rounds)
                    .i32_const(0)
                    .i32_gt_s()
                    .br_if(0)
                    .end();
            }
            _ => {}
        }
    }

    /// Changes a local variable or the memory.
    fn step(&mut self, random: &mut Random) {
        let at = MemArg { offset: random.pick(&[0, 1, 64, 0xfff0]), align: 0, memory_index: 0 };
        if random.one_in(5) {
            self.code.local_get(PLACE).i32_const(0xffff).i32_and();
            self.operand(random);
            self.code.i32_store8(at);
            return;
        }
        self.operand(random);
        self.operand(random);
        match random.below(8) {
            0 => self.code.i32_sub(),
            1 => self.code.i32_xor(),
            2 => self.code.i32_rotl(),
            3 => self.code.i32_const(0xffff).i32_and().i32_load(at).i32_add(),
            4 => self.code.i32_div_u(),
            _ => self.code.i32_add(),
        };
        self.code.local_set(random.pick(&[0, 1, PLACE, INSTRUCTION, INSTRUCTION + 1, INSTRUCTION + 2]));
    }

    /// Pushes a local variable or a constant.
    fn operand(&mut self, random: &mut Random) {
        match random.below(4) {
            0 => self.code.i32_const(random.pick(&[0, 1, 4, -4, i32::MAX])),
            _ => self.code.local_get(random.below(LOCALS as usize) as u32),
        };
    }
}
