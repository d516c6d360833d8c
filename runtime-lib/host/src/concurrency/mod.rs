//! Asynchronous components: tasks, waitables, streams and futures (component model, "Concurrency Explainer"; canonical ABI).
//!
//! A **task** is a call of a component function that is asynchronous on one side at least, or that comes from outside. It runs on
//! a stack of its own, and has one only while it runs or waits in the middle of guest code; between two calls of its callback it has
//! none. A builtin that starts a task runs it on top of its caller until the task waits for the first time. From then on
//! [`Engine::drive`] resumes it, at the bottom of all stacks, when what it waits for has happened.
//!
//! Who can go on is decided when it is resumed: an event queues the tasks that may wait for it, and one that still
//! has to wait is left where it is. So events are delivered in the order in which they happened.

mod builtins;
mod calls;
mod channel;
mod copy;
mod ends;
mod exported;
pub mod functions;
pub mod host;
mod instances;
mod run;
#[cfg(feature = "http")]
mod serving;
mod subtasks;
mod task;
mod waitables;

pub use exported::FUNCTIONS;

use core::any::Any;
use std::collections::VecDeque;
use std::rc::Rc;

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use slab::Slab;

use crate::access::host_of_slab;
use crate::component::Types;
use crate::host::Host;
use aot_foundation::instance_flags::flags_of_instance;
use aot_foundation::own_stack::OwnStack;
use aot_foundation::program;

use calls::Prepared;
use channel::Channel;
use host::{Errands, Jobs};
use instances::Instances;
use task::{Saved, Task, TaskId};
use waitables::{Set, Waitable};

/// The tasks of one slab, and all that they wait for.
#[derive(Default)]
pub struct Concurrency {
    tasks: Slab<Task>,
    waitables: Slab<Waitable>,
    sets: Slab<Set>,
    channels: Slab<Channel>,
    instances: Instances,
    /// Tasks that may be able to go on, each once.
    ready: VecDeque<TaskId>,
    /// The task that runs; none at start-up and between tasks.
    current: Option<TaskId>,
    /// The part of the thread outside of tasks, while one runs.
    outside: Saved,
    /// Calls of other instances in start-up that are synchronous on both sides.
    nested_outside: Vec<task::Nested>,
    /// A call whose parameters are known and whose callee isn't.
    prepared: Option<Prepared>,
    /// Stacks of calls that have ended.
    stacks: Vec<OwnStack>,
    /// The jobs of the host beside the tasks.
    jobs: Jobs,
    /// The jobs of objects that were dropped.
    errands: Errands,
    /// The tasks that wait for the system.
    #[cfg(feature = "http")]
    sleepers: Vec<serving::Sleeper>,
    /// The types of what passes through streams, once something does.
    types: Option<Rc<Types>>,
}

/// The number of the stacks that are kept for later calls.
const STACKS_KEPT_MAX: usize = 16;

/// The tasks of a slab, as the functions of this module reach them.
///
/// Neither of the two states is borrowed while guest code runs.
#[derive(Clone, Copy)]
pub struct Engine {
    slab: *mut SlabHeader,
}

impl Engine {
    /// The tasks of a slab.
    ///
    /// # Safety
    ///
    /// The slab is attached to this thread and has its host state, which nothing borrows but what is reached through the engine.
    unsafe fn of_slab(slab: *mut SlabHeader) -> Engine {
        Engine { slab }
    }

    /// The state of the host, until guest code runs again.
    fn host<'a>(self) -> &'a mut Host {
        // SAFETY: the promise of `of_slab`; each borrow ends before guest code runs.
        unsafe { host_of_slab(self.slab) }
    }

    /// The tasks, until guest code runs again.
    fn state<'a>(self) -> &'a mut Concurrency {
        let state = state_in(self.host());
        let state: *mut Concurrency = core::ptr::from_mut(state).cast();
        // SAFETY: nothing else puts a box there, and what is in it is apart from the host's state; otherwise as above.
        unsafe { &mut *state }
    }

    /// The trap of a use that the component model forbids, with these words.
    fn misuse(self, words: &'static str) -> Trap {
        self.host().misuse(words)
    }

    /// The word that says if the guest code that runs may wait.
    fn may_block<'a>(self) -> &'a mut u32 {
        let behind_all = program::program().component_instances.saturating_sub(1);
        // SAFETY: a program with asynchronous components has the word behind the flags of its instances.
        unsafe { &mut *flags_of_instance(self.slab, behind_all) }
    }

    /// Makes a task the one that runs, or none; what ran before.
    fn switch(self, to: Option<TaskId>) -> Option<TaskId> {
        let state = self.state();
        let from = core::mem::replace(&mut state.current, to);
        let next = match to.map(|task| state.tasks.get_mut(task)) {
            None => core::mem::take(&mut state.outside),
            Some(Some(task)) => core::mem::take(&mut task.saved),
            Some(None) => Saved::default(),
        };
        let before = self.exchange(next);
        match from.map(|task| state.tasks.get_mut(task)) {
            None => state.outside = before,
            Some(Some(task)) => task.saved = before,
            Some(None) => {}
        }
        from
    }

    /// Exchanges what belongs to the thread that runs.
    fn exchange(self, next: Saved) -> Saved {
        Saved {
            context: self.replace_context(next.context),
            may_block: core::mem::replace(self.may_block(), next.may_block),
            calls: self.host().calls.exchange(next.calls),
            request: self.host().replace_request_number(next.request),
        }
    }

    /// Replaces the slots of `context.get` and `context.set`: what they were.
    fn replace_context(self, next: [u64; 2]) -> [u64; 2] {
        // SAFETY: the header is open memory, and compiled code uses it only while it runs.
        core::mem::replace(unsafe { &mut (*self.slab).context }, next)
    }

    /// Forgets all tasks: a trap has ended the program, or a part of it.
    fn abandon(self) {
        let state = self.state();
        if state.current.is_some() {
            self.switch(None);
        }
        let tasks = core::mem::take(&mut state.tasks);
        state.ready.clear();
        state.jobs = Jobs::default();
        #[cfg(feature = "http")]
        state.sleepers.clear();
        state.prepared = None;
        state.instances = Instances::default();
        // Coroutines look into the list of the slab's contexts when they end.
        drop(tasks);
    }
}

/// The tasks of the program with this state of the host.
fn state_of(host: &mut Host) -> Result<&mut Concurrency, Trap> {
    host.concurrency.as_mut().and_then(|state| state.downcast_mut()).ok_or(Trap::Other)
}

/// The tasks of the program with this state of the host, which has none before something asks for them.
fn state_in(host: &mut Host) -> &mut dyn Any {
    &mut **host.concurrency.get_or_insert_with(|| Box::new(Concurrency::default()))
}

/// The tasks of the program with this state of the host, for a function that may be the first to have to do with them.
fn tasks_of(host: &mut Host) -> Result<&mut Concurrency, Trap> {
    state_in(host).downcast_mut().ok_or(Trap::Other)
}
