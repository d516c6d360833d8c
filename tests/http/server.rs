//! HTTP servers that answer each path in its own way. They end with the test.

use super::certificates::{self, Identity};
use super::support;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// Ports of the servers.
pub struct Servers {
    pub plain: u16,
    pub tls: u16,
    pub http2: u16,
    pub wrong_host: u16,
    pub expired: u16,
    pub untrusted: u16,
    pub full: u16,
    pub garbage_for_tls: u16,
    pub alert_for_tls: u16,
    pub in_order: u16,
}

/// Returns all servers, which are started once.
pub fn all() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let certificates = certificates::all();
        Servers {
            plain: start(serve),
            tls: start_tls(&certificates.good),
            http2: start_http2(&certificates.good),
            wrong_host: start_tls(&certificates.wrong_host),
            expired: start_tls(&certificates.expired),
            untrusted: start_tls(&certificates.untrusted),
            full: start_full(),
            // An invalid handshake record.
            garbage_for_tls: start(|stream| answer_greeting(stream, b"\x16\x03\x03\0\x05hello")),
            // The fatal alert `handshake_failure` (RFC 8446, 6).
            alert_for_tls: start(|stream| answer_greeting(stream, b"\x15\x03\x03\0\x02\x02\x28")),
            in_order: start_in_order(&certificates.good),
        }
    })
}

fn start(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // What waits for an acknowledgement is lost with a reset.
            stream.set_nodelay(true).unwrap();
            let serve = serve.clone();
            // A client that is gone is no error of the server.
            thread::spawn(move || serve(stream));
        }
    });
    port
}

/// Sends `answer` to a client's first message, whatever it is, and waits until the client closes the connection.
fn answer_greeting(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    let mut bytes = [0; 4096];
    let _ = stream.read(&mut bytes)?;
    stream.write_all(answer)?;
    while stream.read(&mut bytes)? > 0 {}
    Ok(())
}

/// Opens a port that never accepts, with so many waiting connections that the system takes no more.
fn start_full() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let wait = Duration::from_millis(200);
    let waiting: Vec<TcpStream> = std::iter::from_fn(|| TcpStream::connect_timeout(&address, wait).ok()).collect();
    // The connections stay open as long as the test runs.
    std::mem::forget((listener, waiting));
    address.port()
}

fn config(identity: &Identity, protocol: &[u8]) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let chain = vec![identity.certificate.clone()];
    let mut config = builder.with_no_client_auth().with_single_cert(chain, identity.key()).unwrap();
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

fn start_tls(identity: &Identity) -> u16 {
    let config = config(identity, b"http/1.1");
    start(move |stream| {
        let tls = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        serve(StreamOwned::new(tls, stream))
    })
}

/// Returns the head and the length of a body of all byte values.
pub fn pattern(bytes: usize) -> Vec<u8> {
    (0..=255).cycle().take(bytes).collect()
}

const LARGE_BYTES: usize = 3_000_000;

/// Bytes of a request's body that some servers read before they answer.
const EARLY_BYTES: usize = 20_000;

