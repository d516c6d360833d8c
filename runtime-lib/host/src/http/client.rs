//! The main task of an exchange: from the request to the response's head.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::task::Poll;

use http::{HeaderName, HeaderValue, Method, Request, Uri, header};
use hyper::Response;
use hyper::body::{Body, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::rt::{Executor, Read, Write};
use rustix::event::PollFlags;

use super::exchange::Shared;
use super::fault::Fault;
use super::field_list::FieldList;
use super::fields;
use super::head::{Destination, Head};
use super::order::Orders;
use super::ordered::Ordered;
use super::output::RequestBody;
use super::socket::Socket;
use super::tls;
use crate::clocks::{self, SECOND};
use crate::network::lookup::{Lookup, in_order};
use crate::poll::{Event, Interest};

/// The most fields of a response's head.
const FIELDS_MAX: usize = 1024;
/// The bytes that a connection may keep for reading or writing, besides the most bytes of fields.
const BUFFER_BYTES: usize = 8 << 10;
/// The bytes that a server may send over HTTP/2 before the program reads them.
const WINDOW_BYTES: u32 = 256 << 10;
/// The time for which an address is tried while there are others, in nanoseconds.
const ATTEMPT: u64 = 5 * SECOND;

/// Bounds of time in nanoseconds.
#[derive(Clone, Copy)]
pub struct Timeouts {
    /// The time until a connection stands.
    pub connect: u64,
    /// The time until the response's head is there.
    pub first_byte: u64,
    /// The time between two pieces of the response's body.
    pub between_bytes: u64,
}

/// Sends a request, and waits for the response's head.
pub async fn exchange(shared: Rc<Shared>, head: Head, timeouts: Timeouts) {
    let result = send(&shared, head, timeouts).await;
    match &result {
        Ok(_) => shared.output.borrow_mut().answer(),
        Err(fault) => shared.output.borrow_mut().fail(fault),
    }
    shared.response.replace(Some(result));
}

async fn send(shared: &Rc<Shared>, head: Head, timeouts: Timeouts) -> Result<Response<Incoming>, Fault> {
    let deadline = clocks::monotonic().saturating_add(timeouts.connect);
    // With this dropped, the guest learns that nobody takes its body.
    let body = RequestBody(shared.output.clone());
    let orders = Rc::new(Orders::default());
    let connecting = shared.reactor.before(deadline, open(shared, &head.destination, &orders));
    let mut connection = connecting.await.ok_or(Fault::ConnectionTimeout)??;
    shared.body_begun().await;
    let request = request(head, body, matches!(connection, Connection::Http2(_)), &orders)?;
    let deadline = clocks::monotonic().saturating_add(timeouts.first_byte);
    let response = match &mut connection {
        Connection::Http1(sender) => shared.reactor.before(deadline, sender.send_request(request)).await,
        Connection::Http2(sender) => shared.reactor.before(deadline, sender.send_request(request)).await,
    };
    let response = response.ok_or(Fault::ResponseTimeout)?.map_err(|error| Fault::of_message(&error))?;
    // The library counts otherwise, and not the same for both protocols.
    if fields::bytes_of(response.headers()) > shared.http.settings.fields_bytes_max {
        return Err(Fault::ResponseHeaderSize);
    }
    Ok(response)
}

fn request(head: Head, body: RequestBody, is_http_2: bool, orders: &Orders) -> Result<Request<RequestBody>, Fault> {
    let Destination { is_secure, authority, .. } = head.destination;
    let framing = framing(&head.method, &head.fields, &body, is_http_2);
    let mut uri = Uri::builder().path_and_query(head.path);
    let mut fields = FieldList::with_capacity(head.fields.len() + 2);
    if is_http_2 {
        uri = uri.scheme(if is_secure { "https" } else { "http" }).authority(authority);
    } else {
        // It comes first (RFC 9110, 7.2).
        let host = HeaderValue::try_from(authority).map_err(|_| Fault::UriInvalid)?;
        fields.push(header::HOST, host);
    }
    let own = head.fields.iter().map(|(name, value)| (name.clone(), value.clone()));
    for (name, value) in own.chain(framing) {
        fields.push(name, value);
    }
    let mut request = Request::new(body);
    *request.method_mut() = head.method;
    *request.headers_mut() = orders.map_of(&fields).ok_or(Fault::RequestHeaderSize(u32::MAX))?;
    *request.uri_mut() = uri.build().map_err(|_| Fault::UriInvalid)?;
    Ok(request)
}

/// Returns the field that tells a server about the body, where the library wouldn't set it: the library takes a GET with a
/// body of unknown length for one without, and says nothing of an empty body, which the methods that expect a body have to
/// (RFC 9110, 8.6).
fn framing(
    method: &Method,
    fields: &FieldList,
    body: &RequestBody,
    is_http_2: bool,
) -> Option<(HeaderName, HeaderValue)> {
    if fields.has(&header::CONTENT_LENGTH) {
        return None;
    }
    if body.is_end_stream() {
        let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
        return expects_body.then(|| (header::CONTENT_LENGTH, HeaderValue::from(0)));
    }
    let is_chunked = !is_http_2 && body.size_hint().exact().is_none();
    is_chunked.then(|| (header::TRANSFER_ENCODING, HeaderValue::from_static("chunked")))
}

/// A connection that takes one request.
enum Connection {
    Http1(http1::SendRequest<RequestBody>),
    Http2(http2::SendRequest<RequestBody>),
}

async fn open(shared: &Rc<Shared>, to: &Destination, orders: &Rc<Orders>) -> Result<Connection, Fault> {
    let socket = connect(shared, to).await?;
    if !to.is_secure {
        return speak_http_1(shared, socket, orders).await;
    }
    let socket = tls::greet(socket, shared.http.settings.tls()?, &to.host).await?;
    match socket.is_http_2() {
        true => speak_http_2(shared, socket, orders).await,
        false => speak_http_1(shared, socket, orders).await,
    }
}

async fn speak_http_1<S: Read + Write + Unpin + 'static>(
    shared: &Shared,
    socket: S,
    orders: &Rc<Orders>,
) -> Result<Connection, Fault> {
    let socket = Ordered::of_http_1(socket, orders.clone());
    let mut builder = http1::Builder::new();
    let fields_bytes_max = shared.http.settings.fields_bytes_max;
    builder.max_headers(FIELDS_MAX).max_header_size(fields_bytes_max).max_buf_size(fields_bytes_max + BUFFER_BYTES);
    let (sender, connection) = builder.handshake(socket).await.map_err(|error| Fault::of_message(&error))?;
    // Whoever waits for something learns of an error.
    shared.spawn(async { _ = connection.await });
    Ok(Connection::Http1(sender))
}

