//! Calls in the hands of their callers (canonical ABI, "Subtask State").

use aot_abi::concurrency::BLOCKED;
use aot_abi::trap::Trap;

use super::Engine;
use super::host::JobId;
use super::task::{Body, Caller, GuestCaller, Phase, TaskId, WaitableId};
use super::waitables::Kind;
use crate::canonical::calls::Scope;
use crate::canonical::handles::ObjectKind;

/// A call that its caller doesn't wait for, or that waits for its result.
pub(super) struct Subtask {
    pub state: SubtaskState,
    /// The callee's task, until it has ended.
    pub task: Option<TaskId>,
    /// The host's job that is the callee, until it has ended.
    pub job: Option<JobId>,
    /// The scope with what was lent to the callee.
    scope: Scope,
    was_cancelled: bool,
    /// True once the caller knows that the call has ended.
    is_delivered: bool,
    /// The bits of the core result.
    pub result: u64,
}

/// The states of a subtask, as guests know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SubtaskState {
    Starting = 0,
    Started = 1,
    Returned = 2,
    CancelledBeforeStarted = 3,
    CancelledBeforeReturned = 4,
}

impl SubtaskState {
    pub fn is_resolved(self) -> bool {
        !matches!(self, SubtaskState::Starting | SubtaskState::Started)
    }
}

impl Subtask {
    /// A call that hasn't started.
    pub fn new(scope: Scope) -> Subtask {
        let state = SubtaskState::Starting;
        Subtask { state, task: None, job: None, scope, was_cancelled: false, is_delivered: false, result: 0 }
    }
}

impl Engine {
    fn subtask<'a>(self, id: WaitableId) -> Result<&'a mut Subtask, Trap> {
        match &mut self.waitable(id)?.kind {
            Kind::Subtask(subtask) => Ok(subtask),
            Kind::End(_) => Err(Trap::Other),
        }
    }

    /// Tells the caller that the callee has taken the parameters.
    pub(super) fn note_started(self, id: WaitableId) {
        if let Ok(subtask) = self.subtask(id) {
            subtask.state = SubtaskState::Started;
            self.notify_caller(id);
        }
    }

    /// Tells the caller that the call has ended.
    pub(super) fn note_resolved(self, id: WaitableId, state: SubtaskState, result: u64) -> Result<(), Trap> {
        let subtask = self.subtask(id)?;
        subtask.state = state;
        subtask.result = result;
        self.notify_caller(id);
        Ok(())
    }

    /// Before the builtin that starts a call has returned, its caller learns everything from its result.
    fn notify_caller(self, id: WaitableId) {
        let Ok(waitable) = self.waitable(id) else { return };
        if waitable.handle != 0 {
            self.notify(id);
        } else if let Some(waiter) = waitable.waiter {
            self.queue(waiter);
        }
    }

    /// Notes that the caller knows of the end of a call: what it lent is its own again.
    pub(super) fn deliver_resolve(self, id: WaitableId) -> Result<(), Trap> {
        let subtask = self.subtask(id)?;
        subtask.is_delivered = true;
        let (scope, task) = (subtask.scope, subtask.task);
        match task.map(|task| self.task(task)) {
            // The callee goes on, and may still have what only a call can have.
            Some(task) => {
                if let Caller::Guest(caller) = &mut task?.caller {
                    caller.subtask = None;
                }
                self.host().take_back(scope);
            }
            None => self.host().close_call(scope),
        }
        Ok(())
    }

    /// Forgets a task that has ended.
    pub(super) fn end_task(self, id: TaskId) -> Result<(), Trap> {
        let task = self.state().tasks.try_remove(id).ok_or(Trap::Other)?;
        match task.caller {
            Caller::Guest(GuestCaller { subtask: Some(subtask), .. }) => self.subtask(subtask)?.task = None,
            _ => self.host().close_call(task.scope),
        }
        Ok(())
    }

    fn subtask_of(self, instance: u32, handle: u32) -> Result<WaitableId, Trap> {
        match self.host().handles(instance)?.object(handle)? {
            (ObjectKind::Subtask, index) => Ok(index as WaitableId),
            _ => Err(self.misuse("handle is not a subtask")),
        }
    }

