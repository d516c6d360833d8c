//! Futures that the host makes, or reads.

use core::marker::PhantomData;

use aot_abi::trap::Trap;

use super::super::channel::{Buffer, ChannelId, Side};
use super::super::ends::CopyResult;
use super::super::{Engine, tasks_of};
use super::ends::{Wanted, new_channel};
use super::parts::{HostEnd, Passed};
use crate::canonical::ends::Future;
use crate::canonical::lowering::Lowering;
use crate::canonical::{Lift, Lifting, Lower};
use crate::host::Host;

/// The host's writable end of a future.
pub struct Promise<T> {
    /// The channel of the future.
    pub channel: ChannelId,
    value: PhantomData<T>,
}

impl<T: Lower + Passed + 'static> Promise<T> {
    /// A future without a value, and its writable end.
    pub fn new(host: &mut Host) -> Result<(Promise<T>, Future<T>), Trap> {
        let channel = new_channel(host, T::ELEMENT, true)?;
        Ok((Promise { channel, value: PhantomData }, Future::new(channel as u32)))
    }

    /// Gives the future its value.
    pub fn resolve(&self, engine: Engine, value: T) -> Result<(), Trap> {
        let channel = engine.channel(self.channel)?;
        if channel.is_closed() {
            return engine.close(self.channel, Side::Writable);
        }
        *channel.host_mut(Side::Writable) = HostEnd::None;
        channel.value = Some(Box::new(value));
        engine.give_value(self.channel)
    }

    /// Returns true if nobody can read the value any more.
    pub fn is_closed(&self, engine: Engine) -> Result<bool, Trap> {
        Ok(engine.channel(self.channel)?.is_closed())
    }
}

/// The host's readable end of a future.
pub struct Awaited<T> {
    /// The channel of the future.
    pub channel: ChannelId,
    value: PhantomData<T>,
}

impl<T: Lower + for<'a> Lift<Value<'a> = T> + 'static> Awaited<T> {
    /// The end that a guest, or the host, has given away.
    pub fn new(future: Future<T>) -> Awaited<T> {
        Awaited { channel: future.end as usize, value: PhantomData }
    }

    /// The end for somebody else.
    pub fn into_future(self) -> Future<T> {
        Future::new(self.channel as u32)
    }

    /// The value, once there is one. The end is closed then.
    pub fn take(&self, engine: Engine) -> Result<Option<T>, Trap> {
        let value = match engine.channel(self.channel)?.value.take() {
            Some(value) => *value.into_any().downcast().map_err(|_| Trap::Other)?,
            None => match engine.wanted(self.channel, Side::Readable)? {
                Wanted::Copy(buffer) => {
                    let value = engine.load(&buffer)?;
                    engine.advance(self.channel, 1)?;
                    engine.finish_pending(self.channel, CopyResult::Completed)?;
                    value
                }
                Wanted::Nothing | Wanted::Dropped => return Ok(None),
            },
        };
        self.close(engine)?;
        Ok(Some(value))
    }

    /// Drops the end.
    pub fn close(&self, engine: Engine) -> Result<(), Trap> {
        engine.close(self.channel, Side::Readable)
    }
}

/// A future that has its value already.
pub fn resolved<T: Lower + Passed + 'static>(host: &mut Host, value: T) -> Result<Future<T>, Trap> {
    let channel = new_channel(host, T::ELEMENT, true)?;
    let of = tasks_of(host)?.channels.get_mut(channel).ok_or(Trap::Other)?;
    *of.host_mut(Side::Writable) = HostEnd::None;
    of.value = Some(Box::new(value));
    Ok(Future::new(channel as u32))
}

impl Engine {
    /// The value in a guest's buffer.
    fn load<T: for<'a> Lift<Value<'a> = T>>(self, buffer: &Buffer) -> Result<T, Trap> {
        // SAFETY: the options are read-only data of the executable.
        let encoding = unsafe { (*buffer.options).string_encoding };
        let (memory, host) = (self.memory_of(buffer), Some(self.host()));
        T::load(&mut Lifting { memory, encoding, instance: buffer.instance, strict: false, host }, buffer.address)
    }

    /// Gives the reader of a future its value, if it has one and the reader waits for it.
    pub(in super::super) fn give_value(self, id: ChannelId) -> Result<(), Trap> {
        let channel = self.channel(id)?;
        if let HostEnd::Job(reader) = *channel.host_mut(Side::Readable) {
            self.state().jobs.wake(reader);
            return Ok(());
        }
        let Some((Side::Readable, buffer)) = channel.pending else { return Ok(()) };
        let Some(value) = channel.value.take() else { return Ok(()) };
        // SAFETY: nothing borrows the host's state or the memory; the options are read-only data of the executable.
        let mut lowering = unsafe { Lowering::new(self.slab, &*buffer.options) };
        value.store(&mut lowering, buffer.address)?;
        if let Some((_, buffer)) = &mut self.channel(id)?.pending {
            buffer.progress = buffer.length;
        }
        self.finish_pending(id, CopyResult::Completed)
    }
}
