//! Responses as a client sees them, and what the calls of the guest gave.

use super::process::Server;
use super::wire::{bytes, exchange};
use libtest_mimic::Failed;

/// Steps of the guest, and what comes of them.
pub struct Row {
    pub name: &'static str,
    /// The request's line, and further fields.
    request: &'static str,
    steps: &'static str,
    /// The response, its end and, without the response's date, its fields.
    response: &'static str,
    /// The words of the guest about its calls.
    says: &'static [&'static str],
}

const fn get(name: &'static str, steps: &'static str, response: &'static str, says: &'static [&'static str]) -> Row {
    Row { name, request: "GET / HTTP/1.1\n", steps, response, says }
}

const fn error(name: &'static str, steps: &'static str, response: &'static str) -> Row {
    get(name, steps, response, &[])
}

const OK: &[&str] = &["write ok", "finish ok"];
const OF_500: &str = "500 [content-length: 0]  kept";

pub const ROWS: &[Row] = &[
    error("never_set", "nap=1", OF_500),
    error("trap_before", "trap", OF_500),
    error("overflow_before", "overflow", OF_500),
    error("exit_before", "exit=1", OF_500),
    error("exit_0_before", "exit=0", OF_500),
    error("error_denied", "error=denied", "403 [content-length: 0]  kept"),
    error("error_length_required", "error=length-required", "411 [content-length: 0]  kept"),
    error("error_body_size", "error=body-size", "413 [content-length: 0]  kept"),
    error("error_uri_too_long", "error=uri-too-long", "414 [content-length: 0]  kept"),
    error("error_header_size", "error=header-size", "431 [content-length: 0]  kept"),
    error("error_header_section_size", "error=header-section-size", "431 [content-length: 0]  kept"),
    error("error_dns_timeout", "error=dns-timeout", "504 [content-length: 0]  kept"),
    error("error_dns_error", "error=dns-error", "502 [content-length: 0]  kept"),
    error("error_destination_not_found", "error=destination-not-found", "502 [content-length: 0]  kept"),
    error("error_connection_refused", "error=connection-refused", "502 [content-length: 0]  kept"),
    error("error_connection_limit", "error=connection-limit-reached", "502 [content-length: 0]  kept"),
    error("error_connection_timeout", "error=connection-timeout", "504 [content-length: 0]  kept"),
    error("error_connection_read_timeout", "error=connection-read-timeout", "504 [content-length: 0]  kept"),
    error("error_response_timeout", "error=response-timeout", "504 [content-length: 0]  kept"),
    error("error_tls", "error=tls-certificate-error", "502 [content-length: 0]  kept"),
    error("error_loop", "error=loop", "508 [content-length: 0]  kept"),
    error("error_method", "error=method-invalid", OF_500),
    error("error_uri", "error=uri-invalid", OF_500),
    error("error_configuration", "error=configuration", OF_500),
    error("error_internal", "error=own", OF_500),
    error("head_only", "field=x-a:1 head", "200 [x-a: 1, content-length: 0]  kept"),
    get(
        "lines_in_order",
        "field=x-b:1 field=x-a:2 field=x-b:3 field=content-length:3 field=x-a:4 set write=abc finish",
        "200 [x-b: 1, x-a: 2, x-b: 3, content-length: 3, x-a: 4] abc kept",
        OK,
    ),
    get(
        "lines_in_order_chunked",
        "field=set-cookie:a=1 field=x-a:2 field=set-cookie:b=2 set write=abc finish",
        "200 [set-cookie: a=1, x-a: 2, set-cookie: b=2, transfer-encoding: chunked] abc kept",
        OK,
    ),
    error(
        "lines_in_order_without_length",
        "status=204 field=x-b:1 field=content-length:3 field=x-a:2 field=x-c:3 field=x-a:4 head",
        "204 [x-b: 1, x-a: 2, x-c: 3, x-a: 4]  kept",
    ),
    error("body_untouched", "set drop", "200 [transfer-encoding: chunked]  cut"),
    get("trap_after", "set write=abc trap", "200 [transfer-encoding: chunked] abc cut", &["write ok"]),
    get("trap_later", "set write=abc nap=100 trap", "200 [transfer-encoding: chunked] abc cut", &["write ok"]),
    get(
        "trap_after_with_length",
        "field=content-length:20 set write=abc trap",
        "200 [content-length: 20] abc cut",
        &["write ok"],
    ),
    get("exit_after", "set write=abc exit=0", "200 [transfer-encoding: chunked] abc cut", &["write ok"]),
    get("overflow_after", "set write=abc overflow", "200 [transfer-encoding: chunked] abc cut", &["write ok"]),
    get("unfinished", "set write=abc drop", "200 [transfer-encoding: chunked] abc cut", &["write ok"]),
    get(
        "unfinished_with_length",
        "field=content-length:20 set write=abc drop",
        "200 [content-length: 20] abc cut",
        &["write ok"],
    ),
    get(
        "short",
        "field=content-length:10 set write=abc finish",
        "200 [content-length: 10] abc cut",
        &["write ok", "finish ErrorCode::HttpResponseBodySize(Some(3))"],
    ),
    get(
        "short_later",
        "field=content-length:10 set write=abc nap=100 finish",
        "200 [content-length: 10] abc cut",
        &["write ok", "finish ErrorCode::HttpResponseBodySize(Some(3))"],
    ),
    get(
        "long",
        "field=content-length:3 set write=ab write=cdefg",
        "200 [content-length: 3] abc closed",
        &["write ok", "write ErrorCode::HttpResponseBodySize(Some(7))"],
    ),
    get(
        "long_at_once",
        "field=content-length:3 set write=abcdefg",
        "200 [content-length: 3] abc closed",
        &["write ErrorCode::HttpResponseBodySize(Some(7))"],
    ),
    get("length_with_space", "field=content-length:_5 set", OF_500, &["fields HeaderError::InvalidSyntax"]),
    get("bad_length", "field=content-length:five set", OF_500, &["fields HeaderError::InvalidSyntax"]),
    get(
        "two_lengths",
        "field=content-length:3 field=content-length:3 set write=abc finish",
        "200 [content-length: 3] abc kept",
        OK,
    ),
    get("no_length", "set write=abc finish", "200 [transfer-encoding: chunked] abc kept", OK),
    Row {
        request: "GET / HTTP/1.0\n",
        ..get("no_length_in_http_1_0", "set write=abc finish", "200 [] abc closed", OK)
    },
    Row {
        request: "GET / HTTP/1.0\nConnection: keep-alive\n",
        ..get("no_length_to_be_kept", "set write=abc finish", "200 [] abc closed", OK)
    },
    Row {
        request: "GET / HTTP/1.0\nConnection: keep-alive\n",
        ..get(
            "length_to_be_kept",
            "field=content-length:3 set write=abc finish",
            "200 [content-length: 3, connection: keep-alive] abc kept",
            OK,
        )
    },
    Row {
        request: "HEAD / HTTP/1.1\n",
        ..get("head_with_length", "field=content-length:3 set write=abc finish", "200 [content-length: 3]  kept", OK)
    },
    Row {
        request: "HEAD / HTTP/1.1\n",
        ..get("head_without_length", "field=trailer:x set fill=100 finish", "200 []  kept", OK)
    },
    Row {
        request: "HEAD / HTTP/1.1\n",
        ..get(
            "head_short",
            "field=content-length:9 set write=abc finish",
            "200 [content-length: 9]  kept",
            &["write ok", "finish ErrorCode::HttpResponseBodySize(Some(3))"],
        )
    },
    get("no_content", "status=204 set write=abc finish", "204 []  kept", OK),
    get("no_content_with_length", "status=204 field=content-length:3 set write=abc finish", "204 []  kept", OK),
    get("not_modified", "status=304 field=content-length:3 set write=abc finish", "304 [content-length: 3]  kept", OK),
    get("reset_content", "status=205 set write=abc finish", "205 [content-length: 0]  kept", OK),
    get("switching_protocols", "status=101 set finish", OF_500, &["finish ok"]),
    get("early_hints", "status=103 set finish", OF_500, &["finish ok"]),
    get("status_999", "status=999 set write=abc finish", "999 [transfer-encoding: chunked] abc kept", OK),
    get("status_99", "status=99 field=content-length:0 head", "200 [content-length: 0]  kept", &["status refused"]),
    get(
        "status_1000",
        "status=1000 set write=abc finish",
        "200 [transfer-encoding: chunked] abc kept",
        &["status refused", "write ok", "finish ok"],
    ),
    Row {
        request: "GET / HTTP/1.1\nTE: trailers\n",
        ..get(
            "trailers_declared",
            "field=trailer:x-sum trailer=x-sum:3 set write=abc finish",
            "200 [trailer: x-sum, transfer-encoding: chunked] abc [x-sum: 3] kept",
            OK,
        )
    },
    Row {
        request: "GET / HTTP/1.1\nTE: gzip, Trailers;q=1\n",
        ..get(
            "trailers_undeclared",
            "trailer=x-sum:3 trailer=x-b:4 trailer=content-length:9 set write=0 finish",
            "200 [transfer-encoding: chunked] 0 [x-sum: 3, x-b: 4] kept",
            OK,
        )
    },
    get(
        "trailers_unwanted",
        "field=trailer:x-sum trailer=x-sum:3 set write=abc finish",
        "200 [trailer: x-sum, transfer-encoding: chunked] abc kept",
        OK,
    ),
    Row {
        request: "GET / HTTP/1.1\nTE: trailers\n",
        ..get(
            "trailers_with_length",
            "field=content-length:3 trailer=x-sum:3 set write=abc finish",
            "200 [content-length: 3] abc kept",
            OK,
        )
    },
    get(
        "own_fields",
        "field=date:Thu field=Server:mine field=X-Mixed:1 field=content-length:0 head",
        "200 [server: mine, x-mixed: 1, content-length: 0]  kept",
        &[],
    ),
    Row {
        request: "POST / HTTP/1.1\nExpect: 100-continue\nContent-Length: 3\n",
        ..get(
            "continue_not_wanted",
            "field=content-length:0 head",
            "200 [connection: close, content-length: 0]  closed",
            &[],
        )
    },
    Row {
        request: "POST / HTTP/1.1\nContent-Length: 0\nExpect: something\n",
        ..get("other_expectation", "field=content-length:0 head", "200 [content-length: 0]  kept", &[])
    },
];

impl Row {
    pub fn check(&self, server: &Server, target: &str) -> Result<(), Failed> {
        let tag = format!("{}-{target}", self.name);
        let request = format!("{}Host: h.test\nX-Tag: {tag}\nX-Do: {}\n\n", self.request, self.steps);
        super::same(self.response, &exchange(server.address(), &bytes(&request), false)?)?;
        let says = server.log.of_guest(&tag, self.says.len())?;
        super::same(&self.says.join("\n"), &says.join("\n"))
    }
}

const FORBIDDEN: &str = "Some(HeaderError::Forbidden) Some(HeaderError::Forbidden) Some(HeaderError::Forbidden) \
                         Some(HeaderError::Forbidden) false []";
const BAD_NAME: &str = "Some(HeaderError::InvalidSyntax) Some(HeaderError::InvalidSyntax) Some(HeaderError::InvalidSyntax) \
                        Some(HeaderError::InvalidSyntax) false []";
const BAD_VALUE: &str = "Some(HeaderError::InvalidSyntax) Some(HeaderError::InvalidSyntax) Some(HeaderError::InvalidSyntax) \
                         None false []";

/// Fields of a guest's own: the errors of `from-list`, `append`, `set` and `delete`, whether the field is there, and its values.
const RULES: &[(&str, &str)] = &[
    ("connection:close", FORBIDDEN),
    ("Keep-Alive:5", FORBIDDEN),
    ("proxy-connection:x", FORBIDDEN),
    ("proxy-authenticate:x", FORBIDDEN),
    ("proxy-authorization:x", FORBIDDEN),
    ("transfer-encoding:chunked", FORBIDDEN),
    ("upgrade:x", FORBIDDEN),
    ("HOST:h", FORBIDDEN),
    ("http2-settings:x", FORBIDDEN),
    ("a_b(c):x", BAD_NAME),
    (":x", BAD_NAME),
    ("content-length:five", BAD_VALUE),
    ("content-length:+5", BAD_VALUE),
    ("x:a%0Db", BAD_VALUE),
    ("x:a%0Ab", BAD_VALUE),
    ("x:a%00b", BAD_VALUE),
    ("x:a%7Fb", BAD_VALUE),
    ("te:trailers", "None None None None true [\"trailers\"]"),
    ("trailer:x", "None None None None true [\"x\"]"),
    ("expect:x", "None None None None true [\"x\"]"),
    ("content-length:5", "None None None None true [\"5\"]"),
    ("date:x", "None None None None true [\"x\"]"),
    ("x:%20a%09b%20", "None None None None true [\" a\\\\tb \"]"),
    ("x:%E4", "None None None None true [\"\\\\xe4\"]"),
];

/// Tries all fields in one request.
pub fn check_rules(server: &Server, target: &str) -> Result<(), Failed> {
    let tag = format!("rules-{target}");
    let steps: String = RULES.iter().map(|(field, _)| format!("rules={field} ")).collect();
    let request = format!("GET / HTTP/1.1\nHost: h\nX-Tag: {tag}\nX-Do: {steps}head\n\n");
    exchange(server.address(), &bytes(&request), true)?;
    let line = |field: &str, rule: &str| format!("{field} {rule}\n");
    let expected: String = RULES.iter().map(|(field, rule)| line(field, rule)).collect();
    let said = server.log.of_guest(&tag, RULES.len())?;
    let said: String = RULES.iter().zip(&said).map(|((field, _), said)| line(field, said)).collect();
    super::same(&expected, &said)
}
