//! HTTP/2 with prior knowledge: requests of a client that keeps the rules, and frames of one that doesn't.

use super::process::Server;
use super::support::{self, Limits};
use bytes::Bytes;
use h2::client::ResponseFuture;
use http::{HeaderMap, Request, Response};
use libtest_mimic::Failed;
use std::future::Future;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

/// A request, and what comes back: the status, the fields but for `date`, the body, trailers and the end.
pub struct Row {
    pub name: &'static str,
    method: &'static str,
    path: &'static str,
    fields: &'static [(&'static str, &'static str)],
    /// The body in pieces, and a trailer.
    body: &'static [&'static str],
    trailer: Option<(&'static str, &'static str)>,
    expected: &'static str,
}

const fn get(
    name: &'static str,
    path: &'static str,
    fields: &'static [(&'static str, &'static str)],
    expected: &'static str,
) -> Row {
    Row { name, method: "GET", path, fields, body: &[], trailer: None, expected }
}

/// A request for steps of the guest.
const fn steps(name: &'static str, fields: &'static [(&'static str, &'static str)], expected: &'static str) -> Row {
    get(name, "/", fields, expected)
}

pub const ROWS: &[Row] = &[
    get(
        "seen",
        "/a?b=c",
        &[("x-b", "1"), ("x-a", "2"), ("te", "trailers")],
        "200 [content-length: 60] Get http h.test:81 /a?b=c\\nx-b: 1\\nx-a: 2\\nte: trailers\\nbody 0\\n whole",
    ),
    get(
        "cookies",
        "/",
        &[("cookie", "a=1"), ("cookie", "b=2")],
        "200 [content-length: 45] Get http h.test:81 /\\ncookie: a=1; b=2\\nbody 0\\n whole",
    ),
    Row {
        method: "POST",
        body: &["abc", "de"],
        trailer: Some(("x-t", "1")),
        ..get(
            "body",
            "/",
            &[],
            "200 [content-length: 52] Post http h.test:81 /\\nbody 5 abcde\\ntrailers x-t: 1;\\n whole",
        )
    },
    // A proxy that takes the encryption off passes the scheme on.
    get("scheme_of_a_proxy", "https://h.test/a", &[], "200 [content-length: 27] Get https h.test /a\\nbody 0\\n whole"),
    get("other_scheme", "coap://h.test/a", &[], "421 []  whole"),
    Row { method: "CONNECT", ..get("connect", "/", &[], "501 []  whole") },
    get("path_of_other_characters", "/{}", &[], "400 []  whole"),
    steps("own_status", &[("x-do", "status=418 field=x-a:1 head")], "418 [x-a: 1]  whole"),
    steps("no_length", &[("x-do", "set write=abc finish")], "200 [] abc whole"),
    steps(
        "trailers",
        &[("te", "trailers"), ("x-do", "trailer=x-sum:3 set write=abc finish")],
        "200 [] abc [x-sum: 3] whole",
    ),
    steps("trailers_unwanted", &[("x-do", "trailer=x-sum:3 set write=abc finish")], "200 [] abc whole"),
    steps("trap_before", &[("x-do", "trap")], "500 []  whole"),
    steps("trap_after", &[("x-do", "set write=abc trap")], "200 [] abc reset"),
    steps("trap_later", &[("x-do", "set write=abc nap=100 trap")], "200 [] abc reset"),
    steps("unfinished", &[("x-do", "set write=abc drop")], "200 [] abc reset"),
    steps("short", &[("x-do", "field=content-length:10 set write=abc finish")], "200 [content-length: 10] abc reset"),
    Row {
        method: "HEAD",
        ..steps("head", &[("x-do", "field=content-length:3 set write=abc finish")], "200 [content-length: 3]  whole")
    },
    steps("no_content", &[("x-do", "status=204 set write=abc finish")], "204 []  whole"),
    steps("error", &[("x-do", "error=loop")], "508 []  whole"),
    steps("switching_protocols", &[("x-do", "status=101 set finish")], "500 []  whole"),
];

impl Row {
    pub fn check(&self, server: &Server) -> Result<(), Failed> {
        let actual = run(async {
            let mut client = connect(server.address()).await?;
            let response = self.send(&mut client).await?;
            Ok(line(response.await?).await)
        })?;
        super::same(self.expected, &actual)
    }

    async fn send(&self, client: &mut Client) -> Result<ResponseFuture, h2::Error> {
        let uri = match self.path {
            _ if self.method == "CONNECT" => String::from("h.test:81"),
            path if path.starts_with('/') => format!("http://h.test:81{path}"),
            whole => String::from(whole),
        };
        let mut request = Request::builder().method(self.method).uri(uri);
        for (name, value) in self.fields {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let is_over = self.body.is_empty() && self.trailer.is_none();
        let (response, mut stream) = client.send_request(request, is_over)?;
        for piece in self.body {
            stream.send_data(Bytes::from_static(piece.as_bytes()), false)?;
        }
        if let Some((name, value)) = self.trailer {
            let mut trailers = HeaderMap::new();
            trailers.insert(name, value.parse().unwrap());
            stream.send_trailers(trailers)?;
        }
        Ok(response)
    }
}

type Client = h2::client::SendRequest<Bytes>;

/// Runs a future to its end.
fn run<T>(future: impl Future<Output = Result<T, h2::Error>>) -> Result<T, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let local = tokio::task::LocalSet::new();
    Ok(local.block_on(&runtime, future)?)
}

