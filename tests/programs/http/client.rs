//! Sends requests, by core signatures; `client.wit` has their types. Without arguments it does what needs no server;
//! `METHOD SCHEME://AUTHORITY/PATH [KEY=VALUE]...` sends a request and prints what comes of it; `setters` says which parts of
//! a request the host takes.
//! forms: component
//! network: http

macro_rules! imports {
    ($($module:literal { $($name:literal => fn $function:ident($($param:ident: $type:ty),*) $(-> $result:ty)?;)* })*) => {
        $(
            #[link(wasm_import_module = $module)]
            unsafe extern "C" {
                $(#[link_name = $name] safe fn $function($($param: $type),*) $(-> $result)?;)*
            }
        )*
    };
}

imports! {
    "wasi:io/poll@0.2.6" {
        "[method]pollable.ready" => fn ready(pollable: u32) -> u32;
        "[method]pollable.block" => fn block(pollable: u32);
        "[resource-drop]pollable" => fn drop_pollable(pollable: u32);
    }
    "wasi:io/error@0.2.6" {
        "[resource-drop]error" => fn drop_error(error: u32);
    }
    "wasi:io/streams@0.2.6" {
        "[method]input-stream.blocking-read" => fn blocking_read(stream: u32, length: u64, result: *mut u32);
        "[method]output-stream.check-write" => fn check_write(stream: u32, result: *mut u64);
        "[method]output-stream.write" => fn write(stream: u32, bytes: *const u8, length: usize, result: *mut u32);
        "[method]output-stream.subscribe" => fn subscribe_output(stream: u32) -> u32;
        "[resource-drop]input-stream" => fn drop_input(stream: u32);
        "[resource-drop]output-stream" => fn drop_output(stream: u32);
    }
    "wasi:http/types@0.2.6" {
        "http-error-code" => fn http_error_code(error: u32, result: *mut u64);
        "[constructor]fields" => fn fields() -> u32;
        "[static]fields.from-list" => fn from_list(list: *const u32, count: usize, result: *mut u32);
        "[method]fields.append" => fn append(
            fields: u32, name: *const u8, length: usize, value: *const u8, value_length: usize, result: *mut u8
        );
        "[method]fields.set" => fn set(
            fields: u32, name: *const u8, length: usize, values: *const u32, count: usize, result: *mut u8
        );
        "[method]fields.delete" => fn delete(fields: u32, name: *const u8, length: usize, result: *mut u8);
        "[method]fields.has" => fn has(fields: u32, name: *const u8, length: usize) -> u32;
        "[method]fields.get" => fn get(fields: u32, name: *const u8, length: usize, result: *mut u32);
        "[method]fields.entries" => fn entries(fields: u32, result: *mut u32);
        "[method]fields.clone" => fn clone(fields: u32) -> u32;
        "[resource-drop]fields" => fn drop_fields(fields: u32);
        "[constructor]outgoing-request" => fn request(headers: u32) -> u32;
        "[method]outgoing-request.body" => fn request_body(request: u32, result: *mut u32);
        "[method]outgoing-request.method" => fn method(request: u32, result: *mut u32);
        "[method]outgoing-request.path-with-query" => fn path(request: u32, result: *mut u32);
        "[method]outgoing-request.scheme" => fn scheme(request: u32, result: *mut u32);
        "[method]outgoing-request.authority" => fn authority(request: u32, result: *mut u32);
        "[method]outgoing-request.set-method" =>
            fn set_method(request: u32, case: u32, text: *const u8, length: usize) -> u32;
        "[method]outgoing-request.set-path-with-query" =>
            fn set_path(request: u32, some: u32, text: *const u8, length: usize) -> u32;
        "[method]outgoing-request.set-scheme" =>
            fn set_scheme(request: u32, some: u32, case: u32, text: *const u8, length: usize) -> u32;
        "[method]outgoing-request.set-authority" =>
            fn set_authority(request: u32, some: u32, text: *const u8, length: usize) -> u32;
        "[method]outgoing-request.headers" => fn request_headers(request: u32) -> u32;
        "[resource-drop]outgoing-request" => fn drop_request(request: u32);
        "[constructor]request-options" => fn options() -> u32;
        "[method]request-options.set-connect-timeout" => fn set_connect(options: u32, some: u32, time: u64) -> u32;
        "[method]request-options.set-first-byte-timeout" =>
            fn set_first_byte(options: u32, some: u32, time: u64) -> u32;
        "[method]request-options.set-between-bytes-timeout" =>
            fn set_between_bytes(options: u32, some: u32, time: u64) -> u32;
        "[method]request-options.connect-timeout" => fn connect_timeout(options: u32, result: *mut u64);
        "[method]request-options.first-byte-timeout" => fn first_byte_timeout(options: u32, result: *mut u64);
        "[method]request-options.between-bytes-timeout" => fn between_bytes_timeout(options: u32, result: *mut u64);
        "[resource-drop]request-options" => fn drop_options(options: u32);
        "[method]outgoing-body.write" => fn body_write(body: u32, result: *mut u32);
        "[static]outgoing-body.finish" => fn body_finish(body: u32, some: u32, trailers: u32, result: *mut u64);
        "[resource-drop]outgoing-body" => fn drop_body(body: u32);
        "[method]future-incoming-response.subscribe" => fn subscribe_response(future: u32) -> u32;
        "[method]future-incoming-response.get" => fn get_response(future: u32, result: *mut u64);
        "[resource-drop]future-incoming-response" => fn drop_future(future: u32);
        "[method]incoming-response.status" => fn status(response: u32) -> u32;
        "[method]incoming-response.headers" => fn response_headers(response: u32) -> u32;
        "[method]incoming-response.consume" => fn consume(response: u32, result: *mut u32);
        "[resource-drop]incoming-response" => fn drop_response(response: u32);
        "[method]incoming-body.stream" => fn body_stream(body: u32, result: *mut u32);
        "[static]incoming-body.finish" => fn finish_incoming(body: u32) -> u32;
        "[resource-drop]incoming-body" => fn drop_incoming(body: u32);
        "[method]future-trailers.subscribe" => fn subscribe_trailers(future: u32) -> u32;
        "[method]future-trailers.get" => fn get_trailers(future: u32, result: *mut u64);
        "[resource-drop]future-trailers" => fn drop_trailers(future: u32);
        "[constructor]outgoing-response" => fn response(headers: u32) -> u32;
        "[method]outgoing-response.status-code" => fn status_code(response: u32) -> u32;
        "[method]outgoing-response.headers" => fn outgoing_headers(response: u32) -> u32;
        "[method]outgoing-response.body" => fn response_body(response: u32, result: *mut u32);
        "[method]outgoing-response.set-status-code" => fn set_status(response: u32, status: u32) -> u32;
        "[resource-drop]outgoing-response" => fn drop_outgoing_response(response: u32);
    }
    "wasi:http/outgoing-handler@0.2.6" {
        "handle" => fn handle(request: u32, some: u32, options: u32, result: *mut u64);
    }
}

/// Allocates the host's lists, and never frees them.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn realloc(_: *mut u8, _: usize, alignment: usize, length: usize) -> *mut u8 {
    // SAFETY: the host asks for alignments that are powers of two, and for a byte at least.
    unsafe { std::alloc::alloc(std::alloc::Layout::from_size_align_unchecked(length.max(1), alignment)) }
}

