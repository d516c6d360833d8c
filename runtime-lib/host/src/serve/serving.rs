//! The instances of a worker, each of which serves one request at a time: a new one for each, or the same for several.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;

use aot_abi::trap::Trap;
use aot_foundation::program;
use http::StatusCode;
use hyper::body::Incoming;

use super::allowance::Allowance;
use super::fleet::Fleet;
use super::guest::{GuestCall, GuestWaiter};
use super::response::Responder;
use super::service::Service;
use super::worker::{GoingOn, Settings, Worker};
use crate::access::{SharedHost, host_of_slab};
use crate::host::Host;
use crate::http::exchange::{Exchange, Receiver};
use crate::http::incoming::{IncomingHead, IncomingRequest};
use crate::instance::Instance;
use crate::instance::pool::Pool;

/// The instances of a worker that serve no request now, and what makes others.
pub struct Instances {
    /// The state of which each instance gets a copy.
    template: Host,
    name: &'static [u8],
    pool: RefCell<Pool>,
    /// Instances that have served requests and may serve more.
    started: RefCell<Vec<Serving>>,
    /// Instances that serve several requests at once.
    services: RefCell<Vec<Rc<Service>>>,
    /// The number of requests that an instance serves.
    reuse: u64,
    /// The most instances without a request.
    kept_max: usize,
    fleet: &'static Fleet,
}

/// An instance for requests.
pub struct Serving {
    /// The instance.
    pub instance: Instance,
    waiter: Rc<GuestWaiter>,
    /// The number of the request that the guest's lines belong to.
    pub request: Rc<Cell<u64>>,
    /// The number of requests that it has served.
    served: u64,
}

impl Instances {
    /// Makes instances with copies of this state.
    pub fn new(template: Host, name: &'static [u8], settings: &Settings, fleet: &'static Fleet) -> Instances {
        let pool = RefCell::new(Pool::new(settings.kept_max, None, settings.undo.clone()));
        let Settings { reuse, kept_max, .. } = *settings;
        let (started, services) = Default::default();
        Instances { template, name, pool, started, services, reuse, kept_max, fleet }
    }

    /// An instance for the request with this number; none if the system has no room for one more.
    pub fn take(&self, number: u64) -> Option<Serving> {
        if let Some(serving) = self.started.borrow_mut().pop() {
            serving.request.set(number);
            return Some(serving);
        }
        let request = Rc::new(Cell::new(number));
        let mut host = self.template.again(request.clone());
        let waiter = GuestWaiter::new();
        host.sources.wait_by(waiter.clone());
        let mut pool = self.pool.borrow_mut();
        let is_made = pool.is_empty();
        let instance = pool.take(SharedHost::new(host, self.name)).ok()?;
        self.fleet.metrics.instances.fetch_add(u64::from(is_made), Ordering::Relaxed);
        waiter.wait_in(&instance);
        Some(Serving { instance, waiter, request, served: 0 })
    }

    /// Takes an instance back, to be used again as it is or as a new one.
    fn give_back(&self, mut serving: Serving, outcome: Result<(), Trap>) {
        serving.served += 1;
        let has_room = self.started.borrow().len() + self.pool.borrow().len() < self.kept_max;
        if outcome.is_ok() && serving.served < self.reuse && has_room {
            self.started.borrow_mut().push(serving);
            return;
        }
        self.retire(serving);
    }

    /// Takes an instance back, to be used again as a new one.
    pub fn retire(&self, serving: Serving) {
        let has_room = self.started.borrow().len() + self.pool.borrow().len() < self.kept_max;
        // SAFETY: the guest has ended.
        unsafe { host_of_slab(serving.instance.slab()) }.end();
        if has_room {
            self.fleet.metrics.resets.fetch_add(1, Ordering::Relaxed);
            self.pool.borrow_mut().give_back(serving.instance);
        }
    }

    /// The first instance that can take one more request.
    pub fn service(&self) -> Option<Rc<Service>> {
        self.services.borrow().iter().find(|service| service.has_room()).cloned()
    }

    /// Adds an instance that serves several requests.
    pub fn add_service(&self, service: Rc<Service>) {
        self.services.borrow_mut().push(service);
    }

