//! Services: instances that serve several requests, some of them at once. What comes is in the [`Service`] of an instance, whose task
//! ([`super::service_run`]) begins calls of the handler and lets them go on.

use core::any::Any;
use core::task::Waker;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use aot_abi::host::CallOptions;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::message::Message;
use http::StatusCode;
use hyper::body::Incoming;

use super::allowance::Allowance;
use super::response::{Otherwise, Responder, Set};
use crate::host::Host;
use crate::http::fault::Fault;
use crate::http::incoming::{IncomingHead, IncomingRequest};

/// The functions of a face that pass requests to a handler, and take its responses.
#[derive(Clone, Copy)]
pub struct Handler {
    /// The core parameters of the handler, in a component instance.
    pub parameters: MakeParameters,
    /// The response that the handler has returned.
    pub response: TakeResponse,
}

/// Makes the core parameters of a handler from a request.
pub type MakeParameters = fn(&mut Host, u32, IncomingRequest) -> Result<Vec<[u64; 2]>, Trap>;

/// Takes the response of a handler from its core results, or from the memory to which the first one points.
///
/// # Safety
///
/// The guest of the slab has returned the results by a function with these options, and nothing borrows its host state.
pub type TakeResponse = unsafe fn(*mut SlabHeader, &CallOptions, &[[u64; 2]], bool) -> Result<Result<Set, Fault>, Trap>;

/// The requests of one instance.
pub struct Service {
    /// The number of requests that the instance serves, and that of those at once.
    reuse: u64,
    concurrent: usize,
    /// Requests whose calls haven't begun.
    arrivals: RefCell<VecDeque<Arrival>>,
    /// Requests that haven't ended, in the order in which they came.
    going: RefCell<Vec<Going>>,
    /// Requests that have ended since guest code last began to run: if it trapped, with it.
    ended: RefCell<Vec<Going>>,
    /// The number of requests that have come.
    begun: Cell<u64>,
    /// True once no more may come.
    is_closed: Cell<bool>,
    /// True while tasks have their turn: for others to see only if one computes for so long that another thread drives the worker.
    is_busy: Cell<bool>,
    /// The request whose guest code ran last.
    running: Cell<u64>,
    /// The task of the instance.
    task: RefCell<Option<Waker>>,
}

/// A request that has come.
pub struct Arrival {
    /// The number of the request.
    pub number: u64,
    /// The head of the request, and its body.
    pub request: (IncomingHead, Incoming),
    /// The taker of the response.
    pub responder: Responder,
    /// The place of the request, until its call and its response have ended.
    pub place: Rc<InService>,
}

/// A request that hasn't ended.
struct Going {
    number: u64,
    allowance: Allowance,
    otherwise: Otherwise,
    /// True once its time was up: it has its answer, though its call may go on.
    is_late: bool,
}

/// A place among the requests that an instance serves at once.
pub struct InService {
    service: Rc<Service>,
    number: u64,
    _going_on: Box<dyn Any>,
}

impl Drop for InService {
    fn drop(&mut self) {
        let ended = self.service.going.borrow_mut().extract_if(.., |going| going.number == self.number).next();
        self.service.ended.borrow_mut().extend(ended);
        self.service.wake();
    }
}

impl Service {
    /// An instance to come that serves so many requests, and so many at once.
    pub fn new(reuse: u64, concurrent: usize) -> Service {
        Service {
            reuse,
            concurrent,
            arrivals: RefCell::default(),
            going: RefCell::default(),
            ended: RefCell::default(),
            begun: Cell::new(0),
            is_closed: Cell::new(false),
            is_busy: Cell::new(false),
            running: Cell::new(0),
            task: RefCell::default(),
        }
    }

    /// Adds a request that has come, with what lasts as long as it goes on.
    pub fn arrive(
        self: &Rc<Service>,
        number: u64,
        request: (IncomingHead, Incoming),
        responder: Responder,
        allowance: Allowance,
        going_on: Box<dyn Any>,
    ) {
        let otherwise = responder.otherwise();
        self.going.borrow_mut().push(Going { number, allowance, otherwise, is_late: false });
        self.begun.set(self.begun.get() + 1);
        let place = Rc::new(InService { service: self.clone(), number, _going_on: going_on });
        self.arrivals.borrow_mut().push_back(Arrival { number, request, responder, place });
        self.wake();
    }

    /// Returns true if the instance can take one more request.
    pub fn has_room(&self) -> bool {
        !self.is_busy.get() && self.may_come() && self.going.borrow().len() < self.concurrent
    }

