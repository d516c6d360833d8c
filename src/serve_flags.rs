//! Flags of servers: where they serve, how, and their limits.

use crate::limits::{parse_bytes, parse_time};
use crate::network_grants::{parse_host, ports, without_address};
use crate::static_files::{self, StaticArg};
use anyhow::{Context, Result, anyhow, bail};
use aot_compiler::compose::Pattern;
use aot_compiler::policy::network::Hosts;
use aot_compiler::policy::serve::{AccessLog, Address, Serve, ServerLimit, ServerLimits, Tls};
use clap::Args;
use std::path::PathBuf;

/// Most bytes of a Unix socket's path.
const PATH_BYTES_MAX: usize = 107;

const FORM: &str = "write ADDRESS:PORT, where ADDRESS is an address or *, or unix:PATH";

#[derive(Args)]
pub struct ServeArgs {
    /// Serve HTTP there: ADDRESS:PORT, where ADDRESS is an address or * for all, and PORT a number, a range from which
    /// AOT_SERVE chooses, or 0 for one of the system's choice; or unix:PATH. By default 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    pub serve: Vec<Address>,
    /// Let this handler answer the requests whose paths match PATTERN, in a server of several handlers: PATTERN=FILE, where
    /// a segment :NAME of PATTERN matches any segment, and ... at its end everything. The most specific pattern wins.
    #[arg(long = "route", value_name = "PATTERN=FILE", value_parser = parse_route)]
    pub routes: Vec<RouteArg>,
    /// Answer requests for PATH and below with the files of a directory, which are in the executable, and not with the
    /// program: PATH=DIR.
    #[arg(long = "static", value_name = "PATH=DIR", value_parser = static_files::parse)]
    pub static_folders: Vec<StaticArg>,
    /// Make the program's handler of HTTP requests the purpose (handler), or its command (run); by default the handler,
    /// if there is one.
    #[arg(long, value_name = "run|handler", value_parser = parse_entry)]
    pub entry: Option<&'static str>,
    /// Let an instance serve N requests: faster, but what one leaves behind the next can find. By default each request gets a
    /// fresh instance, and an instance of a handler of WASI 0.3 serves 128.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub reuse: Option<u64>,
    /// Let an instance of a handler of WASI 0.3 serve N requests at once; by default 16. With --reuse 1, each request gets a
    /// fresh instance.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub concurrent: Option<u64>,
    /// Worker threads of the server; by default (0) as many as the process has processors.
    #[arg(long, value_name = "N")]
    pub workers: Option<u64>,
    /// Longest time for requests in flight after a signal to end; by default 10 seconds.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub grace: Option<u64>,
    /// Write a line a request to standard output: in the common log format, or as an object of JSON.
    #[arg(long, value_name = "common|json", value_parser = parse_log)]
    pub access_log: Option<AccessLog>,
    /// Answer /healthz, /readyz and /metrics there.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_address)]
    pub admin: Option<Address>,
    /// Serve HTTPS with the certificates in this PEM file, which is read when the server starts, and again at SIGHUP.
    #[arg(long, value_name = "FILE.pem", value_parser = parse_path, requires = "tls_key")]
    pub tls_cert: Option<String>,
    /// Private key of the first certificate.
    #[arg(long, value_name = "FILE.pem", value_parser = parse_path, requires = "tls_cert")]
    pub tls_key: Option<String>,
    /// The most requests in flight; others wait. By default 10000, or as many instances as there is room for.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub max_requests: Option<u64>,
    /// The most requests that wait for an instance; others get status 503. By default 1000.
    #[arg(long, value_name = "N")]
    pub max_queue: Option<u64>,
    /// The most connections of clients; others wait. By default 20000.
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub max_connections: Option<u64>,
    /// The most fields of a request's head; with more, or with more bytes than --max-http-fields, it gets status 431.
    /// By default 100.
    #[arg(long, value_name = "N")]
    pub max_request_fields: Option<u64>,
    /// The most bytes of a request's body; with more, it gets status 413. By default 64M.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub max_request_body: Option<u64>,
    /// The most requests that the program sends for one that it serves; by default 1000.
    #[arg(long, value_name = "N")]
    pub max_outgoing_requests: Option<u64>,
    /// Longest time that a request's head may take; by default 10 seconds.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub head_time: Option<u64>,
    /// Longest time that a connection stays open without a request; by default 60 seconds.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub idle_time: Option<u64>,
    /// Longest time that a client neither sends what is awaited of a body nor takes what there is of a response; by
    /// default 60 seconds.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub stall_time: Option<u64>,
}

impl ServeArgs {
    /// Returns the settings of a server, whose files may have `room` bytes.
    pub fn settings(&self, room: &mut u64) -> Result<Serve> {
        let tls = self.tls_cert.clone().zip(self.tls_key.clone());
        Ok(Serve {
            addresses: self.serve.clone(),
            admin: self.admin.clone(),
            tls: tls.map(|(certificates, key)| Tls { certificates, key }),
            access_log: self.access_log,
            static_folders: static_files::read(&self.static_folders, room)?,
            limits: self.limits(),
        })
    }

