//! Scripts of components. Every instance of a script is one inside a component that is made for it (`compose`), because
//! components that are linked with each other are one program.

mod arguments;
mod build;
mod compose;
mod outer;
mod reader;
pub mod value;

pub use build::build;
pub use reader::read;

use crate::script::Command;
use wasmparser::types::Types;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, Wat};

/// The work of a file's driver: components, instances and commands.
#[derive(Default)]
pub struct Script {
    /// The components.
    pub components: Vec<Component>,
    /// Instances of the components.
    pub instances: Vec<Instance>,
    /// The commands in order.
    pub commands: Vec<Command>,
    /// The number of assertions in the script, whatever becomes of them.
    pub assertions: u64,
}

impl Script {
    /// Returns the component of an instance.
    pub fn component_of(&self, instance: usize) -> &Component {
        &self.components[self.instances[instance].component]
    }
}

/// A component of a script.
pub struct Component {
    /// The component in the binary format.
    pub binary: Vec<u8>,
    /// The types of its imports and exports.
    pub types: Types,
    /// The names of its imports.
    pub imports: Vec<String>,
    /// True if it exports types.
    pub exports_types: bool,
}

/// An instance of a script.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The component of the instance, by index in the script's components.
    pub component: usize,
    /// The arguments that satisfy the imports.
    pub arguments: Vec<Argument>,
}

/// An argument of an instance.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name of the import.
    pub name: String,
    /// The origin of the argument.
    pub source: Source,
}

/// The origin of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An instance of the script, by its index.
    Instance(usize),
    /// The export of this instance that has the import's name.
    ExportOf(usize),
    /// No instance: types are what they are.
    Nothing,
}

impl Source {
    /// Returns the instance of the script that the argument comes from.
    pub fn instance(self) -> Option<usize> {
        match self {
            Source::Instance(instance) | Source::ExportOf(instance) => Some(instance),
            Source::Nothing => None,
        }
    }
}

/// Returns true if a script is about components.
pub fn is_about_components(script: &Wast<'_>) -> bool {
    are_about_components(&script.directives)
}

fn are_about_components(directives: &[WastDirective<'_>]) -> bool {
    directives.iter().any(|directive| match directive {
        WastDirective::Thread(thread) => are_about_components(&thread.directives),
        WastDirective::Module(module)
        | WastDirective::ModuleDefinition(module)
        | WastDirective::AssertMalformed { module, .. }
        | WastDirective::AssertInvalid { module, .. } => is_component(module),
        WastDirective::AssertUnlinkable { module, .. }
        | WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. } => matches!(module, Wat::Component(_)),
        _ => false,
    })
}

fn is_component(module: &QuoteWat<'_>) -> bool {
    matches!(module, QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..))
}
