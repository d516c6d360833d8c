//! The functions of a component's imports and exports with the names of their types, which the front end drops: it knows
//! types by their structure alone. Bindings for other languages are made of them.
//!
//! A component gives a type its name where it imports or exports the type. Each such item is a type of its own, whose
//! definition may be an item before it: an alias, as `use` makes them.

use super::errors::{or_missing_feature, reader_error};
use crate::error::{Error, Result, Stage};
use cranelift_entity::{PrimaryMap, entity_impl};
use std::collections::HashMap;
use wasmparser::component_types::{
    AliasableResourceId, ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType,
    ComponentFuncTypeId, ComponentInstanceTypeId, ComponentValType,
};
use wasmparser::types::Types;
use wasmparser::{ComponentExternName, Parser, Payload, PrimitiveValType, ValidPayload, Validator};

/// A type in [`World::types`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorldTypeId(u32);
entity_impl!(WorldTypeId, "world type");

/// The place that a type's name belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The component itself.
    World,
    /// An imported interface.
    Import(String),
    /// An exported interface.
    Export(String),
}

impl Owner {
    /// The name of the interface, if it is one.
    pub fn interface(&self) -> Option<&str> {
        match self {
            Owner::World => None,
            Owner::Import(name) | Owner::Export(name) => Some(name),
        }
    }
}

/// A type of a component's interfaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorldType {
    /// The place that it is named or written in.
    pub owner: Owner,
    /// The name of the type; none for a type that is written out where it is used.
    pub name: Option<String>,
    /// The kind of the type.
    pub kind: WorldKind,
}

/// A number, a boolean or a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum Scalar {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
}

/// The kinds of types, which refer to earlier types only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum WorldKind {
    /// A number, a boolean or a character.
    Scalar(Scalar),
    String,
    List(WorldTypeId),
    Record(Vec<(String, WorldTypeId)>),
    Tuple(Vec<WorldTypeId>),
    Variant(Vec<(String, Option<WorldTypeId>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    Option(WorldTypeId),
    Result(Option<WorldTypeId>, Option<WorldTypeId>),
    Own(WorldTypeId),
    Borrow(WorldTypeId),
    /// A resource type, which handles refer to.
    Resource,
    Stream(Option<WorldTypeId>),
    Future(Option<WorldTypeId>),
    /// Another name of a type.
    Alias(WorldTypeId),
    /// A type of a later proposal.
    Other(&'static str),
}

/// The type of a function.
#[derive(Clone, Debug)]
pub struct WorldFunction {
    /// True for an asynchronous function.
    pub is_async: bool,
    /// Parameters with their names.
    pub params: Vec<(String, WorldTypeId)>,
    /// The result, if any.
    pub result: Option<WorldTypeId>,
}

/// The functions of a component, each by its interface, which is empty for a function of the component itself, and its name.
pub type WorldFunctions = Vec<((String, String), WorldFunction)>;

/// An interface that a component imports or exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldInterface {
    /// The name, and whether it is imported or exported.
    pub owner: Owner,
    /// The interface that it is, if its name is a plain one.
    pub implements: Option<String>,
}

/// The functions that a component imports and exports, and their types.
#[derive(Debug, Default)]
pub struct World {
    /// All types, each after those that it refers to.
    pub types: PrimaryMap<WorldTypeId, WorldType>,
    /// The imported functions.
    pub imports: WorldFunctions,
    /// The exported functions.
    pub exports: WorldFunctions,
    /// All interfaces, imported and exported.
    pub interfaces: Vec<WorldInterface>,
    /// Whatever else the component imports or exports, in words: modules, components, and types that it exports by themselves.
    pub others: Vec<String>,
}

/// Reads the world of a component.
///
/// # Errors
/// The component isn't valid.
pub fn world(component: &[u8]) -> Result<World> {
    let types = types_of(component).map_err(|error| or_missing_feature(error, component, super::features()))?;
    let mut reader = Reader {
        types: &types,
        world: World::default(),
        named: HashMap::new(),
        known: HashMap::new(),
        met: HashMap::new(),
    };
    for item in items(component) {
        reader.item(&item)?;
    }
    Ok(reader.world)
}

/// The types of a component. Bodies of functions aren't looked at again.
fn types_of(component: &[u8]) -> Result<Types> {
    let mut validator = Validator::new_with_features(super::features());
    let mut last = None;
    for payload in Parser::new(0).parse_all(component) {
        let valid = payload.and_then(|payload| validator.payload(&payload)).map_err(|error| reader_error(&error))?;
        // Components and modules within it end before it.
        if let ValidPayload::End(types) = valid {
            last = Some(types);
        }
    }
    last.ok_or_else(|| Error::defect(Stage::Decode, "a component without an end"))
}

/// An import or export of a component.
struct Item<'b> {
    name: ComponentExternName<'b>,
    is_export: bool,
}

