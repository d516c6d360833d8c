//! The ends of streams and futures in the hands of guests (canonical ABI, "Stream State", "Future State").

use aot_abi::concurrency::{
    BLOCKED, EVENT_FUTURE_READ, EVENT_FUTURE_WRITE, EVENT_STREAM_READ, EVENT_STREAM_WRITE, EndType,
};
use aot_abi::exports::NO_TYPE;
use aot_abi::host::CallOptions;
use aot_abi::trap::Trap;

use super::channel::{Buffer, Channel, ChannelId, Side};
use super::host::HostEnd;
use super::task::WaitableId;
use super::waitables::{Event, Kind, Waitable};
use super::{Engine, state_of};
use crate::canonical::handles::ObjectKind;
use crate::canonical::memory::{Memory, check_alignment};
use crate::host::Host;
use aot_foundation::program;

/// An end of a stream or future.
pub(super) struct End {
    pub channel: ChannelId,
    pub side: Side,
    pub state: CopyState,
    /// The result of the last copy.
    pub result: CopyResult,
    /// The elements that the last copy passed.
    pub progress: u32,
}

/// The states of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyState {
    Idle,
    Copying,
    Cancelling,
    Done,
}

/// The results of a copy, as guests know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyResult {
    Completed = 0,
    Dropped = 1,
    Cancelled = 2,
}

/// The most elements of a copy.
const LENGTH_MAX: u32 = (1 << 28) - 1;

/// The end that a builtin is about.
pub(super) struct Named {
    pub instance: u32,
    /// The number of its type among [`EndType`].
    pub ty: u32,
    /// The event code of its copies.
    pub event: u32,
    pub handle: u32,
}

/// The part of a guest's memory that is to be copied from or to.
pub(super) struct Range {
    pub options: *const CallOptions,
    pub address: u32,
    pub length: u32,
}

/// The words of traps that differ by side, and for futures.
struct Words {
    busy: &'static str,
    done: &'static str,
    /// The words for a readable end on its way to another instance.
    lifted_done: &'static str,
    lifted_in_set: &'static str,
    not_copying: &'static str,
    out_of_bounds: &'static str,
}

const STREAM_READ: Words = Words {
    busy: "cannot remove busy stream",
    done: "cannot read from stream after being notified that the writable end dropped",
    lifted_done: "cannot lift stream after being notified that the writable end dropped",
    lifted_in_set: "cannot lift stream while it's in a waitable set",
    not_copying: "stream or future read cancelled when no read is pending",
    out_of_bounds: "read pointer out of bounds of memory",
};
const STREAM_WRITE: Words = Words {
    busy: "cannot drop busy stream",
    done: "cannot write to stream after being notified that the readable end dropped",
    not_copying: "stream or future write cancelled when no write is pending",
    out_of_bounds: "write pointer out of bounds of memory",
    ..STREAM_READ
};
const FUTURE_READ: Words = Words {
    busy: "cannot remove busy future",
    done: "cannot read from future after previous read succeeded",
    lifted_done: "cannot lift future after previous read succeeded",
    lifted_in_set: "cannot lift future while it's in a waitable set",
    ..STREAM_READ
};
const FUTURE_WRITE: Words = Words {
    busy: "cannot drop busy future",
    done: "cannot write to future after previous write succeeded or readable end dropped",
    ..STREAM_WRITE
};

fn words(event: u32) -> &'static Words {
    match event {
        EVENT_STREAM_READ => &STREAM_READ,
        EVENT_STREAM_WRITE => &STREAM_WRITE,
        EVENT_FUTURE_READ => &FUTURE_READ,
        _ => &FUTURE_WRITE,
    }
}

impl End {
    /// An end at which nothing is copied.
    fn new(channel: ChannelId, side: Side) -> End {
        End { channel, side, state: CopyState::Idle, result: CopyResult::Completed, progress: 0 }
    }

    fn is_copying(&self) -> bool {
        matches!(self.state, CopyState::Copying | CopyState::Cancelling)
    }
}

/// The type with this number.
fn end_type(ty: u32) -> Result<&'static EndType, Trap> {
    program::end_types().get(ty as usize).ok_or(Trap::Other)
}

impl Engine {
    /// The end with this index among the waitables.
    pub(super) fn end<'a>(self, id: WaitableId) -> Result<&'a mut End, Trap> {
        match &mut self.waitable(id)?.kind {
            Kind::End(end) => Ok(end),
            Kind::Subtask(_) => Err(Trap::Other),
        }
    }

    /// The end that a builtin names, which has to be of the builtin's side and type.
    fn end_of(self, named: &Named) -> Result<WaitableId, Trap> {
        let side = match named.event {
            EVENT_STREAM_READ | EVENT_FUTURE_READ => Side::Readable,
            _ => Side::Writable,
        };
        let ty = end_type(named.ty)?;
        self.end_with(named.instance, named.handle, side, ty.payload, ty.is_future != 0)
    }

