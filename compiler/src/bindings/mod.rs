//! The interface of a library as data, from which everything that a host program sees is made: the symbols of the object,
//! the tables by which the runtime passes values, and the header. Names are those of `wit-bindgen c`, behind the name of
//! the library.

mod builder;
mod c;
mod c_types;
mod globals;
mod imports;
mod layout;
mod memories;
mod modules;
mod names;
mod pkg_config;
mod python;
mod resources;
mod rust;
mod scopes;
mod types;
mod typescript;

pub use c::header;
pub use globals::{Global, globals};
pub use imports::{HostFunction, Import, imports};
pub use layout::{offsets, payload_offset};
pub use memories::{Memory, memories};
pub use names::library_name;
pub use pkg_config::pkg_config;
pub use python::{Wheel, python, wheel};
pub use rust::rust;
pub use types::{Kind, Layout, Resource, Same, Shape, Side, Type, TypeId, Types, UsedResource};
pub use typescript::typescript;

pub use crate::decode::Scalar;

use crate::decode::{InterfaceType, InterfaceTypeId, InterfaceTypes, Owner, World, WorldFunction};
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportPlan, ExportsPlan};
use aot_abi::javascript::camel_case;
use aot_abi::library::Status;
use builder::Builder;
use names::{Namespaces, check_unique, core_name, parameter_name, snake_case};
use std::collections::{BTreeSet, HashMap};

/// The types and functions of a library.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The name of the library, with which all its symbols begin.
    pub name: String,
    /// The types of what its functions take and give, each after those that it refers to.
    pub types: Types,
    /// The resource types whose handles they take and give.
    pub resources: Vec<Resource>,
    /// The exported functions, in the order of their numbers.
    pub functions: Vec<Function>,
    /// The functions that the host program has for the library, in the order of their numbers.
    pub imports: Vec<Import>,
    /// The exported memories.
    pub memories: Vec<Memory>,
    /// The exported globals.
    pub globals: Vec<Global>,
    /// The program is a component, whose names are words with hyphens between them.
    pub is_component: bool,
}

/// The functions that the host program has for a library, and the memories and globals that the library shows it.
#[derive(Clone, Debug, Default)]
pub struct OfHost {
    /// The functions.
    pub imports: Vec<HostFunction>,
    /// The memories.
    pub memories: Vec<Memory>,
    /// The globals.
    pub globals: Vec<Global>,
}

/// An exported function.
#[derive(Clone, Debug)]
pub struct Function {
    /// The symbol.
    pub symbol: String,
    /// The name of the export, with its interface.
    pub export: String,
    /// The exported interface that it is in; none if it is exported itself.
    pub owner: Option<Owner>,
    /// The name in the interface.
    pub name: String,
    /// The parameters.
    pub params: Vec<Param>,
    /// The type of the result, if there is one.
    pub result: Option<TypeId>,
    /// The places for the result.
    pub returns: Returns,
}

/// The part that a function has in a resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// No part.
    Function,
    /// A function that makes a resource.
    Constructor,
    /// A function whose first parameter is a resource.
    Method,
    /// A function of the resource type without a resource.
    Static,
}

impl Function {
    /// The part that the function has in a resource type, the name of that, and the function's own name (component model,
    /// "Name Uniqueness").
    pub fn role(&self) -> (Role, &str, &str) {
        role(&self.name)
    }
}

/// The part that a function of this name has in a resource type, the name of that, and the function's own name.
fn role(function: &str) -> (Role, &str, &str) {
    let parts = |role, rest: &'_ str| rest.split_once('.').map(|(resource, name)| (role, resource.len(), name.len()));
    let parts = match function.split_once(']') {
        Some(("[constructor", rest)) => return (Role::Constructor, rest, rest),
        Some(("[method", rest)) => parts(Role::Method, rest),
        Some(("[static", rest)) => parts(Role::Static, rest),
        _ => None,
    };
    let Some((role, resource, name)) = parts else { return (Role::Function, "", function) };
    let end = function.len();
    (role, &function[end - name - 1 - resource..end - name - 1], &function[end - name..])
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Param {
    /// The name in C.
    pub name: String,
    /// The name in the program.
    pub own_name: String,
    /// The type.
    pub ty: TypeId,
    /// The form in which C passes it.
    pub form: Form,
}

/// The form in which C passes a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The value itself.
    Value,
    /// A pointer to the value.
    Pointer,
    /// A pointer to the value of an option, null for none. It has the type of the payload.
    Maybe(TypeId),
}

