//! The lines that a server says at start, on standard error.

use super::listen::{Listener, Listeners};
use aot_foundation::message::Message;
use aot_host::instance::bound::Bound;
use aot_host::policy::serve::ServePolicy;

/// Says where requests are served, how many of them an instance serves, and how many instances there can be.
pub fn announce(serve: &ServePolicy, listeners: &Listeners, bound: Bound) {
    let mut message = Message::to_stderr();
    let scheme = if serve.tls.is_some() { "https" } else { "http" };
    for listener in &listeners.requests {
        say(message.text("Serving HTTP on "), scheme, listener);
    }
    if let Some(admin) = &listeners.admin {
        say(message.text("Serving /healthz, /readyz and /metrics on "), "http", admin);
    }
    match (serve.reuse(), serve.concurrent()) {
        (1, _) => message.text("Each request gets a fresh instance\n"),
        (requests, 1) => {
            message.text("Each instance serves ").decimal(requests).text(" requests, one after another (--reuse)\n")
        }
        (requests, at_once) => {
            message.text("Each instance serves ").decimal(requests).text(" requests (--reuse), ").decimal(at_once);
            message.text(" at once (--concurrent)\n")
        }
    };
    message.text("At most ").decimal(bound.instances).text(" requests at a time");
    if let Some(scarce) = bound.scarce.name() {
        message.text(", as many as the process has ").text(scarce).text(" for");
    }
    message.text("\n");
}

fn say(message: &mut Message, scheme: &str, listener: &Listener) {
    if listener.is_unix {
        message.name(&listener.address).text("\n");
    } else {
        message.text(scheme).text("://").name(&listener.address).text("/\n");
    }
}
