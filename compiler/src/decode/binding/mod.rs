//! Core instances that toolchains put between a program and the host, removed: what they stand for takes their place, so that
//! a component is as small and quick as the core module that it was made of.
//!
//! ```text
//! main ──fd_write──▶ shim ──table──▶ adapter of preview1 ──▶ shim ──table──▶ host      before
//! main ──fd_write──▶ host                                                               after
//! ```
//!
//! Instances are recognised by what their modules import, export and do, and by nothing else: neither by names that tools
//! give them nor by their bytes. What isn't recognised to its end stays as it is.

mod instances;
mod preview1_adapter;
mod shim;
mod wiring;

use crate::decode::Program;
use wiring::Wiring;

/// Binds the imports of a component's core instances to what the instances between them and the host stand for. If
/// `keep_adapter` is set, an adapter of preview1 stays.
pub fn bind(program: &mut Program<'_>, keep_adapter: bool) {
    let Some(component) = &mut program.component else { return };
    // A component that instantiates modules which it imports is only a part of a program.
    if !component.imported_modules.is_empty() {
        return;
    }
    let mut wiring = Wiring { component, modules: &program.modules, types: &program.types };
    // An adapter calls the host through shims, and is called through shims.
    let mut removable = shim::bind(&mut wiring);
    if !keep_adapter {
        let adapters = preview1_adapter::bind(&mut wiring);
        if !adapters.is_empty() {
            removable.extend(adapters);
            shim::bind(&mut wiring);
        }
    }
    instances::remove(wiring.component, &removable);
}
