//! A worker: a thread with the connections, requests and instances that it serves.

use core::cell::{Cell, RefCell};
use core::sync::atomic::Ordering;
use core::task::{Poll, Waker};
use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::allocator;
use aot_foundation::undo::Undo;
use hyper::body::Incoming;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{SocketFlags, accept_with};

use super::access_log::Form;
use super::admin;
use super::allowance::Allowance;
use super::connection::{self, Greet};
use super::executor::{Executor, Queue};
use super::fleet::Fleet;
use super::reactor::{Alarm, Direction, Reactor, Registration};
use super::response::Responder;
use super::runner::{Post, Runner};
use super::serving::{self, Instances};
use super::static_files::Answerer;
use crate::access::SharedHost;
use crate::clocks;
use crate::host::Host;
use crate::http::incoming::{IncomingHead, IncomingRequest, Place};

/// The time until a worker that has no descriptors left tries again, in nanoseconds.
const ACCEPT_PAUSE: u64 = 50_000_000;

/// The limits of a server, for each worker.
#[derive(Clone)]
pub struct Settings {
    /// The most fields of a request.
    pub fields_max: usize,
    /// The most bytes of a request's fields.
    pub fields_bytes_max: usize,
    /// The most bytes of a request's body.
    pub body_bytes_max: u64,
    /// The time for a request's head, in nanoseconds.
    pub head_time: u64,
    /// The time of a connection without a request, in nanoseconds.
    pub idle_time: u64,
    /// The time for which a client may neither send nor take anything that the guest waits for, in nanoseconds.
    pub stall_time: u64,
    /// The time of a request, in nanoseconds.
    pub request_time: u64,
    /// The processor's time of a request, in nanoseconds; none for as much as it wants.
    pub processor_time: Option<u64>,
    /// The most requests that a guest sends for one that it handles.
    pub outgoing_max: u64,
    /// The number of requests that an instance serves, one after another.
    pub reuse: u64,
    /// The most bytes of the host's memory.
    pub host_memory_max: u64,
    /// The most requests in flight of a worker.
    pub requests_max: usize,
    /// The way in which instances are made new after a request.
    pub undo: Arc<Undo>,
    /// The most requests of a worker that wait for an instance.
    pub queue_max: usize,
    /// The most connections of a worker.
    pub connections_max: usize,
    /// The form of a line for each response; none for no lines.
    pub access_log: Option<Form>,
    /// The time for what is in flight once the server stops, in nanoseconds.
    pub grace: u64,
    /// The one who answers requests instead of the guest, if there is one.
    pub answerer: Option<Arc<dyn Answerer>>,
}

impl Settings {
    /// Returns true if no further request is begun, because what goes on needs the rest of the host's memory.
    pub fn is_memory_full(&self) -> bool {
        allocator::used_bytes() >= self.host_memory_max / 8 * 7
    }

    /// Returns true if even what goes on can't have more of the host's memory.
    pub fn is_memory_used_up(&self) -> bool {
        allocator::used_bytes() >= self.host_memory_max
    }
}

/// A function of a face that gives a guest the parameters of its handler.
pub type Parameters = fn(&mut Host, u32, IncomingRequest, Responder) -> Result<Vec<[u64; 2]>, Trap>;

/// Tells of the trap that ended the guest of a request, by its number.
///
/// # Safety
///
/// The trap was the last on this thread, in this slab.
pub type Report = unsafe fn(u64, &SharedHost, Trap, *mut SlabHeader);

/// The functions that a server has from elsewhere.
#[derive(Clone, Copy)]
pub struct Functions {
    /// The parameters of the handler.
    pub parameters: Parameters,
    /// The report of a trap.
    pub report: Report,
}

/// A socket at which connections are taken.
pub struct Listening {
    /// The listening socket, which never blocks.
    pub socket: Arc<OwnedFd>,
    /// The address in the form of an authority.
    pub address: String,
    /// The certificates, if connections are under TLS.
    pub certificates: Option<Arc<dyn Greet>>,
}

impl Listening {
    /// The place at which requests come.
    pub fn place(&self) -> Place<'_> {
        Place { address: &self.address, is_secure: self.certificates.is_some() }
    }
}

/// One thread of a server.
pub struct Worker {
    /// The tasks of the worker.
    pub executor: Executor,
    /// The descriptors and moments that its tasks wait for.
    pub reactor: Rc<Reactor>,
    /// The limits of the server.
    pub settings: Settings,
    /// The functions that the server has from elsewhere.
    pub functions: Functions,
    /// The instances of the worker.
    pub instances: Instances,
    /// The worker as its threads see it.
    pub post: &'static Post,
    /// The threads and counts of the server.
    pub fleet: &'static Fleet,
    /// The thread that polls a task.
    current: Cell<Option<&'static Runner>>,
    connections: Cell<usize>,
    in_flight: Cell<usize>,
    waiting: RefCell<VecDeque<Waker>>,
    /// Tasks that take connections, once there may be more.
    waiting_for_connections: RefCell<Vec<Waker>>,
    is_stopping: Cell<bool>,
    /// Tasks that want to know of the stop.
    stopped: RefCell<Vec<Waker>>,
    /// The moment at which what still goes on is left.
    end: RefCell<Option<(u64, Alarm)>>,
}

