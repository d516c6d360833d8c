//! The other ends of connections and datagrams, which the tests play for programs of each interface.

use super::{Failed, same};
use std::io::{Read, Result, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread::{self, JoinHandle};

/// Serves one client on a new thread, and returns the address.
pub fn serving(local: &str, serve: impl FnOnce(TcpStream) + Send + 'static) -> Result<SocketAddr> {
    let listener = TcpListener::bind(local)?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            serve(stream);
        }
    });
    Ok(address)
}

/// Serves one client, which gets back all that it sends once it has sent that.
pub fn echoing(local: &str) -> Result<SocketAddr> {
    serving(local, |mut stream| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).and_then(|_| stream.write_all(&bytes));
    })
}

/// Serves one client, whose connection is reset: a socket that is closed with unread bytes does so.
pub fn resetting() -> Result<SocketAddr> {
    serving("127.0.0.1:0", |stream| {
        let _ = stream.peek(&mut [0]);
    })
}

/// Checks that a server sends back what it gets.
pub fn is_returned(address: SocketAddr) -> std::result::Result<(), Failed> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"to be returned")?;
    stream.shutdown(Shutdown::Write)?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    same("to be returned", &text)
}

/// Answers one question, after a stranger has sent something to who asked.
pub fn answering() -> Result<(SocketAddr, JoinHandle<Result<()>>)> {
    let (socket, stranger) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    let address = socket.local_addr()?;
    let answering = thread::spawn(move || {
        let mut buffer = [0; 100];
        let (count, from) = socket.recv_from(&mut buffer)?;
        assert_eq!(&buffer[..count], b"question");
        stranger.send_to(b"of a stranger", from)?;
        socket.send_to(b"answer", from)?;
        Ok(())
    });
    Ok((address, answering))
}

/// Checks that a question is returned by whom it is sent to.
pub fn ask(address: SocketAddr) -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.send_to(b"question", address)?;
    let mut buffer = [0; 100];
    let (count, from) = socket.recv_from(&mut buffer)?;
    assert_eq!((&buffer[..count], from), (&b"question"[..], address));
    Ok(())
}
