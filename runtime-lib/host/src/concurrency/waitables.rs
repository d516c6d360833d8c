//! Waitables and sets of them (canonical ABI, "Waitable State").

use std::collections::VecDeque;

use aot_abi::concurrency::{EVENT_NONE, EVENT_SUBTASK, EVENT_TASK_CANCELLED};
use aot_abi::host::CallOptions;
use aot_abi::trap::Trap;

use super::Engine;
use super::ends::End;
use super::subtasks::Subtask;
use super::task::{Phase, SetId, TaskId, Wait, WaitableId};
use crate::canonical::handles::ObjectKind;
use crate::canonical::memory::{Memory, check_alignment};

/// Something that events are about.
pub(super) struct Waitable {
    pub kind: Kind,
    /// The component instance that has the handle.
    pub instance: u32,
    /// The handle; 0 while there is none.
    pub handle: u32,
    /// True if something has happened that the guest wasn't told.
    pub has_event: bool,
    pub set: Option<SetId>,
    /// The task that waits for this one alone.
    pub waiter: Option<TaskId>,
}

/// The kinds of waitables.
pub(super) enum Kind {
    Subtask(Subtask),
    End(End),
}

/// A set of waitables.
#[derive(Default)]
pub(super) struct Set {
    /// The number of its waitables.
    members: u32,
    /// The waitables that have an event, in the order in which they got it.
    ready: VecDeque<WaitableId>,
    /// The tasks that wait for an event of the set, in their order.
    waiters: VecDeque<TaskId>,
}

/// An event as guests get it.
#[derive(Clone, Copy)]
pub(super) struct Event {
    pub code: u32,
    pub first: u32,
    pub second: u32,
}

const NO_EVENT: Event = Event { code: EVENT_NONE, first: 0, second: 0 };
const CANCELLED: Event = Event { code: EVENT_TASK_CANCELLED, first: 0, second: 0 };

impl Waitable {
    /// A waitable of an instance without a handle.
    pub fn new(kind: Kind, instance: u32) -> Waitable {
        Waitable { kind, instance, handle: 0, has_event: false, set: None, waiter: None }
    }

    /// True if it is a call that has ended.
    pub fn is_resolved(&self) -> bool {
        matches!(&self.kind, Kind::Subtask(subtask) if subtask.state.is_resolved())
    }
}

impl Engine {
    /// The waitable with this index.
    pub(super) fn waitable<'a>(self, id: WaitableId) -> Result<&'a mut Waitable, Trap> {
        self.state().waitables.get_mut(id).ok_or(Trap::Other)
    }

    /// The waitable that a handle of an instance stands for.
    fn waitable_of(self, instance: u32, handle: u32) -> Result<WaitableId, Trap> {
        match self.host().handles(instance)?.object(handle)? {
            (ObjectKind::WaitableSet, _) => Err(self.misuse("handle is not a waitable")),
            (ObjectKind::Subtask | ObjectKind::End, index) => Ok(index as WaitableId),
        }
    }

    /// The set that a handle of an instance stands for.
    pub(super) fn set(self, instance: u32, handle: u32) -> Result<SetId, Trap> {
        match self.host().handles(instance)?.object(handle)? {
            (ObjectKind::WaitableSet, index) => Ok(index as SetId),
            _ => Err(self.misuse("handle is not a waitable set")),
        }
    }

    /// Notes that something happened to a waitable, and lets those go on that wait for it.
    pub(super) fn notify(self, id: WaitableId) {
        let state = self.state();
        let Some(waitable) = state.waitables.get_mut(id) else { return };
        let had_event = core::mem::replace(&mut waitable.has_event, true);
        if let Some(waiter) = waitable.waiter {
            self.queue(waiter);
        }
        if let Some(set) = waitable.set.filter(|_| !had_event) {
            self.add_ready(set, id);
        }
    }

    fn add_ready(self, set: SetId, id: WaitableId) {
        if let Some(set) = self.state().sets.get_mut(set) {
            set.ready.push_back(id);
            for index in 0..set.waiters.len() {
                self.queue(set.waiters[index]);
            }
        }
    }

