//! Descriptions of a request.

use wasip2::http::types::{Fields, IncomingBody, IncomingRequest, Method, Scheme, http_error_code};
use wasip2::io::streams::{InputStream, StreamError};

/// The request in lines: method, scheme, authority and path, then the fields, the body and the trailers.
pub fn request(request: &IncomingRequest) -> String {
    let method = match request.method() {
        Method::Other(name) => format!("other {name}"),
        method => format!("{method:?}").replace("Method::", ""),
    };
    let scheme = match request.scheme() {
        Some(Scheme::Http) => String::from("http"),
        Some(Scheme::Https) => String::from("https"),
        other => format!("{other:?}"),
    };
    let or_none = |text: Option<String>| text.unwrap_or_else(|| String::from("none"));
    let (authority, path) = (or_none(request.authority()), or_none(request.path_with_query()));
    format!("{method} {scheme} {authority} {path}\n{}{}", fields(&request.headers()), body(request))
}

/// The body and the trailers.
pub fn body(request: &IncomingRequest) -> String {
    let Ok(body) = request.consume() else { return String::from("no body\n") };
    let stream = body.stream().unwrap();
    let read = read(&stream);
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    let trailers = match trailers.get() {
        Some(Ok(Ok(Some(map)))) => format!("trailers {}\n", fields(&map).replace('\n', ";")),
        Some(Ok(Ok(None))) => String::new(),
        Some(Ok(Err(code))) => format!("trailers {code:?}\n"),
        _ => String::from("no trailers, not even an error\n"),
    };
    format!("body {read}\n{trailers}")
}

/// The surroundings of the guest: arguments, variables, directories and standard input.
pub fn surroundings() -> String {
    let (arguments, variables) = (std::env::args().count(), std::env::vars().count());
    let folder = std::fs::read_dir("/").map_or_else(|error| error.kind().to_string(), |list| list.count().to_string());
    let input = std::io::read_to_string(std::io::stdin()).map_or(usize::MAX, |text| text.len());
    format!("{arguments} arguments, {variables} variables, {folder}, {input} bytes of input\n")
}

fn fields(fields: &Fields) -> String {
    let line = |(name, value): (String, Vec<u8>)| format!("{name}: {}\n", value.escape_ascii());
    fields.entries().into_iter().map(line).collect()
}

fn read(stream: &InputStream) -> String {
    let mut bytes = Vec::new();
    let end = loop {
        match stream.blocking_read(65536) {
            Ok(piece) => bytes.extend(piece),
            Err(StreamError::Closed) => break String::new(),
            Err(StreamError::LastOperationFailed(error)) => break format!(", {:?}", http_error_code(&error)),
        }
    };
    let shown = if (1..=32).contains(&bytes.len()) { format!(" {}", bytes.escape_ascii()) } else { String::new() };
    format!("{}{shown}{end}", bytes.len())
}
