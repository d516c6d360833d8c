//! The component around those of a group, which grows by sections, and its index spaces.

use wasm_encoder::{
    Alias, Component, ComponentAliasSection, ComponentDefinedTypeEncoder, ComponentExportKind, ComponentExportSection,
    ComponentInstanceSection, ComponentTypeSection, InstanceSection, Module, ModuleArg, ModuleSection, RawSection,
};

/// The section of a component inside a component.
const COMPONENT_SECTION: u8 = 4;

/// An item of the component: its kind, and its index among those of its kind.
pub type Item = (ComponentExportKind, u32);

/// A component that isn't finished.
pub struct Outer {
    component: Component,
    /// The number of items of each kind.
    counts: [u32; 6],
    /// The number of exports.
    exports: usize,
}

impl Outer {
    /// A component with an empty core module.
    pub fn new() -> Self {
        let mut component = Component::new();
        component.section(&ModuleSection(&Module::new()));
        Self { component, counts: [0; 6], exports: 0 }
    }

    fn count(&mut self, kind: ComponentExportKind) -> u32 {
        let count = &mut self.counts[kind as usize];
        *count += 1;
        *count - 1
    }

    /// Adds a component inside.
    pub fn component(&mut self, binary: &[u8]) -> u32 {
        self.component.section(&RawSection { id: COMPONENT_SECTION, data: binary });
        self.count(ComponentExportKind::Component)
    }

    /// Instantiates a component inside, behind an instance of the empty module.
    pub fn instantiate(&mut self, component: u32, arguments: Vec<(&str, Item)>) -> u32 {
        let mut marker = InstanceSection::new();
        marker.instantiate(0, std::iter::empty::<(&str, ModuleArg)>());
        self.component.section(&marker);
        let mut section = ComponentInstanceSection::new();
        section.instantiate(component, flat(&arguments));
        self.component.section(&section);
        self.count(ComponentExportKind::Instance)
    }

    /// Makes an instance of items.
    pub fn instance(&mut self, items: &[(&str, Item)]) -> u32 {
        let mut section = ComponentInstanceSection::new();
        section.export_items(flat(items));
        self.component.section(&section);
        self.count(ComponentExportKind::Instance)
    }

    /// Takes an item out of an instance.
    pub fn alias(&mut self, instance: u32, kind: ComponentExportKind, name: &str) -> u32 {
        let mut section = ComponentAliasSection::new();
        section.alias(Alias::InstanceExport { instance, kind, name });
        self.component.section(&section);
        self.count(kind)
    }

    /// Defines a type.
    pub fn define(&mut self, encode: impl FnOnce(ComponentDefinedTypeEncoder<'_>)) -> u32 {
        let mut section = ComponentTypeSection::new();
        encode(section.defined_type());
        self.component.section(&section);
        self.count(ComponentExportKind::Type)
    }

    /// Exports an item, and returns its new index.
    pub fn export(&mut self, name: &str, (kind, index): Item) -> u32 {
        let mut section = ComponentExportSection::new();
        section.export(name, kind, index, None);
        self.component.section(&section);
        self.exports += 1;
        self.count(kind)
    }

    /// Exports a type, so that types of functions can use it, and returns its new index.
    pub fn name_type(&mut self, index: u32) -> u32 {
        let name = format!("type{}", self.exports);
        self.export(&name, (ComponentExportKind::Type, index))
    }

    /// The component in the binary format.
    pub fn finish(self) -> Vec<u8> {
        self.component.finish()
    }
}

fn flat<'i>(items: &[(&'i str, Item)]) -> Vec<(&'i str, ComponentExportKind, u32)> {
    items.iter().map(|(name, (kind, index))| (*name, *kind, *index)).collect()
}
