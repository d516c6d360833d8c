//! Bodies of messages: where their contents and trailers come from, and the jobs that pass them on.

use std::rc::Rc;

use crate::p2::http::types::errors::code;
use crate::p2::interfaces::http::types::ErrorCode;
use crate::p3::Outcome;
use crate::p3::http::types::fields_of;
use crate::p3::interfaces::http::types::FieldMap;
use aot_abi::trap::Trap;
use aot_host::canonical::ends::{Future, Stream};
use aot_host::canonical::handles::Own;
use aot_host::concurrency::Engine;
use aot_host::concurrency::host::{
    Awaited, Errands, Job, Next, Promise, Reader, Side, Supplied, Wanted, add_job, ended, new_stream, serve_by,
};
use aot_host::host::Host;
use aot_host::http::exchange::{Exchange, Receiver, What};
use aot_host::http::fault::Fault;
use aot_host::http::field_list::FieldList;
use aot_host::http::input::{ResponseStream, Wants};
use aot_host::http::output::RequestStream;
use aot_host::poll::Event;
use aot_host::streams::{InputStream, OutputStream, StreamFault};

/// The trailers behind the contents, or the error that ended them.
pub type Trailers = Result<Option<Own<FieldMap>>, ErrorCode>;
/// The outcome of sending a message.
pub type Sent = Result<(), ErrorCode>;

/// The body of a message that nobody reads or sends yet.
pub enum Body {
    /// The body of a message that a guest made.
    Guest(GuestBody),
    /// The body of a message that has come over the network.
    Host(Receiver),
}

/// The ends that a guest gave a message.
pub struct GuestBody {
    /// None once somebody has taken them.
    ends: Option<Ends>,
    errands: Errands,
}

/// The ends of a message: none for the contents of one without a body.
struct Ends {
    contents: Option<Stream<u8>>,
    trailers: Awaited<Trailers>,
    /// None if nobody waits for the outcome.
    sent: Option<Promise<Sent>>,
}

impl Drop for GuestBody {
    fn drop(&mut self) {
        if let Some(ends) = self.ends.take() {
            self.errands.add(Forget { ends, fault: None });
        }
    }
}

impl Body {
    /// The body of a message that a guest makes, and the future of the outcome of sending it.
    pub fn of_guest(
        host: &mut Host,
        contents: Option<Stream<u8>>,
        trailers: Future<Trailers>,
    ) -> Outcome<(Body, Future<Sent>)> {
        let (sent, future) = Promise::new(host)?;
        let ends = Ends { contents, trailers: Awaited::new(trailers), sent: Some(sent) };
        Ok((Body::Guest(GuestBody { ends: Some(ends), errands: Errands::of(host)? }), future))
    }

    /// Hands the body to a guest, who tells by a future what it makes of it.
    pub fn consume(self, host: &mut Host, result: Future<Sent>) -> Outcome<(Stream<u8>, Future<Trailers>)> {
        let Ends { contents, trailers, sent } = self.into_ends(host)?;
        let contents = match contents {
            Some(contents) => contents,
            None => ended(host)?,
        };
        let result = Awaited::new(result);
        let channel = result.channel;
        let job = add_job(host, Box::new(PassOn { result, sent }))?;
        serve_by(host, channel, Side::Readable, job)?;
        Ok((contents, trailers.into_future()))
    }

    /// Returns true if there is nothing to send but the head.
    pub fn is_absent(&self) -> bool {
        match self {
            Body::Guest(body) => body.ends.as_ref().is_none_or(|ends| ends.contents.is_none()),
            Body::Host(receiver) => receiver.0.input().is_empty(),
        }
    }

    /// Sends the body by an exchange whose output is open, or has no body.
    pub fn send(self, host: &mut Host, exchange: &Rc<Exchange>) -> Outcome<()> {
        let is_absent = self.is_absent();
        if is_absent && matches!(self, Body::Host(_)) {
            return Ok(());
        }
        let Ends { contents, trailers, sent } = self.into_ends(host)?;
        let contents = contents.filter(|_| !is_absent).map(|contents| contents.end as usize);
        let trailers_channel = trailers.channel;
        let from = contents.map(Reader::of);
        let output = RequestStream::new(exchange.clone());
        let send = Send { from, output, exchange: exchange.clone(), trailers: Some(trailers), sent, is_absent };
        let job = add_job(host, Box::new(send))?;
        if let Some(contents) = contents {
            serve_by(host, contents, Side::Readable, job)?;
        }
        serve_by(host, trailers_channel, Side::Readable, job)
    }

