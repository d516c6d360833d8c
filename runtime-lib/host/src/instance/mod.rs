//! An instance: one running program as one value. Nothing of it is in a static or belongs to a thread, so that there can
//! be several in a process, on one thread or many.

pub mod bound;
pub mod pool;
pub mod threads;

use std::sync::Arc;

use aot_abi::limits::Limit;
use aot_abi::slab::SlabHeader;

use super::access::{SharedHost, host_of_slab};
use crate::limits::Limits;
use crate::sharing::{self, Share};
use aot_foundation::coroutine::Coroutine;
use aot_foundation::entry;
use aot_foundation::message::SystemError;
use aot_foundation::own_stack::OwnStack;
use aot_foundation::records::{ThreadRecord, state};
use aot_foundation::slab::{self, Slab};
use aot_foundation::stack::HOST_BYTES;

/// A running program: its slab and stacks, and the host's state, with handles and limits.
///
/// Of a program with threads, each has an instance of its own, with a slab of its own; memories and the host's state are
/// the same for all of them.
pub struct Instance {
    // Dropped before the slab, which the tasks refer to.
    tasks: Tasks,
    // Dropped before the state that its header refers to.
    slab: Slab,
    /// Stacks of calls that have ended, besides the slab's.
    stacks: Vec<OwnStack>,
    /// True while a call has the slab's stack.
    has_call: bool,
    host: Arc<SharedHost>,
}

/// Ends the tasks of an instance with it; nothing of a thread's instance, whose state is that of the whole program.
struct Tasks(Option<Arc<SharedHost>>);

impl Drop for Tasks {
    fn drop(&mut self) {
        if let Some(host) = &self.0 {
            // SAFETY: who ends an instance has none of its guests running.
            unsafe { host.end_tasks() };
        }
    }
}

impl Instance {
    /// The program at its start, in a new slab with this state.
    pub fn new(slab: Slab, host: SharedHost) -> Instance {
        let host = Arc::new(host);
        Instance { tasks: Tasks(Some(host.clone())), ..Instance::of(slab, host) }
    }

    /// A slab for an instance with these limits, and the memories that `share` makes if threads share some.
    pub fn new_slab(limits: &Limits, share: Option<Share>) -> Result<Slab, SystemError> {
        Slab::create(sharing::family(share)?, limits.get(Limit::Stack), limits.of_guest())
    }

    /// The instance in which a new thread of a slab's program runs.
    ///
    /// # Safety
    ///
    /// The slab is that of an instance, which lives at the time of the call.
    pub unsafe fn of_thread(slab: *mut SlabHeader) -> Result<Instance, SystemError> {
        // SAFETY: the caller's promise.
        let (host, family, stack) =
            unsafe { (SharedHost::share(slab), slab::share_family(slab), (*state(slab)).stack) };
        let slab = Slab::create(family, stack.high - stack.low - HOST_BYTES, host.limits.of_guest())?;
        Ok(Instance::of(slab, host))
    }

    fn of(slab: Slab, host: Arc<SharedHost>) -> Instance {
        let instance = Instance { tasks: Tasks(None), slab, stacks: Vec::new(), has_call: false, host };
        instance.connect();
        instance
    }

    /// Notes in the slab's header where the state is.
    fn connect(&self) {
        // SAFETY: the header is open memory, and no guest runs in a new slab. The state lives as long as the slab.
        unsafe {
            (*self.slab.header()).host = Arc::as_ptr(&self.host).expose_provenance() as u64;
            if let Some(functions) = host_of_slab(self.slab.header()).concurrency_functions {
                (functions.begin)(self.slab.header());
            }
        }
    }

    /// Lets the guest run on this thread, from its next outermost entry on.
    ///
    /// # Safety
    ///
    /// No guest runs in the slab; the thread's record lives until the guest has returned or was attached elsewhere.
    pub unsafe fn attach(&self, thread: *mut ThreadRecord) {
        // SAFETY: the caller's promise.
        unsafe { entry::attach(&self.slab, thread) };
    }

    /// A call on a stack that it has for itself, which hasn't begun: the parameters are those of [`entry::call_guest`]. The
    /// first has the slab's stack, where nothing else runs then.
    ///
    /// # Safety
    ///
    /// As for [`entry::call_guest`] whenever the call is resumed. The instance outlives it, and isn't reset before its end.
    pub unsafe fn call_on_stack(
        &mut self,
        entry: u32,
        vmctx: u64,
        values: Vec<[u64; 2]>,
    ) -> Result<Coroutine, SystemError> {
        let stack = if !core::mem::replace(&mut self.has_call, true) {
            Err(self.slab.stack())
        } else if let Some(stack) = self.stacks.pop() {
            Ok(stack)
        } else {
            Ok(OwnStack::create(self.host.limits.get(Limit::Stack))?)
        };
        // SAFETY: the caller's promise.
        Ok(unsafe { Coroutine::new(self.slab.header(), stack, entry, vmctx, values) })
    }

    /// Takes back the stack of a call that has ended.
    pub fn keep_stack(&mut self, stack: Option<OwnStack>) {
        match stack {
            Some(stack) => self.stacks.push(stack),
            None => self.has_call = false,
        }
    }

    /// The slab of the instance.
    pub fn slab(&self) -> *mut SlabHeader {
        self.slab.header()
    }

    /// Room for the signal stack of one thread, beside the slab.
    pub fn signal_stack(&self) -> *mut u8 {
        self.slab.signal_stack()
    }

    /// Ends the instance of a thread: what is left is the state that all threads share.
    pub fn end(self) -> Arc<SharedHost> {
        self.host
    }

    /// The state that all threads of the program share.
    pub fn shared(&self) -> &SharedHost {
        &self.host
    }

    /// Makes this the instance in which debuggers look for the guest's memory.
    pub fn tell_debuggers(&self) {
        self.slab.tell_debuggers();
    }
}