/// A component's imports and exports in their order.
fn items(component: &[u8]) -> Vec<Item<'_>> {
    let (mut depth, mut items) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(component).map_while(std::result::Result::ok) {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                items.extend(section.into_iter().flatten().map(|import| Item { name: import.name, is_export: false }));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                items.extend(section.into_iter().flatten().map(|export| Item { name: export.name, is_export: true }));
            }
            _ => {}
        }
    }
    items
}

struct Reader<'t> {
    types: &'t Types,
    world: World,
    /// The types with names.
    named: HashMap<ComponentAnyTypeId, WorldTypeId>,
    /// The types without names, by what they are and their places.
    known: HashMap<WorldType, WorldTypeId>,
    /// The types without names that were met in this place: each can refer to the one before it several times.
    met: HashMap<ComponentDefinedTypeId, WorldTypeId>,
}

impl Reader<'_> {
    fn item(&mut self, item: &Item<'_>) -> Result<()> {
        let (types, Item { name, is_export }) = (self.types.as_ref(), item);
        let found = match is_export {
            true => types.component_item_for_export(name.name),
            false => types.component_item_for_import(name.name),
        };
        let Some(found) = found else { return Ok(()) };
        match found.ty {
            ComponentEntityType::Type { referenced, created } => {
                self.define(&Owner::World, name.name, referenced, created)?;
                if *is_export {
                    self.world.others.push(format!("exports the type {}", name.name));
                }
            }
            ComponentEntityType::Func(func) => {
                let function = self.function(&Owner::World, func)?;
                self.functions(*is_export).push(((String::new(), name.name.to_string()), function));
            }
            ComponentEntityType::Instance(instance) => self.interface(name, *is_export, instance)?,
            _ => {
                let verb = if *is_export { "exports" } else { "imports" };
                self.world.others.push(format!("{verb} the module or component {}", name.name));
            }
        }
        Ok(())
    }

    fn functions(&mut self, is_export: bool) -> &mut WorldFunctions {
        if is_export { &mut self.world.exports } else { &mut self.world.imports }
    }

    fn interface(
        &mut self,
        name: &ComponentExternName<'_>,
        is_export: bool,
        instance: ComponentInstanceTypeId,
    ) -> Result<()> {
        let (types, interface) = (self.types, name.name);
        self.met.clear();
        let owner = if is_export { Owner::Export } else { Owner::Import }(interface.to_string());
        let implements = name.implements.map(str::to_string);
        self.world.interfaces.push(WorldInterface { owner: owner.clone(), implements });
        for (name, item) in &types[instance].exports {
            match item.ty {
                ComponentEntityType::Type { referenced, created } => self.define(&owner, name, referenced, created)?,
                ComponentEntityType::Func(func) => {
                    let function = self.function(&owner, func)?;
                    self.functions(is_export).push(((interface.to_string(), name.clone()), function));
                }
                _ => {
                    let words = format!("has the instance, module or component {name} in its interface {interface}");
                    self.world.others.push(words);
                }
            }
        }
        self.met.clear();
        Ok(())
    }

    /// Defines a type under its name.
    fn define(
        &mut self,
        owner: &Owner,
        name: &str,
        referenced: ComponentAnyTypeId,
        created: ComponentAnyTypeId,
    ) -> Result<()> {
        let kind = match (self.aliased(referenced), referenced) {
            (Some(aliased), _) => WorldKind::Alias(aliased),
            (None, ComponentAnyTypeId::Resource(_)) => WorldKind::Resource,
            (None, ComponentAnyTypeId::Defined(defined)) => self.kind(owner, defined)?,
            _ => return Ok(()),
        };
        let ty = WorldType { owner: owner.clone(), name: Some(name.to_string()), kind };
        let id = self.world.types.push(ty);
        self.named.insert(created, id);
        Ok(())
    }

    /// The named type that a type is another name of.
    fn aliased(&self, ty: ComponentAnyTypeId) -> Option<WorldTypeId> {
        let before = |ty: &ComponentAnyTypeId| self.types.as_ref().peel_alias(*ty);
        std::iter::successors(Some(ty), before).find_map(|ty| self.named.get(&ty).copied())
    }

    fn function(&mut self, owner: &Owner, func: ComponentFuncTypeId) -> Result<WorldFunction> {
        let ty = &self.types[func];
        let params = ty.params.iter().map(|(name, ty)| Ok((name.to_string(), self.value(owner, ty)?)));
        let params = params.collect::<Result<_>>()?;
        let result = ty.result.as_ref().map(|ty| self.value(owner, ty)).transpose()?;
        Ok(WorldFunction { is_async: ty.async_, params, result })
    }

    /// The type of a value. The validator bounds the depth of types, so this recursion is bounded too.
    fn value(&mut self, owner: &Owner, ty: &ComponentValType) -> Result<WorldTypeId> {
        let id = match *ty {
            ComponentValType::Primitive(ty) => return Ok(self.nameless(&Owner::World, primitive(ty))),
            ComponentValType::Type(id) => id,
        };
        let named = self.named.get(&ComponentAnyTypeId::Defined(id));
        if let Some(known) = named.or_else(|| self.met.get(&id)) {
            return Ok(*known);
        }
        let kind = self.kind(owner, id)?;
        let known = self.nameless(owner, kind);
        self.met.insert(id, known);
        Ok(known)
    }

    fn nameless(&mut self, owner: &Owner, kind: WorldKind) -> WorldTypeId {
        let types = &mut self.world.types;
        let ty = WorldType { owner: owner.clone(), name: None, kind };
        *self.known.entry(ty).or_insert_with_key(|ty| types.push(ty.clone()))
    }

    fn kind(&mut self, owner: &Owner, id: ComponentDefinedTypeId) -> Result<WorldKind> {
        use ComponentDefinedType as T;
        let types = self.types;
        let mut value = |ty: &ComponentValType| self.value(owner, ty);
        Ok(match &types[id] {
            T::Primitive(ty) => primitive(*ty),
            T::List { element, .. } => WorldKind::List(value(element)?),
            T::Record(ty) => {
                let fields = ty.fields.iter().map(|(name, ty)| Ok((name.to_string(), value(ty)?)));
                WorldKind::Record(fields.collect::<Result<_>>()?)
            }
            T::Tuple(ty) => WorldKind::Tuple(ty.types.iter().map(value).collect::<Result<_>>()?),
            T::Variant(ty) => {
                let cases = ty.cases.iter();
                let cases =
                    cases.map(|(name, case)| Ok((name.to_string(), case.ty.as_ref().map(&mut value).transpose()?)));
                WorldKind::Variant(cases.collect::<Result<_>>()?)
            }
            T::Enum(names) => WorldKind::Enum(names.iter().map(ToString::to_string).collect()),
            T::Flags(names) => WorldKind::Flags(names.iter().map(ToString::to_string).collect()),
            T::Option { ty, .. } => WorldKind::Option(value(ty)?),
            T::Result { ok, err, .. } => {
                WorldKind::Result(ok.as_ref().map(&mut value).transpose()?, err.as_ref().map(value).transpose()?)
            }
            T::Own(resource) => WorldKind::Own(self.resource(*resource)?),
            T::Borrow(resource) => WorldKind::Borrow(self.resource(*resource)?),
            T::Map { .. } => WorldKind::Other("map"),
            T::FixedLengthList { .. } => WorldKind::Other("fixed-length list"),
            T::Future { ty, .. } => WorldKind::Future(ty.as_ref().map(value).transpose()?),
            T::Stream { ty, .. } => WorldKind::Stream(ty.as_ref().map(value).transpose()?),
        })
    }

    fn resource(&self, resource: AliasableResourceId) -> Result<WorldTypeId> {
        let known = self.aliased(ComponentAnyTypeId::Resource(resource));
        known.ok_or_else(|| {
            let message = "a function's type has a handle of a resource that the component gives no name";
            Error::input(Stage::Decode, message, "export the resource's type beside the function")
        })
    }
}

fn primitive(ty: PrimitiveValType) -> WorldKind {
    use PrimitiveValType as T;
    match ty {
        T::Bool => WorldKind::Scalar(Scalar::Bool),
        T::S8 => WorldKind::Scalar(Scalar::S8),
        T::U8 => WorldKind::Scalar(Scalar::U8),
        T::S16 => WorldKind::Scalar(Scalar::S16),
        T::U16 => WorldKind::Scalar(Scalar::U16),
        T::S32 => WorldKind::Scalar(Scalar::S32),
        T::U32 => WorldKind::Scalar(Scalar::U32),
        T::S64 => WorldKind::Scalar(Scalar::S64),
        T::U64 => WorldKind::Scalar(Scalar::U64),
        T::F32 => WorldKind::Scalar(Scalar::F32),
        T::F64 => WorldKind::Scalar(Scalar::F64),
        T::Char => WorldKind::Scalar(Scalar::Char),
        T::String => WorldKind::String,
        T::ErrorContext => WorldKind::Other("error-context"),
    }
}
