//! The definitions of components: what an instantiation of each does, in order.

use crate::decode::errors::reader_error;
use crate::error::{Error, Result, Stage};
use wasmparser::component_types::ResourceId;
use wasmparser::types::Types;
use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExport, ComponentInstance, ComponentType, ComponentTypeSectionReader,
    Encoding, Instance, Parser, Payload, ValidPayload, Validator,
};
use wasmtime_environ::{EntityRef, StaticModuleIndex};

/// The component definitions of an input.
pub(super) struct Definitions<'a> {
    /// The definitions; nested ones come first, the root is the last.
    pub components: Vec<Definition<'a>>,
    /// The number of core modules, in all of them.
    pub modules: usize,
}

/// A component definition.
pub(super) struct Definition<'a> {
    /// The steps of its instantiation.
    pub steps: Vec<Step<'a>>,
    /// The types of everything in its index spaces.
    pub types: Types,
}

/// A step of an instantiation. Most add something to an index space.
pub(super) enum Step<'a> {
    /// Takes the argument of this name.
    Import(&'a str),
    /// Defines a core module.
    Module(StaticModuleIndex),
    /// Defines a component, by its index in [`Definitions::components`].
    Component(usize),
    /// Makes a core instance.
    CoreInstance(Instance<'a>),
    /// Makes a component instance.
    Instance(ComponentInstance<'a>),
    /// Names something that another instance or component has.
    Alias(ComponentAlias<'a>),
    /// Makes a function, of the component model or of core WebAssembly.
    Function(CanonicalFunction),
    /// Defines a resource type.
    Resource(ResourceId),
    /// Exports an item.
    Export(ComponentExport<'a>),
}

/// Reads the definitions of a component that the validator, which must have been reset, has found valid before.
pub(super) fn read<'a>(bytes: &'a [u8], validator: &mut Validator) -> Result<Definitions<'a>> {
    let mut parser = Parser::new(0);
    parser.set_features(*validator.features());
    let mut reader = Reader { open: Vec::new(), done: Definitions { components: Vec::new(), modules: 0 } };
    for payload in parser.parse_all(bytes) {
        payload.and_then(|payload| reader.read(&payload, validator)).map_err(|error| reader_error(&error))?;
    }
    match reader.open.is_empty() {
        true => Ok(reader.done),
        false => Err(Error::defect(Stage::Decode, "a component has no end")),
    }
}

struct Reader<'a> {
    /// The steps of the components that are being read, each in the one before it; `None` for a core module.
    open: Vec<Option<Vec<Step<'a>>>>,
    done: Definitions<'a>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, payload: &Payload<'a>, validator: &mut Validator) -> wasmparser::Result<()> {
        let types = validator.types(0).map_or(0, |types| types.component_type_count());
        let valid = validator.payload(payload)?;
        if let Payload::Version { encoding, .. } = payload {
            self.open.push((*encoding == Encoding::Component).then(Vec::new));
        }
        if let ValidPayload::End(types) = valid {
            self.end(types);
        }
        match self.open.last_mut() {
            Some(Some(steps)) => read_steps(steps, payload, types, validator),
            _ => Ok(()),
        }
    }

    /// Ends the definition that is being read, and takes it into the one around it.
    fn end(&mut self, types: Types) {
        let step = match self.open.pop().flatten() {
            Some(steps) => {
                self.done.components.push(Definition { steps, types });
                Step::Component(self.done.components.len() - 1)
            }
            None => {
                self.done.modules += 1;
                Step::Module(StaticModuleIndex::new(self.done.modules - 1))
            }
        };
        if let Some(Some(steps)) = self.open.last_mut() {
            steps.push(step);
        }
    }
}

/// Reads the steps of a section of a component, which had this many types before it.
fn read_steps<'a>(
    steps: &mut Vec<Step<'a>>,
    payload: &Payload<'a>,
    types: u32,
    validator: &Validator,
) -> wasmparser::Result<()> {
    match payload {
        Payload::ComponentTypeSection(section) => read_resources(steps, section, types, validator)?,
        Payload::ComponentImportSection(section) => {
            for import in section.clone() {
                steps.push(Step::Import(import?.name.name));
            }
        }
        Payload::ComponentCanonicalSection(section) => extend(steps, section.clone(), Step::Function)?,
        Payload::InstanceSection(section) => extend(steps, section.clone(), Step::CoreInstance)?,
        Payload::ComponentInstanceSection(section) => extend(steps, section.clone(), Step::Instance)?,
        Payload::ComponentAliasSection(section) => extend(steps, section.clone(), Step::Alias)?,
        Payload::ComponentExportSection(section) => extend(steps, section.clone(), Step::Export)?,
        _ => {}
    }
    Ok(())
}

fn extend<'a, T>(
    steps: &mut Vec<Step<'a>>,
    section: impl IntoIterator<Item = wasmparser::Result<T>>,
    step: impl Fn(T) -> Step<'a>,
) -> wasmparser::Result<()> {
    for item in section {
        steps.push(step(item?));
    }
    Ok(())
}

fn read_resources<'a>(
    steps: &mut Vec<Step<'a>>,
    section: &ComponentTypeSectionReader<'a>,
    first: u32,
    validator: &Validator,
) -> wasmparser::Result<()> {
    for (index, ty) in (first..).zip(section.clone()) {
        if let (ComponentType::Resource { .. }, Some(types)) = (ty?, validator.types(0)) {
            steps.push(Step::Resource(types.component_any_type_at(index).unwrap_resource().resource()));
        }
    }
    Ok(())
}
