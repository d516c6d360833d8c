//! The component that each component instance is of: what is instantiated is followed through imports, exports and aliases.
//!
//! Instances are numbered as the front end does it, in the order in which their instantiations begin.

use crate::error::{Error, Result, Stage};
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentInstantiationArg, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Parser, Payload,
};

/// A component instance, as the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceOrigin {
    /// The place of its component among all components and core modules of the file.
    pub place: usize,
    /// The instance of the outermost component that it belongs to, by their order from 1; 0 for the outermost itself.
    pub part: u32,
    /// The instance in which it is instantiated; none for the outermost.
    pub parent: Option<u32>,
}

/// The origins of component instances, in the order in which they begin. The component has been found valid before.
///
/// # Errors
/// A component comes from outside.
pub fn component_instances(component: &[u8]) -> Result<Vec<InstanceOrigin>> {
    let definitions = definitions(component);
    let root = Component { place: 0, outer: None };
    let mut walk = Walk { definitions: &definitions, scopes: Vec::new(), frames: Vec::new(), origins: Vec::new() };
    walk.begin(root, None);
    walk.run().ok_or_else(|| {
        Error::input(
            Stage::Decode,
            "a component is instantiated that isn't in the file",
            "compose the program with the component before its components get grants of their own",
        )
    })?;
    Ok(walk.origins)
}

/// The steps of each component, by its place.
type Definitions<'a> = HashMap<usize, Vec<Step<'a>>>;

