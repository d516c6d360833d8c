//! Streams and futures between their two ends.

use aot_abi::exports::NO_TYPE;
use aot_abi::host::CallOptions;
use aot_abi::trap::Trap;

use super::Engine;
use super::ends::CopyResult;
use super::host::{Element, HostEnd, UNNAMED, Value};
use super::task::WaitableId;

/// The index of a channel.
pub type ChannelId = usize;

/// A stream or future.
pub(super) struct Channel {
    /// The type of what passes through; `NO_TYPE` for values without contents.
    pub payload: u32,
    pub is_future: bool,
    /// True once an end was dropped.
    is_closed: bool,
    /// The two ends, while guests have them.
    ends: [Option<WaitableId>; 2],
    /// The host's part in the two sides.
    hosts: [HostEnd; 2],
    /// The type of what passes through, of a channel that the host made.
    pub element: Option<Element>,
    /// The number of elements that a copy of the host's passed, until the host takes note.
    pub host_progress: usize,
    /// The value that a future of the host's has got.
    pub value: Option<Box<dyn Value>>,
    /// The buffer of the end that copies, and its side.
    pub pending: Option<(Side, Buffer)>,
}

/// The sides of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that is read.
    Readable,
    /// The side that is written.
    Writable,
}

/// A part of a guest's memory that is copied from or to.
#[derive(Clone, Copy)]
pub(super) struct Buffer {
    pub instance: u32,
    /// Read-only data of the executable; null for memory of the host, which has the address.
    pub options: *const CallOptions,
    pub address: u64,
    /// The number of its elements.
    pub length: u32,
    /// The number of elements that were copied.
    pub progress: u32,
}

impl Buffer {
    /// The number of elements that weren't copied.
    pub fn remaining(&self) -> u32 {
        self.length - self.progress
    }

    /// A buffer of bytes of the host's.
    pub fn of_host(bytes: &mut [u8]) -> Buffer {
        Buffer {
            instance: u32::MAX,
            options: core::ptr::null(),
            address: bytes.as_mut_ptr().expose_provenance() as u64,
            length: bytes.len() as u32,
            progress: 0,
        }
    }
}

impl Side {
    /// The opposite side.
    pub fn other(self) -> Side {
        match self {
            Side::Readable => Side::Writable,
            Side::Writable => Side::Readable,
        }
    }
}

impl Channel {
    /// A channel without ends.
    pub fn new(payload: u32, is_future: bool) -> Channel {
        Channel {
            payload,
            is_future,
            is_closed: false,
            ends: [None; 2],
            hosts: [HostEnd::None; 2],
            element: None,
            host_progress: 0,
            value: None,
            pending: None,
        }
    }

    /// The host's part in a side.
    pub fn host_mut(&mut self, side: Side) -> &mut HostEnd {
        &mut self.hosts[side as usize]
    }

    /// True if values of this type pass through. What the host made has the type by which a guest first names it.
    pub fn is_of(&mut self, payload: u32, is_future: bool) -> bool {
        if self.payload == UNNAMED && self.element.is_some_and(|element| element.is(payload)) {
            self.payload = payload;
        }
        self.payload == payload && self.is_future == is_future
    }

    /// True once an end was dropped.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The end of a side, if a guest has it.
    pub fn end_mut(&mut self, side: Side) -> &mut Option<WaitableId> {
        &mut self.ends[side as usize]
    }
}

impl Engine {
    /// The channel with this index.
    pub(super) fn channel<'a>(self, id: ChannelId) -> Result<&'a mut Channel, Trap> {
        self.state().channels.get_mut(id).ok_or(Trap::Other)
    }

