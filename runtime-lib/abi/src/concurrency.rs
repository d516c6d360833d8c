//! Functions of the runtime that asynchronous components need (component model, "Concurrency Explainer"; canonical ABI, "Canonical
//! Built-ins"), and the tables that only programs with such components have.
//!
//! The functions are rows of the same form as those of [`crate::component`].

use crate::component::builtins;
use crate::record::records;

builtins! {
    /// `task.return`: component instance, type and [`memory`] and string encoding of the `lift` that it is for; the core results.
    TASK_RETURN = "aot_task_return"(Constant, Constant, Constant, Constant, Rest) None;
    /// `task.cancel`: component instance.
    TASK_CANCEL = "aot_task_cancel"(Constant) None;
    /// `backpressure.inc`: component instance.
    BACKPRESSURE_INC = "aot_backpressure_inc"(Constant) None;
    /// `backpressure.dec`: component instance.
    BACKPRESSURE_DEC = "aot_backpressure_dec"(Constant) None;
    /// `thread.yield`: component instance, whether it can be cancelled. 1 if it was cancelled.
    THREAD_YIELD = "aot_thread_yield"(Constant, Constant) One;
    /// `waitable-set.new`: component instance. A handle.
    WAITABLE_SET_NEW = "aot_waitable_set_new"(Constant) One;
    /// `waitable-set.wait`: component instance, whether it can be cancelled, options, set, address for the event's two numbers.
    /// The event's code.
    WAITABLE_SET_WAIT = "aot_waitable_set_wait"(Constant, Constant, Options, Value, Value) One;
    /// `waitable-set.poll`: as [`WAITABLE_SET_WAIT`].
    WAITABLE_SET_POLL = "aot_waitable_set_poll"(Constant, Constant, Options, Value, Value) One;
    /// `waitable-set.drop`: component instance, set.
    WAITABLE_SET_DROP = "aot_waitable_set_drop"(Constant, Value) None;
    /// `waitable.join`: component instance, waitable, set or 0.
    WAITABLE_JOIN = "aot_waitable_join"(Constant, Value, Value) None;
    /// `subtask.drop`: component instance, subtask.
    SUBTASK_DROP = "aot_subtask_drop"(Constant, Value) None;
    /// `subtask.cancel`: component instance, whether it returns at once, subtask. Its state, or [`BLOCKED`].
    SUBTASK_CANCEL = "aot_subtask_cancel"(Constant, Constant, Value) One;
    /// `stream.new` and `future.new`: component instance, number among [`EndType`]. The handles of the readable end and, in the upper half, of the writable end.
    END_NEW = "aot_end_new"(Constant, Constant) One;
    /// `stream.read` and `stream.write`: component instance, number among [`EndType`], event code, whether it returns at once, options, end,
    /// address, elements. A packed result or [`BLOCKED`].
    STREAM_COPY = "aot_stream_copy"(Constant, Constant, Constant, Constant, Options, Value, Value, Value) One;
    /// `future.read` and `future.write`: as [`STREAM_COPY`], without a number of elements.
    FUTURE_COPY = "aot_future_copy"(Constant, Constant, Constant, Constant, Options, Value, Value) One;
    /// `stream.cancel-read` and its like: component instance, number among [`EndType`], event code, whether it returns at once, end. As
    /// [`STREAM_COPY`].
    END_CANCEL = "aot_end_cancel"(Constant, Constant, Constant, Constant, Value) One;
    /// `stream.drop-readable` and its like: component instance, number among [`EndType`], event code, end.
    END_DROP = "aot_end_drop"(Constant, Constant, Constant, Value) None;
    /// The readable end of a stream or future goes to another instance: number of the first type of its kind among [`EndType`], end, types from and to, both
    /// behind that. The new handle.
    END_TRANSFER = "aot_end_transfer"(Constant, Value, Value, Value) One;
    /// A call that is asynchronous on one side at least begins: the [`memory`] of the callee's `lift`, the adapter's functions that
    /// pass the parameters and the results, the calling and the called component instance, the type and the kind of the
    /// result, whether the callee's type is asynchronous, its string encoding, the number of core results or one of
    /// [`LATER_RESULT`] and [`LATER_WITHOUT_RESULT`]; the core parameters.
    PREPARE_CALL = "aot_prepare_call"(Constant, Value, Value, Value, Value, Value, Value, Value, Value, Rest) None;
    /// A call that is synchronous on both sides begins: the calling component instance, whether the callee's type is asynchronous,
    /// the called component instance.
    ENTER_NESTED_CALL = "aot_enter_nested_call"(Value, Value, Value) None;
    /// Ends the innermost call that is synchronous on both sides.
    EXIT_NESTED_CALL = "aot_exit_nested_call"() None;
    /// Starts the prepared call of a caller that waits for its result: callback of the callee, callee, its number of core
    /// parameters. The result.
    SYNC_START_CALL = "aot_sync_start_call"(Reference, Value, Value) Bits;
    /// Starts the prepared call of a caller that goes on: callback and post-return of the callee, callee, its number of core
    /// parameters and of core results, flags. The state of the subtask, and its handle if it goes on.
    ASYNC_START_CALL = "aot_async_start_call"(Reference, Reference, Value, Value, Value, Value) One;
}

