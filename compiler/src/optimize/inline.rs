//! Inlining: the bodies of small functions replace calls to them, across modules and adapters.
//!
//! The decision depends on the callee alone. Bodies are prepared once, callees before callers, before any caller is
//! compiled: so the result doesn't depend on threads. Small functions that can reach a cycle of small functions are not
//! inlined, so every chain of bodies ends.
//!
//! Cranelift's inlining drops the source locations of inlined code; this pass restores them (`locations`).

use super::locations::{Import, Locations};
use super::{INLINE, Job, Optimizer, TRANSLATE, Timings, WIDE, cranelift_error};
use crate::decode::Uses;
use crate::error::{Result, Stage};
use crate::plan::{FuncId, FuncKind};
use crate::profile::{Counts, Heat};
use crate::translate::names::Name;
use crate::translate::{Context, Scratch, TextItem, has_references, references, translate};
use cranelift_codegen::CodegenResult;
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::{Block, ExternalName, FuncRef, Function, GlobalValue, GlobalValueData, Inst, Opcode};
use cranelift_codegen::ir::{SourceLoc, Value};
use cranelift_entity::{EntityRef, SecondaryMap};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashMap;

/// Maximum number of wasm operators in a function that is translated as a candidate.
const OPERATORS_MAX: u32 = 40;
/// Maximum number of wasm operators in a function with so many multiplications that it may compute a product of 128 bits, of which little is left.
const OPERATORS_OF_PRODUCTS_MAX: u32 = 120;
/// The number of multiplications in such a function.
const PRODUCTS: u32 = 4;
/// Maximum number of CLIF instructions, without constants, in a body that is inlined.
const INSTRUCTIONS_MAX: usize = 24;
/// Maximum number of CLIF instructions in a body that is inlined where size counts: a call with its arguments takes as much.
const INSTRUCTIONS_MAX_FOR_SIZE: usize = 6;
/// Maximum number of CLIF instructions, without constants, in a body that is inlined where profiles say that it is called often.
const INSTRUCTIONS_MAX_HOT: usize = 100;
/// Maximum number of wasm operators in a function that is translated as a candidate because it is called often.
const OPERATORS_MAX_HOT: u32 = 200;
/// Number of instructions that a caller may gain beyond doubling: it bounds the caller's compile time.
const GROWTH_MAX: usize = 4096;
/// Maximum number of instructions that inlining moves in a caller: Cranelift splits the block at each call and moves
/// everything after it.
const MOVES_MAX: usize = 1 << 20;
/// Maximum depth of inlining in bodies: callees of callees of callees are rarely small.
const LEVELS_MAX: u32 = 4;

/// Returns true if calls in the item may be inlined. Small functions are better left alone than inlined into code that
/// keeps nothing in registers.
pub(super) fn is_useful(optimizer: &Optimizer<'_>, job: &Job) -> bool {
    optimizer.inliner.is_some() && !job.is_vast()
}

/// Inlines calls in an item. An item that would become vast stays as it is.
pub(super) fn run(optimizer: &Optimizer<'_>, job: &mut Job, scratch: &mut Scratch) -> Result<()> {
    let Some(inliner) = &optimizer.inliner else { return Ok(()) };
    let inlined = inliner.inline(optimizer.context, &mut job.machine);
    job.locations = inlined.map_err(|error| cranelift_error(optimizer.context, Stage::Optimize, job.item, &error))?;
    if job.is_vast() {
        job.translate(optimizer.context, scratch)?;
    }
    Ok(())
}

/// Bodies that replace calls.
pub struct Inliner {
    bodies: Bodies,
    /// The maximum number of CLIF instructions, without constants, in a body.
    instructions_max: usize,
}

type Bodies = SecondaryMap<FuncId, Option<Box<Body>>>;

/// A body, and its locations that come from other functions.
#[derive(Clone)]
struct Body {
    function: Function,
    locations: Locations,
    instructions: usize,
}

/// A pass that makes a function smaller before its size counts.
pub type Simplify = fn(&mut Function);

