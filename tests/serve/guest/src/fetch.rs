//! Requests that the guest sends while it handles one.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{ErrorCode, Fields, OutgoingRequest, Scheme};

/// Asks a server of this machine at a port: the status, or why there is none.
pub fn status(port: &str) -> String {
    match ask(port) {
        Ok(status) => status.to_string(),
        Err(code) => format!("{code:?}"),
    }
}

fn ask(port: &str) -> Result<u16, ErrorCode> {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(&format!("127.0.0.1:{port}"))).unwrap();
    let future = handle(request, None)?;
    future.subscribe().block();
    future.get().unwrap().unwrap().map(|response| response.status())
}
