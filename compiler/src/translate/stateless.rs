//! Functions without state: they compute from their parameters, and call only such. They don't get `vmctx`, which would cost
//! them a register that calls preserve (docs/decisions/0019-functions-without-vmctx.md).

use crate::decode::Program;
use crate::plan::{FuncId, FuncKind, ProgramPlan};
use cranelift_entity::{EntitySet, SecondaryMap};

/// Returns the functions that need no `vmctx`. What has a record is called with one, and isn't among them.
pub(super) fn functions(program: &Program<'_>, plan: &ProgramPlan) -> EntitySet<FuncId> {
    let mut stateless = EntitySet::new();
    stateless.extend(plan.functions.keys().filter(|func| is_plain(program, plan, *func)));
    for func in plan.records.values().flatten() {
        stateless.remove(*func);
    }
    let mut callers: SecondaryMap<FuncId, Vec<FuncId>> = SecondaryMap::new();
    let mut stateful = Vec::new();
    for func in stateless.keys().collect::<Vec<_>>() {
        for callee in callees(program, plan, func) {
            match callee.filter(|callee| stateless.contains(*callee)) {
                Some(callee) => callers[callee].push(func),
                None => stateful.push(func),
            }
        }
    }
    while let Some(func) = stateful.pop() {
        if stateless.remove(func) {
            stateful.extend(&callers[func]);
        }
    }
    stateless
}

/// Returns true for a function of wasm without operators that use state.
fn is_plain(program: &Program<'_>, plan: &ProgramPlan, func: FuncId) -> bool {
    let FuncKind::Wasm { instance, func } = plan.functions[func].kind else { return false };
    let module = &program.modules[plan.instances[instance].module];
    module.body(func).is_some_and(|body| !body.uses.state)
}

/// Yields the functions that a function calls.
fn callees<'p>(
    program: &'p Program<'_>,
    plan: &'p ProgramPlan,
    func: FuncId,
) -> impl Iterator<Item = Option<FuncId>> + 'p {
    let FuncKind::Wasm { instance, func } = plan.functions[func].kind else {
        unreachable!("only functions of wasm are plain")
    };
    let instance = &plan.instances[instance];
    let body = program.modules[instance.module].body(func);
    let calls = body.map(|body| &*body.uses.calls).unwrap_or_default();
    calls.iter().map(|callee| instance.functions[*callee])
}
