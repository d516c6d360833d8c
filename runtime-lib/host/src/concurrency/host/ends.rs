//! Ends of streams and futures that the host has.

use core::marker::PhantomData;
use core::mem::MaybeUninit;

use aot_abi::trap::Trap;

pub use super::super::channel::Side;
use super::super::channel::{Buffer, Channel, ChannelId};
use super::super::ends::{CopyResult, take_readable_of};
use super::super::{Engine, tasks_of};
use super::parts::{Element, HostEnd, JobId, Passed, UNNAMED};
use crate::canonical::ends::Stream;
use crate::canonical::memory::Memory;
use crate::host::Host;

/// Takes the readable end of a stream or future from a component instance, for the host.
pub fn take_readable_by_host(
    host: &mut Host,
    instance: u32,
    handle: u32,
    element: Element,
    is_future: bool,
) -> Result<u32, Trap> {
    let channel = take_readable_of(host, instance, handle, &|of: &mut Channel| {
        let is_it = if of.payload == UNNAMED { of.element == Some(element) } else { element.is(of.payload) };
        is_it && of.is_future == is_future
    })?;
    *channel_of(host, channel)?.host_mut(Side::Readable) = HostEnd::Held;
    Ok(channel as u32)
}

/// A new channel whose writable end the host has.
pub fn new_channel(host: &mut Host, element: Element, is_future: bool) -> Result<ChannelId, Trap> {
    let mut channel = Channel::new(UNNAMED, is_future);
    channel.element = Some(element);
    *channel.host_mut(Side::Writable) = HostEnd::Held;
    Ok(tasks_of(host)?.channels.insert(channel))
}

/// A stream whose writable end the host has.
pub fn new_stream<T: Passed>(host: &mut Host) -> Result<Stream<T>, Trap> {
    new_channel(host, T::ELEMENT, false).map(|channel| Stream::new(channel as u32))
}

/// Lets a job go on whenever the guest copies at the other end.
pub fn serve_by(host: &mut Host, channel: ChannelId, side: Side, job: JobId) -> Result<(), Trap> {
    *channel_of(host, channel)?.host_mut(side) = HostEnd::Job(job);
    Ok(())
}

fn channel_of(host: &mut Host, channel: ChannelId) -> Result<&mut Channel, Trap> {
    tasks_of(host)?.channels.get_mut(channel).ok_or(Trap::Other)
}

/// The wish of the other side of a channel.
pub enum Wanted<T> {
    /// No wish any more: the end was dropped.
    Dropped,
    /// No wish now.
    Nothing,
    /// A copy.
    Copy(T),
}

/// The host's writable end of a stream.
pub struct Supplied<T> {
    channel: ChannelId,
    element: PhantomData<T>,
}

impl<T> Supplied<T> {
    /// The writable end of this channel.
    pub fn of(channel: ChannelId) -> Supplied<T> {
        Supplied { channel, element: PhantomData }
    }

    /// The room that the reader waits to be filled.
    pub(super) fn wanted(&self, engine: Engine) -> Result<Wanted<Buffer>, Trap> {
        engine.wanted(self.channel, Side::Writable)
    }

    /// True if the reader waits for nothing but that there is something.
    pub(super) fn is_asked(&self, engine: Engine) -> Result<bool, Trap> {
        engine.is_asked(self.channel, Side::Writable)
    }

    /// Tells the reader of this many elements, and that it waits no longer.
    pub fn finish(&self, engine: Engine, count: usize) -> Result<(), Trap> {
        engine.advance(self.channel, count)?;
        engine.finish_pending(self.channel, CopyResult::Completed)
    }

    /// Drops the end.
    pub fn close(&self, engine: Engine) -> Result<(), Trap> {
        engine.close(self.channel, Side::Writable)
    }
}

impl Supplied<u8> {
    /// The room for bytes that the reader waits to be filled, in the memory where the reader wants them.
    pub fn room<'a>(&self, engine: Engine) -> Result<Wanted<&'a mut [MaybeUninit<u8>]>, Trap> {
        self.wanted(engine)?.map(|buffer| {
            let (start, count) = engine.bytes_of(&buffer)?;
            // SAFETY: the range is open memory of the reader's, which nobody else uses until the host returns.
            Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), count) })
        })
    }
}

/// The host's readable end of a stream of bytes.
pub struct Reader {
    channel: ChannelId,
    /// The room for the bytes of a writer that is the host too, the number of them that are there, and of those that were taken.
    own: Vec<u8>,
    filled: usize,
    taken: usize,
}

/// The room for bytes from one end of the host's to another.
const OWN_BYTES: usize = 64 << 10;

impl Reader {
    /// The readable end of this channel.
    pub fn of(channel: ChannelId) -> Reader {
        Reader { channel, own: Vec::new(), filled: 0, taken: 0 }
    }

