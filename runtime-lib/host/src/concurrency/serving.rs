//! Tasks of a server's instance: calls begin when requests come, and tasks go on in turns, between which the worker does other things.

use core::any::Any;
use std::rc::Rc;

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use super::Engine;
use super::functions::{Around, Exported, Return, Turn};
use super::task::{TaskId, Wait};
use crate::clocks;
use crate::poll::{File, needs};

/// A wait of a task for the system in the middle of guest code.
pub(super) struct Sleeper {
    task: TaskId,
    files: Vec<File>,
    until: Option<u64>,
}

/// The most nanoseconds of a turn, unless a task computes for longer.
const TURN: u64 = 5_000_000;

/// Begins the call of an exported function for the request that the host's state names: the other parameters are those of
/// [`super::functions::Functions::call_exported`], and what is kept until the task has ended.
///
/// # Safety
///
/// As for `call_exported`.
pub(super) unsafe fn begin_call(
    slab: *mut SlabHeader,
    function: &Exported,
    mut params: Vec<[u64; 2]>,
    on_return: Return,
    kept: Rc<dyn Any>,
) -> Result<(), Trap> {
    // SAFETY: the caller's promise.
    let engine = unsafe { Engine::of_slab(slab) };
    let task = engine.begin_exported(function, &mut || Ok(core::mem::take(&mut params)), on_return, Some(kept));
    engine.explained(task).map(drop)
}

/// Lets tasks and jobs go on. If nothing else can let them go on, and no call will, that is an error.
///
/// # Safety
///
/// As for `call_exported`.
pub(super) unsafe fn turn(slab: *mut SlabHeader, around: &dyn Around) -> Result<Turn, Trap> {
    // SAFETY: the caller's promise.
    let engine = unsafe { Engine::of_slab(slab) };
    let outcome = engine.take_turn(around);
    engine.explained(outcome)
}

/// Lets the task that runs wait for descriptors or a moment.
///
/// # Safety
///
/// Called by a host function of the slab's guest; nothing borrows the host's state.
pub(super) unsafe fn sleep(slab: *mut SlabHeader, files: &[File], until: Option<u64>) -> Result<(), Trap> {
    // SAFETY: the caller's promise.
    let engine = unsafe { Engine::of_slab(slab) };
    let (task, _) = engine.current()?;
    engine.state().sleepers.push(Sleeper { task, files: files.to_vec(), until });
    engine.block_anyway(Wait::System).map(drop)
}

impl Engine {
    fn take_turn(self, around: &dyn Around) -> Result<Turn, Trap> {
        self.wake_sleepers();
        let end = clocks::monotonic().saturating_add(TURN);
        loop {
            around.enter(None);
            let outcome = self.run_jobs();
            around.leave(None);
            outcome?;
            let Some(task) = self.next_ready() else {
                self.look_at_events(false)?;
                if self.has_woken_jobs() {
                    continue;
                }
                return self.needs(around.may_be_called());
            };
            let request = Some(self.task(task)?.saved.request);
            around.enter(request);
            let outcome = self.run(task, false);
            around.leave(request);
            outcome?;
            if clocks::monotonic() >= end {
                return Ok(Turn::Again);
            }
        }
    }

    /// Lets those look again that waited for the system.
    fn wake_sleepers(self) {
        for sleeper in core::mem::take(&mut self.state().sleepers) {
            if let Ok(task) = self.task(sleeper.task) {
                task.wait = Wait::Nothing;
                self.queue(sleeper.task);
            }
        }
    }

    /// The things that let a job or task go on.
    fn needs(self, may_be_called: bool) -> Result<Turn, Trap> {
        let events = self.awaited_events();
        let sleepers = &self.state().sleepers;
        // Without tasks, connections alone take what there is of responses.
        if !self.state().tasks.is_empty() && events.is_empty() && sleepers.is_empty() && !may_be_called {
            return Err(self.misuse("deadlock detected: event loop cannot make further progress"));
        }
        let (mut files, until) = needs(&self.host().sources.clone(), &events);
        files.extend(sleepers.iter().flat_map(|sleeper| sleeper.files.iter().copied()));
        Ok(Turn::Waits(files, sleepers.iter().filter_map(|sleeper| sleeper.until).chain(until).min()))
    }

    /// Takes the worker back, if the guest gave it up because it computed for too long: what the engine does is the worker's.
    pub(super) fn regain(self) {
        if let Some(post) = self.host().post {
            // SAFETY: the slab is a server's, attached to a thread of it, and no host function has access.
            unsafe { (post.regain)(self.slab) };
        }
    }

    /// Keeps the worker that a host function has taken, before the guest is suspended in it.
    pub(super) fn keep(self) {
        if let Some(post) = self.host().post {
            // SAFETY: as above, but that a host function may have access.
            unsafe { (post.keep)(self.slab) };
        }
    }
}