    fn limits(&self) -> ServerLimits {
        let mut limits = ServerLimits::default();
        for (limit, value) in [
            (ServerLimit::Requests, self.max_requests),
            (ServerLimit::Queue, self.max_queue),
            (ServerLimit::Connections, self.max_connections),
            (ServerLimit::RequestFields, self.max_request_fields),
            (ServerLimit::RequestBody, self.max_request_body),
            (ServerLimit::OutgoingRequests, self.max_outgoing_requests),
            (ServerLimit::HeadTime, self.head_time),
            (ServerLimit::IdleTime, self.idle_time),
            (ServerLimit::StallTime, self.stall_time),
            (ServerLimit::Grace, self.grace),
            (ServerLimit::Reuse, self.reuse),
            (ServerLimit::Concurrent, self.concurrent),
            (ServerLimit::Workers, self.workers.filter(|workers| *workers > 0)),
        ] {
            if let Some(value) = value {
                limits.set(limit, value);
            }
        }
        limits
    }
}

/// A handler, and the pattern of the paths that it handles.
#[derive(Clone)]
pub struct RouteArg {
    /// The pattern of paths.
    pub pattern: Pattern,
    /// The component.
    pub file: PathBuf,
}

/// Parses the value of `--route`.
fn parse_route(text: &str) -> Result<RouteArg> {
    match text.split_once('=').filter(|(_, file)| !file.is_empty()) {
        Some((pattern, file)) => Ok(RouteArg { pattern: Pattern::parse(pattern)?, file: PathBuf::from(file) }),
        None => bail!("write PATTERN=FILE, such as /users/...=users.wasm"),
    }
}

/// Parses an address of a server.
fn parse_address(text: &str) -> Result<Address> {
    address(text).map_err(|error| anyhow!("{error:#}; {FORM}"))
}

fn address(text: &str) -> Result<Address> {
    if let Some(path) = text.strip_prefix("unix:") {
        if path.is_empty() || path.contains('\0') || path.len() > PATH_BYTES_MAX {
            bail!("the path of a socket has between 1 and {PATH_BYTES_MAX} bytes");
        }
        return Ok(Address::Unix(path.to_string()));
    }
    if text.contains("://") {
        bail!("an address has no scheme");
    }
    without_address(text)?;
    let (host, port) = text.rsplit_once(':').context("a port is missing")?;
    let ip = match parse_host(host)? {
        Hosts::Any => None,
        Hosts::Block(ip, bits) if bits == if ip.is_ipv4() { 32 } else { 128 } => Some(ip),
        Hosts::Block(..) => bail!("{host} is a block of addresses"),
        Hosts::Name(name) if name == "localhost" => bail!("localhost isn't an address: write 127.0.0.1 or [::1]"),
        Hosts::Name(name) => bail!("{name} isn't an address"),
    };
    match ports(port)? {
        (0, u16::MAX) if port == "*" => bail!("a server needs a port, or a range of ports"),
        (0, last) if last > 0 => bail!("a range of ports can't have 0, which is one of the system's choice"),
        ports => Ok(Address::Internet(ip, ports)),
    }
}

/// Parses the name of an entry, as the compiler calls it.
fn parse_entry(text: &str) -> Result<&'static str> {
    match text {
        "run" | "command" => Ok("command"),
        "handler" => Ok("handler"),
        _ => bail!("write run or handler"),
    }
}

/// Parses a number that is at least 1.
fn parse_count(text: &str) -> Result<u64> {
    let count = text.parse().ok().filter(|count| *count > 0);
    count.context("write a number, at least 1")
}

/// Parses the form of the log.
fn parse_log(text: &str) -> Result<AccessLog> {
    match text {
        "common" => Ok(AccessLog::Common),
        "json" => Ok(AccessLog::Json),
        _ => bail!("write common or json"),
    }
}

/// Parses the path of a file on the host, which is there when the server starts.
fn parse_path(text: &str) -> Result<String> {
    if text.is_empty() || text.contains('\0') {
        bail!("a file's path is empty or has a zero byte");
    }
    Ok(text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in ["127.0.0.1:8080", "[::1]:0", "*:8000-8099", "0.0.0.0:80", "[::]:80", "unix:/run/app", "unix:a b"] {
            assert_eq!(parse_address(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_makes_no_sense() {
        let long = format!("unix:{}", "x".repeat(108));
        for text in [
            "",
            "8080",
            ":8080",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:*",
            "127.0.0.1:0-9",
            "127.0.0.1:99999",
            "10.0.0.0/8:80",
            "localhost:80",
            "example.org:80",
            "::1:80",
            "[::1]",
            "http://127.0.0.1:80",
            "unix:",
            &long,
        ] {
            assert!(parse_address(text).is_err(), "{text}");
        }
    }
}
