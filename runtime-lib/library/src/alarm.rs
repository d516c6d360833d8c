//! Limits of time of a call: timers of the kernel that signal the thread on which it runs.
//!
//! Guest code knows nothing of them. A signal that finds the thread in guest code ends the guest; one that finds it in a host
//! function notes its cause, interrupts a wait of the system, and comes again. The timers are stopped while a function of the
//! host program runs and ended with the call, so that no code of the host program is ever interrupted.

use core::mem::ManuallyDrop;
use core::sync::atomic::{AtomicU32, Ordering};

use aot_abi::trap::Trap;
use aot_foundation::arch::{
    SYS_GETPID, SYS_SIGPROCMASK, SYS_TIMER_CREATE, SYS_TIMER_DELETE, SYS_TIMER_SETTIME, system_call,
};
use aot_foundation::interrupt::{SIGNAL, signal_set, thread_number};
use aot_foundation::trap_handler::SignalInfo;

use crate::thread::Refused;

/// A reason for which a guest is ended before it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Cause {
    /// The call has taken as long as it may.
    Time = 1,
    /// The call has used as much of the processor's time as it may.
    CpuTime = 2,
    /// The host program ended the call.
    Interrupted = 3,
}

impl Cause {
    const ALL: [Cause; 3] = [Cause::Time, Cause::CpuTime, Cause::Interrupted];

    /// The text about the trap that the guest gets.
    pub fn text(self) -> &'static str {
        match self {
            Cause::Time => "the call ran into its limit of time",
            Cause::CpuTime => "the call ran into its limit of processor time",
            Cause::Interrupted => "the host program interrupted the call",
        }
    }

    /// The kernel's clock by which a timer of this cause goes.
    fn clock(self) -> usize {
        const CLOCK_MONOTONIC: usize = 1;
        const CLOCK_THREAD_CPUTIME_ID: usize = 3;
        if self == Cause::CpuTime { CLOCK_THREAD_CPUTIME_ID } else { CLOCK_MONOTONIC }
    }
}

/// A place for a cause, which the signal handler writes on the thread that reads it; empty at first.
#[derive(Default)]
pub struct Noted(AtomicU32);

impl Noted {
    /// Notes a cause.
    pub fn note(&self, cause: Cause) {
        self.0.store(cause as u32, Ordering::Relaxed);
    }

    /// Ends a call whose guest has returned although it had to end: a host function let it go on for a moment.
    ///
    /// # Errors
    /// A cause was noted.
    pub fn check(&self) -> Result<(), Trap> {
        if self.get().is_some() { Err(Trap::TimeExceeded) } else { Ok(()) }
    }

    /// The cause that was noted last.
    pub fn get(&self) -> Option<Cause> {
        let noted = self.0.load(Ordering::Relaxed);
        Cause::ALL.into_iter().find(|cause| *cause as u32 == noted)
    }
}

/// Bytes whose addresses the timers of this library pass to the handler: one for each cause.
static MARKS: [u8; Cause::ALL.len()] = [0; Cause::ALL.len()];

/// The cause of the signal that a timer of this library sent; none for any other signal.
pub fn cause_of(info: &SignalInfo) -> Option<Cause> {
    const SI_TIMER: i32 = -2;
    let marks = MARKS.iter().map(|mark| (&raw const *mark).addr() as u64);
    let timers = marks.zip(Cause::ALL).find(|(mark, _)| info.code == SI_TIMER && info.value() == *mark);
    timers.map(|(_, cause)| cause)
}

/// The kernel's `sigevent`.
#[repr(C)]
struct Event {
    value: usize,
    signal: i32,
    notify: i32,
    thread: u32,
    unused: [u32; 11],
}

/// The kernel's `itimerspec`: each time in seconds and nanoseconds.
#[repr(C)]
#[derive(Default)]
struct Times {
    interval: [u64; 2],
    value: [u64; 2],
}

const SECOND: u64 = 1_000_000_000;
/// Nanoseconds after which a signal comes again.
const AGAIN: u64 = 2_000_000;
const SIGEV_THREAD_ID: i32 = 4;
const EINVAL: i32 = 22;

/// A timer that signals one thread, until it is dropped. What it has sent has arrived then, if its thread dropped it.
pub struct Alarm(u32);

impl Alarm {
    /// Makes a timer that signals a thread of this process from so many nanoseconds on. If there is no such thread, a fork has
    /// changed its number since it was noted, and it is the one for which `renamed` has the number.
    pub fn start(thread: u32, renamed: fn() -> u32, cause: Cause, nanoseconds: u64) -> Result<Alarm, Refused> {
        let alarm = match Alarm::create(thread, cause) {
            Err(EINVAL) => Alarm::create(renamed(), cause),
            alarm => alarm,
        };
        let alarm = alarm.map_err(|_| Refused)?;
        alarm.set(nanoseconds.max(1));
        Ok(alarm)
    }

