//! The traits that a host program implements: the functions that the program imports, and the functions of resources that the host
//! program defines; and the types of those resources.
//!
//! The traits of interfaces are named `Host`, those of resources `HostName`, where others have `Guest` and `GuestName` for what a
//! component exports.

#![allow(clippy::unnecessary_safety_comment, reason = "the comments are those of the code that is written")]

use super::Crate;
use super::names::{doc, import_name, name, type_name};
use crate::bindings::scopes::WORLD;
use crate::bindings::{Import, Kind, Param, Role, TypeId};
use crate::decode::Owner;
use std::fmt::{Result, Write};

/// The bounds of what has the functions of an interface.
const BOUNDS: &str = "Sized + Send + Sync + 'static";

impl<'i> Crate<'i> {
    /// The place of an imported function: an interface, or the crate's top.
    pub(super) fn place<'s>(&'s self, import: &'s Import) -> &'s Owner {
        if self.interface.is_component { &import.owner } else { WORLD }
    }

    /// The functions that an owner has for the program, without the ends of resources.
    fn imports_of<'s>(&'s self, owner: &'s Owner) -> impl Iterator<Item = &'s Import> {
        let imports = self.interface.imports.iter();
        imports.filter(move |import| import.drops.is_none() && self.place(import) == owner)
    }