    /// Forgets an instance that takes no more requests.
    pub fn forget_service(&self, service: &Rc<Service>) {
        self.services.borrow_mut().retain(|present| !Rc::ptr_eq(present, service));
    }

    /// Returns true if there are more of such instances than are kept without a request.
    pub fn has_too_many_services(&self) -> bool {
        self.services.borrow().len() > self.kept_max
    }
}

/// Begins the task of a request that has an instance for itself.
pub fn begin(
    worker: &Rc<Worker>,
    number: u64,
    request: (IncomingHead, Incoming),
    responder: Responder,
    going_on: GoingOn,
) {
    let own = worker.clone();
    worker.executor.spawn(async move {
        handle(&own, number, request, responder).await;
        drop(going_on);
    });
}

/// Lets a guest handle the request with this number.
async fn handle(worker: &Worker, number: u64, request: (IncomingHead, Incoming), responder: Responder) {
    let otherwise = responder.otherwise();
    let Some(mut serving) = worker.instances.take(number) else {
        return otherwise.set(StatusCode::SERVICE_UNAVAILABLE);
    };
    let outcome = serving.run(worker, request, responder).await;
    if let Err(trap) = outcome {
        worker.fleet.metrics.traps.fetch_add(1, Ordering::Relaxed);
        if trap == Trap::TimeExceeded {
            otherwise.set(StatusCode::GATEWAY_TIMEOUT);
        }
        let instance = &serving.instance;
        // SAFETY: the guest ran on this thread, and nothing else has since.
        unsafe { (worker.functions.report)(number, instance.shared(), trap, instance.slab()) };
    }
    otherwise.end();
    worker.instances.give_back(serving, outcome);
}

impl Serving {
    /// Starts the program up, unless it has been, and calls its handler.
    async fn run(
        &mut self,
        worker: &Worker,
        (head, body): (IncomingHead, Incoming),
        responder: Responder,
    ) -> Result<(), Trap> {
        let (program, settings) = (program::program(), &worker.settings);
        let mut allowance = Allowance::new(settings.request_time, settings.processor_time);
        let slab = self.instance.slab();
        // SAFETY: the guest doesn't run.
        let http = unsafe { host_of_slab(slab) }.http()?;
        http.allow_requests(settings.outgoing_max);
        if self.served == 0 {
            self.start_up(worker, &mut allowance).await?;
        } else {
            self.wake_task().await?;
        }
        let exchange = Exchange::new(http).ok_or(Trap::LimitExceeded)?;
        exchange.input().begin_request(body, settings.stall_time, settings.body_bytes_max);
        let request = IncomingRequest::new(head, Receiver(exchange));
        // SAFETY: the guest doesn't run.
        let host = unsafe { host_of_slab(slab) };
        host.begin_call();
        let parameters = worker.functions.parameters.ok_or(Trap::Other)?;
        let values = parameters(host, program.main_instance, request, responder)?;
        // SAFETY: as above; the handler takes two handles.
        unsafe { self.call(worker, &mut allowance).call(program.main_entry, program.main_vmctx, values) }
            .await
            .map(drop)
    }

    /// Lets exchanges wake the task at hand.
    async fn wake_task(&self) -> Result<(), Trap> {
        // SAFETY: the guest doesn't run.
        let http = unsafe { host_of_slab(self.instance.slab()) }.http()?;
        core::future::poll_fn(|cx| {
            if let Some(task) = http.task() {
                task.set(cx.waker());
            }
            core::task::Poll::Ready(Ok(()))
        })
        .await
    }

    /// Starts the program up.
    pub async fn start_up(&mut self, worker: &Worker, allowance: &mut Allowance) -> Result<(), Trap> {
        self.wake_task().await?;
        let program = program::program();
        // SAFETY: the entry and its vmctx are the program's own; start-up takes no values.
        unsafe { self.call(worker, allowance).call(program.start_entry, program.start_vmctx, vec![[0; 2]]) }
            .await
            .map(drop)
    }

    fn call<'s>(&'s mut self, worker: &'s Worker, allowance: &'s mut Allowance) -> GuestCall<'s> {
        GuestCall { instance: &mut self.instance, waiter: &self.waiter, worker, allowance }
    }
}
