//! What is left of a script for the driver: instances and commands.

use crate::component;
use crate::link::Instance;
use crate::modules;
use crate::reader::Reader;
use crate::report::FileReport;
use crate::spectest;
use crate::value::{Pattern, Value};
use aot_compiler::decode;
use wast::{Wast, WastDirective};

/// What the driver of a file has to do.
#[derive(Debug)]
pub struct Script {
    /// Modules in the binary format; the host module's are the first.
    pub modules: Vec<Vec<u8>>,
    /// How many memories each module defines.
    pub memories: Vec<usize>,
    /// The instances; the host module's are the first.
    pub instances: Vec<Instance>,
    /// The commands in order.
    pub commands: Vec<Command>,
    /// How many assertions the script has, whatever becomes of them.
    pub assertions: u64,
}

/// A command.
#[derive(Debug)]
pub struct Command {
    /// The line of its directive.
    pub line: u32,
    /// Of which instance.
    pub instance: usize,
    /// What to do.
    pub action: Action,
    /// What must come of it.
    pub expectation: Expectation,
}

/// What a command does.
#[derive(Debug)]
pub enum Action {
    /// Runs the start-up of the instance.
    Instantiate,
    /// Calls an exported function.
    Invoke {
        /// The export.
        export: String,
        /// What it is given.
        arguments: Vec<Value>,
    },
    /// Calls an exported function of a component.
    Call {
        /// The export.
        export: String,
        /// What it is given.
        arguments: Vec<component::Value>,
    },
    /// Reads an exported global.
    Get {
        /// The export.
        export: String,
    },
}

/// What must come of a command.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// It returns, whatever: not an assertion.
    Return,
    /// It returns these.
    Results(Vec<Pattern>),
    /// It returns this value of a component, or nothing.
    Value(Option<component::Value>),
    /// It traps with this message.
    Trap(String),
}

/// Reads a script. What can be decided at once is in the report.
///
/// # Errors
/// A message, where the script isn't one.
pub fn read(wast: &mut Wast<'_>, text: &str, report: &mut FileReport) -> Result<Script, String> {
    let hosts = spectest::MODULES.iter().map(|text| modules::assemble_own(text)).collect();
    let mut modules = modules::collect(wast, hosts);
    let binaries: Vec<&[u8]> = modules.binaries.iter().map(Vec::as_slice).collect();
    let program = decode::decode_modules(&binaries).map_err(|error| error.to_string())?;
    let assertions = count_assertions(&wast.directives);
    let mut reader = Reader::new(&program, text, report);
    for (directive, source) in wast.directives.iter_mut().zip(modules.sources) {
        reader.directive(directive, source);
    }
    let (instances, commands, probes) = reader.finish();
    let own = |module: &decode::Module<'_>| module.memories.len() - module.imported_memories;
    let memories = program.modules.values().map(own).chain(probes.iter().map(|_| 0)).collect();
    drop(program);
    modules.binaries.extend(probes);
    Ok(Script { modules: modules.binaries, memories, instances, commands, assertions })
}

/// How many assertions there are.
pub fn count_assertions(directives: &[WastDirective<'_>]) -> u64 {
    let count = |directive: &WastDirective<'_>| match directive {
        WastDirective::Thread(thread) => count_assertions(&thread.directives),
        WastDirective::Module(_)
        | WastDirective::ModuleDefinition(_)
        | WastDirective::ModuleInstance { .. }
        | WastDirective::Register { .. }
        | WastDirective::Invoke(_)
        | WastDirective::Wait { .. } => 0,
        _ => 1,
    };
    directives.iter().map(count).sum()
}
