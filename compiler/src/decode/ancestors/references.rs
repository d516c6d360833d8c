//! References of a component of the front end.

use wasmtime_environ::component::{Component, CoreDef, Export, GlobalInitializer, InstantiateModule};

/// Calls `visit` with each reference to an item of a core instance that can be a function.
pub(super) fn each(component: &mut Component, mut visit: impl FnMut(&mut CoreDef)) {
    for initializer in &mut component.initializers {
        match initializer {
            GlobalInitializer::InstantiateModule(InstantiateModule::Static(_, arguments), _) => {
                arguments.iter_mut().for_each(&mut visit);
            }
            GlobalInitializer::ExtractRealloc(realloc) => visit(&mut realloc.def),
            GlobalInitializer::ExtractCallback(callback) => visit(&mut callback.def),
            GlobalInitializer::ExtractPostReturn(function) => visit(&mut function.def),
            GlobalInitializer::Resource(resource) => resource.dtor.iter_mut().for_each(&mut visit),
            _ => {}
        }
    }
    for (_, export) in &mut component.export_items {
        if let Export::LiftedFunction { func, .. } = export {
            visit(func);
        }
    }
}
