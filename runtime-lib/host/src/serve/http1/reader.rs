//! The reading side of a connection over HTTP/1: heads are taken apart here, and bodies go on to the library.

use core::mem::MaybeUninit;
use core::task::{Context, Poll, ready};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Write as _};
use std::pin::Pin;
use std::rc::Rc;

use http::{Method, StatusCode, Version, header};
use hyper::rt::{Read, ReadBuf, ReadBufCursor};

use super::framing::{Chunks, Framing};
use super::head::{self, Bounds, Declared, Head, Scan};
use crate::http::incoming::{self, IncomingHead, Received};
use crate::serve::progress::Progress;
use crate::serve::worker::{Listening, Settings, Worker};

/// The bytes that are read at once.
const READ_BYTES: usize = 16 << 10;
/// The head that the library gets for one that is refused: it is to answer, and then to end the connection.
const REFUSED: &[u8] = b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n";

/// A request of which the library has got a head of our own.
pub struct Arrived {
    /// Method, target and version, as far as they could be read.
    pub line: Option<(Method, String, Version)>,
    /// The head, or the status that refuses it.
    pub head: Result<IncomingHead, StatusCode>,
}

/// The requests of a connection in their order.
pub type Arrivals = Rc<RefCell<VecDeque<Arrived>>>;

/// The state of a connection's reading side.
pub struct Reader {
    worker: Rc<Worker>,
    listening: Rc<Listening>,
    bounds: Bounds,
    arrivals: Arrivals,
    progress: Rc<Progress>,
    state: State,
    /// Bytes that have come and aren't looked at yet.
    bytes: Vec<u8>,
    scan: Scan,
    /// The head that the library is to get.
    own: Vec<u8>,
}

enum State {
    Head,
    Body(Framing),
    /// The end, after a request that was refused.
    Refused,
}

impl Reader {
    /// The reading side of a connection, which tells of each head.
    pub fn new((worker, listening): (Rc<Worker>, Rc<Listening>), arrivals: Arrivals, progress: Rc<Progress>) -> Reader {
        let Settings { fields_max, fields_bytes_max, .. } = worker.settings;
        let (bounds, scan) = (Bounds { fields_max, fields_bytes_max }, Scan::default());
        let (state, bytes, own) = (State::Head, Vec::new(), Vec::new());
        Reader { worker, listening, bounds, arrivals, progress, state, bytes, scan, own }
    }