impl Inliner {
    /// Prepares the bodies of all functions that are small enough, by themselves or once they are simplified.
    ///
    /// # Errors
    /// A function can't be translated.
    pub fn new(context: &Context<'_>, simplify: Option<Simplify>, timings: &Timings) -> Result<Self> {
        let candidates = candidates(context, simplify.is_some());
        let instructions_max = if context.is_for_size() { INSTRUCTIONS_MAX_FOR_SIZE } else { INSTRUCTIONS_MAX };
        let translate = |scratch: &mut Scratch, func: &FuncId| {
            let item = TextItem::Func(*func);
            let mut function = timings.time(TRANSLATE, || translate(context, item, scratch))?;
            if let Some(simplify) = simplify {
                timings.time(WIDE, || simplify(&mut function));
            }
            Ok(small_body(function, Locations::default(), instructions_max))
        };
        let translated: Vec<Result<Option<Box<Body>>>> =
            candidates.par_iter().map_init(Scratch::default, translate).collect();
        let mut bodies = SecondaryMap::with_capacity(context.plan.functions.len());
        for (func, body) in candidates.iter().zip(translated) {
            bodies[*func] = body?;
        }
        let levels = levels(&candidates, &mut bodies);
        let mut inliner = Self { bodies, instructions_max };
        for level in levels {
            inliner.inline_into_bodies(context, &level, timings);
        }
        let hot = inliner.hot_bodies(context, timings)?;
        for (func, body) in hot {
            inliner.bodies[func] = Some(body);
        }
        Ok(inliner)
    }

    /// Prepares the bodies of larger functions that are called often. They take in small ones, and none of their kind, so that
    /// they make no small function a part of a cycle.
    fn hot_bodies(&self, context: &Context<'_>, timings: &Timings) -> Result<Vec<(FuncId, Box<Body>)>> {
        let candidates = if context.is_for_size() { Vec::new() } else { hot_candidates(context, &self.bodies) };
        let prepare = |scratch: &mut Scratch, func: &FuncId| {
            let function = timings.time(TRANSLATE, || translate(context, TextItem::Func(*func), scratch))?;
            let Some(body) = small_body(function, Locations::default(), INSTRUCTIONS_MAX_HOT) else { return Ok(None) };
            let inlined = timings.time(INLINE, || self.inlined(context, &body, INSTRUCTIONS_MAX_HOT));
            Ok(Some((*func, inlined.unwrap_or(body))))
        };
        let bodies: Vec<Result<_>> = candidates.par_iter().map_init(Scratch::default, prepare).collect();
        bodies.into_iter().filter_map(Result::transpose).collect()
    }

    /// Inlines calls in the function of `machine`, and returns the locations that come from other functions.
    /// Trampolines and start-up functions stay as they are: backtraces leave them out, and would leave out what they
    /// inlined.
    ///
    /// # Errors
    /// The function becomes too large for the code generator.
    pub fn inline(&self, context: &Context<'_>, machine: &mut cranelift_codegen::Context) -> CodegenResult<Locations> {
        let growth_left = GROWTH_MAX + machine.func.dfg.num_insts();
        let func = match machine.func.name.get_user().and_then(Name::from_external) {
            Some(Name::Func(func)) => Some(func),
            _ => None,
        };
        let heat = context.heat.as_ref();
        let heat = heat.and_then(|heat| Some((heat, heat.counts_of(context.plan, func?)?)));
        let bounds = Bounds { instructions_max: self.instructions_max, heat };
        let mut calls =
            Calls { bodies: &self.bodies, bounds, growth_left, moves_left: MOVES_MAX, replaced: Vec::new() };
        // A function with one stack map for all calls can't take in calls with maps of their own.
        if func.is_some() && !has_references(&machine.func) {
            machine.inline(&mut calls)?;
        }
        let mut locations = Locations::default();
        for call in calls.replaced {
            call.locate(&mut machine.func, &mut locations);
            call.rename_symbols(&mut machine.func);
        }
        Ok(locations)
    }

    /// Inlines callees into bodies that don't call each other. A body that would become too large stays as it is.
    fn inline_into_bodies(&mut self, context: &Context<'_>, funcs: &[FuncId], timings: &Timings) {
        let inline = |func: &FuncId| self.inlined(context, self.bodies[*func].as_ref()?, self.instructions_max);
        let inlined: Vec<Option<Box<Body>>> =
            funcs.par_iter().map(|func| timings.time(INLINE, || inline(func))).collect();
        for (func, body) in funcs.iter().zip(inlined) {
            if body.is_some() {
                self.bodies[*func] = body;
            }
        }
    }

    /// Returns a body with what it calls inlined, unless it becomes too large.
    fn inlined(&self, context: &Context<'_>, body: &Body, instructions_max: usize) -> Option<Box<Body>> {
        let mut machine = cranelift_codegen::Context::for_function(body.function.clone());
        let locations = self.inline(context, &mut machine).ok()?;
        small_body(machine.func, locations, instructions_max)
    }
}

/// Returns the functions that are called often and aren't small, but small enough.
fn hot_candidates(context: &Context<'_>, small: &Bodies) -> Vec<FuncId> {
    let Some(heat) = &context.heat else { return Vec::new() };
    let is_candidate = |func: &FuncId| {
        let is_hot = heat.counts_of(context.plan, *func).is_some_and(|counts| heat.is_hot(counts.entries));
        is_hot && small[*func].is_none() && operators(context, *func).is_some_and(|count| count <= OPERATORS_MAX_HOT)
    };
    context.plan.functions.keys().filter(is_candidate).collect()
}