    pub(super) fn subtask_drop(self, instance: u32, handle: u32) -> Result<u64, Trap> {
        let id = self.subtask_of(instance, handle)?;
        if !self.subtask(id)?.is_delivered {
            return Err(self.misuse("cannot drop a subtask which has not yet resolved"));
        }
        self.remove(id).map(|()| 0)
    }

    pub(super) fn subtask_cancel(self, instance: u32, is_async: bool, handle: u32) -> Result<u64, Trap> {
        let id = self.subtask_of(instance, handle)?;
        let is_in_set = self.waitable(id)?.set.is_some();
        let subtask = self.subtask(id)?;
        if subtask.is_delivered {
            return Err(self.misuse("`subtask.cancel` called after terminal status delivered"));
        }
        if subtask.was_cancelled {
            return Err(self.misuse("`subtask.cancel` called more than once"));
        }
        if is_in_set && !is_async {
            return Err(self.misuse("waitable cannot be used synchronously while added to a waitable set"));
        }
        if !subtask.state.is_resolved() {
            subtask.was_cancelled = true;
            match (subtask.job.take(), subtask.task) {
                (Some(job), _) => self.cancel_job(id, job)?,
                (None, task) => self.request_cancellation(task.ok_or(Trap::Other)?)?,
            }
            if !self.subtask(id)?.state.is_resolved() {
                if is_async {
                    return Ok(u64::from(BLOCKED));
                }
                while !self.subtask(id)?.state.is_resolved() {
                    self.waitable(id)?.has_event = false;
                    self.wait_for(id)?;
                }
            }
        }
        self.take_own_event(id).map(|event| u64::from(event.second))
    }

    /// Ends a call of the host that its caller doesn't want to end.
    fn cancel_job(self, id: WaitableId, job: JobId) -> Result<(), Trap> {
        self.state().jobs.remove(job);
        self.note_resolved(id, SubtaskState::CancelledBeforeReturned, 0)
    }

    /// Tells a task that its caller doesn't want its result any more, now if it listens, or else when it will.
    fn request_cancellation(self, id: TaskId) -> Result<(), Trap> {
        let task = self.task(id)?;
        if task.phase == Phase::Initial {
            task.phase = Phase::CancelDelivered;
            return self.run(id, true);
        }
        let instance = self.state().instances.of(task.instance);
        let is_held = task.lift.is_exclusive() && instance.exclusive.is_some_and(|of| of != id);
        let listens = !matches!(task.body, Body::Running) && task.wait.is_cancellable();
        if listens && !is_held && instance.entered == 0 {
            task.phase = Phase::CancelDelivered;
            self.run(id, true)
        } else {
            task.phase = Phase::PendingCancel;
            Ok(())
        }
    }

    pub(super) fn task_cancel(self) -> Result<u64, Trap> {
        let (id, task) = self.current()?;
        if !task.nested.is_empty() || !task.lift.is_async {
            return Err(self.misuse("`task.cancel` called by a task that isn't lifted asynchronously"));
        }
        match task.phase {
            Phase::CancelDelivered => self.cancel_resolved(id).map(|()| 0),
            Phase::Resolved => {
                Err(self.misuse("`task.return` or `task.cancel` called more than once for current task"))
            }
            _ => Err(self.misuse("`task.cancel` called by task which has not been cancelled")),
        }
    }

    /// Ends a cancelled task without a result.
    pub(super) fn cancel_resolved(self, id: TaskId) -> Result<(), Trap> {
        let task = self.task(id)?;
        self.host().calls.check_returned(task.scope)?;
        task.phase = Phase::Resolved;
        let Caller::Guest(GuestCaller { subtask: Some(subtask), .. }) = task.caller else { return Ok(()) };
        let state = match self.subtask(subtask)?.state {
            SubtaskState::Starting => SubtaskState::CancelledBeforeStarted,
            _ => SubtaskState::CancelledBeforeReturned,
        };
        self.note_resolved(subtask, state, 0)
    }
}
