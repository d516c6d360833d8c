//! Calls of host functions whose type is asynchronous (canonical ABI, "canon lower").

use aot_abi::host::CallOptions;
use aot_abi::trap::Trap;

use super::super::Engine;
use super::super::subtasks::{Subtask, SubtaskState};
use super::super::task::{Wait, WaitableId};
use super::super::waitables::{Kind, Waitable};
use super::jobs::{Job, Next, add_job};
use super::parts::JobId;
use crate::canonical::Lower;
use crate::canonical::call::{Call, FLAT_RESULTS_MAX};
use crate::canonical::handles::{Lent, ObjectKind};
use crate::canonical::lowering::Lowering;
use crate::canonical::memory::check_alignment;
use crate::host::Host;
use crate::poll::Event;

/// The most core parameters of a function that is lowered asynchronously; more are passed in memory.
pub const FLAT_ASYNC_PARAMS_MAX: usize = 4;

/// The number of core parameters for a function with so many flat parameters and results that is lowered asynchronously.
pub const fn async_words(params: usize, results: usize) -> usize {
    let params = if params > FLAT_ASYNC_PARAMS_MAX { 1 } else { params };
    params + (results > 0) as usize
}

/// The result of a host function, or what goes on until there is one.
pub enum Later<T> {
    /// The result.
    Done(T),
    /// There is none yet.
    Waits(Box<dyn Operation<T>>),
}

/// A host function that waits.
pub trait Operation<T> {
    /// Does what can be done now.
    fn step(&mut self, host: &mut Host) -> Result<Progress<T>, Trap>;

    /// The resource that the caller lends until the function has returned.
    fn borrowed(&self) -> Option<Lent> {
        None
    }
}

/// The state of a host function that waits.
pub enum Progress<T> {
    /// The result.
    Done(T),
    /// The event after which it goes on.
    Until(Event),
}

/// The value that a function returns whose callers may go on: its result, or [`Later`].
pub trait Answer<T> {
    /// The result or what it waits for.
    fn later(self) -> Result<Later<T>, Trap>;
}
impl<T> Answer<T> for Result<T, Trap> {
    fn later(self) -> Result<Later<T>, Trap> {
        self.map(Later::Done)
    }
}
impl<T> Answer<T> for Result<Later<T>, Trap> {
    fn later(self) -> Result<Later<T>, Trap> {
        self
    }
}

/// A call of a host function that goes on while its caller does, or waits.
struct HostCall<T> {
    operation: Box<dyn Operation<T>>,
    subtask: WaitableId,
    /// Read-only data of the executable.
    options: *const CallOptions,
    lower: fn(T, &mut Lowering<'_>, u64) -> Result<u64, Trap>,
    pointer: u64,
}

impl<T: Lower> Job for HostCall<T> {
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        let output = match self.operation.step(engine.host())? {
            Progress::Until(event) => return Ok(Next::Until(event)),
            Progress::Done(output) => output,
        };
        // SAFETY: nothing borrows the host's state or the memory; the options are read-only data of the executable.
        let mut cx = unsafe { Lowering::new(engine.slab, &*self.options) };
        let result = (self.lower)(output, &mut cx, self.pointer)?;
        if let Kind::Subtask(subtask) = &mut engine.waitable(self.subtask)?.kind {
            subtask.job = None;
        }
        engine.note_resolved(self.subtask, SubtaskState::Returned, result)?;
        Ok(Next::Done)
    }
}

/// Passes a result as a function that is lowered synchronously does.
fn lower<T: Lower>(output: T, cx: &mut Lowering<'_>, pointer: u64) -> Result<u64, Trap> {
    if T::FLAT <= FLAT_RESULTS_MAX { output.lower(cx) } else { store(output, cx, pointer) }
}

/// Puts a result where the caller wants it.
fn store<T: Lower>(output: T, cx: &mut Lowering<'_>, pointer: u64) -> Result<u64, Trap> {
    let address = u64::from(pointer as u32);
    check_alignment(address, T::ALIGN)?;
    cx.memory().range(address, u64::from(T::SIZE))?;
    output.store(cx, address)?;
    Ok(0)
}

