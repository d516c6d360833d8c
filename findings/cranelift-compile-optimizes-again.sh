#!/bin/bash
# cranelift-codegen 0.135.8: `Context::compile` optimises a function that `Context::optimize` has optimised already.
#
# The documentation of `compile` says that it performs the enabled optimisations "unless `optimize()` was already invoked". It
# performs them in any case. Whoever calls `optimize`, then passes of their own, then `compile`, pays for the optimiser twice, and
# the second run changes what the passes left. `TargetIsa::compile_function` with a `regalloc2::Ctx` generates code as it is.
#
# Seen: an addition of 0 that is inserted after `optimize` is gone from the function after `compile`, and is still there after
# `compile_function`. This script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "finding"
edition = "2021"
[dependencies]
cranelift-codegen = { version = "=0.135.8", default-features = false, features = ["std", "unwind", "x86"] }
cranelift-control = "=0.135.8"
regalloc2 = { version = "0.15", default-features = false }
target-lexicon = "0.13"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{types::I32, AbiParam, Function, InstBuilder, Opcode, Signature, UserFuncName};
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::Context;
use cranelift_control::ControlPlane;

fn isa() -> OwnedTargetIsa {
    let mut flags = settings::builder();
    flags.set("opt_level", "speed").unwrap();
    let triple = "x86_64-unknown-linux-gnu".parse().unwrap();
    isa::lookup(triple).unwrap().finish(settings::Flags::new(flags)).unwrap()
}

/// Optimises `f(x) = x`, and makes `f(x) = x + 0` of the result.
fn optimised_then_changed(isa: &OwnedTargetIsa) -> Context {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.push(AbiParam::new(I32));
    signature.returns.push(AbiParam::new(I32));
    let mut context = Context::for_function(Function::with_name_signature(UserFuncName::user(0, 0), signature));
    let block = context.func.dfg.make_block();
    let param = context.func.dfg.append_block_param(block, I32);
    let mut cursor = FuncCursor::new(&mut context.func);
    cursor.insert_block(block);
    cursor.ins().return_(&[param]);
    context.optimize(&**isa, &mut ControlPlane::default()).unwrap();
    let end = context.func.layout.last_inst(block).unwrap();
    let mut cursor = FuncCursor::new(&mut context.func).at_inst(end);
    let zero = cursor.ins().iconst(I32, 0);
    let sum = cursor.ins().iadd(param, zero);
    cursor.func.dfg.inst_args_mut(end)[0] = sum;
    context
}

fn additions(context: &Context) -> usize {
    let function = &context.func;
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    insts.filter(|inst| function.dfg.insts[*inst].opcode() == Opcode::Iadd).count()
}

fn main() {
    let isa = isa();
    let mut compiled = optimised_then_changed(&isa);
    assert_eq!(additions(&compiled), 1);
    compiled.compile(&*isa, &mut ControlPlane::default()).unwrap();
    let direct = optimised_then_changed(&isa);
    let mut registers = regalloc2::Ctx::default();
    isa.compile_function(&direct.func, &direct.domtree, &mut registers, false, &mut ControlPlane::default()).unwrap();
    println!("additions after compile: {}, after compile_function: {}", additions(&compiled), additions(&direct));
}
RUST
seen=$(cargo run --quiet --manifest-path "$folder/Cargo.toml" --target-dir "$folder/target")
echo "$seen"
[ "$seen" = "additions after compile: 0, after compile_function: 1" ]