impl Worker {
    /// A worker of a fleet, at this post.
    pub fn new(
        settings: Settings,
        functions: Functions,
        template: Host,
        name: &'static [u8],
        (fleet, post): (&'static Fleet, &'static Post),
    ) -> Result<Rc<Worker>, Errno> {
        let executor = Executor::new()?;
        let reactor = Rc::new(Reactor::new(executor.queue.clone())?);
        let instances = Instances::new(template, name, &settings, fleet);
        Ok(Rc::new(Worker {
            executor,
            reactor,
            settings,
            functions,
            instances,
            post,
            fleet,
            current: Cell::new(None),
            connections: Cell::new(0),
            in_flight: Cell::new(0),
            waiting: RefCell::default(),
            waiting_for_connections: RefCell::default(),
            is_stopping: Cell::new(false),
            stopped: RefCell::default(),
            end: RefCell::default(),
        }))
    }

    /// Takes connections of those who run the server at this socket.
    pub fn listen_for_admin(self: &Rc<Worker>, socket: OwnedFd) -> Result<(), Errno> {
        let registration = self.reactor.register(&socket, EventFlags::IN)?;
        let worker = self.clone();
        self.executor.spawn(async move {
            while let Some(file) = accept(&worker, &registration, &socket).await {
                worker.executor.spawn(admin::serve(worker.clone(), file));
            }
        });
        Ok(())
    }

    /// Takes connections at these sockets, once somebody drives the worker.
    pub fn listen(self: &Rc<Worker>, listening: Vec<Listening>) -> Result<(), Errno> {
        // Each time somebody else wakes the worker, the descriptor changes; nothing is read from it.
        let wakes = self.reactor.register(self.executor.queue.wakes(), EventFlags::IN)?;
        // The worker lasts as long as the process.
        core::mem::forget(wakes);
        for listening in listening {
            let registration = self.reactor.register(&*listening.socket, EventFlags::IN | EventFlags::EXCLUSIVE)?;
            self.executor.spawn(self.clone().accept(registration, Rc::new(listening)));
        }
        Ok(())
    }

