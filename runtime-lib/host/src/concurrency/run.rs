//! Running tasks: each until it waits, returns or traps (canonical ABI, "canon lift").

use aot_abi::concurrency::{EVENT_NONE, EVENT_TASK_CANCELLED};
use aot_abi::limits::Limit;
use aot_abi::trap::Trap;

use super::task::{Body, Caller, Phase, Target, Task, TaskId, Wait};
use super::waitables::Event;
use super::{Engine, STACKS_KEPT_MAX};
use aot_foundation::coroutine::{Coroutine, Ended, suspend};
use aot_foundation::entry;
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};
use aot_foundation::own_stack::OwnStack;

/// Codes that a callback returns.
const CALLBACK_EXIT: u32 = 0;
const CALLBACK_YIELD: u32 = 1;
const CALLBACK_WAIT: u32 = 2;

impl Engine {
    /// Resumes tasks, one after the other, until `is_done`, at the bottom of all stacks.
    ///
    /// # Errors
    /// A task trapped, or none can ever go on.
    pub(super) fn drive(self, is_done: &dyn Fn() -> bool) -> Result<(), Trap> {
        while !is_done() {
            self.run_jobs()?;
            let Some(task) = self.next_ready() else {
                if self.look_at_events(true)? {
                    continue;
                }
                return Err(self.misuse("deadlock detected: event loop cannot make further progress"));
            };
            self.run(task, false)?;
        }
        Ok(())
    }

    /// The next task that can go on.
    pub(super) fn next_ready(self) -> Option<TaskId> {
        while let Some(id) = self.state().ready.pop_front() {
            let Some(task) = self.state().tasks.get_mut(id) else { continue };
            task.is_queued = false;
            if matches!(task.body, Body::Running) {
                continue;
            }
            if self.is_ready(task) {
                return Some(id);
            }
            let instance = task.instance;
            self.wait_for_instance(id, task);
            if self.task(id).is_ok_and(|task| task.held_by.is_none()) {
                // Its instance may have let it go on in place of another one.
                self.let_go_on(instance);
            }
        }
        None
    }

    /// Notes a task with its instance, if that is what holds it up.
    fn wait_for_instance(self, id: TaskId, task: &Task) {
        match task.wait {
            Wait::Entry | Wait::CallbackTurn => self.hold(task.instance, id),
            Wait::NestedEntry(instance) => self.hold(instance, id),
            Wait::CallbackEvent(set) if self.has_event(set) => self.hold(task.instance, id),
            _ => {}
        }
    }

    /// Lets a task go on until it waits or ends. It can go on, or is cancelled.
    pub(super) fn run(self, id: TaskId, is_cancelled: bool) -> Result<(), Trap> {
        let task = self.task(id)?;
        let wait = core::mem::replace(&mut task.wait, Wait::Nothing);
        task.held_by = None;
        match core::mem::replace(&mut task.body, Body::Running) {
            Body::Begin => {
                if wait == Wait::Entry {
                    self.state().instances.of(task.instance).waiting -= 1;
                }
                if is_cancelled {
                    self.cancel_resolved(id)?;
                    return self.end_task(id);
                }
                self.begin(id)
            }
            Body::Callback => {
                let event = match wait {
                    _ if is_cancelled => Event { code: EVENT_TASK_CANCELLED, first: 0, second: 0 },
                    Wait::CallbackEvent(set) => self.take_event(set)?,
                    _ => Event { code: EVENT_NONE, first: 0, second: 0 },
                };
                self.stop_waiting(id, wait);
                let (instance, callback) = (task.instance, task.lift.callback.ok_or(Trap::Other)?);
                self.state().instances.of(instance).exclusive = Some(id);
                let values = [event.code, event.first, event.second].map(|value| [u64::from(value), 0]).to_vec();
                self.call_on_stack(id, callback, values)
            }
            Body::Blocked(coroutine) => {
                task.was_cancelled = is_cancelled;
                self.resume(id, coroutine)
            }
            Body::Running => Err(Trap::Other),
        }
    }