/// The names of error codes, in the interface's order.
const CODES: [&str; 39] = [
    "DNS-timeout",
    "DNS-error",
    "destination-not-found",
    "destination-unavailable",
    "destination-IP-prohibited",
    "destination-IP-unroutable",
    "connection-refused",
    "connection-terminated",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "connection-limit-reached",
    "TLS-protocol-error",
    "TLS-certificate-error",
    "TLS-alert-received",
    "HTTP-request-denied",
    "HTTP-request-length-required",
    "HTTP-request-body-size",
    "HTTP-request-method-invalid",
    "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size",
    "HTTP-request-header-size",
    "HTTP-request-trailer-section-size",
    "HTTP-request-trailer-size",
    "HTTP-response-incomplete",
    "HTTP-response-header-section-size",
    "HTTP-response-header-size",
    "HTTP-response-body-size",
    "HTTP-response-trailer-section-size",
    "HTTP-response-trailer-size",
    "HTTP-response-transfer-coding",
    "HTTP-response-content-coding",
    "HTTP-response-timeout",
    "HTTP-upgrade-failed",
    "HTTP-protocol-error",
    "loop-detected",
    "configuration-error",
    "internal-error",
];

/// The name of an error code whose case is in the low byte.
fn code(case: u64) -> &'static str {
    CODES[(case & 0xff) as usize]
}

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

