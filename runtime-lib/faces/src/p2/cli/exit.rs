//! `wasi:cli/exit`.

use crate::p2::Outcome;
use aot_host::host::Host;

/// Ends the program, with status 0 or 1.
pub fn exit(host: &mut Host, status: Result<(), ()>) -> Outcome<()> {
    Err(host.exit(status.is_err().into()))
}

/// Ends the program with a status.
pub fn exit_with_code(host: &mut Host, status_code: u8) -> Outcome<()> {
    Err(host.exit(status_code.into()))
}

/// Ends the program as preview1's adapter does on a status: with 0 for success, else with 1.
pub fn adapter_proc_exit(host: &mut Host, status: u32) -> Outcome<()> {
    Err(host.exit((status != 0).into()))
}
