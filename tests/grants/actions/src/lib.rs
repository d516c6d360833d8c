//! Things that a component can try with its own grants.

use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use wasip2::filesystem::preopens::get_directories;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{Fields, OutgoingRequest, Scheme};

/// Does something, and returns what came of it.
pub fn act(action: &str, argument: &str) -> String {
    match action {
        "directories" => {
            let directories = get_directories().into_iter().map(|(_, name)| name);
            directories.collect::<Vec<_>>().join(" ")
        }
        "variables" => {
            let mut variables: Vec<String> = std::env::vars().map(|(name, value)| format!("{name}={value}")).collect();
            variables.sort();
            variables.join(" ")
        }
        "arguments" => std::env::args().skip(1).collect::<Vec<_>>().join(" "),
        "read" => said(std::fs::read_to_string(argument)),
        "write" => said(std::fs::write(argument, "written\n").map(|()| "written")),
        "connect" => said(TcpStream::connect(argument).map(|_| "connected")),
        "listen" => said(TcpListener::bind(argument).map(|_| "listens")),
        "send" => {
            said(UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"data", argument)).map(|_| "sent"))
        }
        "look-up" => said((argument, 0).to_socket_addrs().map(|found| found.count() > 0)),
        "request" => request(argument),
        _ => format!("there is no action {action}"),
    }
}

fn said(result: std::io::Result<impl ToString>) -> String {
    result.map_or_else(|error| error.kind().to_string(), |value| value.to_string().trim_end().to_string())
}

/// Sends a request of HTTP to a server, for `/`.
fn request(authority: &str) -> String {
    let request = OutgoingRequest::new(Fields::new());
    let is_set = request.set_scheme(Some(&Scheme::Http)).and_then(|()| request.set_authority(Some(authority)));
    if is_set.and_then(|()| request.set_path_with_query(Some("/"))).is_err() {
        return String::from("no request");
    }
    let future = match outgoing_handler::handle(request, None) {
        Ok(future) => future,
        Err(error) => return format!("{error:?}"),
    };
    loop {
        match future.get() {
            Some(Ok(Ok(response))) => return response.status().to_string(),
            Some(Ok(Err(error))) => return format!("{error:?}"),
            Some(Err(())) => return String::from("nothing"),
            None => future.subscribe().block(),
        }
    }
}
