//! The functions of asynchronous components that the component model makes, as rows of the contract (`aot_abi::concurrency`).

use super::component::{Component, CoreDef, DecodedCall as Call};
use super::source::{Source, encoding_number};
use crate::error::{Error, Result, Stage};
use aot_abi::component::Builtin;
use aot_abi::concurrency as rows;
use wasmtime_environ::component as front;

/// The call of the runtime's function behind a trampoline; none for a trampoline of something else.
pub(super) fn call(source: &Source<'_>, component: &Component, trampoline: &front::Trampoline) -> Result<Option<Call>> {
    if let Some(call) = of_end(source, trampoline)? {
        return Ok(Some(call));
    }
    use front::Trampoline as T;
    let of_instance = |builtin, instance: &Instance| Call::new(builtin, vec![number(instance)]);
    Ok(Some(match trampoline {
        T::TaskReturn { instance, results, options } => {
            let options = &source.translation.component.options[*options];
            let memory = match options.data_model {
                front::CanonicalOptionsDataModel::LinearMemory(memory) => memory.memory,
                front::CanonicalOptionsDataModel::Gc { .. } => None,
            };
            let (memory, encoding) = (memory_number(memory), encoding_number(options.string_encoding));
            let constants = vec![number(instance), results.as_u32().into(), memory, encoding.into()];
            Call::new(rows::TASK_RETURN, constants)
        }
        T::TaskCancel { instance } => of_instance(rows::TASK_CANCEL, instance),
        T::BackpressureInc { instance } => of_instance(rows::BACKPRESSURE_INC, instance),
        T::BackpressureDec { instance } => of_instance(rows::BACKPRESSURE_DEC, instance),
        T::ThreadYield { instance, cancellable } => {
            Call::new(rows::THREAD_YIELD, vec![number(instance), u64::from(*cancellable)])
        }
        T::WaitableSetNew { instance } => of_instance(rows::WAITABLE_SET_NEW, instance),
        T::WaitableSetWait { instance, options } => wait(source, rows::WAITABLE_SET_WAIT, instance, *options)?,
        T::WaitableSetPoll { instance, options } => wait(source, rows::WAITABLE_SET_POLL, instance, *options)?,
        T::WaitableSetDrop { instance } => of_instance(rows::WAITABLE_SET_DROP, instance),
        T::WaitableJoin { instance } => of_instance(rows::WAITABLE_JOIN, instance),
        T::SubtaskDrop { instance } => of_instance(rows::SUBTASK_DROP, instance),
        T::SubtaskCancel { instance, async_ } => {
            Call::new(rows::SUBTASK_CANCEL, vec![number(instance), u64::from(*async_)])
        }
        T::PrepareCall { memory } => Call::new(rows::PREPARE_CALL, vec![memory_number(*memory)]),
        T::SyncStartCall { callback } => {
            let references = vec![function(&component.callbacks, callback.map(front::RuntimeCallbackIndex::as_u32))?];
            Call { references, ..Call::new(rows::SYNC_START_CALL, Vec::new()) }
        }
        T::AsyncStartCall { callback, post_return } => {
            let callback = function(&component.callbacks, callback.map(front::RuntimeCallbackIndex::as_u32))?;
            let post_return =
                function(&component.post_returns, post_return.map(front::RuntimePostReturnIndex::as_u32))?;
            Call { references: vec![callback, post_return], ..Call::new(rows::ASYNC_START_CALL, Vec::new()) }
        }
        T::StreamTransfer => Call::new(rows::END_TRANSFER, vec![0]),
        T::FutureTransfer => Call::new(rows::END_TRANSFER, vec![first_future(source)]),
        _ => return Ok(None),
    }))
}

type Instance = front::RuntimeComponentInstanceIndex;

