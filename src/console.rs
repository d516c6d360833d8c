//! Output of `aot`: for people, with colours where clap's messages have them, or for programs. Readers may be gone:
//! `aot inspect app | head -1` is no failure.

use anyhow::{Context, Result};
use aot_compiler::display::{is_disturbing, shown, shown_lines};
use aot_compiler::error;
use clap::ValueEnum;
use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Form of messages on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    /// Text for people.
    #[default]
    Human,
    /// An object of JSON a line.
    Json,
}

/// Messages of a command on standard error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console {
    pub format: MessageFormat,
    /// True if only errors are told.
    pub quiet: bool,
}

/// A message for programs. What isn't known is left out.
#[derive(Default, Serialize)]
pub struct Message<'m> {
    /// `error`, `warning`, `note` or `artifact`.
    kind: &'m str,
    message: String,
    /// The file that the message is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    /// Offset in the file's binary form, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    /// Line of a text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// Column of a text, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// Bytes of an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HELP: Style = AnsiColor::Green.on_default();

impl Console {
    /// Tells an error: its causes, separated by colons.
    pub fn error(self, error: &anyhow::Error) {
        match self.format {
            MessageFormat::Human => self.tell(ERROR, "aot:", &coloured(&text(error))),
            MessageFormat::Json => self.json(&Message::of(error)),
        }
    }

    /// Tells an error of the command line, which clap has put into words.
    pub fn usage_error(self, error: &clap::Error) {
        match self.format {
            MessageFormat::Human => _ = error.print(),
            MessageFormat::Json => {
                let text = error.to_string();
                let first = text.lines().next().unwrap_or_default();
                let message = first.strip_prefix("error: ").unwrap_or(first).to_string();
                self.json(&Message { kind: "error", message, ..Message::default() });
            }
        }
    }

    /// Tells a warning.
    pub fn warning(self, message: &str) {
        match self.format {
            _ if self.quiet => {}
            MessageFormat::Human => self.tell(WARNING, "aot: warning:", &shown(message)),
            MessageFormat::Json => {
                self.json(&Message { kind: "warning", message: message.to_string(), ..Message::default() });
            }
        }
    }

    /// Tells what was asked for with `--verbose` or `--timings`.
    pub fn note(self, message: &str) {
        match self.format {
            MessageFormat::Human => _ = writeln!(anstream::stderr(), "{}", shown(message)),
            MessageFormat::Json => {
                self.json(&Message { kind: "note", message: message.to_string(), ..Message::default() });
            }
        }
    }

    /// Tells programs that a result was written.
    pub fn artifact(self, path: &Path, bytes: u64, target: &str) {
        if self.format == MessageFormat::Json {
            self.json(&Message {
                kind: "artifact",
                message: String::from("written"),
                file: Some(path.display().to_string()),
                bytes: Some(bytes),
                target: Some(target.to_string()),
                ..Message::default()
            });
        }
    }

    fn tell(self, style: Style, label: &str, message: &str) {
        // Failures are ignored: there is nowhere to tell them.
        _ = writeln!(anstream::stderr(), "{style}{label}{style:#} {message}");
    }

    fn json(self, message: &Message<'_>) {
        if let Ok(line) = serde_json::to_string(message) {
            _ = writeln!(io::stderr(), "{}", plain_json(&line));
        }
    }
}

impl Message<'_> {
    fn of(error: &anyhow::Error) -> Self {
        let Some(compiler) = compiler_error(error) else {
            return Self { kind: "error", message: text(error), ..Self::default() };
        };
        // What comes before it is the name of the file.
        let file = error.chain().next().map(ToString::to_string).filter(|_| error.chain().nth(1).is_some());
        let location = compiler.location().clone();
        let place = location.line.or_else(|| place(compiler.excerpt()));
        Self {
            kind: "error",
            message: compiler.message().to_string(),
            file,
            stage: Some(compiler.stage().to_string()),
            module: location.module,
            function: location.function,
            offset: location.offset,
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            help: Some(compiler.help().to_string()),
            ..Self::default()
        }
    }
}

/// Returns the error of the compiler among the causes.
fn compiler_error(error: &anyhow::Error) -> Option<&error::Error> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

/// Returns the causes of an error, separated by colons. Names in them make up no lines; the lines of the compiler's
/// errors are meant.
fn text(error: &anyhow::Error) -> String {
    let causes = error.chain().map(|cause| match cause.downcast_ref::<error::Error>() {
        Some(error) => error.to_string(),
        None => shown(cause.to_string()),
    });
    causes.collect::<Vec<_>>().join(": ")
}

/// Colours the label of the help.
fn coloured(text: &str) -> String {
    let label = "\n  help:";
    match text.rsplit_once(label) {
        Some((before, help)) => format!("{before}\n  {HELP}help:{HELP:#}{help}"),
        None => text.to_string(),
    }
}

/// Returns line and column of an excerpt, which begins with an arrow and `FILE:LINE:COLUMN`.
fn place(excerpt: &str) -> Option<(u64, u64)> {
    let mut numbers = excerpt.lines().next()?.trim_start().strip_prefix("--> ")?.rsplit(':');
    let column = numbers.next()?.parse().ok()?;
    Some((numbers.next()?.parse().ok()?, column))
}

/// Replaces what a terminal would obey in a JSON text, where it can only be a part of strings, by JSON's escapes.
pub fn plain_json(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !is_disturbing(character) {
            plain.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                plain += &format!("\\u{unit:04x}");
            }
        }
    }
    plain
}

/// Writes text of several lines to standard output.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout();
    match out.write_all(shown_lines(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("can't write to standard output"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_no_controls() {
        let text = serde_json::to_string("a\u{9b}\u{202e}\u{7f}\u{e0001}\n").unwrap();
        assert_eq!(plain_json(&text), r#""a\u009b\u202e\u007f\udb40\udc01\n""#);
        assert_eq!(serde_json::from_str::<String>(&plain_json(&text)).unwrap(), "a\u{9b}\u{202e}\u{7f}\u{e0001}\n");
    }

    #[test]
    fn places_of_excerpts() {
        assert_eq!(place("     --> a:b.wat:4:17\n      |"), Some((4, 17)));
        assert_eq!(place("text"), None);
    }
}
