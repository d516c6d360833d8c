//! Golden tests: each `tests/golden/NAME.wat` is planned and translated, and compared with `NAME.plan` and `NAME.clif`
//! beside it. `BLESS=1` rewrites them. Every item must also satisfy Cranelift's verifier and the verifier of alias
//! regions, before and after inlining, and compile for every target.

use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::emit::{self, IsaOptions};
use aot_compiler::plan::{self, PlanOptions, ProgramPlan};
use aot_compiler::target::{self, Target};
use aot_compiler::translate::{self, Context, Inliner, Scratch};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use std::path::{Path, PathBuf};

#[test]
fn plans_and_clif_are_as_expected() {
    let mut different = Vec::new();
    for input in inputs() {
        let wasm = assemble(&input);
        let arena = Arena::default();
        let program = decode::decode(&wasm, &arena).unwrap_or_else(|error| panic!("{}: {error}", input.display()));
        let target = Target::find("x86_64-linux").unwrap();
        let plan = plan_for(&program, target, &input);
        let isa = isa(target, &plan, &program);
        let clif = translate::display(&Context::new(&program, &plan, &*isa))
            .unwrap_or_else(|error| panic!("{}: {error}", input.display()));
        for (extension, text) in [("plan", plan.display(&program)), ("clif", clif)] {
            different.extend(compare(&input.with_extension(extension), &text));
        }
    }
    assert!(different.is_empty(), "not as expected (BLESS=1 rewrites): {different:?}");
}

#[test]
fn every_item_is_valid_and_compiles_for_every_target() {
    for input in inputs() {
        let wasm = assemble(&input);
        let arena = Arena::default();
        let program = decode::decode(&wasm, &arena).unwrap_or_else(|error| panic!("{}: {error}", input.display()));
        for target in target::targets() {
            check_items(&program, &plan_for(&program, target, &input), target, &input);
        }
    }
}

fn isa(target: &Target, plan: &ProgramPlan, program: &Program<'_>) -> OwnedTargetIsa {
    let options = IsaOptions { vectors: plan.has_vectors(program), verify: true, ..IsaOptions::default() };
    emit::build_isa(target, options).unwrap()
}

fn check_items(program: &Program<'_>, plan: &ProgramPlan, target: &Target, input: &Path) {
    let isa = isa(target, plan, program);
    let context = Context::new(program, plan, &*isa);
    let mut scratch = Scratch::default();
    let inliner = Inliner::new(&context).unwrap();
    for item in translate::items(plan) {
        let place = format!("{}: {item:?} for {}", input.display(), target.name);
        let function = translate::translate(&context, item, &mut scratch);
        let function = function.unwrap_or_else(|error| panic!("{place}: {error}"));
        check_function(&function, &*isa, plan, &place);
        let mut machine = cranelift_codegen::Context::for_function(function);
        inliner.inline(&mut machine).unwrap_or_else(|error| panic!("{place}: {error}"));
        check_function(&machine.func, &*isa, plan, &place);
        if let Err(error) = machine.compile(&*isa, &mut ControlPlane::default()) {
            panic!("{place}: {:?}", error.inner);
        }
    }
}

fn check_function(function: &Function, isa: &dyn TargetIsa, plan: &ProgramPlan, place: &str) {
    cranelift_codegen::verify_function(function, isa).unwrap_or_else(|errors| panic!("{place}: {errors}\n{function}"));
    translate::verify_regions(function, plan).unwrap_or_else(|error| panic!("{place}: {error}\n{function}"));
}

fn plan_for(program: &Program<'_>, target: &Target, input: &Path) -> ProgramPlan {
    let options = PlanOptions {
        guard_bytes: target.guard_bytes,
        max_memory: None,
        max_table_elements: None,
        stub_unknown_imports: true,
        max_heap: aot_abi::limits::Limit::Heap.default_value(),
        gc_stress: false,
    };
    plan::plan(program, &options).unwrap_or_else(|error| panic!("{}: {error}", input.display()))
}

/// Compares a file with `text`, or rewrites it.
fn compare(path: &Path, text: &str) -> Option<PathBuf> {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    (expected != text).then(|| path.to_path_buf())
}

fn assemble(input: &Path) -> Vec<u8> {
    let text = std::fs::read(input).unwrap();
    decode::to_binary(&text, &input.display().to_string(), false).unwrap().into_owned()
}

fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "wat")).collect();
    inputs.sort();
    assert!(!inputs.is_empty());
    inputs
}
