//! The types of an interface as classes of Python, and as what annotations say.

use super::Package;
use super::names::{class_name, constant, name};
use crate::bindings::scopes::Scope;
use crate::bindings::{Function, Kind, Param, Returns, Role, Scalar, Type, TypeId, unaliased};
use crate::decode::Owner;
use std::fmt::{Result, Write};

impl Package<'_> {
    /// Writes the types that a scope defines.
    pub(super) fn write_types(&self, text: &mut String, owner: &Owner, scope: &Scope<'_>) -> Result {
        for (_, own_name, kind) in scope.definitions(self.interface) {
            let name = class_name(own_name, *owner == Owner::World);
            match kind {
                Kind::Handle { resource, .. } if self.interface.resources[*resource].is_imported => {
                    writeln!(
                        text,
                        "\n\n# The resource {own_name}, which Python defines: any object.\n{name} = _t.Any"
                    )?;
                }
                Kind::Handle { resource, .. } => self.write_resource(text, (own_name, &name), scope, *resource)?,
                kind => self.write_definition(text, &name, kind, owner)?,
            }
        }
        Ok(())
    }

    fn write_definition(&self, text: &mut String, class: &str, kind: &Kind, owner: &Owner) -> Result {
        match kind {
            Kind::Record(fields) => {
                writeln!(text, "\n\n@_dataclasses.dataclass\nclass {class}:")?;
                fields
                    .iter()
                    .try_for_each(|(field, ty)| writeln!(text, "    {}: {}", name(field), self.annotation(*ty, owner)))
            }
            Kind::Enum(cases) => {
                writeln!(text, "\n\nclass {class}(_enum.Enum):")?;
                cases
                    .iter()
                    .enumerate()
                    .try_for_each(|(number, case)| writeln!(text, "    {} = {number}", constant(case)))
            }
            Kind::Flags(flags) => {
                writeln!(text, "\n\nclass {class}(_enum.Flag):")?;
                flags
                    .iter()
                    .enumerate()
                    .try_for_each(|(bit, flag)| writeln!(text, "    {} = {}", constant(flag), 1u64 << bit))
            }
            Kind::Variant(cases) => {
                for (case, ty) in cases {
                    writeln!(text, "\n\n@_dataclasses.dataclass\nclass {}:", case_name(class, case))?;
                    match ty {
                        Some(ty) => writeln!(text, "    value: {}", self.annotation(*ty, owner))?,
                        None => writeln!(text, "    pass")?,
                    }
                }
                let names: Vec<String> = cases.iter().map(|(case, _)| case_name(class, case)).collect();
                writeln!(text, "\n\n{class} = _t.Union[{}]", names.join(", "))
            }
            kind => writeln!(text, "\n\n{class} = {}", self.annotation_of_kind(kind, owner)),
        }
    }

    /// Writes the class of a resource type with its functions.
    fn write_resource(
        &self,
        text: &mut String,
        (own_name, class): (&str, &str),
        scope: &Scope<'_>,
        resource: usize,
    ) -> Result {
        let is_its = |function: &&(usize, &Function)| self.interface.resource_of(function.1) == Some(resource);
        let functions = || scope.functions.iter().filter(is_its);
        writeln!(text, "\n\nclass {class}(_aot.Resource):\n    \"\"\"The resource {own_name}.\"\"\"")?;
        if !functions().any(|(_, function)| function.role().0 == Role::Constructor) {
            writeln!(text, "\n    def __init__(self) -> None:\n        _aot.no_constructor(self)")?;
        }
        for (number, function) in functions() {
            let (role, _, own_name) = function.role();
            let returned = self.returned(function);
            match role {
                Role::Constructor => {
                    let (params, arguments) = self.params(&function.params, function);
                    writeln!(
                        text,
                        "\n    def __init__(self{params}) -> None:\n        self._construct({number}{arguments})"
                    )?;
                }
                Role::Static => {
                    let (params, arguments) = self.params(&function.params, function);
                    writeln!(text, "\n    @classmethod\n    def {}(cls{params}) -> {returned}:", name(own_name))?;
                    writeln!(text, "        return _aot.call({number}, cls._instance{arguments})")?;
                }
                Role::Method | Role::Function => {
                    let (params, arguments) = self.params(function.params.get(1..).unwrap_or_default(), function);
                    writeln!(text, "\n    def {}(self{params}) -> {returned}:", name(own_name))?;
                    writeln!(text, "        return _aot.call({number}, self._instance, self{arguments})")?;
                }
            }
        }
        Ok(())
    }

    /// The parameters of a function with their types, and its arguments, each with a comma in front.
    pub(super) fn params(&self, params: &[Param], function: &Function) -> (String, String) {
        let param =
            |param: &Param| format!(", {}: {}", name(&param.own_name), self.annotation(param.ty, function.owner()));
        let argument = |param: &Param| format!(", {}", name(&param.own_name));
        (params.iter().map(param).collect(), params.iter().map(argument).collect())
    }

    /// The type of what a function returns.
    pub(super) fn returned(&self, function: &Function) -> String {
        let result = match function.returns {
            Returns::Nothing => None,
            Returns::Result(ok, _) => ok,
            Returns::Value(_) | Returns::Option(_) => function.result,
        };
        self.annotation_or_none(result, function.owner())
    }

    /// The name of a type's class, as the module of `owner` knows it.
    pub(super) fn class(&self, ty: TypeId, owner: &Owner) -> String {
        let Some((other, name)) = &self.interface.types[ty].definition else { return String::new() };
        let class = class_name(name, *other == Owner::World);
        match self.modules.get(other) {
            Some(module) if other != owner => format!("_{module}.{class}"),
            _ => class,
        }
    }

    pub(super) fn annotation(&self, ty: TypeId, owner: &Owner) -> String {
        match &self.interface.types[ty] {
            Type { definition: Some(_), .. } => self.class(ty, owner),
            Type { kind, .. } => self.annotation_of_kind(kind, owner),
        }
    }

    pub(super) fn annotation_of_kind(&self, kind: &Kind, owner: &Owner) -> String {
        let of = |ty: TypeId| self.annotation(ty, owner);
        match kind {
            Kind::Scalar(Scalar::Bool) => "bool".to_string(),
            Kind::Scalar(Scalar::F32 | Scalar::F64) => "float".to_string(),
            Kind::Scalar(Scalar::Char) | Kind::String => "str".to_string(),
            Kind::Scalar(_) => "int".to_string(),
            Kind::List(element) if self.is_byte(*element) => "bytes".to_string(),
            Kind::List(element) => format!("_t.List[{}]", of(*element)),
            Kind::Tuple(types) => {
                format!("_t.Tuple[{}]", types.iter().map(|ty| of(*ty)).collect::<Vec<_>>().join(", "))
            }
            Kind::Option(some) if self.is_option(*some) => format!("_t.Optional[_aot.Some[{}]]", of(*some)),
            Kind::Option(some) => format!("_t.Optional[{}]", of(*some)),
            Kind::Result(ok, err) => {
                let [ok, err] = [ok, err].map(|ty| self.annotation_or_none(*ty, owner));
                format!("_t.Union[_aot.Ok[{ok}], _aot.Err[{err}]]")
            }
            Kind::Alias(ty) => of(*ty),
            // The component model has no others without a name.
            Kind::Handle { .. } | Kind::Record(_) | Kind::Variant(_) | Kind::Flags(_) | Kind::Enum(_) => {
                "_t.Any".to_string()
            }
        }
    }

    pub(super) fn annotation_or_none(&self, ty: Option<TypeId>, owner: &Owner) -> String {
        ty.map_or_else(|| "None".to_string(), |ty| self.annotation(ty, owner))
    }

    /// Returns true for an option under any name.
    pub(super) fn is_option(&self, ty: TypeId) -> bool {
        matches!(self.kind(ty), Kind::Option(_))
    }

    /// Returns true for bytes, lists of which are `bytes`.
    pub(super) fn is_byte(&self, ty: TypeId) -> bool {
        *self.kind(ty) == Kind::Scalar(Scalar::U8)
    }

    /// The kind of a type, behind its other names.
    pub(super) fn kind(&self, ty: TypeId) -> &Kind {
        &self.interface.types[unaliased(&self.interface.types, ty)].kind
    }
}

/// The class of a variant's case.
pub(super) fn case_name(class: &str, case: &str) -> String {
    format!("{class}_{}", class_name(case, false).trim_end_matches('_'))
}