fn set_method_by_name(request: u32, name: &str) -> u32 {
    let case = METHODS.iter().position(|method| *method == name).unwrap_or(METHODS.len());
    set_method(request, case as u32, name.as_ptr(), name.len())
}

fn set_scheme_by_name(request: u32, name: &str) -> u32 {
    let case = ["http", "https"].iter().position(|scheme| *scheme == name).unwrap_or(2);
    set_scheme(request, 1, case as u32, name.as_ptr(), name.len())
}

/// `ok`, or the name of a header error.
fn outcome(result: [u8; 2]) -> &'static str {
    if result[0] == 0 { "ok" } else { ["invalid-syntax", "forbidden", "immutable"][result[1] as usize] }
}

fn append_text(fields: u32, name: &str, value: &[u8]) -> &'static str {
    let mut result = [0; 2];
    append(fields, name.as_ptr(), name.len(), value.as_ptr(), value.len(), result.as_mut_ptr());
    outcome(result)
}

/// Entries in an order that all hosts have in common: some keep lines of one name together.
fn by_name(mut entries: Vec<(String, String)>) -> Vec<(String, String)> {
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    entries
}

/// The entries of a list of names and values.
fn entries_of(fields: u32) -> Vec<(String, String)> {
    let mut list = [0; 2];
    entries(fields, list.as_mut_ptr());
    let words = |address: u32, count: u32| {
        // SAFETY: the host has just written it.
        unsafe { std::slice::from_raw_parts(address as *const u32, count as usize) }
    };
    let text = |address, length: u32| {
        // SAFETY: likewise.
        let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, length as usize) };
        String::from_utf8_lossy(bytes).into_owned()
    };
    if list[1] == 0 {
        return Vec::new();
    }
    let words = words(list[0], 4 * list[1]);
    words.chunks(4).map(|entry| (text(entry[0], entry[1]), text(entry[2], entry[3]))).collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => without_server(),
        [word] if word == "setters" => setters(),
        [method, url, options @ ..] => with_server(method, url, options),
        _ => println!("METHOD and URL"),
    }
}

