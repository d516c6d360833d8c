//! The head of a request over HTTP/1, taken apart as the specification says and no other way (RFC 9112, 2 to 6).

use http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};

use crate::http::{field_list, fields};

/// The most bytes of a request's line besides its target.
const LINE_BYTES_MAX: usize = 64;
/// The most bytes of a target: as many as the library takes over HTTP/2.
pub const TARGET_BYTES_MAX: usize = u16::MAX as usize - 1;

/// A head.
#[derive(Debug)]
pub struct Head {
    /// The method of the request.
    pub method: Method,
    /// The target, of ASCII characters.
    pub target: String,
    /// HTTP/1.0 or 1.1.
    pub version: Version,
    /// The fields in their order.
    pub fields: Vec<(HeaderName, HeaderValue)>,
}

/// The framing of a request's body, as its head declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// So many bytes; without a body, none.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// The bounds of a head.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// The most fields.
    pub fields_max: usize,
    /// The most bytes of fields.
    pub fields_bytes_max: usize,
}

impl Bounds {
    /// The most bytes of a head.
    pub fn bytes_max(&self) -> usize {
        self.fields_bytes_max.saturating_add(TARGET_BYTES_MAX)
    }
}

/// The progress of a search for the end of a head.
#[derive(Default)]
pub struct Scan {
    at: usize,
    has_line: bool,
}

/// Returns the length of the head that these bytes begin with; none while it isn't complete.
///
/// # Errors
/// A line doesn't end with CR and LF (RFC 9112, 2.2), or the head is too long.
pub fn length(bytes: &[u8], scan: &mut Scan, bounds: &Bounds) -> Result<Option<usize>, StatusCode> {
    while let Some(found) = bytes.get(scan.at..).and_then(|rest| rest.iter().position(|&byte| byte == b'\n')) {
        let end = scan.at + found;
        *scan = Scan { at: end + 1, has_line: true };
        match bytes.get(..end).unwrap_or_default().strip_suffix(b"\r") {
            None => return Err(StatusCode::BAD_REQUEST),
            Some(before) if before.ends_with(b"\r\n") => return Ok(Some(scan.at)),
            Some(_) => {}
        }
    }
    scan.at = bytes.len();
    if !scan.has_line && bytes.len() > TARGET_BYTES_MAX + LINE_BYTES_MAX {
        return Err(StatusCode::URI_TOO_LONG);
    }
    if bytes.len() > bounds.bytes_max() { Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) } else { Ok(None) }
}

/// Takes a complete head apart.
///
/// # Errors
/// The status that refuses it.
pub fn parse(bytes: &[u8], bounds: &Bounds) -> Result<Head, StatusCode> {
    let text = bytes.strip_suffix(b"\r\n\r\n").ok_or(StatusCode::BAD_REQUEST)?;
    let mut lines = Lines(Some(text));
    let (method, target, version) = request_line(lines.next().unwrap_or_default())?;
    let mut head = Head { method, target, version, fields: Vec::new() };
    let mut bytes_left = bounds.fields_bytes_max;
    for line in lines {
        if head.fields.len() >= bounds.fields_max {
            return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        let (name, value) = field(line)?;
        let bytes = field_list::bytes_of_field(&name, &value);
        bytes_left = bytes_left.checked_sub(bytes).ok_or(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)?;
        head.fields.push((name, value));
    }
    Ok(head)
}

/// The lines of a head without their ends.
struct Lines<'t>(Option<&'t [u8]>);

impl<'t> Iterator for Lines<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let text = self.0?;
        let end = text.windows(2).position(|pair| pair == b"\r\n");
        let line = end.map_or(text, |end| text.get(..end).unwrap_or_default());
        self.0 = end.and_then(|end| text.get(end + 2..));
        Some(line)
    }
}