/// Returns the number of wasm operators of a function.
fn operators(context: &Context<'_>, func: FuncId) -> Option<u32> {
    let FuncKind::Wasm { instance, func } = context.plan.functions[func].kind else { return None };
    let module = &context.program.modules[context.plan.instances[instance].module];
    Some(module.body(func)?.uses.operators)
}

/// Returns the functions that may be small enough.
fn candidates(context: &Context<'_>, are_simplified: bool) -> Vec<FuncId> {
    let is_small = |uses: &Uses| {
        let may_be_product = are_simplified && uses.products >= PRODUCTS;
        uses.operators <= if may_be_product { OPERATORS_OF_PRODUCTS_MAX } else { OPERATORS_MAX }
    };
    let small = |func: &FuncId| match context.plan.functions[*func].kind {
        FuncKind::Wasm { instance, func } => {
            let module = &context.program.modules[context.plan.instances[instance].module];
            module.body(func).is_some_and(|body| is_small(&body.uses))
        }
        _ => false,
    };
    context.plan.functions.keys().filter(small).collect()
}

/// Returns the function as a body if it is small enough.
fn small_body(function: Function, locations: Locations, instructions_max: usize) -> Option<Box<Body>> {
    let instructions = instructions(&function);
    (instructions <= instructions_max).then(|| Box::new(Body { function, locations, instructions }))
}

/// Returns the number of instructions of a function, without constants.
fn instructions(function: &Function) -> usize {
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    let opcodes = insts.map(|inst| function.dfg.insts[inst].opcode());
    opcodes.filter(|opcode| !matches!(opcode, Opcode::Iconst | Opcode::F32const | Opcode::F64const)).count()
}

/// Sorts bodies into levels, each of which calls only bodies of levels before it. The result omits the first level,
/// which calls none. Bodies that can reach themselves are dropped; bodies beyond the last level stay as they are.
fn levels(candidates: &[FuncId], bodies: &mut Bodies) -> Vec<Vec<FuncId>> {
    let mut callers: SecondaryMap<FuncId, Vec<FuncId>> = SecondaryMap::new();
    let mut waiting: SecondaryMap<FuncId, u32> = SecondaryMap::new();
    let mut ready = Vec::new();
    for &func in candidates {
        let Some(body) = &bodies[func] else { continue };
        for callee in callees(&body.function).filter(|callee| bodies[*callee].is_some()) {
            callers[callee].push(func);
            waiting[func] += 1;
        }
        if waiting[func] == 0 {
            ready.push(func);
        }
    }
    let mut levels = Vec::new();
    while !ready.is_empty() {
        let mut next = Vec::new();
        for caller in ready.iter().flat_map(|func| &callers[*func]) {
            waiting[*caller] -= 1;
            if waiting[*caller] == 0 {
                next.push(*caller);
            }
        }
        levels.push(std::mem::replace(&mut ready, next));
    }
    for &func in candidates {
        if waiting[func] > 0 {
            bodies[func] = None;
        }
    }
    levels.into_iter().skip(1).take(LEVELS_MAX as usize).collect()
}

/// Yields the functions that a body calls, each once.
fn callees(body: &Function) -> impl Iterator<Item = FuncId> + '_ {
    references(body).filter_map(|name| match name {
        Name::Func(func) => Some(func),
        _ => None,
    })
}

/// The sizes of bodies that are worth inlining in a caller.
struct Bounds<'a> {
    /// Maximum number of instructions of a body whose calls nobody counted.
    instructions_max: usize,
    /// The profiles, and the counts of the caller.
    heat: Option<(&'a Heat, &'a Counts)>,
}

impl Bounds<'_> {
    /// Returns the maximum number of instructions of a body in the place of a call.
    fn at(&self, call: SourceLoc) -> usize {
        let place = self.heat.and_then(|(heat, counts)| Some((heat, counts.place(call.bits())?)));
        match place.filter(|_| !call.is_default()) {
            // A call with its arguments takes as much.
            Some((_, place)) if place.is_cold || place.count == 0 => {
                self.instructions_max.min(INSTRUCTIONS_MAX_FOR_SIZE)
            }
            Some((heat, place)) if heat.is_hot(place.count) => self.instructions_max.max(INSTRUCTIONS_MAX_HOT),
            _ => self.instructions_max,
        }
    }
}

/// Calls of one caller during inlining.
struct Calls<'a> {
    bodies: &'a Bodies,
    bounds: Bounds<'a>,
    growth_left: usize,
    moves_left: usize,
    replaced: Vec<ReplacedCall<'a>>,
}