    /// Reads for the library.
    pub fn poll_read(
        &mut self,
        socket: &mut (impl Read + Unpin),
        cx: &mut Context<'_>,
        mut to: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if !self.own.is_empty() {
                let given = self.own.len().min(to.remaining());
                to.put_slice(self.own.get(..given).unwrap_or_default());
                self.own.drain(..given);
                return Poll::Ready(Ok(()));
            }
            match self.state {
                State::Refused => return Poll::Ready(Ok(())),
                State::Body(_) => return self.poll_read_body(socket, cx, to),
                // Another request may be there before the library learns that the connection ends.
                State::Head if self.progress.is_last() => return Poll::Ready(Ok(())),
                State::Head => {}
            }
            if !self.take_head() {
                if !self.bytes.is_empty() && self.worker.settings.is_memory_full() {
                    // Many heads that don't end would use up what goes on needs.
                    self.refuse(None, StatusCode::SERVICE_UNAVAILABLE);
                    continue;
                }
                match self.poll_receive(socket, cx)? {
                    Poll::Pending if self.progress.is_late() => self.refuse(None, StatusCode::REQUEST_TIMEOUT),
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(0) => return Poll::Ready(Ok(())),
                    Poll::Ready(_) => {}
                }
            }
        }
    }

    fn poll_receive(&mut self, socket: &mut (impl Read + Unpin), cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut buffer = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut buffer);
        ready!(Pin::new(socket).poll_read(cx, buffer.unfilled()))?;
        self.bytes.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }

    fn poll_read_body(
        &mut self,
        socket: &mut (impl Read + Unpin),
        cx: &mut Context<'_>,
        mut to: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.bytes.is_empty() {
            ready!(self.poll_receive(socket, cx))?;
        }
        let room = to.remaining().min(self.bytes.len());
        let State::Body(framing) = &mut self.state else { return Poll::Ready(Ok(())) };
        let Ok(taken) = framing.take(self.bytes.get(..room).unwrap_or_default()) else {
            // What follows could be read as anything.
            self.state = State::Refused;
            return Poll::Ready(Err(ErrorKind::InvalidData.into()));
        };
        if framing.is_over() {
            self.begin_head();
        }
        to.put_slice(self.bytes.get(..taken).unwrap_or_default());
        self.bytes.drain(..taken);
        Poll::Ready(Ok(()))
    }

    fn begin_head(&mut self) {
        self.state = State::Head;
        self.scan = Scan::default();
        self.progress.set_unread(false);
    }

    /// Takes the next head, if it is there.
    fn take_head(&mut self) -> bool {
        // Empty lines before a request are ignored (RFC 9112, 2.2).
        let lines = self.bytes.chunks(2).take_while(|pair| *pair == b"\r\n").count();
        if lines != 0 {
            self.bytes.drain(..2 * lines);
            self.scan = Scan::default();
        }
        match head::length(&self.bytes, &mut self.scan, &self.bounds) {
            Ok(Some(length)) => {
                let Arrived { line, head } = self.begin(length);
                match head {
                    Ok(head) => self.arrivals.borrow_mut().push_back(Arrived { line, head: Ok(head) }),
                    Err(status) => self.refuse(line, status),
                }
            }
            Ok(None) => {
                if !self.bytes.is_empty() {
                    self.progress.begin_head();
                }
                return false;
            }
            Err(status) => self.refuse(None, status),
        }
        true
    }

    /// Lets the library answer with a status, and reads nothing more.
    fn refuse(&mut self, line: Option<(Method, String, Version)>, status: StatusCode) {
        self.own.clear();
        self.own.extend_from_slice(REFUSED);
        self.bytes = Vec::new();
        self.state = State::Refused;
        self.progress.set_unread(true);
        self.arrivals.borrow_mut().push_back(Arrived { line, head: Err(status) });
    }

    /// Takes a head of so many bytes apart.
    fn begin(&mut self, length: usize) -> Arrived {
        let head = match head::parse(self.bytes.get(..length).unwrap_or_default(), &self.bounds) {
            Ok(head) => head,
            Err(status) => return Arrived { line: None, head: Err(status) },
        };
        self.bytes.drain(..length);
        self.scan = Scan::default();
        let framed = head.framing().map(|declared| {
            write_own(&mut self.own, &head, declared);
            self.begin_body(declared);
        });
        let Head { method, target, version, fields } = head;
        let received = framed.and_then(|()| Received::of_target(method.clone(), &target, version, fields));
        let head = received.and_then(|received| incoming::head(received, self.listening.place()));
        Arrived { line: Some((method, target, version)), head }
    }

    fn begin_body(&mut self, declared: Declared) {
        let framing = match declared {
            Declared::Length(0) => return,
            Declared::Length(length) => Framing::Length(length),
            Declared::Chunked => Framing::Chunked(Chunks::new(self.bounds.fields_bytes_max)),
        };
        self.state = State::Body(framing);
        self.progress.set_unread(true);
    }
}

/// Writes the head that the library gets: it has what decides about the framing of both messages, and about the
/// connection.
fn write_own(own: &mut Vec<u8>, head: &Head, declared: Declared) {
    // A `Vec` takes everything.
    let method = if head.method == Method::HEAD { "HEAD" } else { "GET" };
    let minor = if head.version == Version::HTTP_10 { 0 } else { 1 };
    let _ = write!(own, "{method} / HTTP/1.{minor}\r\n");
    let _ = match declared {
        Declared::Length(0) => Ok(()),
        Declared::Length(length) => write!(own, "content-length: {length}\r\n"),
        Declared::Chunked => write!(own, "transfer-encoding: chunked\r\n"),
    };
    if head.lists(header::CONNECTION, "close") {
        own.extend_from_slice(b"connection: close\r\n");
    } else if head.lists(header::CONNECTION, "keep-alive") {
        own.extend_from_slice(b"connection: keep-alive\r\n");
    }
    if head.lists(header::EXPECT, "100-continue") {
        own.extend_from_slice(b"expect: 100-continue\r\n");
    }
    own.extend_from_slice(b"\r\n");
}
