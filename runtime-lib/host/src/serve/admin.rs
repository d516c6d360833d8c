//! The second address of a server, for those who run it: whether it lives and is ready, and its metrics.

use core::convert::Infallible;
use core::pin::pin;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;

use super::response::{self, ResponseBody};
use super::socket::Socket;
use super::worker::Worker;
use crate::clocks::{self, SECOND};

/// The time that a connection may take, in nanoseconds.
const TIME: u64 = 60 * SECOND;

/// Serves a connection until its end.
pub async fn serve(worker: Rc<Worker>, file: OwnedFd) {
    let Ok(socket) = Socket::new(file, &worker.reactor) else { return };
    let reactor = worker.reactor.clone();
    let service = service_fn(|request| {
        let response = answer(&worker, &request);
        async { Ok::<_, Infallible>(response) }
    });
    let connection = pin!(http1::Builder::new().half_close(true).serve_connection(socket, service));
    // Collectors make a connection anew.
    let _ = reactor.before(clocks::monotonic().saturating_add(TIME), connection).await;
}

fn answer(worker: &Worker, request: &Request<Incoming>) -> Response<ResponseBody> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return response::own(StatusCode::METHOD_NOT_ALLOWED);
    }
    match request.uri().path() {
        "/healthz" => text("text/plain", String::from("ok\n")),
        "/readyz" if worker.fleet.is_stopping() => response::own(StatusCode::SERVICE_UNAVAILABLE),
        "/readyz" => text("text/plain", String::from("ready\n")),
        "/metrics" => text("application/openmetrics-text; version=1.0.0; charset=utf-8", worker.fleet.metrics_text()),
        _ => response::own(StatusCode::NOT_FOUND),
    }
}

fn text(kind: &'static str, text: String) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Known(Bytes::from(text)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
