//! The text format, and telling it from the binary one.

use super::lines;
use crate::display::shown;
use crate::error::{Error, Result, Stage};
use std::borrow::Cow;
use std::path::Path;

/// The binary format of `input`: itself, or the assembled text. `name` is for messages. With `debug`, the assembled text
/// has debug information, of which it is the source.
///
/// # Errors
/// If the input is neither, or the text has a fault.
pub fn to_binary<'a>(input: &'a [u8], name: &str, debug: bool) -> Result<Cow<'a, [u8]>> {
    if input.starts_with(b"\0asm") {
        return Ok(Cow::Borrowed(input));
    }
    if input.is_empty() {
        return Err(not_wasm("the file is empty"));
    }
    match std::str::from_utf8(input) {
        Ok(text) if looks_like_text(text) => assemble(text, name, debug).map(Cow::Owned),
        Err(error) if looks_like_text(&String::from_utf8_lossy(input)) => {
            Err(Error::input(Stage::Decode, "the text format has a byte that isn't UTF-8", "save the file as UTF-8")
                .at(error.valid_up_to() as u64))
        }
        _ => Err(not_wasm("neither WebAssembly's binary format (it begins with `\\0asm`) nor its text format")),
    }
}

/// Bytes of text in which a place is looked for: the assembler counts the lines before each instruction anew.
const LOCATED_BYTES_MAX: usize = 256 << 10;

/// The error with the line and column of its offset, if the input is text that isn't huge and the offset lies in a
/// function's body.
pub fn locate(error: Error, input: &[u8], name: &str) -> Error {
    let place = || {
        let offset = error.location().offset.filter(|_| input.len() <= LOCATED_BYTES_MAX)?;
        let text = std::str::from_utf8(input).ok().filter(|_| !input.starts_with(b"\0asm"))?;
        lines::place(&assemble(text, name, false).ok()?, &assemble(text, name, true).ok()?, offset)
    };
    match place() {
        Some((line, column)) => error.at_line(line, column),
        None => error,
    }
}

fn assemble(text: &str, name: &str, debug: bool) -> Result<Vec<u8>> {
    let mut parser = wat::Parser::new();
    let path = if debug { name.to_string() } else { shown(name) };
    if debug {
        parser.generate_dwarf(wat::GenerateDwarf::Full);
    }
    parser.parse_str(Some(Path::new(&path)), text).map_err(|error| {
        let text = cut_lines(&error.to_string());
        // The first line is the message, the others show the place.
        let (message, place) = text.split_once('\n').unwrap_or((&text, ""));
        let message = format!("the text format has a fault: {message}");
        Error::input(Stage::Decode, message, "correct the text at this place").with_excerpt(place)
    })
}

/// A message may show the line of a fault, and a generated file be a single line: cuts what no terminal shows.
fn cut_lines(message: &str) -> String {
    const CHARS_MAX: usize = 160;
    let cut = |line: &str| match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_string(),
    };
    message.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// The text format begins with a parenthesis, after blanks, comments and annotations.
fn looks_like_text(text: &str) -> bool {
    matches!(text.trim_start().as_bytes(), [b'(', ..] | [b';', b';', ..])
}

fn not_wasm(message: &str) -> Error {
    Error::input(
        Stage::Decode,
        message,
        "give a core module or a component, as .wasm or .wat; compile sources for wasm32-wasip1 or wasm32-wasip2",
    )
}