impl Call<'_> {
    /// Ends a call of a function whose caller waits for the result: the core result. The task waits as long as the function does.
    pub fn wait<T: Lower + 'static>(&mut self, answer: impl Answer<T>, pointer: u64) -> Result<u64, Trap> {
        let operation = match self.first_step(answer)? {
            Later::Done(output) => return lower(output, &mut self.lowering(), pointer),
            Later::Waits(operation) => operation,
        };
        let engine = self.engine();
        let subtask = self.go_on(operation, lower, pointer)?;
        engine.block(Wait::Result(subtask))?;
        engine.deliver_resolve(subtask)?;
        match engine.state().waitables.try_remove(subtask).map(|waitable| waitable.kind) {
            Some(Kind::Subtask(subtask)) => Ok(subtask.result),
            _ => Err(Trap::Other),
        }
    }

    /// Ends a call of a function whose caller goes on: the state of the call, and its handle if the function goes on.
    pub fn start<T: Lower + 'static>(&mut self, answer: impl Answer<T>, pointer: u64) -> Result<u64, Trap> {
        let operation = match self.first_step(answer)? {
            Later::Done(output) if T::FLAT == 0 => return lower(output, &mut self.lowering(), 0).map(|_| RETURNED),
            Later::Done(output) => return store(output, &mut self.lowering(), pointer).map(|_| RETURNED),
            Later::Waits(operation) => operation,
        };
        let engine = self.engine();
        let subtask = self.go_on(operation, if T::FLAT == 0 { lower } else { store }, pointer)?;
        let handle = engine.add_handle(self.options.component_instance, ObjectKind::Subtask, subtask)?;
        engine.waitable(subtask)?.handle = handle;
        Ok(SubtaskState::Started as u64 | u64::from(handle) << 4)
    }

    /// The result of a function that has it already, or does without waiting.
    fn first_step<T>(&mut self, answer: impl Answer<T>) -> Result<Later<T>, Trap> {
        match answer.later()? {
            Later::Done(output) => Ok(Later::Done(output)),
            Later::Waits(mut operation) => Ok(match operation.step(self.access())? {
                Progress::Done(output) => Later::Done(output),
                Progress::Until(_) => Later::Waits(operation),
            }),
        }
    }

    /// Lets a function go on beside its caller: the call in the caller's hands.
    fn go_on<T: Lower + 'static>(
        &mut self,
        operation: Box<dyn Operation<T>>,
        lower: fn(T, &mut Lowering<'_>, u64) -> Result<u64, Trap>,
        pointer: u64,
    ) -> Result<WaitableId, Trap> {
        let engine = self.engine();
        let scope = self.access().calls.open()?;
        if let Some(lent) = operation.borrowed() {
            let instance = self.options.component_instance;
            self.access().lend_to(scope, instance, lent)?;
        }
        let waitable = Waitable::new(Kind::Subtask(Subtask::new(scope)), self.options.component_instance);
        let subtask = engine.state().waitables.insert(waitable);
        engine.note_started(subtask);
        let options = core::ptr::from_ref(self.options);
        let job: JobId = add_job(self.access(), Box::new(HostCall { operation, subtask, options, lower, pointer }))?;
        if let Kind::Subtask(subtask) = &mut engine.waitable(subtask)?.kind {
            subtask.job = Some(job);
        }
        Ok(subtask)
    }

    fn engine(&self) -> Engine {
        // SAFETY: the promise of `Call::new`: the slab runs on this thread, and the access to its host state is this call's.
        unsafe { Engine::of_slab(self.slab) }
    }

    fn lowering(&self) -> Lowering<'_> {
        // SAFETY: the promise of `Call::new`; no other borrow of the host's state is alive.
        unsafe { Lowering::new(self.slab, self.options) }
    }
}

/// The state of a call that returned at once.
const RETURNED: u64 = SubtaskState::Returned as u64;
