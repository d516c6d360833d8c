//! A client's connection: which protocol it speaks, the requests that come by it, and its end.

use core::convert::Infallible;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, ready};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::rt::{Executor, Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;

use super::access_log::Line;
use super::client_io::ClientIo;
use super::http1::reader::{Arrivals, Arrived, Reader};
use super::http1::writer;
use super::progress::Progress;
use super::response::{self, ResponseBody, Trailers};
use super::socket::Socket;
use super::worker::{Listening, Worker};
use crate::clocks;
use crate::http::fields;
use crate::http::incoming::{self, IncomingHead, Received};
use crate::http::output::Dropped;

/// The first bytes of a connection over HTTP/2 with prior knowledge (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The most bytes that a connection over HTTP/1 keeps for reading, and for writing.
const BUFFER_BYTES: usize = 64 << 10;
/// The bytes of a body that a client may send over HTTP/2 before the guest reads them.
const WINDOW_BYTES: u32 = 64 << 10;
/// The most requests at once by one connection of HTTP/2.
const STREAMS_MAX: u32 = 200;
/// The time for which a connection is read on after its last response, in nanoseconds: a client that still sends would lose
/// the response otherwise (RFC 9112, 9.6).
const LINGER: u64 = 2 * clocks::SECOND;

/// A connection under whatever protocol.
pub trait Io: Read + Write + Unpin {
    /// Lets the connection end in a way that no client takes for the end of a response.
    fn reset(&self);
}

/// A connection as the library has it: of one type, so that the library is in an executable once.
pub type AnyIo = Box<dyn Io>;

/// The connection, and true if the client speaks HTTP/2; none if it doesn't speak as it should.
pub type Greeting<'g> = Pin<Box<dyn Future<Output = Option<(AnyIo, bool)>> + 'g>>;

/// The way to greet a client under a further protocol.
pub trait Greet: Send + Sync {
    /// Greets a client.
    fn greet(&self, socket: Socket) -> Greeting<'_>;
}

/// Serves a connection until its end.
pub async fn serve(worker: Rc<Worker>, file: OwnedFd, listening: Rc<Listening>) {
    let Ok(socket) = Socket::new(file, &worker.reactor) else { return };
    let settings = &worker.settings;
    let progress = Rc::new(Progress::new(settings.head_time, settings.idle_time, settings.stall_time));
    let limit = progress.deadline().unwrap_or(u64::MAX);
    let client = socket.client();
    let greeting = async {
        match &listening.certificates {
            Some(certificates) => certificates.greet(socket).await,
            None => {
                let is_http_2 = speaks_http_2(&socket).await;
                Some((Box::new(socket) as AnyIo, is_http_2))
            }
        }
    };
    let Some(Some((socket, is_http_2))) = worker.reactor.before(limit, greeting).await else { return };
    let requests = Requests { worker, listening, progress, client };
    if is_http_2 { speak_http_2(socket, requests).await } else { speak_http_1(socket, requests).await }
}

async fn speaks_http_2(socket: &Socket) -> bool {
    let mut buffer = [0; PREFACE.len()];
    loop {
        let Ok(received) = socket.peek(&mut buffer).await else { return false };
        if received == PREFACE.len() || received == 0 || buffer[..received] != PREFACE[..received] {
            return buffer == *PREFACE;
        }
        socket.more().await;
    }
}

async fn speak_http_1(socket: AnyIo, requests: Requests) {
    let Requests { worker, listening, progress, .. } = &requests;
    let arrivals = Arrivals::default();
    let reader = Reader::new((worker.clone(), listening.clone()), arrivals.clone(), progress.clone());
    let io = ClientIo::of_http_1(socket, reader, progress.clone());
    let service = service_fn(|request: Request<Incoming>| {
        // There is one for each head that the library has got.
        let nothing = Arrived { line: None, head: Err(StatusCode::INTERNAL_SERVER_ERROR) };
        let arrived = arrivals.borrow_mut().pop_front().unwrap_or(nothing);
        requests.clone().respond(arrived, request.into_body())
    });
    let mut builder = http1::Builder::new();
    builder.half_close(true).max_buf_size(BUFFER_BYTES).max_header_size(worker.settings.fields_bytes_max);
    let mut connection = builder.serve_connection(io, service);
    let mut is_stopping = false;
    drive(&requests, |cx, stop| {
        let mut connection = Pin::new(&mut connection);
        if stop && !core::mem::replace(&mut is_stopping, true) {
            connection.as_mut().graceful_shutdown();
        }
        connection.poll(cx).map(drop)
    })
    .await;
    let mut io = connection.into_parts().io;
    if progress.is_broken() {
        io.reset();
    } else if progress.has_unread() && !progress.is_stalled() {
        let end = clocks::monotonic().saturating_add(LINGER);
        worker.reactor.before(end, io.drain()).await;
    }
}

async fn speak_http_2(socket: AnyIo, requests: Requests) {
    let io = ClientIo::of_http_2(socket, requests.worker.clone(), requests.progress.clone());
    let service = service_fn(|request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        let head = Received::of_parts(&parts).and_then(|received| incoming::head(received, requests.listening.place()));
        let line = requests.worker.settings.access_log.map(|_| (parts.method, parts.uri.to_string(), parts.version));
        requests.clone().respond(Arrived { line, head }, body)
    });
    let mut builder = http2::Builder::new(Spawner(requests.worker.clone()));
    builder
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(4 * WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_MAX)
        .max_send_buf_size(WINDOW_BYTES as usize)
        .max_header_list_size(u32::try_from(requests.worker.settings.fields_bytes_max).unwrap_or(u32::MAX));
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut is_stopping = false;
    drive(&requests, |cx, stop| {
        if stop && !core::mem::replace(&mut is_stopping, true) {
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(cx).map(drop)
    })
    .await;
}

/// Polls a connection until its end, or until its client is silent for too long. The library learns once that the server
/// stops, or that the connection has to end.
async fn drive(requests: &Requests, mut connection: impl FnMut(&mut Context<'_>, bool) -> Poll<()>) {
    let Requests { worker, progress, .. } = requests;
    let mut alarm = None;
    core::future::poll_fn(|cx| {
        progress.driven_by(cx.waker());
        let stop = worker.is_stopping(cx.waker()) || progress.is_last();
        if connection(cx, stop).is_ready() || progress.is_abused() {
            return Poll::Ready(());
        }
        let deadline = progress.deadline();
        if deadline.is_some_and(|deadline| clocks::monotonic() >= deadline) {
            if !progress.tells_late() {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if alarm.as_ref().map(|(moment, _)| *moment) != deadline {
            alarm = deadline.map(|moment| (moment, worker.reactor.wake_at(moment, cx.waker())));
        }
        Poll::Pending
    })
    .await;
}

/// The requests of one connection.
#[derive(Clone)]
struct Requests {
    worker: Rc<Worker>,
    listening: Rc<Listening>,
    progress: Rc<Progress>,
    /// The client's address without its port.
    client: Rc<str>,
}

impl Requests {
    async fn respond(self, arrived: Arrived, body: Incoming) -> Result<Response<Counted>, Infallible> {
        let mut record = Record::begin(&self, arrived.line);
        let response = match arrived.head {
            Ok(head) => self.answer(record.number, head, body).await,
            Err(status) => response::own(status),
        };
        record.status = response.status().as_u16();
        record.is_whole = response.body().is_end_stream();
        Ok(response.map(|body| Counted { body, record, cut_at: None }))
    }

    async fn answer(&self, number: u64, head: IncomingHead, body: Incoming) -> Response<ResponseBody> {
        if body.size_hint().lower() > self.worker.settings.body_bytes_max {
            return response::own(StatusCode::PAYLOAD_TOO_LARGE);
        }
        if let Some(response) = self.worker.settings.answerer.as_ref().and_then(|answerer| answerer.answer(&head)) {
            return response;
        }
        let wanted = head.wanted;
        let Some(admitted) = self.worker.admit().await else {
            return response::own(StatusCode::SERVICE_UNAVAILABLE);
        };
        let (responder, answer) = response::way();
        self.worker.begin(number, (head, body), responder, admitted);
        response::of(answer.wait().await, &wanted, self.progress.orders())
    }
}

/// A request until the end of its response, which is counted and told of then.
struct Record {
    number: u64,
    begin: u64,
    requests: Requests,
    /// Method, target and version, for a line.
    line: Option<(Method, String, Version)>,
    /// The status of the response; 0 before there is one.
    status: u16,
    bytes: u64,
    is_whole: bool,
}

impl Record {
    fn begin(requests: &Requests, line: Option<(Method, String, Version)>) -> Record {
        requests.progress.begin();
        Record {
            number: requests.worker.fleet.next_request(),
            begin: clocks::monotonic(),
            line,
            requests: requests.clone(),
            status: 0,
            bytes: 0,
            is_whole: false,
        }
    }

    fn write_line(&self, microseconds: u64) {
        let Some(form) = self.requests.worker.settings.access_log else { return };
        let version = self.line.as_ref().map(|(_, _, version)| format!("{version:?}"));
        let line = Line {
            number: self.number,
            client: &self.requests.client,
            seconds: clocks::wall().0,
            method: self.line.as_ref().map_or("-", |(method, ..)| method.as_str()),
            target: self.line.as_ref().map_or("-", |(_, target, _)| target),
            version: version.as_deref().unwrap_or("-"),
            status: self.status,
            bytes: self.bytes,
            microseconds,
            is_whole: self.is_whole,
        };
        line.write(form);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let microseconds = (clocks::monotonic() - self.begin) / 1000;
        self.requests.worker.fleet.metrics.response(self.status, microseconds);
        self.write_line(microseconds);
        self.requests.progress.end(self.status != 0);
    }
}

/// The body of a response, with which the request ends.
struct Counted {
    body: ResponseBody,
    record: Record,
    /// The number of flushes at the time when the guest broke the body off.
    cut_at: Option<u64>,
}

impl Counted {
    /// Breaks the response off once everything has been sent that the guest has written: an error would overtake it.
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let progress = &self.record.requests.progress;
        let before = *self.cut_at.get_or_insert_with(|| progress.flushes());
        ready!(progress.poll_flushed(before, cx));
        if matches!(&self.body, ResponseBody::Guest(guest) if guest.is_until_end) {
            progress.set_broken();
        }
        Poll::Ready(())
    }

    fn trailers(&self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        let ResponseBody::Guest(guest) = &self.body else { return None };
        let mut trailers = frame.into_trailers().ok()?;
        fields::remove_framing(&mut trailers);
        match guest.trailers {
            Trailers::InFrame => return Some(Frame::trailers(trailers)),
            Trailers::InChunk => {
                let last_chunk = writer::last_chunk(&trailers);
                self.record.requests.progress.last_chunk().replace(Some(last_chunk));
            }
            Trailers::Dropped => {}
        }
        None
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let this = self.get_mut();
        let frame = match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
            Some(Ok(frame)) if frame.is_trailers() => this.trailers(frame).map(Ok),
            Some(Err(dropped)) => {
                ready!(this.poll_cut(cx));
                return Poll::Ready(Some(Err(dropped)));
            }
            frame => frame,
        };
        let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
        this.record.bytes += data.map_or(0, |data| data.len() as u64);
        this.record.is_whole |= this.body.is_end_stream() || data.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if matches!(&self.body, ResponseBody::Guest(guest) if guest.is_aborted() && guest.is_alone) {
            // The library may have sent as much as was declared.
            self.record.requests.progress.set_last();
        }
    }
}

/// Begins the library's own tasks.
#[derive(Clone)]
struct Spawner(Rc<Worker>);

impl<F: Future<Output = ()> + 'static> Executor<F> for Spawner {
    fn execute(&self, task: F) {
        self.0.executor.spawn(task);
    }
}