/// Answers one request.
fn serve(stream: impl Read + Write) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let head = read_head(&mut stream)?;
    let mut words = head[0].split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    if head.iter().any(|line| line == "x-raw: 1") {
        let text = format!("{}|{}", raw(&head), count(&mut stream, &head)?);
        answer(&mut |bytes| stream.get_mut().write_all(bytes), &text)?;
        return stream.get_mut().flush();
    }
    let mut send = |bytes: &[u8]| {
        stream.get_mut().write_all(bytes)?;
        stream.get_mut().flush()
    };
    match path {
        "/chunks" => send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"),
        "/until-end" => send(b"HTTP/1.0 200 OK\r\nx-a: 1\r\n\r\nuntil the end"),
        "/redirect" => {
            send(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n")
        }
        "/interim" => send(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
              HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        ),
        "/gzip" => send(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\n\x1f\x8b\x08ab"),
        "/connection" => send(
            b"HTTP/1.1 200 OK\r\nConnection: x-hop, close\r\nx-hop: 1\r\nkeep-alive: 5\r\nproxy-authenticate: x\r\n\
              trailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        "/nothing" => send(b"HTTP/1.1 204 No Content\r\n\r\n"),
        "/large" => {
            send(format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGE_BYTES}\r\n\r\n").as_bytes())?;
            send(&pattern(LARGE_BYTES))
        }
        "/slow" => {
            let text = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-b: 2\r\n\r\nslow";
            text.iter().try_for_each(|byte| send(&[*byte]))
        }
        "/trailers" => send(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n",
        ),
        "/method" => answer(&mut send, method),
        "/headers" => {
            let mut own: Vec<_> = head[1..].iter().filter(|line| line.starts_with("x-")).cloned().collect();
            own.sort();
            answer(&mut send, &own.join(", "))
        }
        "/count" => {
            let text = count(&mut stream, &head)?;
            answer(&mut |bytes| stream.get_mut().write_all(bytes), &text)?;
            stream.get_mut().flush()
        }
        "/early-answer" => {
            answer(&mut send, "enough")?;
            // The server waits until the client closes: closing with unread bytes would send a reset.
            io::copy(&mut stream, &mut io::sink()).map(|_| ())
        }
        // Closing with unread bytes sends a reset.
        "/early-answer-reset" => answer(&mut send, "enough"),
        "/early-answer-empty" => send(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n"),
        "/early-answer-closed" => {
            stream.read_exact(&mut [0; EARLY_BYTES])?;
            answer(&mut |bytes| stream.get_mut().write_all(bytes), "enough")
        }
        "/early-answer-until-end" => {
            stream.read_exact(&mut [0; EARLY_BYTES])?;
            stream.get_mut().write_all(b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\n\r\nuntil the end")
        }
        "/early-close" => send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nten bytes."),
        "/early-close-chunks" => send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\nten bytes."),
        "/close" => Ok(()),
        "/garbage" => send(b"this is not HTTP\r\n\r\n"),
        "/bad-chunk" => send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n"),
        "/bad-length" => send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!"),
        "/large-head" => send(format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(200_000)).as_bytes()),
        "/endless-head" => {
            send(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                send(b"x: y\r\n")?;
            }
        }
        "/long-fields" => {
            send(format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: {}\r\n\r\n", "y".repeat(600)).as_bytes())
        }
        "/long-trailers" => {
            send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n")?;
            send(format!("x: {}\r\n\r\n", "y".repeat(600)).as_bytes())
        }
        "/large-trailers" => {
            send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n")?;
            send(format!("x: {}\r\n\r\n", "y".repeat(200_000)).as_bytes())
        }
        "/many-trailers" => {
            send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n")?;
            send(format!("{}\r\n", format!("x: {}\r\n", "y".repeat(90)).repeat(90)).as_bytes())
        }
        "/endless-trailers" => {
            send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n")?;
            loop {
                send(b"x: y\r\n")?;
            }
        }
        "/endless" => {
            send(b"HTTP/1.0 200 OK\r\n\r\n")?;
            loop {
                send(&[b'x'; 65536])?;
            }
        }
        "/endless-extension" => {
            send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;")?;
            loop {
                send(&[b'x'; 65536])?;
            }
        }
        "/never" => io::copy(&mut stream, &mut io::sink()).map(|_| ()),
        "/stall" => {
            send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome")?;
            io::copy(&mut stream, &mut io::sink()).map(|_| ())
        }
        _ if method == "HEAD" => send(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"),
        _ => answer(&mut send, "hello"),
    }
}

fn answer(send: &mut dyn FnMut(&[u8]) -> io::Result<()>, text: &str) -> io::Result<()> {
    send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()).as_bytes())
}

fn read_head(stream: &mut impl BufRead) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end() {
            "" if lines.is_empty() => return Err(io::ErrorKind::UnexpectedEof.into()),
            "" => return Ok(lines),
            line => lines.push(line.to_string()),
        }
    }
}

/// Returns the lines of a request's head in their order, without the client's authority, whose port varies.
fn raw(head: &[String]) -> String {
    let lines = head.iter().map(|line| if line.starts_with("host: ") { "host" } else { line });
    lines.collect::<Vec<_>>().join("|")
}

/// Describes the body of a request.
fn count(stream: &mut impl BufRead, head: &[String]) -> io::Result<String> {
    let field = |name: &str| head.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let mut sum = Sum::default();
    if let Some(length) = field("content-length") {
        let length = length.parse().map_err(io::Error::other)?;
        let mut body = Vec::new();
        stream.take(length).read_to_end(&mut body)?;
        sum.add(&body);
        return Ok(format!("{}, declared", sum.text()));
    }
    if field("transfer-encoding").is_none() {
        return Ok("no body".into());
    }
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim_end(), 16).map_err(io::Error::other)?;
        if length == 0 {
            break;
        }
        let mut chunk = vec![0; length + 2];
        stream.read_exact(&mut chunk)?;
        sum.add(&chunk[..length]);
    }
    let mut trailers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end() {
            "" => return Ok(format!("{}, trailers {trailers:?}", sum.text())),
            line => trailers.push(line.to_string()),
        }
    }
}

