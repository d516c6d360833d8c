//! A service with three routes: it greets, counts the bytes and words of a body, and says how often it was asked.

use std::sync::atomic::{AtomicU64, Ordering};
use wasip2::http::types::{
    Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

wasip2::http::proxy::export!(Service);

/// The number of requests that this instance has served.
static SERVED: AtomicU64 = AtomicU64::new(0);

/// The most bytes that are read at once.
const PIECE: u64 = 64 << 10;

struct Service;

impl wasip2::exports::http::incoming_handler::Guest for Service {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let served = SERVED.fetch_add(1, Ordering::Relaxed) + 1;
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        match (request.method(), path) {
            (Method::Get, "/") => {
                let name = query.strip_prefix("name=").unwrap_or("world");
                respond(out, 200, &format!("Hello, {name}!\n"));
            }
            (Method::Get, "/served") => respond(out, 200, &format!("{served}\n")),
            (Method::Post, "/count") => match count(&request) {
                Some((bytes, words)) => respond(out, 200, &format!("{bytes} bytes, {words} words\n")),
                None => respond(out, 400, "the body ended too early\n"),
            },
            _ => respond(out, 404, "there is nothing here\n"),
        }
    }
}

/// The bytes and words of a request's body; `None` if it isn't whole.
fn count(request: &IncomingRequest) -> Option<(u64, u64)> {
    let body: IncomingBody = request.consume().ok()?;
    let stream = body.stream().ok()?;
    let (mut bytes, mut words, mut in_word) = (0, 0, false);
    loop {
        match stream.blocking_read(PIECE) {
            Ok(piece) => {
                bytes += piece.len() as u64;
                for byte in piece {
                    words += u64::from(!in_word && !byte.is_ascii_whitespace());
                    in_word = !byte.is_ascii_whitespace();
                }
            }
            Err(StreamError::Closed) => return Some((bytes, words)),
            Err(StreamError::LastOperationFailed(_)) => return None,
        }
    }
}

/// Answers with a status and a text.
fn respond(out: ResponseOutparam, status: u16, text: &str) {
    let fields = [("content-type", "text/plain".to_string()), ("content-length", text.len().to_string())];
    let fields = fields.map(|(name, value)| (name.to_string(), value.into_bytes()));
    let response = OutgoingResponse::new(Fields::from_list(&fields).expect("the fields are well-formed"));
    response.set_status_code(status).expect("it is a status");
    let body = response.body().expect("it is taken once");
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().expect("it is taken once");
    // A client that is gone needs no answer.
    let _ = stream.blocking_write_and_flush(text.as_bytes());
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}
