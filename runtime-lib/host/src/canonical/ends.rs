//! Readable ends of streams and futures as parameters and results of host functions.

use core::marker::PhantomData;

use aot_abi::trap::Trap;

use super::lowering::Lowering;
use super::{Lift, Lifting, Lower, Words, layout};
use crate::concurrency::host::{Passed, take_readable_by_host};
use crate::impl_abi;

/// The readable end of a `stream<T>`, on its way between host and guest.
pub struct Stream<T> {
    /// The end, which no instance has.
    pub end: u32,
    element: PhantomData<T>,
}

/// The readable end of a `future<T>`, on its way between host and guest.
pub struct Future<T> {
    /// The end, which no instance has.
    pub end: u32,
    value: PhantomData<T>,
}

impl<T> Stream<T> {
    /// An end that no instance has.
    pub fn new(end: u32) -> Stream<T> {
        Stream { end, element: PhantomData }
    }
}

impl<T> Future<T> {
    /// An end that no instance has.
    pub fn new(end: u32) -> Future<T> {
        Future { end, value: PhantomData }
    }
}

impl_abi! { [T] Stream<T>, layout::<u32>() }
impl_abi! { [T] Future<T>, layout::<u32>() }

impl<T: Passed> Lift for Stream<T> {
    type Value<'a> = Stream<T>;
    fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Stream<T>, Trap> {
        take_end::<T>(cx, words.next() as u32, false).map(Stream::new)
    }
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Stream<T>, Trap> {
        let handle = u32::load(cx, address)?;
        take_end::<T>(cx, handle, false).map(Stream::new)
    }
}

impl<T: Passed> Lift for Future<T> {
    type Value<'a> = Future<T>;
    fn lift<'a>(cx: &mut Lifting<'a, '_>, words: &mut Words<'_>) -> Result<Future<T>, Trap> {
        take_end::<T>(cx, words.next() as u32, true).map(Future::new)
    }
    fn load<'a>(cx: &mut Lifting<'a, '_>, address: u64) -> Result<Future<T>, Trap> {
        let handle = u32::load(cx, address)?;
        take_end::<T>(cx, handle, true).map(Future::new)
    }
}

/// Takes a readable end, of a future or a stream, from the instance that has it.
fn take_end<T: Passed>(cx: &mut Lifting<'_, '_>, handle: u32, is_future: bool) -> Result<u32, Trap> {
    let instance = cx.instance;
    let host = cx.host.as_mut().ok_or(Trap::Other)?;
    take_readable_by_host(host, instance, handle, T::ELEMENT, is_future)
}

impl<T> Lower for Stream<T> {
    fn lower(self, cx: &mut Lowering) -> Result<u64, Trap> {
        cx.give_end(self.end).map(u64::from)
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        cx.give_end(self.end)?.store(cx, address)
    }
}

impl<T> Lower for Future<T> {
    fn lower(self, cx: &mut Lowering) -> Result<u64, Trap> {
        cx.give_end(self.end).map(u64::from)
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        cx.give_end(self.end)?.store(cx, address)
    }
}
