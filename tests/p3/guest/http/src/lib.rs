//! A command of WASI 0.3 that uses each function of `wasi:http`, without a server, and prints what they answer.

use futures::join;
use std::fmt::{Debug, Write};
use wasip3::cli::stdout;
use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, HeaderError, Method, Request, RequestOptions, Response, Scheme};
use wasip3::wit_bindgen::FutureReader;
use wasip3::{wit_future, wit_stream};

wasip3::cli::command::export!(Http);

struct Http;

/// The answers so far, a line each.
#[derive(Default)]
struct Answers(String);

impl Answers {
    fn note(&mut self, what: &str, answer: impl Debug) {
        let _ = writeln!(self.0, "{what}: {answer:?}");
    }
}

impl wasip3::exports::cli::run::Guest for Http {
    async fn run() -> Result<(), ()> {
        let mut answers = Answers::default();
        fields(&mut answers);
        request(&mut answers);
        options(&mut answers);
        bodies(&mut answers).await;
        unread(&mut answers).await;
        refused(&mut answers).await;
        let (mut writer, reader) = wit_stream::new();
        let (written, _) = join!(stdout::write_via_stream(reader).into_future(), async {
            writer.write_all(answers.0.into_bytes()).await;
            drop(writer);
        });
        written.map_err(drop)
    }
}

fn entry(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.into(), value.into())
}

/// The name of an error, whose text isn't compared.
fn name(error: HeaderError) -> &'static str {
    match error {
        HeaderError::InvalidSyntax => "invalid-syntax",
        HeaderError::Forbidden => "forbidden",
        HeaderError::Immutable => "immutable",
        HeaderError::SizeExceeded => "size-exceeded",
        HeaderError::Other(_) => "other",
    }
}

fn fields(answers: &mut Answers) {
    let fields = Fields::new();
    answers.note("append", fields.append("X-A", b"1").map_err(name));
    answers.note("append again", fields.append("x-a", b"2").map_err(name));
    answers.note("append forbidden", fields.append("host", b"h").map_err(name));
    answers.note("append invalid name", fields.append("a b", b"1").map_err(name));
    answers.note("append invalid value", fields.append("a", b"1\n").map_err(name));
    answers.note("get", fields.get("x-A"));
    answers.note("get missing", fields.get("x-b"));
    answers.note("has", (fields.has("x-a"), fields.has("x-b"), fields.has("a b")));
    answers.note("set", fields.set("x-b", &[b"3".to_vec(), b"4".to_vec()]).map_err(name));
    answers.note("set forbidden", fields.set("connection", &[]).map_err(name));
    answers.note("get-and-delete", fields.get_and_delete("x-b").map_err(name));
    answers.note("get-and-delete missing", fields.get_and_delete("x-b").map_err(name));
    answers.note("get-and-delete invalid", fields.get_and_delete("a b").map_err(name));
    let copy = fields.clone();
    answers.note("delete", copy.delete("x-a").map_err(name));
    answers.note("delete forbidden", copy.delete("upgrade").map_err(name));
    answers.note("copy-all", (fields.copy_all(), copy.copy_all()));
    let list = |entries: &[_]| Fields::from_list(entries).map(|fields| fields.copy_all()).map_err(name);
    answers.note("from-list", list(&[entry("b", "2"), entry("A", "1")]));
    answers.note("from-list forbidden", list(&[entry("keep-alive", "1")]));
    answers.note("from-list invalid length", list(&[entry("content-length", "five")]));
}

/// Trailers that are none, once their writer is dropped.
fn no_trailers() -> FutureReader<Result<Option<Fields>, ErrorCode>> {
    wit_future::new(|| Ok(None)).1
}

