//! Calls that are asynchronous on one side at least, and the calls within tasks that are on neither (canonical ABI, "canon
//! lower").

use aot_abi::concurrency::{LATER_RESULT, LATER_WITHOUT_RESULT, START_ASYNC_CALLEE};
use aot_abi::trap::Trap;

use super::Engine;
use super::subtasks::{Subtask, SubtaskState};
use super::task::{
    Body, Caller, GuestCaller, Lift, Nested, Phase, Saved, Signature, Target, Task, TaskId, Wait, WaitableId,
};
use super::waitables::{Kind, Waitable};
use crate::canonical::calls::Scope;
use crate::canonical::handles::ObjectKind;
use aot_foundation::program;

/// A call whose callee isn't known yet.
pub(super) struct Prepared {
    pub caller_instance: u32,
    pub callee_instance: u32,
    pub has_async_type: bool,
    pub signature: Signature,
    pub pass_params: Target,
    pub pass_results: Target,
    pub results: u32,
    pub params: Vec<[u64; 2]>,
}

/// The callee of a prepared call.
pub(super) struct Callee {
    pub callee: u32,
    pub callback: u32,
    pub post_return: u32,
    pub params: u32,
    pub results: u32,
    pub flags: u32,
}

impl Engine {
    /// The function that a reference stands for; none for 0.
    pub(super) fn target(self, reference: u32) -> Option<Target> {
        let functions = program::entered_references();
        let index = functions.binary_search_by_key(&reference, |function| function.reference).ok()?;
        functions.get(index).map(Target::from)
    }

    /// Starts the prepared call of a caller that goes on.
    pub(super) fn start_later(self, callee: &Callee) -> Result<u64, Trap> {
        let (instance, subtask) = self.start(callee)?;
        let waitable = self.waitable(subtask)?;
        let Kind::Subtask(of) = &waitable.kind else { return Err(Trap::Other) };
        let state = of.state;
        if state.is_resolved() {
            self.deliver_resolve(subtask)?;
            self.state().waitables.try_remove(subtask);
            return Ok(state as u64);
        }
        let handle = self.add_handle(instance, ObjectKind::Subtask, subtask)?;
        self.waitable(subtask)?.handle = handle;
        Ok(state as u64 | u64::from(handle) << 4)
    }

    /// Starts the prepared call of a caller that waits for the result, whose bits are returned.
    pub(super) fn start_and_wait(self, callee: &Callee) -> Result<u64, Trap> {
        let has_async_type = self.state().prepared.as_ref().is_some_and(|prepared| prepared.has_async_type);
        if has_async_type && *self.may_block() == 0 {
            return Err(Trap::CannotBlock);
        }
        let (_, subtask) = self.start(callee)?;
        if !self.waitable(subtask)?.is_resolved() {
            self.block(Wait::Result(subtask))?;
        }
        self.deliver_resolve(subtask)?;
        let removed = self.state().waitables.try_remove(subtask);
        match removed.map(|waitable| waitable.kind) {
            Some(Kind::Subtask(subtask)) => Ok(subtask.result),
            _ => Err(Trap::Other),
        }
    }

    /// Starts the prepared call: the caller's instance, and the call in its hands.
    fn start(self, callee: &Callee) -> Result<(u32, WaitableId), Trap> {
        let prepared = self.state().prepared.take().ok_or(Trap::Other)?;
        let Prepared { caller_instance, callee_instance, has_async_type, signature, .. } = prepared;
        self.check_entry(caller_instance, callee_instance)?;
        let lift = Lift {
            callee: self.target(callee.callee).ok_or(Trap::Other)?,
            params: callee.params as usize,
            results: if callee.flags & START_ASYNC_CALLEE == 0 { callee.results as usize } else { 0 },
            has_async_type,
            is_async: callee.flags & START_ASYNC_CALLEE != 0,
            callback: self.target(callee.callback),
            post_return: self.target(callee.post_return),
            signature,
        };
        let scope = self.host().calls.open()?;
        let subtask = Waitable::new(Kind::Subtask(Subtask::new(scope)), caller_instance);
        let subtask = self.state().waitables.insert(subtask);
        let caller = Caller::Guest(GuestCaller {
            subtask: Some(subtask),
            pass_params: prepared.pass_params,
            pass_results: prepared.pass_results,
            params: prepared.params,
            results: prepared.results,
        });
        let task = self.add_task(callee_instance, lift, caller, scope);
        if let Kind::Subtask(of) = &mut self.waitable(subtask)?.kind {
            of.task = Some(task);
        }
        self.enter(task)?;
        Ok((caller_instance, subtask))
    }

    /// Makes a task that hasn't begun.
    pub(super) fn add_task(self, instance: u32, lift: Lift, caller: Caller, scope: Scope) -> TaskId {
        let request = self.host().request_number();
        let saved = Saved { context: [0; 2], may_block: u32::from(lift.has_async_type), calls: vec![scope], request };
        self.state().tasks.insert(Task {
            instance,
            lift,
            caller,
            phase: Phase::Initial,
            body: Body::Begin,
            wait: Wait::Nothing,
            is_queued: false,
            held_by: None,
            was_cancelled: false,
            scope,
            nested: Vec::new(),
            saved,
        })
    }