/// A step of an instantiation that has to do with components and instances: most add one to its index space.
enum Step<'a> {
    /// Takes the argument of this name.
    Import(&'a str, ComponentExternalKind),
    /// Defines the component at this place.
    Define(usize),
    /// Makes an instance.
    Instantiate(u32, Box<[ComponentInstantiationArg<'a>]>),
    /// Makes an instance of items that are there: their names, kinds and indices.
    Bundle(Vec<(&'a str, ComponentExternalKind, u32)>),
    /// Takes what an instance exports.
    Alias(u32, &'a str, ComponentExternalKind),
    /// Takes a component that is defined this many levels outside.
    Outer(u32, u32),
    /// Exports an item.
    Export(&'a str, ComponentExternalKind, u32),
}

fn definitions(component: &[u8]) -> Definitions<'_> {
    let mut definitions = Definitions::new();
    let (mut open, mut next) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(component).map_while(std::result::Result::ok) {
        match &payload {
            Payload::Version { encoding, .. } => {
                if *encoding == Encoding::Component {
                    let outer = open.last().and_then(|place| definitions.get_mut(place));
                    outer.into_iter().for_each(|steps: &mut Vec<_>| steps.push(Step::Define(next)));
                    definitions.insert(next, Vec::new());
                }
                open.push(next);
                next += 1;
            }
            Payload::End(_) => _ = open.pop(),
            _ => {
                if let Some(steps) = open.last().and_then(|place| definitions.get_mut(place)) {
                    read(steps, &payload);
                }
            }
        }
    }
    definitions
}

/// Adds the steps of a section.
fn read<'a>(steps: &mut Vec<Step<'a>>, payload: &Payload<'a>) {
    match payload {
        Payload::ComponentImportSection(section) => {
            for import in section.clone().into_iter().flatten() {
                match import.ty {
                    ComponentTypeRef::Component(_) => {
                        steps.push(Step::Import(import.name.name, ComponentExternalKind::Component));
                    }
                    ComponentTypeRef::Instance(_) => {
                        steps.push(Step::Import(import.name.name, ComponentExternalKind::Instance));
                    }
                    _ => {}
                }
            }
        }
        Payload::ComponentInstanceSection(section) => {
            steps.extend(section.clone().into_iter().flatten().map(|instance| match instance {
                ComponentInstance::Instantiate { component_index, args } => Step::Instantiate(component_index, args),
                ComponentInstance::FromExports(exports) => {
                    let of = |export: &wasmparser::ComponentExport<'a>| (export.name.name, export.kind, export.index);
                    Step::Bundle(exports.iter().map(of).collect())
                }
            }));
        }
        Payload::ComponentAliasSection(section) => {
            steps.extend(section.clone().into_iter().flatten().filter_map(|alias| match alias {
                ComponentAlias::InstanceExport { kind, instance_index, name } => {
                    is_followed(kind).then_some(Step::Alias(instance_index, name, kind))
                }
                ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
                    Some(Step::Outer(count, index))
                }
                _ => None,
            }));
        }
        Payload::ComponentExportSection(section) => {
            let exports = section.clone().into_iter().flatten().filter(|export| is_followed(export.kind));
            steps.extend(exports.map(|export| Step::Export(export.name.name, export.kind, export.index)));
        }
        _ => {}
    }
}

fn is_followed(kind: ComponentExternalKind) -> bool {
    matches!(kind, ComponentExternalKind::Component | ComponentExternalKind::Instance)
}

/// A component, and the index of the scope in which it was defined.
#[derive(Clone, Copy)]
struct Component {
    place: usize,
    outer: Option<usize>,
}

/// A component or an instance.
#[derive(Clone)]
enum Item {
    /// A component; none for one from outside.
    Component(Option<Component>),
    /// The components and instances that an instance exports.
    Instance(Rc<Items>),
}

type Items = HashMap<String, Item>;

/// The components that an instantiation knows by their indices.
struct Scope {
    outer: Option<usize>,
    components: Vec<Option<Component>>,
}

/// An instantiation that is going on.
struct Frame<'d, 'a> {
    /// The number of the instance that is made.
    origin: u32,
    steps: &'d [Step<'a>],
    scope: usize,
    /// None for the root, whose imports come from outside.
    arguments: Option<Items>,
    instances: Vec<Rc<Items>>,
    exports: Items,
}

struct Walk<'d, 'a> {
    definitions: &'d Definitions<'a>,
    scopes: Vec<Scope>,
    /// The instantiations that are going on, each within the one before it.
    frames: Vec<Frame<'d, 'a>>,
    origins: Vec<InstanceOrigin>,
}

impl<'a> Walk<'_, 'a> {
    fn begin(&mut self, component: Component, arguments: Option<Items>) {
        // An instance within another one belongs to the same part.
        let before = self.origins.last().map_or(0, |origin| origin.part);
        let part = before + u32::from(self.frames.len() == 1);
        let parent = self.frames.last().map(|frame| frame.origin);
        let origin = self.origins.len() as u32;
        self.origins.push(InstanceOrigin { place: component.place, part, parent });
        let steps = self.definitions.get(&component.place).map_or(&[][..], Vec::as_slice);
        let scope = self.scopes.len();
        self.scopes.push(Scope { outer: component.outer, components: Vec::new() });
        self.frames.push(Frame { origin, steps, scope, arguments, instances: Vec::new(), exports: Items::new() });
    }

    /// Performs all steps, in a loop because nesting has the depth that the input wants.
    fn run(&mut self) -> Option<()> {
        while let Some(frame) = self.frames.last_mut() {
            match frame.steps.split_first() {
                Some((step, rest)) => {
                    frame.steps = rest;
                    self.step(step)?;
                }
                None => {
                    let exports = Rc::new(self.frames.pop()?.exports);
                    self.frames.last_mut().into_iter().for_each(|outer| outer.instances.push(Rc::clone(&exports)));
                }
            }
        }
        Some(())
    }

    fn step(&mut self, step: &Step<'a>) -> Option<()> {
        let frame = self.frames.last_mut()?;
        let item = match step {
            Step::Import(name, kind) => {
                let given = frame.arguments.as_ref().and_then(|arguments| arguments.get(*name));
                given.cloned().unwrap_or_else(|| from_outside(*kind))
            }
            Step::Define(place) => Item::Component(Some(Component { place: *place, outer: Some(frame.scope) })),
            Step::Instantiate(component, arguments) => {
                let component = (*self.scopes[frame.scope].components.get(*component as usize)?)?;
                let arguments = arguments.iter().map(|argument| (argument.name, argument.kind, argument.index));
                let arguments = self.items(arguments)?;
                self.begin(component, Some(arguments));
                return Some(());
            }
            Step::Bundle(exports) => Item::Instance(Rc::new(self.items(exports.iter().copied())?)),
            Step::Alias(instance, name, kind) => {
                let exports = frame.instances.get(*instance as usize)?;
                exports.get(*name).cloned().unwrap_or_else(|| from_outside(*kind))
            }
            Step::Outer(count, index) => {
                let mut scope = &self.scopes[frame.scope];
                for _ in 0..*count {
                    scope = &self.scopes[scope.outer?];
                }
                Item::Component(*scope.components.get(*index as usize)?)
            }
            Step::Export(name, kind, index) => {
                let item = self.item(*kind, *index)?;
                self.frames.last_mut()?.exports.insert(name.to_string(), item.clone());
                item
            }
        };
        self.push(item)
    }

    /// Gives an item the next index.
    fn push(&mut self, item: Item) -> Option<()> {
        let frame = self.frames.last_mut()?;
        match item {
            Item::Component(component) => self.scopes[frame.scope].components.push(component),
            Item::Instance(items) => frame.instances.push(items),
        }
        Some(())
    }

    /// The components and instances among named items.
    fn items<'n>(&self, named: impl Iterator<Item = (&'n str, ComponentExternalKind, u32)>) -> Option<Items> {
        let followed = named.filter(|(_, kind, _)| is_followed(*kind));
        followed.map(|(name, kind, index)| Some((name.to_string(), self.item(kind, index)?))).collect()
    }

    fn item(&self, kind: ComponentExternalKind, index: u32) -> Option<Item> {
        let frame = self.frames.last()?;
        Some(match kind {
            ComponentExternalKind::Component => {
                Item::Component(*self.scopes[frame.scope].components.get(index as usize)?)
            }
            _ => Item::Instance(Rc::clone(frame.instances.get(index as usize)?)),
        })
    }
}

/// An item from outside, of which nothing is known.
fn from_outside(kind: ComponentExternalKind) -> Item {
    match kind {
        ComponentExternalKind::Component => Item::Component(None),
        _ => Item::Instance(Rc::default()),
    }
}