/// The call of a function about an end of a stream or future.
fn of_end(source: &Source<'_>, trampoline: &front::Trampoline) -> Result<Option<Call>> {
    use front::Trampoline as T;
    use rows::{EVENT_FUTURE_READ, EVENT_FUTURE_WRITE, EVENT_STREAM_READ, EVENT_STREAM_WRITE};
    let stream = |ty: &front::TypeStreamTableIndex| u64::from(ty.as_u32());
    let future = |ty: &front::TypeFutureTableIndex| first_future(source) + u64::from(ty.as_u32());
    let make = |instance, ty| Call::new(rows::END_NEW, vec![number(instance), ty]);
    let copy = |builtin: Builtin, instance, ty, event: u32, options: &front::OptionsIndex| -> Result<Call> {
        let options = source.options(*options)?;
        let constants = vec![number(instance), ty, event.into(), options.is_async.into()];
        Ok(Call { options: Some(options), ..Call::new(builtin, constants) })
    };
    let cancel = |instance, ty, event: u32, is_async: &bool| {
        Call::new(rows::END_CANCEL, vec![number(instance), ty, event.into(), u64::from(*is_async)])
    };
    let end = |instance, ty, event: u32| Call::new(rows::END_DROP, vec![number(instance), ty, event.into()]);
    Ok(Some(match trampoline {
        T::StreamNew { instance, ty } => make(instance, stream(ty)),
        T::FutureNew { instance, ty } => make(instance, future(ty)),
        T::StreamRead { instance, ty, options } => {
            copy(rows::STREAM_COPY, instance, stream(ty), EVENT_STREAM_READ, options)?
        }
        T::StreamWrite { instance, ty, options } => {
            copy(rows::STREAM_COPY, instance, stream(ty), EVENT_STREAM_WRITE, options)?
        }
        T::FutureRead { instance, ty, options } => {
            copy(rows::FUTURE_COPY, instance, future(ty), EVENT_FUTURE_READ, options)?
        }
        T::FutureWrite { instance, ty, options } => {
            copy(rows::FUTURE_COPY, instance, future(ty), EVENT_FUTURE_WRITE, options)?
        }
        T::StreamCancelRead { instance, ty, async_ } => cancel(instance, stream(ty), EVENT_STREAM_READ, async_),
        T::StreamCancelWrite { instance, ty, async_ } => cancel(instance, stream(ty), EVENT_STREAM_WRITE, async_),
        T::FutureCancelRead { instance, ty, async_ } => cancel(instance, future(ty), EVENT_FUTURE_READ, async_),
        T::FutureCancelWrite { instance, ty, async_ } => cancel(instance, future(ty), EVENT_FUTURE_WRITE, async_),
        T::StreamDropReadable { instance, ty } => end(instance, stream(ty), EVENT_STREAM_READ),
        T::StreamDropWritable { instance, ty } => end(instance, stream(ty), EVENT_STREAM_WRITE),
        T::FutureDropReadable { instance, ty } => end(instance, future(ty), EVENT_FUTURE_READ),
        T::FutureDropWritable { instance, ty } => end(instance, future(ty), EVENT_FUTURE_WRITE),
        _ => return Ok(None),
    }))
}

/// A function that waits for an event, or looks for one.
fn wait(source: &Source<'_>, builtin: Builtin, instance: &Instance, options: front::OptionsIndex) -> Result<Call> {
    let cancellable = source.translation.component.options[options].cancellable;
    let options = Some(source.options(options)?);
    Ok(Call { options, ..Call::new(builtin, vec![number(instance), cancellable.into()]) })
}

fn number(instance: &Instance) -> u64 {
    instance.as_u32().into()
}

fn memory_number(memory: Option<front::RuntimeMemoryIndex>) -> u64 {
    rows::memory(memory.map(|memory| memory.as_u32() as usize))
}

/// The number of the first type of futures among the types of ends.
fn first_future(source: &Source<'_>) -> u64 {
    source.translation.component.num_stream_tables as u64
}

/// The function with an index among those that canonical options name; none without an index.
fn function(functions: &[CoreDef], index: Option<u32>) -> Result<Option<CoreDef>> {
    let missing = || Error::defect(Stage::Decode, "a function of canonical options is missing");
    index.map(|index| functions.get(index as usize).cloned().ok_or_else(missing)).transpose()
}
