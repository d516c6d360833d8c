//! Stage 2 of 7: plan. Resolves every import, table, memory and global of the whole program to the one that defines
//! it, drops what can't be reached, and lays out the slab.
//!
//! ```text
//! Program, Roots ──resolve──▶ Resolved ──instantiate──▶ Instantiation ──liveness──▶ Live ──place──▶ ProgramPlan
//! ```
//!
//! Products are plain data that the later stages borrow.

mod exceptions;
mod heap;
mod host_names;
mod instantiate;
mod liveness;
mod options;
mod place;
mod print;
mod program;
mod resolve;
mod resolved;
mod roots;

use crate::decode::Program;
use crate::error::Result;

pub use heap::{ELEMENTS_OFFSET, is_traced, struct_layout, traced_fields};
pub use host_names::{HOST_IMPORT, HostName};
pub use options::{AddressSpace, HostImports, PlanOptions};
pub use program::*;
pub use roots::{ExportRoot, MainRoot, Roots, Starts, UncallableExport};

/// Plans a program that has everything that `roots` names.
///
/// # Errors
/// Imports that nothing satisfies, limits that are too low, and exports of a type that this version doesn't compile.
pub fn plan(program: &Program<'_>, roots: &Roots, options: &PlanOptions) -> Result<ProgramPlan> {
    let (resolved, resolved_roots) = resolve::resolve(program, roots, options)?;
    let instantiation = instantiate::instantiate(&resolved, roots.starts)?;
    let live = liveness::find(&resolved, &instantiation, &resolved_roots)?;
    place::place(resolved, resolved_roots, instantiation, &live, roots, options)
}
