//! Modules whose functions take and return more values than registers hold, of all number types and vectors, by calls of
//! all kinds: those of wasm-smith rarely do. Floats are only moved, compared and converted, so that no NaN is made.

use crate::random::Random;
use wasm_encoder::{
    BlockType, Catch, CodeSection, ConstExpr, ElementSection, Elements, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, InstructionSink, Module, RefType, TableSection, TableType, TagKind, TagSection, TagType,
    TypeSection, ValType,
};

/// The types of values; floats of 32 bits are twice as likely as others.
const TYPES: [ValType; 6] = [ValType::F32, ValType::F32, ValType::I32, ValType::F64, ValType::I64, ValType::V128];
/// Local variables that each function has of each type, besides its parameters.
const LOCALS: u32 = 3;
/// The type of the tag, and that of a block which leaves its values.
const TAG_TYPE: u32 = 0;
const CAUGHT_TYPE: u32 = 1;
/// The first type of functions.
const FIRST_TYPE: u32 = 2;
/// The global that is 0, which the compiler doesn't know.
const ZERO: u32 = 0;

/// Operators that compute a value from others, with the types of both.
const OPERATORS: [(&[ValType], ValType, Instruction<'static>); 12] = {
    use ValType::{F32, F64, I32, I64, V128};
    [
        (&[F32, F32], I32, Instruction::F32Eq),
        (&[F32], I32, Instruction::I32TruncSatF32S),
        (&[F32], F32, Instruction::F32Neg),
        (&[F32, F32], F32, Instruction::F32Copysign),
        (&[F32], I32, Instruction::I32ReinterpretF32),
        (&[I32], F32, Instruction::F32ConvertI32S),
        (&[F64, F64], I32, Instruction::F64Lt),
        (&[F64], I64, Instruction::I64TruncSatF64U),
        (&[I64], F64, Instruction::F64ConvertI64U),
        (&[I64, I64], I64, Instruction::I64Sub),
        (&[F32], V128, Instruction::F32x4Splat),
        (&[V128], I64, Instruction::I64x2ExtractLane(1)),
    ]
};

/// A type of functions.
struct Signature {
    params: Vec<ValType>,
    results: Vec<ValType>,
}

/// Makes a module that ends whatever is called. Its last global is the fuel of modules in general, which it doesn't use.
pub fn module(random: &mut Random) -> Vec<u8> {
    let types = if random.one_in(2) { &TYPES[..] } else { &TYPES[..TYPES.len() - 1] };
    let count = random.pick(&[2, 3, 4]);
    let signatures: Vec<Signature> = (0..count).map(|_| Signature::random(types, random)).collect();
    let tag = values(types, random.pick(&[1, 5, 12]), random);
    let functions: Vec<usize> = (0..random.pick(&[3, 5, 7])).map(|_| random.below(count)).collect();
    let mut section = TypeSection::new();
    section.ty().function(tag.clone(), []);
    section.ty().function([], tag.clone());
    for signature in &signatures {
        section.ty().function(signature.params.clone(), signature.results.clone());
    }
    let mut declarations = FunctionSection::new();
    let mut code = CodeSection::new();
    for (index, signature) in functions.iter().enumerate() {
        declarations.function(FIRST_TYPE + *signature as u32);
        let locals = Locals { params: &signatures[*signature].params, groups: types };
        let mut body = Function::new(types.iter().map(|ty| (LOCALS, *ty)));
        let earlier = &functions[..index];
        let mut writer = Writer { function: &mut body, locals, tag: &tag, signatures: &signatures, earlier };
        writer.body(&signatures[*signature].results, random);
        code.function(&body);
    }
    assemble(&section, &declarations, functions.len() as u32, &code)
}

fn assemble(types: &TypeSection, declarations: &FunctionSection, functions: u32, code: &CodeSection) -> Vec<u8> {
    let mut tables = TableSection::new();
    let (minimum, maximum) = (functions.into(), Some(functions.into()));
    tables.table(TableType { element_type: RefType::FUNCREF, table64: false, minimum, maximum, shared: false });
    let mut tags = TagSection::new();
    tags.tag(TagType { kind: TagKind::Exception, func_type_idx: TAG_TYPE });
    let mut globals = GlobalSection::new();
    for _ in 0..=ZERO + 1 {
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(0));
    }
    let mut elements = ElementSection::new();
    let all: Vec<u32> = (0..functions).collect();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(all.into()));
    let mut module = Module::new();
    module.section(types).section(declarations).section(&tables).section(&tags).section(&globals);
    module.section(&elements).section(code);
    module.finish()
}

/// Picks a number of random types.
fn values(types: &[ValType], count: usize, random: &mut Random) -> Vec<ValType> {
    (0..count).map(|_| random.pick(types)).collect()
}

