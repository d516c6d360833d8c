//! A client that sends exactly what it is told, and reads exactly what comes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// The time for something to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the bytes of a request: a line's end stands for CR and LF, `␊` for LF alone, `␍` for CR alone, `¤` for a byte that
/// is no character, and `…` for a long name.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for character in text.chars() {
        match character {
            '\n' => bytes.extend(b"\r\n"),
            '␊' => bytes.push(b'\n'),
            '␍' => bytes.push(b'\r'),
            '¤' => bytes.push(0xE4),
            '…' => bytes.extend([b'x'; 4096]),
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// A connection to a server.
pub struct Connection {
    pub stream: TcpStream,
    /// Bytes that have come and aren't looked at.
    bytes: Vec<u8>,
    is_over: bool,
}

/// A response as it came.
#[derive(Debug, Default)]
pub struct Response {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub trailers: Vec<(String, String)>,
    /// False if the connection ended before the response did.
    pub is_whole: bool,
    /// True if its end is that of the connection.
    pub is_until_end: bool,
}

impl Response {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(present, _)| present == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the response in a line: the status, the fields but for `date`, the body, and the trailers.
    pub fn line(&self) -> String {
        let list = |fields: &[(String, String)]| {
            let shown =
                fields.iter().filter(|(name, _)| name != "date").map(|(name, value)| format!("{name}: {value}"));
            shown.collect::<Vec<_>>().join(", ")
        };
        let mut line = format!("{} [{}] {}", self.status, list(&self.fields), self.body.escape_ascii());
        if !self.trailers.is_empty() {
            line += &format!(" [{}]", list(&self.trailers));
        }
        line
    }
}

impl Connection {
    pub fn new(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, bytes: Vec::new(), is_over: false })
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    pub fn half_close(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Reads more: false at the end, which a reset is too.
    fn more(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(received) => {
                self.bytes.extend_from_slice(&buffer[..received]);
                self.is_over = received == 0;
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.is_over = true,
            Err(error) => return Err(error),
        }
        Ok(!self.is_over)
    }

    /// Returns what comes up to the end of the connection.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        while self.more()? {}
        Ok(std::mem::take(&mut self.bytes))
    }

    /// Takes so many bytes; fewer at the end.
    fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.bytes.len() < count && self.more()? {}
        Ok(self.bytes.drain(..count.min(self.bytes.len())).collect())
    }

    /// Takes a line without its end; none at the end.
    fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.bytes.drain(..end + 2).take(end).collect();
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    fn fields(&mut self) -> io::Result<Option<Vec<(String, String)>>> {
        let mut fields = Vec::new();
        loop {
            match self.line()? {
                None => return Ok(None),
                Some(line) if line.is_empty() => return Ok(Some(fields)),
                Some(line) => {
                    let (name, value) = line.split_once(": ").ok_or_else(|| io::Error::other(line.clone()))?;
                    fields.push((String::from(name), String::from(value)));
                }
            }
        }
    }

    /// Reads a response, of which a request with `HEAD` has no contents; none if the connection ends before its head.
    pub fn response(&mut self, is_head: bool) -> io::Result<Option<Response>> {
        let Some(line) = self.line()? else { return Ok(None) };
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.filter(|_| line.starts_with("HTTP/1.")).ok_or_else(|| io::Error::other(line.clone()))?;
        let Some(fields) = self.fields()? else { return Ok(None) };
        let mut response = Response { status, fields, ..Response::default() };
        if is_head || status < 200 || [204, 304].contains(&status) {
            response.is_whole = true;
        } else if response.field("transfer-encoding") == Some("chunked") {
            self.chunks(&mut response)?;
        } else if let Some(length) = response.field("content-length") {
            let length = length.parse().map_err(io::Error::other)?;
            response.body = self.take(length)?;
            response.is_whole = response.body.len() == length;
        } else {
            response.body = self.rest()?;
            (response.is_whole, response.is_until_end) = (true, true);
        }
        Ok(Some(response))
    }

    fn chunks(&mut self, response: &mut Response) -> io::Result<()> {
        loop {
            let Some(line) = self.line()? else { return Ok(()) };
            let length = usize::from_str_radix(&line, 16).map_err(io::Error::other)?;
            if length == 0 {
                if let Some(trailers) = self.fields()? {
                    (response.trailers, response.is_whole) = (trailers, true);
                }
                return Ok(());
            }
            let chunk = self.take(length + 2)?;
            response.body.extend_from_slice(&chunk[..chunk.len().min(length)]);
        }
    }

    /// Returns how the connection goes on after a response: it is kept, closed, or the response was cut.
    pub fn end(&mut self, response: &Response) -> io::Result<&'static str> {
        if !response.is_whole {
            return Ok("cut");
        }
        if response.is_until_end || self.is_over {
            return Ok("closed");
        }
        // A connection that is closed by now takes the bytes or not.
        let sent = self.send(b"GET / HTTP/1.1\r\nHost: next.test\r\n\r\n");
        match sent.and_then(|()| self.response(false)) {
            Ok(Some(next)) if next.status == 200 && next.text().contains("next.test") => Ok("kept"),
            Ok(Some(_)) => Ok("confused"),
            Ok(None) => Ok("closed"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(error),
            Err(_) => Ok("closed"),
        }
    }
}

/// Sends a request by a connection of its own, and returns the response's line with the connection's end; with `half`, the
/// client ends its own direction at once.
pub fn exchange(address: SocketAddr, request: &[u8], half: bool) -> io::Result<String> {
    let mut connection = Connection::new(address)?;
    connection.send(request)?;
    if half {
        connection.half_close()?;
    }
    let mut interim = String::new();
    loop {
        let Some(response) = connection.response(request.starts_with(b"HEAD "))? else {
            return Ok(interim + "no response");
        };
        if (100..200).contains(&response.status) {
            interim += &format!("{}, ", response.status);
            continue;
        }
        let end = if half { String::new() } else { format!(" {}", connection.end(&response)?) };
        return Ok(format!("{interim}{}{end}", response.line()));
    }
}
