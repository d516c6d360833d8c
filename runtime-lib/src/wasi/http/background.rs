//! The exchanges that go on, and how a wait of the guest drives them all: a server that answers one request may be
//! waiting for another one.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use rustix::event::PollFd;

use super::exchange::{Exchange, What};
pub use super::fault::Fault;

/// Whether something can go on.
pub const EXISTS: bool = true;

/// What a guest waits for.
#[derive(Clone, Copy)]
pub struct Awaited {
    /// The exchange's place.
    pub place: u32,
    /// What of it.
    pub what: What,
}

struct Places {
    exchanges: Vec<Weak<Exchange>>,
    free: Vec<u32>,
}

thread_local! {
    static PLACES: RefCell<Places> = const { RefCell::new(Places { exchanges: Vec::new(), free: Vec::new() }) };
}

/// The most exchanges at once.
const EXCHANGES_MAX: usize = 4096;

/// A place for an exchange to come, where there is one.
pub fn take_place() -> Option<u32> {
    PLACES.with_borrow_mut(|places| {
        if let Some(place) = places.free.pop() {
            return Some(place);
        }
        let place = places.exchanges.len();
        (place < EXCHANGES_MAX).then(|| {
            places.exchanges.push(Weak::new());
            place as u32
        })
    })
}

/// Puts an exchange in its place.
pub fn enter(place: u32, exchange: &Rc<Exchange>) {
    PLACES.with_borrow_mut(|places| {
        if let Some(slot) = places.exchanges.get_mut(place as usize) {
            *slot = Rc::downgrade(exchange);
        }
    });
}

/// Gives back the place of an exchange that ends.
pub fn leave_place(place: u32) {
    PLACES.with_borrow_mut(|places| places.free.push(place));
}

fn all() -> Vec<Rc<Exchange>> {
    PLACES.with_borrow(|places| places.exchanges.iter().filter_map(Weak::upgrade).collect())
}

/// Does what can be done now.
pub fn drive() {
    all().iter().for_each(|exchange| exchange.drive());
}

/// Adds the descriptors on which it depends how it goes on: the moment when it does in any case.
pub fn add_files(files: &mut Vec<PollFd<'static>>) -> Option<u64> {
    all().iter().filter_map(|exchange| exchange.reactor().add_files(files)).min()
}

/// Whether that has happened.
pub fn is_ready(awaited: Awaited) -> bool {
    let exchange = PLACES.with_borrow(|places| places.exchanges.get(awaited.place as usize).and_then(Weak::upgrade));
    exchange.is_none_or(|exchange| exchange.has(awaited.what))
}
