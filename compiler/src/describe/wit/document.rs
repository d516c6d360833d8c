//! The contents of a document of WIT: the items of the world and of each interface, as text.

use super::names::{Path, label};
use super::scope::{Item, Scope};
use super::unsayable;
use crate::decode::{Owner, Scalar, World, WorldFunction, WorldFunctions, WorldKind, WorldType, WorldTypeId};
use crate::error::{Error, Result, Stage};
use std::collections::HashMap;

/// The most bytes of all items together. A type can be much larger as text, where its parts are written out again and
/// again, than in a component.
const BYTES_MAX: usize = 16 << 20;

/// A place where items are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The world: its types and imported functions.
    World,
    /// The world's exported functions.
    Exports,
    /// An interface of a package.
    Interface(Path),
    /// An interface that is written out where the world imports or exports it.
    Plain(Owner),
}

/// A document: the world and the interfaces.
pub struct Document<'w> {
    world: &'w World,
    /// The interfaces that go by plain names.
    implemented: HashMap<&'w Owner, &'w str>,
    scopes: Vec<(Place, Scope)>,
    numbers: HashMap<Place, usize>,
    bytes: usize,
}

/// Makes the document of a world.
///
/// # Errors
/// WIT can't say something of it, or the text would be vast.
pub fn document(world: &World) -> Result<Document<'_>> {
    let implements = world.interfaces.iter();
    let implemented = implements.filter_map(|interface| Some((&interface.owner, interface.implements.as_deref()?)));
    let implemented = implemented.collect();
    let mut document = Document { world, implemented, scopes: Vec::new(), numbers: HashMap::new(), bytes: 0 };
    document.scope(Place::World);
    document.scope(Place::Exports);
    for interface in &world.interfaces {
        let place = document.place(&interface.owner)?;
        document.scope(place);
    }
    for (_, ty) in &world.types {
        if let Some(name) = &ty.name {
            document.define(name, ty)?;
        }
    }
    document.functions(&world.imports, Place::World, Owner::Import)?;
    document.functions(&world.exports, Place::Exports, Owner::Export)?;
    match document.scopes.iter().find_map(|(_, scope)| scope.stray_function()) {
        Some(name) => Err(unsayable(format!("the component has the function {name} apart from its resource"))),
        None => Ok(document),
    }
}

impl<'w> Document<'w> {
    /// The world that the document is of.
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// The items of a place.
    pub fn items(&self, place: &Place) -> Option<&Scope> {
        self.numbers.get(place).map(|number| &self.scopes[*number].1)
    }

    /// The interfaces of packages with their items.
    pub fn interfaces(&self) -> impl Iterator<Item = (&Path, &Scope)> {
        self.scopes.iter().filter_map(|(place, scope)| match place {
            Place::Interface(path) => Some((path, scope)),
            _ => None,
        })
    }

    /// The place of an owner's types.
    ///
    /// # Errors
    /// An interface has a name that WIT doesn't know.
    pub fn place(&self, owner: &Owner) -> Result<Place> {
        let Some(name) = owner.interface() else { return Ok(Place::World) };
        let name = match self.implemented.get(owner) {
            Some(name) => name,
            None if !name.contains([':', '=']) => return Ok(Place::Plain(owner.clone())),
            None => name,
        };
        let path = Path::parse(name).ok_or_else(|| unsayable(format!("the component has the interface {name}")))?;
        Ok(Place::Interface(path))
    }

    fn scope(&mut self, place: Place) -> &mut Scope {
        let number = *self.numbers.entry(place.clone()).or_insert(self.scopes.len());
        if number == self.scopes.len() {
            self.scopes.push((place, Scope::default()));
        }
        &mut self.scopes[number].1
    }

    fn add(&mut self, place: &Place, name: &str, item: Item) -> Result<()> {
        if let Item::Type(text) | Item::Function { text, .. } | Item::Use { text, .. } = &item {
            self.bytes += text.len();
        }
        if self.scope(place.clone()).add(name, item) {
            return Ok(());
        }
        let of = match place {
            Place::Interface(path) => path.full(),
            Place::World | Place::Exports | Place::Plain(_) => String::from("the component"),
        };
        Err(unsayable(format!("{of} has two different items {name}, one imported and one exported")))
    }

