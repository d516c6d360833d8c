//! The types of a library's interface, made of those of a world.

use super::names::{Namespaces, snake_case};
use super::types::{Kind, Layout, Resource, Type, TypeId, Types, UsedResource};
use crate::decode::{Owner, Scalar, World, WorldFunction, WorldKind, WorldType, WorldTypeId};
use crate::error::{Error, Result, Stage};
use crate::plan::ResourceType;
use std::collections::{BTreeSet, HashMap, HashSet};

/// The longest name of a type, in bytes. Names of types without names are made of those of their parts.
const NAME_BYTES_MAX: usize = 1024;

/// The most names that flags have.
const FLAGS_MAX: usize = 32;

/// Makes the types that functions need, and those that exported interfaces name.
pub struct Builder<'b> {
    library: &'b str,
    /// The resource types of the host program, by interface and name.
    host_resources: &'b HashMap<(String, String), ResourceType>,
    /// The types so far.
    pub types: Types,
    scalars: HashMap<Scalar, TypeId>,
    /// The types of the world that are made.
    made: HashMap<WorldTypeId, TypeId>,
    /// The types that need no definition of their own any more, by their names.
    nameless: HashMap<String, TypeId>,
    /// The resource types, with their places in the world.
    pub resources: Vec<(WorldTypeId, Resource)>,
}

impl<'b> Builder<'b> {
    /// A builder for a library of this name, with the resource types of the host program.
    pub fn new(library: &'b str, host_resources: &'b HashMap<(String, String), ResourceType>) -> Self {
        Self {
            library,
            host_resources,
            types: Types::new(),
            scalars: HashMap::new(),
            made: HashMap::new(),
            nameless: HashMap::new(),
            resources: Vec::new(),
        }
    }

    /// The type of a number, boolean or character.
    pub fn scalar(&mut self, scalar: Scalar) -> TypeId {
        let types = &mut self.types;
        *self.scalars.entry(scalar).or_insert_with(|| {
            let (kind, name) = (Kind::Scalar(scalar), scalar.c_name().to_string());
            let layout = Layout::of(&kind, types);
            let is_checked = scalar == Scalar::Char;
            let (case_prefix, definition) = (String::new(), None);
            types.push(Type { name, kind, layout, free: None, owns: false, is_checked, case_prefix, definition })
        })
    }

    /// Makes all types of a world that its exported functions or interfaces have, or these imported functions.
    ///
    /// # Errors
    /// A type that C can't have.
    pub fn make(&mut self, world: &World, namespaces: &Namespaces, imported: &[&WorldFunction]) -> Result<()> {
        let (mut names, mut common) = (HashMap::new(), HashSet::new());
        for id in live(world, imported) {
            let ty = &world.types[id];
            let name = encoded_name(ty, &names)?;
            // What is made of nameless types alone is the same everywhere.
            let is_common =
                ty.name.is_none() && is_simple(&ty.kind) && inner(&ty.kind).iter().all(|ty| common.contains(ty));
            if is_common {
                common.insert(id);
            }
            let place = if is_common { String::new() } else { namespaces.suffix(&ty.owner) };
            let place = format!("{}{place}", self.library);
            if ty.kind == WorldKind::Resource {
                self.define_resource(id, ty, &place, &name);
            } else if let Some(made) = self.handle(world, &ty.kind) {
                self.made.insert(id, made);
            } else if let Some(kind) = self.kind(world, &ty.kind)? {
                let kind = if ty.name.is_some() { self.named(kind) } else { kind };
                let made = self.define(ty, kind, format!("{place}_{name}"));
                self.made.insert(id, made);
            }
            names.insert(id, name);
        }
        Ok(())
    }

    /// The type that a type of the world became.
    ///
    /// # Errors
    /// A defect: it wasn't made.
    pub fn get(&self, id: WorldTypeId) -> Result<TypeId> {
        self.made.get(&id).copied().ok_or_else(|| Error::defect(Stage::Plan, "a type of a library that C hasn't"))
    }

    /// Defines the handles of a resource type.
    fn define_resource(&mut self, id: WorldTypeId, ty: &WorldType, place: &str, name: &str) {
        let resource = self.resources.len();
        let handles = [(true, "own"), (false, "borrow")].map(|(is_own, prefix)| {
            self.define(ty, Kind::Handle { is_own, resource }, format!("{place}_{prefix}_{name}"))
        });
        let (drop, borrow) = (format!("{place}_{name}_drop_own"), format!("{place}_borrow_{name}"));
        let is_imported = self.of_host_program(ty).is_some() || matches!(ty.owner, Owner::Import(_));
        let used = self.of_host_program(ty).map(|ty| UsedResource { ty, destructor: None });
        self.resources.push((id, Resource { drop, borrow, is_imported, handles, used }));
    }

