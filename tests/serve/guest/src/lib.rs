//! A handler that does what the request's field `x-do` says, step by step; without the field it answers with what it saw
//! of the request. Results of steps go to standard error, behind the value of the field `x-tag`.

mod fetch;
mod isolation;
mod seen;

use wasip2::clocks::monotonic_clock;
use wasip2::http::types::{
    DnsErrorPayload, ErrorCode, FieldSizePayload, Fields, IncomingRequest, OutgoingBody, OutgoingResponse,
    ResponseOutparam, http_error_code,
};
use wasip2::io::streams::{OutputStream, StreamError};

wasip2::http::proxy::export!(Steps);

struct Steps;

impl wasip2::exports::http::incoming_handler::Guest for Steps {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let field = |name: &str| Some(String::from_utf8_lossy(request.headers().get(name).first()?).into_owned());
        let (steps, tag) = (field("x-do"), field("x-tag").unwrap_or_default());
        let mut response = Response { tag, out: Some(out), ..Response::default() };
        match steps {
            None => response.answer(&seen::request(&request)),
            Some(steps) => steps.split(' ').for_each(|step| {
                let (name, value) = step.split_once('=').unwrap_or((step, ""));
                response.step(name, value, &request);
            }),
        }
    }
}

/// A response in the making.
#[derive(Default)]
struct Response {
    tag: String,
    out: Option<ResponseOutparam>,
    status: Option<u16>,
    fields: Vec<(String, Vec<u8>)>,
    trailers: Vec<(String, Vec<u8>)>,
    // In this order they may be dropped.
    stream: Option<OutputStream>,
    body: Option<OutgoingBody>,
}

impl Response {
    fn step(&mut self, name: &str, value: &str, request: &IncomingRequest) {
        match name {
            "status" => self.status = value.parse().ok(),
            "field" => self.fields.push(pair(value)),
            "trailer" => self.trailers.push(pair(value)),
            // The response with a body, without one, and the error.
            "set" => self.set(true),
            "head" => self.set(false),
            "error" => self.out.take().into_iter().for_each(|out| ResponseOutparam::set(out, Err(error(value)))),
            "write" => self.write(value.as_bytes(), 1),
            "fill" => self.write(&[b'x'; 4096], value.parse().unwrap_or(0)),
            "finish" => self.finish(),
            "drop" => {
                self.stream = None;
                self.body = None;
            }
            "nap" => nap(value),
            "spin" => loop {
                std::hint::black_box(0);
            },
            "burn" => burn(value),
            "note" => self.say(value),
            "fetch" => self.say(&format!("fetch {}", fetch::status(value))),
            "rules" => self.say(&rules(value)),
            "surroundings" => self.answer(&seen::surroundings()),
            "trap" => core::arch::wasm32::unreachable(),
            "exit" => std::process::exit(value.parse().unwrap_or(0)),
            "overflow" => _ = self.say(&overflow(0).to_string()),
            "see" => self.answer(&seen::request(request)),
            "read" => self.say(&format!("read {}", seen::body(request))),
            "print" => print!("{}", value.replace("\\n", "\n")),
            "print-error" => eprint!("{}", value.replace("\\n", "\n")),
            "isolation" => self.answer(&isolation::look()),
            other => self.answer(&format!("there is no step {other}\n")),
        }
    }

    fn set(&mut self, with_body: bool) {
        let fields = match Fields::from_list(&self.fields) {
            Ok(fields) => fields,
            Err(error) => return self.say(&format!("fields {error:?}")),
        };
        let response = OutgoingResponse::new(fields);
        if let Some(status) = self.status
            && response.set_status_code(status).is_err()
        {
            self.say("status refused");
        }
        if with_body && let Ok(body) = response.body() {
            self.stream = body.write().ok();
            self.body = Some(body);
        }
        if let Some(out) = self.out.take() {
            ResponseOutparam::set(out, Ok(response));
        }
    }

    fn write(&mut self, bytes: &[u8], times: usize) {
        let Some(stream) = &self.stream else { return };
        let result = (0..times).try_for_each(|_| stream.blocking_write_and_flush(bytes));
        let result = match result {
            Ok(()) => String::from("ok"),
            Err(StreamError::Closed) => String::from("closed"),
            Err(StreamError::LastOperationFailed(error)) => match http_error_code(&error) {
                Some(code) => format!("{code:?}"),
                None => String::from("failed"),
            },
        };
        self.say(&format!("write {result}"));
    }

