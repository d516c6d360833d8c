//! The symbols of this module's functions, as `aot_abi::concurrency` describes them.

use aot_abi::concurrency as abi;
use aot_abi::host::{CallOptions, HostReturn};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use super::Engine;
use super::calls::{Callee, Prepared};
use super::ends::{Named, Range};
use super::task::{Signature, Wait};
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};

/// Exports builtins under their symbols. Each gets the engine and its parameters; those that leave their component name the
/// parameter with the instance that has to be allowed to.
macro_rules! builtins {
    ($($symbol:ident = $constant:ident($engine:ident $(, $param:ident)*) $(leaves $leaves:ident)? => $body:expr;)*) => { $(
        const _: () = assert!(aot_foundation::same_name(stringify!($symbol), abi::$constant.symbol));

        /// # Safety
        ///
        /// Called by compiled trampolines only, with the slab that they run in and the parameters of the row.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $symbol(slab: *mut SlabHeader, $($param: u64),*) -> HostReturn {
            // SAFETY: the caller's promise: nothing else borrows the state while guest code has called out.
            let $engine = unsafe { Engine::of_slab(slab) };
            #[cfg(feature = "http")]
            $engine.regain();
            $(
                if let Err(trap) = $engine.check_may_leave($leaves as u32) {
                    return $engine.end_builtin(Err(trap));
                }
            )?
            let outcome = $body;
            $engine.end_builtin(outcome)
        }
    )* };
}

builtins! {
    aot_task_return = TASK_RETURN(engine, instance, result, memory, encoding, values, count) leaves instance => {
        let signature =
            Signature { result: result as u32, memory: Some(memory as u32), encoding: encoding as u32 };
        // SAFETY: the row's promise.
        engine.task_return(signature, &unsafe { slots(values, count) })
    };
    aot_task_cancel = TASK_CANCEL(engine, instance) leaves instance => engine.task_cancel();
    aot_backpressure_inc = BACKPRESSURE_INC(engine, instance) => engine.backpressure_inc(instance as u32);
    aot_backpressure_dec = BACKPRESSURE_DEC(engine, instance) => engine.backpressure_dec(instance as u32);
    aot_thread_yield = THREAD_YIELD(engine, instance, cancellable) leaves instance => engine.thread_yield(cancellable != 0);
    aot_waitable_set_new = WAITABLE_SET_NEW(engine, instance) leaves instance => engine.set_new(instance as u32);
    aot_waitable_set_wait = WAITABLE_SET_WAIT(engine, instance, cancellable, options, set, address) leaves instance =>
        // SAFETY: the row's promise.
        engine.set_wait(instance as u32, cancellable != 0, unsafe { self::options(options) }, (set as u32, address as u32));
    aot_waitable_set_poll = WAITABLE_SET_POLL(engine, instance, cancellable, options, set, address) leaves instance =>
        // SAFETY: the row's promise.
        engine.set_poll(instance as u32, cancellable != 0, unsafe { self::options(options) }, (set as u32, address as u32));
    aot_waitable_set_drop = WAITABLE_SET_DROP(engine, instance, set) leaves instance =>
        engine.set_drop(instance as u32, set as u32);
    aot_waitable_join = WAITABLE_JOIN(engine, instance, waitable, set) leaves instance =>
        engine.waitable_join(instance as u32, waitable as u32, set as u32);
    aot_subtask_drop = SUBTASK_DROP(engine, instance, subtask) leaves instance =>
        engine.subtask_drop(instance as u32, subtask as u32);
    aot_subtask_cancel = SUBTASK_CANCEL(engine, instance, is_async, subtask) leaves instance =>
        engine.subtask_cancel(instance as u32, is_async != 0, subtask as u32);
    aot_end_new = END_NEW(engine, instance, ty) leaves instance => engine.end_new(instance as u32, ty as u32);
    aot_stream_copy =
        STREAM_COPY(engine, instance, ty, event, is_async, options, handle, address, length) leaves instance => {
            let range = Range { options: pointer(options), address: address as u32, length: length as u32 };
            engine.copy(&named(instance, ty, event, handle), is_async != 0, &range)
        };
    aot_future_copy = FUTURE_COPY(engine, instance, ty, event, is_async, options, handle, address) leaves instance => {
        let range = Range { options: pointer(options), address: address as u32, length: 1 };
        engine.copy(&named(instance, ty, event, handle), is_async != 0, &range)
    };
    aot_end_cancel = END_CANCEL(engine, instance, ty, event, is_async, handle) leaves instance =>
        engine.end_cancel(&named(instance, ty, event, handle), is_async != 0);
    aot_end_drop = END_DROP(engine, instance, ty, event, handle) leaves instance =>
        engine.end_drop(&named(instance, ty, event, handle));
    aot_end_transfer = END_TRANSFER(engine, first, handle, from, to) =>
        engine.end_transfer(first as u32, handle as u32, from as u32, to as u32);
    aot_prepare_call =
        PREPARE_CALL(engine, memory, start, results_to, caller, callee, result, is_async, encoding, results, values, count) => {
            // SAFETY: the row's promise.
            let params = unsafe { slots(values, count) };
            let signature =
                Signature { result: result as u32, memory: Some(memory as u32), encoding: encoding as u32 };
            let functions = engine.target(start as u32).zip(engine.target(results_to as u32));
            functions.ok_or(Trap::Other).map(|(pass_params, pass_results)| {
                engine.state().prepared = Some(Prepared {
                    caller_instance: caller as u32,
                    callee_instance: callee as u32,
                    has_async_type: is_async as u32 != 0,
                    signature,
                    pass_params,
                    pass_results,
                    results: results as u32,
                    params,
                });
                0
            })
        };
    aot_sync_start_call = SYNC_START_CALL(engine, callback, callee, params) => engine.start_and_wait(&Callee {
        callee: callee as u32,
        callback: callback as u32,
        post_return: 0,
        params: params as u32,
        results: 0,
        flags: abi::START_ASYNC_CALLEE,
    });
    aot_async_start_call =
        ASYNC_START_CALL(engine, callback, post_return, callee, params, results, flags) => engine.start_later(&Callee {
            callee: callee as u32,
            callback: callback as u32,
            post_return: post_return as u32,
            params: params as u32,
            results: results as u32,
            flags: flags as u32,
        });
    aot_enter_nested_call = ENTER_NESTED_CALL(engine, caller, is_async, callee) =>
        engine.enter_nested(caller as u32, is_async as u32 != 0, callee as u32);
    aot_exit_nested_call = EXIT_NESTED_CALL(engine) => engine.exit_nested();
}

