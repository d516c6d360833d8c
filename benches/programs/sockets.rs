//! Copies what comes from one connection to another: `sockets FROM TO`, two addresses to connect to.

use std::io::{Read, Write};
use std::net::TcpStream;

fn main() -> std::io::Result<()> {
    let addresses: Vec<String> = std::env::args().skip(1).collect();
    let mut from = TcpStream::connect(&addresses[0])?;
    let mut to = TcpStream::connect(&addresses[1])?;
    let mut buffer = vec![0; 64 << 10];
    let mut bytes = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            read => {
                to.write_all(&buffer[..read])?;
                bytes += read as u64;
            }
        }
    }
    println!("{bytes} bytes");
    Ok(())
}
