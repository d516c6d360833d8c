//! A Redis server from Debian's package, and servers that aren't one.

use libtest_mimic::Failed;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The time for a server to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A Redis server, which ends with this value.
pub struct Redis {
    pub port: u16,
    store: String,
    net: String,
    child: Child,
}

impl Redis {
    /// Starts a server at a port of the system's choice, without anything that lasts.
    pub fn start(folder: &Path) -> Result<Redis, Failed> {
        Redis::start_with(folder, &[])
    }

    /// Starts such a server with further flags.
    pub fn start_with(folder: &Path, flags: &[&str]) -> Result<Redis, Failed> {
        // Another process may take the port before the server does.
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            if let Ok(redis) = Redis::start_at(folder, port, flags) {
                return Ok(redis);
            }
        }
        Err("redis-server doesn't start (Debian's package redis-server, which `cargo xtask guests` installs)".into())
    }

    /// Starts a server at a port.
    pub fn start_at(folder: &Path, port: u16, flags: &[&str]) -> Result<Redis, Failed> {
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(flags).arg("--dir").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let (store, net) = (format!("default=redis://127.0.0.1:{port}"), format!("tcp://127.0.0.1:{port}"));
        let mut redis = Redis { port, store, net, child: command.spawn()? };
        let start = Instant::now();
        while start.elapsed() < PATIENCE && matches!(redis.child.try_wait(), Ok(None)) {
            if answers(port) {
                return Ok(redis);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("it has ended".into())
    }

    /// The flags of a program that uses the server.
    pub fn flags(&self) -> [&str; 4] {
        ["--keyvalue", &self.store, "--net", &self.net]
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut connection) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = [0; 7];
    let is_answered = connection.write_all(b"PING\r\n").is_ok() && connection.read_exact(&mut answer).is_ok();
    is_answered && [*b"+PONG\r\n", *b"-NOAUTH"].contains(&answer)
}

/// Starts a server that answers one connection with these bytes and closes it, and returns its port. `SILENCE` stands for no
/// answer and no end, `ENDLESS` for a line without end.
pub fn impostor(answer: &'static [u8]) -> Result<u16, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let Ok((mut connection, _)) = listener.accept() else { return };
        let mut request = [0; 1024];
        let _ = connection.read(&mut request);
        match answer {
            b"SILENCE" => _ = connection.read(&mut request),
            b"ENDLESS" => while connection.write_all(&[b'x'; 4096]).is_ok() {},
            answer => _ = connection.write_all(answer),
        }
    });
    Ok(port)
}
