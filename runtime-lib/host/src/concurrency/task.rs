//! Tasks, and what each waits for (canonical ABI, "Task State").

use core::any::Any;
use std::rc::Rc;

use aot_abi::concurrency::EnteredReference;
use aot_abi::trap::Trap;

use super::Engine;
use super::functions::Return;
use super::waitables::Waitable;
use crate::canonical::calls::Scope;
use aot_foundation::coroutine::Coroutine;

/// The index of a task.
pub(super) type TaskId = usize;
/// The index of a waitable.
pub(super) type WaitableId = usize;
/// The index of a set of waitables.
pub(super) type SetId = usize;

/// A call of a component function.
pub(super) struct Task {
    /// The component instance that is called.
    pub instance: u32,
    /// The way in which the function is lifted.
    pub lift: Lift,
    /// The caller.
    pub caller: Caller,
    pub phase: Phase,
    /// The next thing that the task does.
    pub body: Body,
    /// The thing that the task waits for.
    pub wait: Wait,
    /// True while the task is in the queue of those that may go on.
    pub is_queued: bool,
    /// The instance that has the task in its list of those that it holds up.
    pub held_by: Option<u32>,
    /// True if a wait ended because the task was cancelled.
    pub was_cancelled: bool,
    /// The scope of what was lent to the callee.
    pub scope: Scope,
    /// Calls of other instances within the task that are synchronous on both sides.
    pub nested: Vec<Nested>,
    /// The state of the task's thread while it doesn't run.
    pub saved: Saved,
}

/// The way in which a function is lifted.
#[derive(Clone, Copy)]
pub(super) struct Lift {
    /// The core function.
    pub callee: Target,
    /// The number of its core parameters.
    pub params: usize,
    /// The number of its core results.
    pub results: usize,
    /// True if the function's type is asynchronous.
    pub has_async_type: bool,
    /// True if the function gives its result to `task.return`.
    pub is_async: bool,
    /// The function to call after each event.
    pub callback: Option<Target>,
    /// The function to call when the result was passed on.
    pub post_return: Option<Target>,
    /// The type, memory and encoding that `task.return` has to name.
    pub signature: Signature,
}

/// The options of a `lift` that `task.return` has to have in common with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature {
    pub result: u32,
    /// The memory, as [`aot_abi::concurrency::memory`] numbers it; none if it isn't known, and then it isn't compared.
    pub memory: Option<u32>,
    pub encoding: u32,
}

impl Lift {
    /// True if only one task at a time may be in guest code of the instance.
    pub fn is_exclusive(&self) -> bool {
        self.has_async_type && (!self.is_async || self.callback.is_some())
    }
}

/// A function that the runtime enters.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub entry: u32,
    pub vmctx: u64,
}

impl From<&EnteredReference> for Target {
    fn from(function: &EnteredReference) -> Target {
        Target { entry: function.entry, vmctx: function.vmctx }
    }
}

/// The caller of a task.
pub(super) enum Caller {
    /// Another component, through an adapter.
    Guest(GuestCaller),
    /// The runtime: the core parameters, a function that takes the core results, and what is dropped when the task has ended.
    Outside { params: Vec<[u64; 2]>, on_return: Return, _kept: Option<Rc<dyn Any>> },
}

/// A component that calls another one.
pub(super) struct GuestCaller {
    /// The call in the hands of the caller, until the caller knows that it has ended.
    pub subtask: Option<WaitableId>,
    /// The adapter's function from the caller's core parameters to the callee's.
    pub pass_params: Target,
    /// The adapter's function from the callee's core results to the caller's.
    pub pass_results: Target,
    /// The caller's core parameters.
    pub params: Vec<[u64; 2]>,
    /// The number of core results; more than one, or [`aot_abi::concurrency::LATER_RESULT`], go to the address that
    /// is the last parameter.
    pub results: u32,
}

/// The phases of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Initial,
    Started,
    PendingCancel,
    CancelDelivered,
    Resolved,
}

