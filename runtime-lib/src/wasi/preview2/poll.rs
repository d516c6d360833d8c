//! `wasi:io/poll`.

use aot_abi::trap::Trap;

use super::Outcome;
use crate::wasi::handles::{Borrow, Resources};
use crate::wasi::host::Host;
use crate::wasi::interfaces::poll as interface;
use crate::wasi::poll::{self, Interest};

/// What can be waited for.
#[derive(Clone, Copy)]
pub enum Pollable {
    /// A moment of the system's monotonic clock, in nanoseconds.
    Moment(u64),
    /// The resource with this representation, by what the function says that it waits for.
    Resource(u32, fn(&mut Resources, u32) -> Outcome<Interest>),
}

fn interest(host: &mut Host, pollable: Borrow<interface::Pollable>) -> Outcome<Interest> {
    match *host.resources.get(pollable)? {
        Pollable::Moment(moment) => Ok(Interest::Deadline(moment)),
        Pollable::Resource(representation, interest) => interest(&mut host.resources, representation),
    }
}

/// Whether it is ready.
pub fn pollable_ready(host: &mut Host, self_: Borrow<interface::Pollable>) -> Outcome<bool> {
    Ok(poll::is_ready(interest(host, self_)?))
}

/// Waits until it is ready.
pub fn pollable_block(host: &mut Host, self_: Borrow<interface::Pollable>) -> Outcome<()> {
    poll::wait(interest(host, self_)?);
    Ok(())
}

/// Waits until one is ready: the indices of all that are then.
pub fn poll(host: &mut Host, pollables: Vec<Borrow<interface::Pollable>>) -> Outcome<Vec<u32>> {
    if pollables.is_empty() {
        return Err(host.invalid("an empty list of pollables"));
    }
    host.charge((pollables.len() * (size_of::<Interest>() + size_of::<u32>())) as u64)?;
    let interests: Result<Vec<Interest>, Trap> = pollables.iter().map(|&pollable| interest(host, pollable)).collect();
    let mut ready = Vec::new();
    poll::poll(&interests?, true, &mut |index| ready.push(index as u32));
    Ok(ready)
}
