//! One component with all instances of a script inside, each exported under a name of its own.
//!
//! In front of each instance comes an instance of an empty core module, so that the list of core instances, into which
//! the compiler flattens the component, tells to which instance of the script each belongs.

use super::{Instance, Script};
use std::collections::HashMap;
use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentInstanceSection,
    InstanceSection, Module, ModuleSection, RawSection,
};

/// The section of a component inside a component.
const COMPONENT_SECTION: u8 = 4;

/// The component of these instances; `exported` says which of them can be called.
pub fn compose(script: &Script, instances: &[usize], exported: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut outer = Component::new();
    outer.section(&ModuleSection(&Module::new()));
    let mut components: HashMap<usize, u32> = HashMap::new();
    let mut places: HashMap<usize, u32> = HashMap::new();
    let (mut next, mut functions) = (0, 0);
    for &instance in instances {
        let Instance { component, arguments } = &script.instances[instance];
        let count = components.len() as u32;
        let component = *components.entry(*component).or_insert_with_key(|component| {
            outer.section(&RawSection { id: COMPONENT_SECTION, data: &script.components[*component] });
            count
        });
        let mut marker = InstanceSection::new();
        marker.instantiate(0, std::iter::empty::<(&str, wasm_encoder::ModuleArg)>());
        outer.section(&marker);
        let mut satisfied = Vec::new();
        for (name, from, function) in arguments {
            let from = places.get(from).copied().unwrap_or_default();
            satisfied.push(match function {
                None => (name.as_str(), ComponentExportKind::Instance, from),
                Some(function) => {
                    let mut section = ComponentAliasSection::new();
                    let kind = ComponentExportKind::Func;
                    section.alias(Alias::InstanceExport { instance: from, kind, name: function });
                    outer.section(&section);
                    functions += 1;
                    (name.as_str(), kind, functions - 1)
                }
            });
        }
        let mut section = ComponentInstanceSection::new();
        section.instantiate(component, satisfied);
        outer.section(&section);
        places.insert(instance, next);
        next += 1;
        if exported(instance) {
            let mut section = ComponentExportSection::new();
            section.export(name(instance), ComponentExportKind::Instance, next - 1, None);
            outer.section(&section);
            // An export is an instance of its own.
            next += 1;
        }
    }
    outer.finish()
}

/// The name under which an instance is exported.
pub fn name(instance: usize) -> String {
    format!("instance{instance}")
}
