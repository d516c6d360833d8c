//! Futures that the host makes.

use core::marker::PhantomData;

use aot_abi::trap::Trap;

use super::super::channel::{ChannelId, Side};
use super::super::ends::CopyResult;
use super::super::{Engine, tasks_of};
use super::ends::new_channel;
use super::parts::{HostEnd, Passed};
use crate::canonical::Lower;
use crate::canonical::ends::Future;
use crate::canonical::lowering::Lowering;
use crate::host::Host;

/// The host's writable end of a future.
pub struct Promise<T> {
    channel: ChannelId,
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
        channel.value = Some(Box::new(|cx, address| value.store(cx, address)));
        engine.give_value(self.channel)
    }
}

/// A future that has its value already.
pub fn resolved<T: Lower + Passed + 'static>(host: &mut Host, value: T) -> Result<Future<T>, Trap> {
    let channel = new_channel(host, T::ELEMENT, true)?;
    let of = tasks_of(host)?.channels.get_mut(channel).ok_or(Trap::Other)?;
    *of.host_mut(Side::Writable) = HostEnd::None;
    of.value = Some(Box::new(|cx, address| value.store(cx, address)));
    Ok(Future::new(channel as u32))
}

impl Engine {
    /// Gives the reader of a future its value, if it has one and the reader waits for it.
    pub(in super::super) fn give_value(self, id: ChannelId) -> Result<(), Trap> {
        let channel = self.channel(id)?;
        let Some((Side::Readable, buffer)) = channel.pending else { return Ok(()) };
        let Some(store) = channel.value.take() else { return Ok(()) };
        // SAFETY: nothing borrows the host's state or the memory; the options are read-only data of the executable.
        let mut lowering = unsafe { Lowering::new(self.slab, &*buffer.options) };
        store(&mut lowering, buffer.address)?;
        if let Some((_, buffer)) = &mut self.channel(id)?.pending {
            buffer.progress = buffer.length;
        }
        self.finish_pending(id, CopyResult::Completed)
    }
}