    fn end_with(
        self,
        instance: u32,
        handle: u32,
        side: Side,
        payload: u32,
        is_future: bool,
    ) -> Result<WaitableId, Trap> {
        let (ObjectKind::End, index) = self.host().handles(instance)?.object(handle)? else {
            return Err(Trap::HandleOfOtherType);
        };
        let id = index as WaitableId;
        let end = self.end(id)?;
        let channel = self.channel(end.channel)?;
        if end.side != side || !channel.is_of(payload, is_future) {
            return Err(Trap::HandleOfOtherType);
        }
        Ok(id)
    }

    pub(super) fn end_new(self, instance: u32, ty: u32) -> Result<u64, Trap> {
        let ty = end_type(ty)?;
        let channel = self.state().channels.insert(Channel::new(ty.payload, ty.is_future != 0));
        let readable = add_end(self.host(), instance, channel, Side::Readable)?;
        let writable = add_end(self.host(), instance, channel, Side::Writable)?;
        Ok(u64::from(readable) | u64::from(writable) << 32)
    }

    /// Reads or writes.
    pub(super) fn copy(self, named: &Named, is_async: bool, range: &Range) -> Result<u64, Trap> {
        let id = self.end_of(named)?;
        let end = self.end(id)?;
        match end.state {
            CopyState::Idle => {}
            CopyState::Done => return Err(self.misuse(words(named.event).done)),
            CopyState::Copying | CopyState::Cancelling => {
                return Err(self.misuse("cannot have concurrent operations active on a future/stream"));
            }
        }
        let buffer = self.buffer(named, range)?;
        end.state = CopyState::Copying;
        end.progress = 0;
        self.begin_copy(id, buffer)?;
        if !self.waitable(id)?.has_event {
            if is_async {
                return Ok(u64::from(BLOCKED));
            }
            self.check_alone(id)?;
            self.wait_for(id)?;
        }
        self.take_own_event(id).map(|event| u64::from(event.second))
    }

    /// The buffer that a guest names, which has to lie in its memory.
    fn buffer(self, named: &Named, range: &Range) -> Result<Buffer, Trap> {
        if range.length > LENGTH_MAX {
            return Err(self.misuse("stream read/write count too large"));
        }
        let payload = end_type(named.ty)?.payload;
        let address = u64::from(range.address);
        if payload != NO_TYPE && range.length != 0 {
            let types = self.types();
            let ty = types.get(payload);
            check_alignment(address, ty.align)?;
            // SAFETY: the options are read-only data of the executable; the guest doesn't run.
            let memory = unsafe { Memory::of_call(self.slab, &*range.options) };
            if memory.range(address, ty.size.saturating_mul(range.length.into())).is_err() {
                return Err(self.misuse(words(named.event).out_of_bounds));
            }
        }
        Ok(Buffer { instance: named.instance, options: range.options, address, length: range.length, progress: 0 })
    }

    /// Refuses to wait for a waitable that is in a set.
    fn check_alone(self, id: WaitableId) -> Result<(), Trap> {
        match self.waitable(id)?.set {
            Some(_) => Err(self.misuse("waitable cannot be used synchronously while added to a waitable set")),
            None => Ok(()),
        }
    }

    /// Tells the guest of the end of a copy.
    pub(super) fn deliver_copy(self, id: WaitableId, handle: u32) -> Result<Event, Trap> {
        let end = self.end(id)?;
        let channel = self.channel(end.channel)?;
        // What is left of a buffer is the guest's again.
        if let Some((_, buffer)) = channel.pending.take_if(|(side, _)| *side == end.side) {
            end.progress = buffer.progress;
        }
        let is_last = end.result == CopyResult::Dropped || channel.is_future && end.result == CopyResult::Completed;
        end.state = if is_last { CopyState::Done } else { CopyState::Idle };
        let progress = if channel.is_future { 0 } else { end.progress };
        let code = match (channel.is_future, end.side) {
            (false, Side::Readable) => EVENT_STREAM_READ,
            (false, Side::Writable) => EVENT_STREAM_WRITE,
            (true, Side::Readable) => EVENT_FUTURE_READ,
            (true, Side::Writable) => EVENT_FUTURE_WRITE,
        };
        Ok(Event { code, first: handle, second: end.result as u32 | progress << 4 })
    }

