//! The flags that a program may want, by the host functions that it imports. Its C library imports some that it never calls.

use crate::args::ProgramArgs;
use aot_compiler::driver::Check;
use serde::Serialize;

/// A flag that a program may want.
#[derive(Clone, Copy, Serialize)]
pub struct Suggestion {
    /// The flag.
    pub flag: &'static str,
    /// A value in the flag's form, to fill in; empty for a flag without one.
    pub value: &'static str,
    /// The part of the program that asks for it, in words.
    pub reason: &'static str,
}

impl Suggestion {
    /// The flag with its value.
    pub fn words(&self) -> String {
        format!("{} {}", self.flag, self.value).trim_end().to_string()
    }
}

/// A row: the beginnings and ends of the symbols that ask for a flag, and whether it was given already.
struct Row {
    symbols: &'static [(&'static str, &'static str)],
    is_given: fn(&ProgramArgs) -> bool,
    suggestion: Suggestion,
}

const ROWS: &[Row] = &[
    Row {
        symbols: &[("wasi_snapshot_preview1#", "path_open"), ("wasi:filesystem/types@", ".open-at")],
        is_given: |args| !args.directories.is_empty() || !args.embedded.is_empty(),
        suggestion: Suggestion { flag: "--dir", value: "HOST::GUEST:ro", reason: "opens files" },
    },
    Row {
        symbols: &[("wasi_snapshot_preview1#", "environ_get"), ("wasi:cli/environment@", "#get-environment")],
        is_given: |args| !args.environment.is_empty() || !args.inherited.is_empty(),
        suggestion: Suggestion { flag: "--env", value: "NAME=VALUE", reason: "reads environment variables" },
    },
    Row {
        symbols: &[
            ("wasi:sockets/tcp@", ".start-connect"),
            ("wasi:sockets/udp@", ".stream"),
            ("wasi:sockets/types@", ".connect"),
            ("wasi:sockets/types@", "udp-socket.send"),
            ("wasi:sockets/ip-name-lookup@", "resolve-addresses"),
        ],
        is_given: |args| !args.net.is_empty(),
        suggestion: Suggestion { flag: "--net", value: "HOST:PORT", reason: "looks names up, connects or sends" },
    },
    Row {
        symbols: &[
            ("wasi:sockets/tcp@", ".start-listen"),
            ("wasi:sockets/udp@", ".start-bind"),
            ("wasi:sockets/types@", ".listen"),
            ("wasi:sockets/types@", "udp-socket.bind"),
        ],
        is_given: |args| !args.listen.is_empty(),
        suggestion: Suggestion { flag: "--listen", value: "ADDRESS:PORT", reason: "serves at a local address" },
    },
    Row {
        symbols: &[("wasi_snapshot_preview1#", "sock_accept")],
        is_given: |args| args.inherit_sockets,
        suggestion: Suggestion {
            flag: "--inherit-sockets",
            value: "",
            reason: "accepts connections of sockets that it gets",
        },
    },
    Row {
        symbols: &[("wasi:http/outgoing-handler@", "")],
        is_given: |args| !args.http.is_empty(),
        suggestion: Suggestion { flag: "--http", value: "https://HOST/PATH", reason: "sends HTTP requests" },
    },
    Row {
        symbols: &[("wasi:config/", "")],
        is_given: |args| !args.config.is_empty(),
        suggestion: Suggestion { flag: "--config", value: "NAME=VALUE", reason: "reads configuration values" },
    },
    Row {
        symbols: &[("wasi:keyvalue/", "")],
        is_given: |args| !args.stores.stores.is_empty(),
        suggestion: Suggestion { flag: "--keyvalue", value: "NAME=memory", reason: "opens stores" },
    },
];

/// Returns the flags that a program may want besides those that were given.
pub fn suggestions(check: &Check, args: &ProgramArgs) -> Vec<Suggestion> {
    let asks = |row: &Row| {
        let asks =
            |symbol: &String| row.symbols.iter().any(|(start, end)| symbol.starts_with(start) && symbol.ends_with(end));
        check.host_functions.iter().any(asks)
    };
    let wanted = ROWS.iter().filter(|row| !(row.is_given)(args) && asks(row));
    wanted.map(|row| row.suggestion).collect()
}