/// The places for a function's result, and what its status says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// There is no result.
    Nothing,
    /// One place for the value.
    Value(TypeId),
    /// A place for what is in an option; the status says whether there is something.
    Option(TypeId),
    /// The places for a result's value and for its error, if they have types; the status says which it is.
    Result(Option<TypeId>, Option<TypeId>),
}

/// The functions that every library has, behind its name: a new instance, the text of its error, the status of a guest that ended
/// itself, the instance's end, the end of a text that `new` gave, and the version of all that.
pub const OWN_FUNCTIONS: [&str; 8] =
    ["new", "error", "exit_status", "interrupt", "free", "error_free", "pool", "abi_version"];

/// The functions of a library with strings besides those: a string that refers to a text, copies of texts, and the end of one.
pub const STRING_FUNCTIONS: [&str; 4] = ["string_set", "string_dup", "string_dup_n", "string_free"];

impl Interface {
    /// The interface of a library of this name with a program's exports; a component has a world.
    ///
    /// # Errors
    /// Two exports have one name in C, or C can't have one.
    pub fn new(name: &str, exports: &ExportsPlan, world: Option<&World>, of_host: OfHost) -> Result<Self> {
        let mut builder = Builder::new(name, &exports.of_host_program);
        let OfHost { imports, memories, globals } = of_host;
        let (functions, imports) = match world {
            Some(world) => component_functions(name, &mut builder, exports, world, &imports)?,
            None => {
                let functions = exports.functions.iter();
                let functions = functions.map(|e| core_function(name, &mut builder, &exports.types, e));
                (functions.collect::<Result<_>>()?, imports::of_module(&mut builder, imports)?)
            }
        };
        let mut resources = builder.resources;
        if let Some(world) = world {
            resources::find(world, exports, &mut resources);
        }
        let resources = resources.into_iter().map(|(_, resource)| resource).collect();
        let is_component = world.is_some();
        let (name, types) = (name.to_string(), builder.types);
        let interface = Self { name, types, resources, functions, imports, memories, globals, is_component };
        interface.check_names()?;
        interface.check_handles()?;
        Ok(interface)
    }

    /// All symbols that the library defines for host programs.
    pub fn symbols(&self) -> Vec<String> {
        let own = OWN_FUNCTIONS.iter().chain(self.string_functions()).map(|function| self.own_symbol(function));
        let freeing = self.freeing().map(|(_, symbol)| symbol.to_string());
        let handles =
            self.exported_resources().flat_map(|(_, resource)| [resource.drop.clone(), resource.borrow.clone()]);
        let memories = self.memories.iter().map(|memory| memory.symbol.clone());
        let functions = self.functions.iter().map(|function| function.symbol.clone());
        let globals = self.globals.iter().flat_map(|global| [Some(global.get.clone()), global.set.clone()]);
        own.chain(freeing).chain(handles).chain(functions).chain(memories).chain(globals.flatten()).collect()
    }

    /// The symbol of a function that every library has.
    pub fn own_symbol(&self, function: &str) -> String {
        format!("{}_{function}", self.name)
    }

    /// The resource types that the component exports, with their places.
    pub fn exported_resources(&self) -> impl Iterator<Item = (usize, &Resource)> {
        self.resources.iter().enumerate().filter(|(_, resource)| !resource.is_imported)
    }

    /// The place among the resource types of the one that a function belongs to, if it does.
    pub fn resource_of(&self, function: &Function) -> Option<usize> {
        self.resource_by((function.role().0, function.role().1), function.owner())
    }

    /// The place among the resource types of the one that an import belongs to, if it does.
    pub fn resource_of_import(&self, import: &Import) -> Option<usize> {
        self.resource_by((import.role().0, import.role().1), &import.owner)
    }

    /// The place among the resource types of the one that a function with this part in it has in an interface.
    fn resource_by(&self, (role, name): (Role, &str), owner: &Owner) -> Option<usize> {
        let is_it = |resource: &Resource| {
            let definition = self.types[resource.handles[0]].definition.as_ref();
            definition.is_some_and(|(of, known)| of == owner && known == name)
        };
        self.resources.iter().position(is_it).filter(|_| role != Role::Function)
    }

    /// A name of a function or a parameter as JavaScript has it.
    pub fn javascript_name(&self, name: &str) -> String {
        if self.is_component { javascript_name(name) } else { name.to_string() }
    }