    /// Ends a copy before its time.
    pub(super) fn end_cancel(self, named: &Named, is_async: bool) -> Result<u64, Trap> {
        let id = self.end_of(named)?;
        let waiter = self.waitable(id)?.waiter;
        let end = self.end(id)?;
        if end.state != CopyState::Copying || waiter.is_some() {
            return Err(self.misuse(words(named.event).not_copying));
        }
        if !is_async {
            self.check_alone(id)?;
        }
        end.state = CopyState::Cancelling;
        if !self.waitable(id)?.has_event {
            // What the host has already isn't lost, and who asks again and again gets it in the end.
            self.let_host_go_on(end.channel, end.side.other())?;
        }
        let end = self.end(id)?;
        if !self.waitable(id)?.has_event {
            end.result = CopyResult::Cancelled;
            self.notify(id);
        } else if end.result == CopyResult::Completed && !self.channel(end.channel)?.is_future {
            // The reference tests count a copy as cancelled even if all of it was done before.
            end.result = CopyResult::Cancelled;
        }
        self.take_own_event(id).map(|event| u64::from(event.second))
    }

    pub(super) fn end_drop(self, named: &Named) -> Result<u64, Trap> {
        let id = self.end_of(named)?;
        let end = self.end(id)?;
        if end.is_copying() {
            return Err(self.misuse(words(named.event).busy));
        }
        if named.event == EVENT_FUTURE_WRITE && end.state != CopyState::Done {
            return Err(self.misuse("cannot drop future write end without first writing a value"));
        }
        let (channel, side) = (end.channel, end.side);
        self.remove(id)?;
        let host = *self.channel(channel)?.host_mut(side.other());
        self.close(channel, side)?;
        // What ends with the other end has ended when the guest goes on.
        if let HostEnd::Job(job) = host {
            self.run_job(job)?;
        }
        Ok(0)
    }

    /// Lets the host at a side of a channel go on.
    fn let_host_go_on(self, channel: ChannelId, side: Side) -> Result<(), Trap> {
        match *self.channel(channel)?.host_mut(side) {
            HostEnd::Job(job) => self.run_job(job),
            HostEnd::Held | HostEnd::None => Ok(()),
        }
    }

    /// Passes a readable end from one instance to another: the types are numbers behind `first` among [`EndType`].
    pub(super) fn end_transfer(self, first: u32, handle: u32, from: u32, to: u32) -> Result<u64, Trap> {
        let number = |ty: u32| first.checked_add(ty).ok_or(Trap::Other);
        let (from, to) = (end_type(number(from)?)?, end_type(number(to)?)?);
        let host = self.host();
        let channel = take_readable(host, from.component_instance, handle, from.payload, from.is_future != 0)?;
        add_end(host, to.component_instance, channel, Side::Readable).map(u64::from)
    }
}

/// Gives an instance an end of a channel: its handle.
pub(super) fn add_end(host: &mut Host, instance: u32, channel: ChannelId, side: Side) -> Result<u32, Trap> {
    let state = state_of(host)?;
    let id = state.waitables.insert(Waitable::new(Kind::End(End::new(channel, side)), instance));
    let handle = host.handles(instance)?.add_object(ObjectKind::End, id as u32);
    let handle = handle.ok_or_else(|| host.limit_exceeded("handles of a component instance"))?;
    let state = state_of(host)?;
    if let Some(waitable) = state.waitables.get_mut(id) {
        waitable.handle = handle;
    }
    *state.channels.get_mut(channel).ok_or(Trap::Other)?.end_mut(side) = Some(id);
    Ok(handle)
}

/// Takes a readable end from an instance: its channel.
pub(super) fn take_readable(
    host: &mut Host,
    instance: u32,
    handle: u32,
    payload: u32,
    is_future: bool,
) -> Result<ChannelId, Trap> {
    take_readable_of(host, instance, handle, &|channel| channel.is_of(payload, is_future))
}

/// Takes a readable end of a type for which `is_it` holds from an instance: its channel.
pub(super) fn take_readable_of(
    host: &mut Host,
    instance: u32,
    handle: u32,
    is_it: &dyn Fn(&mut Channel) -> bool,
) -> Result<ChannelId, Trap> {
    let (ObjectKind::End, index) = host.handles(instance)?.object(handle)? else {
        return Err(Trap::HandleOfOtherType);
    };
    let id = index as WaitableId;
    let state = state_of(host)?;
    let waitable = state.waitables.get(id).ok_or(Trap::Other)?;
    let Kind::End(End { channel, side: Side::Readable, state: copies, .. }) = waitable.kind else {
        return Err(Trap::HandleOfOtherType);
    };
    let of = state.channels.get_mut(channel).ok_or(Trap::Other)?;
    if !is_it(of) {
        return Err(Trap::HandleOfOtherType);
    }
    let words = if of.is_future { &FUTURE_READ } else { &STREAM_READ };
    match copies {
        CopyState::Idle if waitable.set.is_none() => {}
        CopyState::Idle => return Err(host.misuse(words.lifted_in_set)),
        CopyState::Done => return Err(host.misuse(words.lifted_done)),
        CopyState::Copying | CopyState::Cancelling => return Err(host.misuse(words.busy)),
    }
    *of.end_mut(Side::Readable) = None;
    state.waitables.try_remove(id);
    host.handles(instance)?.remove_object(handle);
    Ok(channel)
}
