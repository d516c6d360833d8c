//! Programs with sockets and the world outside them: servers and clients of this test on loopback, at ports that the
//! system chooses; inherited sockets; grants. Tests in which programs only talk to each other are in `tests/programs`.

#[path = "sockets/of_p3.rs"]
mod of_p3;
#[path = "sockets/peers.rs"]
mod peers;
mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;
use support::{Folder, Limits, Target};

/// A test on one target.
type Test = fn(&Session) -> Result<(), Failed>;

const TESTS: &[(&str, Test)] = &[
    ("client", client),
    ("client_byte_by_byte", client_byte_by_byte),
    ("client_of_who_resets", client_of_who_resets),
    ("server", server),
    ("asking", asking),
    ("answering", answering),
    ("handed_in", handed_in),
    ("not_handed_in", not_handed_in),
    ("load", load),
    ("traps", traps),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = TESTS.iter().chain(of_p3::TESTS).flat_map(|&(name, test)| {
        support::targets().into_iter().map(move |target| {
            let full_name = format!("{name}::{}", target.name);
            Trial::test(full_name.clone(), move || {
                let session = Session { folder: Folder::new("sockets", &full_name.replace("::", "/")), target };
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
    /// Compiles a guest with these flags, and returns the executable's path.
    fn compile(&self, guest: &str, flags: &[&str]) -> Result<PathBuf, Failed> {
        let executable = self.folder.join("program");
        let mut command = Command::new(support::aot());
        command.arg(support::guest(guest)).args(["--target", &self.target.name, "-o"]).arg(&executable).args(flags);
        let outcome = support::run(&command, Limits::default());
        if outcome.code != 0 {
            return Err(outcome.stderr_text().into());
        }
        Ok(executable)
    }

    /// Runs a program, and returns its output and exit code.
    fn output(&self, guest: &str, flags: &[&str], arguments: &[&str], input: Stdio) -> Result<String, Failed> {
        let mut command = self.target.command(&self.compile(guest, flags)?);
        command.args(arguments).env("AOT_LOG", "denied");
        let outcome = support::run_with_input(&command, input, Limits::default());
        Ok(format!("{}{}[{}]", outcome.stdout_text(), outcome.stderr_text(), outcome.code))
    }

    /// Runs the program `dial`, and returns its output.
    fn dial(&self, flags: &[&str], what: &str, address: SocketAddr, input: Stdio) -> Result<String, Failed> {
        self.output("rust/dial.wasip2.wasm", flags, &[what, &address.to_string()], input)
    }

    /// Starts `dial` as a server, which first prints its address.
    fn start(
        &self,
        flags: &[&str],
        what: &str,
        local: &str,
    ) -> Result<(Child, BufReader<ChildStdout>, SocketAddr), Failed> {
        self.start_guest("rust/dial.wasip2.wasm", flags, what, local)
    }

    /// Starts a guest as a server, which first prints its address.
    fn start_guest(
        &self,
        guest: &str,
        flags: &[&str],
        what: &str,
        local: &str,
    ) -> Result<(Child, BufReader<ChildStdout>, SocketAddr), Failed> {
        let mut command = Command::new("timeout");
        let program = self.target.command(&self.compile(guest, flags)?);
        command.arg("60").arg(program.get_program()).args(program.get_args()).args([what, local]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        Ok((child, output, line.trim().parse().map_err(|_| format!("{line:?} isn't an address"))?))
    }

    fn file(&self, contents: &str) -> Result<Stdio, Failed> {
        let path = self.folder.join("input");
        fs::write(&path, contents)?;
        Ok(fs::File::open(path)?.into())
    }
}

fn same(expected: &str, actual: &str) -> Result<(), Failed> {
    if expected == actual { Ok(()) } else { Err(format!("expected\n{expected}\ngot\n{actual}").into()) }
}

/// Ends a server, and compares the rest of its output.
fn same_end(mut child: Child, mut output: impl Read, expected: &str) -> Result<(), Failed> {
    let mut rest = String::new();
    output.read_to_string(&mut rest)?;
    let status = child.wait()?;
    same(&format!("{expected}[{}]", 0), &format!("{rest}[{}]", status.code().unwrap_or(-1)))
}

fn grant_net(scheme: &str, address: SocketAddr) -> [String; 2] {
    [String::from("--net"), format!("{scheme}{address}")]
}

fn refs(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

fn client(session: &Session) -> Result<(), Failed> {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let address = peers::echoing(local)?;
        let input = session.file(&format!("{}end", "x".repeat(300_000)))?;
        let flags = grant_net("tcp://", address);
        let output = session.dial(&refs(&flags), "connect", address, input)?;
        same("received 300003 bytes that end with \"xxend\"\n[0]", &output)?;
    }
    Ok(())
}

fn client_byte_by_byte(session: &Session) -> Result<(), Failed> {
    let address = peers::serving("127.0.0.1:0", |mut stream| {
        let _ = stream.set_nodelay(true);
        let mut byte = [0];
        while stream.read_exact(&mut byte).is_ok() && stream.write_all(&byte).is_ok() {}
    })?;
    let input = session.file(&"byte by byte ".repeat(100))?;
    let output = session.dial(&refs(&grant_net("", address)), "connect", address, input)?;
    same("received 1300 bytes that end with \"byte \"\n[0]", &output)
}

fn client_of_who_resets(session: &Session) -> Result<(), Failed> {
    let address = peers::resetting()?;
    let output = session.dial(&refs(&grant_net("", address)), "connect", address, session.file("never read")?)?;
    // Rust's std in the guest doesn't ask for the error number.
    same(&format!("connect {address}: uncategorized error\n[0]"), &output)
}

fn server(session: &Session) -> Result<(), Failed> {
    for (flag, local) in [("127.0.0.1:0", "127.0.0.1:0"), ("tcp://*:0", "[::]:0")] {
        let (child, output, address) = session.start(&["--listen", flag], "serve", local)?;
        let ip = if address.is_ipv4() { "127.0.0.1" } else { "::1" };
        let address = SocketAddr::new(ip.parse::<IpAddr>().map_err(|_| "an address")?, address.port());
        peers::is_returned(address)?;
        same_end(child, output, "got 14 bytes\n")?;
    }
    Ok(())
}

/// Checks that a program without a granted local address hears only granted remote ends.
fn asking(session: &Session) -> Result<(), Failed> {
    let (address, answering) = peers::answering()?;
    let output = session.dial(&refs(&grant_net("udp://", address)), "ask", address, Stdio::null())?;
    answering.join().map_err(|_| "the other side panicked")??;
    same("answer from true\n[0]", &output)
}

/// Checks that a program with a granted local address may answer any sender.
fn answering(session: &Session) -> Result<(), Failed> {
    let (child, output, address) = session.start(&["--listen", "udp://127.0.0.1:0"], "answer", "127.0.0.1:0")?;
    peers::ask(address)?;
    same_end(child, output, "answered 8 bytes\n")
}

/// Runs the program of preview1's sockets under a shell that passes it two sockets, as systemd does.
fn run_handed_in(session: &Session, flags: &[&str], count: &str) -> Result<String, Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let datagrams = UdpSocket::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    client.write_all(b"from outside, and more")?;
    let reset = TcpStream::connect(listener.local_addr()?)?;
    rustix::net::sockopt::set_socket_linger(&reset, Some(Duration::ZERO))?;
    drop(reset);
    UdpSocket::bind("127.0.0.1:0")?.send_to(b"datagram", datagrams.local_addr()?)?;
    let program = session.target.command(&session.compile("wasi/preview1_sockets.wasm", flags)?);
    let mut command = Command::new("timeout");
    // The shell gets both as standard files, and moves them to descriptors 3 and 4.
    let script = "exec 3<&0 4<&1 1>output 2>&1 0</dev/null; LISTEN_FDS=$0 LISTEN_PID=$$ exec \"$@\"";
    command.args(["60", "sh", "-c", script, count]);
    command.arg(program.get_program()).args(program.get_args()).current_dir(&*session.folder);
    command.stdin(OwnedFd::from(listener)).stdout(OwnedFd::from(datagrams));
    let status = command.status()?;
    let mut text = fs::read_to_string(session.folder.join("output"))?;
    write!(text, "[{}]", status.code().unwrap_or(-1))?;
    if text.contains("an answer") {
        let mut answer = String::new();
        client.read_to_string(&mut answer)?;
        write!(text, " {answer}")?;
    }
    Ok(text)
}

fn handed_in(session: &Session) -> Result<(), Failed> {
    let output = run_handed_in(session, &["--inherit-sockets"], "2")?;
    let path = support::repository().join("tests/programs/wasi/preview1_sockets.handed_in");
    if support::blessing() {
        fs::write(&path, &output)?;
    }
    same(&fs::read_to_string(&path)?, &output)
}

fn not_handed_in(session: &Session) -> Result<(), Failed> {
    // Without the grant the program sees no sockets.
    let output = run_handed_in(session, &[], "2")?;
    if !output.starts_with("__wasi_sock_accept(fd, 0, &accepted): BADF\n") || !output.ends_with("[0]") {
        return Err(output.into());
    }
    let output = run_handed_in(session, &["--inherit-sockets"], "9")?;
    same(
        "aot: LISTEN_FDS promises a socket as descriptor 5, which is none, or one more than the program may have open\n[125]",
        &output,
    )
}

const LOOPBACK: &[&str] = &["--net", "tcp://127.0.0.1:*", "--listen", "127.0.0.1:0", "--net", "udp://127.0.0.1:9"];

/// Checks more connections than there can be descriptors, and as many at once as there can be; `README.md` has the
/// command for more of them.
fn load(session: &Session) -> Result<(), Failed> {
    let run = |arguments: &[&str]| session.output("wasi/tcp.component.wasm", LOOPBACK, arguments, Stdio::null());
    same("1500 connections one after another\n[0]", &run(&["one-after-another", "1500"])?)?;
    same(&"ready together: true\n".repeat(3), run(&["many", "400"])?.trim_end_matches("[0]"))
}

fn traps(session: &Session) -> Result<(), Failed> {
    for (guest, arguments, message) in [
        ("tcp", &["write-unchecked", "1"][..], "invalid value"),
        ("tcp", &["write-unchecked", "100000000"], "invalid value"),
        ("tcp", &["drop-before-pollable", "1"], "cannot remove owned resource while borrowed"),
        ("udp", &["send-unchecked"], "more datagrams than the last check allowed"),
    ] {
        let output = session.output(&format!("wasi/{guest}.component.wasm"), LOOPBACK, arguments, Stdio::null())?;
        if !output.contains(message) || !output.ends_with("[134]") {
            return Err(format!("{arguments:?}: {output}").into());
        }
    }
    Ok(())
}
