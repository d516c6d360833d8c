//! Programs that send HTTP requests to servers of this test on loopback: good, bad and silent ones, with and without
//! TLS. A program's output is compared with a file of `tests/http` (`BLESS=1` rewrites it), and, if wasmtime supports
//! the request, with the output under wasmtime.

mod support;

#[path = "http/certificates.rs"]
mod certificates;
#[path = "http/kept.rs"]
mod kept;
#[path = "http/names.rs"]
mod names;
#[path = "http/server.rs"]
mod server;

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use support::{Folder, Limits, Target};

/// A request of the program `http/client`.
struct Test {
    name: &'static str,
    /// Server that the request goes to.
    at: At,
    method: &'static str,
    path: &'static str,
    options: &'static [&'static str],
    /// True if wasmtime must print the same.
    same: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Plain,
    /// The plain server, which answers with the request that it received.
    Raw,
    /// A port where no server listens.
    Nobody,
    Tls,
    Http2,
    WrongHost,
    Expired,
    Untrusted,
    /// A server that accepts no more connections.
    Full,
    TlsFull,
    /// A server that speaks plain HTTP on a TLS connection.
    PlainForTls,
    /// A server that answers the TLS greeting with a malformed record.
    GarbageForTls,
    /// A server that answers the TLS greeting with a fatal alert.
    AlertForTls,
    /// The broadcast address of a network.
    Broadcast,
    /// An address with a user name.
    WithUser,
    /// A server that answers with the fields of a request over HTTP/2 in their order.
    InOrder,
}

const fn get(name: &'static str, path: &'static str) -> Test {
    Test { name, at: At::Plain, method: "GET", path, options: &[], same: true }
}

/// A request that the server answers before its end.
const fn early(name: &'static str, path: &'static str, options: &'static [&'static str]) -> Test {
    at(name, At::Plain, "POST", path, options)
}

/// A request that the server answers with what it has received.
const fn raw(name: &'static str, method: &'static str, options: &'static [&'static str]) -> Test {
    at(name, At::Raw, method, "/raw", options)
}

const fn at(
    name: &'static str,
    at: At,
    method: &'static str,
    path: &'static str,
    options: &'static [&'static str],
) -> Test {
    Test { name, at, method, path, options, same: false }
}

