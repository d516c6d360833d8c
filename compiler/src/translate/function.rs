//! The CLIF of wasm functions: the walk over the operators of a body. Code that can't be reached is skipped.

use super::body::{Body, FrameLocals};
use super::code::{Code, build};
use super::context::{Context, Scratch, defect, parse_error};
use super::counters::Counting;
use super::frame::FrameKind;
use super::legacy_tries;
use super::names::Name;
use super::operators;
use super::types::Kind;
use crate::decode::{self, FuncIndex};
use crate::error::Result;
use crate::plan::{Computation, FuncId, FuncKind, InstanceId};
use cranelift_codegen::ir::{Function, InstBuilder, SourceLoc, Value, types};
use wasmparser::{FunctionBody, Operator};

/// Locals times blocks of code of a function whose locals are variables, at most: two seconds. The code generator takes
/// time and space for each block where a variable is alive; GCC's, CPython's and yosys' largest functions have less.
const VARIABLES_MAX: u64 = 1 << 23;

/// The value of a constant expression, in a start-up function.
pub(super) fn evaluate<'c>(code: &mut Code<'c, '_>, computation: &Computation) -> Result<Value> {
    let context = code.context;
    let instance = &context.plan.instances[computation.instance];
    let mut body = Body::new(code, &context.program.modules[instance.module], instance);
    for op in &computation.expr {
        operators::translate_constant(&mut body, op)?;
    }
    Ok(body.pop())
}

/// The CLIF of a function of an instance.
pub(super) fn translate(context: &Context<'_>, func: FuncId, scratch: &mut Scratch) -> Result<Function> {
    let FuncKind::Wasm { instance, func: index } = context.plan.functions[func].kind else {
        return Err(defect(format!("{func} has no body")));
    };
    translate_body(context, func, instance, index, scratch).map_err(|error| {
        let module = &context.program.modules[context.plan.instances[instance].module];
        error.in_module(module.display_name()).in_function(module.display_function(index))
    })
}

fn translate_body(
    context: &Context<'_>,
    func: FuncId,
    instance: InstanceId,
    index: FuncIndex,
    scratch: &mut Scratch,
) -> Result<Function> {
    let plan = &context.plan.functions[func];
    let instance = &context.plan.instances[instance];
    let module = &context.program.modules[instance.module];
    let body = module.body(index).ok_or_else(|| defect("an import has no body"))?;
    let ty = context.program.types.func(plan.ty);
    let vmctx_offset = context.plan.groups[plan.group].vmctx;
    let is_stateless = context.stateless.contains(func);
    let mut function = build(context, Name::Func(func), context.signature_of(func), vmctx_offset, scratch, |code| {
        if is_stateless {
            let nothing = code.ins().iconst(types::I64, 0);
            code.params.insert(0, nothing);
        }
        let results: Vec<Kind> = ty.results.iter().map(|&ty| context.kind(ty)).collect();
        let mut translation = Body::new(code, module, instance);
        if context.debug {
            translation.code.builder.func.dfg.collect_debug_info();
            translation.copied = context.kept_locals.get(&(instance.module, index)).map(|locals| (func, locals));
        }
        if body.uses.legacy_exceptions {
            translation.legacy_tries = legacy_tries::read(&body.reader)?.into_iter();
        }
        let locals = ty.params.len() as u64 + declared_locals(&body.reader)?;
        if locals * u64::from(body.uses.blocks) > VARIABLES_MAX {
            translation.frame_locals = Some(FrameLocals::new(&mut translation.code.builder));
        }
        translation.declare_locals(ty, &body.reader)?;
        let end = translation.block_with_params(&results);
        translation.push_frame(FrameKind::Body, end, 0, results.len(), results.len());
        translation.counts = context.heat.as_ref().and_then(|heat| heat.counts(instance.module, index));
        translation.counting = context.instruments.as_ref().and_then(|all| Counting::new(all, instance.module, index));
        translation.count_entry();
        translate_operators(&mut translation, body)
    })?;
    if is_stateless {
        remove_first(&mut function)?;
    }
    Ok(function)
}

/// Removes the first instruction of a function, which stands for `vmctx` and which nothing uses.
fn remove_first(function: &mut Function) -> Result<()> {
    let first = function.layout.entry_block().and_then(|entry| function.layout.first_inst(entry));
    let first = first.ok_or_else(|| defect("a function without instructions"))?;
    let value = function.dfg.first_result(first);
    let mut insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    if insts.any(|inst| function.dfg.inst_values(inst).any(|used| function.dfg.resolve_aliases(used) == value)) {
        return Err(defect("a function without state uses vmctx"));
    }
    function.layout.remove_inst(first);
    Ok(())
}

/// Translates the operators in their order.
fn translate_operators(translation: &mut Body<'_, '_, '_>, body: &decode::Body<'_>) -> Result<()> {
    let body_start = body.reader.range().start;
    let mut hints = body.hints.iter().peekable();
    let mut operators = body.reader.get_operators_reader().map_err(parse_error)?;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset().map_err(parse_error)?;
        // Bytes of the input, as in messages of the compiler: a module of a component begins somewhere in it.
        translation.code.builder.set_srcloc(SourceLoc::new(offset as u32));
        let body_offset = (offset - body_start) as u32;
        while hints.next_if(|hint| hint.offset < body_offset).is_some() {}
        translation.likely = hints.next_if(|hint| hint.offset == body_offset).map(|hint| hint.taken);
        // What was counted takes the place of what somebody thought.
        translation.offset = offset as u32;
        let branch = translation.counts.and_then(|counts| counts.branch(offset as u32));
        if let Some(branch) = branch.filter(|branch| branch.total != 0) {
            translation.likely = branch.likely();
        }
        translation.find_site();
        translate_operator(translation, &operator).map_err(|error| error.at(offset as u64))?;
        translation.count_behind();
    }
    Ok(())
}

fn translate_operator(body: &mut Body<'_, '_, '_>, operator: &Operator<'_>) -> Result<()> {
    if body.reachable { operators::translate(body, operator) } else { operators::skip(body, operator) }
}

/// Returns the number of locals that a body declares besides its parameters.
fn declared_locals(body: &FunctionBody<'_>) -> Result<u64> {
    let groups = body.get_locals_reader().map_err(parse_error)?;
    let counts = groups.into_iter().map(|group| group.map(|(count, _)| u64::from(count)));
    counts.sum::<wasmparser::Result<u64>>().map_err(parse_error)
}
