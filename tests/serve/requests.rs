//! Requests as a guest sees them, or the status that refuses them before it sees any.

use super::wire::{bytes, exchange};
use libtest_mimic::Failed;
use std::net::SocketAddr;

/// A request, as `wire::bytes` takes it, and the answer.
pub struct Row {
    pub name: &'static str,
    request: &'static str,
    answer: Answer,
}

enum Answer {
    /// The guest runs and sees this.
    Seen(&'static str),
    /// The guest doesn't run, and the client gets this status. The connection ends.
    Refused(u16),
    /// The client ends its own direction at once, and the guest sees this.
    HalfClosed(&'static str),
}

const fn seen(name: &'static str, request: &'static str, seen: &'static str) -> Row {
    Row { name, request, answer: Answer::Seen(seen) }
}

const fn refused(name: &'static str, request: &'static str, status: u16) -> Row {
    Row { name, request, answer: Answer::Refused(status) }
}

const fn half_closed(name: &'static str, request: &'static str, seen: &'static str) -> Row {
    Row { name, request, answer: Answer::HalfClosed(seen) }
}

pub const ROWS: &[Row] = &[
    seen("authority_with_port", "GET /a?b=c HTTP/1.1\nHost: x.test:81\n\n", "Get http x.test:81 /a?b=c\nbody 0\n"),
    seen(
        "absolute_target",
        "GET http://other.test:82/p?q HTTP/1.1\nHost: x.test\n\n",
        "Get http other.test:82 /p?q\nbody 0\n",
    ),
    refused("other_scheme", "GET https://other.test/p HTTP/1.1\nHost: h.test\n\n", 421),
    seen("absolute_without_path", "GET http://other.test HTTP/1.1\nHost: h\n\n", "Get http other.test /\nbody 0\n"),
    seen(
        "absolute_with_query",
        "GET http://other.test?q=1 HTTP/1.1\nHost: h\n\n",
        "Get http other.test /?q=1\nbody 0\n",
    ),
    seen("options_asterisk", "OPTIONS * HTTP/1.1\nHost: h.test\n\n", "Options http h.test *\nbody 0\n"),
    seen("options_absolute", "OPTIONS http://other.test HTTP/1.1\nHost: h\n\n", "Options http other.test *\nbody 0\n"),
    refused("get_asterisk", "GET * HTTP/1.1\nHost: h.test\n\n", 400),
    refused("user_in_target", "GET http://u:p@other.test/p HTTP/1.1\nHost: h.test\n\n", 400),
    refused("fragment", "GET /a?b#frag HTTP/1.1\nHost: h.test\n\n", 400),
    seen("path_escapes", "GET /%2F%20%zz/%E4 HTTP/1.1\nHost: h\n\n", "Get http h /%2F%20%zz/%E4\nbody 0\n"),
    seen("path_slashes", "GET //path//x HTTP/1.1\nHost: h\n\n", "Get http h //path//x\nbody 0\n"),
    seen("path_dots", "GET /a/../b/./c HTTP/1.1\nHost: h\n\n", "Get http h /a/../b/./c\nbody 0\n"),
    seen("path_empty_query", "GET /a? HTTP/1.1\nHost: h\n\n", "Get http h /a?\nbody 0\n"),
    refused("path_quote", "GET /\" HTTP/1.1\nHost: h\n\n", 400),
    refused("path_braces", "GET /{} HTTP/1.1\nHost: h\n\n", 400),
    refused("path_bar", "GET /| HTTP/1.1\nHost: h\n\n", 400),
    refused("path_caret", "GET /^ HTTP/1.1\nHost: h\n\n", 400),
    refused("path_backslash", "GET /\\ HTTP/1.1\nHost: h\n\n", 400),
    refused("path_brackets", "GET /[1] HTTP/1.1\nHost: h\n\n", 400),
    refused("path_angles", "GET /<> HTTP/1.1\nHost: h\n\n", 400),
    refused("path_backtick", "GET /` HTTP/1.1\nHost: h\n\n", 400),
    refused("path_delete", "GET /\u{7f} HTTP/1.1\nHost: h\n\n", 400),
    refused("path_utf_8", "GET /ä HTTP/1.1\nHost: h\n\n", 400),
    refused("path_no_utf_8", "GET /¤ HTTP/1.1\nHost: h\n\n", 400),
    refused("authority_form", "GET other.test:80 HTTP/1.1\nHost: h\n\n", 400),
    refused("query_alone", "GET ?x HTTP/1.1\nHost: h\n\n", 400),
    refused("relative_path", "GET a/b HTTP/1.1\nHost: h\n\n", 400),
    refused("no_target", "GET  HTTP/1.1\nHost: h\n\n", 400),
    refused("no_host", "GET / HTTP/1.1\n\n", 400),
    refused("absolute_without_host", "GET http://other.test/ HTTP/1.1\n\n", 400),
    seen("http_1_0_without_host", "GET / HTTP/1.0\n\n", "Get http ADDRESS /\nbody 0\n"),
    seen("empty_host", "GET / HTTP/1.1\nHost:\n\n", "Get http ADDRESS /\nbody 0\n"),
    refused("two_hosts", "GET / HTTP/1.1\nHost: a\nHost: a\n\n", 400),
    refused("host_with_space", "GET / HTTP/1.1\nHost: a b\n\n", 400),
    refused("host_with_path", "GET / HTTP/1.1\nHost: a/x\n\n", 400),
    refused("host_with_user", "GET / HTTP/1.1\nHost: u@a\n\n", 400),
    seen(
        "names_and_order",
        "GET / HTTP/1.1\nHost: h\nX-C: 0\nX-A: 1\nY: z\nx-a: 2\n\n",
        "Get http h /\nx-c: 0\nx-a: 1\ny: z\nx-a: 2\nbody 0\n",
    ),
    seen(
        "blanks_around_values",
        "GET / HTTP/1.1\nHost: h\nX-E:\nX-S:   \nX-T: \t a \t b \t\n\n",
        "Get http h /\nx-e: \nx-s: \nx-t: a \\t b\nbody 0\n",
    ),
    seen("value_is_bytes", "GET / HTTP/1.1\nHost: h\nx: ¤\n\n", "Get http h /\nx: \\xe4\nbody 0\n"),
    seen(
        "fields_of_connection",
        "GET / HTTP/1.1\nHost: h\nConnection: X-Hop, keep-alive, te\nX-Hop: 1\nKeep-Alive: 5\nProxy-Connection: x\n\
         Proxy-Authorization: x\nUpgrade: h2c\nHTTP2-Settings: x\nTE: trailers\nTrailer: x\nExpect: x\n\n",
        "Get http h /\nte: trailers\ntrailer: x\nexpect: x\nbody 0\n",
    ),
    seen("method_has_case", "get / HTTP/1.1\nHost: h\n\n", "other get http h /\nbody 0\n"),
    seen("other_method", "PURGE / HTTP/1.1\nHost: h\n\n", "other PURGE http h /\nbody 0\n"),
    refused("connect", "CONNECT other.test:443 HTTP/1.1\nHost: other.test:443\n\n", 501),
    seen(
        "body_with_length",
        "POST / HTTP/1.1\nHost: h\nContent-Length: 5\n\nabcde",
        "Post http h /\ncontent-length: 5\nbody 5 abcde\n",
    ),
    seen(
        "body_in_chunks",
        "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nTrailer: x-t\n\n3;x=\"y\"\nabc\n2\nde\n0\nX-T: 1\nHost: x\n\
         Content-Length: 9\nTransfer-Encoding: x\n\n",
        "Post http h /\ntrailer: x-t\nbody 5 abcde\ntrailers x-t: 1;\n",
    ),
    refused(
        "length_and_chunked",
        "POST / HTTP/1.1\nHost: h\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n",
        400,
    ),
    refused(
        "chunked_and_length",
        "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n",
        400,
    ),
    refused("other_coding", "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: gzip, chunked\n\n0\n\n", 501),
    seen(
        "equal_lengths",
        "POST / HTTP/1.1\nHost: h\nContent-Length: 5\nContent-Length: 5\n\nabcde",
        "Post http h /\ncontent-length: 5\nbody 5 abcde\n",
    ),
    refused("list_of_lengths", "POST / HTTP/1.1\nHost: h\nContent-Length: 5, 5\n\nabcde", 400),
    refused("two_lengths", "POST / HTTP/1.1\nHost: h\nContent-Length: 5\nContent-Length: 6\n\nabcdef", 400),
    refused("signed_length", "POST / HTTP/1.1\nHost: h\nContent-Length: +5\n\nabcde", 400),
    refused("folded_line", "GET / HTTP/1.1\nHost: h\nX: a\n b\n\n", 400),
    refused("space_before_colon", "POST / HTTP/1.1\nHost: h\nContent-Length : 5\n\nabcde", 400),
    refused("chunked_in_http_1_0", "POST / HTTP/1.0\nHost: h\nTransfer-Encoding: chunked\n\n0\n\n", 400),
    refused("line_feed_alone", "GET / HTTP/1.1␊Host: h␊␊", 400),
    refused("line_feed_in_fields", "GET / HTTP/1.1\nHost: h␊X: y\n\n", 400),
    refused("line_feed_at_the_end", "GET / HTTP/1.1\nHost: h\n␊", 400),
    refused("return_alone", "GET / HTTP/1.1\nHost: h\nX: a␍b\n\n", 400),
    seen("empty_line_before", "\nGET / HTTP/1.1\nHost: h\n\n", "Get http h /\nbody 0\n"),
    seen("later_minor_version", "GET / HTTP/1.2\nHost: h\n\n", "Get http h /\nbody 0\n"),
    refused("other_major_version", "GET / HTTP/2.0\nHost: h\n\n", 505),
    refused("no_version", "GET /\nHost: h\n\n", 400),
    refused("tls_instead", "\u{16}\u{3}\u{1}\u{0}\u{1}\u{0}\n\n", 400),
    half_closed(
        "body_cut",
        "POST / HTTP/1.1\nHost: h\nContent-Length: 9\n\nabc",
        "Post http h /\ncontent-length: 9\nbody 3 abc, Some(ErrorCode::ConnectionTerminated)\n\
         trailers ErrorCode::ConnectionTerminated\n",
    ),
    half_closed(
        "chunks_cut",
        "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n3\nabc\n",
        "Post http h /\nbody 3 abc, Some(ErrorCode::ConnectionTerminated)\ntrailers ErrorCode::ConnectionTerminated\n",
    ),
    half_closed(
        "broken_chunk",
        "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n3\nabc\nx\n",
        "Post http h /\nbody 3 abc, Some(ErrorCode::HttpProtocolError)\ntrailers ErrorCode::HttpProtocolError\n",
    ),
    half_closed(
        "line_feed_in_chunks",
        "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n3␊abc\n0\n\n",
        "Post http h /\nbody 0, Some(ErrorCode::HttpProtocolError)\ntrailers ErrorCode::HttpProtocolError\n",
    ),
    seen(
        "expectation_in_http_1_0",
        "POST / HTTP/1.0\nHost: h\nExpect: 100-continue\nContent-Length: 3\n\nabc",
        "Post http h /\nexpect: 100-continue\ncontent-length: 3\nbody 3 abc\n",
    ),
    half_closed("half_closed_after_get", "GET / HTTP/1.1\nHost: h\n\n", "Get http h /\nbody 0\n"),
];

impl Row {
    pub fn check(&self, address: SocketAddr) -> Result<(), Failed> {
        let (expected, half) = match self.answer {
            Answer::Seen(text) => (seen_line(text, address, !self.request.contains("HTTP/1.0")), false),
            Answer::HalfClosed(text) => (seen_line(text, address, false).replace(" closed", ""), true),
            Answer::Refused(status) => (format!("{status} [connection: close, content-length: 0]  closed"), false),
        };
        super::same(&expected, &exchange(address, &bytes(self.request), half)?)
    }
}

fn seen_line(text: &str, address: SocketAddr, is_kept: bool) -> String {
    let text = text.replace("ADDRESS", &address.to_string());
    let end = if is_kept { "kept" } else { "closed" };
    format!("200 [content-length: {}] {} {end}", text.len(), text.escape_default())
}

/// Bounds of a head: the answer to each.
pub fn check_bounds(address: SocketAddr) -> Result<(), Failed> {
    let with = |target: &str, fields: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        exchange(address, request.as_bytes(), true).map(|line| line[..3].to_owned())
    };
    let path = |bytes: usize| format!("/{}", "x".repeat(bytes - 1));
    let fields = |count: usize| (0..count).map(|number| format!("x-{number}: y\r\n")).collect::<String>();
    super::same("200", &with(&path(65_534), "")?)?;
    super::same("414", &with(&path(65_536), "")?)?;
    super::same("414", &with(&path(1_000_000), "")?)?;
    super::same("200", &with("/", &fields(99))?)?;
    super::same("431", &with("/", &fields(100))?)?;
    let field = |bytes: usize| format!("x: {}\r\n", "y".repeat(bytes));
    super::same("200", &with("/", &field(100_000))?)?;
    super::same("431", &with("/", &field(400_000))?)
}

/// The surroundings of a guest of a server without grants, which are empty.
pub fn check_surroundings(address: SocketAddr) -> Result<(), Failed> {
    let answer = exchange(address, b"GET / HTTP/1.1\r\nHost: h\r\nX-Do: surroundings\r\n\r\n", true)?;
    let expected = "0 arguments, 0 variables, entity not found, 0 bytes of input\\n";
    super::same(expected, answer.split_once("] ").map_or(&*answer, |(_, text)| text))
}
