//! `wasi:cli/terminal-stdin`.

use crate::p2::Outcome;
use crate::p2::cli::terminal_input::TerminalInput as Object;
use crate::p2::interfaces::cli::terminal_input::TerminalInput;
use aot_host::canonical::handles::Own;
use aot_host::host::Host;
use aot_host::stdio::Standard;

/// The terminal that standard input is, if it is one.
pub fn get_terminal_stdin(host: &mut Host) -> Outcome<Option<Own<TerminalInput>>> {
    Ok(host.has_terminal(Standard::Input).then(|| host.resources.add(Object)))
}
