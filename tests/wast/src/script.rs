//! Parts of a script that are left for the driver: instances and commands.

use crate::component::value::Value as ComponentValue;
use crate::link::Instance;
use crate::value::{Pattern, Value};
use wast::WastDirective;

/// The work of a file's driver: modules, instances and commands.
#[derive(Debug)]
pub struct Script {
    /// Modules in the binary format; the host module's are the first.
    pub modules: Vec<Vec<u8>>,
    /// The number of memories that each module defines.
    pub memories: Vec<usize>,
    /// The instances; the host module's are the first.
    pub instances: Vec<Instance>,
    /// The commands in order.
    pub commands: Vec<Command>,
    /// The number of assertions in the script, whatever becomes of them.
    pub assertions: u64,
}

/// A command of a script: an action and its expectation.
#[derive(Debug)]
pub struct Command {
    /// The line of its directive.
    pub line: u32,
    /// The instance that the action is about.
    pub instance: usize,
    /// The action of the command.
    pub action: Action,
    /// The expectation of the command.
    pub expectation: Expectation,
}

/// The action of a command.
#[derive(Debug)]
pub enum Action {
    /// Runs the start-up of the instance.
    Instantiate,
    /// Calls an exported function.
    Invoke {
        /// The name of the exported function.
        export: String,
        /// The arguments of the call.
        arguments: Vec<Value>,
    },
    /// Calls an exported function of a component.
    Call {
        /// The name of the exported function.
        export: String,
        /// The arguments of the call.
        arguments: Vec<ComponentValue>,
    },
    /// Reads an exported global.
    Get {
        /// The name of the exported global.
        export: String,
    },
}

/// The expected outcome of a command.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// The command returns anything: not an assertion.
    Return,
    /// The command returns values that match these.
    Results(Vec<Pattern>),
    /// The command returns this value of a component, or nothing.
    Value(Option<ComponentValue>),
    /// The command traps with this message.
    Trap(String),
}

/// The number of assertions among directives.
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