fn request(answers: &mut Answers) {
    let headers = Fields::from_list(&[entry("x", "1")]).unwrap_or_else(|_| Fields::new());
    let (request, _sent) = Request::new(headers, None, no_trailers(), None);
    let all = |request: &Request| {
        let scheme = request.get_scheme().map(|scheme| format!("{scheme:?}"));
        let method = format!("{:?}", request.get_method());
        (method, request.get_path_with_query(), scheme, request.get_authority(), request.get_options().is_some())
    };
    answers.note("new", all(&request));
    answers.note("set-method", request.set_method(&Method::Other("PURGE".into())));
    answers.note("set-method invalid", request.set_method(&Method::Other("G T".into())));
    answers.note("set-path", request.set_path_with_query(Some("/a?b=c")));
    answers.note("set-path invalid", request.set_path_with_query(Some("/a b")));
    answers.note("set-scheme", request.set_scheme(Some(&Scheme::Other("ftp".into()))));
    answers.note("set-scheme invalid", request.set_scheme(Some(&Scheme::Other("a b".into()))));
    answers.note("set-authority", request.set_authority(Some("h.test:81")));
    answers.note("set-authority invalid", request.set_authority(Some("x/y")));
    answers.note("set", all(&request));
    let headers = request.get_headers();
    answers.note("headers", (headers.copy_all(), headers.append("y", b"1").map_err(name)));
    drop(request);
    answers.note("headers of what is gone", headers.get("x"));
    let (response, _sent) = Response::new(Fields::new(), None, no_trailers());
    let status = (response.get_status_code(), response.set_status_code(404), response.set_status_code(99));
    answers.note("status", (status, response.get_status_code()));
    answers.note("headers of a response", response.get_headers().delete("x").map_err(name));
}

fn options(answers: &mut Answers) {
    let options = RequestOptions::new();
    let all = |options: &RequestOptions| {
        (options.get_connect_timeout(), options.get_first_byte_timeout(), options.get_between_bytes_timeout())
    };
    answers.note("options", all(&options));
    answers.note("set-connect-timeout", options.set_connect_timeout(Some(1_000_000)).is_ok());
    answers.note("set-first-byte-timeout", options.set_first_byte_timeout(Some(2_000_000)).is_ok());
    answers.note("set-between-bytes-timeout", options.set_between_bytes_timeout(Some(3_000_000)).is_ok());
    answers.note("clone", all(&options.clone()));
    let (request, _sent) = Request::new(Fields::new(), None, no_trailers(), Some(options));
    if let Some(options) = request.get_options() {
        answers.note("options of a request", (all(&options), options.set_connect_timeout(None).is_err()));
        answers.note("clone of them", options.clone().set_connect_timeout(None).is_ok());
    }
}

/// Notes what a reader makes of a message that this program made, and how its maker hears of it.
async fn bodies(answers: &mut Answers) {
    let (mut writer, contents) = wit_stream::new();
    let (trailers_writer, trailers) = wit_future::new(|| Ok(None));
    let (response, sent) = Response::new(Fields::new(), Some(contents), trailers);
    let (result_writer, result) = wit_future::new(|| Ok(()));
    let (contents, trailers) = Response::consume_body(response, result);
    let (bytes, ()) = join!(contents.collect(), async {
        writer.write_all(b"abc".to_vec()).await;
        drop(writer);
    });
    answers.note("contents", String::from_utf8(bytes));
    // A component can't read what it writes itself, unless these are numbers.
    drop((trailers, trailers_writer));
    let (sent, written) = join!(sent.into_future(), result_writer.write(Err(ErrorCode::LoopDetected)));
    answers.note("sent", (sent, written.is_ok()));

    let (request, sent) = Request::new(Fields::new(), None, no_trailers(), None);
    let (result_writer, result) = wit_future::new(|| Ok(()));
    let (contents, trailers) = Request::consume_body(request, result);
    drop((result_writer, trailers));
    answers.note("no contents", contents.collect().await.len());
    answers.note("sent", sent.await);
}

/// Messages that nobody reads.
async fn unread(answers: &mut Answers) {
    let (mut writer, contents) = wit_stream::new();
    let (request, sent) = Request::new(Fields::new(), Some(contents), no_trailers(), None);
    drop(request);
    answers.note("left over", writer.write_all(b"abc".to_vec()).await.len());
    answers.note("sent", sent.await);
}

/// Requests that can't be sent.
async fn refused(answers: &mut Answers) {
    let send = |scheme: &'static str, authority: Option<&'static str>, length: Option<&'static str>| async move {
        let fields =
            Fields::from_list(&length.map(|length| entry("content-length", length)).into_iter().collect::<Vec<_>>());
        let (request, sent) = Request::new(fields.unwrap_or_else(|_| Fields::new()), None, no_trailers(), None);
        let _ = request.set_scheme(Some(&Scheme::Other(scheme.into())));
        let _ = request.set_authority(authority);
        let _ = request.set_path_with_query(Some("/"));
        (client::send(request).await.map(|response| response.get_status_code()), sent.await.is_err())
    };
    answers.note("no authority", send("http", None, None).await.0);
    answers.note("ftp", send("ftp", Some("127.0.0.1:1"), None).await.0);
    answers.note("closed port", send("http", Some("127.0.0.1:1"), None).await.0);
}