    /// The functions for strings, if the library has some.
    pub fn string_functions(&self) -> &'static [&'static str] {
        match self.string() {
            Some(_) => &STRING_FUNCTIONS,
            None => &[],
        }
    }

    /// The type of strings, if the library has some.
    pub fn string(&self) -> Option<TypeId> {
        self.types.iter().find(|(_, ty)| ty.kind == Kind::String).map(|(id, _)| id)
    }

    /// The types whose values own something, besides strings, and the functions that free it.
    pub fn freeing(&self) -> impl Iterator<Item = (TypeId, &str)> {
        let string = self.string();
        let freeing = self.types.iter().filter_map(|(id, ty)| Some((id, ty.free.as_deref()?)));
        freeing.filter(move |(id, _)| Some(*id) != string)
    }

    /// Refuses an interface in which two things have one name.
    fn check_names(&self) -> Result<()> {
        let own = ["status", "options", "imports", "instance"]
            .map(|name| (self.own_symbol(name) + "_t", "a type of every library"));
        let types = self.types.values().filter(|ty| !matches!(ty.kind, Kind::Scalar(_)));
        let types = types.flat_map(|ty| [Some(&ty.name), ty.free.as_ref()].into_iter().flatten());
        let types = types.map(|name| (name.clone(), "a type"));
        let functions = self.functions.iter().map(|function| (function.symbol.clone(), function.export.as_str()));
        let handles = self.exported_resources().flat_map(|(_, resource)| [&resource.drop, &resource.borrow]);
        let handles = handles.map(|name| (name.clone(), "a function of a resource"));
        let memories = self.memories.iter().map(|memory| (memory.symbol.clone(), memory.export.as_str()));
        let statuses = Status::ALL.iter().map(|status| status.name()).chain(["abi_version"]);
        let macros = statuses.map(|name| (self.own_symbol(name).to_ascii_uppercase(), "a number of every library"));
        let cases = self.types.values().flat_map(Type::case_names).map(|name| (name, "a case"));
        let own = own.into_iter().chain(macros).chain(cases);
        let globals = self.globals.iter().flat_map(|global| {
            [Some(&global.get), global.set.as_ref()]
                .into_iter()
                .flatten()
                .map(|name| (name.clone(), global.export.as_str()))
        });
        check_unique("C", own.chain(types).chain(handles).chain(functions).chain(memories).chain(globals))
    }

    /// Refuses an import with handles of a resource type that the runtime defines.
    fn check_handles(&self) -> Result<()> {
        for import in &self.imports {
            let mut work: Vec<TypeId> = import.params.iter().map(|param| param.ty).chain(import.result).collect();
            let mut seen = BTreeSet::new();
            while let Some(id) = work.pop() {
                let ty = &self.types[id];
                if seen.insert(id) {
                    work.extend(ty.kind.inner());
                }
                let Kind::Handle { resource, .. } = ty.kind else { continue };
                if self.resources[resource].used.is_none() {
                    let interface = ty.definition.as_ref().and_then(|(owner, _)| owner.interface()).unwrap_or_default();
                    let message = format!("the import {} has a handle of a resource of {interface}", import.name);
                    let help = format!("leave that to the host program too, with --host-import {interface}");
                    return Err(Error::input(Stage::Plan, message, help));
                }
            }
        }
        Ok(())
    }
}

/// A name of a component as JavaScript has it, in camel case.
pub fn javascript_name(name: &str) -> String {
    camel_case(name).collect()
}

