//! Bounds the instances of a component before the front end writes them out one by one: a component that instantiates
//! another twice, which instantiates another twice, and so on, makes exponentially many of a few bytes. And how deep
//! components lie in each other, each of which costs kilobytes there.

use crate::error::{Error, Result, Stage};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentInstantiationArg, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Parser, Payload,
};

/// The most instances, of components and core modules together. Real compositions have dozens.
const INSTANCES_MAX: u64 = 100_000;

/// The deepest nesting of components. Real compositions have a handful of levels.
const DEPTH_MAX: usize = 1_000;

/// The component that is being read, or a module inside one.
#[derive(Default)]
struct Scope {
    is_component: bool,
    /// The instances that one of its own instances makes.
    instances: u64,
    /// The instances that an instance of each component makes, in the order of its index space.
    components: Vec<u64>,
}

/// Checks a component. What is malformed is left to the front end.
pub(super) fn check(component: &[u8]) -> Result<()> {
    let mut scopes: Vec<Scope> = Vec::new();
    // The most of any component so far, for those of which it isn't known which they are.
    let mut most = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::Version { encoding, range, .. }) => {
                if scopes.len() >= DEPTH_MAX {
                    return Err(too_deep(range.start));
                }
                scopes.push(Scope { is_component: encoding == Encoding::Component, ..Scope::default() });
            }
            Ok(Payload::End(_)) => {
                let Some(done) = scopes.pop().filter(|done| done.is_component) else {
                    continue;
                };
                most = most.max(done.instances);
                match scopes.last_mut() {
                    Some(parent) => parent.components.push(done.instances),
                    None => return bounded(done.instances),
                }
            }
            Ok(payload) => read(&payload, &mut scopes, most),
            Err(_) => break,
        }
    }
    Ok(())
}

fn too_deep(offset: usize) -> Error {
    Error::input(
        Stage::Decode,
        format!("components nest more than {DEPTH_MAX} deep"),
        "put components beside each other, and instantiate them with what they need",
    )
    .at(offset as u64)
}

fn bounded(instances: u64) -> Result<()> {
    if instances <= INSTANCES_MAX {
        return Ok(());
    }
    Err(Error::input(
        Stage::Decode,
        format!("the component makes more than {INSTANCES_MAX} instances"),
        "components that instantiate others several times multiply: share instances instead",
    ))
}

fn read(payload: &Payload<'_>, scopes: &mut [Scope], most: u64) {
    let Some((scope, outer)) = scopes.split_last_mut() else {
        return;
    };
    match payload {
        Payload::InstanceSection(section) => {
            let instances = section.clone().into_iter().flatten();
            scope.add(instances.filter(|instance| matches!(instance, Instance::Instantiate { .. })).count() as u64);
        }
        Payload::ComponentInstanceSection(section) => {
            for instance in section.clone().into_iter().flatten() {
                if let ComponentInstance::Instantiate { component_index, args } = instance {
                    scope.add(scope.instantiated(component_index, &args));
                }
            }
        }
        Payload::ComponentAliasSection(section) => {
            section.clone().into_iter().flatten().for_each(|alias| scope.alias(&alias, outer, most));
        }
        Payload::ComponentImportSection(section) => {
            let imports = section.clone().into_iter().flatten();
            let components = imports.filter(|import| matches!(import.ty, ComponentTypeRef::Component(_)));
            // What an imported component makes is counted where it is passed.
            scope.components.extend(components.map(|_| 0));
        }
        Payload::ComponentExportSection(section) => {
            for export in section.clone().into_iter().flatten() {
                if export.kind == ComponentExternalKind::Component {
                    scope.components.push(scope.of(export.index));
                }
            }
        }
        _ => {}
    }
}

impl Scope {
    fn add(&mut self, instances: u64) {
        self.instances = self.instances.saturating_add(instances);
    }

    /// The instances that an instance of a component makes.
    fn of(&self, component: u32) -> u64 {
        self.components.get(component as usize).copied().unwrap_or(0)
    }

    /// Returns the number of instances that an instantiation makes. Each of them may instantiate a component that is
    /// passed.
    fn instantiated(&self, component: u32, args: &[ComponentInstantiationArg<'_>]) -> u64 {
        let passed = args.iter().filter(|arg| arg.kind == ComponentExternalKind::Component);
        let passed = passed.fold(1u64, |sum, arg| sum.saturating_add(self.of(arg.index)));
        self.of(component).saturating_add(1).saturating_mul(passed)
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>, outer: &[Scope], most: u64) {
        match alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => self.components.push(most),
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count: 0, index } => {
                self.components.push(self.of(*index));
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                let scope = outer.len().checked_sub(*count as usize).and_then(|scope| outer.get(scope));
                self.components.push(scope.map_or(0, |scope| scope.of(*index)));
            }
            _ => {}
        }
    }
}
