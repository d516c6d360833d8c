//! The turn of an instance: which thread has it, and whether another thread ends the call.
//!
//! ```text
//! FREE ⇄ thread ⇄ thread | OUTSIDE          a call, and a function of the host program that it calls
//!          │               └▶ thread | OUTSIDE | STOPPING      interrupted there: the function returns first
//!          └▶ thread | BEGINNING ▶ thread | STOPPING           interrupted in the guest: a timer signals the thread
//! ```

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::alarm::{Alarm, Cause, first_thread};

const FREE: u64 = 0;
/// The number of no thread, for an instance that ends.
const NOBODY: u32 = u32::MAX;
/// A function of the host program runs, and no signal may come.
const OUTSIDE: u64 = 1 << 32;
/// Another thread starts the timer.
const BEGINNING: u64 = 1 << 33;
/// The call has to end.
const STOPPING: u64 = 1 << 34;

/// The turn of one instance.
pub struct Turn {
    /// The number of the thread that has it, with flags above.
    state: AtomicU64,
    /// The timer that ends the call; the number after its own, 0 for none.
    timer: AtomicU32,
}

impl Turn {
    /// The turn of a new instance, which a thread has.
    pub fn of(thread: u32) -> Turn {
        Turn { state: AtomicU64::new(u64::from(thread)), timer: AtomicU32::new(0) }
    }

    /// Takes a free instance for a thread: false if another call has it.
    #[inline(always)]
    pub fn take(&self, thread: u32) -> bool {
        self.exchange(FREE, u64::from(thread))
    }

    /// Returns true if no call has the instance.
    pub fn is_free(&self) -> bool {
        self.state.load(Ordering::Acquire) == FREE
    }

    /// Returns true if a call on this thread has the instance.
    pub fn is_of(&self, thread: u32) -> bool {
        self.state.load(Ordering::Acquire) as u32 == thread
    }

    /// Takes a free instance for ever: false if a call has it.
    pub fn end(&self) -> bool {
        self.take(NOBODY)
    }

    /// Lets others have the instance.
    #[inline(always)]
    pub fn release(&self, thread: u32) {
        if !self.exchange(u64::from(thread), FREE) {
            self.end_timer();
            self.state.store(FREE, Ordering::Release);
        }
    }

    /// Goes to a function of the host program: false if the call has to end.
    pub fn leave_guest(&self, thread: u32) -> bool {
        let inside = u64::from(thread);
        if self.exchange(inside, inside | OUTSIDE) {
            return true;
        }
        let stopping = self.end_timer();
        self.state.store(inside | OUTSIDE | stopping, Ordering::Release);
        stopping == 0
    }

    /// Returns from a function of the host program: false if the call has to end.
    pub fn enter_guest(&self, thread: u32) -> bool {
        let inside = u64::from(thread);
        if self.exchange(inside | OUTSIDE, inside) {
            return true;
        }
        self.state.store(inside | STOPPING, Ordering::Release);
        false
    }

    /// Ends the call that has the instance, from another thread: false if there is none, or the system has no more timers.
    pub fn interrupt(&self) -> bool {
        loop {
            let state = self.state.load(Ordering::Acquire);
            if state == FREE || state as u32 == NOBODY {
                return false;
            }
            if state & (BEGINNING | STOPPING) != 0 {
                return true;
            }
            if state & OUTSIDE != 0 {
                if self.exchange(state, state | STOPPING) {
                    return true;
                }
            } else if self.exchange(state, state | BEGINNING) {
                return self.begin_timer(state);
            }
        }
    }

    /// Starts the timer: the thread goes nowhere meanwhile.
    fn begin_timer(&self, state: u64) -> bool {
        let alarm = Alarm::start(state as u32, first_thread, Cause::Interrupted, 0).ok();
        let has_begun = alarm.is_some();
        self.timer.store(alarm.map_or(0, |alarm| alarm.into_number() + 1), Ordering::Relaxed);
        self.state.store(if has_begun { state | STOPPING } else { state }, Ordering::Release);
        has_begun
    }

    /// Ends the timer of an interruption, on the thread that it signals: [`STOPPING`], or 0 if it couldn't begin.
    #[cold]
    fn end_timer(&self) -> u64 {
        while self.state.load(Ordering::Acquire) & BEGINNING != 0 {
            // Another thread makes two system calls.
            core::hint::spin_loop();
        }
        if let Some(number) = self.timer.swap(0, Ordering::Relaxed).checked_sub(1) {
            drop(Alarm::of_number(number));
        }
        self.state.load(Ordering::Acquire) & STOPPING
    }

    fn exchange(&self, from: u64, to: u64) -> bool {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_has_an_instance() {
        let turn = Turn::of(7);
        assert!(!turn.take(8) && turn.is_of(7) && !turn.is_free());
        turn.release(7);
        assert!(turn.is_free() && !turn.interrupt() && turn.take(8));
        assert!(!turn.end());
        turn.release(8);
        assert!(turn.end() && !turn.take(7) && !turn.interrupt());
    }

    #[test]
    fn a_function_of_the_host_returns_first() {
        let turn = Turn::of(7);
        assert!(turn.leave_guest(7) && turn.interrupt() && turn.interrupt());
        // A call that the function makes, and then the function's own.
        assert!(!turn.enter_guest(7) && !turn.leave_guest(7) && !turn.enter_guest(7));
        turn.release(7);
        assert!(turn.is_free() && turn.take(7) && turn.leave_guest(7) && turn.enter_guest(7));
    }
}
