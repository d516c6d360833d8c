//! The modules of a script in the binary format, and which of them the compiler accepts.

use crate::proposals::need;
use aot_compiler::decode;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, WastExecute, Wat};

/// The fate of a module that a script instantiates.
#[derive(Clone, Debug)]
pub enum Source {
    /// The module runs: its index in [`Modules::binaries`].
    Runs(usize),
    /// The module is left out, because it needs these proposals.
    LeftOut(String),
    /// The front end rejects the module, for this reason.
    Rejected(String),
}

/// The modules that a script instantiates or defines.
#[derive(Debug, Default)]
pub struct Modules {
    /// The modules that run, in the binary format.
    pub binaries: Vec<Vec<u8>>,
    /// The fate of the module in each directive, those of threads behind the thread itself; `None` if it has no module.
    pub sources: Vec<Option<Source>>,
}

/// The fate of a module that has to be rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The front end rejects the module.
    Rejected,
    /// The front end rejects the module, but only for needing these proposals: its own fault isn't seen.
    LeftOut(String),
    /// The front end accepts the module.
    Accepted,
}

/// A lexer that lets through what looks like other text than it is: names of the specification's tests do.
pub fn lexer(text: &str) -> Lexer<'_> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    lexer
}

/// Assembles and classifies the modules of a script, behind those of `before`.
pub fn collect(script: &mut Wast<'_>, before: Vec<Vec<u8>>) -> Modules {
    let mut modules = Modules { binaries: before, sources: Vec::new() };
    modules.collect(&mut script.directives);
    modules
}

impl Modules {
    fn collect(&mut self, directives: &mut [WastDirective<'_>]) {
        for directive in directives {
            let assembled = assemble_of(directive);
            let source = assembled.map(|wasm| self.classify(wasm));
            self.sources.push(source);
            if let WastDirective::Thread(thread) = directive {
                self.collect(&mut thread.directives);
            }
        }
    }

    fn classify(&mut self, wasm: Result<Vec<u8>, String>) -> Source {
        let wasm = match wasm {
            Ok(wasm) => wasm,
            Err(message) => return Source::Rejected(message),
        };
        let Err(error) = decode::decode_modules(&[&wasm]) else {
            self.binaries.push(wasm);
            return Source::Runs(self.binaries.len() - 1);
        };
        let need = need(&wasm);
        match need.valid && !need.proposals.is_empty() {
            true => Source::LeftOut(need.proposals),
            false => Source::Rejected(error.message().to_string()),
        }
    }
}

/// The module of a directive that instantiates or defines one.
fn assemble_of(directive: &mut WastDirective<'_>) -> Option<Result<Vec<u8>, String>> {
    match directive {
        WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => Some(assemble(module)),
        WastDirective::AssertUnlinkable { module, .. }
        | WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. }
        | WastDirective::AssertReturn { exec: WastExecute::Wat(module), .. }
        | WastDirective::AssertException { exec: WastExecute::Wat(module), .. } => Some(assemble_text(module)),
        _ => None,
    }
}

/// Tells if the front end rejects a module, in the text format or the binary one.
pub fn reject(module: &mut QuoteWat<'_>) -> Rejection {
    let Ok(wasm) = assemble(module) else {
        return Rejection::Rejected;
    };
    if decode::decode_modules(&[&wasm]).is_ok() {
        return Rejection::Accepted;
    }
    let need = need(&wasm);
    match need.valid || need.proposals.is_empty() {
        true => Rejection::Rejected,
        false => Rejection::LeftOut(need.proposals),
    }
}

/// Returns true if the front end rejects a module in the binary format.
pub fn is_rejected(wasm: &[u8]) -> bool {
    decode::decode_modules(&[wasm]).is_err()
}

/// A module written inside this crate, in the binary format.
pub fn assemble_own(text: &str) -> Vec<u8> {
    assemble_quoted(text.as_bytes()).unwrap_or_else(|error| panic!("a module of ours: {error}\n{text}"))
}

/// A module or component in the binary format, or what is wrong with its text.
pub fn assemble(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, String> {
    match module.to_test().map_err(|error| error.message())? {
        QuoteWatTest::Binary(wasm) => Ok(wasm),
        QuoteWatTest::Text(text) => assemble_quoted(&text),
    }
}

fn assemble_quoted(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let buffer = ParseBuffer::new_with_lexer(lexer(text)).map_err(|error| error.message())?;
    let mut module = parser::parse::<Wat<'_>>(&buffer).map_err(|error| error.message())?;
    assemble_text(&mut module)
}

/// Assembles a module as [`assemble`] does.
pub fn assemble_text(module: &mut Wat<'_>) -> Result<Vec<u8>, String> {
    module.encode().map_err(|error| error.message())
}
