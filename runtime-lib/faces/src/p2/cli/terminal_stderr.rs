//! `wasi:cli/terminal-stderr`.

use super::Outcome;
use super::terminal_output::TerminalOutput as Object;
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::terminal_output::TerminalOutput;
use crate::wasi::stdio::Standard;

/// The terminal that standard errors is, if it is one.
pub fn get_terminal_stderr(host: &mut Host) -> Outcome<Option<Own<TerminalOutput>>> {
    Ok(Standard::Errors.is_terminal().then(|| host.resources.add(Object)))
}