/// Method, target and version, with one space between them (RFC 9112, 3).
fn request_line(line: &[u8]) -> Result<(Method, String, Version), StatusCode> {
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(StatusCode::BAD_REQUEST);
    };
    let version = self::version(version)?;
    let method = Method::from_bytes(method).map_err(|_| StatusCode::BAD_REQUEST)?;
    if target.len() > TARGET_BYTES_MAX {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let target = str::from_utf8(target).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok((method, String::from(target), version))
}

/// The version. Later minor ones are served as 1.1 (RFC 9110, 2.5).
fn version(text: &[u8]) -> Result<Version, StatusCode> {
    let [major, b'.', minor] = text.strip_prefix(b"HTTP/").ok_or(StatusCode::BAD_REQUEST)? else {
        return Err(StatusCode::BAD_REQUEST);
    };
    match (major, minor) {
        (b'1', b'0') => Ok(Version::HTTP_10),
        (b'1', b'1'..=b'9') => Ok(Version::HTTP_11),
        (b'0'..=b'9', b'0'..=b'9') => Err(StatusCode::HTTP_VERSION_NOT_SUPPORTED),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

/// A field. Folded lines begin with a blank, and so have no name (RFC 9112, 5.1 and 5.2).
fn field(line: &[u8]) -> Result<(HeaderName, HeaderValue), StatusCode> {
    let colon = line.iter().position(|&byte| byte == b':').ok_or(StatusCode::BAD_REQUEST)?;
    let (name, value) = line.split_at(colon);
    let is_blank = |byte: &u8| [b' ', b'\t'].contains(byte);
    let value = value.get(1..).unwrap_or_default();
    let begin = value.iter().position(|byte| !is_blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_blank(byte)).map_or(begin, |last| last + 1);
    let value = value.get(begin..end).unwrap_or_default();
    let name = HeaderName::from_bytes(name).map_err(|_| StatusCode::BAD_REQUEST)?;
    let value = HeaderValue::from_bytes(value).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok((name, value))
}

impl Head {
    /// All values of a field.
    pub fn values(&self, name: HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.fields.iter().filter(move |(present, _)| *present == name).map(|(_, value)| value)
    }

    /// The framing of the body (RFC 9112, 6.3).
    ///
    /// # Errors
    /// The status that refuses what two servers could read as different messages, or a coding that isn't known.
    pub fn framing(&self) -> Result<Declared, StatusCode> {
        let mut codings = self.values(header::TRANSFER_ENCODING);
        let lengths = self.values(header::CONTENT_LENGTH);
        let Some(coding) = codings.next() else { return length_of(lengths).map(Declared::Length) };
        if self.version == Version::HTTP_10 || lengths.count() != 0 {
            return Err(StatusCode::BAD_REQUEST);
        }
        if coding.as_bytes().eq_ignore_ascii_case(b"chunked") && codings.next().is_none() {
            return Ok(Declared::Chunked);
        }
        Err(StatusCode::NOT_IMPLEMENTED)
    }

    /// Returns true if a list of names, in any of the lines of a field, has this one.
    pub fn lists(&self, field: HeaderName, name: &str) -> bool {
        fields::names_of(self.values(field)).any(|present| present.eq_ignore_ascii_case(name))
    }
}

/// The length that all lines declare; none is 0.
fn length_of<'v>(mut values: impl Iterator<Item = &'v HeaderValue>) -> Result<u64, StatusCode> {
    let Some(first) = values.next() else { return Ok(0) };
    let declared = field_list::length(first).ok_or(StatusCode::BAD_REQUEST)?;
    let is_same = values.all(|value| field_list::length(value) == Some(declared));
    if is_same { Ok(declared) } else { Err(StatusCode::BAD_REQUEST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { fields_max: 4, fields_bytes_max: 200 };

    fn framing(head: &str) -> Result<Declared, u16> {
        let head = format!("{head}\r\n\r\n");
        parse(head.as_bytes(), &BOUNDS).and_then(|head| head.framing()).map_err(|status| status.as_u16())
    }

    #[test]
    fn heads() {
        let head = parse(b"PURGE /a?b HTTP/1.2\r\nX-E:\r\nX-T: \t a \t b \t\r\nx-e:   \r\n\r\n", &BOUNDS).unwrap();
        assert_eq!((head.method.as_str(), &*head.target, head.version), ("PURGE", "/a?b", Version::HTTP_11));
        let fields: Vec<_> = head.fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(fields, [("x-e", &b""[..]), ("x-t", b"a \t b"), ("x-e", b"")]);
    }

    #[test]
    fn framings() {
        assert_eq!(framing("GET / HTTP/1.1"), Ok(Declared::Length(0)));
        assert_eq!(framing("GET / HTTP/1.1\r\nContent-Length: 5\r\ncontent-length: 05"), Ok(Declared::Length(5)));
        assert_eq!(framing("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked"), Ok(Declared::Chunked));
        for (head, status) in [
            ("GET /", 400),
            ("GET / HTTP/1.1 x", 400),
            ("GET  / HTTP/1.1", 400),
            (" GET / HTTP/1.1", 400),
            ("GET\t/ HTTP/1.1", 400),
            ("G(T / HTTP/1.1", 400),
            ("GET / HTTP/1.10", 400),
            ("GET / http/1.1", 400),
            ("GET / HTTP/2.0", 505),
            ("GET / HTTP/0.9", 505),
            ("GET / HTTP/1.1\r\nx", 400),
            ("GET / HTTP/1.1\r\nx : 1", 400),
            ("GET / HTTP/1.1\r\n: 1", 400),
            ("GET / HTTP/1.1\r\nx: 1\r\n y: 2", 400),
            ("GET / HTTP/1.1\r\n x: 1", 400),
            ("GET / HTTP/1.1\r\nx: a\rb", 400),
            ("GET / HTTP/1.1\r\nx: a\0b", 400),
            ("GET / HTTP/1.1\r\na: 1\r\nb: 1\r\nc: 1\r\nd: 1\r\ne: 1", 431),
            ("POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6", 400),
            ("POST / HTTP/1.1\r\ncontent-length: 5, 5", 400),
            ("POST / HTTP/1.1\r\ncontent-length: +5", 400),
            ("POST / HTTP/1.1\r\ncontent-length:", 400),
            ("POST / HTTP/1.1\r\ncontent-length: 18446744073709551616", 400),
            ("POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked", 400),
            ("POST / HTTP/1.0\r\ntransfer-encoding: chunked", 400),
            ("POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked", 501),
            ("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked", 501),
            ("POST / HTTP/1.1\r\ntransfer-encoding: \x0bchunked", 400),
            ("POST / HTTP/1.1\r\ntransfer-encoding:", 501),
        ] {
            assert_eq!(framing(head), Err(status), "{head:?}");
        }
        let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(200));
        assert_eq!(framing(&long), Err(431));
        let long = format!("GET /{} HTTP/1.1", "y".repeat(TARGET_BYTES_MAX));
        assert_eq!(framing(&long), Err(414));
    }

    #[test]
    fn ends_of_heads() {
        let length_of = |bytes: &[u8]| length(bytes, &mut Scan::default(), &BOUNDS).map_err(|status| status.as_u16());
        assert_eq!(length_of(b"GET / HTTP/1.1\r\nx: 1\r\n\r\nrest"), Ok(Some(24)));
        assert_eq!(length_of(b"GET / HTTP/1.1\r\nx: 1\r\n"), Ok(None));
        assert_eq!(length_of(b"GET / HTTP/1.1\nx: 1\r\n\r\n"), Err(400));
        assert_eq!(length_of(b"GET / HTTP/1.1\r\n\n"), Err(400));
        assert_eq!(length_of(&vec![b'x'; TARGET_BYTES_MAX + LINE_BYTES_MAX + 1]), Err(414));
        assert_eq!(length_of(&b"GET / HTTP/1.1\r\nx: 1\r\n".repeat(5000)), Err(431));
    }
}