    /// Runs a new task, if its instance lets it in; otherwise it waits for that.
    pub(super) fn enter(self, id: TaskId) -> Result<(), Trap> {
        let task = self.task(id)?;
        let instance = task.instance;
        let must_wait = task.lift.has_async_type
            && (self.has_backpressure(instance, task.lift.is_exclusive())
                || self.state().instances.of(instance).waiting > 0);
        if must_wait {
            self.let_holder_go_on(instance)?;
        }
        let task = self.task(id)?;
        if !must_wait || !self.has_backpressure(instance, task.lift.is_exclusive()) {
            return self.run(id, false);
        }
        task.wait = Wait::Entry;
        self.state().instances.of(instance).waiting += 1;
        self.hold(instance, id);
        Ok(())
    }

    /// Lets the task go on that has an instance for itself, if it can: then the instance may be free.
    fn let_holder_go_on(self, instance: u32) -> Result<(), Trap> {
        let Some(holder) = self.state().instances.of(instance).exclusive else { return Ok(()) };
        let task = self.task(holder)?;
        match task.body {
            Body::Blocked(_) if self.is_ready(task) => self.run(holder, false),
            _ => Ok(()),
        }
    }

    /// Refuses a call into an instance whose guest code goes on below, unless it is the caller or around the caller.
    fn check_entry(self, caller: u32, callee: u32) -> Result<(), Trap> {
        if self.state().instances.of(callee).entered == 0 {
            return Ok(());
        }
        let parents = program::component_parents();
        let mut around = Some(caller);
        while let Some(instance) = around {
            if instance == callee {
                return Ok(());
            }
            around = parents.get(instance as usize).copied().filter(|parent| *parent != u32::MAX);
        }
        Err(Trap::CannotEnterComponent)
    }

    /// Passes core results to the caller of a task.
    pub(super) fn resolve(self, id: TaskId, results: &[[u64; 2]]) -> Result<(), Trap> {
        let task = self.task(id)?;
        self.host().calls.check_returned(task.scope)?;
        task.phase = Phase::Resolved;
        let (subtask, pass_results, mut values, results_kind) = match &mut task.caller {
            Caller::Outside { on_return, .. } => {
                let on_return = core::mem::replace(on_return, Box::new(|_, _| Ok(())));
                return on_return(self.slab, results);
            }
            Caller::Guest(caller) => {
                let mut values = results.to_vec();
                let goes_to_memory = caller.results == LATER_RESULT || (2..LATER_RESULT).contains(&caller.results);
                values.extend(caller.params.last().filter(|_| goes_to_memory));
                (caller.subtask, caller.pass_results, values, caller.results)
            }
        };
        values.resize(values.len().max(1), [0; 2]);
        self.call(pass_results, &mut values)?;
        let has_result = !matches!(results_kind, 0 | LATER_RESULT | LATER_WITHOUT_RESULT);
        let result = values.first().filter(|_| has_result).map_or(0, |slot| slot[0]);
        self.note_resolved(subtask.ok_or(Trap::Other)?, SubtaskState::Returned, result)
    }

    pub(super) fn task_return(self, signature: Signature, results: &[[u64; 2]]) -> Result<u64, Trap> {
        let (id, task) = self.current()?;
        if !task.nested.is_empty() || !task.lift.is_async {
            return Err(self.misuse("`task.return` called by a task that isn't lifted asynchronously"));
        }
        if task.phase == Phase::Resolved {
            return Err(self.misuse("`task.return` or `task.cancel` called more than once for current task"));
        }
        let expected = task.lift.signature;
        if !expected.agrees(signature) {
            return Err(self.misuse("invalid `task.return` signature and/or options for current task"));
        }
        self.resolve(id, results)?;
        // A synchronous task that has returned may wait.
        *self.may_block() = 1;
        Ok(0)
    }

    /// Begins a call within the running task that is synchronous on both sides.
    pub(super) fn enter_nested(self, caller: u32, has_async_type: bool, callee: u32) -> Result<u64, Trap> {
        self.check_entry(caller, callee)?;
        if has_async_type {
            while self.has_backpressure(callee, true) {
                self.state().instances.of(callee).waiting += 1;
                let outcome = self.block_anyway(Wait::NestedEntry(callee));
                self.state().instances.of(callee).waiting -= 1;
                outcome?;
            }
        }
        self.host().calls.enter()?;
        let current = self.state().current;
        let of = self.state().instances.of(callee);
        of.entered += 1;
        let is_exclusive = has_async_type && current.is_some();
        if is_exclusive {
            of.exclusive = current;
        }
        let context = self.replace_context([0; 2]);
        self.nested()?.push(Nested { instance: callee, is_exclusive, context });
        Ok(0)
    }

    /// Ends the innermost call that is synchronous on both sides.
    pub(super) fn exit_nested(self) -> Result<u64, Trap> {
        let Nested { instance, is_exclusive, context } = self.nested()?.pop().ok_or(Trap::Other)?;
        self.replace_context(context);
        let of = self.state().instances.of(instance);
        of.entered = of.entered.saturating_sub(1);
        if is_exclusive {
            self.release(instance);
        }
        self.host().end_call()?;
        Ok(0)
    }

    /// The calls within the running task, or within start-up.
    fn nested<'a>(self) -> Result<&'a mut Vec<Nested>, Trap> {
        match self.state().current {
            Some(task) => Ok(&mut self.task(task)?.nested),
            None => Ok(&mut self.state().nested_outside),
        }
    }
}

impl Signature {
    /// True if `task.return` names what its task's `lift` does.
    fn agrees(self, given: Signature) -> bool {
        // None is given if the type needs none.
        let same_memory = self.memory.is_none() || given.memory == Some(0) || self.memory == given.memory;
        self.result == given.result && same_memory && self.encoding == given.encoding
    }
}
