//! Streams between the host's files, sockets and lists, and guests.

use aot_abi::trap::Trap;

use super::super::Engine;
use super::super::channel::Side;
use super::ends::{Reader, Supplied, Wanted, new_channel, serve_by};
use super::futures::{Promise, resolved};
use super::jobs::{Job, Next, add_job};
use super::parts::Passed;
use crate::canonical::Lower;
use crate::canonical::ends::{Future, Stream};
use crate::canonical::lowering::Lowering;
use crate::host::Host;
use crate::poll::{Event, Interest, is_ready};
use crate::streams::{InputStream, OutputStream, StreamFault};

/// A future that tells how a stream ended.
pub type Ending<E> = Future<Result<(), E>>;

/// A function that names the error with which a stream ended.
pub type NameError<E> = fn(StreamFault) -> E;

/// A stream of what an input has, and the future that tells how it ended.
pub fn incoming<E>(
    host: &mut Host,
    input: Box<dyn InputStream>,
    name: NameError<E>,
) -> Result<(Stream<u8>, Ending<E>), Trap>
where
    Result<(), E>: Lower + Passed + 'static,
{
    serve(host, |to, ending| Incoming { input, to, ending, name })
}

/// A stream of values, and the future that tells how it ended.
pub fn supplied<T, E>(host: &mut Host, values: impl Supply<T, E> + 'static) -> Result<(Stream<T>, Ending<E>), Trap>
where
    T: Lower + Passed + 'static,
    Result<(), E>: Lower + Passed + 'static,
{
    serve(host, |to, ending| Values { values: Box::new(values), waiting: None, to, ending: Some(ending) })
}

/// A stream of values that nobody tells how it ended.
pub fn unending<T, E>(host: &mut Host, values: impl Supply<T, E> + 'static) -> Result<Stream<T>, Trap>
where
    T: Lower + Passed + 'static,
    Result<(), E>: Lower + Passed + 'static,
{
    let channel = new_channel(host, T::ELEMENT, false)?;
    let job = Values { values: Box::new(values), waiting: None, to: Supplied::of(channel), ending: None };
    let job = add_job(host, Box::new(job))?;
    serve_by(host, channel, Side::Writable, job)?;
    Ok(Stream::new(channel as u32))
}

fn serve<T: Passed, E, J: Job + 'static>(
    host: &mut Host,
    job: impl FnOnce(Supplied<T>, Promise<Result<(), E>>) -> J,
) -> Result<(Stream<T>, Ending<E>), Trap>
where
    Result<(), E>: Lower + Passed + 'static,
{
    let channel = new_channel(host, T::ELEMENT, false)?;
    let (promise, ending) = Promise::new(host)?;
    let job = add_job(host, Box::new(job(Supplied::of(channel), promise)))?;
    serve_by(host, channel, Side::Writable, job)?;
    Ok((Stream::new(channel as u32), ending))
}

/// A stream that is at its end, and the future with its error.
pub fn failed<T, E>(host: &mut Host, error: E) -> Result<(Stream<T>, Ending<E>), Trap>
where
    T: Lower + Passed + 'static,
    Result<(), E>: Lower + Passed + 'static,
{
    Ok((ended(host)?, resolved(host, Err(error))?))
}

/// A stream that is at its end.
pub fn ended<T: Passed + 'static>(host: &mut Host) -> Result<Stream<T>, Trap> {
    let channel = new_channel(host, T::ELEMENT, false)?;
    let job = add_job(host, Box::new(Ended { to: Supplied::<T>::of(channel) }))?;
    serve_by(host, channel, Side::Writable, job)?;
    Ok(Stream::new(channel as u32))
}

/// Refuses a guest's stream: the future with the error.
pub fn refused<E>(host: &mut Host, data: Stream<u8>, error: E) -> Result<Ending<E>, Trap>
where
    Result<(), E>: Lower + Passed + 'static,
{
    let channel = data.end as usize;
    let job = add_job(host, Box::new(Refused { from: Reader::of(channel) }))?;
    serve_by(host, channel, Side::Readable, job)?;
    resolved(host, Err(error))
}

/// Writes a guest's stream to an output: the future tells how that ended. The output ends with the stream.
pub fn outgoing<E>(
    host: &mut Host,
    data: Stream<u8>,
    output: Result<Box<dyn OutputStream>, StreamFault>,
    name: NameError<E>,
) -> Result<Ending<E>, Trap>
where
    Result<(), E>: Lower + Passed + 'static,
{
    let channel = data.end as usize;
    let (promise, ending) = Promise::new(host)?;
    let job =
        add_job(host, Box::new(Outgoing { output: Some(output), from: Reader::of(channel), ending: promise, name }))?;
    serve_by(host, channel, Side::Readable, job)?;
    Ok(ending)
}

/// Drops the end of a stream that was at its end from the beginning.
struct Ended<T> {
    to: Supplied<T>,
}

impl<T> Job for Ended<T> {
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        self.to.close(engine)?;
        Ok(Next::Done)
    }
}

/// Drops the end of a stream of which nothing is taken.
struct Refused {
    from: Reader,
}

impl Job for Refused {
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        self.from.close(engine)?;
        Ok(Next::Done)
    }
}

/// The event for which somebody waits who only asks when there will be something; none if that is now.
fn awaited(is_asked: bool, interest: impl FnOnce() -> Interest) -> Option<Next> {
    let interest = is_asked.then(interest)?;
    (!is_ready(interest)).then_some(Next::Until(Event::Interest(interest)))
}