impl Signature {
    fn random(types: &[ValType], random: &mut Random) -> Self {
        let params = random.pick(&[0, 2, 9, 20]);
        // The last is more than there are registers for floats.
        let results = random.pick(&[3, 5, 9, 48]);
        Self { params: values(types, params, random), results: values(types, results, random) }
    }
}

/// The local variables of a function.
struct Locals<'w> {
    params: &'w [ValType],
    /// The types of the locals behind the parameters, each of which has [`LOCALS`].
    groups: &'w [ValType],
}

impl Locals<'_> {
    /// Picks a local of a type.
    fn pick(&self, ty: ValType, random: &mut Random) -> u32 {
        let own = self.groups.iter().flat_map(|ty| std::iter::repeat_n(ty, LOCALS as usize));
        let all = (0..).zip(self.params.iter().chain(own));
        let those: Vec<u32> = all.filter(|(_, local)| **local == ty).map(|(index, _)| index).collect();
        random.pick(&those)
    }
}

/// Writes the body of a function.
struct Writer<'w> {
    function: &'w mut Function,
    locals: Locals<'w>,
    tag: &'w [ValType],
    signatures: &'w [Signature],
    /// Functions before this one, by their signatures: it calls no others.
    earlier: &'w [usize],
}

impl Writer<'_> {
    fn code(&mut self) -> InstructionSink<'_> {
        self.function.instructions()
    }

    fn body(&mut self, results: &[ValType], random: &mut Random) {
        for _ in 0..random.pick(&[2, 4, 6]) {
            match random.below(8) {
                0 if !self.tag.is_empty() => self.throw_if_odd(random),
                1 | 2 => self.compute(random),
                3 => self.catch(random),
                _ => self.call(random),
            }
        }
        match self.earlier.iter().rposition(|earlier| self.signatures[*earlier].results == results) {
            Some(callee) if random.one_in(2) => self.tail_call(callee, random),
            _ => self.push_all(results, random),
        }
        self.code().end();
    }

    /// Pushes a value of each type.
    fn push_all(&mut self, types: &[ValType], random: &mut Random) {
        for &ty in types {
            let local = self.locals.pick(ty, random);
            self.code().local_get(local);
        }
    }

    /// Pops a value of each type into a local, or drops it.
    fn pop_all(&mut self, types: &[ValType], random: &mut Random) {
        for &ty in types.iter().rev() {
            if random.one_in(4) {
                self.code().drop();
            } else {
                let local = self.locals.pick(ty, random);
                self.code().local_set(local);
            }
        }
    }

    /// Calls an earlier function, by its index or through the table.
    fn call(&mut self, random: &mut Random) {
        if self.earlier.is_empty() {
            return self.compute(random);
        }
        let callee = random.below(self.earlier.len());
        let signatures = self.signatures;
        let signature = &signatures[self.earlier[callee]];
        self.push_all(&signature.params, random);
        if random.one_in(2) {
            self.code().call(callee as u32);
        } else {
            self.push_index(callee);
            let ty = FIRST_TYPE + self.earlier[callee] as u32;
            self.code().call_indirect(0, ty);
        }
        self.pop_all(&signature.results, random);
    }

    fn tail_call(&mut self, callee: usize, random: &mut Random) {
        let signatures = self.signatures;
        self.push_all(&signatures[self.earlier[callee]].params, random);
        if random.one_in(2) {
            self.code().return_call(callee as u32);
        } else {
            self.push_index(callee);
            let ty = FIRST_TYPE + self.earlier[callee] as u32;
            self.code().return_call_indirect(0, ty);
        }
    }

    /// Pushes an index that the compiler doesn't know.
    fn push_index(&mut self, index: usize) {
        self.code().global_get(ZERO).i32_const(index as i32).i32_add();
    }

    /// Calls inside a `try_table`, and takes the values of what is caught.
    fn catch(&mut self, random: &mut Random) {
        self.code().block(BlockType::Empty).block(BlockType::FunctionType(CAUGHT_TYPE));
        self.code().try_table(BlockType::Empty, [Catch::One { tag: 0, label: 0 }]);
        self.call(random);
        self.code().end().br(1).end();
        self.pop_all(self.tag, random);
        self.code().end();
    }

    fn throw_if_odd(&mut self, random: &mut Random) {
        self.push_all(&[ValType::I32], random);
        self.code().i32_const(1).i32_and().if_(BlockType::Empty);
        self.push_all(self.tag, random);
        self.code().throw(0).end();
    }

    /// Computes a value from others.
    fn compute(&mut self, random: &mut Random) {
        let has = |ty: &ValType| self.locals.groups.contains(ty);
        let possible = OPERATORS.iter().filter(|(params, result, _)| params.iter().all(has) && has(result));
        let possible: Vec<_> = possible.collect();
        let (params, result, operator) = random.pick(&possible);
        self.push_all(params, random);
        self.function.instruction(operator);
        let local = self.locals.pick(*result, random);
        self.code().local_set(local);
    }
}