    fn functions(&mut self, functions: &'w WorldFunctions, of_world: Place, of: fn(String) -> Owner) -> Result<()> {
        for ((interface, name), function) in functions {
            let place = match interface.as_str() {
                "" => of_world.clone(),
                interface => self.place(&of(interface.to_string()))?,
            };
            self.function(&place, name, function)?;
        }
        Ok(())
    }

    fn function(&mut self, place: &Place, name: &str, function: &'w WorldFunction) -> Result<()> {
        let start = if function.is_async { "async func" } else { "func" };
        let (resource, mut text, params) = match form(name) {
            Form::Plain => (None, format!("{}: {start}", label(name)), &function.params[..]),
            Form::Constructor(resource) => (Some(resource), String::from("constructor"), &function.params[..]),
            Form::Static(resource, name) => {
                (Some(resource), format!("{}: static {start}", label(name)), &function.params[..])
            }
            // The first parameter is the resource itself.
            Form::Method(resource, name) => {
                (Some(resource), format!("{}: {start}", label(name)), function.params.get(1..).unwrap_or_default())
            }
        };
        for (index, (name, ty)) in params.iter().enumerate() {
            text += if index == 0 { "(" } else { ", " };
            text += &format!("{}: ", label(name));
            self.ty(place, &mut text, *ty)?;
        }
        text += if params.is_empty() { "()" } else { ")" };
        let is_implied = |ty: &WorldTypeId| {
            matches!(form(name), Form::Constructor(_)) && matches!(self.world.types[*ty].kind, WorldKind::Own(_))
        };
        if let Some(result) = function.result.filter(|ty| !is_implied(ty)) {
            text += " -> ";
            self.ty(place, &mut text, result)?;
        }
        text += ";";
        self.add(place, name, Item::Function { resource: resource.map(str::to_string), text })
    }

    fn define(&mut self, name: &str, ty: &'w WorldType) -> Result<()> {
        let place = self.place(&ty.owner)?;
        let fields = |keyword: &str, lines: String| format!("{keyword} {} {{\n{lines}}}", label(name));
        let text = match &ty.kind {
            WorldKind::Resource => return self.add(&place, name, Item::Resource),
            WorldKind::Alias(of) => return self.alias(&place, name, *of),
            WorldKind::Record(members) => {
                let members = members.iter().map(|(name, ty)| (name, Some(*ty)));
                fields("record", self.members(&place, members, [": ", ""])?)
            }
            WorldKind::Variant(cases) => {
                let cases = cases.iter().map(|(name, ty)| (name, *ty));
                fields("variant", self.members(&place, cases, ["(", ")"])?)
            }
            WorldKind::Enum(names) => {
                fields("enum", self.members(&place, names.iter().map(|name| (name, None)), ["", ""])?)
            }
            WorldKind::Flags(names) => {
                fields("flags", self.members(&place, names.iter().map(|name| (name, None)), ["", ""])?)
            }
            kind => {
                let mut text = format!("type {} = ", label(name));
                // The name of a resource alone would be another name of it.
                match kind {
                    WorldKind::Own(resource) => self.of(&place, &mut text, "own", &[Some(*resource)])?,
                    kind => self.kind(&place, &mut text, kind)?,
                }
                text + ";"
            }
        };
        self.add(&place, name, Item::Type(text))
    }

    /// The lines of a type's members, each with its type between `around`.
    fn members<'m>(
        &mut self,
        place: &Place,
        members: impl Iterator<Item = (&'m String, Option<WorldTypeId>)>,
        around: [&str; 2],
    ) -> Result<String> {
        let mut lines = String::new();
        for (name, ty) in members {
            lines += &format!("  {}", label(name));
            if let Some(ty) = ty {
                lines += around[0];
                self.ty(place, &mut lines, ty)?;
                lines += around[1];
            }
            lines += ",\n";
        }
        Ok(lines)
    }

    /// Adds another name of a type.
    fn alias(&mut self, place: &Place, name: &str, of: WorldTypeId) -> Result<()> {
        let ty = &self.world.types[of];
        let target = ty.name.as_deref().unwrap_or(name);
        if self.place(&ty.owner)? != *place {
            return self.use_of(place, name, ty, target);
        }
        // An exported interface can have the types of the imported one.
        if target == name {
            return Ok(());
        }
        self.add(place, name, Item::Type(format!("type {} = {};", label(name), label(target))))
    }