fn named(instance: u64, ty: u64, event: u64, handle: u64) -> Named {
    Named { instance: instance as u32, ty: ty as u32, event: event as u32, handle: handle as u32 }
}

fn pointer(options: u64) -> *const CallOptions {
    core::ptr::with_exposed_provenance(options as usize)
}

/// # Safety
///
/// The address of canonical options, which are read-only data of the executable.
unsafe fn options(address: u64) -> &'static CallOptions {
    // SAFETY: the caller's promise.
    unsafe { &*pointer(address) }
}

/// The values of a trampoline's parameters.
///
/// # Safety
///
/// There are this many slots at the address.
unsafe fn slots(address: u64, count: u64) -> Vec<[u64; 2]> {
    let slots: *const [u64; 2] = core::ptr::with_exposed_provenance(address as usize);
    // Only the lower half of a slot was written.
    // SAFETY: the caller's promise.
    (0..count as usize).map(|index| [unsafe { (*slots.add(index))[0] }, 0]).collect()
}

impl Engine {
    /// Refuses a call out of an instance that must not call out now.
    fn check_may_leave(self, instance: u32) -> Result<(), Trap> {
        // SAFETY: the compiler passes instances of the program; nothing else refers to their flags.
        let flags = unsafe { *flags_of_instance(self.slab, instance) };
        if flags & MAY_LEAVE == 0 { Err(Trap::CannotLeaveComponent) } else { Ok(()) }
    }

    /// The outcome of a builtin, unless the host's memory is used up.
    fn end_builtin(self, outcome: Result<u64, Trap>) -> HostReturn {
        let host = self.host();
        match outcome.and_then(|value| host.check_memory().map(|()| value)) {
            Ok(value) => HostReturn { trap: 0, value },
            Err(trap) => {
                // SAFETY: the header is open memory, and only this thread uses it.
                host.explain(trap, unsafe { &mut *self.slab });
                HostReturn { trap: trap as u64, value: 0 }
            }
        }
    }

    fn thread_yield(self, cancellable: bool) -> Result<u64, Trap> {
        self.block(Wait::Turn { cancellable }).map(u64::from)
    }
}
