//! The tasks of a worker, polled by its thread alone; any thread may wake them.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Waker};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

/// The tasks of one worker.
pub struct Executor {
    tasks: RefCell<Tasks>,
    /// The queue of those to be polled, which wakers share.
    pub queue: Arc<Queue>,
}

type Future = Pin<Box<dyn core::future::Future<Output = ()>>>;

#[derive(Default)]
struct Tasks {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

/// A task; without a future while it is being polled, or free.
struct Slot {
    future: Option<Future>,
    waker: Arc<TaskWaker>,
}

/// The tasks that are to be polled.
pub struct Queue {
    tasks: Mutex<VecDeque<u32>>,
    /// True while the worker waits, so that it has to be woken by the descriptor.
    is_waiting: AtomicBool,
    /// True after a call that the worker hasn't noticed.
    is_called: AtomicBool,
    wakes: OwnedFd,
}

struct TaskWaker {
    number: u32,
    is_queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.queue.push(self.number);
        }
    }
}

impl Queue {
    /// The descriptor that is readable once a worker that waits has something to do.
    pub fn wakes(&self) -> &OwnedFd {
        &self.wakes
    }

    /// Calls the worker, which may have no task: it looks at the state of the server before it waits again.
    pub fn call(&self) {
        self.is_called.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Wakes the worker if it waits.
    pub fn wake(&self) {
        if self.is_waiting.swap(false, Ordering::SeqCst) {
            // A counter that is full has woken it.
            let _ = rustix::io::write(&self.wakes, &1u64.to_ne_bytes());
        }
    }

    /// Notes that the worker is about to wait: false if it has something to do.
    pub fn begin_wait(&self) -> bool {
        self.is_waiting.store(true, Ordering::SeqCst);
        let is_idle = self.tasks().is_empty() && !self.is_called.swap(false, Ordering::SeqCst);
        if !is_idle {
            self.end_wait();
        }
        is_idle
    }

    /// Notes that the worker has waited.
    pub fn end_wait(&self) {
        self.is_waiting.store(false, Ordering::Release);
    }

    /// Forgets that the worker was woken.
    pub fn clear(&self) {
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.wakes, &mut count);
    }

    fn push(&self, task: u32) {
        self.tasks().push_back(task);
        self.wake();
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, VecDeque<u32>> {
        // Nothing panics while it is held.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Executor {
    /// An executor without tasks.
    pub fn new() -> Result<Executor, Errno> {
        let wakes = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let queue = Queue {
            tasks: Mutex::default(),
            is_waiting: AtomicBool::new(false),
            is_called: AtomicBool::new(false),
            wakes,
        };
        Ok(Executor { tasks: RefCell::default(), queue: Arc::new(queue) })
    }

    /// Begins a task, which is polled for the first time in the next round.
    pub fn spawn(&self, future: impl core::future::Future<Output = ()> + 'static) {
        let future: Future = Box::pin(future);
        let mut tasks = self.tasks.borrow_mut();
        let waker = match tasks.free.pop() {
            Some(number) => tasks.slots.get_mut(number as usize).map(|slot| {
                slot.future = Some(future);
                slot.waker.clone()
            }),
            None => {
                let number = tasks.slots.len() as u32;
                let is_queued = AtomicBool::new(false);
                let waker = Arc::new(TaskWaker { number, is_queued, queue: self.queue.clone() });
                tasks.slots.push(Slot { future: Some(future), waker: waker.clone() });
                Some(waker)
            }
        };
        drop(tasks);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The number of tasks that are to be polled.
    pub fn woken(&self) -> usize {
        self.queue.tasks().len()
    }

    /// Polls the task that was woken before all others, if there is one.
    pub fn poll_next(&self) {
        let next = self.queue.tasks().pop_front();
        if let Some(number) = next {
            self.poll(number);
        }
    }

    fn poll(&self, number: u32) {
        let taken = self.tasks.borrow_mut().slots.get_mut(number as usize).and_then(|slot| {
            slot.waker.is_queued.store(false, Ordering::Release);
            slot.future.take().map(|future| (future, slot.waker.clone()))
        });
        // A task that has ended may have been woken since.
        let Some((mut future, waker)) = taken else { return };
        let waker = Waker::from(waker);
        let is_ready = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if is_ready {
            // Before its place is free: the end of what it owns may begin other tasks.
            drop(future);
            self.tasks.borrow_mut().free.push(number);
        } else if let Some(slot) = self.tasks.borrow_mut().slots.get_mut(number as usize) {
            slot.future = Some(future);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;
    use std::rc::Rc;

    #[test]
    fn tasks_are_polled_when_they_are_woken() {
        let executor = Executor::new().unwrap();
        let (polls, waker) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None::<Waker>)));
        let (counted, kept) = (polls.clone(), waker.clone());
        executor.spawn(core::future::poll_fn(move |cx| {
            counted.set(counted.get() + 1);
            kept.replace(Some(cx.waker().clone()));
            if counted.get() < 3 { core::task::Poll::Pending } else { core::task::Poll::Ready(()) }
        }));
        assert_eq!(executor.woken(), 1);
        executor.poll_next();
        assert_eq!((polls.get(), executor.woken()), (1, 0));
        executor.poll_next();
        assert_eq!(polls.get(), 1);
        for polled in [2, 3, 3] {
            let waker = waker.borrow().clone().unwrap();
            waker.wake_by_ref();
            waker.wake();
            assert_eq!(executor.woken(), 1);
            executor.poll_next();
            assert_eq!(polls.get(), polled);
        }
        assert!(executor.queue.begin_wait());
        executor.spawn(async {});
        let mut count = [0; 8];
        assert_eq!(rustix::io::read(executor.queue.wakes(), &mut count), Ok(8));
        assert!(!executor.queue.begin_wait());
    }
}