    fn use_of(&mut self, place: &Place, name: &str, ty: &WorldType, target: &str) -> Result<()> {
        let from = match (self.place(&ty.owner)?, place) {
            (Place::Interface(path), Place::Interface(own)) if path.package() == own.package() => path.interface(),
            (Place::Interface(path), _) => path.full(),
            _ => {
                return Err(unsayable(format!(
                    "the component has the type {target} in an interface that isn't its own"
                )));
            }
        };
        let text = match target == name {
            true => label(name),
            false => format!("{} as {}", label(target), label(name)),
        };
        let place = if *place == Place::Exports { &Place::World } else { place };
        self.add(place, name, Item::Use { from, text })
    }

    /// Writes a type where it is used.
    fn ty(&mut self, place: &Place, out: &mut String, id: WorldTypeId) -> Result<()> {
        if self.bytes + out.len() > BYTES_MAX {
            let message = format!("the component's world has more than {BYTES_MAX} bytes as text");
            return Err(Error::input(Stage::Decode, message, "give parts of its types names of their own"));
        }
        let ty = &self.world.types[id];
        let Some(name) = &ty.name else { return self.kind(place, out, &ty.kind) };
        let is_here = match (self.place(&ty.owner)?, place) {
            (Place::World, Place::Exports) => true,
            (of, place) => of == *place,
        };
        if !is_here {
            self.use_of(place, name, ty, name)?;
        }
        *out += &label(name);
        Ok(())
    }

    fn kind(&mut self, place: &Place, out: &mut String, kind: &WorldKind) -> Result<()> {
        use WorldKind as K;
        match kind {
            K::Scalar(Scalar::Char) => *out += "char",
            K::Scalar(scalar) => *out += scalar.wit_name(),
            K::String => *out += "string",
            K::List(element) => return self.of(place, out, "list", &[Some(*element)]),
            K::Tuple(types) => {
                return self.of(place, out, "tuple", &types.iter().copied().map(Some).collect::<Vec<_>>());
            }
            K::Option(some) => return self.of(place, out, "option", &[Some(*some)]),
            K::Result(None, None) => *out += "result",
            K::Result(ok, None) => return self.of(place, out, "result", &[*ok]),
            K::Result(ok, err) => return self.of(place, out, "result", &[*ok, *err]),
            K::Stream(None) => *out += "stream",
            K::Stream(payload) => return self.of(place, out, "stream", &[*payload]),
            K::Future(None) => *out += "future",
            K::Future(payload) => return self.of(place, out, "future", &[*payload]),
            K::Borrow(resource) => return self.of(place, out, "borrow", &[Some(*resource)]),
            K::Own(ty) | K::Alias(ty) => return self.ty(place, out, *ty),
            K::Other(words) => return Err(unsayable(format!("the component has a type that isn't compiled: {words}"))),
            K::Record(_) | K::Variant(_) | K::Enum(_) | K::Flags(_) | K::Resource => {
                return Err(unsayable(String::from("the component has a type of names without a name of its own")));
            }
        }
        Ok(())
    }

    /// Writes a type with parameters; one that is missing is an underscore.
    fn of(&mut self, place: &Place, out: &mut String, word: &str, types: &[Option<WorldTypeId>]) -> Result<()> {
        *out += word;
        for (index, ty) in types.iter().enumerate() {
            *out += if index == 0 { "<" } else { ", " };
            match ty {
                Some(ty) => self.ty(place, out, *ty)?,
                None => *out += "_",
            }
        }
        *out += ">";
        Ok(())
    }
}

/// A form of a function's name.
enum Form<'n> {
    Plain,
    Constructor(&'n str),
    Static(&'n str, &'n str),
    Method(&'n str, &'n str),
}

fn form(name: &str) -> Form<'_> {
    if let Some(resource) = name.strip_prefix("[constructor]") {
        return Form::Constructor(resource);
    }
    let of_resource = |prefix| name.strip_prefix(prefix).and_then(|rest| rest.split_once('.'));
    match (of_resource("[static]"), of_resource("[method]")) {
        (Some((resource, name)), _) => Form::Static(resource, name),
        (_, Some((resource, name))) => Form::Method(resource, name),
        (None, None) => Form::Plain,
    }
}
