//! The task of an instance of a service: start-up, then calls of the handler, which go on in turns.

use core::task::{Context, Poll};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use aot_abi::exports::FORM_ASYNC_LIFT;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::message::Message;
use aot_foundation::program;
use hyper::body::Incoming;

use super::allowance::Allowance;
use super::reactor::{Alarm, Registration};
use super::response::{Responder, Set};
use super::runner::{self, Runner};
use super::service::{Arrival, Handler, Service};
use super::serving::Serving;
use super::worker::{GoingOn, Settings, Worker};
use crate::access::host_of_slab;
use crate::concurrency::functions::{Around, Exported, Functions, Post, Return, Turn};
use crate::host::Host;
use crate::http::exchange::{Exchange, Receiver};
use crate::http::incoming::{IncomingHead, IncomingRequest};
use crate::poll::{File, Waiter};

/// Lets an instance with room serve a request, or a new one.
pub fn begin(
    worker: &Rc<Worker>,
    number: u64,
    request: (IncomingHead, Incoming),
    responder: Responder,
    going_on: GoingOn,
) {
    let Settings { reuse, concurrent, request_time, processor_time, .. } = worker.settings;
    let service = worker.instances.service().unwrap_or_else(|| {
        let service = Rc::new(Service::new(reuse, concurrent));
        worker.instances.add_service(service.clone());
        worker.executor.spawn(run(worker.clone(), service.clone()));
        service
    });
    service.arrive(number, request, responder, Allowance::new(request_time, processor_time), Box::new(going_on));
}

/// Serves the requests of an instance, which is made first.
async fn run(worker: Rc<Worker>, service: Rc<Service>) {
    let (number, mut allowance) = service.first();
    let Some(mut serving) = worker.instances.take(number) else {
        worker.instances.forget_service(&service);
        return service.refuse();
    };
    // What start-up does is the first request's.
    service.enter(Some(number));
    let outcome = match serving.start_up(&worker, &mut allowance).await {
        Ok(()) => serve(&worker, &service, &mut serving).await,
        Err(trap) => Err(trap),
    };
    worker.instances.forget_service(&service);
    if let Err(trap) = outcome {
        worker.fleet.metrics.traps.fetch_add(1, Ordering::Relaxed);
        let (number, others) = service.fail(trap);
        let instance = &serving.instance;
        // SAFETY: the guest ran on this thread, and nothing else has since.
        unsafe { (worker.functions.report)(number, instance.shared(), trap, instance.slab()) };
        tell_neighbours(others);
    }
    service.drop_arrivals();
    worker.instances.retire(serving);
}

/// Says how many requests a trap has ended besides its own.
fn tell_neighbours(count: usize) {
    if count > 0 {
        let mut message = Message::to_stderr();
        message.text("aot: ").decimal(count as u64).text(" other requests in the same instance end with it\n");
    }
}

/// An instance that serves.
struct Run<'r> {
    worker: &'r Worker,
    service: &'r Service,
    handler: Handler,
    functions: &'static Functions<Host>,
    slab: *mut SlabHeader,
    request: Rc<Cell<u64>>,
}

/// Serves until nothing goes on any more and nothing may come.
async fn serve(worker: &Worker, service: &Service, serving: &mut Serving) -> Result<(), Trap> {
    let slab = serving.instance.slab();
    // SAFETY: the guest doesn't run.
    let host = unsafe { host_of_slab(slab) };
    let functions = host.concurrency_functions.ok_or(Trap::Other)?;
    let handler = worker.functions.service.ok_or(Trap::Other)?;
    host.post = Some(Post { regain: runner::regain, keep: runner::keep_baton });
    host.sources.wait_by(Rc::new(TaskWaiter { slab, functions }));
    let run = Run { worker, service, handler, functions, slab, request: serving.request.clone() };
    let mut wait: Wait = (Vec::new(), None);
    core::future::poll_fn(|cx| {
        wait = (Vec::new(), None);
        // SAFETY: the instance's guest doesn't run; the runner's thread is this one.
        unsafe { serving.instance.attach(worker.current().record) };
        service.set_busy(true);
        let step = run.step(cx);
        service.set_busy(false);
        match step {
            Ok(Some(next)) => {
                wait = next;
                Poll::Pending
            }
            Ok(None) => Poll::Ready(Ok(())),
            Err(trap) => Poll::Ready(Err(trap)),
        }
    })
    .await
}

/// The things that wake the task of an instance, besides requests that come.
type Wait = (Vec<Registration>, Option<Alarm>);

