//! Inlining: what is inlined keeps its meaning and its locations.

use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::emit::{self, IsaOptions};
use aot_compiler::plan::{self, FuncId, PlanOptions, ProgramPlan};
use aot_compiler::target::Target;
use aot_compiler::translate::names::Name;
use aot_compiler::translate::{self, Context, Inliner, Locations, Scratch, TextItem};
use cranelift_codegen::ir::{ExternalName, Function, GlobalValueData, Opcode};

/// `outer` calls `middle`, which calls `inner`, and each is small.
const CHAIN: &str = "(module
    (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
    (func $middle (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1)))
    (func $outer (export \"_start\") (drop (call $middle (i32.const 0)))))";

/// `even` and `odd` are small and call each other; `wrapper` calls one of them.
const CYCLE: &str = "(module
    (func $even (param i32) (result i32) (if (result i32) (local.get 0)
        (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
    (func $odd (param i32) (result i32) (if (result i32) (local.get 0)
        (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
    (func (export \"_start\") (drop (call $even (i32.const 8)))))";

/// The caller names symbols in another order than the function that it calls.
const SYMBOLS: &str = "(module
    (memory 1)
    (table $fixed 2 2 funcref) (elem (table $fixed) (i32.const 0) func $one $one)
    (table $changed 2 2 funcref)
    (data $bytes \"bytes\")
    (func $one (result i32) (i32.const 1))
    (func $callee (param i32) (result i32) (call_indirect $fixed (result i32) (local.get 0)))
    (func (export \"_start\")
        (table.set $changed (i32.const 0) (ref.func $one))
        (memory.init $bytes (i32.const 0) (i32.const 0) (call_indirect $changed (result i32) (i32.const 0)))
        (drop (call $callee (i32.load (i32.const 0))))))";

#[test]
fn calls_of_calls_are_inlined_with_all_their_frames() {
    let (function, locations) = inlined(CHAIN, 2);
    assert_eq!(calls(&function), 0, "{function}");
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    let division = insts.filter(|inst| function.dfg.insts[*inst].opcode() == Opcode::Udiv).last().unwrap();
    let (frames, _) = locations.frames(function.srcloc(division));
    let functions: Vec<FuncId> = frames.iter().map(|(func, _)| *func).collect();
    assert_eq!(functions, [FuncId::from_u32(0), FuncId::from_u32(1)]);
}

#[test]
fn functions_that_call_each_other_stay() {
    let (function, _) = inlined(CYCLE, 2);
    assert_eq!(calls(&function), 1, "{function}");
}

#[test]
fn symbols_of_inlined_functions_keep_their_names() {
    let (function, _) = inlined(SYMBOLS, 2);
    let named = |wanted: Name| symbols(&function).filter(|name| *name == wanted).count();
    assert_eq!(named(Name::ReadOnlyTables), 1, "{function}");
    assert_eq!(named(Name::FuncRecords), 1, "{function}");
    assert_eq!(named(Name::Data), 1, "{function}");
    assert_eq!(named(Name::TextStart), 2, "{function}");
}

/// Function `func` of the module after inlining.
fn inlined(text: &str, func: u32) -> (Function, Locations) {
    let wasm = decode::to_binary(text.as_bytes(), "test").unwrap().into_owned();
    let arena = Arena::default();
    let program = decode::decode(&wasm, &arena).unwrap();
    let target = Target::find("x86_64-linux").unwrap();
    let plan = plan_for(&program, target);
    let isa = emit::build_isa(target, IsaOptions { verify: true, ..IsaOptions::default() }).unwrap();
    let context = Context::new(&program, &plan, &*isa);
    let item = TextItem::Func(FuncId::from_u32(func));
    let function = translate::translate(&context, item, &mut Scratch::default()).unwrap();
    let mut machine = cranelift_codegen::Context::for_function(function);
    let locations = Inliner::new(&context).unwrap().inline(&mut machine).unwrap();
    cranelift_codegen::verify_function(&machine.func, &*isa).unwrap();
    (machine.func, locations)
}

fn plan_for(program: &Program<'_>, target: &Target) -> ProgramPlan {
    let options = PlanOptions {
        guard_bytes: target.guard_bytes,
        max_memory: None,
        max_table_elements: None,
        stub_unknown_imports: false,
        max_heap: aot_abi::limits::Limit::Heap.default_value(),
        gc_stress: false,
    };
    plan::plan(program, &options).unwrap()
}

fn calls(function: &Function) -> usize {
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    insts.filter(|inst| function.dfg.insts[*inst].opcode() == Opcode::Call).count()
}

fn symbols(function: &Function) -> impl Iterator<Item = Name> + '_ {
    function.global_values.values().filter_map(|data| match data {
        GlobalValueData::Symbol { name: ExternalName::User(name), .. } => {
            Name::from_external(&function.params.user_named_funcs()[*name])
        }
        _ => None,
    })
}
