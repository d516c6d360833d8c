//! The compiler's one error type: it tells a user the fault in the input, its location, and the remedy.

use crate::display::{shown, shown_lines};
use std::fmt;

/// A stage of the pipeline, by the name that `--timings` and messages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Bytes become validated modules.
    Decode,
    /// Modules become a resolved program with a layout.
    Plan,
    /// Wasm becomes CLIF.
    Translate,
    /// CLIF becomes better CLIF.
    Optimize,
    /// CLIF becomes machine code.
    Codegen,
    /// Machine code and data become an object file.
    Object,
    /// An object file becomes an executable.
    Link,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Decode => "decode",
            Stage::Plan => "plan",
            Stage::Translate => "translate",
            Stage::Optimize => "optimize",
            Stage::Codegen => "codegen",
            Stage::Object => "object",
            Stage::Link => "link",
        })
    }
}

/// Location of an error in the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Core module: its name, or its number in a component.
    pub module: Option<String>,
    /// Function: its name, or its index in the module.
    pub function: Option<String>,
    /// Offset from the start of the input file, in bytes.
    pub offset: Option<u64>,
    /// Line and column in the text that the input is, both counted from 1.
    pub line: Option<(u64, u64)>,
}

/// Help text for input that no tool should have produced.
pub const INVALID: &str = "the file isn't valid WebAssembly: make it again, and look at the tool that makes it";
/// Help text for a defect of the compiler.
const DEFECT: &str = "this is a defect of aot: please report it with the input";

/// Error of the compiler: stage, location, message and help.
#[derive(Debug)]
pub struct Error(Box<ErrorData>);

#[derive(Debug)]
struct ErrorData {
    stage: Stage,
    location: Location,
    message: String,
    /// The place in a text as lines, or nothing.
    excerpt: String,
    help: String,
}

/// Result of the compiler.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Makes an error of the input or the options; `help` says what the user can do. Messages and help begin in lower
    /// case and have no full stop.
    pub fn input(stage: Stage, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Box::new(ErrorData {
            stage,
            location: Location::default(),
            message: message.into(),
            excerpt: String::new(),
            help: help.into(),
        }))
    }

    /// Makes an error of the compiling machine, such as a failure to start threads; `help` says what the user can do.
    pub fn machine(stage: Stage, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::input(stage, message, help)
    }

    /// Makes an error for a contradiction that only a defect of the compiler explains, whatever the input.
    pub fn defect(stage: Stage, message: impl Into<String>) -> Self {
        Self::input(stage, message, DEFECT)
    }

    /// Sets the core module, unless one is set already.
    pub fn in_module(mut self, module: impl Into<String>) -> Self {
        self.0.location.module.get_or_insert_with(|| module.into());
        self
    }

    /// Sets the function, unless one is set already.
    pub fn in_function(mut self, function: impl Into<String>) -> Self {
        self.0.location.function.get_or_insert_with(|| function.into());
        self
    }

    /// True if the error says that no tool should have produced the input.
    pub fn is_of_invalid_input(&self) -> bool {
        self.0.help == INVALID
    }

    /// Sets the message and help of another error, and keeps the location.
    pub fn with_words_of(mut self, other: Self) -> Self {
        self.0.message = other.0.message;
        self.0.help = other.0.help;
        self
    }

    /// Sets the file, for inputs of several files.
    pub fn of_file(mut self, file: &str) -> Self {
        self.0.message = format!("{file}: {}", self.0.message);
        self
    }

    /// Sets the byte offset in the input, unless one is set already.
    pub fn at(mut self, offset: u64) -> Self {
        self.0.location.offset.get_or_insert(offset);
        self
    }

    /// Sets the lines that show the place in a text. Unlike messages, they are no names: they may have several lines.
    pub fn with_excerpt(mut self, lines: impl Into<String>) -> Self {
        self.0.excerpt = lines.into();
        self
    }

    /// Sets the line and column in the text that the input is, which take the place of the offset in messages.
    pub fn at_line(mut self, line: u64, column: u64) -> Self {
        self.0.location.line = Some((line, column));
        self
    }

    /// Returns the stage that found the error.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// Returns the location of the error.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// Returns the message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns what the user can do.
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// Returns the lines that show the place in a text; empty if there are none.
    pub fn excerpt(&self) -> &str {
        &self.0.excerpt
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ErrorData { stage, location, message, excerpt, help } = &*self.0;
        write!(f, "{stage}: {}", shown(message))?;
        if !excerpt.is_empty() {
            write!(f, "\n{}", shown_lines(excerpt))?;
        }
        let parts = [
            location.module.as_ref().map(|module| format!("module {module}")),
            location.function.as_ref().map(|function| format!("function {function}")),
            match location.line {
                Some((line, column)) => Some(format!("line {line}, column {column}")),
                None => location.offset.map(|offset| format!("offset {offset:#x}")),
            },
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            write!(f, "\n  at {}", shown(parts.join(", ")))?;
        }
        write!(f, "\n  help: {}", shown(help))
    }
}

impl std::error::Error for Error {}