    /// Returns true if requests may come, now or later.
    fn may_come(&self) -> bool {
        !self.is_closed.get() && self.begun.get() < self.reuse
    }

    /// Returns true if a request may come before one of those that go on has ended.
    pub fn may_be_called(&self) -> bool {
        self.may_come() && self.going.borrow().len() < self.concurrent
    }

    /// Returns true once nothing goes on any more and nothing may come.
    pub fn is_over(&self) -> bool {
        !self.may_come() && self.going.borrow().iter().all(|going| going.is_late)
    }

    /// Returns true if nothing goes on.
    pub fn is_idle(&self) -> bool {
        self.going.borrow().is_empty()
    }

    /// Notes whether tasks have their turn.
    pub fn set_busy(&self, is_busy: bool) {
        self.is_busy.set(is_busy);
    }

    /// Lets no more requests come.
    pub fn close(&self) {
        self.is_closed.set(true);
    }

    /// The next request whose call is to begin.
    pub fn next_arrival(&self) -> Option<Arrival> {
        self.arrivals.borrow_mut().pop_front()
    }

    /// The number of the request that came first, and the time that it may take.
    pub fn first(&self) -> (u64, Allowance) {
        let going = self.going.borrow();
        let first = going.first().map(|going| (going.number, going.allowance));
        first.unwrap_or((0, Allowance { deadline: u64::MAX, processor: None }))
    }

    /// Notes the task of the instance.
    pub fn driven_by(&self, task: &Waker) {
        *self.task.borrow_mut() = Some(task.clone());
    }

    fn wake(&self) {
        if let Some(task) = &*self.task.borrow() {
            task.wake_by_ref();
        }
    }

    /// Notes that guest code of a request is about to run: the time that it may take. What isn't known to be of one may take as
    /// long as the last one.
    pub fn enter(&self, request: Option<u64>) -> Allowance {
        let going = self.going.borrow();
        if let Some(number) = request {
            self.running.set(number);
        }
        let own = request.and_then(|number| going.iter().find(|going| going.number == number && !going.is_late));
        let longest = || going.iter().max_by_key(|going| going.allowance.deadline);
        let allowance = own.or_else(longest).map(|going| going.allowance);
        allowance.unwrap_or(Allowance { deadline: u64::MAX, processor: None })
    }

    /// Forgets the requests that ended before guest code that is about to run.
    pub fn forget_ended(&self) {
        let ended = self.ended.take();
        drop(ended);
    }

    /// Notes what is left of the processor's time of a request.
    pub fn leave(&self, request: Option<u64>, allowance: Allowance) {
        let mut going = self.going.borrow_mut();
        if let Some(going) = going.iter_mut().find(|going| Some(going.number) == request) {
            going.allowance.processor = allowance.processor;
        }
    }

    /// Answers the requests whose time is up, after which no more come: the first moment at which there is a further one.
    pub fn answer_late(&self) -> Option<u64> {
        let mut going = self.going.borrow_mut();
        for going in going.iter_mut().filter(|going| !going.is_late && going.allowance.is_used_up()) {
            going.is_late = true;
            going.otherwise.set(StatusCode::GATEWAY_TIMEOUT);
            going.otherwise.end();
            self.close();
            let mut message = Message::to_stderr();
            message
                .text("aot: the time of request ")
                .decimal(going.number)
                .text(" is up; its instance gets no further one\n");
        }
        let next = going.iter().filter(|going| !going.is_late).map(|going| going.allowance.deadline).min();
        next.filter(|moment| *moment != u64::MAX)
    }

    /// Ends all requests after a trap: the number of the one whose guest code ran last, and how many others there were.
    pub fn fail(&self, trap: Trap) -> (u64, usize) {
        self.close();
        let (running, mut others) = (self.running.get(), 0);
        for going in self.going.borrow().iter().chain(self.ended.borrow().iter()).filter(|going| !going.is_late) {
            if going.number != running {
                others += 1;
            } else if trap == Trap::TimeExceeded {
                going.otherwise.set(StatusCode::GATEWAY_TIMEOUT);
            }
            going.otherwise.end();
        }
        (running, others)
    }

    /// Refuses all requests that have come, because there is no room for the instance.
    pub fn refuse(&self) {
        self.close();
        for going in self.going.borrow().iter() {
            going.otherwise.set(StatusCode::SERVICE_UNAVAILABLE);
        }
        self.drop_arrivals();
    }

    /// Forgets the requests whose calls haven't begun.
    pub fn drop_arrivals(&self) {
        let arrivals = self.arrivals.take();
        drop(arrivals);
    }
}
