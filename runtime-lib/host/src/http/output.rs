//! The body of a request: what the guest writes, until the connection takes it.

use core::fmt;
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use aot_abi::trap::Trap;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use hyper::body::{Body, Frame, SizeHint};

use super::exchange::{Exchange, What};
use super::fault::Fault;
use super::state::Task;
use crate::poll::Interest;
use crate::streams::{OutputStream, StreamFault, StreamResult};

/// The most bytes that wait for the connection.
const BUFFER_BYTES: usize = 64 << 10;

/// A body on its way.
pub struct Output {
    state: State,
    buffer: BytesMut,
    written: u64,
    /// The value of the field `content-length`.
    declared: Option<u64>,
    /// True for the body of a response.
    is_response: bool,
    /// Nobody takes anything any more.
    is_gone: bool,
    /// Nobody wants what is written, and the guest needn't know.
    is_discarded: bool,
    /// The response to the request has come.
    is_answered: bool,
    /// The reason for which nobody takes anything, if it is known.
    fault: Option<Fault>,
    /// The connection, which waits for more.
    waker: Option<Waker>,
    /// The guest's task in a server, which may wait for room.
    guest: Option<Task>,
}

enum State {
    /// The message has no body.
    Absent,
    Open,
    /// The body has its end, with trailers.
    Finished(Option<HeaderMap>),
    /// The guest dropped the body before its end.
    Aborted,
}

impl Output {
    /// An output without a body, until it is opened; room for more wakes the guest, if it has a task.
    pub fn new(guest: Option<Task>) -> Output {
        Output {
            state: State::Absent,
            buffer: BytesMut::new(),
            written: 0,
            declared: None,
            is_response: false,
            is_gone: false,
            is_discarded: false,
            is_answered: false,
            fault: None,
            waker: None,
            guest,
        }
    }

    /// Lets the guest write, as many bytes as it declared.
    pub fn open(&mut self, declared: Option<u64>) {
        self.state = State::Open;
        self.declared = declared;
    }

    /// Lets the guest write the body of a response, as many bytes as it declared.
    pub fn open_response(&mut self, declared: Option<u64>) {
        self.open(declared);
        self.is_response = true;
    }

    /// Lets the guest write though nobody wants what it writes.
    pub fn discard(&mut self) {
        self.is_discarded = true;
        self.buffer = BytesMut::new();
        self.wake_guest();
    }

    /// The bytes that the guest declared.
    pub fn declared(&self) -> Option<u64> {
        self.declared
    }

    /// Returns true if the guest broke the body off.
    pub fn is_aborted(&self) -> bool {
        matches!(self.state, State::Aborted)
    }

    fn wrong_size(&self) -> Fault {
        if self.is_response { Fault::ResponseBodySize(self.written) } else { Fault::BodySize(self.written) }
    }

    /// Returns true if the guest has no body for the request.
    pub fn is_absent(&self) -> bool {
        matches!(self.state, State::Absent)
    }

    /// Returns true for a body of which neither the length nor the end is known.
    pub fn is_undecided(&self) -> bool {
        matches!(self.state, State::Open) && self.declared.is_none()
    }

    /// The bytes that the buffer has room for.
    fn room(&self) -> usize {
        if self.is_gone { 0 } else { BUFFER_BYTES.saturating_sub(self.buffer.len()) }
    }

    /// Returns true if a guest needn't wait before it writes.
    pub fn is_ready(&self) -> bool {
        self.is_gone || self.room() > 0
    }

    /// Notes that the response has come: a server may answer before the end of the body and take nothing more of it, which is
    /// no error of the request (RFC 9112, 9.3; RFC 9113, 8.1).
    pub fn answer(&mut self) {
        self.is_answered = true;
        if core::mem::take(&mut self.is_gone) {
            self.discard();
        }
    }

    /// Notes why the request has failed.
    pub fn fail(&mut self, fault: &Fault) {
        self.fault = Some(fault.clone());
        self.leave();
    }

    /// Returns the outcome of sending all of it, once that is known.
    pub fn sent(&self) -> Option<Result<(), Fault>> {
        let is_taken = self.is_discarded || self.buffer.is_empty() && matches!(self.state, State::Finished(None));
        match &self.fault {
            Some(fault) => Some(Err(fault.clone())),
            None if is_taken => Some(Ok(())),
            None => (self.is_gone || self.is_aborted()).then_some(Err(Fault::ConnectionTerminated)),
        }
    }

    /// Lets nobody take anything from now on, nor the response.
    pub fn close(&mut self) {
        if core::mem::take(&mut self.is_answered) {
            self.is_discarded = false;
        }
        self.leave();
    }

    /// Notes that nobody takes anything from now on.
    pub fn leave(&mut self) {
        if self.is_answered {
            return self.discard();
        }
        if self.is_discarded {
            return;
        }
        self.is_gone = true;
        self.buffer = BytesMut::new();
        self.wake_guest();
    }

