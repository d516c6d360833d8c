//! Inlining: what is inlined keeps its meaning and its locations.

use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::entry;
use aot_compiler::isa::{IsaOptions, Isas};
use aot_compiler::optimize::{Locations, Optimizer, Timings};
use aot_compiler::plan::{self, AddressSpace, FuncId, PlanOptions, ProgramPlan};
use aot_compiler::target::Target;
use aot_compiler::translate::names::Name;
use aot_compiler::translate::{Context, Scratch, TextItem};
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

/// A component calls a small function of another: caller, adapter and callee.
const ACROSS_COMPONENTS: &str = "(component
    (component $callee
        (core module $m (func (export \"add\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 7))))
        (core instance $i (instantiate $m))
        (func (export \"add\") (param \"x\" u32) (result u32) (canon lift (core func $i \"add\"))))
    (component $caller
        (import \"add\" (func $add (param \"x\" u32) (result u32)))
        (core func $add' (canon lower (func $add)))
        (core module $m
            (import \"\" \"add\" (func $add (param i32) (result i32)))
            (func (export \"twice\") (param i32) (result i32) (call $add (call $add (local.get 0)))))
        (core instance $i (instantiate $m (with \"\" (instance (export \"add\" (func $add'))))))
        (func (export \"twice\") (param \"x\" u32) (result u32) (canon lift (core func $i \"twice\"))))
    (instance $callee (instantiate $callee))
    (instance $caller (instantiate $caller (with \"add\" (func $callee \"add\"))))
    (export \"twice\" (func $caller \"twice\")))";

#[test]
fn small_adapters_between_components_are_inlined() {
    let exported = |plan: &ProgramPlan| plan.exports.as_ref().unwrap().functions[0].func;
    let (function, locations) = inlined_of(ACROSS_COMPONENTS, exported);
    assert_eq!(calls_that_return(&function), 0, "{function}");
    // The additions of the callee have the adapter between them and the caller.
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    let additions = insts.filter(|inst| function.dfg.insts[*inst].opcode() == Opcode::Iadd);
    let depths = additions.map(|inst| locations.frames(function.srcloc(inst)).0.len());
    assert!(depths.filter(|depth| *depth == 2).count() == 2, "{function}");
}

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
    inlined_of(text, |_| FuncId::from_u32(func))
}

/// A function of the program after inlining.
fn inlined_of(text: &str, func: impl Fn(&ProgramPlan) -> FuncId) -> (Function, Locations) {
    let wasm = decode::to_binary(text.as_bytes(), "test", false).unwrap().into_owned();
    let arena = Arena::default();
    let program = decode::decode(&wasm, &arena).unwrap();
    let target = Target::find("x86_64-linux").unwrap();
    let plan = plan_for(&program, target);
    let isas = Isas::new(target, IsaOptions { verify: true, ..IsaOptions::default() }).unwrap();
    let context = Context::new(&program, &plan, &*isas.main);
    let timings = Timings::default();
    let optimizer = Optimizer::new(&context, &isas, &[], &timings).unwrap();
    let (machine, mut scratch) = (cranelift_codegen::Context::new(), Scratch::default());
    let item = TextItem::Func(func(&plan));
    let job = optimizer.run(item, machine, &mut scratch, Some("inline"), &timings).unwrap();
    (job.machine.func, job.locations)
}

fn plan_for(program: &Program<'_>, target: &Target) -> ProgramPlan {
    let options = PlanOptions {
        grantees: Vec::new(),
        guard_bytes: target.guard_bytes,
        max_memory: None,
        max_table_elements: None,
        stub_unknown_imports: false,
        max_heap: aot_abi::limits::Limit::Heap.default_value(),
        address_space: AddressSpace::Large,
        gc_stress: false,
        parts: Vec::new(),
        host_imports: None,
    };
    let roots = (entry::of(program, None).unwrap().roots)(program).unwrap();
    plan::plan(program, &roots, &options).unwrap()
}

fn calls(function: &Function) -> usize {
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    insts.filter(|inst| function.dfg.insts[*inst].opcode() == Opcode::Call).count()
}

/// Calls but those of traps, which never return.
fn calls_that_return(function: &Function) -> usize {
    let opcode = |inst| function.dfg.insts[inst].opcode();
    let returns = |block| function.layout.last_inst(block).is_some_and(|last| opcode(last) != Opcode::Trap);
    let insts =
        function.layout.blocks().filter(|block| returns(*block)).flat_map(|block| function.layout.block_insts(block));
    insts.filter(|inst| opcode(*inst) == Opcode::Call).count()
}

fn symbols(function: &Function) -> impl Iterator<Item = Name> + '_ {
    function.global_values.values().filter_map(|data| match data {
        GlobalValueData::Symbol { name: ExternalName::User(name), .. } => {
            Name::from_external(&function.params.user_named_funcs()[*name])
        }
        _ => None,
    })
}