/// A call that a body replaced.
struct ReplacedCall<'a> {
    func: FuncId,
    body: &'a Body,
    /// Location of the call in the caller.
    location: SourceLoc,
    /// Number of the block that is the body's block 0: Cranelift appends all blocks of a body in order.
    block_offset: usize,
    /// Number of the global value that is the body's global value 0: Cranelift appends these in order too.
    global_offset: usize,
}

impl Inline for Calls<'_> {
    fn inline(
        &mut self,
        caller: &Function,
        call: Inst,
        opcode: Opcode,
        callee: FuncRef,
        _: &[Value],
    ) -> InlineCommand<'_> {
        // A tail call leaves no frame of its caller, but a body in its place would show one in backtraces.
        if opcode == Opcode::ReturnCall {
            return InlineCommand::KeepCall;
        }
        let callee = callee_of(caller, callee).and_then(|func| Some((func, self.bodies[func].as_deref()?)));
        let Some((func, body)) = callee.filter(|(_, body)| body.instructions <= self.bounds.at(caller.srcloc(call)))
        else {
            return InlineCommand::KeepCall;
        };
        if self.spend(caller, call, body).is_none() {
            return InlineCommand::KeepCall;
        }
        let (block_offset, global_offset) = (caller.dfg.num_blocks(), caller.global_values.len());
        let location = caller.srcloc(call);
        self.replaced.push(ReplacedCall { func, body, location, block_offset, global_offset });
        InlineCommand::Inline { callee: Cow::Borrowed(&body.function), visit_callee: false }
    }
}

impl Calls<'_> {
    /// Takes the cost of one more body from the budget; `None` if the budget is too small.
    fn spend(&mut self, caller: &Function, call: Inst, body: &Body) -> Option<()> {
        let growth_left = self.growth_left.checked_sub(body.instructions)?;
        let following = std::iter::successors(Some(call), |inst| caller.layout.next_inst(*inst));
        // Counting costs as much as moving, so after one count that exceeds the budget nothing is left.
        let moves = following.take(self.moves_left + 1).count();
        let moves_left = self.moves_left.checked_sub(moves);
        self.moves_left = moves_left.unwrap_or(0);
        self.growth_left = growth_left;
        moves_left.map(drop)
    }
}

impl ReplacedCall<'_> {
    /// Sets the locations of the instructions that came from the body. Block by block they match the body's; a jump may
    /// follow the last one, and unreachable blocks may be missing.
    fn locate(&self, caller: &mut Function, locations: &mut Locations) {
        let body = &self.body.function;
        let mut import =
            Import { func: self.func, from: &self.body.locations, call: self.location, known: HashMap::new() };
        for block in body.layout.blocks() {
            let copy = Block::new(self.block_offset + block.index());
            let inserted = caller.layout.is_block_inserted(copy);
            let mut inlined = if inserted { caller.layout.first_inst(copy) } else { None };
            for inst in body.layout.block_insts(block) {
                let Some(at) = inlined else { break };
                let location = import.location(locations, body.srcloc(inst));
                caller.set_srcloc(at, location);
                inlined = caller.layout.next_inst(at).or_else(|| rest_of_block(caller, at));
            }
        }
    }
}

impl ReplacedCall<'_> {
    /// Corrects the symbol names that came from the body: Cranelift 0.135 copies them with the body's numbers.
    fn rename_symbols(&self, caller: &mut Function) {
        for (global, data) in &self.body.function.global_values {
            let GlobalValueData::Symbol { name: ExternalName::User(name), .. } = data else {
                continue;
            };
            let name = self.body.function.params.user_named_funcs()[*name].clone();
            let renamed = ExternalName::User(caller.declare_imported_user_function(name));
            let copy = GlobalValue::new(self.global_offset + global.index());
            if let GlobalValueData::Symbol { name, .. } = &mut caller.global_values[copy] {
                *name = renamed;
            }
        }
    }
}

/// Returns the first instruction of the block's continuation if inlining a call with handlers has split it at `call`.
fn rest_of_block(caller: &Function, call: Inst) -> Option<Inst> {
    let table = caller.dfg.insts[call].exception_table()?;
    caller.layout.first_inst(caller.dfg.exception_tables[table].normal_return().block(&caller.dfg.value_lists))
}

fn callee_of(caller: &Function, callee: FuncRef) -> Option<FuncId> {
    let ExternalName::User(name) = &caller.dfg.ext_funcs[callee].name else {
        return None;
    };
    match Name::from_external(&caller.params.user_named_funcs()[*name])? {
        Name::Func(func) => Some(func),
        _ => None,
    }
}
