//! Runs other programs, with errors that name the command.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};

/// Runs `command` with its output on ours; an exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting `{}`", text(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", text(command));
    }
    Ok(())
}

/// Runs `command` and returns what it printed on standard output; what it printed on standard
/// error is part of the error when it fails.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting `{}`", text(command)))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` ended with {}\n{}", text(command), output.status, message.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{}` isn't text", text(command)))
}

/// Cargo, the one that runs us.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The command as one would type it, without quoting.
fn text(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
