//! Places of which a server has so many: who comes when none is free waits for a turn, on whatever thread.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Places that are free or taken, such as those of requests in flight.
pub struct Places {
    count: usize,
    state: Mutex<State>,
}

struct State {
    free: usize,
    /// The turns of those who wait, by numbers that rise, in the order in which they came.
    waiting: VecDeque<(u64, Waker)>,
    /// The number of the last who had to wait.
    last: u64,
}

/// A place, which is free again when the value is dropped.
pub struct Place<'p>(&'p Places);

/// The wait for a place. Whoever drops it gives up the turn.
pub struct Turn<'p> {
    places: &'p Places,
    standing: Standing,
}

#[derive(Clone, Copy)]
enum Standing {
    /// The place is there.
    Placed,
    /// The place comes after those of all who came before this number.
    Waiting(u64),
    /// The place was handed over.
    Over,
}

impl Places {
    /// So many places, all of them free.
    pub fn new(count: usize) -> Places {
        Places { count, state: Mutex::new(State { free: count, waiting: VecDeque::new(), last: 0 }) }
    }

    /// A turn for a place, now or after all who came before; none if so many wait already.
    pub fn turn(&self, waiting_max: usize) -> Option<Turn<'_>> {
        let mut state = self.state();
        let standing = if state.free > 0 {
            state.free -= 1;
            Standing::Placed
        } else if state.waiting.len() < waiting_max {
            state.last += 1;
            let number = state.last;
            state.waiting.push_back((number, Waker::noop().clone()));
            Standing::Waiting(number)
        } else {
            return None;
        };
        Some(Turn { places: self, standing })
    }

    /// The number of places that are taken.
    pub fn taken(&self) -> usize {
        self.count - self.state().free
    }

    /// The number of those who wait.
    pub fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    fn give_back(&self) {
        let mut state = self.state();
        match state.waiting.pop_front() {
            // The place goes to who has waited for the longest, without being free in between.
            Some((_, waker)) => {
                drop(state);
                waker.wake();
            }
            None => state.free += 1,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The position of who waits with this number; none once the place is theirs.
    fn position(&self, number: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&number, |(number, _)| *number).ok()
    }
}

impl<'p> Future for Turn<'p> {
    type Output = Place<'p>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Place<'p>> {
        let this = self.get_mut();
        if let Standing::Waiting(number) = this.standing {
            let mut state = this.places.state();
            if let Some(position) = state.position(number)
                && let Some((_, waker)) = state.waiting.get_mut(position)
            {
                waker.clone_from(cx.waker());
                return Poll::Pending;
            }
        }
        this.standing = Standing::Over;
        Poll::Ready(Place(this.places))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let has_place = match self.standing {
            Standing::Placed => true,
            Standing::Waiting(number) => {
                let mut state = self.places.state();
                let position = state.position(number);
                position.is_none_or(|position| state.waiting.remove(position).is_none())
            }
            Standing::Over => false,
        };
        if has_place {
            self.places.give_back();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll<'p>(turn: &mut Turn<'p>) -> Option<Place<'p>> {
        match Pin::new(turn).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(place) => Some(place),
            Poll::Pending => None,
        }
    }

    #[test]
    fn places_go_to_those_who_have_waited_for_the_longest() {
        let places = Places::new(1);
        let place = poll(&mut places.turn(0).unwrap()).unwrap();
        assert!(places.turn(0).is_none());
        let [mut first, mut second, mut third] = [(); 3].map(|()| places.turn(3).unwrap());
        assert!(places.turn(3).is_none() && poll(&mut second).is_none() && poll(&mut first).is_none());
        assert_eq!((places.taken(), places.waiting()), (1, 3));
        drop(place);
        assert!(poll(&mut second).is_none());
        // Who gives up a turn passes the place on, whether it was there or not.
        drop(first);
        let place = poll(&mut second).unwrap();
        assert!(poll(&mut third).is_none());
        drop((second, third, place));
        assert_eq!((places.taken(), places.waiting()), (0, 0));
    }
}
