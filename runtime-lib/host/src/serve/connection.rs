//! A client's connection: which protocol it speaks, the requests that come by it, and its end.

use core::convert::Infallible;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;

use super::access_log::Line;
use super::progress::Progress;
use super::response::{self, ResponseBody};
use super::socket::Socket;
use super::worker::{Listening, Worker};
use crate::clocks;
use crate::http::incoming::{self, Place};
use crate::http::output::Dropped;

/// The first bytes of a connection over HTTP/2 with prior knowledge (RFC 9113, 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The bytes that a connection may keep for reading, besides the most bytes of fields.
const BUFFER_BYTES: usize = 8 << 10;
/// The bytes of a body that a client may send over HTTP/2 before the guest reads them.
const WINDOW_BYTES: u32 = 64 << 10;
/// The most requests at once by one connection of HTTP/2.
const STREAMS_MAX: u32 = 200;

/// A connection under whatever protocol.
pub trait Io: Read + Write + Unpin {}
impl<T: Read + Write + Unpin> Io for T {}

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
    let progress = Rc::new(Progress::new(worker.settings.head_time, worker.settings.idle_time));
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
    let io = Progressing { socket, progress: progress.clone() };
    let requests = Requests { worker, listening, progress, client };
    if is_http_2 { speak_http_2(io, requests).await } else { speak_http_1(io, requests).await }
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

async fn speak_http_1(io: Progressing, requests: Requests) {
    let fields_bytes_max = requests.worker.settings.fields_bytes_max;
    let service = service_fn(|request| requests.respond(request));
    let mut builder = http1::Builder::new();
    builder
        .half_close(true)
        .max_headers(requests.worker.settings.fields_max)
        .max_buf_size((fields_bytes_max + BUFFER_BYTES).max(8192))
        .max_header_size(fields_bytes_max);
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

async fn speak_http_2(io: Progressing, requests: Requests) {
    let service = service_fn(|request| requests.clone().respond_owned(request));
    let mut builder = http2::Builder::new(Spawner(requests.worker.clone()));
    builder
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(4 * WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_MAX)
        .max_send_buf_size(WINDOW_BYTES as usize)
        .max_header_list_size(requests.worker.settings.fields_bytes_max as u32);
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
/// stops.
async fn drive(requests: &Requests, mut connection: impl FnMut(&mut Context<'_>, bool) -> Poll<()>) {
    let worker = &requests.worker;
    let mut alarm = None;
    core::future::poll_fn(|cx| {
        if connection(cx, worker.is_stopping(cx.waker())).is_ready() {
            return Poll::Ready(());
        }
        let deadline = requests.progress.deadline();
        if deadline.is_some_and(|deadline| clocks::monotonic() >= deadline) {
            return Poll::Ready(());
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
    async fn respond_owned(self, request: Request<Incoming>) -> Result<Response<Counted>, Infallible> {
        self.respond(request).await
    }

    async fn respond(&self, request: Request<Incoming>) -> Result<Response<Counted>, Infallible> {
        let mut record = Record::begin(self, &request);
        let response = self.answer(record.number, request).await;
        record.status = response.status().as_u16();
        record.is_whole = response.body().is_end_stream();
        Ok(response.map(|body| Counted { body, record }))
    }

    async fn answer(&self, number: u64, request: Request<Incoming>) -> Response<ResponseBody> {
        let (parts, body) = request.into_parts();
        let is_secure = self.listening.certificates.is_some();
        let head = match incoming::head(parts, Place { address: &self.listening.address, is_secure }) {
            Ok(head) => head,
            Err(status) => return response::own(status),
        };
        if body.size_hint().lower() > self.worker.settings.body_bytes_max {
            return response::own(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let Some(admitted) = self.worker.admit().await else {
            return response::own(StatusCode::SERVICE_UNAVAILABLE);
        };
        let (responder, answer) = response::way();
        self.worker.begin(number, (head, body), responder, admitted);
        response::of(answer.wait().await)
    }
}

/// A request until the end of its response, which is counted and told of then.
struct Record {
    number: u64,
    begin: u64,
    requests: Requests,
    /// Method, target and version, for a line.
    words: Option<(Method, String, Version)>,
    status: u16,
    bytes: u64,
    is_whole: bool,
}

impl Record {
    fn begin(requests: &Requests, request: &Request<Incoming>) -> Record {
        requests.progress.begin();
        let words = || (request.method().clone(), request.uri().to_string(), request.version());
        Record {
            number: requests.worker.fleet.next_request(),
            begin: clocks::monotonic(),
            words: requests.worker.settings.access_log.map(|_| words()),
            requests: requests.clone(),
            status: 0,
            bytes: 0,
            is_whole: false,
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let microseconds = (clocks::monotonic() - self.begin) / 1000;
        let worker = &self.requests.worker;
        worker.fleet.metrics.response(self.status, microseconds);
        if let (Some(form), Some((method, target, version))) = (worker.settings.access_log, &self.words) {
            let line = Line {
                number: self.number,
                client: &self.requests.client,
                seconds: clocks::wall().0,
                method: method.as_str(),
                target,
                version: &format!("{version:?}"),
                status: self.status,
                bytes: self.bytes,
                microseconds,
                is_whole: self.is_whole,
            };
            line.write(form);
        }
        self.requests.progress.end();
    }
}

/// The body of a response, with which the request ends.
struct Counted {
    body: ResponseBody,
    record: Record,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => this.record.bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            Poll::Ready(None) => this.record.is_whole = true,
            _ => {}
        }
        this.record.is_whole |= this.body.is_end_stream();
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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

/// A socket that notes when its client sends something.
struct Progressing {
    socket: AnyIo,
    progress: Rc<Progress>,
}

impl Read for Progressing {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.socket).poll_read(cx, buffer);
        if read.is_ready() {
            this.progress.received();
        }
        read
    }
}

impl Write for Progressing {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
