//! hyper's client, over HTTP/1 and HTTP/2.

use bytes::Bytes;
use http::{Request, Uri};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{http1, http2};
use hyper::rt::{Executor, Read, ReadBufCursor, Write};
use libtest_mimic::Failed;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};

/// The time for a response.
const PATIENCE: Duration = Duration::from_secs(60);

/// A version that the client speaks.
#[derive(Clone, Copy, PartialEq)]
pub enum Version {
    Http1,
    Http2,
}

/// Sends a request to a server, and returns the status and the body of the response.
pub fn ask(
    address: SocketAddr,
    version: Version,
    method: &str,
    path: &str,
    body: &'static str,
) -> Result<(u16, String), Failed> {
    let uri: Uri = match version {
        Version::Http1 => path.parse()?,
        Version::Http2 => format!("http://{address}{path}").parse()?,
    };
    let mut request = Request::builder().method(method).uri(uri);
    if version == Version::Http1 {
        request = request.header("host", address.to_string());
    }
    let request = request.body(Text(Some(body).filter(|body| !body.is_empty())))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let answer = async { tokio::time::timeout(PATIENCE, send(address, version, request)).await };
    Ok(LocalSet::new().block_on(&runtime, answer)??)
}

async fn send(address: SocketAddr, version: Version, request: Request<Text>) -> Result<(u16, String), Failed> {
    let stream = Stream(TcpStream::connect(address).await?);
    let response = match version {
        Version::Http1 => {
            let (mut client, connection) = http1::handshake(stream).await?;
            spawn_local(connection);
            client.send_request(request).await?
        }
        Version::Http2 => {
            let (mut client, connection) = http2::handshake(Local, stream).await?;
            spawn_local(connection);
            client.send_request(request).await?
        }
    };
    Ok((response.status().as_u16(), contents(response.into_body()).await?))
}

async fn contents(mut body: Incoming) -> Result<String, hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Some(data) = frame?.data_ref() {
            bytes.extend_from_slice(data);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A body of one piece, or none.
struct Text(Option<&'static str>);

impl Body for Text {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = self.get_mut().0.take();
        Poll::Ready(piece.map(|text| Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.map_or(0, str::len) as u64)
    }
}

/// The tasks of a connection, on the thread of the test.
#[derive(Clone)]
struct Local;

impl<F: Future + 'static> Executor<F> for Local {
    fn execute(&self, task: F) {
        spawn_local(task);
    }
}

/// A connection as the client has it.
struct Stream(TcpStream);

impl Read for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut to: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut buffer = [0; 16 << 10];
        let room = to.remaining().min(buffer.len());
        let mut buffer = ReadBuf::new(&mut buffer[..room]);
        ready!(Pin::new(&mut self.get_mut().0).poll_read(cx, &mut buffer))?;
        to.put_slice(buffer.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}