const TESTS: &[Test] = &[
    get("fixed_length", "/hello"),
    get("query", "/hello?a=b&c"),
    get("chunked", "/chunks"),
    get("until_the_end", "/until-end"),
    get("without_contents", "/nothing"),
    get("large", "/large"),
    get("byte_by_byte", "/slow"),
    get("trailers", "/trailers"),
    Test { method: "HEAD", ..get("head", "/hello") },
    Test { method: "PURGE", ..get("other_method", "/method") },
    Test { method: "POST", options: &["body=5"], ..get("post", "/count") },
    Test { method: "POST", options: &["body=5000000"], ..get("post_large", "/count") },
    Test {
        method: "POST",
        options: &["body=300000", "header=content-length:300000"],
        ..get("post_declared", "/count")
    },
    Test { method: "PUT", options: &["body=0"], same: false, ..get("post_empty", "/count") },
    Test { method: "POST", options: &["body=5", "header=content-length:9"], same: false, ..get("post_less", "/count") },
    Test { method: "POST", options: &["body=9", "header=content-length:5"], same: false, ..get("post_more", "/count") },
    Test {
        method: "POST",
        options: &["body=5", "trailer=x-sum:7", "header=trailer:x-sum"],
        ..get("post_trailers", "/count")
    },
    Test { method: "POST", options: &["body=5000000"], same: false, ..get("answer_before_body", "/early-answer") },
    // An answer before the end of the body is no error of the request. wasmtime fails the writes, and mostly loses the answer.
    Test { same: true, ..early("answer_before_end", "/early-answer", LATE) },
    Test { same: true, ..early("answer_before_end_dropped", "/early-answer", LATE_DROPPED) },
    early("answer_and_reset", "/early-answer-reset", LATE),
    early("answer_and_reset_at_once", "/early-answer-reset", &["body=5000000", "count=20"]),
    early("answer_and_reset_dropped", "/early-answer-reset", LATE_DROPPED),
    early("answer_and_reset_empty", "/early-answer-empty", LATE),
    early("answer_and_close", "/early-answer-closed", LATE_DECLARED),
    early("answer_until_end", "/early-answer-until-end", LATE_DECLARED),
    Test { at: At::Tls, ..early("tls_answer_before_end", "/early-answer", LATE) },
    Test { at: At::Tls, ..early("tls_answer_and_reset", "/early-answer-reset", LATE) },
    Test { at: At::Http2, ..early("http2_answer_before_body", "/early-answer", &["body=5000000"]) },
    Test { at: At::Http2, ..early("http2_answer_before_end", "/early-answer", LATE) },
    Test { at: At::Http2, ..early("http2_answer_before_end_read", "/early-answer-read", LATE) },
    Test { at: At::Http2, ..early("http2_answer_before_end_dropped", "/early-answer-read", LATE_DROPPED) },
    Test { options: &["header=x-a:1", "header=X-B:2"], ..get("headers", "/headers") },
    Test { same: false, ..get("closes_early", "/early-close") },
    Test { same: false, ..get("closes_in_chunks", "/early-close-chunks") },
    Test { same: false, ..get("closes_at_once", "/close") },
    Test { same: false, ..get("no_http", "/garbage") },
    Test { same: false, ..get("bad_chunk", "/bad-chunk") },
    Test { same: false, ..get("bad_length", "/bad-length") },
    Test { same: false, ..get("large_head", "/large-head") },
    Test { same: false, ..get("endless_head", "/endless-head") },
    Test { same: false, ..get("large_trailers", "/large-trailers") },
    Test { same: false, options: &["first-byte=50"], ..get("silent", "/never") },
    Test { same: false, options: &["between-bytes=50"], ..get("silent_within", "/stall") },
    Test { options: &["drop=future"], ..get("drop_future", "/never") },
    Test { options: &["drop=response"], ..get("drop_response", "/large") },
    Test { options: &["drop=incoming"], ..get("drop_incoming", "/large") },
    Test { options: &["drop=contents"], ..get("drop_contents", "/large") },
    Test { method: "POST", options: &["body=5", "drop=body"], same: false, ..get("drop_body", "/count") },
    Test { options: &["count=1000"], same: false, ..get("thousand", "/hello") },
    at("refused", At::Nobody, "GET", "/", &[]),
    at("connect_method", At::Plain, "CONNECT", "/", &["path=none"]),
    at("connect_method_with_path", At::Plain, "CONNECT", "/", &[]),
    // The table of requests that a guest sends, a row a test.
    raw("get_with_body", "GET", &["body=5"]),
    raw("get_with_body_declared", "GET", &["body=5", "header=content-length:5"]),
    raw("post_without_body", "POST", &[]),
    raw("post_with_empty_body", "POST", &["body=0"]),
    raw("put_without_body", "PUT", &[]),
    raw("patch_without_body", "PATCH", &[]),
    raw("get_without_body", "GET", &[]),
    raw("get_with_empty_body", "GET", &["body=0"]),
    raw("delete_without_body", "DELETE", &[]),
    raw("delete_with_body", "DELETE", &["body=5"]),
    raw("purge_with_body", "PURGE", &["body=5"]),
    raw("body_declared_and_absent", "POST", &["header=content-length:5"]),
    raw("path_none", "GET", &["path=none"]),
    raw("path_empty", "GET", &["path="]),
    raw("path_query", "GET", &["path=?q=1"]),
    raw("path_fragment", "GET", &["path=/a#f"]),
    raw("path_fragment_alone", "GET", &["path=#f"]),
    raw("path_odd", "GET", &["path=//x/%zz/\u{e4}/a\\b\"^{}"]),
    raw("options_asterisk", "OPTIONS", &["path=*"]),
    raw("options_empty_path", "OPTIONS", &["path="]),
    raw("get_asterisk", "GET", &["path=*"]),
    raw("authority_none", "GET", &["authority=none"]),
    raw("scheme_other_http", "GET", &["scheme=http"]),
    raw("scheme_other_ftp", "GET", &["scheme=ftp"]),
    raw("fields_in_order", "GET", &["header=x-b:1", "header=te:trailers", "header=x-a:2", "header=x-b:3"]),
    raw("equal_lengths", "POST", &["body=5", TWO_LENGTHS, TWO_LENGTHS]),
    raw("two_lengths", "POST", &["body=5", TWO_LENGTHS, "header=content-length:6"]),
    at("http2_fields_in_order", At::InOrder, "GET", "/", IN_ORDER),
    at("scheme_none", At::Tls, "GET", "/hello", &["scheme=none"]),
    get("interim_responses", "/interim"),
    get("gzip", "/gzip"),
    get("fields_of_connection", "/connection"),
    at("http2_get_with_body", At::Http2, "GET", "/count", &["body=5"]),
    at("http2_without_path", At::Http2, "GET", "/", &["path=none"]),
    at("http2_asterisk", At::Http2, "OPTIONS", "/", &["path=*"]),
    at("tls", At::Tls, "GET", "/hello", &[]),
    at("tls_large", At::Tls, "GET", "/large", &[]),
    at("tls_post", At::Tls, "POST", "/count", &["body=5000000"]),
    at("tls_trailers", At::Tls, "GET", "/trailers", &[]),
    at("tls_closes_early", At::Tls, "GET", "/early-close", &[]),
    at("tls_silent", At::Tls, "GET", "/never", &["first-byte=50"]),
    at("tls_wrong_host", At::WrongHost, "GET", "/hello", &[]),
    at("tls_expired", At::Expired, "GET", "/hello", &[]),
    at("tls_untrusted", At::Untrusted, "GET", "/hello", &[]),
    at("http2", At::Http2, "GET", "/hello", &["header=x-a:1"]),
    at("http2_post", At::Http2, "POST", "/count", &["body=5000000", "trailer=x-sum:7"]),
    at("http2_large", At::Http2, "GET", "/large", &[]),
    at("http2_trailers", At::Http2, "GET", "/trailers", &[]),
    at("http2_reset", At::Http2, "GET", "/reset", &[]),
    at("http2_large_head", At::Http2, "GET", "/large-head", &[]),
    at("http2_silent", At::Http2, "GET", "/never", &["first-byte=50"]),
    at("http2_silent_within", At::Http2, "GET", "/stall", &["between-bytes=50"]),
    at("http2_many", At::Http2, "GET", "/hello", &["count=50"]),
    at("full", At::Full, "GET", "/hello", &["connect=50"]),
    at("tls_full", At::TlsFull, "GET", "/hello", &["connect=50"]),
    at("tls_no_tls", At::PlainForTls, "GET", "/hello", &[]),
    at("tls_garbage", At::GarbageForTls, "GET", "/hello", &[]),
    at("tls_alert", At::AlertForTls, "GET", "/hello", &[]),
    at("unroutable", At::Broadcast, "GET", "/hello", &[]),
    // Redirects are not followed: the grants might not cover the other address.
    get("redirect", "/redirect"),
    at("with_user", At::WithUser, "GET", "/hello", &[]),
];

