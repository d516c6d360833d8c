//! Parameters of blocks that only carry one value along: all their arguments are this value or the parameter itself.
//!
//! Translation makes such parameters at the heads of inner loops for local variables that only outer loops change. Cranelift
//! removes those that carry the result of an instruction, and keeps those that carry another parameter: a register and a copy
//! in each round.

use super::{Job, Optimizer};
use crate::error::Result;
use crate::translate::Scratch;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, Value};
use cranelift_entity::SecondaryMap;

/// Maximum number of times that all parameters are looked at: one that isn't carried by the time stays.
const ROUNDS_MAX: u32 = 4;

/// Returns true if the item's parameters are worth the look.
pub(super) fn is_useful(_: &Optimizer<'_>, job: &Job) -> bool {
    !job.is_vast()
}

/// Puts the values in place of the parameters that carry them.
pub(super) fn run(_: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    remove(&mut job.machine.func);
    Ok(())
}

/// Removes the parameters of a function that only carry a value along.
pub(super) fn remove(func: &mut Function) {
    let edges = Edges::of(func);
    let mut origins = SecondaryMap::new();
    for _ in 0..ROUNDS_MAX {
        if !find(func, &edges, &mut origins) {
            break;
        }
    }
    replace(func, &edges, &origins);
}

/// The edges into each block: the branch, and the number of the edge among the branch's.
struct Edges(SecondaryMap<Block, Vec<(Inst, usize)>>);

impl Edges {
    fn of(func: &Function) -> Self {
        let mut edges = SecondaryMap::new();
        for branch in func.layout.blocks().filter_map(|block| func.layout.last_inst(block)) {
            for (number, call) in destinations(func, branch).iter().enumerate() {
                let block = call.block(&func.dfg.value_lists);
                if func.dfg.num_block_params(block) > 0 {
                    let of_block: &mut Vec<(Inst, usize)> = &mut edges[block];
                    of_block.push((branch, number));
                }
            }
        }
        Self(edges)
    }
}

/// The value that a parameter carries.
type Origins = SecondaryMap<Value, Option<Value>>;

/// Finds parameters that carry a value. Returns true if there are new ones.
fn find(func: &Function, edges: &Edges, origins: &mut Origins) -> bool {
    let mut is_new = false;
    for block in func.layout.blocks().skip(1) {
        for (number, &parameter) in func.dfg.block_params(block).iter().enumerate() {
            if origins[parameter].is_none()
                && let Some(origin) = origin(func, &edges.0[block], number, parameter, origins)
            {
                origins[parameter] = Some(origin);
                is_new = true;
            }
        }
    }
    is_new
}

/// Returns the only argument of a parameter besides itself.
fn origin(
    func: &Function,
    edges: &[(Inst, usize)],
    number: usize,
    parameter: Value,
    origins: &Origins,
) -> Option<Value> {
    let mut origin = None;
    for (branch, edge) in edges {
        let BlockArg::Value(argument) = destinations(func, *branch)[*edge].args(&func.dfg.value_lists).nth(number)?
        else {
            return None;
        };
        let argument = resolve(func, argument, origins);
        if argument != parameter && origin.replace(argument).is_some_and(|other| other != argument) {
            return None;
        }
    }
    origin
}

/// Returns the value that a value stands for.
fn resolve(func: &Function, value: Value, origins: &Origins) -> Value {
    let mut value = func.dfg.resolve_aliases(value);
    while let Some(origin) = origins[value] {
        value = func.dfg.resolve_aliases(origin);
    }
    value
}

/// Removes the parameters that carry a value, and their arguments.
fn replace(func: &mut Function, edges: &Edges, origins: &Origins) {
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let parameters = func.dfg.block_params(block).to_vec();
        let is_carried: Vec<bool> = parameters.iter().map(|parameter| origins[*parameter].is_some()).collect();
        if !is_carried.contains(&true) {
            continue;
        }
        for (branch, edge) in &edges.0[block] {
            remove_arguments(func, *branch, *edge, &is_carried);
        }
        // From the last on, since each removal moves those behind it.
        for &parameter in parameters.iter().rev().filter(|parameter| origins[**parameter].is_some()) {
            let origin = resolve(func, parameter, origins);
            func.dfg.remove_block_param(parameter);
            func.dfg.change_to_alias(parameter, origin);
        }
    }
}

/// Removes arguments of an edge.
fn remove_arguments(func: &mut Function, branch: Inst, edge: usize, is_removed: &[bool]) {
    let dfg = &mut func.dfg;
    let calls = dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
    let call = &mut calls[edge];
    let block = call.block(&dfg.value_lists);
    let arguments: Vec<BlockArg> = call.args(&dfg.value_lists).collect();
    let kept = arguments.into_iter().zip(is_removed).filter(|(_, is_removed)| !**is_removed);
    *call = BlockCall::new(block, kept.map(|(argument, _)| argument), &mut dfg.value_lists);
}

fn destinations(func: &Function, branch: Inst) -> &[BlockCall] {
    func.dfg.insts[branch].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables)
}
