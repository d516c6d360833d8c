//! The way of a response: from the guest, which sets it once or never, to the connection that sends it.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Frame, SizeHint};

use crate::http::exchange::Receiver;
use crate::http::fault::Fault;
use crate::http::output::{Dropped, RequestBody};

/// A response as a guest has set it.
pub struct Set {
    /// The status code.
    pub status: StatusCode,
    /// The fields of the head.
    pub fields: HeaderMap,
    /// The body, if the guest has asked for it.
    pub body: Option<Receiver>,
}

/// The end of the way at which a guest sets the response. Dropped before, it tells that there will be none.
pub struct Responder(Rc<RefCell<Slot>>);

/// The end of the way at which the connection waits.
pub struct Answer(Rc<RefCell<Slot>>);

#[derive(Default)]
struct Slot {
    set: Option<Result<Set, Fault>>,
    otherwise: Option<StatusCode>,
    is_over: bool,
    waker: Option<Waker>,
}

/// Makes both ends.
pub fn way() -> (Responder, Answer) {
    let slot = Rc::default();
    (Responder(Rc::clone(&slot)), Answer(slot))
}

/// The status of the response for a guest that never sets it.
pub struct Otherwise(Rc<RefCell<Slot>>);

impl Otherwise {
    /// Sets the status, instead of that for an error of the server.
    pub fn set(&self, status: StatusCode) {
        self.0.borrow_mut().otherwise = Some(status);
    }
}

impl Responder {
    /// The way to say why there will be no response.
    pub fn otherwise(&self) -> Otherwise {
        Otherwise(self.0.clone())
    }

    /// Sets the response, or the reason for which there is none.
    pub fn set(self, result: Result<Set, Fault>) {
        self.0.borrow_mut().set = Some(result);
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let mut slot = self.0.borrow_mut();
        slot.is_over = true;
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }
}

impl Answer {
    /// The response; the status of an error if the guest never sets it.
    pub async fn wait(self) -> Result<Result<Set, Fault>, StatusCode> {
        core::future::poll_fn(|cx| {
            let mut slot = self.0.borrow_mut();
            if slot.is_over {
                let otherwise = slot.otherwise.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return Poll::Ready(slot.set.take().ok_or(otherwise));
            }
            slot.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// The body of what the connection sends.
pub enum ResponseBody {
    /// A body that is known.
    Known(Bytes),
    /// The body that a guest writes; with the receiver, the guest learns that nobody takes it any more.
    Guest(RequestBody, #[allow(dead_code, reason = "it is kept for its end")] Receiver),
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        match self.get_mut() {
            ResponseBody::Known(bytes) if bytes.is_empty() => Poll::Ready(None),
            ResponseBody::Known(bytes) => Poll::Ready(Some(Ok(Frame::data(core::mem::take(bytes))))),
            ResponseBody::Guest(body, _) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ResponseBody::Known(bytes) => bytes.is_empty(),
            ResponseBody::Guest(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ResponseBody::Known(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ResponseBody::Guest(body, _) => body.size_hint(),
        }
    }
}

/// A response of the server's own, without a body.
pub fn own(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Known(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// The response for what a guest gave, or never gave.
pub fn of(answer: Result<Result<Set, Fault>, StatusCode>) -> Response<ResponseBody> {
    match answer {
        Ok(Ok(set)) if is_refused(set.status) => own(StatusCode::INTERNAL_SERVER_ERROR),
        Ok(Ok(set)) => of_set(set),
        Ok(Err(fault)) => own(fault.status()),
        Err(status) => own(status),
    }
}

/// Returns true for what isn't final: the interface has no further response, and upgrades are refused.
fn is_refused(status: StatusCode) -> bool {
    status.is_informational()
}

fn of_set(set: Set) -> Response<ResponseBody> {
    let Set { status, mut fields, body } = set;
    let body = match body {
        Some(receiver) => ResponseBody::Guest(RequestBody(receiver.0.shared.output.clone()), receiver),
        None => ResponseBody::Known(Bytes::new()),
    };
    let body = match status {
        StatusCode::NO_CONTENT => {
            // RFC 9110, 8.6.
            fields.remove(header::CONTENT_LENGTH);
            ResponseBody::Known(Bytes::new())
        }
        StatusCode::RESET_CONTENT => {
            // RFC 9110, 15.3.6.
            fields.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
            ResponseBody::Known(Bytes::new())
        }
        _ => body,
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = fields;
    response
}
