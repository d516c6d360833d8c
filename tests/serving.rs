//! The start and the end of servers: addresses, sockets and messages of a service manager, files for TLS.

mod support;

#[path = "serve/process.rs"]
#[allow(dead_code, reason = "each suite uses only some of it")]
mod process;

use libtest_mimic::{Arguments, Failed, Trial};
use process::{HANDLER, Server};
use rustix::process::Signal;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use support::{Folder, Limits, Target};

/// A test on one target.
type Test = fn(&Session) -> Result<(), Failed>;

const TESTS: &[(&str, Test)] = &[
    ("address", address),
    ("address_beside_grants", address_beside_grants),
    ("unix_socket", unix_socket),
    ("choice", choice),
    ("handed_in", handed_in),
    ("not_handed_in", not_handed_in),
    ("certificates", certificates),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = TESTS.iter().flat_map(|&(name, test)| {
        support::targets().into_iter().map(move |target| {
            let full_name = format!("{name}::{}", target.name);
            Trial::test(full_name.clone(), move || {
                let session = Session { folder: Folder::new("serving", &full_name.replace("::", "/")), target };
                test(&session)?;
                session.folder.remove();
                Ok(())
            })
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

struct Session {
    folder: Folder,
    target: Target,
}

impl Session {
    /// Compiles the handler with these flags.
    fn compile(&self, flags: &[&str]) -> Result<PathBuf, Failed> {
        let (input, server) = (self.folder.join("handler.wat"), self.folder.join("server"));
        fs::write(&input, HANDLER)?;
        let mut command = Command::new(support::aot());
        command.arg(input).args(["--target", &self.target.name, "-o"]).arg(&server).args(flags);
        let outcome = support::run(&command, Limits::default());
        if outcome.code == 0 { Ok(server) } else { Err(outcome.stderr_text().into()) }
    }

    /// The command that starts a server in the test's folder.
    fn command(&self, server: &Path) -> Command {
        let mut command = self.target.command(server);
        command.current_dir(&*self.folder);
        command
    }

    /// The words of a server that does not start, and its status.
    fn refused(&self, command: &Command) -> String {
        let outcome = support::run(command, Limits::default());
        format!("{}[{}]", outcome.stderr_text(), outcome.code)
    }
}

/// Asks a server to end, which it does at once.
fn end(server: Server) -> Result<(), Failed> {
    same("Some(0)", &format!("{:?}", server.stop()?))
}

fn same(expected: &str, actual: &str) -> Result<(), Failed> {
    if expected == actual { Ok(()) } else { Err(format!("expected\n{expected}\ngot\n{actual}").into()) }
}

/// The status line that a server sends on a connection.
fn ask(mut stream: impl Read + Write) -> Result<String, Failed> {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_string())
}

const FAILED: &str = "HTTP/1.1 500 Internal Server Error";

fn address(session: &Session) -> Result<(), Failed> {
    let program = session.compile(&["--serve", "127.0.0.1:0"])?;
    let server = Server::start(session.command(&program))?;
    let said = server.log.wait(|lines| lines.iter().any(|line| line.starts_with("At most ")))?;
    same("Each request gets a fresh instance", &said[0])?;
    let address = &server.address().to_string();
    same(FAILED, &ask(TcpStream::connect(address)?)?)?;
    // What one has, another can't.
    let mut second = session.command(&session.compile(&["--serve", address])?);
    second.env("AOT_SERVE", address);
    let other = "another program serves there; stop it, or choose another address (AOT_SERVE, or --serve)";
    same(&format!("aot: cannot listen at `{address}`: {other}\n[125]"), &session.refused(&second))?;
    end(server)
}

/// The kernel takes all ports away that aren't granted, and not those of the server.
fn address_beside_grants(session: &Session) -> Result<(), Failed> {
    let flags = ["--net", "127.0.0.1:9", "--http", "https://example.org/", "--admin", "127.0.0.1:0"];
    let program = session.compile(&[&["--serve", "127.0.0.1:0"][..], &flags].concat())?;
    let server = Server::start(session.command(&program))?;
    same(FAILED, &ask(TcpStream::connect(server.address())?)?)?;
    end(server)
}

fn unix_socket(session: &Session) -> Result<(), Failed> {
    let program = session.compile(&["--serve", "unix:app.sock"])?;
    let path = session.folder.join("app.sock");
    // A socket of nobody.
    drop(UnixListener::bind(&path)?);
    let server = Server::start(session.command(&program))?;
    same("unix:app.sock", &server.place)?;
    same(FAILED, &ask(UnixStream::connect(&path)?)?)?;
    let refused = session.refused(&session.command(&program));
    if !refused.starts_with("aot: cannot listen at `unix:app.sock`: another program serves there") {
        return Err(refused.into());
    }
    end(server)?;
    fs::remove_file(&path)?;
    fs::write(&path, "no socket")?;
    let refused = session.refused(&session.command(&program));
    same("aot: cannot listen at `unix:app.sock`: there is a file that is no socket\n[125]", &refused)
}

fn choice(session: &Session) -> Result<(), Failed> {
    let program = session.compile(&["--serve", "*:8000-8099", "--serve", "unix:app.sock", "--max-requests", "7"])?;
    let with = |variable: &str, value: &str| {
        let mut command = session.command(&program);
        command.env(variable, value);
        command
    };
    let not_built_in = "not what is built in; `aot inspect` shows the addresses";
    for (variable, value, why) in [
        ("AOT_SERVE", "*:80", not_built_in),
        ("AOT_SERVE", "unix:app.sock,unix:other", not_built_in),
        ("AOT_SERVE", "8001", "not ADDRESS:PORT or unix:PATH, several separated by commas"),
        ("AOT_SERVE", "", "no address"),
        ("AOT_ADMIN", "127.0.0.1:8000", not_built_in),
        ("AOT_MAX_REQUESTS", "8", "more than the limit that is built in, and settings only take away"),
        ("AOT_MAX_REQUESTS", "0", "less than what the program begins with, 1"),
        ("AOT_HEAD_TIME", "x", "not a time: write seconds, or milliseconds with ms"),
        ("AOT_REUSE", "2", "more than the limit that is built in, and settings only take away"),
    ] {
        same(&format!("aot: {variable} is {why}\n[125]"), &session.refused(&with(variable, value)))?;
    }
    let server = Server::start(with("AOT_SERVE", "unix:app.sock"))?;
    same("unix:app.sock", &server.place)?;
    end(server)
}

/// A command that gets a file as descriptor 3 from who pretends to be a service manager.
fn with_file(session: &Session, program: &Path, file: OwnedFd) -> Command {
    let program = session.command(program);
    let mut command = Command::new("sh");
    let script = "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"";
    command.args(["-c", script]).arg(program.get_program()).args(program.get_args());
    command.current_dir(&*session.folder).stdin(file);
    command
}

fn handed_in(session: &Session) -> Result<(), Failed> {
    let program = session.compile(&["--serve", "unix:not/there"])?;
    let manager = UnixDatagram::bind(session.folder.join("notify"))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut command = with_file(session, &program, listener.into());
    command.env("NOTIFY_SOCKET", fs::canonicalize(&*session.folder)?.join("notify"));
    let server = Server::start(command)?;
    same(&format!("http://{address}/"), &server.place)?;
    let told = || -> Result<String, Failed> {
        let mut buffer = [0; 200];
        let bytes = manager.recv(&mut buffer)?;
        Ok(String::from_utf8_lossy(&buffer[..bytes]).into_owned())
    };
    same("READY=1", &told()?)?;
    same(FAILED, &ask(TcpStream::connect(address)?)?)?;
    server.signal(Signal::HUP);
    same("RELOADING=1", told()?.lines().next().unwrap_or_default())?;
    same("READY=1", &told()?)?;
    end(server)?;
    same("STOPPING=1", &told()?)
}

fn not_handed_in(session: &Session) -> Result<(), Failed> {
    let program = session.compile(&["--serve", "unix:app.sock"])?;
    let (stream, _other) = UnixStream::pair()?;
    let refused = session.refused(&with_file(session, &program, stream.into()));
    let why = "LISTEN_FDS promises a socket that listens for connections as descriptor 3, which is none";
    same(&format!("aot: {why}\n[125]"), &refused)
}

fn certificates(session: &Session) -> Result<(), Failed> {
    let flags = ["--tls-cert", "certificate.pem", "--tls-key", "key.pem"];
    let program = session.compile(&[&["--serve", "127.0.0.1:0"][..], &flags].concat())?;
    let refused = session.refused(&session.command(&program));
    same("aot: cannot read the file `certificate.pem` for TLS: there is none\n[125]", &refused)?;
    let renew = |authority: &str| -> Result<(), Failed> {
        let new = rcgen::generate_simple_self_signed(vec![String::from("localhost")])?;
        fs::write(session.folder.join(authority), new.cert.pem())?;
        for (name, text) in [("certificate.pem", new.cert.pem()), ("key.pem", new.signing_key.serialize_pem())] {
            fs::write(session.folder.join("new"), text)?;
            fs::rename(session.folder.join("new"), session.folder.join(name))?;
        }
        Ok(())
    };
    renew("first.pem")?;
    let server = Server::start(session.command(&program))?;
    let port = server.address().port();
    let ask = |authority: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}", "--cacert"]);
        curl.arg(session.folder.join(authority)).arg(format!("https://localhost:{port}/"));
        support::run(&curl, Limits::default()).stdout_text()
    };
    same("2 500", &ask("first.pem"))?;
    renew("second.pem")?;
    same("2 500", &ask("first.pem"))?;
    server.signal(Signal::HUP);
    server.log.wait_for("aot: the certificates were read again")?;
    same("2 500", &ask("second.pem"))?;
    same("0 000", &ask("first.pem"))?;
    fs::write(session.folder.join("key.pem"), "nonsense")?;
    server.signal(Signal::HUP);
    let why = "cannot use the files for TLS: the file of the key has none in the form PEM";
    server.log.wait_for(&format!("aot: the certificates stay as they were: {why}"))?;
    same("2 500", &ask("second.pem"))?;
    end(server)
}