fn without_server() {
    let fields = fields();
    for (name, value) in [
        ("a", "1"),
        ("A", "2"),
        ("b", ""),
        ("", "x"),
        ("a b", "x"),
        ("c:", "x"),
        ("\u{e4}", "x"),
        ("d", "x\ny"),
        ("e", "x\0"),
        ("f", "\u{e4}\t "),
        ("host", "x"),
        ("Connection", "close"),
        ("keep-alive", "1"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("proxy-connection", "x"),
        ("proxy-authenticate", "x"),
        ("proxy-authorization", "x"),
        ("http2-settings", "x"),
    ] {
        println!("append {name:?} {value:?}: {}", append_text(fields, name, value.as_bytes()));
    }
    println!("{:?}", entries_of(fields));
    for name in ["a", "A", "b", "x", "a b", "host"] {
        let mut list = [0; 2];
        get(fields, name.as_ptr(), name.len(), list.as_mut_ptr());
        println!("{name:?}: {} values, {}", list[1], has(fields, name.as_ptr(), name.len()));
    }
    for name in ["x", "host", "a b", "a"] {
        let values = [b"7".as_ptr() as u32, 1, b"8".as_ptr() as u32, 1];
        let mut result = [0; 2];
        set(fields, name.as_ptr(), name.len(), values.as_ptr(), 2, result.as_mut_ptr());
        println!("set {name:?}: {}", outcome(result));
    }
    for name in ["x", "host", "a b", "y"] {
        let mut result = [0; 2];
        delete(fields, name.as_ptr(), name.len(), result.as_mut_ptr());
        println!("delete {name:?}: {}", outcome(result));
    }
    let copy = clone(fields);
    println!("copy: {}", append_text(copy, "z", b"1"));
    println!("{:?} {:?}", by_name(entries_of(fields)), by_name(entries_of(copy)));
    drop_fields(copy);
    lists();
    requests(fields);
    responses();
}

/// Fields that are made of a list.
fn lists() {
    let lists: [&[(&str, &str)]; 6] = [
        &[],
        &[("a", "1"), ("B", ""), ("a", "2"), ("b", "3")],
        &[("a", "1"), ("", "2")],
        &[("a", "1\r\nb: 2")],
        &[("a", "1"), ("Host", "x")],
        &[("content-length", "1")],
    ];
    for list in lists {
        let word = |text: &str| [text.as_ptr() as u32, text.len() as u32];
        let words: Vec<u32> = list.iter().flat_map(|(name, value)| [word(name), word(value)]).flatten().collect();
        let mut result = [0; 2];
        from_list(words.as_ptr(), list.len(), result.as_mut_ptr());
        if result[0] & 0xff == 0 {
            println!("{list:?}: {:?}", by_name(entries_of(result[1])));
            drop_fields(result[1]);
        } else {
            println!("{list:?}: {}", outcome([1, result[1] as u8]));
        }
    }
}

/// A response, which a command can send to nobody.
fn responses() {
    let headers = fields();
    append_text(headers, "x-a", b"1");
    let response = response(headers);
    println!(
        "{} {:?}",
        status_code(response),
        [99, 100, 200, 599, 999, 1000].map(|status| set_status(response, status))
    );
    println!("{}", status_code(response));
    let view = outgoing_headers(response);
    println!("{} {:?}", append_text(view, "z", b"1"), entries_of(view));
    drop_fields(view);
    let (mut body, mut second, mut stream) = ([0; 2], [0; 2], [0; 2]);
    response_body(response, body.as_mut_ptr());
    response_body(response, second.as_mut_ptr());
    println!("bodies: {} {}", body[0] & 0xff, second[0] & 0xff);
    body_write(body[1], stream.as_mut_ptr());
    println!("write: {:?}", write_body(stream[1], 100));
    drop_output(stream[1]);
    let mut result = [0; 5];
    body_finish(body[1], 0, 0, result.as_mut_ptr());
    println!("finish: {}", result[0] & 0xff);
    drop_outgoing_response(response);
}

/// An optional text that the host has written.
fn optional(words: [u32; 3]) -> Option<String> {
    (words[0] & 0xff != 0).then(|| {
        // SAFETY: the host has just written it.
        let bytes = unsafe { std::slice::from_raw_parts(words[1] as *const u8, words[2] as usize) };
        String::from_utf8_lossy(bytes).into_owned()
    })
}

/// Prints a request's parts.
fn show_request(request: u32) {
    let (mut words, mut kind) = ([0; 3], [0; 4]);
    method(request, words.as_mut_ptr());
    let other = (words[0] & 0xff == 9).then(|| optional([1, words[1], words[2]]));
    print!("method {} {other:?}, ", words[0] & 0xff);
    path(request, words.as_mut_ptr());
    print!("path {:?}, ", optional(words));
    authority(request, words.as_mut_ptr());
    print!("authority {:?}, ", optional(words));
    scheme(request, kind.as_mut_ptr());
    let other = (kind[0] & 0xff == 1 && kind[1] & 0xff == 2).then(|| optional([1, kind[2], kind[3]]));
    println!("scheme {} {:?} {other:?}", kind[0] & 0xff, (kind[0] & 0xff == 1).then_some(kind[1] & 0xff));
}

fn requests(headers: u32) {
    let request = request(headers);
    show_request(request);
    let view = request_headers(request);
    println!("view: {} {}", append_text(view, "z", b"1"), entries_of(view).len());
    drop_fields(view);
    let results = [
        set_method_by_name(request, "PATCH"),
        set_scheme_by_name(request, "http"),
        set_path(request, 1, "/x?y".as_ptr(), 4),
        set_authority(request, 1, "[::1]:8080".as_ptr(), 10),
    ];
    println!("{results:?}");
    show_request(request);
    println!("methods: {:?}", ["GET", "PURGE", "", "A B", "A\n"].map(|name| set_method_by_name(request, name)));
    println!("schemes: {:?}", ["http", "https", "ftp", "", "a b"].map(|name| set_scheme_by_name(request, name)));
    let paths = ["/", "/a?b=c", "/a b", "/\n", "?x"];
    println!("paths: {:?}", paths.map(|path| set_path(request, 1, path.as_ptr(), path.len())));
    let authorities = ["example.org", "example.org:80", "[::1]:80", "a b", "example.org:99999", "a:b", "a/b"];
    println!("authorities: {:?}", authorities.map(|text| set_authority(request, 1, text.as_ptr(), text.len())));
    show_request(request);
    let results = [set_path(request, 0, "".as_ptr(), 0), set_scheme(request, 0, 0, "".as_ptr(), 0)];
    println!("{results:?} {}", set_authority(request, 0, "".as_ptr(), 0));
    show_request(request);
    let mut body = [0; 2];
    request_body(request, body.as_mut_ptr());
    let mut second = [0; 2];
    request_body(request, second.as_mut_ptr());
    println!("bodies: {} {}", body[0], second[0]);
    let mut stream = [0; 2];
    body_write(body[1], stream.as_mut_ptr());
    body_write(body[1], second.as_mut_ptr());
    println!("streams: {} {}", stream[0], second[0]);
    drop_output(stream[1]);
    drop_request(request);
    drop_body(body[1]);
    for (scheme, authority, path) in [("ftp", "example.org", "/"), ("http", "", "/")] {
        let request = self::request(fields());
        set_scheme_by_name(request, scheme);
        if !authority.is_empty() {
            set_authority(request, 1, authority.as_ptr(), authority.len());
        }
        set_path(request, 1, path.as_ptr(), path.len());
        let mut result = [0; 5];
        handle(request, 0, 0, result.as_mut_ptr());
        println!("{scheme} {authority:?}: {} {}", result[0] & 1, code(result[1]));
    }
    let options = options();
    let mut time = [0; 2];
    connect_timeout(options, time.as_mut_ptr());
    println!("{} {}", time[0] & 1, set_connect(options, 1, 77));
    connect_timeout(options, time.as_mut_ptr());
    println!("{} {}", time[0] & 1, time[1]);
    type Set = extern "C" fn(u32, u32, u64) -> u32;
    type Get = extern "C" fn(u32, *mut u64);
    let others: [(Set, Get); 2] = [(set_first_byte, first_byte_timeout), (set_between_bytes, between_bytes_timeout)];
    for (set, get) in others {
        get(options, time.as_mut_ptr());
        print!("{} {} ", time[0] & 1, set(options, 1, u64::MAX));
        get(options, time.as_mut_ptr());
        print!("{} {} {} ", time[0] & 1, time[1], set(options, 0, 0));
        get(options, time.as_mut_ptr());
        println!("{}", time[0] & 1);
    }
    drop_options(options);
}

/// Gives one request one part after another, and prints what the host says and what it reads back.
fn setters() {
    let request = request(fields());
    for text in ["/", "", "?q=1", "/a#f", "*", "a", "/a b", "/\"<>^{}", "/\"^{}", "//x", "/%zz", "/\u{e4}", "/a\\b", "**"] {
        print!("path {text:?}: {}, ", set_path(request, 1, text.as_ptr(), text.len()));
        show_request(request);
    }
    let authorities = [
        "x:80", "[::1]:80", "[::1]", "x:", "", "u:p@x", "u@x", "::1", "x/y", "x:99999", "x:+80", ":80", ":", "[::1", "a b",
    ];
    for text in authorities {
        print!("authority {text:?}: {}, ", set_authority(request, 1, text.as_ptr(), text.len()));
        show_request(request);
    }
    for text in ["http", "HTTP", "https", "ftp", "1a", "", "a b"] {
        print!("scheme other({text:?}): {}, ", set_scheme(request, 1, 2, text.as_ptr(), text.len()));
        show_request(request);
    }
    for text in ["GET", "PURGE", "get", "", "G T"] {
        print!("method other({text:?}): {}, ", set_method(request, 9, text.as_ptr(), text.len()));
        show_request(request);
    }
    let fields = fields();
    for value in ["5", "05", "", "five", "+5", "-5", " 5", "5, 5", "5", "18446744073709551615", "18446744073709551616"] {
        println!("content-length {value:?}: {}", append_text(fields, "content-length", value.as_bytes()));
    }
    let values = [b"x".as_ptr() as u32, 1];
    let mut result = [0; 2];
    set(fields, "Content-Length".as_ptr(), 14, values.as_ptr(), 1, result.as_mut_ptr());
    println!("set content-length: {} {:?}", outcome(result), entries_of(fields));
}

/// The request that the arguments describe.
#[derive(Default)]
struct Plan<'a> {
    headers: Vec<(&'a str, &'a str)>,
    trailers: Vec<(&'a str, &'a str)>,
    body: Option<usize>,
    /// The bytes of the body after which the guest waits for the response.
    late: Option<usize>,
    times: [Option<u64>; 3],
    count: usize,
    drop: &'a str,
    /// The thing that is kept of each response, until the end of the program.
    keep: &'a str,
    /// The path in place of the URL's; `none` for none at all.
    path: Option<&'a str>,
    /// The scheme in place of the URL's, as one that has no case of its own; `none` for none at all.
    scheme: Option<&'a str>,
    has_no_authority: bool,
    /// True if all contents of the response are printed.
    shows_all: bool,
}