#[derive(Default)]
struct Sum {
    count: usize,
    sum: u32,
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        self.count += bytes.len();
        self.sum = bytes.iter().fold(self.sum, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    }

    fn text(&self) -> String {
        format!("{}, {:08x}", self.count, self.sum)
    }
}

/// The server that answers a request over HTTP/2 with its fields in the order of the wire, which our library doesn't tell.
const IN_ORDER: &str = "
    const server = require('node:http2').createSecureServer({ cert: process.env.CERTIFICATE, key: process.env.KEY });
    server.on('stream', (stream, _headers, _flags, raw) => {
        const lines = raw.flatMap((name, at) => at % 2 || name.startsWith(':') ? [] : [`${name}: ${raw[at + 1]}`]);
        stream.respond({ ':status': 200 }, { sendDate: false });
        stream.end(lines.join('|'));
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    process.stdin.on('end', () => process.exit()).resume();
";

/// Starts a server that ends when its input does, which is with the test.
fn start_in_order(identity: &Identity) -> u16 {
    let [certificate, key] = &identity.pem;
    let mut command = Command::new(support::tool("node"));
    command.args(["-e", IN_ORDER]).env("CERTIFICATE", certificate).env("KEY", key);
    let mut node = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(node.stdout.take().unwrap()).read_line(&mut line).unwrap();
    std::mem::forget(node);
    line.trim_end().parse().unwrap()
}

/// Starts a server for HTTP/2 on a new thread.
fn start_http2(identity: &Identity) -> u16 {
    let config = config(identity, b"h2");
    start(move |stream| {
        stream.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::from_std(stream)?;
            let stream = tokio_rustls::TlsAcceptor::from(config.clone()).accept(stream).await?;
            serve_http2(stream).await.map_err(io::Error::other)
        })
    })
}

async fn serve_http2(stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(stream).await?;
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            while let Some(request) = connection.accept().await {
                let (request, respond) = request?;
                tokio::task::spawn_local(answer_http2(request, respond));
            }
            Ok(())
        })
        .await
}

async fn answer_http2(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<bytes::Bytes>,
) -> Result<(), h2::Error> {
    let path = request.uri().path().to_string();
    let (head, mut body) = request.into_parts();
    let mut response = http::Response::new(());
    match path.as_str() {
        "/reset" => {
            respond.send_reset(h2::Reason::INTERNAL_ERROR);
            return Ok(());
        }
        "/endless" => {
            let mut stream = respond.send_response(response, false)?;
            loop {
                stream.reserve_capacity(16384);
                let capacity = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await.unwrap_or(Ok(0))?;
                if capacity == 0 {
                    return Ok(());
                }
                stream.send_data(vec![b'x'; capacity].into(), false)?;
            }
        }
        "/never" => return std::future::pending().await,
        // The library tells the client that nobody reads the body.
        "/early-answer" => return respond.send_response(response, false)?.send_data("enough".into(), true),
        "/early-answer-read" => {
            respond.send_response(response, false)?.send_data("enough".into(), true)?;
            while let Some(piece) = body.data().await {
                body.flow_control().release_capacity(piece?.len())?;
            }
            return Ok(());
        }
        "/large-head" => {
            let value = http::HeaderValue::try_from("y".repeat(200_000)).unwrap();
            response.headers_mut().insert("x", value);
            respond.send_response(response, true)?;
            return Ok(());
        }
        "/trailers" => {
            let mut stream = respond.send_response(response, false)?;
            stream.send_data(bytes::Bytes::from_static(b"abc"), false)?;
            let mut trailers = http::HeaderMap::new();
            trailers.insert("x-sum", http::HeaderValue::from_static("7"));
            return stream.send_trailers(trailers);
        }
        "/stall" => {
            let mut stream = respond.send_response(response, false)?;
            stream.send_data(bytes::Bytes::from_static(b"some"), false)?;
            return std::future::pending().await;
        }
        "/large" => {
            let mut stream = respond.send_response(response, false)?;
            return stream.send_data(pattern(LARGE_BYTES).into(), true);
        }
        _ => {}
    }
    let mut sum = Sum::default();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        sum.add(&piece);
        body.flow_control().release_capacity(piece.len())?;
    }
    let trailers = body.trailers().await?.unwrap_or_default();
    let text = match path.as_str() {
        "/count" => format!("{}, trailers {trailers:?}", sum.text()),
        _ => format!("{:?} {} x-a {:?}", head.version, head.uri.path(), head.headers.get("x-a")),
    };
    respond.send_response(response, false)?.send_data(text.into(), true)
}
