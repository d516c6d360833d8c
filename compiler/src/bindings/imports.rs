//! The functions that a library imports from its host program: those of numbers of a core module, and any of a component.

use super::builder::Builder;
use super::names::{Namespaces, core_name, import_name, snake_case};
use super::{Form, Function, Param, Resource, Returns, Role, TypeId, Types, param, returns, role};
use crate::decode::{Owner, Program, Scalar, ValType, World, WorldFunction};
use crate::error::{Error, Result, Stage};
use crate::plan::{FuncKind, HostName, ProgramPlan};
use std::collections::{BTreeMap, HashMap};

/// A function that the host program has for a library.
#[derive(Clone, Debug)]
pub struct Import {
    /// The name of the import, with its module or interface.
    pub name: String,
    /// The name of its field in the structure of imports.
    pub field: String,
    /// The function that guest code calls; none if no guest code calls it.
    pub called: Option<HostFunction>,
    /// The interface or module that it is in; the world for a function that is imported by itself.
    pub owner: Owner,
    /// The name in the interface.
    pub own_name: String,
    /// The parameters.
    pub params: Vec<Param>,
    /// The type of the result, if there is one.
    pub result: Option<TypeId>,
    /// The place among the resource types of the one that it drops, if it does.
    pub drops: Option<usize>,
}

impl Import {
    /// The part that the function has in a resource type, the name of that, and the function's own name.
    pub fn role(&self) -> (Role, &str, &str) {
        role(&self.own_name)
    }

    /// The places for the result, as an exported function would have them.
    pub fn returns(&self, types: &Types) -> Returns {
        returns(types, self.result)
    }

    /// The function as one that the host program exports; none for one that drops a resource.
    pub(super) fn as_function(&self, types: &Types) -> Option<Function> {
        Some(Function {
            symbol: String::new(),
            export: self.name.clone(),
            owner: Some(self.owner.clone()).filter(|owner| *owner != Owner::World),
            name: self.own_name.clone(),
            params: self.params.clone(),
            result: self.result,
            returns: self.returns(types),
        })
        .filter(|_| self.drops.is_none())
    }
}

/// A function that a program imports from its host program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// The symbol by which guest code calls it.
    pub symbol: String,
    /// The name of the import.
    pub name: HostName,
    /// The types of the core parameters.
    pub params: Vec<Scalar>,
    /// The type of the core result, if there is one.
    pub result: Option<Scalar>,
}

/// The functions that a program imports from the host program, by their names.
///
/// # Errors
/// A defect: one isn't of numbers.
pub fn imports(program: &Program<'_>, plan: &ProgramPlan) -> Result<Vec<HostFunction>> {
    let mut imports = BTreeMap::new();
    for function in plan.functions.values() {
        let FuncKind::Host { symbol, .. } = &function.kind else { continue };
        let Some(name) = HostName::of_symbol(symbol, program.component.is_some()) else { continue };
        let ty = program.types.func(function.ty);
        let import = HostFunction {
            symbol: symbol.clone(),
            name: name.clone(),
            params: ty.params.iter().map(|ty| number(*ty)).collect::<Result<_>>()?,
            result: ty.results.first().map(|ty| number(*ty)).transpose()?,
        };
        let shown = name.to_string();
        let other = imports.insert(name.clone(), import.clone());
        if other.is_some_and(|other| other != import) {
            return Err(twice(&shown, &shown, &core_field(&name)));
        }
    }
    Ok(imports.into_values().collect())
}

fn number(ty: ValType) -> Result<Scalar> {
    Ok(match ty {
        ValType::I32 => Scalar::S32,
        ValType::I64 => Scalar::S64,
        ValType::F32 => Scalar::F32,
        ValType::F64 => Scalar::F64,
        ValType::V128 | ValType::Ref(_) => {
            return Err(Error::defect(Stage::Plan, "an import of the host program that isn't of numbers"));
        }
    })
}

/// The imports of a core module.
pub(super) fn of_module(builder: &mut Builder<'_>, functions: Vec<HostFunction>) -> Result<Vec<Import>> {
    let mut import = |function: HostFunction| {
        let params = function.params.iter().enumerate().map(|(index, ty)| {
            let name = format!("p{index}");
            Param { own_name: name.clone(), name, ty: builder.scalar(*ty), form: Form::Value }
        });
        Import {
            name: function.name.to_string(),
            field: core_field(&function.name),
            owner: Owner::Import(function.name.place.clone()),
            own_name: function.name.name.clone(),
            params: params.collect(),
            result: function.result.map(|ty| builder.scalar(ty)),
            drops: None,
            called: Some(function),
        }
    };
    sorted(functions.into_iter().map(&mut import).collect())
}