    /// Forgets the body of a message that can't be sent.
    pub fn fail(self, fault: Fault) {
        if let Body::Guest(mut body) = self
            && let Some(ends) = body.ends.take()
        {
            body.errands.add(Forget { ends, fault: Some(fault) });
        }
    }

    /// The ends at which the body can be read.
    fn into_ends(self, host: &mut Host) -> Outcome<Ends> {
        match self {
            Body::Guest(mut body) => body.ends.take().ok_or(Trap::Other),
            Body::Host(receiver) => {
                let input = ResponseStream::new(receiver.0.clone());
                let contents = new_stream(host)?;
                let (promise, trailers) = Promise::new(host)?;
                let (channel, trailers_channel) = (contents.end as usize, promise.channel);
                let job = Receive { receiver, input, to: Some(Supplied::of(channel)), trailers: promise };
                let job = add_job(host, Box::new(job))?;
                serve_by(host, channel, Side::Writable, job)?;
                serve_by(host, trailers_channel, Side::Writable, job)?;
                Ok(Ends { contents: Some(contents), trailers: Awaited::new(trailers), sent: None })
            }
        }
    }
}

/// Closes the ends of a message that nobody reads.
struct Forget {
    ends: Ends,
    fault: Option<Fault>,
}

impl Job for Forget {
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        if let Some(contents) = &self.ends.contents {
            Reader::of(contents.end as usize).close(engine)?;
        }
        self.ends.trailers.close(engine)?;
        if let Some(sent) = self.ends.sent.take() {
            sent.resolve(engine, self.fault.as_ref().map_or(Ok(()), |fault| Err(code(fault))))?;
        }
        Ok(Next::Done)
    }
}

/// Tells who made a message what its reader makes of it.
struct PassOn {
    result: Awaited<Sent>,
    sent: Option<Promise<Sent>>,
}

impl Job for PassOn {
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        let Some(result) = self.result.take(engine)? else { return Ok(Next::Guest) };
        if let Some(sent) = self.sent.take() {
            sent.resolve(engine, result)?;
        }
        Ok(Next::Done)
    }
}

/// A body from the network to a guest.
struct Receive {
    receiver: Receiver,
    input: ResponseStream,
    /// None behind the contents.
    to: Option<Supplied<u8>>,
    trailers: Promise<Trailers>,
}

impl Receive {
    /// Passes contents on: what the job waits for, unless they are at their end.
    fn pass_contents(&mut self, engine: Engine) -> Result<Option<Next>, Trap> {
        while let Some(to) = &self.to {
            let room = match to.room(engine)? {
                Wanted::Nothing => return Ok(Some(Next::Guest)),
                Wanted::Copy(room) => Some(room),
                Wanted::Dropped => None,
            };
            let wants = if room.is_some() { Wants::Contents } else { Wants::End };
            self.receiver.0.input().want(wants);
            let filled = room.map_or(Err(StreamFault::Closed), |room| self.input.fill(room));
            match filled {
                Ok(0) => return Ok(Some(Next::Until(Event::Interest(self.input.interest())))),
                Ok(count) => to.finish(engine, count)?,
                Err(StreamFault::Trap(trap)) => return Err(trap),
                Err(_) => {
                    to.close(engine)?;
                    self.to = None;
                }
            }
        }
        Ok(None)
    }
}

impl Job for Receive {
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        if let Some(next) = self.pass_contents(engine)? {
            return Ok(next);
        }
        let exchange = &self.receiver.0;
        if !self.trailers.is_closed(engine)? {
            exchange.drive();
            let end = exchange.input().take_end();
            let Some(end) = end else { return Ok(Next::Until(Event::Interest(exchange.interest(What::End)))) };
            let host = engine.host_state();
            let trailers = match end {
                Ok(map) => Ok(map.map(|map| fields_of(host, Rc::new(FieldList::from(&map))))),
                Err(fault) => Err(code(&fault)),
            };
            self.trailers.resolve(engine, trailers)?;
        } else {
            self.trailers.resolve(engine, Ok(None))?;
        }
        Ok(Next::Done)
    }
}