/// Returns the number by which [`TASK_RETURN`] and [`PREPARE_CALL`] name the memory with this index; 0 is none.
pub const fn memory(index: Option<usize>) -> u64 {
    match index {
        Some(index) => index as u64 + 1,
        None => 0,
    }
}

/// Number of core results of a call of a caller that goes on, which gives a pointer for the result as its last parameter.
pub const LATER_RESULT: u32 = u32::MAX - 1;
/// Number of core results of a call without a result, of a caller that goes on.
pub const LATER_WITHOUT_RESULT: u32 = u32::MAX;
/// Flag of [`ASYNC_START_CALL`]: the callee is lifted asynchronously.
pub const START_ASYNC_CALLEE: u32 = 1;

/// Result of a function that would have had to wait.
pub const BLOCKED: u32 = u32::MAX;

/// Event code: nothing has happened.
pub const EVENT_NONE: u32 = 0;
/// Event code: a subtask changed its state.
pub const EVENT_SUBTASK: u32 = 1;
/// Event code: a read of a stream ended.
pub const EVENT_STREAM_READ: u32 = 2;
/// Event code: a write of a stream ended.
pub const EVENT_STREAM_WRITE: u32 = 3;
/// Event code: a read of a future ended.
pub const EVENT_FUTURE_READ: u32 = 4;
/// Event code: a write of a future ended.
pub const EVENT_FUTURE_WRITE: u32 = 5;
/// Event code: the task was cancelled.
pub const EVENT_TASK_CANCELLED: u32 = 6;

records! {
    /// The head of the tables of programs with asynchronous components, at [`crate::symbols::CONCURRENCY`].
    pub struct Concurrency: 12 {
        /// Number of entries at [`crate::symbols::END_TYPES`].
        end_types: u32,
        /// Number of entries at [`crate::symbols::ENTERED_REFERENCES`].
        entered_references: u32,
        /// Number of entries at [`crate::symbols::COMPONENT_PARENTS`].
        component_parents: u32,
    }

    /// A type of streams or futures in the hands of a component instance, as transfers number them.
    pub struct EndType: 12 {
        /// Component instance that owns the handles.
        component_instance: u32,
        /// Number of the payload's type at [`crate::symbols::EXPORT_TYPES`], or [`crate::exports::NO_TYPE`].
        payload: u32,
        /// 1 for futures, 0 for streams.
        is_future: u32,
    }

    /// A function that the runtime enters by a reference. The table is sorted by references.
    pub struct EnteredReference: 16 {
        /// Reference of the function.
        reference: u32,
        /// Text offset of the function's entry trampoline.
        entry: u32,
        /// Slab offset that the function's `vmctx` points to.
        vmctx: u64,
    }
}
