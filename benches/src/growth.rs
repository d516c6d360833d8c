//! How compile time and memory grow with what a module has much of: each shape at n, 2n, 4n and 8n. Near linear is a
//! factor of two from one to the next.

use crate::arguments::Arguments;
use crate::measure::{Program, Run};
use crate::places;
use crate::statistics::median;
use crate::table::Table;
use anyhow::Result;
use std::borrow::Cow;
use wasm_encoder::{
    BlockType, Catch, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, FieldType, Function, FunctionSection, HeapType, ImportSection, InstructionSink, MemArg,
    MemorySection, MemoryType, Module, RefType, StorageType, TableSection, TableType, TagKind, TagSection, TagType,
    TypeSection, ValType,
};

/// A thing of which a module has much, the least number, and how to make the module.
type Shape = (&'static str, u32, fn(u32) -> Parts);

const SHAPES: &[Shape] = &[
    ("blocks, one in the other", 10_000, nesting),
    ("operators of a function", 50_000, operators),
    ("locals of a function", 4_000, locals),
    ("locals and blocks", 1_000, locals_and_blocks),
    ("targets of a `br_table`", 100_000, targets),
    ("targets that differ", 1_000, different_targets),
    ("small functions", 10_000, functions),
    ("calls in a function", 5_000, calls),
    ("function types", 10_000, types),
    ("imports", 5_000, imports),
    ("data segments", 10_000, segments),
    ("exception tags, each with a handler", 1_000, tags),
    ("handlers in one function", 1_000, handlers),
    ("references across calls", 500, references),
];

const FACTORS: [u32; 4] = [1, 2, 4, 8];

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(3);
    let mut table = Table::new(&["much of", "n", "s", "2n", "4n", "8n", "8n / 4n", "MB", "2n", "4n", "8n"]);
    for (name, least, make) in SHAPES {
        if !arguments.wants(name) {
            continue;
        }
        let (mut seconds, mut megabytes) = (Vec::new(), Vec::new());
        for factor in FACTORS {
            let runs = compile(&make(least * factor).finish(), rounds)?;
            seconds.push(median(runs.iter().map(|run| run.cpu.as_secs_f64())));
            megabytes.push(median(runs.iter().map(|run| run.peak_bytes as f64 / 1e6)));
        }
        let mut row = vec![(*name).to_owned(), least.to_string()];
        row.extend(seconds.iter().map(|seconds| format!("{seconds:.2}")));
        row.push(format!("{:.1}", seconds[3] / seconds[2]));
        row.extend(megabytes.iter().map(|megabytes| format!("{megabytes:.0}")));
        table.row(row);
    }
    println!("Processor time and peak memory of {rounds} runs each:\n");
    table.print();
    Ok(())
}

fn compile(module: &[u8], rounds: usize) -> Result<Vec<Run>> {
    let input = places::products().join("growth.wasm");
    std::fs::write(&input, module)?;
    let output = places::products().join("growth");
    let program = Program::new(&places::aot())?.with(&input)?.with("-o")?.with(&output)?;
    let program = program.with("--stub-unknown-imports")?.quiet();
    (0..rounds).map(|_| program.run()).collect()
}

/// Sections of a module whose function 0 behind the imports is `_start`. Type 0 has no parameters and results.
#[derive(Default)]
struct Parts {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    tags: TagSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    imported: u32,
}

impl Parts {
    fn new() -> Self {
        let mut parts = Self::default();
        parts.types.ty().function([], []);
        parts
    }

