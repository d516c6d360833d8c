//! The registry of Debian's package `docker-registry`, and registries that lie.

use libtest_mimic::Failed;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The time for a registry to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A line of `htpasswd` for the user `me` with the password `secret`, as bcrypt has it.
const USERS: &str = "me:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";

/// A registry at a port of the system's choice, which ends with this value.
pub struct Registry {
    pub host: String,
    child: Child,
}

impl Registry {
    /// Starts a registry that keeps its contents in a folder, for everybody or for its one user.
    pub fn start(folder: &Path, with_users: bool) -> Result<Self, Failed> {
        let (config, users, data) = (folder.join("registry.yml"), folder.join("users"), folder.join("data"));
        fs::write(&users, USERS)?;
        let auth = format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", users.display());
        // Another process may take the port before the registry does.
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let storage = format!("storage:\n  filesystem:\n    rootdirectory: {}\n", data.display());
            let http = format!("http:\n  addr: 127.0.0.1:{port}\n  secret: test\n");
            let auth = if with_users { &auth } else { "" };
            fs::write(&config, format!("version: 0.1\nlog:\n  level: error\n{storage}{http}{auth}"))?;
            let mut command = Command::new(crate::support::tool("docker-registry"));
            command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut registry = Self { host: format!("127.0.0.1:{port}"), child: command.spawn()? };
            let start = Instant::now();
            while start.elapsed() < PATIENCE && matches!(registry.child.try_wait(), Ok(None)) {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Ok(registry);
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Err("docker-registry doesn't start (Debian's package, which `cargo xtask guests` unpacks)".into())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer of a registry that the test plays: the status with its reason, and the body. What is longer than the body is
/// promised and doesn't come.
pub struct Answer {
    pub status: &'static str,
    pub fields: String,
    pub body: Vec<u8>,
    pub promised: usize,
}

impl Answer {
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { status: "200 OK", fields: String::new(), promised: body.len(), body }
    }
}

/// Starts a server that answers each request by its path and its authorization, for as long as the process lives, and returns
/// its address.
pub fn play(answer: impl Fn(&str, Option<&str>) -> Answer + Send + 'static) -> Result<String, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let host = listener.local_addr()?.to_string();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // A client that goes away has seen enough.
            let _ = serve(connection, &answer);
        }
    });
    Ok(host)
}

fn serve(mut connection: TcpStream, answer: &impl Fn(&str, Option<&str>) -> Answer) -> std::io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(connection.try_clone()?.take(1 << 16)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let fields: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let authorization = fields.iter().find_map(|field| {
        let (name, value) = field.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then_some(value)
    });
    let Answer { status, fields, body, promised } =
        answer(request.split(' ').nth(1).unwrap_or_default(), authorization);
    write!(connection, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {promised}\r\n{fields}\r\n")?;
    connection.write_all(&body)
}
