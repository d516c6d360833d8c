//! The HTTP server that wasmtime's programs for `wasi:http` ask: it sends back the contents of each request, with its
//! method and its target in the fields where the programs look for them.

use anyhow::{Result, anyhow};
use std::net::Ipv4Addr;
use std::thread;
use tiny_http::{Header, Request, Response, Server};

/// Starts the server on loopback, at a port of the system's choice, which is returned. It ends with the process.
pub fn start() -> Result<u16> {
    let server =
        Server::http((Ipv4Addr::LOCALHOST, 0)).map_err(|error| anyhow!("starting the HTTP server: {error}"))?;
    let port = server.server_addr().to_ip().map(|address| address.port());
    thread::spawn(move || {
        for request in server.incoming_requests() {
            thread::spawn(move || answer(request));
        }
    });
    port.ok_or_else(|| anyhow!("the HTTP server has no port"))
}

fn answer(mut request: Request) -> std::io::Result<()> {
    let mut contents = Vec::new();
    request.as_reader().read_to_end(&mut contents)?;
    let field = |name: &str, value: &str| Header::from_bytes(name, value);
    let method = field("x-wasmtime-test-method", request.method().as_str());
    let target = field("x-wasmtime-test-uri", request.url());
    let mut response = Response::from_data(contents);
    [method, target].into_iter().flatten().for_each(|field| response.add_header(field));
    request.respond(response)
}
