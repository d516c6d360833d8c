//! The front end's product of a component, as its conversion reads it.

use super::component::Options;
use super::interface_types::Resource;
use crate::error::{Error, Result, Stage};
use std::collections::HashMap;
use wasmtime_environ::component as front;

/// A component in the form of the front end.
pub(super) struct Source<'c> {
    pub translation: &'c front::ComponentTranslation,
    pub types: &'c front::ComponentTypes,
    /// The import that each lowering stands for.
    lowered: HashMap<front::LoweredIndex, front::RuntimeImportIndex>,
}

impl<'c> Source<'c> {
    /// A component with its types.
    pub fn new(translation: &'c front::ComponentTranslation, types: &'c front::ComponentTypes) -> Self {
        let lowered = translation.component.initializers.iter().filter_map(|initializer| match initializer {
            front::GlobalInitializer::LowerImport { index, import } => Some((*index, *import)),
            _ => None,
        });
        Self { translation, types, lowered: lowered.collect() }
    }

    /// The imported interface and function that a lowering stands for.
    pub fn import_of_lowering(&self, index: front::LoweredIndex) -> Result<(String, String)> {
        let import = self.lowered.get(&index);
        let import = import.ok_or_else(|| Error::defect(Stage::Decode, "a lowered function has no import"))?;
        Ok(self.import_name(*import))
    }

    pub fn import_name(&self, import: front::RuntimeImportIndex) -> (String, String) {
        let source = &self.translation.component;
        let (root, path) = &source.imports[import];
        (source.import_types[*root].0.clone(), path.join("/"))
    }

    /// The resource type of a table, and the component instance whose handles are in it.
    pub fn resource(&self, table: front::TypeResourceTableIndex) -> (Resource, u32) {
        let front::TypeResourceTable::Concrete { ty, instance } = &self.types[table] else {
            // A type that no value has: an uninstantiable resource in a type.
            return (Resource::Defined(u32::MAX), 0);
        };
        let source = &self.translation.component;
        let resource = match source.defined_resource_index(*ty) {
            Some(defined) => Resource::Defined(defined.as_u32()),
            None => {
                let (interface, name) = self.import_name(source.imported_resources[*ty]);
                Resource::Imported { interface, name }
            }
        };
        (resource, instance.as_u32())
    }

    /// The canonical options of a lifted or lowered function.
    pub fn options(&self, index: front::OptionsIndex) -> Result<Options> {
        let options = &self.translation.component.options[index];
        let front::CanonicalOptionsDataModel::LinearMemory(memory) = options.data_model else {
            return Err(unsupported("the garbage-collected canonical ABI"));
        };
        Ok(Options {
            instance: options.instance.as_u32(),
            memory: memory.memory.map(|index| index.as_u32() as usize),
            realloc: memory.realloc.map(|index| index.as_u32() as usize),
            post_return: options.post_return.map(|index| index.as_u32() as usize),
            callback: options.callback.map(|index| index.as_u32() as usize),
            is_async: options.async_,
            string_encoding: encoding_number(options.string_encoding),
        })
    }
}

/// The number of an encoding of strings, as adapters pass it too.
pub(super) fn encoding_number(encoding: front::StringEncoding) -> u16 {
    match encoding {
        front::StringEncoding::Utf8 => aot_abi::host::STRING_UTF8,
        front::StringEncoding::Utf16 => aot_abi::host::STRING_UTF16,
        front::StringEncoding::CompactUtf16 => aot_abi::host::STRING_LATIN1_UTF16,
    }
}

/// The error for a part of the component model that this version lacks.
pub(super) fn unsupported(what: &str) -> Error {
    Error::input(
        Stage::Decode,
        format!("the component uses {what}"),
        "this version of aot doesn't compile that part of the component model yet",
    )
}
