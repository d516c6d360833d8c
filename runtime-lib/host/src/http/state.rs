//! State of HTTP in a program: its settings, and the exchanges that go on.
//!
//! A wait of the guest drives all exchanges: a server that answers one request may be waiting for another one.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use super::exchange::{Exchange, What};
use super::fault::Fault;
use super::settings::Settings;
use crate::poll::{Awaited, File, Interest, Source, Sources};
use aot_foundation::allocator;

/// The most exchanges at once.
const EXCHANGES_MAX: usize = 4096;

/// The task of a server that runs a guest, as exchanges know it: another one for each request that the instance serves.
#[derive(Clone, Default)]
pub struct Task(Arc<Mutex<Option<Waker>>>);

impl Task {
    /// Notes the task that is woken from now on.
    pub fn set(&self, waker: &Waker) {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(waker.clone());
    }

    /// Wakes the task.
    pub fn wake(&self) {
        if let Some(waker) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }
}

/// The state of HTTP of one program.
pub struct Http {
    /// The grants and limits of requests.
    pub settings: Rc<Settings>,
    /// The number of this source.
    source: Cell<u32>,
    places: RefCell<Places>,
    /// The guest's task in a server.
    task: Option<Task>,
    /// The requests that the program may still send.
    requests_left: Cell<u64>,
}

#[derive(Default)]
struct Places {
    exchanges: Vec<Weak<Exchange>>,
    free: Vec<u32>,
}

impl Http {
    /// The state without any exchange, registered as a source of the program's waiting.
    pub fn register(settings: Rc<Settings>, sources: &mut Sources, task: Option<Task>) -> Rc<Http> {
        let (source, requests_left) = (Cell::new(0), Cell::new(u64::MAX));
        let http = Http { settings, source, places: RefCell::default(), task, requests_left };
        let http = Rc::new(http);
        http.source.set(sources.add(http.clone()));
        http
    }

    /// The guest's task in a server.
    pub fn task(&self) -> Option<Task> {
        self.task.clone()
    }

    /// Returns true if the host's memory is within its limit, as [`Host::check_memory`](crate::host::Host::check_memory) counts.
    pub fn has_room(&self) -> bool {
        let limit = self.settings.host_memory_bytes_max;
        if self.task.is_some() { allocator::used_bytes() <= limit } else { allocator::has_room(limit) }
    }

    /// Lets the program send so many requests from now on.
    pub fn allow_requests(&self, requests: u64) {
        self.requests_left.set(requests);
    }

    /// Lets the program send so many requests more.
    pub fn allow_further_requests(&self, requests: u64) {
        let left = if self.requests_left.get() == u64::MAX { 0 } else { self.requests_left.get() };
        self.requests_left.set(left.saturating_add(requests));
    }

    /// Counts a request that the program sends.
    ///
    /// # Errors
    /// It may send no more.
    pub fn count_request(&self) -> Result<(), Fault> {
        let left = self.requests_left.get().checked_sub(1).ok_or(Fault::ConnectionLimit)?;
        self.requests_left.set(left);
        Ok(())
    }

    /// A place for an exchange to come, if there is one.
    pub fn take_place(&self) -> Option<u32> {
        let mut places = self.places.borrow_mut();
        if let Some(place) = places.free.pop() {
            return Some(place);
        }
        let place = places.exchanges.len();
        (place < EXCHANGES_MAX).then(|| {
            places.exchanges.push(Weak::new());
            place as u32
        })
    }

    /// Puts an exchange in its place.
    pub fn enter(&self, place: u32, exchange: &Rc<Exchange>) {
        if let Some(slot) = self.places.borrow_mut().exchanges.get_mut(place as usize) {
            *slot = Rc::downgrade(exchange);
        }
    }

    /// Gives back the place of an exchange that ends.
    pub fn leave_place(&self, place: u32) {
        self.places.borrow_mut().free.push(place);
    }

    /// The condition to wait for at a place.
    pub fn interest(&self, place: u32, what: What) -> Interest {
        Interest::Source(Awaited { source: self.source.get(), place, what: what as u32 })
    }

    fn exchanges(&self) -> Vec<Rc<Exchange>> {
        self.places.borrow().exchanges.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Source for Http {
    fn drive(&self) {
        self.exchanges().iter().for_each(|exchange| exchange.drive());
    }

    fn add_files(&self, files: &mut Vec<File>) -> Option<u64> {
        self.exchanges().iter().filter_map(|exchange| exchange.reactor().add_files(files)).min()
    }

    fn is_ready(&self, place: u32, what: u32) -> bool {
        let exchange = self.places.borrow().exchanges.get(place as usize).and_then(Weak::upgrade);
        exchange.is_none_or(|exchange| What::of_number(what).is_none_or(|what| exchange.has(what)))
    }
}