fn with_server(method: &str, url: &str, options: &[String]) {
    let mut plan = Plan { count: 1, ..Plan::default() };
    for option in options {
        let (key, value) = option.split_once('=').unwrap();
        match key {
            "header" => plan.headers.push(value.split_once(':').unwrap()),
            "trailer" => plan.trailers.push(value.split_once(':').unwrap()),
            "body" => plan.body = Some(value.parse().unwrap()),
            "late" => plan.late = Some(value.parse().unwrap()),
            "connect" => plan.times[0] = Some(value.parse().unwrap()),
            "first-byte" => plan.times[1] = Some(value.parse().unwrap()),
            "between-bytes" => plan.times[2] = Some(value.parse().unwrap()),
            "count" => plan.count = value.parse().unwrap(),
            "drop" => plan.drop = value,
            "keep" => plan.keep = value,
            "path" => plan.path = Some(value),
            "scheme" => plan.scheme = Some(value),
            "authority" => plan.has_no_authority = value == "none",
            "show" => plan.shows_all = value == "all",
            _ => panic!("{key}"),
        }
    }
    for turn in 0..plan.count {
        let text = exchange(method, url, &plan).unwrap_or_else(|error| error);
        if turn + 1 == plan.count || !plan.keep.is_empty() && !text.starts_with("200") {
            println!("{text}");
        }
    }
}

