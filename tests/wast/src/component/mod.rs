//! Scripts of components. Every instance of a script is one inside a component that is made for it (`compose`), because
//! components that are linked with each other are one program.

mod build;
mod compose;
mod reader;
pub mod value;

pub use build::build;
pub use reader::read;

use crate::script::Command;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, Wat};

/// The work of a file's driver: components, instances and commands.
#[derive(Debug, Default)]
pub struct Script {
    /// Components in the binary format.
    pub components: Vec<Vec<u8>>,
    /// Instances of the components.
    pub instances: Vec<Instance>,
    /// The commands in order.
    pub commands: Vec<Command>,
    /// The number of assertions in the script, whatever becomes of them.
    pub assertions: u64,
}

/// An instance of a script.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The component of the instance, by index in the script's components.
    pub component: usize,
    /// The arguments that satisfy the imports: the name of each, the instance, and the name of its function if that is
    /// imported.
    pub arguments: Vec<(String, usize, Option<String>)>,
}

/// Returns true if a script is about components.
pub fn is_about_components(script: &Wast<'_>) -> bool {
    script.directives.iter().any(|directive| match directive {
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
