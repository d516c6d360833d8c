//! Instances that were used, and wait to be used again: a reset costs less than a new reservation.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use aot_abi::limits::Limit;

use super::{Instance, Tasks};
use crate::access::SharedHost;
use crate::limits::Limits;
use crate::sharing::{self, Share};
use aot_foundation::message::SystemError;
use aot_foundation::own_stack::OwnStack;
use aot_foundation::slab::Slab;
use aot_foundation::undo::{Method, Undo};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// A pool of instances of the program. Each is new when it is taken: what its last guest did is undone when it is given
/// back, so that nothing of it lies around, and that nobody waits for it.
pub struct Pool {
    free: Vec<Unused>,
    /// The most that are kept.
    kept_max: usize,
    share: Option<Share>,
    undo: Arc<Undo>,
}

/// An instance at the program's start, which lacks a state.
struct Unused {
    slab: Slab,
    stacks: Vec<OwnStack>,
}

/// The way in which the pools of this process undo what guests did: the first that the kernel has, from `best` on. It holds
/// a descriptor, and has to be chosen before the kernel's sandbox is entered.
pub fn undo(best: Method) -> Undo {
    Undo::new(best, open_pagemap().ok(), rustix::param::page_size())
}

fn open_pagemap() -> rustix::io::Result<OwnedFd> {
    let open = || rustix::fs::open(c"/proc/self/pagemap", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    match open() {
        // The kernel calls the files of a process whose memory is hidden root's. Nobody can attach to this one now who
        // couldn't when it began.
        Err(Errno::ACCESS) => {
            set_dumpable_behavior(DumpableBehavior::Dumpable)?;
            let file = open();
            set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
            file
        }
        result => result,
    }
}

impl Pool {
    /// An empty pool that keeps so many instances at most; `share` makes the memories that threads share.
    pub fn new(kept_max: usize, share: Option<Share>, undo: Arc<Undo>) -> Pool {
        Pool { free: Vec::new(), kept_max, share, undo }
    }

    /// The number of instances that wait.
    pub fn len(&self) -> usize {
        self.free.len()
    }

    /// Returns true if the next instance has to be made.
    pub fn is_empty(&self) -> bool {
        self.free.is_empty()
    }

    /// An instance at the program's start, with this state.
    pub fn take(&mut self, host: SharedHost) -> Result<Instance, SystemError> {
        let Unused { slab, stacks } = match self.free.pop() {
            Some(unused) => unused,
            None => Unused { slab: self.new_slab(&host.limits)?, stacks: Vec::new() },
        };
        let host = Arc::new(host);
        let instance = Instance { tasks: Tasks(Some(host.clone())), slab, stacks, has_call: false, host };
        instance.connect();
        Ok(instance)
    }

    fn new_slab(&self, limits: &Limits) -> Result<Slab, SystemError> {
        Slab::create_to_reset(sharing::family(self.share)?, limits.get(Limit::Stack), limits.of_guest())
    }

    /// Takes an instance back in which no guest and no thread runs, whatever its last guest did. The pool gives up one that
    /// can't be made new.
    pub fn give_back(&mut self, instance: Instance) {
        if self.free.len() < self.kept_max
            && let Ok(unused) = self.reset(instance)
        {
            self.free.push(unused);
        }
    }

    fn reset(&self, instance: Instance) -> Result<Unused, SystemError> {
        let Instance { tasks, mut slab, mut stacks, host, .. } = instance;
        drop(tasks);
        if self.undo.reset(&mut slab, sharing::family(self.share)?)? {
            stacks.iter_mut().for_each(OwnStack::forget);
        }
        // Not before the reset: the header refers to it.
        drop(host);
        Ok(Unused { slab, stacks })
    }
}