    /// Begins the copy of an end: what it can exchange with the other end now, it does.
    pub(super) fn begin_copy(self, id: WaitableId, buffer: Buffer) -> Result<(), Trap> {
        let end = self.end(id)?;
        let side = end.side;
        let channel_id = end.channel;
        let channel = self.channel(channel_id)?;
        if channel.is_closed {
            return self.finish(id, CopyResult::Dropped, 0);
        }
        let Some((_, pending)) = &channel.pending else {
            channel.pending = Some((side, buffer));
            return self.ask_host(channel_id, side.other());
        };
        let pending = *pending;
        if pending.instance == buffer.instance && !self.is_number(channel.payload) {
            return Err(
                self.misuse("cannot read from and write to intra-component future/stream with non-numeric payload")
            );
        }
        if pending.remaining() > 0 {
            let count = pending.remaining().min(buffer.remaining());
            if count > 0 {
                self.exchange_elements(channel_id, (side, &buffer), &pending, count)?;
            }
            return self.finish(id, CopyResult::Completed, count);
        }
        if side == Side::Writable && buffer.length == 0 && pending.length == 0 {
            return self.finish(id, CopyResult::Completed, 0);
        }
        self.finish_pending(channel_id, CopyResult::Completed)?;
        self.channel(channel_id)?.pending = Some((side, buffer));
        Ok(())
    }

    /// Copies elements between the buffer of an end and the one that waits at the other end.
    fn exchange_elements(
        self,
        channel: ChannelId,
        (side, buffer): (Side, &Buffer),
        pending: &Buffer,
        count: u32,
    ) -> Result<(), Trap> {
        let payload = self.channel(channel)?.payload;
        if payload != NO_TYPE {
            let (from, to) = match side {
                Side::Readable => (pending, buffer),
                Side::Writable => (buffer, pending),
            };
            self.copy_elements(payload, from, to, count)?;
        }
        let channel = self.channel(channel)?;
        if let Some((_, pending)) = &mut channel.pending {
            pending.progress += count;
        }
        // The rest of the buffer stays open until its end is told, so that further copies can fill it.
        let (other, is_future) = (*channel.end_mut(side.other()), channel.is_future);
        match other {
            Some(other) if is_future => self.finish_pending_of(other),
            Some(other) => {
                self.end(other)?.result = CopyResult::Completed;
                self.notify(other);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn finish_pending_of(self, end: WaitableId) -> Result<(), Trap> {
        let channel = self.end(end)?.channel;
        self.finish_pending(channel, CopyResult::Completed)
    }

    /// Ends the copy of an end.
    fn finish(self, id: WaitableId, result: CopyResult, progress: u32) -> Result<(), Trap> {
        let end = self.end(id)?;
        end.result = result;
        end.progress = progress;
        self.notify(id);
        Ok(())
    }

    /// Ends the copy that waits at a channel.
    pub(super) fn finish_pending(self, channel: ChannelId, result: CopyResult) -> Result<(), Trap> {
        let channel = self.channel(channel)?;
        let Some((side, buffer)) = channel.pending.take() else { return Ok(()) };
        match (*channel.end_mut(side), *channel.host_mut(side)) {
            (Some(end), _) => return self.finish(end, result, buffer.progress),
            (None, HostEnd::Job(job)) => {
                channel.host_progress = buffer.progress as usize;
                self.state().jobs.wake(job);
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// Lets the host at a side go on, now that the other side copies. Bytes of a writer are passed on at once. A reader waits, so that a
    /// guest whose sources always have something doesn't keep its other work from going on.
    fn ask_host(self, id: ChannelId, side: Side) -> Result<(), Trap> {
        match *self.channel(id)?.host_mut(side) {
            HostEnd::Job(job) if side == Side::Readable => self.run_job(job),
            HostEnd::Job(job) => {
                self.state().jobs.wake(job);
                Ok(())
            }
            HostEnd::Held | HostEnd::None => self.give_value(id),
        }
    }

    /// Notes that an end was dropped: who waits at the other one is told.
    pub(super) fn close(self, id: ChannelId, side: Side) -> Result<(), Trap> {
        let channel = self.channel(id)?;
        *channel.end_mut(side) = None;
        *channel.host_mut(side) = HostEnd::None;
        channel.is_closed = true;
        self.finish_pending(id, CopyResult::Dropped)?;
        let channel = self.channel(id)?;
        if let HostEnd::Job(job) = *channel.host_mut(side.other()) {
            self.state().jobs.wake(job);
        }
        if channel.ends == [None; 2] && channel.hosts == [HostEnd::None; 2] {
            self.state().channels.try_remove(id);
        }
        Ok(())
    }
}
