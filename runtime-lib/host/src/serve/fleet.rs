//! The threads of a server, and who watches them.
//!
//! There is a thread for each worker. One whose guest computes for too long gives up its worker, and another goes on with
//! it: connections and tasks don't wait for one request. The first thread is left with its guest alone, and comes back when
//! that returns.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::rc::Rc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use aot_foundation::thread::{self, SignalStack};
use rustix::event::Timespec;
use rustix::thread::futex;

use super::allowance::Allowance;
use super::executor::Queue;
use super::metrics::{Metrics, Now};
use super::places::Places;
use super::runner::{Post, Runner};
use super::worker::Worker;
use crate::clocks;
use std::sync::Arc;

/// The time between two looks at the threads, in nanoseconds.
const TICK: u64 = 5_000_000;
/// The ticks without a guest after which nobody looks any more.
const QUIET_TICKS: u32 = 200;
/// The most threads besides those of the workers.
const FURTHER_MAX: usize = 256;
/// The stack of a thread's own part; guests and host functions run on those of the instances.
const STACK_BYTES: usize = 512 << 10;

/// A server's threads and workers. It lives as long as the process.
pub struct Fleet {
    posts: Vec<Post>,
    state: Mutex<State>,
    changed: Condvar,
    /// The number of looks at the threads so far, from 1.
    tick: AtomicU64,
    /// 1 while nobody looks, because nothing runs.
    is_quiet: AtomicU32,
    /// The number of times that the server was asked to stop.
    stops: AtomicU32,
    /// The number of the last request.
    last_request: AtomicU64,
    /// The counts of what the server does.
    pub metrics: Metrics,
    /// The places of requests in flight.
    pub requests: Places,
    /// The places of connections.
    pub connections: Places,
}

#[derive(Default)]
struct State {
    workers: Vec<Held>,
    queues: Vec<Arc<Queue>>,
    runners: Vec<&'static Runner>,
    /// Threads that wait for a worker.
    idle: usize,
    threads: usize,
    /// Workers that have ended.
    ended: usize,
}

/// A worker that any thread may drive, one at a time.
struct Held(Rc<Worker>);
// SAFETY: whoever has the baton of its post uses it, and the count of references too.
unsafe impl Send for Held {}