/// The text of a stream's error.
fn stream_error(case: u32, error: u32) -> String {
    if case != 0 {
        return "closed".into();
    }
    let mut result = [0; 6];
    http_error_code(error, result.as_mut_ptr());
    drop_error(error);
    if result[0] & 1 == 0 { "another error".into() } else { code(result[1]).into() }
}

/// Writes so many bytes of a pattern; how far it came.
fn write_body(stream: u32, bytes: usize) -> Result<(), String> {
    let pattern: Vec<u8> = (0..=255).cycle().take(1 << 16).collect();
    let mut written = 0;
    while written < bytes {
        let mut allowed = [0; 2];
        check_write(stream, allowed.as_mut_ptr());
        if allowed[0] & 1 != 0 {
            return Err(format!("write: {}", stream_error(allowed[1] as u32, (allowed[1] >> 32) as u32)));
        }
        if allowed[1] == 0 {
            let pollable = subscribe_output(stream);
            block(pollable);
            drop_pollable(pollable);
            continue;
        }
        let count = (bytes - written).min(allowed[1] as usize).min(1 << 15);
        let mut result = [0; 3];
        write(stream, pattern[written % 256..].as_ptr(), count, result.as_mut_ptr());
        if result[0] != 0 {
            return Err(format!("write: {}", stream_error(result[1], result[2])));
        }
        written += count;
    }
    Ok(())
}

