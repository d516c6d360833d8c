//! `wasi:logging/logging`: a line on standard error for each message.

use std::borrow::Cow;

use crate::p2::Outcome;
use crate::p2::interfaces::logging::logging::Level;
use aot_host::access::Access;
use aot_host::blocking::write_line;

/// Writes a message as `[LEVEL] CONTEXT: MESSAGE`, without the context if it is empty. What a terminal would obey is escaped,
/// so that a message is a line. An error of the stream is nobody's: the interface has none.
pub fn log(host: &mut Access<'_>, level: Level, context: Cow<'_, str>, message: Cow<'_, str>) -> Outcome<()> {
    let level = match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
        Level::Critical => "critical",
    };
    let colon = if context.is_empty() { "" } else { ": " };
    let parts = ["[", level, "] ", &context, colon, &message];
    write_line(host, &parts)
}
