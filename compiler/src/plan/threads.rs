//! wasi-threads: what a new thread runs.

use super::InstanceId;
use super::finish::Finished;
use super::resolve::{Draft, FuncDef, GeneratedKind};
use crate::decode::{Entity, ValType};
use crate::error::{Error, Result, Stage};
use aot_abi::symbols::{THREAD_SPAWN, WASI_THREAD_START};
use cranelift_entity::EntityRef;

/// The function that new threads call, of a core module that can make some.
///
/// # Errors
/// The module exports none, or one of another type.
pub(super) fn start(draft: &Draft<'_, '_>) -> Result<Option<FuncDef>> {
    let spawns = |kind: &GeneratedKind| matches!(kind, GeneratedKind::Host { symbol, .. } if symbol == THREAD_SPAWN);
    if !draft.generated.iter().any(|generated| spawns(&generated.kind)) {
        return Ok(None);
    }
    let instance = &draft.instances[InstanceId::new(0)];
    let module = &draft.program.modules[instance.module];
    if let Some(Entity::Func(func)) = module.export(WASI_THREAD_START) {
        let ty = draft.program.types.func(module.functions[func]);
        if ty.params[..] == [ValType::I32, ValType::I32] && ty.results.is_empty() {
            return Ok(Some(instance.functions[func]));
        }
    }
    let message =
        format!("the module makes threads, and exports no function `{WASI_THREAD_START}` of two i32 for them");
    Err(Error::input(Stage::Plan, message, "link it for wasi-threads, for example for wasm32-wasip1-threads"))
}

/// Notes that function in the plan of a program that makes threads.
pub(super) fn finish(finished: &mut Finished, start: Option<FuncDef>) -> Result<()> {
    if let Some(start) = start {
        let func = finished.function(start)?;
        finished.plan.entries.push(func);
        finished.plan.thread_start = Some(func);
    }
    Ok(())
}
