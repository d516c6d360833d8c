//! The one error of the compiler: what a user needs to find the fault in the input and to act on it.

use std::fmt;

/// A stage of the pipeline, by the name that `--timings` and messages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Bytes to validated modules.
    Decode,
    /// Modules to a resolved program with a layout.
    Plan,
    /// Wasm to CLIF.
    Translate,
    /// CLIF to an object.
    Emit,
    /// Objects to an executable.
    Link,
}

impl Stage {
    /// What to do about an error that says nothing better.
    fn help(self) -> &'static str {
        match self {
            Stage::Decode => "the file isn't valid WebAssembly: make it again, and look at the tool that makes it",
            _ => "this is a defect of aot: please report it with the input",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Decode => "decode",
            Stage::Plan => "plan",
            Stage::Translate => "translate",
            Stage::Emit => "emit",
            Stage::Link => "link",
        })
    }
}

/// Where in the input something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// The core module: its name, or its number in a component.
    pub module: Option<String>,
    /// The function: its name, or its index in the module.
    pub function: Option<String>,
    /// Bytes from the start of the input file.
    pub offset: Option<u64>,
}

/// Why a program can't be compiled.
#[derive(Debug)]
pub struct Error(Box<ErrorData>);

#[derive(Debug)]
struct ErrorData {
    stage: Stage,
    location: Location,
    message: String,
    help: Option<String>,
}

/// A result of the compiler.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `stage` with a message that begins in lower case and has no full stop.
    pub fn new(stage: Stage, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorData { stage, location: Location::default(), message: message.into(), help: None }))
    }

    /// Names the core module, where none is named yet.
    pub fn in_module(mut self, module: impl Into<String>) -> Self {
        self.0.location.module.get_or_insert_with(|| module.into());
        self
    }

    /// Names the function, where none is named yet.
    pub fn in_function(mut self, function: impl Into<String>) -> Self {
        self.0.location.function.get_or_insert_with(|| function.into());
        self
    }

    /// Names the file, where there are several.
    pub fn of_file(mut self, file: &str) -> Self {
        self.0.message = format!("{file}: {}", self.0.message);
        self
    }

    /// Gives the byte offset in the input, where none is given yet.
    pub fn at(mut self, offset: u64) -> Self {
        self.0.location.offset.get_or_insert(offset);
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The stage that found it.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ErrorData { stage, location, message, help } = &*self.0;
        write!(f, "{stage}: {message}")?;
        let parts = [
            location.module.as_ref().map(|module| format!("module {module}")),
            location.function.as_ref().map(|function| format!("function {function}")),
            location.offset.map(|offset| format!("offset {offset:#x}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            write!(f, "\n  at {}", parts.join(", "))?;
        }
        let help = help.as_deref().unwrap_or(stage.help());
        write!(f, "\n  help: {help}")
    }
}

impl std::error::Error for Error {}
