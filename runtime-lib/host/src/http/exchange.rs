//! A request and its response: the tasks that bring them on, and what the guest has of them.
//!
//! The library is driven without threads: all tasks of an exchange are polled whenever the guest looks at it or waits
//! for anything, until none of them woke another. What they wait for then is in the [`Reactor`].

use core::any::Any;
use std::cell::{Cell, RefCell, RefMut};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use hyper::Response;
use hyper::body::Incoming;

use super::fault::Fault;
use super::input::Input;
use super::output::Output;
use super::reactor::Reactor;
use super::state::{Http, Task as GuestTask};
use crate::poll::Interest;

/// An event of an exchange that a guest can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The response's head.
    Response,
    /// The response's contents.
    Contents,
    /// The end of the response's body: its trailers, or an error.
    End,
    /// Room for the request's body.
    Output,
    /// The end of the request's body is on its way, or nobody takes it any more.
    Sent,
}

impl What {
    /// The one with this number.
    pub fn of_number(number: u32) -> Option<What> {
        [What::Response, What::Contents, What::End, What::Output, What::Sent].get(number as usize).copied()
    }
}

/// A request and its response.
pub struct Exchange {
    place: u32,
    /// The state that the exchange shares with its tasks.
    pub shared: Rc<Shared>,
    tasks: RefCell<Vec<Task>>,
    input: RefCell<Input>,
    /// The thing that lasts as long as the exchange.
    kept: RefCell<Option<Rc<dyn Any>>>,
    woken: Arc<Woken>,
}

/// The state that the tasks of an exchange share.
pub struct Shared {
    /// The program's state of HTTP.
    pub http: Rc<Http>,
    /// The conditions that the tasks wait for.
    pub reactor: Reactor,
    /// The request's body.
    pub output: Rc<RefCell<Output>>,
    /// The response's head, or why there is none.
    pub response: RefCell<Option<Result<Response<Incoming>, Fault>>>,
    /// Tasks that are to begin.
    spawned: RefCell<Vec<Task>>,
    /// True while the guest is in the call that sends the request.
    is_beginning: Cell<bool>,
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A flag that is true if a task has to be polled again.
struct Woken {
    flag: AtomicBool,
    /// True while the tasks are polled, by whoever would be woken.
    is_driven: AtomicBool,
    /// The guest's task in a server, which drives the exchange when it is polled.
    guest: Option<GuestTask>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.flag.store(true, Ordering::Relaxed);
        if let Some(guest) = &self.guest
            && !self.is_driven.load(Ordering::Relaxed)
        {
            guest.wake();
        }
    }
}

/// The most times that tasks are polled in one go: work that takes longer lets others go on.
const ROUNDS_MAX: usize = 64;

impl Shared {
    /// Begins a task.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.spawned.borrow_mut().push(Box::pin(task));
    }

    /// Waits until the length of the request's body is known, or the guest has gone on without ending the body.
    pub async fn body_begun(&self) {
        core::future::poll_fn(|_| {
            if !self.is_beginning.get() || !self.output.borrow().is_undecided() {
                return Poll::Ready(());
            }
            self.reactor.wait_until(0);
            Poll::Pending
        })
        .await;
    }
}

impl Exchange {
    /// An exchange that has not begun; none if there are too many.
    pub fn new(http: Rc<Http>) -> Option<Rc<Exchange>> {
        let place = http.take_place()?;
        let guest = http.task();
        let exchange = Rc::new(Exchange {
            place,
            shared: Rc::new(Shared {
                http: http.clone(),
                reactor: Reactor::new(),
                output: Rc::new(RefCell::new(Output::new(guest.clone()))),
                response: RefCell::new(None),
                spawned: RefCell::new(Vec::new()),
                is_beginning: Cell::new(false),
            }),
            tasks: RefCell::new(Vec::new()),
            input: RefCell::new(Input::new()),
            kept: RefCell::new(None),
            woken: Arc::new(Woken { flag: AtomicBool::new(false), is_driven: AtomicBool::new(false), guest }),
        });
        http.enter(place, &exchange);
        Some(exchange)
    }

    /// The conditions that the exchange's tasks wait for.
    pub fn reactor(&self) -> &Reactor {
        &self.shared.reactor
    }

    /// The request's body.
    pub fn output(&self) -> RefMut<'_, Output> {
        self.shared.output.borrow_mut()
    }

    /// The response's body.
    pub fn input(&self) -> RefMut<'_, Input> {
        self.input.borrow_mut()
    }

    /// Keeps something until the exchange is gone.
    pub fn keep(&self, kept: Rc<dyn Any>) {
        self.kept.replace(Some(kept));
    }

    /// The condition to wait for before an event of the exchange.
    pub fn interest(&self, what: What) -> Interest {
        self.shared.http.interest(self.place, what)
    }

    /// Returns true if an event of the exchange has happened.
    pub fn has(&self, what: What) -> bool {
        match what {
            What::Response => self.shared.response.borrow().is_some(),
            What::Contents => self.input().has_contents(),
            What::End => self.input().has_end(),
            What::Output => self.output().is_ready(),
            What::Sent => self.output().sent().is_some(),
        }
    }

    /// Begins with the task of the request. Of a body whose length isn't known yet nothing is sent before the guest goes on:
    /// it may end the body at once.
    pub fn begin(&self, task: impl Future<Output = ()> + 'static) {
        self.shared.spawn(task);
        self.shared.is_beginning.set(true);
        self.drive();
        self.shared.is_beginning.set(false);
    }

    /// Does what can be done now. Where the host's memory is used up the exchange ends: one after another could fill its
    /// buffers before a call of the guest is over.
    pub fn drive(&self) {
        if self.woken.is_driven.load(Ordering::Relaxed) {
            return;
        }
        if !self.shared.http.has_room() {
            let fault = Fault::Internal("the host's memory is used up");
            self.shared.response.borrow_mut().get_or_insert(Err(fault.clone()));
            return self.end(fault);
        }
        self.woken.is_driven.store(true, Ordering::Relaxed);
        let waker = Waker::from(self.woken.clone());
        let mut cx = Context::from_waker(&waker);
        let mut tasks = self.tasks.take();
        let mut is_late = false;
        for round in 0.. {
            self.woken.flag.store(false, Ordering::Relaxed);
            self.shared.reactor.clear();
            tasks.append(&mut self.shared.spawned.borrow_mut());
            tasks.retain_mut(|task| task.as_mut().poll(&mut cx).is_pending());
            is_late |= self.input().fetch(&mut cx, &self.shared.reactor, self.shared.http.settings.fields_bytes_max);
            if !self.woken.flag.load(Ordering::Relaxed) && self.shared.spawned.borrow().is_empty() {
                break;
            }
            if round == ROUNDS_MAX {
                // There is more to do at once.
                self.shared.reactor.wait_until(0);
                break;
            }
        }
        self.tasks.replace(tasks);
        self.woken.is_driven.store(false, Ordering::Relaxed);
        if is_late {
            self.end(Fault::ReadTimeout);
        }
    }

    /// Ends all tasks, and with them the connection.
    pub fn end(&self, fault: Fault) {
        self.tasks.take();
        self.shared.spawned.take();
        self.shared.reactor.clear();
        self.output().close();
        self.input().leave(fault);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // A task that had not begun would keep what it shares, and itself.
        self.shared.spawned.take();
        self.shared.http.leave_place(self.place);
    }
}

/// Whoever has a claim to what is still to come of the response: with it the exchange ends.
pub struct Receiver(pub Rc<Exchange>);

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.end(Fault::Internal("the response was dropped"));
    }
}