    /// One whose only function has this code.
    fn of(locals: &[(u32, ValType)], code: impl FnOnce(&mut InstructionSink<'_>)) -> Self {
        let mut parts = Self::new();
        parts.function(locals, code);
        parts
    }

    /// Adds a function without parameters and results.
    fn function(&mut self, locals: &[(u32, ValType)], code: impl FnOnce(&mut InstructionSink<'_>)) {
        let mut function = Function::new(locals.iter().copied());
        code(&mut function.instructions());
        function.instructions().end();
        self.functions.function(0);
        self.code.function(&function);
    }

    /// Puts all functions into a table, so that none is dropped.
    fn keep_functions(&mut self) {
        let count = self.functions.len();
        let element_type = RefType::FUNCREF;
        let (minimum, maximum) = (count.into(), None);
        self.tables.table(TableType { element_type, table64: false, minimum, maximum, shared: false });
        self.elements.active(Some(0), &ConstExpr::i32_const(0), Elements::Functions(Cow::Owned((0..count).collect())));
    }

    fn finish(self) -> Vec<u8> {
        let (mut memories, mut exports) = (MemorySection::new(), ExportSection::new());
        let (minimum, maximum) = (1, None);
        memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
        exports.export("_start", ExportKind::Func, self.imported).export("memory", ExportKind::Memory, 0);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.tables);
        module.section(&memories).section(&self.tags).section(&exports).section(&self.elements);
        module.section(&self.code).section(&self.data);
        module.finish()
    }
}

const AT_0: MemArg = MemArg { offset: 0, align: 0, memory_index: 0 };

fn nesting(count: u32) -> Parts {
    Parts::of(&[], |code| {
        for _ in 0..count {
            code.block(BlockType::Empty).i32_const(0).i32_load(AT_0).br_if(0);
        }
        (0..count).for_each(|_| drop_sink(code.end()));
    })
}

fn operators(count: u32) -> Parts {
    Parts::of(&[], |code| {
        for index in 0..count as i32 / 6 {
            code.i32_const(index % 4096)
                .i32_const(index % 1000)
                .i32_load(AT_0)
                .i32_const(index)
                .i32_add()
                .i32_store(AT_0);
        }
    })
}

fn locals(count: u32) -> Parts {
    Parts::of(&[(count, ValType::I32)], |code| {
        for local in 0..count {
            code.i32_const(local as i32 % 4096).i32_load(AT_0).local_set(local);
        }
        code.loop_(BlockType::Empty);
        for local in 0..count {
            code.i32_const(0).local_get(local).i32_store(AT_0).local_get(local).i32_const(1).i32_add().local_set(local);
        }
        code.local_get(0).br_if(0).end();
    })
}

/// Locals that are alive in as many blocks.
fn locals_and_blocks(count: u32) -> Parts {
    Parts::of(&[(count, ValType::I32)], |code| {
        for local in 0..count {
            code.i32_const(local as i32 % 4096).i32_load(AT_0).local_set(local);
        }
        for index in 0..count as i32 {
            code.i32_const(0).i32_load(AT_0).if_(BlockType::Empty);
            code.i32_const(4).i32_const(index).i32_store(AT_0).end();
        }
        for local in 0..count {
            code.i32_const(8).local_get(local).i32_store(AT_0);
        }
    })
}

fn targets(count: u32) -> Parts {
    Parts::of(&[], |code| {
        code.block(BlockType::Empty).block(BlockType::Empty).i32_const(0).i32_load(AT_0);
        code.br_table((0..count).map(|index| index % 2).collect::<Vec<_>>(), 0).end().end();
    })
}

fn different_targets(count: u32) -> Parts {
    Parts::of(&[], |code| {
        (0..count).for_each(|_| drop_sink(code.block(BlockType::Empty)));
        code.i32_const(0).i32_load(AT_0).br_table((0..count).collect::<Vec<_>>(), 0);
        for index in 0..count {
            code.end().i32_const(0).i32_const(index as i32).i32_store(AT_0);
        }
    })
}

fn functions(count: u32) -> Parts {
    let mut parts = Parts::new();
    for index in 0..count as i32 {
        parts.function(&[], |code| drop_sink(code.i32_const(index % 4096).i32_const(index).i32_store(AT_0)));
    }
    parts.keep_functions();
    parts
}

fn calls(count: u32) -> Parts {
    let mut parts = Parts::of(&[], |code| (1..=count).for_each(|index| drop_sink(code.call(index))));
    for index in 0..count as i32 {
        parts.function(&[(1, ValType::I32)], |code| {
            code.loop_(BlockType::Empty).i32_const(0).i32_const(index).i32_store(AT_0);
            code.local_get(0).i32_const(1).i32_add().local_tee(0).i32_const(9).i32_lt_u().br_if(0).end();
        });
    }
    parts
}

fn types(count: u32) -> Parts {
    let mut parts = Parts::new();
    for index in 0..count {
        let digits = (0..20).map(|bit| if index >> bit & 1 == 0 { ValType::I32 } else { ValType::I64 });
        parts.types.ty().function(digits, []);
        let mut function = Function::new([]);
        function.instructions().end();
        parts.functions.function(if index == 0 { 0 } else { index + 1 });
        parts.code.function(&function);
    }
    parts.keep_functions();
    parts
}

fn imports(count: u32) -> Parts {
    let mut parts = Parts::of(&[], |code| (0..count).for_each(|index| drop_sink(code.call(index))));
    for index in 0..count {
        parts.imports.import("env", &format!("f{index}"), EntityType::Function(0));
    }
    parts.imported = count;
    parts
}

fn segments(count: u32) -> Parts {
    let mut parts = Parts::of(&[], |_| {});
    for index in 0..count as i32 {
        parts.data.active(0, &ConstExpr::i32_const(index % 65_536), *b"x");
    }
    parts
}

/// Functions that throw and catch, each a tag of its own.
fn tags(count: u32) -> Parts {
    let mut parts = Parts::new();
    for tag in 0..count {
        parts.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 0 });
        parts.function(&[], |code| try_call(code, tag, count));
    }
    parts.function(&[], |code| drop_sink(code.throw(0)));
    parts.keep_functions();
    parts
}

/// Makes a module with `count` tags, all caught in one function.
fn handlers(count: u32) -> Parts {
    let mut parts = Parts::of(&[], |code| (0..count).for_each(|tag| try_call(code, tag, 1)));
    parts.function(&[], |code| drop_sink(code.i32_const(0).i32_load(AT_0).if_(BlockType::Empty).throw(0).end()));
    (0..count).for_each(|_| {
        parts.tags.tag(TagType { kind: TagKind::Exception, func_type_idx: 0 });
    });
    parts.keep_functions();
    parts
}

fn try_call(code: &mut InstructionSink<'_>, tag: u32, function: u32) {
    code.block(BlockType::Empty).try_table(BlockType::Empty, [Catch::One { tag, label: 0 }]).call(function).end().end();
}

/// Objects that live across calls.
fn references(count: u32) -> Parts {
    let mut parts = Parts::new();
    let field = FieldType { element_type: StorageType::Val(ValType::I32), mutable: true };
    parts.types.ty().struct_([field]);
    let reference = ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(1) });
    parts.function(&[(count, reference)], |code| {
        for local in 0..count {
            code.i32_const(local as i32).struct_new(1).local_set(local);
        }
        for local in 0..count {
            code.call(1).i32_const(0).local_get(local).struct_get(1, 0).i32_store(AT_0);
        }
    });
    parts.function(&[], |code| {
        code.loop_(BlockType::Empty).i32_const(1).struct_new(1).struct_get(1, 0).i32_const(2).i32_eq().br_if(0).end();
    });
    parts
}

/// For closures that return nothing.
fn drop_sink(_code: &mut InstructionSink<'_>) {}