fn exchange(method: &str, url: &str, plan: &Plan) -> Result<String, String> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_at(rest.find('/').unwrap());
    let headers = fields();
    for (name, value) in &plan.headers {
        append_text(headers, name, value.as_bytes());
    }
    let request = request(headers);
    let path = plan.path.unwrap_or(path);
    let results = [
        set_method_by_name(request, method),
        match plan.scheme {
            None => set_scheme_by_name(request, scheme),
            Some(other) => set_scheme(request, u32::from(other != "none"), 2, other.as_ptr(), other.len()),
        },
        set_authority(request, u32::from(!plan.has_no_authority), authority.as_ptr(), authority.len()),
        set_path(request, u32::from(path != "none"), path.as_ptr(), path.len()),
    ];
    if results != [0; 4] {
        return Err(format!("request: {results:?}"));
    }
    let options = options();
    for (set, time) in [set_connect, set_first_byte, set_between_bytes].into_iter().zip(plan.times) {
        set(options, u32::from(time.is_some()), 1_000_000 * time.unwrap_or(0));
    }
    let mut body = [0; 2];
    if plan.body.is_some() {
        request_body(request, body.as_mut_ptr());
    }
    let mut result = [0; 5];
    handle(request, 1, options, result.as_mut_ptr());
    if result[0] & 1 != 0 {
        if plan.body.is_some() {
            drop_body(body[1]);
        }
        return Err(format!("handle: {}", code(result[1])));
    }
    let future = result[1] as u32;
    let mut text = String::new();
    if plan.drop == "future" {
        drop_future(future);
    }
    if let Some(bytes) = plan.body {
        if let Err(error) = send(body[1], bytes, plan, future) {
            text += &format!("{error}\n");
        }
    }
    if plan.drop == "future" {
        return Ok(text + "dropped");
    }
    receive(future, plan, &mut text).map(|()| text.clone()).map_err(|error| text + &error)
}

fn send(body: u32, bytes: usize, plan: &Plan, future: u32) -> Result<(), String> {
    let mut stream = [0; 2];
    body_write(body, stream.as_mut_ptr());
    let early = plan.late.unwrap_or(0);
    let result = write_body(stream[1], early).and_then(|()| {
        if early != 0 {
            wait_for_response(future);
        }
        write_body(stream[1], bytes - early)
    });
    drop_output(stream[1]);
    if plan.drop == "body" {
        drop_body(body);
        return result;
    }
    let trailers = fields();
    for (name, value) in &plan.trailers {
        append_text(trailers, name, value.as_bytes());
    }
    let mut finished = [0; 5];
    body_finish(body, u32::from(!plan.trailers.is_empty()), trailers, finished.as_mut_ptr());
    result?;
    if finished[0] & 1 == 0 { Ok(()) } else { Err(format!("finish: {}", code(finished[1]))) }
}

/// Waits for the response, and then until a server that ends the connection behind it has done so.
fn wait_for_response(future: u32) {
    let pollable = subscribe_response(future);
    block(pollable);
    drop_pollable(pollable);
    std::thread::sleep(std::time::Duration::from_millis(200));
}

