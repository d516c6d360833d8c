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
    /// CLIF to better CLIF.
    Optimize,
    /// CLIF to machine code.
    Codegen,
    /// Machine code and data to an object file.
    Object,
    /// An object file to an executable.
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

/// Help about an input that no tool should have made.
pub const INVALID: &str = "the file isn't valid WebAssembly: make it again, and look at the tool that makes it";
/// Help about a defect of the compiler.
const DEFECT: &str = "this is a defect of aot: please report it with the input";

/// Why a program can't be compiled.
#[derive(Debug)]
pub struct Error(Box<ErrorData>);

#[derive(Debug)]
struct ErrorData {
    stage: Stage,
    location: Location,
    message: String,
    help: String,
}

/// A result of the compiler.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of the input or the options, with what the user can do about it. Messages and help begin in lower case
    /// and have no full stop.
    pub fn input(stage: Stage, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Box::new(ErrorData { stage, location: Location::default(), message: message.into(), help: help.into() }))
    }

    /// An error of the machine that compiles, such as a lack of threads, with what the user can do about it.
    pub fn machine(stage: Stage, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::input(stage, message, help)
    }

    /// A contradiction that only a defect of the compiler explains, whatever the input.
    pub fn defect(stage: Stage, message: impl Into<String>) -> Self {
        Self::input(stage, message, DEFECT)
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
        write!(f, "\n  help: {help}")
    }
}

impl std::error::Error for Error {}
