//! wasi-threads: the function that a new thread runs.

use crate::decode::{Entity, ValType};
use crate::error::{Error, Result, Stage};
use crate::plan::program::{FuncKind, InstanceId};
use crate::plan::resolved::{FuncDef, Generated, Resolved};
use aot_abi::symbols::{THREAD_SPAWN, WASI_THREAD_START};
use cranelift_entity::EntityRef;

/// The function that new threads call, of a core module that can make some.
///
/// # Errors
/// The module exports none, or one of another type.
pub(super) fn start(resolved: &Resolved<'_, '_>) -> Result<Option<FuncDef>> {
    let spawns =
        |generated: &Generated| matches!(&generated.kind, FuncKind::Host { symbol, .. } if symbol == THREAD_SPAWN);
    if !resolved.generated.iter().any(spawns) {
        return Ok(None);
    }
    let id = InstanceId::new(0);
    let module = resolved.module(id);
    if let Some(Entity::Func(func)) = module.export(WASI_THREAD_START) {
        let ty = resolved.program.types.func(module.functions[func]);
        if ty.params[..] == [ValType::I32, ValType::I32] && ty.results.is_empty() {
            return Ok(Some(resolved.instances[id].functions[func]));
        }
    }
    let message =
        format!("the module makes threads, and exports no function `{WASI_THREAD_START}` of two i32 for them");
    Err(Error::input(Stage::Plan, message, "link it for wasi-threads, for example for wasm32-wasip1-threads"))
}
