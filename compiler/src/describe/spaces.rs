//! The index spaces of a component, as far as they tell where something comes from.

use super::binary::{Argument, Instance};
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExport, ComponentExternalKind, ComponentImport, ComponentInstance,
    ComponentOuterAliasKind,
};

/// Something in an index space.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    /// The place in the list of binaries of a component or core module of the file.
    pub binary: Option<usize>,
    /// The origin of the item.
    pub source: Source<'a>,
}

/// The origin of an item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// The component itself defines the item.
    Own,
    /// An import of the component.
    Import(&'a str),
    /// An export of an instance.
    Export { instance: u32, name: &'a str },
    /// An item of an enclosing component.
    Outer,
}

/// The index spaces of a component.
#[derive(Default)]
pub(super) struct Spaces<'a> {
    items: [Vec<Item<'a>>; 6],
    core_instances: u32,
}

impl<'a> Spaces<'a> {
    pub fn push(&mut self, kind: ComponentExternalKind, item: Item<'a>) {
        self.items[number(kind)].push(item);
    }

    pub fn get(&self, kind: ComponentExternalKind, index: u32) -> Option<&Item<'a>> {
        self.items[number(kind)].get(index as usize)
    }

    /// `count` items that are defined here.
    pub fn extend(&mut self, kind: ComponentExternalKind, count: u32) {
        let items = &mut self.items[number(kind)];
        items.extend(std::iter::repeat_n(Item { binary: None, source: Source::Own }, count as usize));
    }

    /// An import; its name.
    pub fn import(&mut self, import: &ComponentImport<'a>) -> String {
        let name = import.name.name;
        self.push(import.ty.kind(), Item { binary: None, source: Source::Import(name) });
        name.to_string()
    }

    /// An export, which is a new index of the same thing; its name.
    pub fn export(&mut self, export: &ComponentExport<'a>) -> String {
        let item = self.get(export.kind, export.index).cloned();
        self.push(export.kind, item.unwrap_or(Item { binary: None, source: Source::Own }));
        export.name.name.to_string()
    }

    /// An alias; `outer` are the enclosing components, innermost first.
    pub fn alias<'s>(&mut self, alias: &ComponentAlias<'a>, mut outer: impl Iterator<Item = &'s Self>)
    where
        'a: 's,
    {
        match *alias {
            ComponentAlias::InstanceExport { kind, instance_index: instance, name } => {
                self.push(kind, Item { binary: None, source: Source::Export { instance, name } });
            }
            ComponentAlias::Outer { kind, count, index } => {
                let kind = match kind {
                    ComponentOuterAliasKind::CoreModule => ComponentExternalKind::Module,
                    ComponentOuterAliasKind::Component => ComponentExternalKind::Component,
                    ComponentOuterAliasKind::Type => ComponentExternalKind::Type,
                    ComponentOuterAliasKind::CoreType => return,
                };
                let binary = match count.checked_sub(1) {
                    None => self.get(kind, index),
                    Some(levels) => outer.nth(levels as usize).and_then(|spaces| spaces.get(kind, index)),
                }
                .and_then(|item| item.binary);
                self.push(kind, Item { binary, source: Source::Outer });
            }
            // Core items aren't followed: what satisfies a core instance is told by instance.
            ComponentAlias::CoreInstanceExport { .. } => {}
        }
    }

    /// A component instance, unless it only groups what is there already.
    pub fn instance(&mut self, instance: &ComponentInstance<'a>) -> Option<Instance> {
        let number = self.items[number(ComponentExternalKind::Instance)].len();
        let made = match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                let argument = |argument: &wasmparser::ComponentInstantiationArg<'a>| Argument {
                    import: argument.name.to_string(),
                    from: self.describe(argument.kind, argument.index),
                };
                Some(Instance {
                    name: format!("instance {number}"),
                    binary: self.get(ComponentExternalKind::Component, *component_index).and_then(|item| item.binary),
                    of: self.describe(ComponentExternalKind::Component, *component_index),
                    // Types take part in the checks of the specification, and satisfy nothing.
                    arguments: args
                        .iter()
                        .filter(|argument| argument.kind != ComponentExternalKind::Type)
                        .map(argument)
                        .collect(),
                })
            }
            ComponentInstance::FromExports(_) => None,
        };
        self.extend(ComponentExternalKind::Instance, 1);
        made
    }

    /// A core instance, likewise.
    pub fn core_instance(&mut self, instance: &wasmparser::Instance<'a>) -> Option<Instance> {
        let number = self.core_instances;
        self.core_instances += 1;
        match instance {
            wasmparser::Instance::Instantiate { module_index, args } => Some(Instance {
                name: format!("core instance {number}"),
                binary: self.get(ComponentExternalKind::Module, *module_index).and_then(|item| item.binary),
                of: self.describe(ComponentExternalKind::Module, *module_index),
                arguments: args
                    .iter()
                    .map(|argument| Argument {
                        import: argument.name.to_string(),
                        from: format!("core instance {}", argument.index),
                    })
                    .collect(),
            }),
            wasmparser::Instance::FromExports(_) => None,
        }
    }

    pub fn canonical(&mut self, function: &CanonicalFunction) {
        if matches!(function, CanonicalFunction::Lift { .. }) {
            self.extend(ComponentExternalKind::Func, 1);
        }
    }

    fn describe(&self, kind: ComponentExternalKind, index: u32) -> String {
        match self.get(kind, index).map(|item| item.source) {
            Some(Source::Import(name)) => format!("import {name}"),
            Some(Source::Export { instance, name }) => format!("{name} of instance {instance}"),
            Some(Source::Outer) => format!("{} {index}, of an enclosing component", word(kind)),
            Some(Source::Own) | None => format!("{} {index}", word(kind)),
        }
    }
}

fn number(kind: ComponentExternalKind) -> usize {
    match kind {
        ComponentExternalKind::Module => 0,
        ComponentExternalKind::Func => 1,
        ComponentExternalKind::Value => 2,
        ComponentExternalKind::Type => 3,
        ComponentExternalKind::Instance => 4,
        ComponentExternalKind::Component => 5,
    }
}

fn word(kind: ComponentExternalKind) -> &'static str {
    match kind {
        ComponentExternalKind::Module => "core module",
        ComponentExternalKind::Func => "function",
        ComponentExternalKind::Value => "value",
        ComponentExternalKind::Type => "type",
        ComponentExternalKind::Instance => "instance",
        ComponentExternalKind::Component => "component",
    }
}