async fn speak_http_2<S: Read + Write + Unpin + 'static>(
    shared: &Rc<Shared>,
    socket: S,
    orders: &Rc<Orders>,
) -> Result<Connection, Fault> {
    let socket = Ordered::of_http_2(socket, orders.clone());
    let mut builder = http2::Builder::new(Spawner(shared.clone()));
    builder
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_header_list_size(shared.http.settings.fields_bytes_max as u32)
        .max_send_buf_size(WINDOW_BYTES as usize);
    let (sender, connection) = builder.handshake(socket).await.map_err(|error| Fault::of_message(&error))?;
    shared.spawn(async { _ = connection.await });
    Ok(Connection::Http2(sender))
}

/// Begins the library's own tasks.
#[derive(Clone)]
struct Spawner(Rc<Shared>);

impl<F: Future<Output = ()> + 'static> Executor<F> for Spawner {
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}

/// Connects to the first of the server's addresses that answers.
async fn connect(shared: &Rc<Shared>, to: &Destination) -> Result<Socket, Fault> {
    let mut addresses = addresses(shared, &to.host).await?.into_iter().peekable();
    let mut fault = Fault::DnsError("NXDOMAIN");
    while let Some(address) = addresses.next() {
        let attempt = Socket::connect(shared, SocketAddr::new(address, to.port));
        let result = match addresses.peek() {
            None => attempt.await,
            Some(_) => {
                let end = clocks::monotonic().saturating_add(ATTEMPT);
                shared.reactor.before(end, attempt).await.unwrap_or(Err(Fault::ConnectionTimeout))
            }
        };
        match result {
            Ok(socket) => return Ok(socket),
            Err(error) => fault = error,
        }
    }
    Err(fault)
}

async fn addresses(shared: &Shared, host: &str) -> Result<Vec<IpAddr>, Fault> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let (resolver, open_files) = (&shared.http.settings.resolver, &shared.http.settings.open_files);
    let known = resolver.in_hosts(host);
    let mut lookup = match known.is_empty() {
        true => Lookup::start(String::from(host), resolver, open_files),
        false => Lookup::done(String::new(), in_order(known, open_files)),
    };
    core::future::poll_fn(|_| {
        lookup.drive();
        match lookup.event() {
            Event::InterestUntil(interest, moment) => {
                match interest {
                    Interest::Readable(file) => shared.reactor.wait_for(file, PollFlags::IN),
                    Interest::Writable(file) => shared.reactor.wait_for(file, PollFlags::OUT),
                    _ => {}
                }
                shared.reactor.wait_until(moment);
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    })
    .await;
    let mut found = Vec::new();
    while let Some(address) = lookup.next().map_err(Fault::of_lookup)? {
        found.push(address);
    }
    Ok(found)
}