/// Bytes from an input to a guest.
struct Incoming<E> {
    input: Box<dyn InputStream>,
    to: Supplied<u8>,
    ending: Promise<Result<(), E>>,
    name: NameError<E>,
}

impl<E> Job for Incoming<E>
where
    Result<(), E>: Lower + Passed + 'static,
{
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        let ending = loop {
            if let Some(next) = awaited(self.to.is_asked(engine)?, || self.input.interest()) {
                return Ok(next);
            }
            let room = match self.to.room(engine)? {
                Wanted::Dropped => break Ok(()),
                Wanted::Nothing => return Ok(Next::Guest),
                Wanted::Copy(room) => room,
            };
            match self.input.fill(room) {
                Ok(0) => return Ok(Next::Until(Event::Interest(self.input.interest()))),
                Ok(count) => self.to.finish(engine, count)?,
                Err(StreamFault::Closed) => break Ok(()),
                Err(StreamFault::Trap(trap)) => return Err(trap),
                Err(fault) => break Err((self.name)(fault)),
            }
        };
        self.to.close(engine)?;
        self.ending.resolve(engine, ending)?;
        Ok(Next::Done)
    }
}

/// Bytes from a guest to an output.
struct Outgoing<E> {
    /// The output, or the error with which the first bytes are refused; none at the end.
    output: Option<Result<Box<dyn OutputStream>, StreamFault>>,
    from: Reader,
    ending: Promise<Result<(), E>>,
    name: NameError<E>,
}

impl<E> Job for Outgoing<E>
where
    Result<(), E>: Lower + Passed + 'static,
{
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        let ending = loop {
            let interest = || match &mut self.output {
                Some(Ok(output)) => output.interest(),
                _ => Interest::Ready,
            };
            if let Some(next) = awaited(self.from.is_asked(engine)?, interest) {
                return Ok(next);
            }
            let bytes = match self.from.bytes(engine)? {
                Wanted::Dropped => break Ok(()),
                Wanted::Nothing => return Ok(Next::Guest),
                Wanted::Copy(bytes) => bytes,
            };
            let pushed = match &mut self.output {
                Some(Ok(output)) => output.push(bytes).map(|taken| taken.ok_or_else(|| output.interest())),
                Some(Err(fault)) => Err(fault.clone()),
                None => Err(StreamFault::Closed),
            };
            match pushed {
                Ok(Ok(taken)) => self.from.took(engine, taken)?,
                Ok(Err(interest)) => return Ok(Next::Until(Event::Interest(interest))),
                Err(StreamFault::Trap(trap)) => return Err(trap),
                Err(fault) => break Err((self.name)(fault)),
            }
        };
        // What ends the output comes before the guest hears of it.
        drop(self.output.take());
        self.from.close(engine)?;
        self.ending.resolve(engine, ending)?;
        Ok(Next::Done)
    }
}

/// Values for a stream, one after the other.
pub trait Supply<T, E> {
    /// The next value, or what there is instead.
    fn next(&mut self, host: &mut Host) -> Result<Step<T, E>, Trap>;

    /// The condition to wait for before there is something.
    fn interest(&self) -> Interest {
        Interest::Ready
    }
}

/// The state of a supply of values.
pub enum Step<T, E> {
    /// A value.
    Value(T),
    /// None before this event.
    Until(Event),
    /// None any more.
    End(Result<(), E>),
}

/// Values from a supply to a guest.
struct Values<T, E> {
    values: Box<dyn Supply<T, E>>,
    /// A value that had no room.
    waiting: Option<Step<T, E>>,
    to: Supplied<T>,
    ending: Option<Promise<Result<(), E>>>,
}

impl<T, E> Job for Values<T, E>
where
    T: Lower + 'static,
    Result<(), E>: Lower + Passed + 'static,
{
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        let ending = loop {
            if let Some(next) = awaited(self.to.is_asked(engine)?, || self.values.interest()) {
                return Ok(next);
            }
            let buffer = match self.to.wanted(engine)? {
                Wanted::Dropped => break Ok(()),
                Wanted::Nothing => return Ok(Next::Guest),
                Wanted::Copy(buffer) => buffer,
            };
            let mut done = 0;
            let next = loop {
                if done == buffer.remaining() {
                    break None;
                }
                let next = match self.waiting.take() {
                    Some(next) => next,
                    None => self.values.next(engine.host_state())?,
                };
                let Step::Value(value) = next else { break Some(next) };
                let place = buffer.address + u64::from(buffer.progress + done) * u64::from(T::SIZE);
                // SAFETY: nothing borrows the host's state or the memory; the options are read-only data of the executable.
                let mut lowering = unsafe { Lowering::new(engine.slab, &*buffer.options) };
                value.store(&mut lowering, place)?;
                done += 1;
            };
            if done != 0 {
                self.waiting = next;
                self.to.finish(engine, done as usize)?;
                continue;
            }
            match next {
                Some(Step::Until(event)) => return Ok(Next::Until(event)),
                Some(Step::End(ending)) => break ending,
                Some(Step::Value(_)) | None => return Ok(Next::Guest),
            }
        };
        self.to.close(engine)?;
        if let Some(promise) = &self.ending {
            promise.resolve(engine, ending)?;
        }
        Ok(Next::Done)
    }
}