    /// Calls the function of a task that its instance lets in.
    fn begin(self, id: TaskId) -> Result<(), Trap> {
        let task = self.task(id)?;
        let (instance, lift) = (task.instance, task.lift);
        if lift.is_exclusive() {
            self.state().instances.of(instance).exclusive = Some(id);
        } else {
            // The next one may come in as well.
            self.let_go_on(instance);
        }
        task.phase = Phase::Started;
        let mut values = self.pass_params(id)?;
        values.resize(values.len().max(lift.params).max(lift.results).max(1), [0; 2]);
        self.call_on_stack(id, lift.callee, values)
    }

    /// The callee's core parameters, from the caller's.
    fn pass_params(self, id: TaskId) -> Result<Vec<[u64; 2]>, Trap> {
        let task = self.task(id)?;
        let scope = task.scope;
        match &mut task.caller {
            Caller::Outside { params, .. } => Ok(core::mem::take(params)),
            Caller::Guest(caller) => {
                let (subtask, pass_params) = (caller.subtask, caller.pass_params);
                let mut values = caller.params.clone();
                values.resize(values.len().max(task.lift.params).max(1), [0; 2]);
                self.note_started(subtask.ok_or(Trap::Other)?);
                // What is lent is lent to the callee, for the time of the call.
                let calls = self.host().calls.exchange(vec![scope]);
                let outcome = self.call(pass_params, &mut values);
                self.host().calls.exchange(calls);
                outcome?;
                Ok(values)
            }
        }
    }

    /// Calls a function of the guest on the stack that is in use, or on the slab's own if none is.
    pub(super) fn call(self, target: Target, values: &mut [[u64; 2]]) -> Result<(), Trap> {
        // SAFETY: the promise of `of_slab`; no borrow of the states is alive across the call. The target is the compiler's, and there
        // are slots for all parameters and results.
        let outcome = unsafe { entry::call_guest(self.slab, target.entry, target.vmctx, values) };
        #[cfg(feature = "http")]
        self.regain();
        outcome
    }

    /// Calls a function of a task's guest on a stack of its own.
    fn call_on_stack(self, id: TaskId, target: Target, values: Vec<[u64; 2]>) -> Result<(), Trap> {
        let stack = match self.state().stacks.pop() {
            Some(stack) => stack,
            None => {
                let bytes = self.host().limits.get(Limit::Stack);
                OwnStack::create(bytes).map_err(|_| self.host().limit_exceeded("stacks of tasks"))?
            }
        };
        // SAFETY: as in `call`; the slab outlives its tasks, and the stack is nobody else's.
        let coroutine = unsafe { Coroutine::new(self.slab, Ok(stack), target.entry, target.vmctx, values) };
        self.resume(id, coroutine)
    }

    /// Lets a task's guest code run until it waits or returns.
    fn resume(self, id: TaskId, mut coroutine: Coroutine) -> Result<(), Trap> {
        let before = self.switch(Some(id));
        self.enter_instances(id, true)?;
        // SAFETY: as in `call`; the coroutine is the task's, which doesn't run.
        let has_ended = unsafe { coroutine.resume() };
        #[cfg(feature = "http")]
        self.regain();
        self.enter_instances(id, false)?;
        self.switch(before);
        if !has_ended {
            let task = self.task(id)?;
            task.body = Body::Blocked(coroutine);
            if self.is_ready(task) {
                self.queue(id);
            } else {
                self.wait_for_instance(id, task);
            }
            return Ok(());
        }
        let Ok(Ended { outcome, stack }) = coroutine.end() else { return Err(Trap::Other) };
        let values = outcome?;
        if let Some(stack) = stack
            && self.state().stacks.len() < STACKS_KEPT_MAX
        {
            self.state().stacks.push(stack);
        }
        self.returned(id, &values)
    }

    /// Notes that a task's thread is in its instances, or isn't any more.
    fn enter_instances(self, id: TaskId, is_in: bool) -> Result<(), Trap> {
        let task = self.task(id)?;
        let instances = [task.instance].into_iter().chain(task.nested.iter().map(|nested| nested.instance));
        for instance in instances {
            let of = self.state().instances.of(instance);
            of.entered = if is_in { of.entered + 1 } else { of.entered.saturating_sub(1) };
        }
        Ok(())
    }