/// A body of which most is written after the response has come.
const LATE: &[&str] = &["body=200000", "late=20000"];
const LATE_DROPPED: &[&str] = &["body=200000", "late=20000", "drop=body"];
const LATE_DECLARED: &[&str] = &["body=200000", "late=20000", "header=content-length:200000"];

const IN_ORDER: &[&str] = &["show=all", "header=x-b:1", "header=x-a:2", "header=x-b:3", "header=x-c:4"];

const TWO_LENGTHS: &str = "header=content-length:5";

/// Host names, each of which the name server answers in its own way.
const NAMES: &[&str] = &[
    "good.test",
    "alias.test",
    "long.test",
    "longest.test",
    "missing.test",
    "empty.test",
    "broken.test",
    "refused.test",
    "noisy.test",
    "endless.test",
    "silent.test",
    "in-hosts.test",
    "nowhere.example",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for target in support::targets() {
        for test in TESTS {
            let target = target.clone();
            let name = format!("{}::{}", test.name, target.name);
            trials.push(Trial::test(name, move || check(test, &target)));
        }
        let name = format!("grants::{}", target.name);
        let of_grants = target.clone();
        trials.push(Trial::test(name, move || check_grants(&of_grants)));
        let of_setters = target.clone();
        trials.push(Trial::test(format!("setters::{}", target.name), move || check_setters(&of_setters)));
        let of_fields = target.clone();
        trials.push(Trial::test(format!("fields::{}", target.name), move || check_fields(&of_fields)));
        if target.is_host() {
            let of_kept = target.clone();
            trials.push(Trial::test(format!("kept::{}", target.name), move || kept::check(&of_kept)));
        }
        trials.push(Trial::test(format!("names::{}", target.name), move || check_names(&target)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn url(test: &Test) -> String {
    let servers = server::all();
    let (scheme, host, port) = match test.at {
        At::Plain | At::Raw => ("http", "127.0.0.1", servers.plain),
        At::Nobody => ("http", "127.0.0.1", 1),
        At::Tls => ("https", "localhost", servers.tls),
        At::Http2 => ("https", "localhost", servers.http2),
        At::WrongHost => ("https", "localhost", servers.wrong_host),
        At::Expired => ("https", "localhost", servers.expired),
        At::Untrusted => ("https", "localhost", servers.untrusted),
        At::Full => ("http", "127.0.0.1", servers.full),
        At::TlsFull => ("https", "localhost", servers.full),
        At::PlainForTls => ("https", "localhost", servers.plain),
        At::GarbageForTls => ("https", "localhost", servers.garbage_for_tls),
        At::AlertForTls => ("https", "localhost", servers.alert_for_tls),
        At::Broadcast => ("http", "127.255.255.255", servers.plain),
        At::InOrder => ("https", "localhost", servers.in_order),
        At::WithUser => ("http", "user@127.0.0.1", servers.plain),
    };
    format!("{scheme}://{host}:{port}{}", test.path)
}

fn check(test: &Test, target: &Target) -> Result<(), Failed> {
    let url = url(test);
    let program = target.command(&program(target)?);
    // The limit makes a leaked descriptor fail a test with many requests.
    let mut command = Command::new("bash");
    command.args(["-c", "ulimit -n 64; exec \"$@\"", "bash"]).arg(program.get_program()).args(program.get_args());
    command.args([test.method, &url]).args(test.options).env("AOT_LOG", "denied");
    if test.at == At::Raw {
        command.args(["header=x-raw:1", "show=all"]);
    }
    let actual = output(&command);
    if test.same {
        let mut wasmtime = Command::new(support::tool("wasmtime"));
        wasmtime.args(["run", "-S", "http"]).arg(support::guest(GUEST)).args([test.method, &url]).args(test.options);
        same("what wasmtime prints", &output(&wasmtime), &actual)?;
    }
    expect(test.name, &actual)
}

fn output(command: &Command) -> String {
    let outcome = support::run(command, Limits { seconds: 120, ..Limits::default() });
    format!("{}{}[{}]\n", outcome.stdout_text(), outcome.stderr_text(), outcome.code)
}

fn same(what: &str, expected: &str, actual: &str) -> Result<(), Failed> {
    if expected == actual { Ok(()) } else { Err(format!("differs from {what}\n{expected}---\n{actual}").into()) }
}

/// Guest that sends requests.
const GUEST: &str = "http/client.component.wasm";

/// Returns the guest's executable for a target, which is compiled once, with grants for all servers on this machine.
fn program(target: &Target) -> Result<PathBuf, Failed> {
    static PROGRAMS: OnceLock<Vec<(String, PathBuf)>> = OnceLock::new();
    let programs = PROGRAMS.get_or_init(|| {
        let compile = |target: Target| {
            let hosts = ["http://127.0.0.1:*/", "http://127.255.255.255:*/", "https://localhost:*/"];
            let flags = hosts.map(|host| ["--http", host]).concat();
            (target.name.clone(), compile(&target, &target.name, &flags).unwrap())
        };
        support::targets().into_iter().map(compile).collect()
    });
    let found = programs.iter().find(|(name, _)| *name == target.name);
    Ok(found.ok_or("a target without its program")?.1.clone())
}

fn compile(target: &Target, name: &str, flags: &[&str]) -> Result<PathBuf, Failed> {
    compile_guest(GUEST, target, name, flags)
}

fn compile_guest(guest: &str, target: &Target, name: &str, flags: &[&str]) -> Result<PathBuf, Failed> {
    let folder = Folder::new("http", name);
    let authority = folder.join("authority.pem");
    fs::write(&authority, &certificates::all().authority_pem)?;
    let executable = folder.join("program");
    let mut command = Command::new(support::aot());
    command.arg(support::guest(guest)).args(["--target", &target.name]).args(flags);
    if guest == GUEST {
        command.arg("--http-ca").arg(&authority);
    }
    command.arg("-o").arg(&executable);
    let outcome = support::run(&command, Limits::default());
    if outcome.code != 0 {
        return Err(outcome.stderr_text().into());
    }
    Ok(executable)
}

/// Checks which parts of a request can be set.
fn check_setters(target: &Target) -> Result<(), Failed> {
    let mut command = target.command(&program(target)?);
    command.arg("setters");
    expect("setters", &output(&command))
}

/// Checks the limit of fields, from the flag and lowered at start, for fields that the program builds and that it
/// receives.
fn check_fields(target: &Target) -> Result<(), Failed> {
    let servers = server::all();
    let url = |port: u16, path: &str| format!("http://127.0.0.1:{port}{path}");
    let http2 = format!("https://localhost:{}/trailers", servers.http2);
    let grants = ["--http", "http://127.0.0.1:*/", "--http", "https://localhost:*/"];
    let limited = |limit: &str| {
        compile(target, &format!("{}-{limit}", target.name), &[&grants[..], &["--max-http-fields", limit]].concat())
    };
    let [small, large] = [limited("300")?, limited("1M")?];
    let mut text = String::new();
    let mut run = |program: &Path, url: &str, options: &[&str], variable: Option<&str>| {
        let mut command = target.command(program);
        command.args(["GET", url]).args(options);
        if let Some(value) = variable {
            command.env("AOT_MAX_HTTP_FIELDS", value);
        }
        // Backtraces and ports are left out, because they vary.
        let output = output(&command);
        let lines = output.lines().filter(|line| !line.contains("backtrace") && !line.contains(" - "));
        lines.for_each(|line| text += &format!("{}\n", line.replace(&"y".repeat(100), "[100 y]")));
    };
    let header = format!("header=x-long:{}", "x".repeat(400));
    run(&small, &url(servers.plain, "/hello"), &[], None);
    run(&small, &url(servers.plain, "/hello"), &[&header], None);
    run(&small, &url(servers.plain, "/long-fields"), &[], None);
    run(&small, &url(servers.plain, "/long-trailers"), &[], None);
    run(&small, &http2, &[], Some("100"));
    run(&large, &url(servers.plain, "/long-fields"), &[], Some("1K"));
    run(&large, &url(servers.plain, "/long-fields"), &[], Some("500"));
    run(&small, &url(servers.plain, "/hello"), &[], Some("301"));
    expect("fields", &text)?;
    // This is more than the default allows.
    let mut command = target.command(&large);
    command.args(["GET", &url(servers.plain, "/large-head")]);
    let output = output(&command);
    same("a head of 200,000 bytes", "200", output.get(..3).unwrap_or_default())
}

/// Checks name look-ups, for requests and through the sockets interface. The name server can be set only in a root of
/// the program's own.
fn check_names(target: &Target) -> Result<(), Failed> {
    let program = compile(target, &format!("{}-names", target.name), &["--http", "http://*.test:*/"])?;
    let root = Folder::new("http", &format!("{}-root", target.name));
    fs::create_dir_all(root.join("etc"))?;
    let server = names::server();
    fs::write(root.join("etc/resolv.conf"), format!("nameserver {server}\noptions timeout:1 attempts:1\n"))?;
    fs::write(root.join("etc/hosts"), "127.0.0.1 in-hosts.test\n")?;
    let command = support::in_root(&root, &program, target);
    let port = server::all().plain;
    let mut text = String::new();
    for name in NAMES {
        let mut command = copy(&command);
        command.args(["GET", &format!("http://{name}:{port}/hello")]).env("AOT_LOG", "denied");
        text += &format!("{name}: {}", output(&command).replace(&port.to_string(), "PORT"));
    }
    let udp =
        compile_guest("wasi/udp.component.wasm", target, &format!("{}-udp", target.name), &["--net", "*.test:*"])?;
    let command = support::in_root(&root, &udp, target);
    for name in NAMES {
        let mut command = copy(&command);
        command.args(["look-up", name]).env("AOT_LOG", "denied");
        text += &output(&command);
    }
    root.remove();
    expect("names", &text)
}

fn copy(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    copy
}

/// Compares with a file of `tests/http`.
fn expect(name: &str, actual: &str) -> Result<(), Failed> {
    let file = support::repository().join(format!("tests/http/{name}.expected"));
    if support::blessing() {
        fs::write(&file, actual)?;
    }
    same("the expected output (BLESS=1 rewrites)", &fs::read_to_string(&file).unwrap_or_default(), actual)
}

/// Checks the requests that grants allow and deny, and the messages about denied ones.
fn check_grants(target: &Target) -> Result<(), Failed> {
    let port = server::all().plain;
    let grant = format!("GET http://127.0.0.1:{port}/hello");
    let name = format!("{}-grants", target.name);
    let program = compile(target, &name, &["--http", &grant])?;
    let denied = |what: &str, by: &str| {
        format!("handle: HTTP-request-denied\naot: denied: {what}; --http '{by}' would allow it\n[0]\n")
    };
    let server = format!("http://127.0.0.1:{port}");
    let local = format!("http://localhost:{port}");
    let run = |method: &str, url: &str, variable: Option<&str>| {
        let mut command = target.command(&program);
        command.args([method, url]).env("AOT_LOG", "denied");
        if let Some(value) = variable {
            command.env("AOT_DENY_HTTP", value);
        }
        output(&command)
    };
    for path in ["/hello", "/hello?x", "/hello/x"] {
        let text = run("GET", &format!("{server}{path}"), None);
        if !text.starts_with("200 ") {
            return Err(format!("{path}: {text}").into());
        }
    }
    for path in [
        "/",
        "/hellox",
        "/hello/../x",
        "/hello/%2e%2e/x",
        "/hello/.%2E/x",
        "/hello/..%2fx",
        "/hello/..;/x",
        "/hello/a%5c..",
        "/hello/%252e%252e/x",
        "/hello/%",
    ] {
        let expected = denied(&format!("GET {server}{path}"), &format!("GET {server}/"));
        same(path, &expected, &run("GET", &format!("{server}{path}"), None))?;
    }
    let expected = denied(&format!("POST {server}/hello"), &format!("POST {server}/"));
    same("another method", &expected, &run("POST", &format!("{server}/hello"), None))?;
    let expected = denied(&format!("GET {local}/hello"), &format!("GET {local}/"));
    same("another host", &expected, &run("GET", &format!("{local}/hello"), None))?;
    let expected = denied(&format!("GET {server}/hello"), &format!("GET {server}/"));
    same("taken away", &expected, &run("GET", &format!("{server}/hello"), Some(&grant)))?;
    let text = run("GET", &format!("{server}/hello"), Some("http://127.0.0.1/"));
    if !text.ends_with("[125]\n") {
        return Err(text.into());
    }
    let expected = "request: [0, 0, 1, 0]\n[0]\n";
    same("names and passwords", expected, &run("GET", &format!("http://user@127.0.0.1:{port}/hello"), None))
}
