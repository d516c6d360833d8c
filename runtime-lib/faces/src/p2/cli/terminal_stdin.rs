//! `wasi:cli/terminal-stdin`.

use super::Outcome;
use super::terminal_input::TerminalInput as Object;
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::terminal_input::TerminalInput;
use crate::wasi::stdio::Standard;

/// The terminal that standard input is, if it is one.
pub fn get_terminal_stdin(host: &mut Host) -> Outcome<Option<Own<TerminalInput>>> {
    Ok(Standard::Input.is_terminal().then(|| host.resources.add(Object)))
}
