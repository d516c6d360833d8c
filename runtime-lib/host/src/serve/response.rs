//! The way of a response: from the guest, which sets it once or never, to the connection that sends it.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Version, header};
use hyper::body::{Body, Frame, SizeHint};

use crate::http::exchange::Receiver;
use crate::http::fault::Fault;
use crate::http::field_list::FieldList;
use crate::http::incoming::Wanted;
use crate::http::order::Orders;
use crate::http::output::{Dropped, RequestBody};

/// A response as a guest has set it.
pub struct Set {
    /// The status code.
    pub status: StatusCode,
    /// The fields of the head.
    pub fields: Rc<FieldList>,
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

    /// Ends the way: a guest that has returned sets nothing any more, though it may still have the other end.
    pub fn end(&self) {
        self.0.borrow_mut().end();
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
        self.0.borrow_mut().end();
    }
}

impl Slot {
    fn end(&mut self) {
        self.is_over = true;
        if let Some(waker) = self.waker.take() {
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
    /// No contents, though the head declares so many bytes.
    Omitted(u64),
    /// The body that a guest writes.
    Guest(GuestBody),
}

/// A body that a guest writes.
pub struct GuestBody {
    body: RequestBody,
    /// The length that the guest declared. The end may be known before the head is sent, but not always: so it decides
    /// nothing.
    declared: Option<u64>,
    /// The form in which trailers go out.
    pub trailers: Trailers,
    /// True if the client takes the end of the connection for that of the body.
    pub is_until_end: bool,
    /// True if the connection has one response at a time.
    pub is_alone: bool,
    /// The receiver whose end tells the guest that nobody takes anything any more.
    receiver: Receiver,
}

/// A form of trailers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trailers {
    /// The client can't take them.
    Dropped,
    /// Trailers behind the last chunk.
    InChunk,
    /// Trailers in a frame of their own.
    InFrame,
}

impl GuestBody {
    fn new(receiver: Receiver, wanted: &Wanted) -> GuestBody {
        let output = receiver.0.shared.output.clone();
        let declared = output.borrow().declared();
        let is_chunked = declared.is_none() && wanted.version == Version::HTTP_11;
        let trailers = match wanted.version {
            _ if !wanted.has_trailers => Trailers::Dropped,
            Version::HTTP_2 => Trailers::InFrame,
            _ if is_chunked => Trailers::InChunk,
            _ => Trailers::Dropped,
        };
        let is_until_end = declared.is_none() && wanted.version == Version::HTTP_10;
        let is_alone = wanted.version < Version::HTTP_2;
        GuestBody { body: RequestBody(output), declared, trailers, is_until_end, is_alone, receiver }
    }

    /// Returns true if the guest broke the body off.
    pub fn is_aborted(&self) -> bool {
        self.receiver.0.output().is_aborted()
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        match self.get_mut() {
            ResponseBody::Known(bytes) if !bytes.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(core::mem::take(bytes)))))
            }
            ResponseBody::Known(_) | ResponseBody::Omitted(_) => Poll::Ready(None),
            ResponseBody::Guest(guest) => Pin::new(&mut guest.body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ResponseBody::Known(bytes) => bytes.is_empty(),
            ResponseBody::Omitted(_) => false,
            ResponseBody::Guest(guest) => guest.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ResponseBody::Known(bytes) => SizeHint::with_exact(bytes.len() as u64),
            ResponseBody::Omitted(declared) => SizeHint::with_exact(*declared),
            ResponseBody::Guest(guest) => guest.declared.map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

/// A response of the server's own, without a body.
pub fn own(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::Known(Bytes::new()));
    *response.status_mut() = status;
    response
}

/// The response for what a guest gave, or never gave, to a connection with these orders of heads.
pub fn of(answer: Result<Result<Set, Fault>, StatusCode>, wanted: &Wanted, orders: &Orders) -> Response<ResponseBody> {
    match answer {
        // What isn't final has no place in the interface, and upgrades are refused.
        Ok(Ok(set)) if set.status.is_informational() => own(StatusCode::INTERNAL_SERVER_ERROR),
        Ok(Ok(set)) => of_set(set, wanted, orders),
        Ok(Err(fault)) => own(fault.status()),
        Err(status) => own(status),
    }
}

fn of_set(set: Set, wanted: &Wanted, orders: &Orders) -> Response<ResponseBody> {
    let Set { status, mut fields, body } = set;
    match status {
        // RFC 9110, 8.6.
        StatusCode::NO_CONTENT => Rc::make_mut(&mut fields).remove(&header::CONTENT_LENGTH),
        // RFC 9110, 15.3.6.
        StatusCode::RESET_CONTENT => {
            Rc::make_mut(&mut fields).replace(&header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        _ => {}
    }
    let Some(map) = orders.map_of(&fields) else { return own(StatusCode::INTERNAL_SERVER_ERROR) };
    let has_contents = ![StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED].contains(&status);
    let body = match body {
        Some(receiver) if has_contents && wanted.has_contents => ResponseBody::Guest(GuestBody::new(receiver, wanted)),
        Some(receiver) => {
            receiver.0.output().discard();
            omitted(status, &fields, wanted)
        }
        None => omitted(status, &fields, wanted),
    };
    let mut response = Response::new(body);
    if matches!(&response.body(), ResponseBody::Guest(guest) if guest.is_until_end) {
        // So the library knows that the connection can't be kept.
        *response.version_mut() = Version::HTTP_10;
    }
    *response.status_mut() = status;
    *response.headers_mut() = map;
    response
}

/// The body of a response without contents: of one that only says how long they would be, the library drops the length
/// otherwise.
fn omitted(status: StatusCode, fields: &FieldList, wanted: &Wanted) -> ResponseBody {
    match fields.declared_length() {
        Some(length) if status == StatusCode::NOT_MODIFIED && wanted.version < Version::HTTP_2 => {
            ResponseBody::Omitted(length)
        }
        _ => ResponseBody::Known(Bytes::new()),
    }
}