    /// The resource types that an owner defines and that have functions, with their handles' type.
    fn resources_of<'s>(&'s self, owner: &'s Owner) -> impl Iterator<Item = (usize, TypeId)> {
        let resources = self.interface.resources.iter().enumerate();
        let resources = resources.map(|(index, resource)| (index, resource.handles[0]));
        resources.filter(move |(index, handle)| {
            let is_here = self.interface.types[*handle].definition.as_ref().is_some_and(|(of, _)| of == owner);
            is_here && self.has_functions(*index)
        })
    }

    /// Returns true if the program imports functions of a resource.
    pub(super) fn has_functions(&self, resource: usize) -> bool {
        let imports = || self.interface.imports.iter().filter(|import| import.drops.is_none());
        self.interface.resources[resource].is_imported
            && imports().any(|import| self.interface.resource_of_import(import) == Some(resource))
    }

    /// The path of an owner's trait, or of that of one of its resources.
    pub(super) fn trait_path(&self, owner: &Owner, resource: Option<TypeId>) -> String {
        let name = self.trait_name(owner, resource);
        self.modules.get(owner).map_or_else(|| format!("crate::{name}"), |module| format!("crate::{module}::{name}"))
    }

    /// The name of such a trait, with underscores behind it until no type has the name.
    fn trait_name(&self, owner: &Owner, resource: Option<TypeId>) -> String {
        let mut name = match resource {
            Some(handle) => format!("Host{}", self.own_type_name(handle)),
            None if owner == WORLD => return "Imports".to_string(),
            None => "Host".to_string(),
        };
        let types = || self.scopes.get(owner).into_iter().flat_map(|scope| scope.definitions(self.interface));
        while types().any(|(_, of, _)| type_name(of, owner == WORLD) == name) {
            name.push('_');
        }
        name
    }

    /// The name of a type in its place.
    pub(super) fn own_type_name(&self, ty: TypeId) -> String {
        let definition = self.interface.types[ty].definition.as_ref();
        definition.map_or_else(String::new, |(owner, name)| type_name(name, owner == WORLD))
    }

    /// Writes the traits of an owner, if the program imports something of it.
    pub(super) fn write_traits(&self, text: &mut String, owner: &Owner) -> Result {
        if self.imports_of(owner).next().is_none() {
            return Ok(());
        }
        writeln!(
            text,
            "/// The functions of the interface `{}`, which the program imports.\n///\n/// {MANNERS}",
            owner.interface().unwrap_or_default()
        )?;
        self.write_trait(text, owner, BOUNDS)
    }

    /// Writes the trait of all that the program imports: functions of its own, and those of interfaces.
    pub(super) fn write_imports(&self, text: &mut String) -> Result {
        if self.interface.imports.is_empty() {
            return Ok(());
        }
        let owners = self.modules.keys().filter(|owner| self.imports_of(owner).next().is_some());
        let traits: Vec<String> = owners.map(|owner| self.trait_path(owner, None)).collect();
        let bounds = if traits.is_empty() { BOUNDS.to_string() } else { traits.join(" + ") };
        if self.imports_of(WORLD).next().is_some() {
            writeln!(text, "/// The functions that the program imports.\n///\n/// {MANNERS}")?;
            return self.write_trait(text, WORLD, &bounds);
        }
        writeln!(text, "/// The functions that the program imports, which are those of interfaces.")?;
        writeln!(text, "pub trait Imports: {bounds} {{}}\n\nimpl<T: {bounds}> Imports for T {{}}\n")
    }

    fn write_trait(&self, text: &mut String, owner: &Owner, bounds: &str) -> Result {
        writeln!(text, "{}pub trait {}: {bounds} {{", self.names_as_they_are(), self.trait_name(owner, None))?;
        let mut body = String::new();
        for (_, handle) in self.resources_of(owner) {
            let (own_name, of) = (self.own_type_name(handle), self.trait_name(owner, Some(handle)));
            writeln!(
                body,
                "    /// The values of the resource `{own_name}`.\n    type {own_name}: {of}<Host = Self>;\n"
            )?;
        }
        let is_its = |import: &&Import| self.interface.resource_of_import(import).is_none();
        self.imports_of(owner).filter(is_its).try_for_each(|import| self.write_method(&mut body, import, "&self"))?;
        writeln!(text, "{}\n}}\n", body.trim_end())?;
        self.resources_of(owner).try_for_each(|resource| self.write_resource_trait(text, owner, resource))
    }

    fn write_resource_trait(&self, text: &mut String, owner: &Owner, (resource, handle): (usize, TypeId)) -> Result {
        writeln!(
            text,
            "/// The functions of the resource `{}`, which the program imports.",
            self.own_type_name(handle)
        )?;
        writeln!(text, "pub trait {}: Sized + Send + 'static {{", self.trait_name(owner, Some(handle)))?;
        let mut body = "    /// What has the functions that belong to no resource.\n    type Host;\n\n".to_string();
        let is_its = |import: &&Import| self.interface.resource_of_import(import) == Some(resource);
        for import in self.imports_of(owner).filter(is_its) {
            let is_method = import.role().0 == Role::Method;
            let receiver = if is_method { "&self, host: &Self::Host" } else { "host: &Self::Host" };
            self.write_method(&mut body, import, receiver)?;
        }
        writeln!(text, "{}\n}}\n", body.trim_end())
    }

    fn write_method(&self, text: &mut String, import: &Import, receiver: &str) -> Result {
        let is_method = import.role().0 == Role::Method;
        let param = |param: &Param| format!(", {}: {}", parameter(&param.own_name), self.param(param.ty));
        let params: String = import.params.iter().skip(usize::from(is_method)).map(param).collect();
        writeln!(
            text,
            "    /// Performs `{}`.\n    ///\n    /// # Errors\n    /// The text of a trap.",
            doc(&import.name)
        )?;
        writeln!(
            text,
            "    fn {}({receiver}, instance: &crate::Instance{params}) -> ::std::result::Result<{}, ::std::string::String>;\n",
            self.import_name(import),
            self.import_result(import)
        )
    }

    /// The name of an imported function in its trait.
    pub(super) fn import_name(&self, import: &Import) -> String {
        match import.role() {
            _ if !self.interface.is_component => import_name(&import.field),
            (Role::Constructor, ..) => "new".to_string(),
            (_, _, own_name) => name(own_name),
        }
    }

    /// The type of what an imported function returns. A constructor makes the value of a resource.
    fn import_result(&self, import: &Import) -> String {
        let result = import.result.map_or_else(|| "()".to_string(), |ty| self.owned(ty, "'static"));
        match (import.role().0, import.result.map(|ty| self.kind(ty))) {
            (Role::Constructor, Some(Kind::Result(_, err))) => {
                let err = err.map_or_else(|| "()".to_string(), |ty| self.owned(ty, "'static"));
                format!("::std::result::Result<Self, {err}>")
            }
            (Role::Constructor, _) => "Self".to_string(),
            _ => result,
        }
    }

    /// Writes the type of a resource that the host program defines.
    pub(super) fn write_host_resource(
        &self,
        text: &mut String,
        (own_name, rust): (&str, &str),
        handle: TypeId,
    ) -> Result {
        let owner = self.interface.types[handle].definition.as_ref().map_or(WORLD, |(owner, _)| owner);
        let has_trait = self.resources_of(owner).any(|(_, other)| other == handle);
        let bounds = if has_trait { self.trait_name(owner, Some(handle)) } else { "Send + 'static".to_string() };
        writeln!(
            text,
            "/// The resource `{own_name}`, which the host program defines: a value of any type, which ends when it is dropped.
#[derive(Debug)]
#[repr(transparent)]
pub struct {rust}(pub(crate) crate::runtime::HostResource);

#[allow(dead_code)]
impl {rust} {{
    /// Makes a resource of a value.
    pub fn new<T: {bounds}>(value: T) -> Self {{
        Self(crate::runtime::HostResource::new(::std::boxed::Box::new(value)))
    }}

    /// Shows the value.
    ///
    /// # Panics
    /// The value has another type.
    pub fn get<T: 'static>(&self) -> &T {{
        self.0.get().expect(\"the resource has a value of another type\")
    }}

    /// Shows the value, to change it.
    ///
    /// # Panics
    /// The value has another type.
    pub fn get_mut<T: 'static>(&mut self) -> &mut T {{
        self.0.get_mut().expect(\"the resource has a value of another type\")
    }}

    /// Takes the value.
    ///
    /// # Panics
    /// The value has another type.
    pub fn into_inner<T: 'static>(self) -> T {{
        self.0.into_inner().expect(\"the resource has a value of another type\")
    }}

    pub(crate) fn of_lent(resource: &crate::runtime::HostResource) -> &Self {{
        // SAFETY: the type is that of its one field.
        unsafe {{ &*::std::ptr::from_ref(resource).cast() }}
    }}
}}
"
        )
    }
}

/// The words that are true of all functions of a host program.
const MANNERS: &str = "\
Each gets the instance that calls it; an error is the text of the trap with which the
/// program ends, and a panic goes on behind the call that the program was in.";

/// The name of a parameter, besides those of every function.
fn parameter(own_name: &str) -> String {
    let name = name(own_name);
    if ["instance", "host"].contains(&name.as_str()) { name + "_" } else { name }
}