    /// The bytes that the writer waits to be taken, in the memory where the writer has them.
    pub fn bytes(&mut self, engine: Engine) -> Result<Wanted<&[u8]>, Trap> {
        if self.taken == self.filled && self.has_host(engine)? {
            self.ask_host(engine)?;
        }
        if self.taken < self.filled {
            return Ok(Wanted::Copy(self.own.get(self.taken..self.filled).unwrap_or_default()));
        }
        engine.wanted(self.channel, Side::Readable)?.map(|buffer| {
            let (start, count) = engine.bytes_of(&buffer)?;
            // SAFETY: the range is open memory of the writer's, which doesn't run until the host returns.
            Ok(unsafe { core::slice::from_raw_parts(start, count) })
        })
    }

    /// True if the writable end is, or was, the host's.
    fn has_host(&self, engine: Engine) -> Result<bool, Trap> {
        let channel = engine.channel(self.channel)?;
        Ok(!self.own.is_empty() || *channel.host_mut(Side::Writable) != HostEnd::None)
    }

    /// Lets the host's other end fill this end's own room, or takes what it has filled.
    fn ask_host(&mut self, engine: Engine) -> Result<(), Trap> {
        self.own.resize(OWN_BYTES, 0);
        let channel = engine.channel(self.channel)?;
        if channel.host_progress == 0 && channel.pending.is_none() {
            channel.pending = Some((Side::Readable, Buffer::of_host(&mut self.own)));
            if let HostEnd::Job(writer) = *channel.host_mut(Side::Writable) {
                engine.run_job(writer)?;
            }
        }
        (self.filled, self.taken) = (core::mem::take(&mut engine.channel(self.channel)?.host_progress), 0);
        Ok(())
    }

    /// True if the writer waits for nothing but that something will be taken.
    pub(super) fn is_asked(&self, engine: Engine) -> Result<bool, Trap> {
        engine.is_asked(self.channel, Side::Readable)
    }

    /// Notes that this many more bytes were taken; the writer whose bytes all were waits no longer.
    pub fn took(&mut self, engine: Engine, count: usize) -> Result<(), Trap> {
        if self.taken < self.filled {
            self.taken += count;
            return Ok(());
        }
        match engine.advance(self.channel, count)? {
            0 => engine.finish_pending(self.channel, CopyResult::Completed),
            _ => Ok(()),
        }
    }

    /// Drops the end.
    pub fn close(&self, engine: Engine) -> Result<(), Trap> {
        engine.close(self.channel, Side::Readable)
    }
}

impl<T> Wanted<T> {
    /// Looks at the copy in another way.
    fn map<U>(self, look: impl FnOnce(T) -> Result<U, Trap>) -> Result<Wanted<U>, Trap> {
        Ok(match self {
            Wanted::Copy(copy) => Wanted::Copy(look(copy)?),
            Wanted::Dropped => Wanted::Dropped,
            Wanted::Nothing => Wanted::Nothing,
        })
    }
}

impl Engine {
    /// The copy that the other side of a channel waits for. One of nothing ends at once.
    pub(super) fn wanted(self, id: ChannelId, side: Side) -> Result<Wanted<Buffer>, Trap> {
        let channel = self.channel(id)?;
        match channel.pending {
            Some((of, buffer)) if of != side && buffer.remaining() > 0 => Ok(Wanted::Copy(buffer)),
            Some((of, _)) if of != side => {
                self.finish_pending(id, CopyResult::Completed)?;
                Ok(Wanted::Nothing)
            }
            _ if channel.is_closed() => Ok(Wanted::Dropped),
            _ => Ok(Wanted::Nothing),
        }
    }

    /// True if the other side of a channel waits for a copy of nothing.
    fn is_asked(self, id: ChannelId, side: Side) -> Result<bool, Trap> {
        let pending = &self.channel(id)?.pending;
        Ok(pending.as_ref().is_some_and(|(of, buffer)| *of != side && buffer.length == 0))
    }

    /// Notes that so many more elements of the copy that waits at a channel are done: how many are left.
    pub(super) fn advance(self, id: ChannelId, count: usize) -> Result<u32, Trap> {
        let (_, buffer) = self.channel(id)?.pending.as_mut().ok_or(Trap::Other)?;
        buffer.progress += (count as u32).min(buffer.remaining());
        Ok(buffer.remaining())
    }

    /// The bytes of a buffer that aren't done: where they are, and how many.
    fn bytes_of(self, buffer: &Buffer) -> Result<(*mut u8, usize), Trap> {
        let (at, count) = (buffer.address + u64::from(buffer.progress), buffer.remaining());
        if buffer.options.is_null() {
            return Ok((core::ptr::with_exposed_provenance_mut(at as usize), count as usize));
        }
        Ok((self.memory_of(buffer).range(at, count.into())?, count as usize))
    }

    /// The memory of a guest's buffer.
    pub(super) fn memory_of<'a>(self, buffer: &Buffer) -> Memory<'a> {
        // SAFETY: the options are read-only data of the executable; the guest doesn't run before the memory was used.
        unsafe { Memory::of_call(self.slab, &*buffer.options) }
    }
}
