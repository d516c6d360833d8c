//! Jobs of objects whose end is no call: what an end of a stream in a dropped resource needs is done a little later.

use std::cell::RefCell;
use std::rc::Rc;

use super::super::{Engine, tasks_of};
use super::jobs::Job;
use crate::host::Host;
use aot_abi::trap::Trap;

/// Jobs that begin before the next task runs.
#[derive(Clone, Default)]
pub struct Errands(Rc<RefCell<Vec<Box<dyn Job>>>>);

impl Errands {
    /// The errands of a program.
    pub fn of(host: &mut Host) -> Result<Errands, Trap> {
        Ok(tasks_of(host)?.errands.clone())
    }

    /// Lets a job begin soon.
    pub fn add(&self, job: impl Job + 'static) {
        self.0.borrow_mut().push(Box::new(job));
    }
}

impl Engine {
    /// Begins the jobs of objects that were dropped.
    pub(super) fn begin_errands(self) {
        let errands = self.state().errands.0.take();
        for job in errands {
            self.state().jobs.add(job);
        }
    }
}
