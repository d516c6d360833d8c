//! `poll_oneoff`.

use std::os::fd::RawFd;

use rustix::fs::SeekFrom;

use super::Outcome;
use super::interface::{
    Clockid, Errno, Event, EventFdReadwrite, Eventrwflags, Eventtype, Subclockflags, Subscription, SubscriptionClock,
    SubscriptionU,
};
use super::results::store;
use aot_host::access::Access;
use aot_host::canonical::memory::{Memory, check_alignment};
use aot_host::canonical::{Abi, Elements, Extent, Pointer};
use aot_host::clocks;
use aot_host::files::descriptors::Descriptor;
use aot_host::host::Host;
use aot_host::poll::{self, Interest};
use aot_host::stdio::Standard;

/// Waits for one of several events, and tells all that have happened then.
pub fn poll_oneoff(
    host: &mut Access<'_>,
    memory: Memory<'_>,
    subscriptions: Pointer,
    events: Pointer,
    nsubscriptions: u32,
) -> Outcome<u32> {
    if nsubscriptions == 0 {
        return Err(Errno::Inval.into());
    }
    let extent = Extent { address: subscriptions.address(), length: nsubscriptions };
    let subscriptions = Elements::<Subscription>::new(memory, extent)?;
    check_alignment(events.address(), Event::ALIGN)?;
    memory.range(events.address(), u64::from(nsubscriptions) * u64::from(Event::SIZE))?;
    let events_awaited = awaited(host, &subscriptions)?;
    // The guest's two arrays may overlap, so that the subscriptions are read before the first event is written.
    let mut happened = Vec::new();
    let mut fault = Ok(());
    host.poll(&events_awaited, true, &mut |index| match subscriptions.get(index as u32) {
        Ok(subscription) => happened.push(subscription),
        Err(trap) => fault = Err(trap),
    })?;
    fault?;
    for (index, subscription) in happened.iter().enumerate() {
        let event = event(host, subscription)?;
        store(memory, events.address() + index as u64 * u64::from(Event::SIZE), event)?;
    }
    Ok(happened.len() as u32)
}

fn awaited(host: &mut Host, subscriptions: &Elements<'_, Subscription>) -> Outcome<Vec<poll::Event>> {
    let count = subscriptions.len();
    host.charge(u64::from(count) * (size_of::<poll::Event>() + size_of::<Subscription>()) as u64)?;
    let mut events = Vec::with_capacity(count as usize);
    for index in 0..count {
        events.push(match &subscriptions.get(index)?.u {
            SubscriptionU::Clock(clock) => poll::Event::Moment(moment(host, clock)?),
            SubscriptionU::FdRead(of) => poll::Event::Interest(reading(host, of.file_descriptor)?),
            SubscriptionU::FdWrite(of) => poll::Event::Interest(writing(host, of.file_descriptor)?),
        });
    }
    Ok(events)
}

fn reading(host: &mut Host, fd: u32) -> Outcome<Interest> {
    match host.descriptors().get(fd)? {
        Descriptor::Standard(Standard::Input) => Ok(Interest::Readable(Standard::Input as RawFd)),
        Descriptor::File(file) => Ok(file.interest(Interest::Readable)),
        _ => Err(Errno::Badf.into()),
    }
}

fn writing(host: &mut Host, fd: u32) -> Outcome<Interest> {
    match host.descriptors().get(fd)? {
        Descriptor::Standard(standard) if *standard != Standard::Input => Ok(Interest::Writable(*standard as RawFd)),
        Descriptor::File(file) => Ok(file.interest(Interest::Writable)),
        _ => Err(Errno::Badf.into()),
    }
}

/// The moment on the system's monotonic clock.
fn moment(host: &mut Host, clock: &SubscriptionClock) -> Outcome<u64> {
    let absolute = clock.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME);
    match (clock.id, absolute) {
        (Clockid::Monotonic, true) => Ok(host.clock.system_moment(clock.timeout)),
        (Clockid::Monotonic | Clockid::Realtime, false) => Ok(clocks::monotonic().saturating_add(clock.timeout)),
        (Clockid::Realtime, true) => {
            let now = clocks::time(rustix::time::ClockId::Realtime).unwrap_or(0);
            Ok(clocks::monotonic().saturating_add(clock.timeout.saturating_sub(now)))
        }
        _ => Err(Errno::Inval.into()),
    }
}

fn event(host: &mut Host, subscription: &Subscription) -> Outcome<Event> {
    let none = Eventrwflags::empty();
    let (type_, nbytes, flags) = match &subscription.u {
        SubscriptionU::Clock(_) => (Eventtype::Clock, 0, none),
        SubscriptionU::FdWrite(_) => (Eventtype::FdWrite, 1, none),
        SubscriptionU::FdRead(of) => {
            let (bytes, at_end) = readable(host.descriptors().get(of.file_descriptor)?);
            (Eventtype::FdRead, bytes, Eventrwflags::when(Eventrwflags::FD_READWRITE_HANGUP, at_end))
        }
    };
    let fd_readwrite = EventFdReadwrite { nbytes, flags };
    Ok(Event { userdata: subscription.userdata, error: Errno::Success, type_, fd_readwrite })
}

/// The number of bytes that can be read, as far as that is known, and true if a file is at its end.
fn readable(descriptor: &Descriptor) -> (u64, bool) {
    let Descriptor::File(file) = descriptor else { return (1, false) };
    match (file.status(), file.seek(SeekFrom::Current(0))) {
        (Ok(status), Ok(position)) => {
            let rest = status.size.saturating_sub(position);
            (rest.max(1), rest == 0)
        }
        _ => (1, false),
    }
}
