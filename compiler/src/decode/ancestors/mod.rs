//! Calls between a component instance and its ancestors: the instances that instantiated it, directly or not.
//!
//! The component model allows them in both directions since 2026. The front end's line is older and makes adapters of them
//! that trap. It compares the instances of an adapter with a list of ancestors, which is part of what an adapter is asked
//! for: here the same adapters are asked for once more, without that list ([`adapters`]). The ones that trap then are
//! those of functions that the caller's own component instance lifted.
//!
//! The front end doesn't tell what its adapters were made from. So the instantiation of a component with such calls is
//! followed a second time ([`instantiation`]), with the validator's types, as far as adapters depend on it.

mod adapters;
mod concurrent;
mod definitions;
mod frame;
mod functions;
mod imports;
mod instantiation;
mod items;
mod references;
mod resources;

pub(super) use adapters::FrontEnd;

use crate::error::Result;
use wasmtime_environ::Trap;
use wasmtime_environ::component::{GlobalInitializer, InstantiateModule};

impl FrontEnd<'_, '_> {
    /// Replaces the adapters between component instances and their ancestors by ones that call.
    ///
    /// # Errors
    /// The second instantiation differs from the front end's, which is a defect.
    pub fn allow_calls_of_ancestors(&mut self) -> Result<()> {
        if !self.has_refused_calls() || self.imports_modules() {
            return Ok(());
        }
        self.validator.reset();
        let definitions = definitions::read(self.input, self.validator)?;
        let imported = self.translation.component.imported_resources.len();
        let adapters = instantiation::adapters(&definitions, self.modules, self.types, imported)?;
        self.rebuild(definitions.modules, &adapters)
    }

    /// True if an adapter does nothing but trap because it must not be entered.
    fn has_refused_calls(&self) -> bool {
        let made =
            self.modules.values().filter(|module| super::front_end::offset_in(self.input, module.wasm).is_none());
        let mut bodies = made.flat_map(|module| module.function_body_inputs.values());
        bodies.any(|function| {
            let first = function.body.get_operators_reader().and_then(|mut operators| operators.read());
            matches!(first, Ok(wasmparser::Operator::I32Const { value }) if value == Trap::CannotEnterComponent as i32)
        })
    }

    /// True if core modules are imported: such a component is only part of a program.
    fn imports_modules(&self) -> bool {
        let initializers = &self.translation.component.initializers;
        let imported =
            |item: &_| matches!(item, GlobalInitializer::InstantiateModule(InstantiateModule::Import(..), _));
        initializers.iter().any(imported)
    }
}