    /// Tells `each` what is read from a descriptor that never blocks, piece by piece.
    pub fn read_all(self: &Rc<Worker>, file: OwnedFd, each: impl Fn(&[u8]) + 'static) -> Result<(), Errno> {
        let registration = self.reactor.register(&file, EventFlags::IN)?;
        self.executor.spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let read = core::future::poll_fn(|cx| match rustix::io::read(&file, &mut buffer) {
                    Err(Errno::AGAIN) => registration.wake(Direction::Read, cx),
                    read => Poll::Ready(read),
                });
                match read.await {
                    Ok(0) => return,
                    Ok(bytes) => each(buffer.get(..bytes).unwrap_or_default()),
                    Err(Errno::INTR) => {}
                    Err(_) => return,
                }
            }
        });
        Ok(())
    }

    /// Does what there is to do, on this thread, which has the baton: true if the worker has ended, false if another
    /// thread drives it by now.
    pub fn drive(&self, runner: &'static Runner) -> bool {
        let queue = &self.executor.queue;
        loop {
            for _ in 0..self.executor.woken() {
                self.current.set(Some(runner));
                self.executor.poll_next();
                if !self.post.claim(runner) {
                    return false;
                }
            }
            self.check_stop();
            self.post.baton.pass();
            if self.executor.woken() != 0 {
                self.reactor.wait(Some(0));
            } else if self.is_over() {
                return true;
            } else {
                self.wait(queue);
            }
            self.reactor.tell();
        }
    }

    /// Waits until there is something to do.
    fn wait(&self, queue: &Queue) {
        let timeout = self.reactor.timeout();
        if queue.begin_wait() {
            self.post.baton.release();
            self.reactor.wait(timeout);
            self.post.baton.take();
            queue.end_wait();
        }
    }

    /// Begins to stop, once that was asked for.
    fn check_stop(&self) {
        if !self.fleet.is_stopping() || self.is_stopping.replace(true) {
            return;
        }
        let moment = clocks::monotonic().saturating_add(self.settings.grace);
        self.end.replace(Some((moment, self.reactor.wake_at(moment, Waker::noop()))));
        self.stopped.take().into_iter().for_each(Waker::wake);
    }

    /// Returns true if the server stops, and nothing goes on any more or may go on any longer.
    fn is_over(&self) -> bool {
        let is_late = |(moment, _): &(u64, Alarm)| clocks::monotonic() >= *moment;
        self.is_stopping.get() && (self.connections.get() == 0 || self.end.borrow().as_ref().is_some_and(is_late))
    }

    /// The thread that polls the task at hand.
    ///
    /// # Panics
    /// No task is being polled.
    pub fn current(&self) -> &'static Runner {
        self.current.get().expect("a thread polls the task")
    }

    /// Notes the thread that goes on with its task.
    pub fn set_current(&self, runner: &'static Runner) {
        self.current.set(Some(runner));
    }

    /// Notes that a guest is about to run on the thread at hand, for so long at most.
    pub fn enter_guest(&self, allowance: &Allowance) {
        self.fleet.enter_guest(self.current(), allowance);
    }

    /// Returns true once the server stops; the task is woken when it does.
    pub fn is_stopping(&self, task: &Waker) -> bool {
        if !self.is_stopping.get() {
            let mut stopped = self.stopped.borrow_mut();
            if !stopped.iter().any(|present| present.will_wake(task)) {
                stopped.push(task.clone());
            }
        }
        self.is_stopping.get()
    }

    /// Takes connections at a socket until the server stops.
    async fn accept(self: Rc<Worker>, registration: Registration, listening: Rc<Listening>) {
        loop {
            core::future::poll_fn(|cx| {
                if self.connections.get() < self.settings.connections_max || self.is_stopping(cx.waker()) {
                    return Poll::Ready(());
                }
                // Who comes waits in the system's queue; the end of another connection wakes this task.
                self.waiting_for_connections.borrow_mut().push(cx.waker().clone());
                Poll::Pending
            })
            .await;
            let Some(file) = accept(&self, &registration, &listening.socket).await else { return };
            self.take(file, &listening);
        }
    }

    fn take(self: &Rc<Worker>, file: OwnedFd, listening: &Rc<Listening>) {
        self.connections.set(self.connections.get() + 1);
        self.fleet.metrics.connections.fetch_add(1, Ordering::Relaxed);
        let (worker, listening) = (self.clone(), listening.clone());
        self.executor.spawn(async move {
            connection::serve(worker.clone(), file, listening).await;
            worker.connections.set(worker.connections.get() - 1);
            worker.fleet.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            worker.waiting_for_connections.take().into_iter().for_each(Waker::wake);
        });
    }

    /// Waits until there is room for one more request in flight; none if too many wait already.
    pub async fn admit(self: &Rc<Worker>) -> Option<Admitted> {
        if self.settings.is_memory_full() {
            return None;
        }
        if self.in_flight.get() >= self.settings.requests_max {
            if self.waiting.borrow().len() >= self.settings.queue_max {
                return None;
            }
            // Whoever doesn't take its turn any more passes it on.
            let _turn = Turn::new(self);
            core::future::poll_fn(|cx| {
                if self.in_flight.get() < self.settings.requests_max {
                    return Poll::Ready(());
                }
                self.waiting.borrow_mut().push_back(cx.waker().clone());
                Poll::Pending
            })
            .await;
        }
        self.in_flight.set(self.in_flight.get() + 1);
        self.fleet.metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Some(Admitted(self.clone()))
    }

    /// Wakes the request that has waited for the longest.
    fn wake_next(&self) {
        if let Some(next) = self.waiting.borrow_mut().pop_front() {
            next.wake();
        }
    }

    /// Begins the task of a request.
    pub fn begin(
        self: &Rc<Worker>,
        number: u64,
        (head, body): (IncomingHead, Incoming),
        responder: Responder,
        admitted: Admitted,
    ) {
        let worker = self.clone();
        self.executor.spawn(async move {
            serving::handle(&worker, number, (head, body), responder).await;
            drop(admitted);
        });
    }
}

/// Takes the next connection at a socket, until the server stops.
async fn accept(worker: &Worker, registration: &Registration, socket: &OwnedFd) -> Option<OwnedFd> {
    loop {
        let next = core::future::poll_fn(|cx| {
            if worker.is_stopping(cx.waker()) {
                return Poll::Ready(None);
            }
            match accept_with(socket, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Err(Errno::AGAIN) => registration.wake(Direction::Read, cx),
                result => Poll::Ready(Some(result)),
            }
        });
        match next.await? {
            Ok(file) => return Some(file),
            // Without descriptors or memory, others have to end first.
            Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                worker.reactor.until(clocks::monotonic() + ACCEPT_PAUSE).await;
            }
            // The client has gone already, or the network has its say.
            Err(_) => {}
        }
    }
}

/// A request in flight.
pub struct Admitted(Rc<Worker>);

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
        self.0.fleet.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.0.wake_next();
    }
}

/// A request that waits for its turn.
struct Turn<'w>(&'w Worker);

impl Turn<'_> {
    fn new(worker: &Worker) -> Turn<'_> {
        worker.fleet.metrics.queued.fetch_add(1, Ordering::Relaxed);
        Turn(worker)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fleet.metrics.queued.fetch_sub(1, Ordering::Relaxed);
        // The request itself begins only after this.
        if self.0.in_flight.get() + 1 < self.0.settings.requests_max {
            self.0.wake_next();
        }
    }
}
