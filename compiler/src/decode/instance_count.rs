//! Bounds what the front end writes out for the instances of a component, before it does, one by one: a component that
//! instantiates another twice, which instantiates another twice, and so on, makes exponentially many of a few bytes. And how deep
//! components lie in each other, each of which costs kilobytes there, and how many there are.

use super::items::Items;
use crate::error::{Error, Result, Stage};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentInstantiationArg, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Parser, Payload,
};

/// The deepest nesting of components. Real compositions have a handful of levels.
const DEPTH_MAX: usize = 100;
/// The most components and core modules in a file. The validator keeps a list of all types that came before at the end of each, so
/// that its memory grows with the square of their number. Real compositions have dozens.
const BINARIES_MAX: u32 = 4000;

/// The component that is being read, or a module inside one.
#[derive(Default)]
struct Scope {
    is_component: bool,
    /// The items that one of its own instances makes.
    items: Items,
    /// The items of an instance of each component, in the order of its index space.
    components: Vec<Items>,
    /// The items of an instance of each core module, in the order of its index space.
    modules: Vec<Items>,
}

/// The most items of an instance of any component or module so far, for those of which it isn't known which they are.
#[derive(Clone, Copy, Default)]
struct Most {
    component: Items,
    module: Items,
}

/// Checks a component. What is malformed is left to the front end.
///
/// # Errors
/// The components, their instances, or what they have are too many, or components nest too deep.
pub(super) fn check(component: &[u8]) -> Result<()> {
    let (mut scopes, mut most) = (Vec::<Scope>::new(), Most::default());
    let mut binaries = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::Version { encoding, range, .. }) => {
                if scopes.len() >= DEPTH_MAX {
                    return Err(too_deep(range.start));
                }
                binaries += 1;
                if binaries > BINARIES_MAX {
                    return Err(too_many(range.start));
                }
                scopes.push(Scope { is_component: encoding == Encoding::Component, ..Scope::default() });
            }
            Ok(Payload::End(_)) => {
                let Some(done) = scopes.pop() else { break };
                match scopes.last_mut() {
                    Some(parent) => parent.end(&done, &mut most),
                    None => return done.items.check(component.len() as u64),
                }
            }
            Ok(payload) => {
                if let Some((scope, outer)) = scopes.split_last_mut() {
                    scope.read(&payload, outer, most);
                }
            }
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

fn too_many(offset: usize) -> Error {
    Error::input(
        Stage::Decode,
        format!("the file has more than {BINARIES_MAX} components and core modules"),
        "instantiate one several times instead of repeating it",
    )
    .at(offset as u64)
}

impl Scope {
    /// Adds a component or module that ended inside.
    fn end(&mut self, done: &Self, most: &mut Most) {
        let (space, most) = match done.is_component {
            true => (&mut self.components, &mut most.component),
            false => (&mut self.modules, &mut most.module),
        };
        *most = most.max(done.items);
        space.push(done.items);
    }

    fn read(&mut self, payload: &Payload<'_>, outer: &[Self], most: Most) {
        match payload {
            // Of a module: each instance of it names what satisfies each import.
            Payload::ImportSection(section) => self.items.add(Items::parts(section.count())),
            Payload::InstanceSection(section) => {
                section.clone().into_iter().flatten().for_each(|instance| self.core_instance(&instance));
            }
            Payload::ComponentCanonicalSection(section) => self.items.add(Items::functions(section.count())),
            Payload::ComponentTypeSection(section) => self.items.add(Items::parts(section.count())),
            Payload::ComponentInstanceSection(section) => {
                section.clone().into_iter().flatten().for_each(|instance| self.instance(&instance));
            }
            Payload::ComponentAliasSection(section) => {
                self.items.add(Items::parts(section.count()));
                section.clone().into_iter().flatten().for_each(|alias| self.alias(&alias, outer, most));
            }
            Payload::ComponentImportSection(section) => {
                self.items.add(Items::parts(section.count()));
                section.clone().into_iter().flatten().for_each(|import| self.import(import.ty));
            }
            Payload::ComponentExportSection(section) => {
                self.items.add(Items::parts(section.count()));
                for export in section.clone().into_iter().flatten() {
                    match export.kind {
                        ComponentExternalKind::Component => self.components.push(of(&self.components, export.index)),
                        ComponentExternalKind::Module => self.modules.push(of(&self.modules, export.index)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn core_instance(&mut self, instance: &Instance<'_>) {
        match instance {
            Instance::Instantiate { module_index, .. } => {
                self.items.add(of(&self.modules, *module_index));
                self.items.add(Items::INSTANCE);
            }
            Instance::FromExports(exports) => self.items.add(Items::parts(exports.len() as u32)),
        }
    }

    fn instance(&mut self, instance: &ComponentInstance<'_>) {
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                self.items.add(self.instantiated(*component_index, args));
            }
            ComponentInstance::FromExports(exports) => self.items.add(Items::parts(exports.len() as u32)),
        }
    }

    /// The items of an instantiation. A component that is passed may be instantiated by each of them.
    fn instantiated(&self, component: u32, args: &[ComponentInstantiationArg<'_>]) -> Items {
        let mut items = of(&self.components, component);
        items.add(Items::INSTANCE);
        items.add(Items::parts(args.len() as u32));
        let mut passed = Items::default();
        for arg in args {
            match arg.kind {
                ComponentExternalKind::Component => passed.add(of(&self.components, arg.index)),
                ComponentExternalKind::Module => passed.add(of(&self.modules, arg.index)),
                _ => {}
            }
        }
        items.with_each(passed)
    }

    /// Takes note of an import, which is counted where it is passed.
    fn import(&mut self, ty: ComponentTypeRef) {
        match ty {
            ComponentTypeRef::Component(_) => self.components.push(Items::default()),
            ComponentTypeRef::Module(_) => self.modules.push(Items::default()),
            _ => {}
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>, outer: &[Self], most: Most) {
        match *alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
                self.components.push(most.component);
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Module, .. } => {
                self.modules.push(most.module);
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                self.components.push(self.outer(outer, count, |scope| of(&scope.components, index)));
            }
            ComponentAlias::Outer { kind: ComponentOuterAliasKind::CoreModule, count, index } => {
                self.modules.push(self.outer(outer, count, |scope| of(&scope.modules, index)));
            }
            _ => {}
        }
    }

    /// The items of something in the index space of the scope that is this many levels out.
    fn outer(&self, outer: &[Self], count: u32, items: impl Fn(&Self) -> Items) -> Items {
        match count {
            0 => items(self),
            _ => outer
                .len()
                .checked_sub(count as usize)
                .and_then(|scope| outer.get(scope))
                .map_or_else(Items::default, items),
        }
    }
}

/// The items of an instance of something in an index space.
fn of(space: &[Items], index: u32) -> Items {
    space.get(index as usize).copied().unwrap_or_default()
}