    /// The number of a resource type of the host program.
    fn of_host_program(&self, ty: &WorldType) -> Option<ResourceType> {
        let name = ty.name.clone()?;
        let key = match &ty.owner {
            Owner::Import(interface) => (interface.clone(), name),
            // An item that is imported by itself has no name in an interface.
            Owner::World => (name, String::new()),
            Owner::Export(_) => return None,
        };
        self.host_resources.get(&key).copied()
    }

    /// The type of handles that a type without a name is, if they are of a resource type under its own name.
    fn handle(&self, world: &World, kind: &WorldKind) -> Option<TypeId> {
        let (index, resource) = match kind {
            WorldKind::Own(resource) => (0, *resource),
            WorldKind::Borrow(resource) => (1, *resource),
            _ => return None,
        };
        let is_itself = world.types[resource].kind == WorldKind::Resource;
        is_itself.then(|| self.resources.iter().find(|(id, _)| *id == resource))?.map(|(_, found)| found.handles[index])
    }

    fn kind(&mut self, world: &World, kind: &WorldKind) -> Result<Option<Kind>> {
        use WorldKind as W;
        let payload = |this: &Self, ty: &Option<WorldTypeId>| ty.map(|ty| this.get(ty)).transpose();
        Ok(Some(match kind {
            W::String => Kind::String,
            W::List(element) => Kind::List(self.get(*element)?),
            W::Record(fields) => {
                let fields = fields.iter().map(|(name, ty)| Ok((name.clone(), self.get(*ty)?)));
                Kind::Record(fields.collect::<Result<_>>()?)
            }
            W::Tuple(types) => Kind::Tuple(types.iter().map(|ty| self.get(*ty)).collect::<Result<_>>()?),
            W::Variant(cases) => {
                let cases = cases.iter().map(|(name, ty)| Ok((name.clone(), payload(self, ty)?)));
                Kind::Variant(cases.collect::<Result<_>>()?)
            }
            W::Enum(names) => Kind::Enum(names.clone()),
            W::Flags(names) if names.len() > FLAGS_MAX => return Err(refused("flags with more than 32 names")),
            W::Flags(names) => Kind::Flags(names.clone()),
            W::Option(some) => Kind::Option(self.get(*some)?),
            W::Result(ok, err) => Kind::Result(payload(self, ok)?, payload(self, err)?),
            W::Alias(ty) => match self.made.get(ty) {
                Some(ty) => Kind::Alias(*ty),
                None => return Ok(None),
            },
            W::Own(resource) => self
                .handle(world, &W::Own(origin(world, *resource)))
                .map(Kind::Alias)
                .ok_or_else(|| refused("handle"))?,
            W::Borrow(resource) => self
                .handle(world, &W::Borrow(origin(world, *resource)))
                .map(Kind::Alias)
                .ok_or_else(|| refused("handle"))?,
            W::Resource => return Ok(None),
            W::Stream(_) => return Err(refused("stream")),
            W::Future(_) => return Err(refused("future")),
            W::Other(kind) => return Err(refused(kind)),
            W::Scalar(scalar) => Kind::Scalar(*scalar),
        }))
    }

    /// The kind of a type with a name of its own: another name of what C or the library has a name for.
    fn named(&mut self, kind: Kind) -> Kind {
        match kind {
            Kind::Scalar(scalar) => Kind::Alias(self.scalar(scalar)),
            Kind::String => {
                let string = WorldType { owner: Owner::World, name: None, kind: WorldKind::String };
                Kind::Alias(self.define(&string, kind, format!("{}_string", self.library)))
            }
            kind => kind,
        }
    }

