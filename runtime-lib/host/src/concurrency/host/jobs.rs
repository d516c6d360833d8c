//! Jobs: what the host does beside the guest's tasks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use aot_abi::trap::Trap;
use slab::Slab;

use super::super::{Engine, tasks_of};
use super::parts::JobId;
use crate::clocks;
use crate::host::Host;
use crate::poll::{Event, poll};

/// Something that the host does beside the guest's tasks.
pub trait Job {
    /// Does what can be done now: what it waits for then. It is asked again when that has happened, and may be asked before.
    fn step(&mut self, engine: Engine) -> Result<Next, Trap>;
}

/// The thing that a job waits for.
pub enum Next {
    /// Nothing: it has ended.
    Done,
    /// An event of the system.
    Until(Event),
    /// The guest at the other end of the job's stream.
    Guest,
}

/// The jobs of one slab.
#[derive(Default)]
pub struct Jobs {
    all: Slab<Entry>,
    /// Jobs that may be able to go on, each once.
    woken: VecDeque<JobId>,
    /// The moments that jobs wait for.
    moments: BTreeSet<(u64, JobId)>,
    /// The other events that jobs wait for.
    events: BTreeMap<JobId, Event>,
    /// The number of tasks that ran since the last look at events.
    tasks: u32,
}

struct Entry {
    /// The job; none while it runs.
    job: Option<Box<dyn Job>>,
    is_woken: bool,
    /// The moment that it waits for.
    moment: Option<u64>,
}

/// The most tasks that run before a look at events.
const TASKS_MAX: u32 = 64;

impl Jobs {
    pub(super) fn add(&mut self, job: Box<dyn Job>) -> JobId {
        let id = self.all.insert(Entry { job: Some(job), is_woken: false, moment: None });
        self.wake(id);
        id
    }

    /// Lets a job go on soon.
    pub fn wake(&mut self, id: JobId) {
        if let Some(entry) = self.all.get_mut(id)
            && !entry.is_woken
        {
            entry.is_woken = true;
            self.woken.push_back(id);
        }
    }

    /// Forgets a job, which doesn't run.
    pub fn remove(&mut self, id: JobId) {
        self.stop_waiting(id);
        self.all.try_remove(id);
    }

    /// Takes a job that is to run; none if it runs already, or is gone.
    fn take(&mut self, id: JobId) -> Option<Box<dyn Job>> {
        self.stop_waiting(id);
        let entry = self.all.get_mut(id)?;
        entry.is_woken = false;
        entry.job.take()
    }

    fn put_back(&mut self, id: JobId, job: Box<dyn Job>, next: Next) {
        let Some(entry) = self.all.get_mut(id) else { return };
        match next {
            Next::Done => return self.remove(id),
            Next::Guest => {}
            Next::Until(Event::Moment(moment)) => {
                entry.moment = Some(moment);
                self.moments.insert((moment, id));
            }
            Next::Until(event) => _ = self.events.insert(id, event),
        }
        entry.job = Some(job);
    }

    fn stop_waiting(&mut self, id: JobId) {
        self.events.remove(&id);
        if let Some(moment) = self.all.get_mut(id).and_then(|entry| entry.moment.take()) {
            self.moments.remove(&(moment, id));
        }
    }

    /// The events to look at, and whose they are; the last may be the first moment, which is nobody's.
    fn awaited(&self) -> (Vec<JobId>, Vec<Event>) {
        let first = self.moments.first().map(|(moment, _)| Event::Moment(*moment));
        (self.events.keys().copied().collect(), self.events.values().copied().chain(first).collect())
    }

    /// Wakes the jobs whose moment has come.
    fn wake_due(&mut self) {
        let now = clocks::monotonic();
        while let Some((moment, id)) = self.moments.first().copied()
            && moment <= now
        {
            self.stop_waiting(id);
            self.wake(id);
        }
    }
}

/// Begins a job.
pub fn add_job(host: &mut Host, job: Box<dyn Job>) -> Result<JobId, Trap> {
    Ok(tasks_of(host)?.jobs.add(job))
}

impl Engine {
    /// The host's state, until guest code runs again.
    pub fn host_state<'a>(self) -> &'a mut Host {
        self.host()
    }

    /// Lets a job go on, unless it runs.
    pub(in super::super) fn run_job(self, id: JobId) -> Result<(), Trap> {
        let Some(mut job) = self.state().jobs.take(id) else { return Ok(()) };
        self.host().begin_call();
        let next = job.step(self)?;
        #[cfg(feature = "http")]
        self.regain();
        self.state().jobs.put_back(id, job, next);
        Ok(())
    }

    /// Lets all jobs go on that can: each time before a task runs.
    pub(in super::super) fn run_jobs(self) -> Result<(), Trap> {
        let jobs = &mut self.state().jobs;
        jobs.tasks += 1;
        if jobs.tasks >= TASKS_MAX {
            self.look_at_events(false)?;
        }
        loop {
            self.begin_errands();
            let Some(id) = self.state().jobs.woken.pop_front() else { return Ok(()) };
            self.run_job(id)?;
        }
    }

    /// True if a job can go on.
    #[cfg(feature = "http")]
    pub(in super::super) fn has_woken_jobs(self) -> bool {
        !self.state().jobs.woken.is_empty()
    }

    /// The events that jobs wait for.
    #[cfg(feature = "http")]
    pub(in super::super) fn awaited_events(self) -> Vec<Event> {
        self.state().jobs.awaited().1
    }

    /// Wakes the jobs whose events have happened, and with `block` waits for one: false if no job waits for any.
    pub(in super::super) fn look_at_events(self, block: bool) -> Result<bool, Trap> {
        let jobs = &mut self.state().jobs;
        jobs.tasks = 0;
        let (ids, events) = jobs.awaited();
        if events.is_empty() {
            return Ok(false);
        }
        let sources = self.host().sources.clone();
        let mut happened = Vec::new();
        poll(&sources, &events, block, &mut |index| happened.push(index))?;
        let jobs = &mut self.state().jobs;
        for index in happened {
            match ids.get(index) {
                Some(id) => jobs.wake(*id),
                None => jobs.wake_due(),
            }
        }
        Ok(true)
    }
}

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