    fn wake_guest(&self) {
        if let Some(guest) = &self.guest {
            guest.wake();
        }
    }

    /// Ends it, if its length is the declared one.
    pub fn finish(&mut self, trailers: Option<HeaderMap>) -> Result<(), Fault> {
        self.wake();
        if self.declared.is_some_and(|declared| declared != self.written) {
            self.state = State::Aborted;
            return Err(self.wrong_size());
        }
        self.state = State::Finished(trailers);
        Ok(())
    }

    /// Ends it if it was not finished.
    pub fn abort(&mut self) {
        if matches!(self.state, State::Open) {
            self.state = State::Aborted;
            self.wake();
        }
    }

    /// Keeps the last of the bytes that were written, as far as they were declared.
    fn keep(&mut self, bytes: &[u8]) {
        let excess = self.declared.map_or(0, |declared| self.written.saturating_sub(declared)) as usize;
        if !self.is_discarded {
            self.buffer.extend_from_slice(bytes.get(..bytes.len().saturating_sub(excess)).unwrap_or_default());
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// The guest dropped the body before its end.
#[derive(Debug)]
pub struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("dropped")
    }
}
impl std::error::Error for Dropped {}

/// The connection's end of the body.
pub struct RequestBody(pub Rc<RefCell<Output>>);

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let output = &mut *self.0.borrow_mut();
        // A client has to get all that was written of a response; a request that was broken off need not reach its server.
        if output.is_aborted() && !output.is_response {
            return Poll::Ready(Some(Err(Dropped)));
        }
        if !output.buffer.is_empty() {
            // Whoever waits for room waits since the buffer was full; at the end somebody may wait for that.
            if output.room() == 0 || matches!(output.state, State::Finished(_)) {
                output.wake_guest();
            }
            return Poll::Ready(Some(Ok(Frame::data(output.buffer.split().freeze()))));
        }
        match &mut output.state {
            State::Finished(trailers) => {
                let frame = trailers.take().map(Frame::trailers).map(Ok);
                output.wake_guest();
                Poll::Ready(frame)
            }
            State::Open => {
                output.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            State::Absent => Poll::Ready(None),
            State::Aborted => Poll::Ready(Some(Err(Dropped))),
        }
    }

    fn is_end_stream(&self) -> bool {
        let output = self.0.borrow();
        output.buffer.is_empty() && matches!(output.state, State::Absent | State::Finished(None))
    }

    fn size_hint(&self) -> SizeHint {
        let output = self.0.borrow();
        match (&output.state, output.declared) {
            (State::Absent, _) => SizeHint::with_exact(0),
            (_, Some(declared)) => {
                let sent = output.written.min(declared).saturating_sub(output.buffer.len() as u64);
                SizeHint::with_exact(declared - sent)
            }
            (State::Finished(None), None) => SizeHint::with_exact(output.buffer.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.0.borrow_mut().leave();
    }
}

/// The guest's end.
pub struct RequestStream {
    exchange: Rc<Exchange>,
    failed: bool,
}

impl RequestStream {
    /// Writes the body of an exchange.
    pub fn new(exchange: Rc<Exchange>) -> RequestStream {
        RequestStream { exchange, failed: false }
    }
}

impl OutputStream for RequestStream {
    fn check_write(&mut self) -> StreamResult<u64> {
        self.exchange.drive();
        let output = self.exchange.output();
        if self.failed || output.is_gone { Err(StreamFault::Closed) } else { Ok(output.room() as u64) }
    }

    fn write(&mut self, bytes: &[u8]) -> StreamResult<()> {
        let mut output = self.exchange.output();
        if self.failed || output.is_gone {
            return Err(StreamFault::Closed);
        }
        if bytes.len() > output.room() {
            return Err(Trap::InvalidValue.into());
        }
        output.written += bytes.len() as u64;
        if output.declared.is_some_and(|declared| output.written > declared) {
            self.failed = true;
            let fault = output.wrong_size();
            output.keep(bytes);
            output.abort();
            return Err(StreamFault::Source(Rc::new(fault)));
        }
        output.keep(bytes);
        output.wake();
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        // What is written goes out as soon as the connection takes it; a guest that writes before it sends the request
        // needn't wait for that.
        self.check_write().map(|_| ())
    }

    fn interest(&mut self) -> Interest {
        if self.failed { Interest::Ready } else { self.exchange.interest(What::Output) }
    }

    fn push(&mut self, bytes: &[u8]) -> StreamResult<Option<usize>> {
        let room = self.check_write()?.min(bytes.len() as u64) as usize;
        if room == 0 && !bytes.is_empty() {
            return Ok(None);
        }
        self.write(bytes.get(..room).unwrap_or_default())?;
        self.exchange.drive();
        Ok(Some(room))
    }
}
