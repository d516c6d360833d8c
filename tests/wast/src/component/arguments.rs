//! The arguments of an instance: items of other instances, and types, which are there even if no instance exports them.

use super::outer::{Item, Outer};
use std::collections::HashMap;
use wasm_encoder::reencode::{ReencodeComponent, RoundtripReencoder};
use wasm_encoder::{ComponentExportKind, ComponentValType};
use wasmparser::component_types::{
    AliasableResourceId, ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentInstanceTypeId, ComponentValType as ValType, ResourceId,
};
use wasmparser::types::Types;

/// An instance in the component around.
#[derive(Clone, Copy)]
pub struct Present<'p> {
    /// The index of the instance.
    pub instance: u32,
    /// The types of its component.
    pub types: &'p Types,
    /// The type of an instance that a component exports; none for one of the script.
    pub nested: Option<ComponentInstanceTypeId>,
}

impl Present<'_> {
    fn export(&self, name: &str) -> Option<ComponentEntityType> {
        let item = match self.nested {
            Some(id) => self.types[id].exports.get(name),
            None => self.types.component_item_for_export(name),
        };
        item.map(|item| item.ty)
    }
}

/// Makes the arguments of one instance.
pub struct Arguments<'o, 't> {
    outer: &'o mut Outer,
    /// The types of the component that is instantiated.
    types: &'t Types,
    /// Resource types of the component, by their indices in the one around.
    resources: HashMap<ResourceId, u32>,
    /// The instances that export further ones, and their names there.
    exported: HashMap<ResourceId, (u32, &'t str)>,
    /// Other types of the component, by their indices in the one around.
    defined: HashMap<ComponentDefinedTypeId, u32>,
}

impl<'o, 't> Arguments<'o, 't> {
    /// For a component with these types.
    pub fn new(outer: &'o mut Outer, types: &'t Types) -> Self {
        Self { outer, types, resources: HashMap::new(), exported: HashMap::new(), defined: HashMap::new() }
    }

    /// Returns the argument for an import: an instance if `is_whole` is set, or else its export by the import's name.
    ///
    /// # Errors
    /// A message, if something isn't there that isn't a type.
    pub fn import(&mut self, name: &str, present: Option<Present<'t>>, is_whole: bool) -> Result<Item, String> {
        let item = self.types.component_item_for_import(name).ok_or_else(|| unknown(name))?;
        match item.ty {
            ComponentEntityType::Instance(wanted) if is_whole => self.instance(wanted, present),
            _ if is_whole => Err(format!("an instance for {name:?}")),
            wanted => self.item(name, wanted, present),
        }
    }

    /// An item of an instance that is there, or a type.
    fn item(&mut self, name: &str, wanted: ComponentEntityType, present: Option<Present<'t>>) -> Result<Item, String> {
        let found = present.and_then(|present| Some((present, present.export(name)?)));
        match (wanted, found) {
            (ComponentEntityType::Instance(wanted), Some((of, ComponentEntityType::Instance(id)))) => {
                let instance = self.outer.alias(of.instance, ComponentExportKind::Instance, name);
                self.instance(wanted, Some(Present { instance, nested: Some(id), ..of }))
            }
            (ComponentEntityType::Instance(wanted), None) => self.instance(wanted, None),
            (ComponentEntityType::Type { created, .. }, None) => {
                Ok((ComponentExportKind::Type, self.ty(name, created)?))
            }
            (_, Some((of, _))) => {
                let kind = kind_of(&wanted);
                let index = self.outer.alias(of.instance, kind, name);
                if let ComponentEntityType::Type { created, .. } = wanted {
                    let named = self.outer.name_type(index);
                    self.note(created, named);
                }
                // Functions of an instance are about the type as that instance has it.
                Ok((kind, index))
            }
            (_, None) => Err(unknown(name)),
        }
    }

    /// An instance that has what is wanted: the one that is there, or another of its items and the types that it lacks.
    fn instance(&mut self, wanted: ComponentInstanceTypeId, present: Option<Present<'t>>) -> Result<Item, String> {
        let types = self.types;
        let kind = ComponentExportKind::Instance;
        if let Some(present) = present
            && has_all(types, wanted, &present)
        {
            self.exported.extend(types[wanted].exports.iter().filter_map(|(name, item)| match item.ty {
                ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } => {
                    Some((id.resource(), (present.instance, name.as_str())))
                }
                _ => None,
            }));
            return Ok((kind, present.instance));
        }
        let mut items = Vec::new();
        for (name, item) in &types[wanted].exports {
            items.push((name.as_str(), self.item(name, item.ty, present)?));
        }
        Ok((kind, self.outer.instance(&items)))
    }

    fn note(&mut self, id: ComponentAnyTypeId, index: u32) {
        match id {
            ComponentAnyTypeId::Resource(id) => drop(self.resources.insert(id.resource(), index)),
            ComponentAnyTypeId::Defined(id) => drop(self.defined.insert(id, index)),
            _ => {}
        }
    }

    /// A type that no instance exports.
    fn ty(&mut self, name: &str, id: ComponentAnyTypeId) -> Result<u32, String> {
        let index = match id {
            ComponentAnyTypeId::Resource(id) => self.resource(id.resource()).ok_or_else(|| unknown(name))?,
            ComponentAnyTypeId::Defined(id) => self.defined(id)?,
            _ => return Err(format!("a type of components, instances or functions: {name:?}")),
        };
        let index = self.outer.name_type(index);
        self.note(id, index);
        Ok(index)
    }

