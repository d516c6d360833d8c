//! Instances that were used, and wait to be used again: a reset costs less than a new reservation.

use super::Instance;
use crate::access::SharedHost;
use crate::sharing::Share;
use aot_foundation::message::SystemError;

/// A pool of instances of the program. Each is new when it is taken.
pub struct Pool {
    free: Vec<Instance>,
    /// The most that are kept.
    kept_max: usize,
    share: Option<Share>,
}

impl Pool {
    /// An empty pool that keeps so many instances at most; `share` makes the memories that threads share.
    pub fn new(kept_max: usize, share: Option<Share>) -> Pool {
        Pool { free: Vec::new(), kept_max, share }
    }

    /// An instance at the program's start, with this state.
    pub fn take(&mut self, host: SharedHost) -> Result<Instance, SystemError> {
        let Some(mut instance) = self.free.pop() else {
            let slab = Instance::new_slab(&host.limits, self.share)?;
            return Ok(Instance::new(slab, host));
        };
        instance.reset(host, self.share)?;
        Ok(instance)
    }

    /// Takes an instance back in which no guest runs, whatever its last guest did.
    pub fn give_back(&mut self, instance: Instance) {
        if self.free.len() < self.kept_max {
            self.free.push(instance);
        }
    }
}