/// The types of the functions that a component imports.
///
/// # Errors
/// The component's world hasn't one of them.
pub(super) fn in_world<'w>(
    world: &'w World,
    functions: &[HostFunction],
) -> Result<Vec<((String, String), &'w WorldFunction)>> {
    let of_world: HashMap<_, _> = world.imports.iter().map(|(name, ty)| (name.clone(), ty)).collect();
    let is_drop = |function: &&HostFunction| function.name.name.starts_with(RESOURCE_DROP);
    let ty = |function: &HostFunction| {
        let name = (function.name.place.clone(), function.name.name.clone());
        let ty = of_world.get(&name).copied();
        ty.map(|ty| (name, ty)).ok_or_else(|| {
            let message = format!("the program imports {}, which isn't in the component's world", function.name);
            Error::input(Stage::Plan, message, "import the function itself, or in an interface")
        })
    };
    functions.iter().filter(|function| !is_drop(function)).map(ty).collect()
}

/// The beginning of the name of a function that drops a resource.
const RESOURCE_DROP: &str = "[resource-drop]";

/// The imports of a component, and the drops of the host program's resource types.
pub(super) fn of_component(
    builder: &Builder<'_>,
    namespaces: &Namespaces,
    world: &World,
    functions: &[HostFunction],
) -> Result<Vec<Import>> {
    let called: HashMap<&HostName, &HostFunction> =
        functions.iter().map(|function| (&function.name, function)).collect();
    let import = |owner: Owner, own_name: &str, params, result, drops: Option<(usize, &str)>| {
        let full = HostName::of_component(owner.interface().unwrap_or_default(), own_name);
        let stem = drops.map_or_else(|| snake_case(own_name), |(_, name)| format!("{}_drop_own", snake_case(name)));
        let place = namespaces.suffix(&owner) + "_";
        Import {
            field: import_name(&(place.trim_start_matches('_').to_string() + &stem)),
            own_name: own_name.to_string(),
            params,
            result,
            drops: drops.map(|(resource, _)| resource),
            called: called.get(&full).copied().cloned(),
            name: full.to_string(),
            owner,
        }
    };
    let owner = |interface: &str| match interface {
        "" => Owner::World,
        interface => Owner::Import(interface.to_string()),
    };
    let mut imports = Vec::new();
    for ((interface, name), ty) in in_world(world, functions)? {
        let params = ty.params.iter().map(|(name, ty)| Ok(param(&builder.types, name, builder.get(*ty)?)));
        let params = params.collect::<Result<Vec<_>>>()?;
        let result = ty.result.map(|ty| builder.get(ty)).transpose()?;
        imports.push(import(owner(&interface), &name, params, result, None));
    }
    for (index, (_, Resource { handles, .. })) in
        builder.resources.iter().enumerate().filter(|(_, (_, resource))| resource.is_imported)
    {
        let Some((owner, name)) = builder.types[handles[0]].definition.clone() else { continue };
        let params = vec![param(&builder.types, "handle", handles[0])];
        imports.push(import(owner, &format!("{RESOURCE_DROP}{name}"), params, None, Some((index, &name))));
    }
    sorted(imports)
}

/// Imports in the order of their fields.
fn sorted(imports: Vec<Import>) -> Result<Vec<Import>> {
    let mut by_field: BTreeMap<String, Import> = BTreeMap::new();
    for import in imports {
        let (field, name) = (import.field.clone(), import.name.clone());
        if let Some(other) = by_field.insert(field.clone(), import) {
            return Err(twice(&other.name, &name, &field));
        }
    }
    Ok(by_field.into_values().collect())
}

fn twice(one: &str, other: &str, field: &str) -> Error {
    let message = format!("the imports {one} and {other} would both be {field} in C");
    Error::input(Stage::Plan, message, "import each function once, and by a name of its own")
}

/// The name of the field of a core module's import: the module's and the function's.
fn core_field(name: &HostName) -> String {
    let name = core_name(&format!("{}_{}", name.place, name.name));
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}