    fn value(&mut self, ty: ValType) -> Result<ComponentValType, String> {
        Ok(match ty {
            ValType::Primitive(ty) => RoundtripReencoder.component_primitive_val_type(ty).into(),
            ValType::Type(id) => ComponentValType::Type(self.defined(id)?),
        })
    }

    fn optional(&mut self, ty: Option<ValType>) -> Result<Option<ComponentValType>, String> {
        ty.map(|ty| self.value(ty)).transpose()
    }

    fn resource(&mut self, id: ResourceId) -> Option<u32> {
        if let Some(index) = self.resources.get(&id) {
            return Some(*index);
        }
        let (instance, name) = *self.exported.get(&id)?;
        let index = self.outer.alias(instance, ComponentExportKind::Type, name);
        let index = self.outer.name_type(index);
        self.resources.insert(id, index);
        Some(index)
    }

    fn handle(&mut self, id: AliasableResourceId) -> Result<u32, String> {
        self.resource(id.resource()).ok_or_else(|| "a handle of a resource that isn't there".to_string())
    }

    fn defined(&mut self, id: ComponentDefinedTypeId) -> Result<u32, String> {
        if let Some(index) = self.defined.get(&id) {
            return Ok(*index);
        }
        let index = match self.types.peel_alias(id) {
            Some(of) => self.defined(of)?,
            None => self.define(id)?,
        };
        self.defined.insert(id, index);
        Ok(index)
    }

    fn define(&mut self, id: ComponentDefinedTypeId) -> Result<u32, String> {
        let types = self.types;
        Ok(match &types[id] {
            ComponentDefinedType::Primitive(ty) => {
                let ty = RoundtripReencoder.component_primitive_val_type(*ty);
                self.outer.define(|encoder| encoder.primitive(ty))
            }
            ComponentDefinedType::Record(record) => {
                let fields = record.fields.iter().map(|(name, ty)| Ok((name.as_str(), self.value(*ty)?)));
                let fields: Vec<_> = fields.collect::<Result<_, String>>()?;
                self.outer.define(|encoder| encoder.record(fields))
            }
            ComponentDefinedType::Variant(variant) => {
                let cases = variant.cases.iter().map(|(name, case)| Ok((name.as_str(), self.optional(case.ty)?)));
                let cases: Vec<_> = cases.collect::<Result<_, String>>()?;
                self.outer.define(|encoder| encoder.variant(cases))
            }
            ComponentDefinedType::Tuple(tuple) => {
                let types: Vec<_> = tuple.types.iter().map(|ty| self.value(*ty)).collect::<Result<_, _>>()?;
                self.outer.define(|encoder| encoder.tuple(types))
            }
            ComponentDefinedType::List { element, .. } => {
                let element = self.value(*element)?;
                self.outer.define(|encoder| encoder.list(element))
            }
            ComponentDefinedType::Option { ty, .. } => {
                let ty = self.value(*ty)?;
                self.outer.define(|encoder| encoder.option(ty))
            }
            ComponentDefinedType::Result { ok, err, .. } => {
                let (ok, err) = (self.optional(*ok)?, self.optional(*err)?);
                self.outer.define(|encoder| encoder.result(ok, err))
            }
            ComponentDefinedType::Flags(names) => {
                self.outer.define(|encoder| encoder.flags(names.iter().map(wasmparser::names::KebabString::as_str)))
            }
            ComponentDefinedType::Enum(names) => {
                self.outer.define(|encoder| encoder.enum_type(names.iter().map(wasmparser::names::KebabString::as_str)))
            }
            ComponentDefinedType::Own(id) => {
                let resource = self.handle(*id)?;
                self.outer.define(|encoder| encoder.own(resource))
            }
            ComponentDefinedType::Borrow(id) => {
                let resource = self.handle(*id)?;
                self.outer.define(|encoder| encoder.borrow(resource))
            }
            _ => return Err("a type that scripts can't pass".to_string()),
        })
    }
}

/// Returns true if an instance has all exports that are wanted, those of instances in it too.
fn has_all(types: &Types, wanted: ComponentInstanceTypeId, present: &Present<'_>) -> bool {
    types[wanted].exports.iter().all(|(name, item)| match (item.ty, present.export(name)) {
        (_, None) => false,
        (ComponentEntityType::Instance(wanted), Some(ComponentEntityType::Instance(id))) => {
            has_all(types, wanted, &Present { nested: Some(id), ..*present })
        }
        _ => true,
    })
}

fn kind_of(ty: &ComponentEntityType) -> ComponentExportKind {
    match ty {
        ComponentEntityType::Module(_) => ComponentExportKind::Module,
        ComponentEntityType::Func(_) => ComponentExportKind::Func,
        ComponentEntityType::Value(_) => ComponentExportKind::Value,
        ComponentEntityType::Type { .. } => ComponentExportKind::Type,
        ComponentEntityType::Instance(_) => ComponentExportKind::Instance,
        ComponentEntityType::Component(_) => ComponentExportKind::Component,
    }
}

fn unknown(name: &str) -> String {
    format!("unknown import {name:?}")
}