    fn finish(&mut self) {
        self.stream = None;
        let trailers = (!self.trailers.is_empty()).then(|| Fields::from_list(&self.trailers).unwrap());
        let Some(body) = self.body.take() else { return };
        let result = match OutgoingBody::finish(body, trailers) {
            Ok(()) => String::from("ok"),
            Err(code) => format!("{code:?}"),
        };
        self.say(&format!("finish {result}"));
    }

    fn answer(&mut self, text: &str) {
        self.fields.push((String::from("content-length"), text.len().to_string().into_bytes()));
        self.set(true);
        let stream = self.stream.take().unwrap();
        text.as_bytes().chunks(4096).for_each(|part| stream.blocking_write_and_flush(part).unwrap());
        drop(stream);
        OutgoingBody::finish(self.body.take().unwrap(), None).unwrap();
    }

    fn say(&self, text: &str) {
        eprintln!("{}: {text}", self.tag);
    }
}

fn pair(text: &str) -> (String, Vec<u8>) {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    (String::from(name), value.replace('_', " ").into_bytes())
}

fn nap(milliseconds: &str) {
    monotonic_clock::subscribe_duration(milliseconds.parse::<u64>().unwrap_or(0) * 1_000_000).block();
}

/// Computes for so long, and looks at the clock meanwhile.
fn burn(milliseconds: &str) {
    let end = monotonic_clock::now() + milliseconds.parse::<u64>().unwrap_or(0) * 1_000_000;
    while monotonic_clock::now() < end {}
}

/// The bytes of a text in which some are written as percent signs and digits.
fn decoded(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    bytes
}

/// The results of all ways to give a message a field.
fn rules(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let (name, value) = (String::from(name), decoded(value));
    let list = Fields::from_list(&[(name.clone(), value.clone())]).err();
    let fields = Fields::new();
    let (append, set) = (fields.append(&name, &value).err(), fields.set(&name, &[value]).err());
    let kept = fields.get(&name).iter().map(|value| value.escape_ascii().to_string()).collect::<Vec<_>>();
    let (has, delete) = (fields.has(&name), fields.delete(&name).err());
    format!("{list:?} {append:?} {set:?} {delete:?} {has} {kept:?}")
}

/// A call that has no end and keeps nothing in linear memory, whose stack is smaller than that of calls.
#[inline(never)]
fn overflow(depth: u64) -> u64 {
    if depth == u64::MAX { 0 } else { overflow(depth + 1).rotate_left(1) ^ depth }
}

fn error(name: &str) -> ErrorCode {
    let size = FieldSizePayload { field_name: Some("x".into()), field_size: Some(9) };
    match name {
        "dns-timeout" => ErrorCode::DnsTimeout,
        "dns-error" => ErrorCode::DnsError(DnsErrorPayload { rcode: Some("NXDOMAIN".into()), info_code: Some(1) }),
        "destination-not-found" => ErrorCode::DestinationNotFound,
        "destination-unavailable" => ErrorCode::DestinationUnavailable,
        "connection-refused" => ErrorCode::ConnectionRefused,
        "connection-terminated" => ErrorCode::ConnectionTerminated,
        "connection-timeout" => ErrorCode::ConnectionTimeout,
        "connection-read-timeout" => ErrorCode::ConnectionReadTimeout,
        "connection-limit-reached" => ErrorCode::ConnectionLimitReached,
        "tls-certificate-error" => ErrorCode::TlsCertificateError,
        "denied" => ErrorCode::HttpRequestDenied,
        "length-required" => ErrorCode::HttpRequestLengthRequired,
        "body-size" => ErrorCode::HttpRequestBodySize(Some(5)),
        "method-invalid" => ErrorCode::HttpRequestMethodInvalid,
        "uri-invalid" => ErrorCode::HttpRequestUriInvalid,
        "uri-too-long" => ErrorCode::HttpRequestUriTooLong,
        "header-section-size" => ErrorCode::HttpRequestHeaderSectionSize(Some(9)),
        "header-size" => ErrorCode::HttpRequestHeaderSize(Some(size)),
        "response-incomplete" => ErrorCode::HttpResponseIncomplete,
        "response-timeout" => ErrorCode::HttpResponseTimeout,
        "protocol" => ErrorCode::HttpProtocolError,
        "loop" => ErrorCode::LoopDetected,
        "configuration" => ErrorCode::ConfigurationError,
        _ => ErrorCode::InternalError(Some(name.into())),
    }
}