impl Run<'_> {
    /// Does what can be done now: what to wait for then, unless the instance has served its last request.
    fn step(&self, cx: &Context<'_>) -> Result<Option<Wait>, Trap> {
        let Run { worker, service, functions, slab, .. } = *self;
        service.driven_by(cx.waker());
        // SAFETY: the guest doesn't run.
        if let Some(task) = unsafe { host_of_slab(slab) }.http()?.task() {
            task.set(cx.waker());
        }
        let late = service.answer_late();
        let is_spare = service.is_idle() && worker.instances.has_too_many_services();
        if is_spare || service.is_over() {
            service.close();
            return Ok(None);
        }
        let watch = Watch { run: self, runner: worker.current() };
        while let Some(arrival) = service.next_arrival() {
            let number = Some(arrival.number);
            watch.enter(number);
            let begun = self.begin(arrival);
            watch.leave(number);
            begun?;
        }
        // SAFETY: the slab is attached to this thread, has started up, and nothing borrows its host state.
        let turn = unsafe { (functions.turn)(slab, &watch) }?;
        // What a turn ends may be the last.
        if service.is_over() {
            return Ok(None);
        }
        let Turn::Waits(files, until) = turn else {
            cx.waker().wake_by_ref();
            return Ok(Some((Vec::new(), None)));
        };
        let registrations = worker.reactor.wake_once(files.into_iter(), cx.waker());
        let moment = until.into_iter().chain(late).min();
        Ok(Some((registrations, moment.map(|moment| worker.reactor.wake_at(moment, cx.waker())))))
    }

    /// Begins to call the handler.
    fn begin(&self, arrival: Arrival) -> Result<(), Trap> {
        let Arrival { number, request: (head, body), responder, place } = arrival;
        let settings = &self.worker.settings;
        self.request.set(number);
        // SAFETY: the guest doesn't run.
        let host = unsafe { host_of_slab(self.slab) };
        let http = host.http()?;
        http.allow_further_requests(settings.outgoing_max);
        let exchange = Exchange::new(http).ok_or(Trap::LimitExceeded)?;
        exchange.input().begin_request(body, settings.stall_time, settings.body_bytes_max);
        host.begin_call();
        let function = program::exports().functions.first().ok_or(Trap::Other)?;
        let request = IncomingRequest::new(head, Receiver(exchange));
        let params = (self.handler.parameters)(host, function.options.component_instance, request)?;
        let is_flat = function.form & FORM_ASYNC_LIFT != 0;
        let (take, kept) = (self.handler.response, place.clone());
        let on_return: Return = Box::new(move |slab, results| {
            // SAFETY: the guest of the slab has returned them by this function, whose memory nobody else uses meanwhile.
            let response = unsafe { take(slab, &function.options, results, is_flat) }?;
            if let Ok(Set { body: Some(body), .. }) = &response {
                body.0.keep(kept);
            }
            responder.set(response);
            Ok(())
        });
        let exported = Exported { params: 1, ..Exported::of(function) };
        // SAFETY: as in `step`; the parameters are the function's.
        unsafe { (self.functions.begin_call)(self.slab, &exported, params, on_return, place) }
    }
}

/// The time that guest code takes, as the thread's watchers see it.
struct Watch<'w> {
    run: &'w Run<'w>,
    runner: &'static Runner,
}

impl Around for Watch<'_> {
    fn may_be_called(&self) -> bool {
        self.run.service.may_be_called()
    }

    fn enter(&self, request: Option<u64>) {
        let Run { worker, service, .. } = self.run;
        service.forget_ended();
        worker.enter_guest(&service.enter(request));
    }

    fn leave(&self, request: Option<u64>) {
        let Run { worker, service, .. } = self.run;
        let mut allowance = service.enter(request);
        self.runner.leave_guest(worker.post, &mut allowance);
        // Another thread may have driven the worker meanwhile.
        worker.set_current(self.runner);
        service.leave(request, allowance);
    }
}

/// The way in which tasks wait for the system in the middle of guest code: others go on meanwhile.
struct TaskWaiter {
    slab: *mut SlabHeader,
    functions: &'static Functions<Host>,
}

impl Waiter for TaskWaiter {
    fn wait(&self, files: &[File], until: Option<u64>) -> Result<(), Trap> {
        // SAFETY: the guest of the slab waits in a host function, whose access to the state doesn't borrow it.
        unsafe { (self.functions.sleep)(self.slab, files, until) }
    }
}
