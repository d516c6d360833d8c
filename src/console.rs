//! Output of `aot`, for readers that may be gone: `aot inspect app | head -1` is no failure.

use anyhow::{Context, Result};
use std::io::{self, ErrorKind, Write};

/// Writes to standard output.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("can't write to standard output"),
        _ => Ok(()),
    }
}

/// Writes a line to standard error as `eprintln!` does, but ignores failures.
macro_rules! tell {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        _ = writeln!(std::io::stderr(), $($argument)*);
    }};
}
pub(crate) use tell;