async fn connect(address: SocketAddr) -> Result<Client, h2::Error> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await?;
    tokio::task::spawn_local(connection);
    client.ready().await
}

/// Returns a response in a line.
async fn line(response: Response<h2::RecvStream>) -> String {
    let list = |map: &HeaderMap| {
        let shown = map.iter().filter(|(name, _)| *name != "date");
        let text =
            |(name, value): (&http::HeaderName, &http::HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
        shown.map(text).collect::<Vec<_>>().join(", ")
    };
    let (head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    let mut line = format!("{} [{}]", head.status.as_u16(), list(&head.headers));
    while let Some(piece) = body.data().await {
        match piece {
            Ok(piece) => {
                let _ = body.flow_control().release_capacity(piece.len());
                bytes.extend_from_slice(&piece);
            }
            Err(_) => return format!("{line} {} reset", bytes.escape_ascii()),
        }
    }
    line += &format!(" {}", bytes.escape_ascii());
    match body.trailers().await {
        Ok(None) => line + " whole",
        Ok(Some(trailers)) => format!("{line} [{}] whole", list(&trailers)),
        Err(_) => line + " reset",
    }
}

/// A connection with many requests at once, whose bodies come back.
pub fn many_at_once(server: &Server) -> Result<(), Failed> {
    run(async {
        let mut client = connect(server.address()).await?;
        let mut responses = Vec::new();
        for number in 0..100 {
            client = client.ready().await?;
            let request = Request::get(format!("http://h/{number}")).header("x-do", "nap=50 see").body(()).unwrap();
            responses.push(client.send_request(request, true)?.0);
        }
        for (number, response) in responses.into_iter().enumerate() {
            let text = line(response.await?).await;
            assert!(text.contains(&format!(" /{number}\\n")), "{text}");
        }
        Ok(())
    })
}

/// Thousands of requests that sleep at the same time, by few connections: instances fill terabytes of addresses.
pub fn thousands_asleep(server: &Server) -> Result<(), Failed> {
    run(async {
        let mut clients = Vec::new();
        let mut responses = Vec::new();
        for _ in 0..20 {
            let mut client = connect(server.address()).await?;
            for _ in 0..200 {
                client = client.ready().await?;
                let request = Request::get("http://h/").header("x-do", "nap=4000 field=x-a:1 head").body(()).unwrap();
                responses.push(client.send_request(request, true)?.0);
            }
            clients.push(client);
        }
        for response in responses {
            assert_eq!(line(response.await?).await, "200 [x-a: 1]  whole");
        }
        Ok(())
    })
}

/// The lines of heads come in the order in which the guest has them, also of one that takes several frames.
pub fn lines_in_order(server: &Server) -> Result<(), Failed> {
    let long = "y".repeat(40_000);
    for value in ["2", long.as_str()] {
        let steps = format!("field=x-b:1 field=x-a:{value} field=x-b:3 field=date:now field=x-a:4 head");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--include", "--http2-prior-knowledge", "--header", &format!("x-do: {steps}")]);
        curl.arg(format!("http://{}/", server.address()));
        let text = support::run(&curl, Limits::default()).stdout_text();
        let expected = format!("HTTP/2 200 |x-b: 1|x-a: {value}|x-b: 3|date: now|x-a: 4||");
        super::same(&expected, &text.replace("\r\n", "|"))?;
    }
    Ok(())
}

/// Heads that the server puts in order leave those behind them right.
pub fn many_in_order(server: &Server) -> Result<(), Failed> {
    run(async {
        let mut client = connect(server.address()).await?;
        for number in 0..60 {
            let mixed = if number % 3 == 0 { "field=x-c:5" } else { "field=x-b:5" };
            let steps = format!("field=x-b:{number} field=x-a:{} {mixed} field=x-e:6 head", number % 7);
            client = client.ready().await?;
            let request = Request::get("http://h/").header("x-do", steps).body(()).unwrap();
            let text = line(client.send_request(request, true)?.0.await?).await;
            let (b, c) = if number % 3 == 0 { ("", "x-c: 5, ") } else { (", x-b: 5", "") };
            assert_eq!(text, format!("200 [x-b: {number}{b}, x-a: {}, {c}x-e: 6]  whole", number % 7));
        }
        Ok(())
    })
}

/// The beginning of a connection: the preface and settings.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Returns a frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The fields of `GET http://h/`, encoded.
const GET: &[u8] = b"\x82\x86\x84\x41\x01h";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH: u8 = 5;
const PING: u8 = 6;
const WINDOW: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Floods: their names, what a connection begins with, and what it repeats.
pub fn floods() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let behind = |frames: &[Vec<u8>]| [PREFACE, &frames.concat()].concat();
    let open = behind(&[frame(HEADERS, 0, 1, GET)]);
    let posting = behind(&[frame(HEADERS, END_HEADERS, 1, b"\x83\x86\x84\x41\x01h")]);
    let mut bomb = GET.to_vec();
    // A field of 4000 bytes enters the table, and is named again and again.
    bomb.extend(b"\x40\x01x\x7f\xa1\x1e");
    bomb.extend([b'y'; 4000]);
    bomb.extend([0xBE; 12_000]);
    let setting = b"\0\x03\0\0\0\x64";
    vec![
        ("settings", PREFACE.to_vec(), frame(SETTINGS, 0, 0, b"").repeat(1000)),
        ("settings with values", PREFACE.to_vec(), frame(SETTINGS, 0, 0, &setting.repeat(100)).repeat(20)),
        ("pings", PREFACE.to_vec(), frame(PING, 0, 0, b"12345678").repeat(1000)),
        ("priorities", PREFACE.to_vec(), frame(PRIORITY, 0, 1, b"\0\0\0\x03\x10").repeat(1000)),
        ("windows", PREFACE.to_vec(), frame(WINDOW, 0, 0, b"\0\0\0\x01").repeat(1000)),
        ("an endless head", open.clone(), frame(CONTINUATION, 0, 1, &b"\0\x01x\x01y".repeat(3000))),
        ("empty continuations", open, frame(CONTINUATION, 0, 1, b"").repeat(1000)),
        ("empty data", posting, frame(DATA, 0, 1, b"").repeat(1000)),
        ("a bomb", behind(&[frame(HEADERS, END_HEADERS | END_STREAM, 1, &bomb)]), frame(PING, 0, 0, b"12345678")),
        ("unknown frames", PREFACE.to_vec(), frame(0x77, 0, 0, &[0; 1000]).repeat(60)),
        ("bad frames", PREFACE.to_vec(), frame(PUSH, 0xFF, 1, &[0xFF; 100]).repeat(100)),
        ("no frames", PREFACE.to_vec(), vec![0xFF; 60_000]),
    ]
}

/// Returns a connection of frames that a function chooses by numbers below others.
pub fn frames(mut below: impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    for _ in 0..below(20) {
        let stream = below(5) as u32;
        let flags = [0, END_STREAM, END_HEADERS, END_HEADERS | END_STREAM, 0x2D][below(5)];
        let payload = [GET, b"", b"\0\0\0\x01", b"12345678", b"\0\x04\0\0\0\0", b"\0\x01x\x01y"][below(6)];
        bytes.extend(frame(below(11) as u8, flags, stream, payload));
    }
    bytes
}

/// A connection whose first head has so many bytes so far, and doesn't end.
pub fn endless_head(count: usize) -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    bytes.extend(frame(HEADERS, 0, 1, GET));
    // Fields with names and values of their own, which the encoding doesn't make smaller.
    let field = [&b"\0\x02xy\x7e"[..], &[b'v'; 126]].concat();
    for piece in field.repeat(count / field.len()).chunks(16_000) {
        bytes.extend(frame(CONTINUATION, 0, 1, piece));
    }
    bytes
}