    /// True if a waitable of a set has an event.
    pub(super) fn has_event(self, set: SetId) -> bool {
        self.state().sets.get(set).is_some_and(|set| !set.ready.is_empty())
    }

    /// The event that a waitable of a set got first of all that weren't delivered.
    pub(super) fn take_event(self, set: SetId) -> Result<Event, Trap> {
        let first = self.state().sets.get_mut(set).and_then(|set| set.ready.pop_front());
        self.deliver(first.ok_or(Trap::Other)?)
    }

    /// Tells the guest what has happened to a waitable.
    pub(super) fn deliver(self, id: WaitableId) -> Result<Event, Trap> {
        let waitable = self.waitable(id)?;
        waitable.has_event = false;
        let handle = waitable.handle;
        match &mut waitable.kind {
            Kind::Subtask(subtask) => {
                let (state, is_resolved) = (subtask.state, subtask.state.is_resolved());
                if is_resolved {
                    self.deliver_resolve(id)?;
                }
                Ok(Event { code: EVENT_SUBTASK, first: handle, second: state as u32 })
            }
            Kind::End(_) => self.deliver_copy(id, handle),
        }
    }

    /// Takes an event that a waitable has, also if it is in a set.
    pub(super) fn take_own_event(self, id: WaitableId) -> Result<Event, Trap> {
        if let Some(set) = self.waitable(id)?.set
            && let Some(set) = self.state().sets.get_mut(set)
        {
            set.ready.retain(|of| *of != id);
        }
        self.deliver(id)
    }

    /// Lets the running task wait for an event of a waitable that is in no set.
    pub(super) fn wait_for(self, id: WaitableId) -> Result<(), Trap> {
        if !self.waitable(id)?.has_event {
            self.block(Wait::Waitable(id))?;
        }
        Ok(())
    }

    /// Notes what a task waits for with those who will tell it.
    pub(super) fn start_waiting(self, task: TaskId, wait: Wait) {
        let state = self.state();
        match wait {
            Wait::Event { set, .. } | Wait::CallbackEvent(set) => {
                if let Some(set) = state.sets.get_mut(set) {
                    set.waiters.push_back(task);
                }
            }
            Wait::Waitable(id) | Wait::Result(id) => {
                if let Some(waitable) = state.waitables.get_mut(id) {
                    waitable.waiter = Some(task);
                }
            }
            _ => {}
        }
    }

    /// Ends what [`Engine::start_waiting`] began.
    pub(super) fn stop_waiting(self, task: TaskId, wait: Wait) {
        let state = self.state();
        match wait {
            Wait::Event { set, .. } | Wait::CallbackEvent(set) => {
                if let Some(set) = state.sets.get_mut(set)
                    && let Some(index) = set.waiters.iter().position(|waiter| *waiter == task)
                {
                    set.waiters.remove(index);
                }
            }
            Wait::Waitable(id) | Wait::Result(id) => {
                if let Some(waitable) = state.waitables.get_mut(id) {
                    waitable.waiter = None;
                }
            }
            _ => {}
        }
    }

    /// Takes a waitable out of its set, or puts it into another.
    pub(super) fn join(self, id: WaitableId, set: Option<SetId>) -> Result<(), Trap> {
        let waitable = self.waitable(id)?;
        let before = core::mem::replace(&mut waitable.set, set);
        if let Some(set) = before.and_then(|set| self.state().sets.get_mut(set)) {
            set.members -= 1;
            set.ready.retain(|of| *of != id);
        }
        let Some(to) = set else { return Ok(()) };
        if let Some(set) = self.state().sets.get_mut(to) {
            set.members += 1;
        }
        if waitable.has_event {
            self.add_ready(to, id);
        }
        Ok(())
    }

    /// Ends a waitable whose handle is dropped.
    pub(super) fn remove(self, id: WaitableId) -> Result<(), Trap> {
        self.join(id, None)?;
        let waitable = self.waitable(id)?;
        let (instance, handle) = (waitable.instance, waitable.handle);
        self.host().handles(instance)?.remove_object(handle);
        self.state().waitables.try_remove(id);
        Ok(())
    }