    fn create(thread: u32, cause: Cause) -> Result<Alarm, i32> {
        let value = MARKS.get(cause as usize - 1).map_or(0, |mark| (&raw const *mark).expose_provenance());
        let event = Event { value, signal: SIGNAL as i32, notify: SIGEV_THREAD_ID, thread, unused: [0; 11] };
        let mut number = 0u32;
        let arguments = [cause.clock(), (&raw const event).addr(), (&raw mut number).addr(), 0];
        // SAFETY: the kernel reads the event and writes the number.
        match unsafe { system_call(SYS_TIMER_CREATE, arguments) } {
            Ok(_) => Ok(Alarm(number)),
            Err(error) => Err(error.raw_os_error()),
        }
    }

    /// The timer's number, with which nothing ends it.
    pub fn into_number(self) -> u32 {
        ManuallyDrop::new(self).0
    }

    /// The timer with a number that [`Alarm::into_number`] gave.
    pub fn of_number(number: u32) -> Alarm {
        Alarm(number)
    }

    /// Stops the timer: the nanoseconds that are left.
    pub fn stop(&self) -> u64 {
        let [seconds, nanoseconds] = self.exchange(&Times::default()).value;
        seconds.saturating_mul(SECOND).saturating_add(nanoseconds)
    }

    /// Lets the timer go on for so many nanoseconds, which aren't 0.
    pub fn set(&self, nanoseconds: u64) {
        let value = [nanoseconds / SECOND, nanoseconds % SECOND];
        self.exchange(&Times { interval: [0, AGAIN], value });
    }

    fn exchange(&self, times: &Times) -> Times {
        let mut before = Times::default();
        let arguments = [self.0 as usize, 0, (&raw const *times).addr(), (&raw mut before).addr()];
        // SAFETY: the kernel reads the one and writes the other. The times are such, and the timer is this one's own.
        let _ = unsafe { system_call(SYS_TIMER_SETTIME, arguments) };
        before
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // SAFETY: nothing else refers to the timer.
        let _ = unsafe { system_call(SYS_TIMER_DELETE, [self.0 as usize, 0, 0, 0]) };
    }
}

/// The number of the only thread that the child of a fork begins with: that of the process.
pub fn first_thread() -> u32 {
    // SAFETY: it changes nothing.
    unsafe { system_call(SYS_GETPID, [0; 4]) }.unwrap_or(0) as u32
}

/// Limits of each call in nanoseconds: [`u64::MAX`] for none.
#[derive(Clone, Copy)]
pub struct TimeLimits {
    /// The time that it may take.
    pub time: u64,
    /// The processor's time that it may use.
    pub cpu_time: u64,
}

impl TimeLimits {
    /// Returns true if there is a limit.
    pub fn any(&self) -> bool {
        self.time != u64::MAX || self.cpu_time != u64::MAX
    }
}

/// The timers of one call, on its thread.
pub struct Alarms {
    /// The timer of each limit that there is, and the nanoseconds that it has left while it is stopped.
    alarms: [Option<(Alarm, u64)>; 2],
    /// The signals that the thread blocks, if the timers' is one of them.
    blocked: Option<u64>,
}

impl Alarms {
    /// Starts the timers of a call on the calling thread, which has this number.
    ///
    /// # Errors
    /// The system has no more timers.
    #[cold]
    pub fn start(limits: TimeLimits, thread: u32) -> Result<Alarms, Refused> {
        let mut alarms = Alarms { alarms: [None, None], blocked: let_through() };
        let limits = [(Cause::Time, limits.time), (Cause::CpuTime, limits.cpu_time)];
        for (place, (cause, nanoseconds)) in alarms.alarms.iter_mut().zip(limits) {
            if nanoseconds != u64::MAX {
                *place = Some((Alarm::start(thread, thread_number, cause, nanoseconds)?, 0));
            }
        }
        Ok(alarms)
    }

    /// Stops the timers.
    pub fn pause(&mut self) {
        self.alarms.iter_mut().flatten().for_each(|(alarm, left)| *left = alarm.stop());
    }

    /// Lets the timers go on.
    pub fn go_on(&mut self) {
        self.alarms.iter().flatten().for_each(|(alarm, left)| alarm.set((*left).max(1)));
    }
}

impl Drop for Alarms {
    fn drop(&mut self) {
        self.alarms = [None, None];
        if let Some(blocked) = self.blocked {
            change_mask(SIG_SETMASK, blocked);
        }
    }
}

const SIG_UNBLOCK: usize = 1;
const SIG_SETMASK: usize = 2;

/// Lets the signal reach the calling thread: the signals that it blocked before, if this was one of them.
fn let_through() -> Option<u64> {
    let before = change_mask(SIG_UNBLOCK, signal_set());
    (before & signal_set() != 0).then_some(before)
}

fn change_mask(how: usize, set: u64) -> u64 {
    let mut before = 0u64;
    let arguments = [how, (&raw const set).addr(), (&raw mut before).addr(), size_of::<u64>()];
    // SAFETY: the kernel reads the one set and writes the other; the signal does nothing by default.
    let _ = unsafe { system_call(SYS_SIGPROCMASK, arguments) };
    before
}
