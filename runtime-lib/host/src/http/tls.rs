//! TLS over a socket. The library keeps the state; here its records are moved.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::fault::Fault;
use super::socket::Socket;

/// The protocols that a server may choose from.
const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// The library's configuration for connections, with these authorities besides the well-known ones.
pub fn config(authorities: &[&'static [u8]]) -> Result<Arc<ClientConfig>, Fault> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for authority in authorities {
        roots.add(CertificateDer::from(*authority)).map_err(|_| Fault::TlsCertificate)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::of_tls(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
    Ok(Arc::new(config))
}

/// A connection under TLS.
pub struct TlsSocket {
    socket: Socket,
    tls: ClientConnection,
}

impl TlsSocket {
    /// Greets the server with this name, or address, and checks its certificate.
    pub async fn greet(socket: Socket, config: Arc<ClientConfig>, host: &str) -> Result<TlsSocket, Fault> {
        let name = ServerName::try_from(host).map_err(|_| Fault::TlsCertificate)?.to_owned();
        let tls = ClientConnection::new(config, name).map_err(|error| Fault::of_tls(&error))?;
        let mut stream = TlsSocket { socket, tls };
        core::future::poll_fn(|_| stream.poll_greeting()).await?;
        Ok(stream)
    }

    /// Returns true if the server speaks HTTP/2.
    pub fn is_http_2(&self) -> bool {
        self.tls.alpn_protocol() == Some(HTTP_2)
    }

    fn poll_greeting(&mut self) -> Poll<Result<(), Fault>> {
        let of_io = |error: io::Error| match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) => Fault::of_tls(error),
            None => Fault::ConnectionTerminated,
        };
        loop {
            let sent = self.poll_send_records();
            if let Poll::Ready(Err(error)) = sent {
                return Poll::Ready(Err(of_io(error)));
            }
            if !self.tls.is_handshaking() {
                return sent.map_err(of_io);
            }
            match ready!(self.poll_receive_records()) {
                Ok(0) => return Poll::Ready(Err(Fault::ConnectionTerminated)),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(of_io(error))),
            }
        }
    }

    /// Sends the records that there are.
    fn poll_send_records(&mut self) -> Poll<io::Result<()>> {
        while self.tls.wants_write() {
            let mut is_pending = false;
            let socket = &self.socket;
            let result = self.tls.write_tls(&mut Adapter { socket, is_pending: &mut is_pending });
            match result {
                _ if is_pending => return Poll::Pending,
                Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Receives records: how many bytes, 0 at the end.
    fn poll_receive_records(&mut self) -> Poll<io::Result<usize>> {
        let mut is_pending = false;
        let socket = &self.socket;
        let result = self.tls.read_tls(&mut Adapter { socket, is_pending: &mut is_pending });
        if is_pending {
            return Poll::Pending;
        }
        let received = result?;
        if let Err(error) = self.tls.process_new_packets() {
            // The server learns why, where it can.
            let _ = self.poll_send_records();
            return Poll::Ready(Err(io::Error::new(ErrorKind::InvalidData, error)));
        }
        Poll::Ready(Ok(received))
    }
}

/// A socket with the traits that the library asks for.
struct Adapter<'a> {
    socket: &'a Socket,
    is_pending: &'a mut bool,
}

impl Adapter<'_> {
    fn answer(&mut self, result: Poll<io::Result<usize>>) -> io::Result<usize> {
        match result {
            Poll::Ready(result) => result,
            Poll::Pending => {
                *self.is_pending = true;
                Err(ErrorKind::WouldBlock.into())
            }
        }
    }
}
impl io::Read for Adapter<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.socket.poll_receive(buffer);
        self.answer(result)
    }
}
impl io::Write for Adapter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.socket.poll_send(bytes);
        self.answer(result)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for TlsSocket {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.tls.reader().read(buffer.initialize_unfilled()) {
                Ok(read) => {
                    // SAFETY: they are initialised, and no more than there was room for.
                    unsafe { buffer.advance(read) };
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // 0 lets the library tell whether the end was announced.
                    ready!(self.poll_receive_records())?;
                    // It may have made an answer necessary.
                    let _ = self.poll_send_records();
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Write for TlsSocket {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let written = self.tls.writer().write(bytes)?;
            let sent = self.poll_send_records();
            if written != 0 || bytes.is_empty() {
                if let Poll::Ready(Err(error)) = sent {
                    return Poll::Ready(Err(error));
                }
                return Poll::Ready(Ok(written));
            }
            // Its buffer was full.
            ready!(sent)?;
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send_records()
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.send_close_notify();
        ready!(self.poll_send_records())?;
        self.socket.shutdown();
        Poll::Ready(Ok(()))
    }
}
