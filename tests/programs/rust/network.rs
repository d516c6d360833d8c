//! std's sockets: connections, datagrams and names, between sockets of the program itself.
//! forms: wasip2
//! network: loopback

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

fn connections(local: &str) {
    let listener = TcpListener::bind(local).unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    let (mut server, remote) = listener.accept().unwrap();
    assert_eq!(remote, client.local_addr().unwrap());
    assert_eq!(client.peer_addr().unwrap(), address);
    println!("{} to {}", remote.ip(), address.ip());
    client.write_all(b"a question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    server.read_to_string(&mut text).unwrap();
    println!("the server got {text:?}");
    let answer = vec![b'a'; 1_000_000];
    // More than the system keeps: both sides have to take turns.
    server.set_nonblocking(true).unwrap();
    let (mut sent, mut received) = (0, 0);
    let mut buffer = vec![0; 10_000];
    while received < answer.len() {
        if sent < answer.len() {
            match server.write(&answer[sent..]) {
                Ok(count) => sent += count,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
        received += client.read(&mut buffer).unwrap();
    }
    drop(server);
    println!("the client got {received} bytes, and then {}", client.read(&mut buffer).unwrap());
    listener.set_nonblocking(true).unwrap();
    println!("no connection: {:?}", listener.accept().unwrap_err().kind());
    drop(listener);
    println!("nobody there: {:?}", TcpStream::connect(address).unwrap_err().kind());
}

fn datagrams(local: &str) {
    let (left, right) = (UdpSocket::bind(local).unwrap(), UdpSocket::bind(local).unwrap());
    let (left_address, right_address) = (left.local_addr().unwrap(), right.local_addr().unwrap());
    println!("sent {}", left.send_to(b"a datagram", right_address).unwrap());
    let mut buffer = [0; 100];
    let (count, from) = right.recv_from(&mut buffer).unwrap();
    assert_eq!(from, left_address);
    println!("received {:?}", String::from_utf8_lossy(&buffer[..count]));
    right.connect(left_address).unwrap();
    left.connect(right_address).unwrap();
    assert_eq!(right.peer_addr().unwrap(), left_address);
    println!("sent {}", right.send(b"").unwrap());
    println!("received {}", left.recv(&mut buffer).unwrap());
    left.set_read_timeout(Some(Duration::from_millis(1))).unwrap_or_else(|error| println!("{:?}", error.kind()));
    left.set_nonblocking(true).unwrap();
    println!("no datagram: {:?}", left.recv(&mut buffer).unwrap_err().kind());
}

fn names() {
    let find = |name: &str| name.to_socket_addrs().map(|addresses| addresses.collect::<Vec<SocketAddr>>());
    println!("{:?}", find("127.0.0.1:80").unwrap());
    println!("{:?}", find("[::1]:80").unwrap());
    let localhost = find("localhost:80").unwrap();
    println!("localhost is itself: {}", localhost.contains(&(Ipv4Addr::LOCALHOST, 80).into()));
    println!("no name: {}", find("a b:80").is_err());
}

fn main() {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        connections(local);
        datagrams(local);
    }
    names();
}