/// A body from a guest to the network.
struct Send {
    /// None behind the contents, or if there are none.
    from: Option<Reader>,
    output: RequestStream,
    exchange: Rc<Exchange>,
    /// None once they were taken.
    trailers: Option<Awaited<Trailers>>,
    /// None if nobody waits for the outcome, or it was told.
    sent: Option<Promise<Sent>>,
    /// True if the message has no body.
    is_absent: bool,
}

impl Send {
    /// Takes contents: what the job waits for, unless they are at their end.
    fn take_contents(&mut self, engine: Engine) -> Result<Option<Next>, Trap> {
        while let Some(from) = &mut self.from {
            let bytes = match from.bytes(engine)? {
                Wanted::Dropped => {
                    from.close(engine)?;
                    self.from = None;
                    break;
                }
                Wanted::Nothing => return Ok(Some(Next::Guest)),
                Wanted::Copy(bytes) => bytes,
            };
            match self.output.push(bytes) {
                Ok(Some(taken)) => from.took(engine, taken)?,
                Ok(None) => return Ok(Some(Next::Until(Event::Interest(self.output.interest())))),
                Err(StreamFault::Trap(trap)) => return Err(trap),
                Err(fault) => {
                    let error = self.error_of(&fault);
                    return self.end(engine, Err(error)).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// The error for what keeps the contents from being written.
    fn error_of(&self, fault: &StreamFault) -> ErrorCode {
        let own = match fault {
            StreamFault::Source(fault) => (&**fault as &dyn core::any::Any).downcast_ref().map(code),
            _ => None,
        };
        let of_exchange = || self.exchange.output().sent().and_then(Result::err).map(|fault| code(&fault));
        own.or_else(of_exchange).unwrap_or(ErrorCode::ConnectionTerminated)
    }

    /// Takes the trailers: what the job waits for, unless the body is at its end.
    fn take_trailers(&mut self, engine: Engine) -> Result<Option<Next>, Trap> {
        let Some(trailers) = &self.trailers else { return Ok(None) };
        let Some(value) = trailers.take(engine)? else { return Ok(Some(Next::Guest)) };
        self.trailers = None;
        let host = engine.host_state();
        let trailers = match value {
            Ok(Some(trailers)) => {
                let map = host.resources.take(trailers)?.list.to_map();
                Some(map.ok_or_else(|| host.limit_exceeded("HTTP fields"))?)
            }
            Ok(None) => None,
            Err(error) => return self.end(engine, Err(error)).map(Some),
        };
        if self.is_absent {
            return self.end(engine, Ok(())).map(Some);
        }
        let finished = self.exchange.output().finish(trailers);
        self.exchange.drive();
        match finished {
            Ok(()) => Ok(None),
            Err(fault) => self.end(engine, Err(code(&fault))).map(Some),
        }
    }

    /// Ends the job with the outcome of sending. A body that isn't at its end is broken off.
    fn end(&mut self, engine: Engine, outcome: Sent) -> Result<Next, Trap> {
        self.exchange.output().abort();
        self.exchange.drive();
        if let Some(from) = self.from.take() {
            from.close(engine)?;
        }
        if let Some(trailers) = self.trailers.take() {
            trailers.close(engine)?;
        }
        if let Some(sent) = self.sent.take() {
            sent.resolve(engine, outcome)?;
        }
        Ok(Next::Done)
    }
}

impl Job for Send {
    fn step(&mut self, engine: Engine) -> Result<Next, Trap> {
        if let Some(next) = self.take_contents(engine)? {
            return Ok(next);
        }
        if let Some(next) = self.take_trailers(engine)? {
            return Ok(next);
        }
        self.exchange.drive();
        let sent = self.exchange.output().sent();
        match sent {
            None => Ok(Next::Until(Event::Interest(self.exchange.interest(What::Sent)))),
            Some(outcome) => self.end(engine, outcome.map_err(|fault| code(&fault))),
        }
    }
}

impl Drop for Send {
    fn drop(&mut self) {
        // Of a guest that has ended before its body did, nobody may take a part for all of it.
        self.exchange.output().abort();
    }
}
