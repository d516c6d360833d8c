//! `wasi:io/poll`.

use aot_abi::trap::Trap;

use crate::p2::Outcome;
use crate::p2::interfaces::io::poll as interface;
use aot_host::access::Access;
use aot_host::canonical::handles::{Borrow, Resources};
use aot_host::host::Host;
use aot_host::poll::{Event, Interest};

/// A condition that a guest can wait for.
#[derive(Clone, Copy)]
pub enum Pollable {
    /// A moment of the system's monotonic clock, in nanoseconds.
    Moment(u64),
    /// The resource with this representation, by what the function says that it waits for.
    Resource(u32, fn(&mut Resources, u32) -> Outcome<Interest>),
    /// The resource with this representation, by a function that gives an event which may come by itself, at a moment.
    TimedResource(u32, fn(&mut Resources, u32) -> Outcome<Event>),
}

fn event(host: &mut Host, pollable: Borrow<interface::Pollable>) -> Outcome<Event> {
    match *host.resources.get(pollable)? {
        Pollable::Moment(moment) => Ok(Event::Moment(moment)),
        Pollable::Resource(representation, interest) => {
            interest(&mut host.resources, representation).map(Event::Interest)
        }
        Pollable::TimedResource(representation, event) => event(&mut host.resources, representation),
    }
}

/// Returns true if a pollable is ready.
pub fn pollable_ready(host: &mut Access<'_>, self_: Borrow<interface::Pollable>) -> Outcome<bool> {
    let mut is_ready = false;
    let event = event(host, self_)?;
    host.poll(&[event], false, &mut |_| is_ready = true)?;
    Ok(is_ready)
}

/// Waits until it is ready.
pub fn pollable_block(host: &mut Access<'_>, self_: Borrow<interface::Pollable>) -> Outcome<()> {
    let event = event(host, self_)?;
    host.poll(&[event], true, &mut |_| ())
}

/// Waits until one is ready: the indices of all that are then.
pub fn poll(host: &mut Access<'_>, pollables: Vec<Borrow<interface::Pollable>>) -> Outcome<Vec<u32>> {
    if pollables.is_empty() {
        return Err(host.invalid("an empty list of pollables"));
    }
    host.charge((pollables.len() * (size_of::<Event>() + size_of::<u32>())) as u64)?;
    let events: Result<Vec<Event>, Trap> = pollables.iter().map(|&pollable| event(host, pollable)).collect();
    let mut ready = Vec::new();
    host.poll(&events?, true, &mut |index| ready.push(index as u32))?;
    Ok(ready)
}