/// A name of a component's type as JavaScript has it: as [`javascript_name`], with a capital.
pub fn javascript_type_name(name: &str) -> String {
    let name = javascript_name(name);
    let mut characters = name.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

fn component_functions(
    library: &str,
    builder: &mut Builder<'_>,
    exports: &ExportsPlan,
    world: &World,
    imports: &[HostFunction],
) -> Result<(Vec<Function>, Vec<Import>)> {
    let namespaces = Namespaces::new(world.interfaces.iter().filter_map(|interface| interface.owner.interface()));
    let imported: Vec<_> = imports::in_world(world, imports)?.into_iter().map(|(_, ty)| ty).collect();
    builder.make(world, &namespaces, &imported)?;
    let of_world: HashMap<(&str, &str), &WorldFunction> =
        world.exports.iter().map(|((interface, name), ty)| ((interface.as_str(), name.as_str()), ty)).collect();
    let mut functions = Vec::new();
    for export in &exports.functions {
        let ty = of_world.get(&(export.interface.as_str(), export.name.as_str()));
        let ty = ty.ok_or_else(|| Error::defect(Stage::Plan, "an exported function that the world lacks"))?;
        let place = match export.interface.as_str() {
            "" => String::new(),
            interface => namespaces.suffix(&Owner::Export(interface.to_string())) + "_",
        };
        let name = place.trim_start_matches('_').to_string() + &snake_case(&export.name);
        functions.push(component_function(library, builder, export, &name, ty)?);
    }
    Ok((functions, imports::of_component(builder, &namespaces, world, imports)?))
}

fn component_function(
    library: &str,
    builder: &Builder<'_>,
    export: &ExportPlan,
    name: &str,
    ty: &WorldFunction,
) -> Result<Function> {
    let mut params = Vec::new();
    for (name, ty) in &ty.params {
        let ty = builder.get(*ty)?;
        params.push(param(&builder.types, name, ty));
    }
    let result = ty.result.map(|ty| builder.get(ty)).transpose()?;
    Ok(function(library, export, name, params, (result, returns(&builder.types, result))))
}

fn core_function(
    library: &str,
    builder: &mut Builder<'_>,
    types: &InterfaceTypes,
    export: &ExportPlan,
) -> Result<Function> {
    let mut number = |ty: InterfaceTypeId| {
        let scalar = match types.get(ty) {
            InterfaceType::S32 => Scalar::S32,
            InterfaceType::S64 => Scalar::S64,
            InterfaceType::F32 => Scalar::F32,
            InterfaceType::F64 => Scalar::F64,
            _ => return Err(Error::defect(Stage::Plan, "a core function of other types than numbers")),
        };
        Ok(builder.scalar(scalar))
    };
    let mut params = Vec::new();
    for (name, ty) in &export.ty.params {
        let (own_name, name) = (name.clone(), parameter_name(name));
        params.push(Param { name, own_name, ty: number(*ty)?, form: Form::Value });
    }
    let result = export.ty.result.map(number).transpose()?;
    let returns = result.map_or(Returns::Nothing, Returns::Value);
    Ok(function(library, export, &core_name(&export.name), params, (result, returns)))
}

fn function(
    library: &str,
    export: &ExportPlan,
    name: &str,
    params: Vec<Param>,
    (result, returns): (Option<TypeId>, Returns),
) -> Function {
    // As keywords are: a name that is taken gets an underscore.
    let is_taken = OWN_FUNCTIONS.iter().chain(&STRING_FUNCTIONS).any(|own| *own == name);
    let (taken, dot) = (if is_taken { "_" } else { "" }, if export.interface.is_empty() { "" } else { "." });
    Function {
        symbol: format!("{library}_{name}{taken}"),
        export: format!("{}{dot}{}", export.interface, export.name),
        owner: (!export.interface.is_empty()).then(|| Owner::Export(export.interface.clone())),
        name: export.name.clone(),
        params,
        result,
        returns,
    }
}

fn param(types: &Types, name: &str, ty: TypeId) -> Param {
    let (own_name, name) = (name.to_string(), parameter_name(name));
    match &types[ty].kind {
        Kind::Option(some) => Param { name: format!("maybe_{name}"), own_name, ty, form: Form::Maybe(*some) },
        _ if is_passed_by_value(types, ty) => Param { name, own_name, ty, form: Form::Value },
        _ => Param { name, own_name, ty, form: Form::Pointer },
    }
}

fn is_passed_by_value(types: &Types, ty: TypeId) -> bool {
    matches!(types[unaliased(types, ty)].kind, Kind::Scalar(_) | Kind::Enum(_) | Kind::Flags(_) | Kind::Handle { .. })
}

fn returns(types: &Types, result: Option<TypeId>) -> Returns {
    let Some(result) = result else { return Returns::Nothing };
    match types[unaliased(types, result)].kind {
        Kind::Option(some) => Returns::Option(some),
        Kind::Result(ok, err) => Returns::Result(ok, err),
        _ => Returns::Value(result),
    }
}

/// Returns true for an option that JavaScript has as an object with a `tag`, because what is in it may be `undefined` itself.
pub fn is_tagged_option(types: &Types, ty: TypeId) -> bool {
    let Kind::Option(some) = types[unaliased(types, ty)].kind else { return false };
    matches!(types[unaliased(types, some)].kind, Kind::Option(_)) && !is_tagged_option(types, some)
}

/// The type that a type is another name of, or itself.
pub fn unaliased(types: &Types, ty: TypeId) -> TypeId {
    let mut ty = ty;
    while let Kind::Alias(of) = types[ty].kind {
        ty = of;
    }
    ty
}