    /// A type whose name in C is this stem with `_t`.
    fn define(&mut self, ty: &WorldType, kind: Kind, stem: String) -> TypeId {
        match (&ty.name, &kind, self.nameless.get(&stem)) {
            (None, Kind::Scalar(scalar), _) => return self.scalar(*scalar),
            (None, _, Some(known)) if self.types[*known].kind == kind => return *known,
            _ => {}
        }
        let of_any = |is: fn(&Type) -> bool| kind.inner().iter().any(|ty| is(&self.types[*ty]));
        let free = (kind.has_free() || of_any(|ty| ty.free.is_some())).then(|| format!("{stem}_free"));
        let is_extent = matches!(kind, Kind::String | Kind::List(_));
        let owns = is_extent || of_any(|ty| ty.owns);
        let is_checked =
            is_extent || kind.has_cases() || matches!(kind, Kind::Handle { .. }) || of_any(|ty| ty.is_checked);
        let (layout, case_prefix) = (Layout::of(&kind, &self.types), stem.to_ascii_uppercase());
        let name = format!("{stem}_t");
        let definition = ty.name.clone().map(|name| (ty.owner.clone(), name));
        let id = self.types.push(Type { name, kind, layout, free, owns, is_checked, case_prefix, definition });
        if ty.name.is_none() {
            self.nameless.insert(stem, id);
        }
        id
    }
}

/// The resource type that a type is another name of, or itself.
pub fn origin(world: &World, ty: WorldTypeId) -> WorldTypeId {
    let mut ty = ty;
    while let WorldKind::Alias(of) = world.types[ty].kind {
        ty = of;
    }
    ty
}

fn refused(kind: &str) -> Error {
    let message = format!("a library can't have a {kind} in its interface");
    Error::input(Stage::Plan, message, "export functions without it")
}

/// The types that exported functions or these imported ones have, or exported interfaces name, in their order.
fn live(world: &World, imported: &[&WorldFunction]) -> BTreeSet<WorldTypeId> {
    let named = world.types.iter().filter(|(_, ty)| ty.name.is_some() && matches!(ty.owner, Owner::Export(_)));
    let functions = world.exports.iter().map(|(_, function)| function).chain(imported.iter().copied());
    let used = functions.flat_map(|function| function.params.iter().map(|(_, ty)| *ty).chain(function.result));
    let mut work: Vec<WorldTypeId> = named.map(|(id, _)| id).chain(used).collect();
    let mut live = BTreeSet::new();
    while let Some(id) = work.pop() {
        if live.insert(id) {
            work.extend(inner(&world.types[id].kind));
        }
    }
    live
}

/// The types that a kind refers to.
pub fn inner(kind: &WorldKind) -> Vec<WorldTypeId> {
    use WorldKind as W;
    match kind {
        W::List(ty) | W::Option(ty) | W::Own(ty) | W::Borrow(ty) | W::Alias(ty) => vec![*ty],
        W::Record(fields) => fields.iter().map(|(_, ty)| *ty).collect(),
        W::Tuple(types) => types.clone(),
        W::Variant(cases) => cases.iter().filter_map(|(_, ty)| *ty).collect(),
        W::Result(ok, err) => ok.iter().chain(err).copied().collect(),
        _ => Vec::new(),
    }
}

/// Returns true for lists, options, tuples and types without parts.
fn is_simple(kind: &WorldKind) -> bool {
    !matches!(kind, WorldKind::Result(..) | WorldKind::Own(_) | WorldKind::Borrow(_))
}

/// The name of a type within longer names: its own, or those of its parts, which `names` has.
fn encoded_name(ty: &WorldType, names: &HashMap<WorldTypeId, String>) -> Result<String> {
    use WorldKind as W;
    if let Some(name) = &ty.name {
        return Ok(snake_case(name));
    }
    let of = |ty: &WorldTypeId| names.get(ty).map_or("", String::as_str);
    let or_void = |ty: &Option<WorldTypeId>| ty.as_ref().map_or("void", of);
    let name = match &ty.kind {
        W::String => "string".to_string(),
        W::List(element) => format!("list_{}", of(element)),
        W::Tuple(types) => {
            let parts: usize = types.iter().map(|ty| of(ty).len() + 1).sum();
            if parts > NAME_BYTES_MAX {
                return Err(long_name());
            }
            types.iter().fold(format!("tuple{}", types.len()), |name, ty| name + "_" + of(ty))
        }
        W::Option(some) => format!("option_{}", of(some)),
        W::Result(ok, err) => format!("result_{}_{}", or_void(ok), or_void(err)),
        W::Own(resource) => format!("own_{}", of(resource)),
        W::Borrow(resource) => format!("borrow_{}", of(resource)),
        W::Scalar(scalar) => scalar.wit_name().to_string(),
        _ => String::new(),
    };
    if name.len() > NAME_BYTES_MAX { Err(long_name()) } else { Ok(name) }
}

fn long_name() -> Error {
    let message = format!("a type's name in C would have more than {NAME_BYTES_MAX} bytes");
    Error::input(Stage::Plan, message, "give a part of the type a name of its own")
}
