//! Sockets of 0.3 with the world outside: the command `sockets` of `tests/p3/guest`.

use super::{Failed, Session, Test, grant_net, peers, refs, same, same_end};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub const TESTS: &[(&str, Test)] = &[
    ("p3_client", client),
    ("p3_client_of_who_resets", client_of_who_resets),
    ("p3_client_of_who_is_slow", client_of_who_is_slow),
    ("p3_server", server),
    ("p3_server_at_its_limit", server_at_its_limit),
    ("p3_asking", asking),
    ("p3_answering", answering),
    ("p3_refused", refused),
];

const GUEST: &str = "p3/sockets.wasm";

fn dial(session: &Session, scheme: &str, what: &str, address: SocketAddr, input: Stdio) -> Result<String, Failed> {
    session.output(GUEST, &refs(&grant_net(scheme, address)), &[what, &address.to_string()], input)
}

fn client(session: &Session) -> Result<(), Failed> {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let address = peers::echoing(local)?;
        let input = session.file(&format!("{}end", "x".repeat(300_000)))?;
        let output = dial(session, "tcp://", "connect", address, input)?;
        same("sent: Ok(())\nreceived: (300003, \"xxend\", Ok(()))\nconnect: Ok(())\n[0]", &output)?;
    }
    Ok(())
}

fn client_of_who_resets(session: &Session) -> Result<(), Failed> {
    let address = peers::resetting()?;
    let output = dial(session, "", "connect", address, session.file("never read")?)?;
    let expected = "sent: Ok(())\nreceived: (0, \"\", Err(ErrorCode::ConnectionReset))\nconnect: Ok(())\n[0]";
    same(expected, &output)
}

/// Checks that what waits for a slow reader lets the program's other work go on, and that no byte is lost.
fn client_of_who_is_slow(session: &Session) -> Result<(), Failed> {
    let (tell, told) = mpsc::channel();
    let address = peers::serving("127.0.0.1:0", move |mut stream| {
        thread::sleep(Duration::from_millis(200));
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let _ = tell.send((bytes.len(), bytes.iter().all(|byte| *byte == b'x')));
    })?;
    let output = dial(session, "tcp://", "flood", address, Stdio::null())?;
    same("sent: (Ok(()), 0, 20)\nflood: Ok(())\n[0]", &output)?;
    assert_eq!(told.recv_timeout(Duration::from_secs(20))?, (20 << 20, true));
    Ok(())
}

fn server(session: &Session) -> Result<(), Failed> {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let (child, output, address) = session.start_guest(GUEST, &["--listen", local], "serve", local)?;
        peers::is_returned(address)?;
        same_end(child, output, "ends: (Ok(()), Ok(()))\nserve: Ok(())\n")?;
    }
    Ok(())
}

/// Checks that connections wait for which there is no room, and that the program gets them once it has closed others.
fn server_at_its_limit(session: &Session) -> Result<(), Failed> {
    let none = session.output(
        GUEST,
        &["--net", "127.0.0.1:9", "--max-open-files", "0"],
        &["connect", "127.0.0.1:9"],
        Stdio::null(),
    )?;
    same("connect: Err(ErrorCode::Other(Some(\"new-socket-limit\")))\n[0]", &none)?;
    let flags = ["--listen", "127.0.0.1:0", "--max-open-files", "3"];
    let (child, output, address) = session.start_guest(GUEST, &flags, "crowd", "127.0.0.1:0")?;
    let mut clients = Vec::new();
    for number in 1..=3 {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(&[number])?;
        stream.shutdown(Shutdown::Write)?;
        clients.push(stream);
    }
    let served = "served: ([1], Ok(()))\nserved: ([2], Ok(()))\nserved: ([3], Ok(()))\ncrowd: Ok(())\n";
    same_end(child, output, served)
}

/// Checks that a program without a granted local address hears only granted remote ends.
fn asking(session: &Session) -> Result<(), Failed> {
    let (address, answering) = peers::answering()?;
    let output = dial(session, "udp://", "ask", address, Stdio::null())?;
    answering.join().map_err(|_| "the other side panicked")??;
    same("answer: (\"answer\", true)\nask: Ok(())\n[0]", &output)
}

/// Checks that a program with a granted local address may answer any sender.
fn answering(session: &Session) -> Result<(), Failed> {
    let flags = ["--listen", "udp://127.0.0.1:0"];
    let (child, output, address) = session.start_guest(GUEST, &flags, "answer", "127.0.0.1:0")?;
    peers::ask(address)?;
    same_end(child, output, "answered: (8, Ok(()))\nanswer: Ok(())\n")
}

/// Checks what isn't granted, with the flags that would grant it.
fn refused(session: &Session) -> Result<(), Failed> {
    const RUNS: &[(&[&str], &str, &str, &str)] = &[
        (
            &[],
            "connect",
            "127.0.0.1:9",
            "make a socket for tcp://; --net tcp://HOST:PORT or --listen tcp://ADDRESS:PORT",
        ),
        (&[], "ask", "127.0.0.1:9", "make a socket for udp://; --net udp://HOST:PORT or --listen udp://ADDRESS:PORT"),
        (&[], "look-up", "localhost", "look up localhost; --net localhost:PORT"),
        (&["--net", "127.0.0.1:1"], "connect", "127.0.0.1:2", "talk to tcp://127.0.0.1:2; --net tcp://127.0.0.1:2"),
        (&["--net", "127.0.0.1:1"], "ask", "127.0.0.1:2", "talk to udp://127.0.0.1:2; --net udp://127.0.0.1:2"),
        (&["--net", "127.0.0.1:1"], "serve", "127.0.0.1:0", "listen at tcp://127.0.0.1:0; --listen tcp://127.0.0.1:0"),
        (&["--listen", "127.0.0.1:0"], "serve", "0.0.0.0:0", "bind to tcp://0.0.0.0:0; --listen tcp://0.0.0.0:0"),
    ];
    for (flags, what, which, denied) in RUNS {
        let output = session.output(GUEST, flags, &[what, which], Stdio::null())?;
        let name = if *what == "look-up" { which } else { what };
        let answer = format!("{name}: Err(ErrorCode::AccessDenied)\n");
        same(&format!("{answer}aot: denied: {denied} would allow it\n[0]"), &output)?;
    }
    Ok(())
}
