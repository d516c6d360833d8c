//! A client's connection: which protocol it speaks, the requests that come by it, and its end.

use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;

use super::client_io::ClientIo;
use super::http1::head::Bounds;
use super::http1::reader::{Heads, Reader};
use super::progress::Progress;
use super::response::{self, ResponseBody, Trailers};
use super::socket::{Socket, Transport};
use super::worker::{Listening, Worker};
use crate::clocks;
use crate::http::fields;
use crate::http::incoming::{self, IncomingHead, Place, Received};
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

/// Serves a connection until its end.
pub async fn serve(worker: Rc<Worker>, file: OwnedFd, listening: Rc<Listening>) {
    let Ok(socket) = Socket::new(file, &worker.reactor) else { return };
    let settings = &worker.settings;
    let progress = Rc::new(Progress::new(settings.head_time, settings.idle_time, settings.stall_time));
    let speaking = async {
        let is_http_2 = speaks_http_2(&socket).await;
        (socket, is_http_2)
    };
    let limit = progress.deadline().unwrap_or(u64::MAX);
    let Some((socket, is_http_2)) = worker.reactor.before(limit, speaking).await else { return };
    let requests = Requests { worker, listening, progress, heads: Heads::default() };
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

async fn speak_http_1(socket: impl Transport + 'static, requests: Requests) {
    let Requests { worker, listening, progress, heads } = &requests;
    let settings = &worker.settings;
    let bounds = Bounds { fields_max: settings.fields_max, fields_bytes_max: settings.fields_bytes_max };
    let address = Rc::from(&*listening.address);
    let reader = Reader::new(address, false, bounds, heads.clone(), progress.clone());
    let io = ClientIo::of_http_1(socket, reader, progress.clone());
    let service = service_fn(|request: Request<Incoming>| {
        let head = heads.borrow_mut().pop_front().unwrap_or(Err(StatusCode::INTERNAL_SERVER_ERROR));
        requests.clone().respond(head, request.into_body())
    });
    let mut builder = http1::Builder::new();
    builder
        .half_close(true)
        .max_headers(settings.fields_max)
        .max_buf_size(BUFFER_BYTES)
        .max_header_size(settings.fields_bytes_max);
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
        io.socket().reset();
    } else if progress.has_unread() && !progress.is_stalled() {
        let end = clocks::monotonic().saturating_add(LINGER);
        worker.reactor.before(end, io.drain()).await;
    }
}

async fn speak_http_2(socket: impl Transport + 'static, requests: Requests) {
    let io = ClientIo::of_http_2(socket, requests.progress.clone());
    let service = service_fn(|request: Request<Incoming>| {
        let (parts, body) = request.into_parts();
        let place = Place { address: &requests.listening.address, is_secure: false };
        let head = Received::of_parts(&parts).and_then(|received| incoming::head(received, place));
        requests.clone().respond(head, body)
    });
    let mut builder = http2::Builder::new(Spawner(requests.worker.clone()));
    builder
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(4 * WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_MAX)
        .max_send_buf_size(WINDOW_BYTES as usize)
        .max_header_list_size(requests.worker.settings.fields_bytes_max as u32);
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
    /// Of HTTP/1, the heads that were read.
    heads: Heads,
}

impl Requests {
    async fn respond(
        self,
        head: Result<IncomingHead, StatusCode>,
        body: Incoming,
    ) -> Result<Response<Counted>, Infallible> {
        let busy = Busy::begin(&self.progress);
        let response = match head {
            Ok(head) => self.answer(head, body).await,
            Err(status) => response::own(status),
        };
        Ok(response.map(|body| Counted { body, busy, cut_at: None }))
    }

    async fn answer(&self, head: IncomingHead, body: Incoming) -> Response<ResponseBody> {
        if body.size_hint().lower() > self.worker.settings.body_bytes_max {
            return response::own(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let wanted = head.wanted;
        let Some(admitted) = self.worker.admit().await else {
            return response::own(StatusCode::SERVICE_UNAVAILABLE);
        };
        let (responder, answer) = response::way();
        self.worker.begin(head, body, responder, admitted);
        response::of(answer.wait().await, &wanted)
    }
}

/// A request of a connection, until the end of its response.
struct Busy {
    progress: Rc<Progress>,
    is_sent: bool,
}

impl Busy {
    fn begin(progress: &Rc<Progress>) -> Busy {
        progress.begin();
        Busy { progress: progress.clone(), is_sent: false }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.progress.end(self.is_sent);
    }
}

/// The body of a response, with which the request ends.
struct Counted {
    body: ResponseBody,
    busy: Busy,
    /// How often everything had been sent when the guest broke the body off.
    cut_at: Option<u64>,
}

impl Counted {
    /// Breaks the response off once everything has been sent that the guest has written: an error would overtake it.
    fn poll_cut(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let progress = &self.busy.progress;
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
                self.busy.progress.last_chunk().replace(Some(super::http1::writer::last_chunk(&trailers)));
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
        match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
            Some(Ok(frame)) if frame.is_trailers() => Poll::Ready(this.trailers(frame).map(Ok)),
            Some(Err(dropped)) => this.poll_cut(cx).map(|()| Some(Err(dropped))),
            other => Poll::Ready(other),
        }
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
        self.busy.is_sent = true;
        if matches!(&self.body, ResponseBody::Guest(guest) if guest.is_aborted()) {
            // The library may have sent as much as was declared.
            self.busy.progress.set_last();
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
