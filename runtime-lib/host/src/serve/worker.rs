//! A worker: a thread with the connections, requests and instances that it serves.

use core::cell::{Cell, RefCell};
use core::task::{Poll, Waker};
use std::collections::BTreeMap;
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
use super::places::Place;
use super::reactor::{Alarm, Direction, Reactor, Registration};
use super::response::Responder;
use super::runner::{Post, Runner};
use super::service::Handler;
use super::serving::Instances;
use super::static_files::Answerer;
use crate::access::SharedHost;
use crate::clocks;
use crate::host::Host;
use crate::http::incoming::{self, IncomingHead, IncomingRequest};

/// The time until a worker that has no descriptors left tries again, in nanoseconds.
const ACCEPT_PAUSE: u64 = 50_000_000;

/// The limits of a server.
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
    /// The number of requests that an instance of a service serves at once.
    pub concurrent: usize,
    /// The most bytes of the host's memory.
    pub host_memory_max: u64,
    /// The most instances that a worker keeps without a request.
    pub kept_max: usize,
    /// The way in which instances are made new after a request.
    pub undo: Arc<Undo>,
    /// The most requests of the server that wait for an instance.
    pub queue_max: usize,
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

/// Lets an instance of the worker handle the request with this number.
pub type Begin = fn(&Rc<Worker>, u64, (IncomingHead, Incoming), Responder, GoingOn);

/// Tells of the trap that ended the guest of a request, by its number.
///
/// # Safety
///
/// The trap was the last on this thread, in this slab.
pub type Report = unsafe fn(u64, &SharedHost, Trap, *mut SlabHeader);

/// The functions that a server has from elsewhere.
#[derive(Clone, Copy)]
pub struct Functions {
    /// Begins to handle a request.
    pub begin: Begin,
    /// The parameters of a handler that has an instance for itself.
    pub parameters: Option<Parameters>,
    /// The functions of a handler whose instances serve several requests.
    pub service: Option<Handler>,
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
    pub fn place(&self) -> incoming::Place<'_> {
        incoming::Place { address: &self.address, is_secure: self.certificates.is_some() }
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
    /// Connections and requests that go on.
    going_on: Cell<usize>,
    /// True for the worker that answers those who run the server: it ends after all others.
    has_admin: Cell<bool>,
    is_stopping: Cell<bool>,
    /// Tasks that want to know of the stop, by the addresses of what they are woken by.
    stopped: RefCell<BTreeMap<usize, Waker>>,
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
            going_on: Cell::new(0),
            has_admin: Cell::new(false),
            is_stopping: Cell::new(false),
            stopped: RefCell::default(),
            end: RefCell::default(),
        }))
    }

    /// Takes connections of those who run the server at this socket.
    pub fn listen_for_admin(self: &Rc<Worker>, socket: OwnedFd) -> Result<(), Errno> {
        let registration = self.reactor.register(&socket, EventFlags::IN)?;
        let worker = self.clone();
        self.has_admin.set(true);
        self.executor.spawn(async move {
            // To the end: those who ask are to know that the server stops.
            loop {
                let file = accept(&worker, &registration, &socket).await;
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
        self.stopped.take().into_values().for_each(Waker::wake);
    }

    /// Returns true if the server stops, and nothing goes on any more or may go on any longer.
    fn is_over(&self) -> bool {
        let is_late = |(moment, _): &(u64, Alarm)| clocks::monotonic() >= *moment;
        let has_nothing = || self.going_on.get() == 0 && (!self.has_admin.get() || self.fleet.has_one_left());
        self.is_stopping.get() && (has_nothing() || self.end.borrow().as_ref().is_some_and(is_late))
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
            self.stopped.borrow_mut().entry(task.data().addr()).or_insert_with(|| task.clone());
        }
        self.is_stopping.get()
    }

    /// Returns the output of a future; none once the server stops.
    async fn until_stop<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = core::pin::pin!(future);
        core::future::poll_fn(|cx| {
            if self.is_stopping(cx.waker()) { Poll::Ready(None) } else { future.as_mut().poll(cx).map(Some) }
        })
        .await
    }

    /// Takes connections at a socket until the server stops.
    async fn accept(self: Rc<Worker>, registration: Registration, listening: Rc<Listening>) {
        let next = || async {
            let file = accept(&self, &registration, &listening.socket).await;
            // One that comes when there are enough waits with this task, and all others in the system's queue.
            Some((file, self.fleet.connections.turn(usize::MAX)?.await))
        };
        while let Some(Some((file, place))) = self.until_stop(next()).await {
            self.take(file, place, &listening);
        }
    }

    fn take(self: &Rc<Worker>, file: OwnedFd, place: Place<'static>, listening: &Rc<Listening>) {
        let going_on = GoingOn::begin(self, place);
        let (worker, listening) = (self.clone(), listening.clone());
        self.executor.spawn(async move {
            connection::serve(worker, file, listening).await;
            drop(going_on);
        });
    }

    /// Waits until there is room for one more request in flight; none if too many wait already.
    pub async fn admit(self: &Rc<Worker>) -> Option<GoingOn> {
        if self.settings.is_memory_full() {
            return None;
        }
        let place = self.fleet.requests.turn(self.settings.queue_max)?.await;
        Some(GoingOn::begin(self, place))
    }

    /// Begins to handle a request.
    pub fn begin(
        self: &Rc<Worker>,
        number: u64,
        (head, body): (IncomingHead, Incoming),
        responder: Responder,
        going_on: GoingOn,
    ) {
        (self.functions.begin)(self, number, (head, body), responder, going_on);
    }
}

/// Takes the next connection at a socket.
async fn accept(worker: &Worker, registration: &Registration, socket: &OwnedFd) -> OwnedFd {
    loop {
        let next =
            core::future::poll_fn(|cx| match accept_with(socket, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Err(Errno::AGAIN) => registration.wake(Direction::Read, cx),
                result => Poll::Ready(result),
            });
        match next.await {
            Ok(file) => return file,
            // Without descriptors or memory, others have to end first.
            Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                worker.reactor.until(clocks::monotonic() + ACCEPT_PAUSE).await;
            }
            // The client has gone already, or the network has its say.
            Err(_) => {}
        }
    }
}

/// A connection or a request that goes on: a server that stops waits for its end, and its place is taken until then.
pub struct GoingOn {
    worker: Rc<Worker>,
    /// The place among those of the server.
    _place: Place<'static>,
}

impl GoingOn {
    fn begin(worker: &Rc<Worker>, place: Place<'static>) -> GoingOn {
        worker.going_on.set(worker.going_on.get() + 1);
        GoingOn { worker: worker.clone(), _place: place }
    }
}

impl Drop for GoingOn {
    fn drop(&mut self) {
        self.worker.going_on.set(self.worker.going_on.get() - 1);
    }
}
