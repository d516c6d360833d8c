//! `wasi:cli/terminal-output`. A terminal can only be told from others.

/// A terminal that is written to.
pub struct TerminalOutput;
