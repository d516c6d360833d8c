//! A server under load for a long time, with good clients, guests that trap and clients that misbehave; then its end. A few
//! seconds here; `cargo xtask soak` takes minutes.

use super::fuzz::{self, Random};
use super::http2;
use super::process::{Server, command, compile};
use super::support::{self, Folder, Target};
use super::wire::{Connection, bytes};
use libtest_mimic::Failed;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The flags: no client holds anything for long.
const FLAGS: &[&str] = &[
    "--timeout=2",
    "--cpu-time=500ms",
    "--head-time=500ms",
    "--idle-time=500ms",
    "--stall-time=500ms",
    "--max-host-memory=256M",
];
/// The time after which everything that clients left behind is gone.
const QUIET: Duration = Duration::from_secs(3);
/// The resident bytes that a server may have gained.
const GROWTH_MAX: u64 = 24 << 20;

/// Requests, and what has to come back: a status, and the text or the length of the body.
const GOOD: &[(&str, u16, Body)] = &[
    ("GET /a HTTP/1.1\nHost: h\n\n", 200, Body::Text("Get http h /a\nbody 0\n")),
    (
        "POST / HTTP/1.1\nHost: h\nContent-Length: 5\n\nabcde",
        200,
        Body::Text("Post http h /\ncontent-length: 5\nbody 5 abcde\n"),
    ),
    (
        "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\nX-T: 1\n\n",
        200,
        Body::Text("Post http h /\nbody 5 abcde\ntrailers x-t: 1;\n"),
    ),
    ("GET / HTTP/1.1\nHost: h\nX-Do: set fill=20 finish\n\n", 200, Body::Bytes(20 * 4096)),
    ("GET / HTTP/1.1\nHost: h\nX-Do: nap=20 status=404 head\n\n", 404, Body::Bytes(0)),
];

/// Requests whose guests fail, and the status that comes back.
const FAILING: &[(&str, u16)] = &[
    ("trap", 500),
    ("overflow", 500),
    ("exit=0", 500),
    ("nap=1", 500),
    ("error=loop", 508),
    ("burn=100 trap", 500),
    ("spin", 504),
    ("nap=10000", 504),
];