fn receive(future: u32, plan: &Plan, text: &mut String) -> Result<(), String> {
    let pollable = subscribe_response(future);
    block(pollable);
    assert_eq!(ready(pollable), 1);
    drop_pollable(pollable);
    let mut result = [0; 7];
    get_response(future, result.as_mut_ptr());
    assert_eq!((result[0] & 1, result[1] & 1), (1, 0));
    let mut again = [0; 7];
    get_response(future, again.as_mut_ptr());
    assert_eq!((again[0] & 1, again[1] & 1), (1, 1));
    drop_future(future);
    if result[2] & 1 != 0 {
        return Err(format!("response: {}", code(result[3])));
    }
    let response = result[3] as u32;
    if !plan.keep.is_empty() {
        *text += &format!("{}", status(response));
        return keep(response, plan.keep);
    }
    let headers = response_headers(response);
    *text += &format!("{} {:?} {}\n", status(response), entries_of(headers), append_text(headers, "a", b"b"));
    drop_fields(headers);
    if plan.drop == "response" {
        drop_response(response);
        return Ok(());
    }
    let mut body = [0; 2];
    consume(response, body.as_mut_ptr());
    let mut second = [0; 2];
    consume(response, second.as_mut_ptr());
    assert_eq!((body[0], second[0]), (0, 1));
    drop_response(response);
    if plan.drop == "incoming" {
        drop_incoming(body[1]);
        return Ok(());
    }
    if plan.drop != "contents" {
        let mut stream = [0; 2];
        body_stream(body[1], stream.as_mut_ptr());
        *text += &contents(stream[1], if plan.shows_all { usize::MAX } else { 40 });
        drop_input(stream[1]);
    }
    let future = finish_incoming(body[1]);
    let pollable = subscribe_trailers(future);
    block(pollable);
    drop_pollable(pollable);
    let mut result = [0; 7];
    get_trailers(future, result.as_mut_ptr());
    assert_eq!((result[0] & 1, result[1] & 1), (1, 0));
    if result[2] & 1 != 0 {
        *text += &format!("trailers: {}", code(result[3]));
    } else if result[3] & 1 != 0 {
        let trailers = (result[3] >> 32) as u32;
        *text += &format!("trailers: {:?}", entries_of(trailers));
        drop_fields(trailers);
    } else {
        *text += "no trailers";
    }
    drop_trailers(future);
    Ok(())
}

/// Keeps a response, the stream of its body after a first byte, or its trailers.
fn keep(response: u32, what: &str) -> Result<(), String> {
    let (mut body, mut stream, mut result) = ([0; 2], [0; 2], [0; 3]);
    if what == "response" {
        return Ok(());
    }
    consume(response, body.as_mut_ptr());
    body_stream(body[1], stream.as_mut_ptr());
    blocking_read(stream[1], 1, result.as_mut_ptr());
    if result[0] != 0 {
        return Err(format!(", {}", stream_error(result[1], result[2])));
    }
    if what == "trailers" {
        drop_input(stream[1]);
        block(subscribe_trailers(finish_incoming(body[1])));
    }
    Ok(())
}

fn contents(stream: u32, shown: usize) -> String {
    let (mut count, mut sum, mut first) = (0, 0u32, Vec::new());
    loop {
        let mut result = [0; 3];
        blocking_read(stream, 1 << 16, result.as_mut_ptr());
        if result[0] != 0 {
            let end = stream_error(result[1], result[2]);
            let end = if end == "closed" { String::new() } else { format!(", then {end}") };
            return format!("{count} bytes, sum {sum:08x}, {:?}{end}\n", String::from_utf8_lossy(&first));
        }
        // SAFETY: the host has just written them, and nobody else has them.
        let bytes = unsafe { Vec::from_raw_parts(result[1] as *mut u8, result[2] as usize, result[2].max(1) as usize) };
        first.extend(bytes.iter().copied().take(shown - first.len().min(shown)));
        count += bytes.len();
        sum = bytes.iter().fold(sum, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    }
}
