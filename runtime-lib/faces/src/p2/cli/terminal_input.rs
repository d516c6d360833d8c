//! `wasi:cli/terminal-input`. A terminal can only be told from others.

/// A terminal that is read from.
pub struct TerminalInput;