enum Body {
    Text(&'static str),
    Bytes(usize),
}

/// The counts of clients.
#[derive(Default)]
struct Counts {
    good: AtomicU64,
    failed: AtomicU64,
    bad: AtomicU64,
    http2: AtomicU64,
}

pub fn soak(target: &Target) -> Result<(), Failed> {
    let seconds = std::env::var("SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let folder = Folder::new("serve", &format!("soak/{}", target.name));
    let executable = compile(&support::guest("serve/steps.wasm"), target, &folder, FLAGS)?;
    let server = Server::start(command(target, &executable, None))?;
    let counts = Counts::default();
    load(&server, Duration::from_secs(seconds) / 4, &counts)?;
    let before = quiet(&server);
    load(&server, Duration::from_secs(seconds) * 3 / 4, &counts)?;
    let after = quiet(&server);
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "{seconds} s: {} good requests over HTTP/1, {} over HTTP/2, {} that fail, {} bad clients;\n\
         descriptors {} before and {} after, resident {} KB before and {} KB after",
        count(&counts.good),
        count(&counts.http2),
        count(&counts.failed),
        count(&counts.bad),
        before.0,
        after.0,
        before.1 >> 10,
        after.1 >> 10
    );
    if after.0 > before.0 || after.1 > before.1 + GROWTH_MAX {
        return Err(format!("{before:?} became {after:?} descriptors and bytes").into());
    }
    end(server)?;
    folder.remove();
    Ok(())
}

/// Descriptors and resident bytes, once what clients left behind is gone.
fn quiet(server: &Server) -> (usize, u64) {
    thread::sleep(QUIET);
    (server.descriptors(), server.resident_bytes())
}

/// Puts load on a server for some time; all that good clients ask for comes back.
fn load(server: &Server, time: Duration, counts: &Counts) -> Result<(), Failed> {
    let end = Instant::now() + time;
    thread::scope(|scope| {
        let good = (0..4).map(|number| scope.spawn(move || good_client(server, number, end, counts)));
        let mut threads: Vec<_> = good.collect();
        threads.extend((0..2).map(|number| scope.spawn(move || failing_client(server, number, end, counts))));
        threads.push(scope.spawn(move || {
            while Instant::now() < end {
                http2::many_at_once(server)?;
                counts.http2.fetch_add(100, Ordering::Relaxed);
            }
            Ok(())
        }));
        for number in 0..3 {
            scope.spawn(move || bad_client(server, number, end, counts));
        }
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a client failed")?)
    })
}

/// Requests one after another, many by one connection.
fn good_client(server: &Server, number: usize, end: Instant, counts: &Counts) -> Result<(), Failed> {
    for (round, rows) in (0..).map(|round| (round, GOOD.iter().cycle().skip(number + round).take(20))) {
        if Instant::now() >= end {
            break;
        }
        let mut connection = Connection::new(server.address())?;
        for (request, status, body) in rows {
            let fail = |error: String| Failed::from(format!("round {round} of client {number}, {request:?}: {error}"));
            connection.send(&bytes(request)).map_err(|error| fail(error.to_string()))?;
            let response = connection.response(false).map_err(|error| fail(error.to_string()))?;
            let response = response.ok_or_else(|| fail(String::from("no response")))?;
            let is_right = match body {
                Body::Text(text) => response.text() == *text,
                Body::Bytes(count) => response.body.len() == *count,
            };
            if response.status != *status || !is_right || !response.is_whole {
                return Err(fail(response.line()));
            }
            counts.good.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

fn failing_client(server: &Server, number: usize, end: Instant, counts: &Counts) -> Result<(), Failed> {
    for (steps, status) in FAILING.iter().cycle().skip(number * 3) {
        if Instant::now() >= end {
            break;
        }
        let mut connection = Connection::new(server.address())?;
        connection.send(&bytes(&format!("GET / HTTP/1.1\nHost: h\nX-Do: {steps}\n\n")))?;
        let response = connection.response(false)?.ok_or_else(|| format!("{steps}: no response"))?;
        super::same(&format!("{steps} {status}"), &format!("{steps} {}", response.status))?;
        counts.failed.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// A client that does what none should; whatever comes of it.
fn bad_client(server: &Server, number: u64, end: Instant, counts: &Counts) {
    let mut random = Random(number);
    while Instant::now() < end {
        let Ok(mut connection) = Connection::new(server.address()) else { continue };
        let input = match random.below(5) {
            0 => fuzz::damaged_requests(&mut random),
            1 => fuzz::damaged_frames(&mut random),
            2 => bytes("GET / HTTP/1.1\nHost: h\nX-Do: set fill=10000 finish\n\n"),
            3 => bytes("POST / HTTP/1.1\nHost: h\nX-Do: read head\nContent-Length: 1000000\n\nabc"),
            _ => bytes(&"GET / HTTP/1.1\nHost: h\nX-Do: set write=abc trap\n\n".repeat(5)),
        };
        let sent = random.below(input.len() + 1);
        let _ = connection.send(&input[..sent]);
        thread::sleep(Duration::from_millis(random.next() % 20));
        if random.below(2) == 0 {
            let _ = rustix::net::sockopt::set_socket_linger(&connection.stream, Some(Duration::ZERO));
        }
        counts.bad.fetch_add(1, Ordering::Relaxed);
    }
}

/// Requests that are in flight when the server is asked to end come back whole, and it ends with status 0.
fn end(server: Server) -> Result<(), Failed> {
    const IN_FLIGHT: usize = 50;
    let mut connections = Vec::new();
    for _ in 0..IN_FLIGHT {
        let mut connection = Connection::new(server.address())?;
        connection.send(&bytes("GET / HTTP/1.1\nHost: h\nX-Tag: last\nX-Do: note=begun nap=1000 see\n\n"))?;
        connections.push(connection);
    }
    server.log.of_guest("last", IN_FLIGHT)?;
    server.signal(rustix::process::Signal::TERM);
    for (number, connection) in connections.iter_mut().enumerate() {
        let response = connection.response(false)?.ok_or_else(|| format!("request {number} is lost"))?;
        super::same("200 true", &format!("{} {}", response.status, response.is_whole))?;
    }
    super::same("Some(0)", &format!("{:?}", server.wait()?))
}
