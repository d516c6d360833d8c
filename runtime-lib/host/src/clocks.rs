//! Clocks, in nanoseconds.

use core::ffi::c_int;

use rustix::time::{ClockId, Timespec, clock_getres};

unsafe extern "C" {
    /// The C library's, which asks the kernel's shared page. It finds that without system calls, unlike rustix, so
    /// that clocks work behind a filter of system calls.
    fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
}

/// Nanoseconds of a second.
pub const SECOND: u64 = 1_000_000_000;

/// The monotonic clock of the system.
pub fn monotonic() -> u64 {
    time(ClockId::Monotonic).unwrap_or(0)
}

/// The processor's time that the calling thread has used.
pub fn of_thread() -> u64 {
    time(ClockId::ThreadCPUTime).unwrap_or(0)
}

/// The monotonic clock of a program, which doesn't tell since when the system runs.
#[derive(Default)]
pub struct ProgramClock {
    /// The system's reading that the program sees as 0; 0 until it looks.
    origin: u64,
}

impl ProgramClock {
    /// Nanoseconds since a moment of the program's life.
    pub fn now(&mut self) -> u64 {
        let now = monotonic();
        now.saturating_sub(self.origin(now))
    }

    /// A moment of this clock on the system's.
    pub fn system_moment(&mut self, moment: u64) -> u64 {
        moment.saturating_add(self.origin(monotonic()))
    }

    fn origin(&mut self, now: u64) -> u64 {
        if self.origin == 0 {
            // The first reading is 1, as none is 0.
            self.origin = now.saturating_sub(1);
        }
        self.origin
    }
}

/// Seconds and nanoseconds since 1970; 1970 if the clock is set earlier.
pub fn wall() -> (u64, u32) {
    parts(now(ClockId::Realtime))
}

/// Nanoseconds of a time, if it isn't negative and they fit 64 bits.
pub fn nanoseconds(time: Timespec) -> Option<u64> {
    let seconds = u64::try_from(time.tv_sec).ok()?;
    seconds.checked_mul(SECOND)?.checked_add(u64::try_from(time.tv_nsec).ok()?)
}

/// A time of so many nanoseconds.
pub fn timespec(nanoseconds: u64) -> Timespec {
    Timespec { tv_sec: (nanoseconds / SECOND) as i64, tv_nsec: (nanoseconds % SECOND) as i64 }
}

/// The current time of a clock.
pub fn time(clock: ClockId) -> Option<u64> {
    nanoseconds(now(clock))
}

fn now(clock: ClockId) -> Timespec {
    let mut time = Timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: there is room for the result, which is two numbers of 64 bits on all targets. The clocks that we name
    // exist, so that there is one.
    unsafe { clock_gettime(clock as c_int, &raw mut time) };
    time
}

/// The resolution of a clock.
pub fn resolution(clock: ClockId) -> u64 {
    nanoseconds(clock_getres(clock)).unwrap_or(1)
}

fn parts(time: Timespec) -> (u64, u32) {
    match u64::try_from(time.tv_sec) {
        Ok(seconds) => (seconds, time.tv_nsec as u32),
        Err(_) => (0, 0),
    }
}
