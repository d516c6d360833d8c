//! `wasi:cli/terminal-stdout`.

use crate::p2::Outcome;
use crate::p2::cli::terminal_output::TerminalOutput as Object;
use crate::p2::interfaces::cli::terminal_output::TerminalOutput;
use aot_host::canonical::handles::Own;
use aot_host::host::Host;
use aot_host::stdio::Standard;

/// The terminal that standard output is, if it is one.
pub fn get_terminal_stdout(host: &mut Host) -> Outcome<Option<Own<TerminalOutput>>> {
    Ok(host.has_terminal(Standard::Output).then(|| host.resources.add(Object)))
}