    /// Goes on behind a call of the task's function or callback.
    fn returned(self, id: TaskId, values: &[[u64; 2]]) -> Result<(), Trap> {
        let task = self.task(id)?;
        let lift = task.lift;
        if !lift.is_async {
            let results = values.get(..lift.results).unwrap_or_default();
            self.resolve(id, results)?;
            self.post_return(id, results)?;
            return self.exit(id);
        }
        if lift.callback.is_none() {
            return self.exit(id);
        }
        let packed = values.first().map_or(0, |slot| slot[0] as u32);
        let wait = match packed & 0xf {
            CALLBACK_EXIT => return self.exit(id),
            CALLBACK_YIELD => Wait::CallbackTurn,
            CALLBACK_WAIT => Wait::CallbackEvent(self.set(task.instance, packed >> 4)?),
            _ => return Err(self.misuse("unsupported callback code")),
        };
        let task = self.task(id)?;
        task.body = Body::Callback;
        task.wait = wait;
        let instance = task.instance;
        let is_cancelled = task.phase == Phase::PendingCancel;
        self.start_waiting(id, wait);
        self.release(instance);
        if is_cancelled {
            self.task(id)?.phase = Phase::CancelDelivered;
            self.run(id, true)?;
        } else if self.is_ready(self.task(id)?) {
            self.queue(id);
        } else {
            self.wait_for_instance(id, self.task(id)?);
        }
        Ok(())
    }

    /// Tells the callee that its results were passed on. It must not call imports meanwhile.
    fn post_return(self, id: TaskId, results: &[[u64; 2]]) -> Result<(), Trap> {
        let task = self.task(id)?;
        let Some(post_return) = task.lift.post_return else { return Ok(()) };
        let instance = task.instance;
        let mut values = results.to_vec();
        values.resize(values.len().max(1), [0; 2]);
        let before = self.switch(Some(id));
        // SAFETY: the compiler passes instances of the program; nothing else refers to their flags.
        unsafe { *flags_of_instance(self.slab, instance) &= !MAY_LEAVE };
        self.call(post_return, &mut values)?;
        // SAFETY: as above.
        unsafe { *flags_of_instance(self.slab, instance) |= MAY_LEAVE };
        self.switch(before);
        Ok(())
    }

    /// Ends a task.
    fn exit(self, id: TaskId) -> Result<(), Trap> {
        let task = self.task(id)?;
        if task.phase != Phase::Resolved {
            return Err(self.misuse("async-lifted export failed to produce a result"));
        }
        let (instance, is_exclusive) = (task.instance, task.lift.is_exclusive());
        self.end_task(id)?;
        if is_exclusive {
            self.release(instance);
        }
        Ok(())
    }

    /// Lets the task that runs wait: true if it was cancelled meanwhile.
    ///
    /// # Errors
    /// The guest code that runs must not wait.
    pub(super) fn block(self, wait: Wait) -> Result<bool, Trap> {
        if *self.may_block() == 0 {
            return Err(Trap::CannotBlock);
        }
        self.block_anyway(wait)
    }

    /// Lets the task that runs wait, whatever its type is: true if it was cancelled meanwhile.
    pub(super) fn block_anyway(self, wait: Wait) -> Result<bool, Trap> {
        let (id, task) = self.current()?;
        if wait.is_cancellable() && task.phase == Phase::PendingCancel {
            task.phase = Phase::CancelDelivered;
            return Ok(true);
        }
        task.wait = wait;
        self.start_waiting(id, wait);
        #[cfg(feature = "http")]
        self.keep();
        // SAFETY: the caller is a host function of the slab's guest; no borrow of the states is alive.
        if !unsafe { suspend(self.slab) } {
            return Err(self.misuse("cannot block outside of a task"));
        }
        self.stop_waiting(id, wait);
        Ok(core::mem::take(&mut self.task(id)?.was_cancelled))
    }
}