/// The thing that a task does when it goes on.
pub(super) enum Body {
    /// Calls its function.
    Begin,
    /// Calls its callback.
    Callback,
    /// Returns from the builtin in which it waits.
    Blocked(Coroutine),
    /// Is running.
    Running,
}

/// The thing that a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nothing: it runs, or it can go on at once.
    Nothing,
    /// The instance, which has to let the task in. The task can be cancelled.
    Entry,
    /// The instance that has to let in a call that is synchronous on both sides.
    NestedEntry(u32),
    /// An event of a set.
    Event { set: SetId, cancellable: bool },
    /// An event of a set, for the callback. It can be cancelled.
    CallbackEvent(SetId),
    /// The task's turn.
    Turn { cancellable: bool },
    /// The task's turn, for the callback. The task can be cancelled.
    CallbackTurn,
    /// An event of a waitable that is in no set.
    Waitable(WaitableId),
    /// The result of a call.
    Result(WaitableId),
    /// The system, in a server.
    #[cfg(feature = "http")]
    System,
}

impl Wait {
    /// True if the wait ends when the task is cancelled.
    pub fn is_cancellable(self) -> bool {
        match self {
            Wait::Entry | Wait::CallbackEvent(_) | Wait::CallbackTurn => true,
            Wait::Event { cancellable, .. } | Wait::Turn { cancellable } => cancellable,
            Wait::Nothing | Wait::NestedEntry(_) | Wait::Waitable(_) | Wait::Result(_) => false,
            #[cfg(feature = "http")]
            Wait::System => false,
        }
    }
}

/// A call of another instance within a task that is synchronous on both sides.
pub(super) struct Nested {
    pub instance: u32,
    /// True if the call has the instance for itself.
    pub is_exclusive: bool,
    /// The slots of the caller.
    pub context: [u64; 2],
}

/// The state of a thread of guest code: it is exchanged when another thread runs.
#[derive(Default)]
pub(super) struct Saved {
    /// The slots of `context.get` and `context.set`.
    pub context: [u64; 2],
    /// 1 if the thread may wait.
    pub may_block: u32,
    /// The calls that go on, for what they lend.
    pub calls: Vec<Scope>,
    /// The number of the request that the thread serves.
    pub request: u64,
}

impl Engine {
    /// The task with this index.
    pub(super) fn task<'a>(self, task: TaskId) -> Result<&'a mut Task, Trap> {
        self.state().tasks.get_mut(task).ok_or(Trap::Other)
    }

    /// The task that runs.
    pub(super) fn current<'a>(self) -> Result<(TaskId, &'a mut Task), Trap> {
        let id = self.state().current.ok_or_else(|| self.misuse("no task runs"))?;
        Ok((id, self.task(id)?))
    }

    /// True if a task could go on now.
    pub(super) fn is_ready(self, task: &Task) -> bool {
        let state = self.state();
        let is_free = |instance: u32| state.instances.get(instance).is_none_or(|of| of.exclusive.is_none());
        match task.wait {
            Wait::Nothing | Wait::Turn { .. } => true,
            Wait::Entry => !self.has_backpressure(task.instance, task.lift.is_exclusive()),
            Wait::NestedEntry(instance) => !self.has_backpressure(instance, true),
            Wait::Event { set, .. } => self.has_event(set),
            Wait::CallbackEvent(set) => is_free(task.instance) && self.has_event(set),
            Wait::CallbackTurn => is_free(task.instance),
            Wait::Waitable(waitable) => state.waitables.get(waitable).is_some_and(|waitable| waitable.has_event),
            Wait::Result(waitable) => state.waitables.get(waitable).is_some_and(Waitable::is_resolved),
            #[cfg(feature = "http")]
            Wait::System => false,
        }
    }

    /// Lets a task go on soon, if it can then.
    pub(super) fn queue(self, id: TaskId) {
        let state = self.state();
        if let Some(task) = state.tasks.get_mut(id)
            && !task.is_queued
        {
            task.is_queued = true;
            state.ready.push_back(id);
        }
    }
}
