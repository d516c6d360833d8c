//! The hosts that programs are made for: WASI, by its worlds, and others, by their imports.

mod foreign;
mod worlds;

pub use foreign::{ForeignHost, foreign_host};
pub use worlds::{World, world_of_binary};

use crate::decode::Program;

/// The world of a decoded component; `None` for a core module, or a component of no world that is known.
pub fn world_of_program(program: &Program<'_>) -> Option<World> {
    let component = program.component.as_ref()?;
    let imports: Vec<&str> = component.imports.iter().map(String::as_str).collect();
    let exports: Vec<&str> = component.exports.iter().map(|export| export.name.as_str()).collect();
    worlds::world(&imports, &exports)
}

/// The host that a decoded core module was made for, if that isn't WASI.
pub fn foreign_host_of_program(program: &Program<'_>) -> Option<&'static ForeignHost> {
    let module = program.modules.values().next().filter(|_| program.component.is_none())?;
    foreign_host(module.imports.iter().map(|import| (import.module.as_str(), import.name.as_str())))
}