impl Fleet {
    /// Posts for so many workers, and places for so many requests and connections of all of them.
    pub fn new(workers: usize, requests_max: usize, connections_max: usize) -> &'static Fleet {
        Box::leak(Box::new(Fleet {
            posts: (0..workers).map(|_| Post::new()).collect(),
            state: Mutex::default(),
            changed: Condvar::new(),
            tick: AtomicU64::new(1),
            is_quiet: AtomicU32::new(0),
            stops: AtomicU32::new(0),
            last_request: AtomicU64::new(0),
            metrics: Metrics::new(),
            requests: Places::new(requests_max),
            connections: Places::new(connections_max),
        }))
    }

    /// The counts in the form for collectors.
    pub fn metrics_text(&self) -> String {
        self.metrics.text(Now {
            connections: self.connections.taken(),
            in_flight: self.requests.taken(),
            queued: self.requests.waiting(),
        })
    }

    /// The posts of the workers.
    pub fn posts(&'static self) -> &'static [Post] {
        &self.posts
    }

    /// Adds the worker of the next post.
    pub fn add(&self, worker: Rc<Worker>) {
        let mut state = self.state();
        state.queues.push(worker.executor.queue.clone());
        state.workers.push(Held(worker));
    }

    /// Serves with this thread, which has this record, and as many others as there are workers, until all have ended.
    ///
    /// # Safety
    ///
    /// The thread has the record, and runs no guest.
    pub unsafe fn run(&'static self, record: *mut aot_foundation::records::ThreadRecord) {
        // SAFETY: the caller's promise.
        let runner = unsafe { Runner::new(record) };
        // One thread more watches; it isn't among those that are counted.
        let _ = Builder::new().stack_size(STACK_BYTES).spawn(|| thread::run_aligned(|| self.watch()));
        for _ in 1..self.posts.len() {
            self.begin_thread();
        }
        self.state().threads += 1;
        self.drive_all(runner);
    }

    /// Asks all workers to stop: how often that was asked before.
    pub fn stop(&self) -> u32 {
        let before = self.stops.fetch_add(1, Ordering::AcqRel);
        self.state().queues.iter().for_each(|queue| queue.call());
        before
    }

    /// Returns true if at most one worker hasn't ended.
    pub fn has_one_left(&self) -> bool {
        self.state().ended + 1 >= self.posts.len()
    }

    /// Notes that a worker has ended, which one that ends after all others waits for.
    fn note_end(&self) {
        let mut state = self.state();
        state.ended += 1;
        state.queues.iter().for_each(|queue| queue.call());
        self.changed.notify_all();
    }

    /// Returns true once the server was asked to stop.
    pub fn is_stopping(&self) -> bool {
        self.stops.load(Ordering::Acquire) != 0
    }

    /// The number of a new request.
    pub fn next_request(&self) -> u64 {
        self.last_request.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Notes that a guest is about to run on a thread, for so long at most.
    pub fn enter_guest(&self, runner: &Runner, allowance: &Allowance) {
        runner.enter_guest(self.tick.load(Ordering::Relaxed), allowance);
        if self.is_quiet.load(Ordering::SeqCst) != 0 && self.is_quiet.swap(0, Ordering::AcqRel) != 0 {
            let _ = futex::wake(&self.is_quiet, futex::Flags::PRIVATE, 1);
        }
    }

    fn begin_thread(&'static self) -> bool {
        let begun = Builder::new().stack_size(STACK_BYTES).spawn(|| thread::run_aligned(|| self.drive_on_new_thread()));
        self.state().threads += usize::from(begun.is_ok());
        begun.is_ok()
    }

    fn drive_on_new_thread(&'static self) {
        // Without a signal stack, the others do the work.
        let Ok(stack) = SignalStack::create() else { return };
        // SAFETY: the stack is this thread's.
        self.drive_all(unsafe { Runner::new(stack.record()) });
    }

    /// Drives one worker after another that nobody drives, until all have ended.
    fn drive_all(&'static self, runner: &'static Runner) {
        self.state().runners.push(runner);
        while let Some((post, worker)) = self.next_worker(runner) {
            runner.begin(post);
            // SAFETY: this thread has the baton; the worker lives as long as the fleet.
            let has_ended = unsafe { (*worker).drive(runner) };
            runner.end(post);
            if has_ended {
                self.note_end();
            }
        }
        runner.retire();
    }

    fn next_worker(&'static self, runner: &Runner) -> Option<(&'static Post, *const Worker)> {
        let mut state = self.state();
        loop {
            let mut vacant = self.posts.iter().zip(&state.workers).filter(|(post, _)| post.is_vacant());
            if let Some((post, held)) = vacant.find(|(post, _)| post.claim(runner)) {
                return Some((post, Rc::as_ptr(&held.0)));
            }
            if state.ended == self.posts.len() {
                return None;
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the threads, again and again.
    fn watch(&'static self) {
        let mut quiet = 0;
        loop {
            let timeout = Timespec { tv_sec: 0, tv_nsec: TICK as i64 };
            // Nobody changes the value meanwhile: it is a pause.
            let _ = futex::wait(&self.is_quiet, futex::Flags::PRIVATE, 0, Some(&timeout));
            let tick = self.tick.fetch_add(1, Ordering::Relaxed) + 1;
            quiet = if self.look(tick) { 0 } else { quiet + 1 };
            if quiet > QUIET_TICKS {
                self.be_quiet();
                quiet = 0;
            }
        }
    }

    /// Interrupts guests that run for too long, and lets other threads go on with what they kept: whether a guest runs.
    fn look(&'static self, tick: u64) -> bool {
        let state = self.state();
        let now = clocks::monotonic();
        let mut runs = false;
        for runner in &state.runners {
            runs |= runner.look(tick, now);
        }
        let is_vacant = self.posts.iter().any(Post::is_vacant);
        let (is_idle, further) = (state.idle > 0, state.threads.saturating_sub(self.posts.len()));
        drop(state);
        if is_vacant && is_idle {
            self.changed.notify_one();
        } else if is_vacant && further < FURTHER_MAX {
            self.begin_thread();
        }
        runs
    }

    /// Waits until a guest runs.
    fn be_quiet(&self) {
        self.is_quiet.store(1, Ordering::SeqCst);
        if self.state().runners.iter().any(|runner| runner.has_guest()) {
            self.is_quiet.store(0, Ordering::SeqCst);
            return;
        }
        while self.is_quiet.load(Ordering::Acquire) != 0 {
            let _ = futex::wait(&self.is_quiet, futex::Flags::PRIVATE, 1, None);
        }
    }
}
