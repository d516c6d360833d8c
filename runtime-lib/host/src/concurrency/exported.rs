//! Calls of exported functions in a program with asynchronous components.

use core::any::Any;
use core::cell::Cell;
use std::rc::Rc;

use aot_abi::exports::{FORM_ASYNC_LIFT, FORM_ASYNC_TYPE, Function};
use aot_abi::host::STRING_UTF8;
use aot_abi::program::{Entry, NO_ENTRY};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use super::Engine;
use super::channel::Side;
use super::ends::{add_end, take_readable};
use super::functions::{Exported, Functions, Return};
use super::task::{Caller, Lift, Phase, Signature, Target, TaskId};
use crate::host::Host;
use aot_foundation::program;

/// The functions of programs with asynchronous components.
pub static FUNCTIONS: Functions<Host> = Functions {
    begin,
    call_main,
    call_exported,
    take_end,
    give_end,
    drop_end,
    #[cfg(feature = "http")]
    begin_call: super::serving::begin_call,
    #[cfg(feature = "http")]
    turn: super::serving::turn,
    #[cfg(feature = "http")]
    sleep: super::serving::sleep,
};

/// Prepares a slab for start-up, in which nothing may wait.
///
/// # Safety
///
/// As for [`call_exported`].
unsafe fn begin(slab: *mut SlabHeader) {
    // SAFETY: the caller's promise.
    *unsafe { Engine::of_slab(slab) }.may_block() = 0;
}

/// Calls the main export: [`Functions::call_main`].
///
/// # Safety
///
/// As for [`call_exported`].
unsafe fn call_main(slab: *mut SlabHeader) -> Result<u64, Trap> {
    let main = program::exports().functions.first().map_or_else(main_of_module, Exported::of);
    let result = Rc::new(Cell::new(0));
    let to = result.clone();
    let on_return: Return = Box::new(move |_, slots| {
        to.set(slots.first().map_or(0, |slot| slot[0]));
        Ok(())
    });
    // SAFETY: the caller's promise.
    unsafe { call_exported(slab, &main, &mut || Ok(Vec::new()), on_return) }?;
    Ok(result.get())
}

impl Exported {
    /// A main export of the list, whose result is one core value.
    pub fn of(function: &Function) -> Exported {
        Exported {
            instance: function.options.component_instance,
            lifted: function.lifted,
            params: 0,
            results: if function.form & FORM_ASYNC_LIFT == 0 { 1 } else { 0 },
            callback: function.callback,
            post_return: function.post_return,
            form: function.form,
            result_number: function.result_number,
            memory_number: Some(function.memory_number),
            string_encoding: function.options.string_encoding,
        }
    }
}

/// The main export of a component that does nothing but call a core module's command.
fn main_of_module() -> Exported {
    let program = program::program();
    let none = Entry { entry: NO_ENTRY, vmctx: 0 };
    Exported {
        instance: program.main_instance,
        lifted: Entry { entry: program.main_entry.into(), vmctx: program.main_vmctx },
        params: 0,
        results: 1,
        callback: none,
        post_return: none,
        form: 0,
        result_number: 0,
        memory_number: None,
        string_encoding: STRING_UTF8,
    }
}

/// Takes a readable end from an instance: [`Functions::take_end`].
fn take_end(host: &mut Host, instance: u32, handle: u32, payload: u32, is_future: bool) -> Result<u32, Trap> {
    take_readable(host, instance, handle, payload, is_future).map(|channel| channel as u32)
}

/// Gives an instance a readable end: [`Functions::give_end`].
fn give_end(host: &mut Host, instance: u32, end: u32) -> Result<u32, Trap> {
    add_end(host, instance, end as usize, Side::Readable)
}

/// Drops a readable end that no instance has.
///
/// # Safety
///
/// As for [`call_exported`].
unsafe fn drop_end(slab: *mut SlabHeader, end: u32) {
    // SAFETY: the caller's promise.
    let engine = unsafe { Engine::of_slab(slab) };
    // One that is gone needs no end.
    _ = engine.close(end as usize, Side::Readable);
}

/// Calls an exported function: makes its core parameters, runs tasks until it has returned, and gives away its core results.
///
/// # Errors
/// A trap of any task. Then all tasks are gone, and the component instance must not be entered again.
///
/// # Safety
///
/// The slab is attached to this thread, has started up, and has its host state, which nothing borrows. The functions are the
/// compiler's, and take what `make_params` makes.
unsafe fn call_exported(
    slab: *mut SlabHeader,
    function: &Exported,
    make_params: &mut dyn FnMut() -> Result<Vec<[u64; 2]>, Trap>,
    on_return: Return,
) -> Result<(), Trap> {
    // SAFETY: the caller's promise.
    let engine = unsafe { Engine::of_slab(slab) };
    let result = engine.call_exported(function, make_params, on_return);
    engine.explained(result)
}

impl Engine {
    /// Forgets all tasks after a trap.
    pub(super) fn explained<T>(self, outcome: Result<T, Trap>) -> Result<T, Trap> {
        if let Err(trap) = outcome {
            self.abandon();
            if matches!(trap, Trap::Concurrency | Trap::LimitExceeded) {
                // It may come from between two tasks.
                // SAFETY: the header is open memory, and only this thread uses it.
                self.host().explain(trap, unsafe { &mut *self.slab });
            }
        }
        outcome
    }

    fn call_exported(
        self,
        function: &Exported,
        make_params: &mut dyn FnMut() -> Result<Vec<[u64; 2]>, Trap>,
        on_return: Return,
    ) -> Result<(), Trap> {
        let task = self.begin_exported(function, make_params, on_return, None)?;
        self.drive(&|| self.state().tasks.get(task).is_none_or(|task| task.phase == Phase::Resolved))
    }

    /// Begins to call an exported function, and keeps something until the task has ended.
    pub(super) fn begin_exported(
        self,
        function: &Exported,
        make_params: &mut dyn FnMut() -> Result<Vec<[u64; 2]>, Trap>,
        on_return: Return,
        kept: Option<Rc<dyn Any>>,
    ) -> Result<TaskId, Trap> {
        let lift = Lift {
            callee: target(function.lifted).ok_or(Trap::Other)?,
            params: function.params,
            results: function.results,
            has_async_type: function.form & FORM_ASYNC_TYPE != 0,
            is_async: function.form & FORM_ASYNC_LIFT != 0,
            callback: target(function.callback),
            post_return: target(function.post_return),
            signature: Signature {
                result: function.result_number,
                memory: function.memory_number,
                encoding: function.string_encoding.into(),
            },
        };
        let scope = self.host().calls.open()?;
        let before = self.host().calls.exchange(vec![scope]);
        let params = make_params();
        self.host().calls.exchange(before);
        let caller = Caller::Outside { params: params?, on_return, _kept: kept };
        let task = self.add_task(function.instance, lift, caller, scope);
        self.enter(task)?;
        Ok(task)
    }
}

fn target(entry: Entry) -> Option<Target> {
    (entry.entry != NO_ENTRY).then_some(Target { entry: entry.entry as u32, vmctx: entry.vmctx })
}