/// Requests for steps of the guest, with bodies that don't end and fill the first window of a connection together (RFC 9113, 6.9.2).
pub fn unread_bodies(count: u32, steps: &str) -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    let field = |name: &str, value: &str| {
        [&[0, name.len() as u8], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
    };
    let head = [GET, &field("x-tag", "body"), &field("x-do", steps)].concat();
    for number in 0..count {
        bytes.extend(frame(HEADERS, END_HEADERS, 2 * number + 1, &head));
        bytes.extend(frame(DATA, 0, 2 * number + 1, &vec![b'x'; 64_000 / count as usize]));
    }
    bytes
}

/// Streams that are opened and reset at once.
pub fn resets() -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    for number in 0..20_000 {
        let stream = 2 * number + 1;
        bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, GET));
        bytes.extend(frame(RESET, 0, stream, b"\0\0\0\x08"));
    }
    bytes
}

/// Many requests for much, without room to send any of it.
pub fn closed_windows() -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\0"));
    let mut head = GET.to_vec();
    let steps = b"set fill=100000 finish";
    head.extend(b"\0\x04x-do");
    head.push(steps.len() as u8);
    head.extend(steps);
    for number in 0..100 {
        bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, 2 * number + 1, &head));
    }
    bytes
}

/// The time for which a server may need to notice a flood.
pub const PAUSE: Duration = Duration::from_millis(300);
