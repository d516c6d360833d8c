//! The state of component instances that says who may enter them (canonical ABI, "Component Instance State").

use std::collections::VecDeque;

use aot_abi::trap::Trap;

use super::Engine;
use super::task::TaskId;

/// The state of one component instance.
#[derive(Default)]
pub(super) struct Instance {
    /// The number of times that `backpressure.inc` was called without `backpressure.dec`.
    pub backpressure: u32,
    /// The task that has the instance's guest code for itself.
    pub exclusive: Option<TaskId>,
    /// The number of tasks that wait to enter.
    pub waiting: u32,
    /// Tasks that could go on if the instance let them. Those that aren't [`Task::held_by`](super::task::Task) it have gone on
    /// otherwise.
    pub held: VecDeque<TaskId>,
    /// The number of threads of guest code in the instance that run, or wait for one that they called.
    pub entered: u32,
}

/// The states of all component instances that have one.
#[derive(Default)]
pub(super) struct Instances {
    all: Vec<Instance>,
}

impl Instances {
    /// The state of an instance, if it has one.
    pub fn get(&self, instance: u32) -> Option<&Instance> {
        self.all.get(instance as usize)
    }

    /// The state of an instance.
    pub fn of(&mut self, instance: u32) -> &mut Instance {
        let index = instance as usize;
        if self.all.len() <= index {
            self.all.resize_with(index + 1, Instance::default);
        }
        &mut self.all[index]
    }
}

/// The most that `backpressure.inc` counts.
const BACKPRESSURE_MAX: u32 = u16::MAX as u32;

impl Engine {
    /// True if an instance lets no further task in.
    pub(super) fn has_backpressure(self, instance: u32, is_exclusive: bool) -> bool {
        let of = self.state().instances.of(instance);
        of.backpressure > 0 || is_exclusive && of.exclusive.is_some()
    }

    /// Gives an instance's guest code to others.
    pub(super) fn release(self, instance: u32) {
        self.state().instances.of(instance).exclusive = None;
        self.let_go_on(instance);
    }

    /// Lets a task go on that an instance held up, if the instance doesn't hold it up any more.
    pub(super) fn let_go_on(self, instance: u32) {
        let state = self.state();
        let of = state.instances.of(instance);
        if of.backpressure > 0 && of.exclusive.is_some() {
            return;
        }
        while let Some(id) = of.held.pop_front() {
            let task = state.tasks.get_mut(id);
            if task.is_some_and(|task| task.held_by.take_if(|by| *by == instance).is_some()) {
                return self.queue(id);
            }
        }
    }

    /// Notes that a task could go on if its instance let it.
    pub(super) fn hold(self, instance: u32, task: TaskId) {
        let state = self.state();
        if let Some(held) = state.tasks.get_mut(task)
            && held.held_by.replace(instance) != Some(instance)
        {
            state.instances.of(instance).held.push_back(task);
        }
    }

    pub(super) fn backpressure_inc(self, instance: u32) -> Result<u64, Trap> {
        let of = self.state().instances.of(instance);
        if of.backpressure >= BACKPRESSURE_MAX {
            return Err(self.misuse("backpressure counter overflow"));
        }
        of.backpressure += 1;
        Ok(0)
    }

    pub(super) fn backpressure_dec(self, instance: u32) -> Result<u64, Trap> {
        let of = self.state().instances.of(instance);
        if of.backpressure == 0 {
            return Err(self.misuse("backpressure counter overflow"));
        }
        of.backpressure -= 1;
        if of.backpressure == 0 {
            self.let_go_on(instance);
        }
        Ok(0)
    }
}