    /// Gives an instance a handle for something else than a resource.
    pub(super) fn add_handle(self, instance: u32, kind: ObjectKind, index: usize) -> Result<u32, Trap> {
        let handle =
            u32::try_from(index).ok().map(|index| self.host().handles(instance).map(|of| of.add_object(kind, index)));
        handle.transpose()?.flatten().ok_or_else(|| self.host().limit_exceeded("handles of a component instance"))
    }

    pub(super) fn set_new(self, instance: u32) -> Result<u64, Trap> {
        let set = self.state().sets.insert(Set::default());
        self.add_handle(instance, ObjectKind::WaitableSet, set).map(u64::from)
    }

    pub(super) fn set_drop(self, instance: u32, handle: u32) -> Result<u64, Trap> {
        let id = self.set(instance, handle)?;
        let set = self.state().sets.get(id).ok_or(Trap::Other)?;
        if set.members != 0 {
            return Err(self.misuse("cannot drop waitable set with waitables in it"));
        }
        if !set.waiters.is_empty() {
            return Err(self.misuse("cannot drop waitable set with waiters"));
        }
        self.host().handles(instance)?.remove_object(handle);
        self.state().sets.try_remove(id);
        Ok(0)
    }

    pub(super) fn waitable_join(self, instance: u32, waitable: u32, set: u32) -> Result<u64, Trap> {
        let id = self.waitable_of(instance, waitable)?;
        if self.waitable(id)?.waiter.is_some() {
            return Err(self.misuse("waitable cannot be joined while another task waits for it"));
        }
        let set = if set == 0 { None } else { Some(self.set(instance, set)?) };
        self.join(id, set).map(|()| 0)
    }

    pub(super) fn set_wait(
        self,
        instance: u32,
        cancellable: bool,
        options: &CallOptions,
        (set, address): (u32, u32),
    ) -> Result<u64, Trap> {
        let set = self.set(instance, set)?;
        let was_cancelled = self.wait_for_set(set, cancellable)?;
        let event = if was_cancelled { CANCELLED } else { self.take_event(set)? };
        self.store_event(options, address, event)
    }

    /// Lets the running task wait for an event of a set: true if it was cancelled.
    fn wait_for_set(self, set: SetId, cancellable: bool) -> Result<bool, Trap> {
        if self.deliver_cancellation(cancellable) {
            return Ok(true);
        }
        if self.has_event(set) && *self.may_block() != 0 {
            return Ok(false);
        }
        self.block(Wait::Event { set, cancellable })
    }

    /// Returns true if the running task listens, and was cancelled before.
    fn deliver_cancellation(self, cancellable: bool) -> bool {
        match self.current() {
            Ok((_, task)) if cancellable && task.phase == Phase::PendingCancel => {
                task.phase = Phase::CancelDelivered;
                true
            }
            _ => false,
        }
    }

    pub(super) fn set_poll(
        self,
        instance: u32,
        cancellable: bool,
        options: &CallOptions,
        (set, address): (u32, u32),
    ) -> Result<u64, Trap> {
        let set = self.set(instance, set)?;
        let event = if self.deliver_cancellation(cancellable) {
            CANCELLED
        } else if self.has_event(set) {
            self.take_event(set)?
        } else {
            NO_EVENT
        };
        self.store_event(options, address, event)
    }

    /// Writes the numbers of an event to the guest's memory; its code.
    fn store_event(self, options: &CallOptions, address: u32, event: Event) -> Result<u64, Trap> {
        // SAFETY: the options are the program's, and the guest doesn't run before the memory is written.
        let memory = unsafe { Memory::of_call(self.slab, options) };
        let address = u64::from(address);
        check_alignment(address, 4)?;
        memory.write(address, &event.first.to_le_bytes())?;
        memory.write(address + 4, &event.second.to_le_bytes())?;
        Ok(u64::from(event.code))
    }
}
