//! The body of a response: what the connection has received, until the guest reads it.

use core::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::{Body, Incoming};

use super::exchange::{Exchange, What};
use super::fault::{Fault, of_request_body};
use super::fields;
use super::reactor::Reactor;
use crate::clocks;
use crate::poll::Interest;
use crate::streams::{InputStream, StreamFault, StreamResult, copy_to_room};

/// A body on its way. One piece of it is fetched before the guest asks for it, and nothing before it wants any.
pub struct Input {
    body: Option<Incoming>,
    wants: Wants,
    piece: Bytes,
    trailers: Option<HeaderMap>,
    end: Option<Result<(), Fault>>,
    /// The moment at which the server has been silent for too long.
    deadline: Option<u64>,
    between_bytes: u64,
    /// The bytes that may still come.
    left: u64,
    fault_of: fn(&hyper::Error) -> Fault,
}

/// The part of the body that the guest waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// No part yet.
    Nothing,
    /// The contents of the body.
    Contents,
    /// The end behind the contents: the trailers, or an error.
    End,
}

impl Input {
    /// An input without a body yet.
    pub fn new() -> Input {
        Input {
            body: None,
            wants: Wants::Nothing,
            piece: Bytes::new(),
            trailers: None,
            end: None,
            deadline: None,
            between_bytes: 0,
            left: u64::MAX,
            fault_of: Fault::of_body,
        }
    }

    /// The body of the response that has come.
    pub fn begin(&mut self, body: Incoming, between_bytes: u64) {
        self.body = Some(body);
        self.between_bytes = between_bytes;
    }

    /// The body of a request that has come, of so many bytes at most.
    pub fn begin_request(&mut self, body: Incoming, between_bytes: u64, bytes_max: u64) {
        self.begin(body, between_bytes);
        self.left = bytes_max;
        self.fault_of = of_request_body;
    }

    /// Sets the part of the body that the guest wants from now on.
    pub fn want(&mut self, wants: Wants) {
        self.wants = wants;
        if wants == Wants::End {
            self.piece = Bytes::new();
        }
    }

    /// Returns true if a guest needn't wait for contents.
    pub fn has_contents(&self) -> bool {
        !self.piece.is_empty() || self.has_end()
    }

    /// Returns true for a body that has neither contents nor trailers.
    pub fn is_empty(&self) -> bool {
        self.body.as_ref().is_some_and(Body::is_end_stream)
    }

    /// Returns true if the end of the body is known.
    pub fn has_end(&self) -> bool {
        self.end.is_some()
    }

    /// The trailers behind the contents, or the error that ended them; none before the end is known.
    pub fn take_end(&mut self) -> Option<Result<Option<HeaderMap>, Fault>> {
        let end = self.end.clone()?;
        Some(end.map(|()| self.trailers.take()))
    }

    /// Ends it if it isn't at its end.
    pub fn leave(&mut self, fault: Fault) {
        if self.body.take().is_some() {
            self.end = Some(Err(fault));
        }
    }

    /// Fetches what is wanted, as far as it is there, with so many bytes of trailers at most. Whether the server was silent
    /// for too long.
    pub fn fetch(&mut self, cx: &mut Context<'_>, reactor: &Reactor, fields_bytes_max: usize) -> bool {
        while self.wants != Wants::Nothing
            && self.piece.is_empty()
            && let Some(body) = &mut self.body
        {
            match Pin::new(body).poll_frame(cx) {
                Poll::Pending => return self.check_deadline(reactor),
                Poll::Ready(None) => self.set_end(Ok(())),
                Poll::Ready(Some(Err(error))) => self.set_end(Err((self.fault_of)(&error))),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(piece) => self.take(piece),
                    Err(frame) => match frame.into_trailers() {
                        Ok(trailers) if fields::bytes_of(&trailers) > fields_bytes_max => {
                            self.set_end(Err(Fault::ResponseTrailerSize));
                        }
                        Ok(mut trailers) => {
                            fields::remove_framing(&mut trailers);
                            self.trailers = Some(trailers);
                        }
                        Err(_) => {}
                    },
                },
            }
            self.deadline = None;
        }
        false
    }

    fn take(&mut self, piece: Bytes) {
        match self.left.checked_sub(piece.len() as u64) {
            Some(left) => self.left = left,
            None => return self.set_end(Err(Fault::BodySize(piece.len() as u64))),
        }
        if self.wants == Wants::Contents {
            self.piece = piece;
        }
    }

    fn set_end(&mut self, end: Result<(), Fault>) {
        self.body = None;
        self.end = Some(end);
    }

    fn check_deadline(&mut self, reactor: &Reactor) -> bool {
        let between_bytes = self.between_bytes;
        let deadline = *self.deadline.get_or_insert_with(|| clocks::monotonic().saturating_add(between_bytes));
        let is_late = reactor.has_come(deadline);
        if is_late {
            self.set_end(Err(Fault::ReadTimeout));
        }
        is_late
    }
}

/// The guest's end.
pub struct ResponseStream {
    exchange: Rc<Exchange>,
    failed: bool,
}

impl ResponseStream {
    /// Reads the body of an exchange's response.
    pub fn new(exchange: Rc<Exchange>) -> ResponseStream {
        ResponseStream { exchange, failed: false }
    }
}

impl InputStream for ResponseStream {
    fn fill(&mut self, room: &mut [MaybeUninit<u8>]) -> StreamResult<usize> {
        self.exchange.drive();
        let mut input = self.exchange.input();
        if !input.piece.is_empty() {
            let bytes = input.piece.len().min(room.len());
            return Ok(copy_to_room(&input.piece.split_to(bytes), room));
        }
        match &input.end {
            None => Ok(0),
            Some(Err(fault)) if !self.failed => {
                self.failed = true;
                Err(StreamFault::Source(Rc::new(fault.clone())))
            }
            Some(_) => Err(StreamFault::Closed),
        }
    }

    fn interest(&mut self) -> Interest {
        self.exchange.interest(What::Contents)
    }
}
