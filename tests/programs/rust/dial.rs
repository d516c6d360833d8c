//! Does with the network what its arguments say, for tests of grants and with others: `connect ADDRESS`,
//! `serve ADDRESS`, `send ADDRESS`, `ask ADDRESS`, `answer ADDRESS`, `look-up NAME`.
//! forms: wasip2

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

/// Sends standard input, and prints what comes back.
fn connect(address: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    io::copy(&mut io::stdin(), &mut stream)?;
    stream.shutdown(Shutdown::Write)?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    println!("received {} bytes that end with {:?}", text.len(), &text[text.len().saturating_sub(5)..]);
    Ok(())
}

/// Returns to the first client what it sends.
fn serve(address: &str) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("{}", listener.local_addr()?);
    let (mut stream, _) = listener.accept()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    println!("got {} bytes", bytes.len());
    stream.write_all(&bytes)?;
    Ok(())
}

fn send(address: &str) -> io::Result<()> {
    let local = if address.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" };
    let socket = UdpSocket::bind(local)?;
    println!("sent {} bytes", socket.send_to(b"datagram", address)?);
    Ok(())
}

/// Sends a datagram and prints the first one that comes back.
fn ask(address: &str) -> io::Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.send_to(b"question", address)?;
    let mut buffer = [0; 1000];
    let (count, from) = socket.recv_from(&mut buffer)?;
    println!("{} from {}", String::from_utf8_lossy(&buffer[..count]), from == address.parse().unwrap());
    Ok(())
}

/// Answers one datagram.
fn answer(address: &str) -> io::Result<()> {
    let socket = UdpSocket::bind(address)?;
    println!("{}", socket.local_addr()?);
    let mut buffer = [0; 1000];
    let (count, from) = socket.recv_from(&mut buffer)?;
    println!("answered {} bytes", socket.send_to(&buffer[..count], from)?);
    Ok(())
}

fn look_up(name: &str) -> io::Result<()> {
    let mut addresses: Vec<String> = (name, 0).to_socket_addrs()?.map(|address| address.ip().to_string()).collect();
    addresses.sort();
    println!("{}", addresses.join(" "));
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, which] = &arguments[..] else {
        println!("usage: dial WHAT WHICH");
        return;
    };
    let result = match what.as_str() {
        "connect" => connect(which),
        "serve" => serve(which),
        "send" => send(which),
        "ask" => ask(which),
        "answer" => answer(which),
        _ => look_up(which),
    };
    if let Err(error) = result {
        println!("{what} {which}: {}", error.kind());
    }
}
