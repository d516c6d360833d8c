//! The types of an interface in Rust: their definitions, and what signatures say.

use super::Crate;
use super::names::{constant, name, type_name, write_indented};
use super::scalars::scalar_name;
use crate::bindings::layout::flag_bytes;
use crate::bindings::scopes::{Scope, WORLD};
use crate::bindings::{Function, Kind, Role, Type, TypeId, unaliased};
use crate::decode::Owner;
use std::fmt::{Result, Write};

impl Crate<'_> {
    /// Writes the types that a scope defines.
    pub(super) fn write_types(&self, text: &mut String, owner: &Owner, scope: &Scope<'_>) -> Result {
        for (id, own_name, kind) in scope.definitions(self.interface) {
            let name = type_name(own_name, owner == WORLD);
            match kind {
                Kind::Handle { resource, .. } if self.interface.resources[*resource].is_imported => {
                    self.write_host_resource(text, (own_name, &name), id)?;
                }
                Kind::Handle { resource, .. } => self.write_resource(text, (own_name, &name), scope, *resource)?,
                kind => self.write_definition(text, id, (own_name, &name), kind)?,
            }
        }
        Ok(())
    }

    fn write_definition(&self, text: &mut String, id: TypeId, (own_name, rust): (&str, &str), kind: &Kind) -> Result {
        let lifetime = if self.has_borrow(id) { "<'a>" } else { "" };
        let derives = if self.has_handle(id) { "Debug" } else { "Clone, Debug, PartialEq" };
        writeln!(text, "/// The type `{own_name}`.")?;
        match kind {
            Kind::Record(fields) => {
                writeln!(text, "#[derive({derives})]\npub struct {rust}{lifetime} {{")?;
                for (field, ty) in fields {
                    writeln!(
                        text,
                        "    /// The field `{field}`.\n    pub {}: {},",
                        name(field),
                        self.owned(*ty, "'a")
                    )?;
                }
                writeln!(text, "}}\n")
            }
            Kind::Enum(cases) => {
                writeln!(text, "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum {rust} {{")?;
                for case in cases {
                    writeln!(text, "    /// The case `{case}`.\n    {},", type_name(case, false))?;
                }
                writeln!(text, "}}\n")
            }
            Kind::Flags(flags) => write_flags(text, rust, flags),
            Kind::Variant(cases) => {
                writeln!(text, "#[derive({derives})]\npub enum {rust}{lifetime} {{")?;
                for (case, ty) in cases {
                    let payload = ty.map_or_else(String::new, |ty| format!("({})", self.owned(ty, "'a")));
                    writeln!(text, "    /// The case `{case}`.\n    {}{payload},", type_name(case, false))?;
                }
                writeln!(text, "}}\n")
            }
            kind => writeln!(text, "pub type {rust}{lifetime} = {};\n", self.owned_kind(kind, "'a")),
        }
    }

    /// Writes the type of a resource with its functions.
    fn write_resource(
        &self,
        text: &mut String,
        (own_name, rust): (&str, &str),
        scope: &Scope<'_>,
        resource: usize,
    ) -> Result {
        writeln!(text, "/// The resource `{own_name}`, which ends when it is dropped.\n#[derive(Debug)]")?;
        writeln!(text, "pub struct {rust}(pub(crate) crate::runtime::Resource);\n\nimpl {rust} {{")?;
        let is_its = |function: &&(usize, &Function)| self.interface.resource_of(function.1) == Some(resource);
        let mut body = String::new();
        for (number, function) in scope.functions.iter().filter(is_its) {
            let (role, _, own_name) = function.role();
            let rust_name = if role == Role::Constructor { "new".to_string() } else { name(own_name) };
            let receiver = if role == Role::Method { "&self" } else { "instance: &crate::Instance" };
            let inner = if role == Role::Method { "self.0.inner()" } else { "&instance.0" };
            self.write_function(&mut body, (*number, function), &rust_name, (receiver, inner))?;
        }
        write_indented(text, &body)?;
        writeln!(text, "}}\n")
    }

    /// The type of owned values. Handles that are lent live as long as `lifetime`.
    pub(super) fn owned(&self, ty: TypeId, lifetime: &str) -> String {
        match &self.interface.types[ty] {
            Type { kind: Kind::Handle { is_own: false, .. }, .. } => format!("&{lifetime} {}", self.path(ty)),
            Type { definition: Some(_), .. } => {
                let is_resource = matches!(self.kind(ty), Kind::Handle { .. });
                let lifetime =
                    if self.has_borrow(ty) && !is_resource { format!("<{lifetime}>") } else { String::new() };
                format!("{}{lifetime}", self.path(ty))
            }
            Type { kind, .. } => self.owned_kind(kind, lifetime),
        }
    }

    fn owned_kind(&self, kind: &Kind, lifetime: &str) -> String {
        let of = |ty: &TypeId| self.owned(*ty, lifetime);
        let or_unit = |ty: &Option<TypeId>| ty.as_ref().map_or_else(|| "()".to_string(), of);
        match kind {
            Kind::Scalar(scalar) => scalar_name(*scalar).to_string(),
            Kind::String => "::std::string::String".to_string(),
            Kind::List(element) => format!("::std::vec::Vec<{}>", of(element)),
            Kind::Tuple(types) => format!("({},)", types.iter().map(of).collect::<Vec<_>>().join(", ")),
            Kind::Option(some) => format!("::std::option::Option<{}>", of(some)),
            Kind::Result(ok, err) => format!("::std::result::Result<{}, {}>", or_unit(ok), or_unit(err)),
            Kind::Alias(ty) => of(ty),
            // The component model has no others without a name.
            Kind::Handle { .. } | Kind::Record(_) | Kind::Variant(_) | Kind::Flags(_) | Kind::Enum(_) => {
                "()".to_string()
            }
        }
    }

    /// The type of a parameter: lent, unless it is a number or a resource is given away with it.
    pub(super) fn param(&self, ty: TypeId) -> String {
        match &self.interface.types[ty].kind {
            Kind::Option(some) if !self.has_own(*some) => {
                format!("::std::option::Option<{}>", self.param_within(*some))
            }
            _ => self.param_within(ty),
        }
    }

    /// The type of a parameter, or of what is in one that is an option.
    fn param_within(&self, ty: TypeId) -> String {
        match self.kind(ty) {
            Kind::Handle { is_own: false, .. } => self.owned(unaliased(&self.interface.types, ty), "'_"),
            _ if self.is_copied(ty) || self.has_own(ty) => self.owned(ty, "'_"),
            Kind::String => "&str".to_string(),
            Kind::List(element) => format!("&[{}]", self.owned(*element, "'_")),
            _ => format!("&{}", self.owned(ty, "'_")),
        }
    }

    /// The path of a type with a name.
    pub(super) fn path(&self, ty: TypeId) -> String {
        let Some((owner, name)) = &self.interface.types[ty].definition else { return String::new() };
        let name = type_name(name, *owner == Owner::World);
        self.modules.get(owner).map_or_else(|| format!("crate::{name}"), |module| format!("crate::{module}::{name}"))
    }

    /// The kind of a type, behind its other names.
    pub(super) fn kind(&self, ty: TypeId) -> &Kind {
        &self.interface.types[unaliased(&self.interface.types, ty)].kind
    }

    /// Returns true for types whose values are passed as they are.
    pub(super) fn is_copied(&self, ty: TypeId) -> bool {
        matches!(self.kind(ty), Kind::Scalar(_) | Kind::Enum(_) | Kind::Flags(_))
    }

    fn has_handle(&self, ty: TypeId) -> bool {
        self.has_own(ty) || self.has_borrow(ty)
    }

    /// Returns true if a value can have a handle that owns.
    pub(super) fn has_own(&self, ty: TypeId) -> bool {
        self.handles[ty].own
    }

    /// Returns true if a value can have a handle that is lent.
    pub(super) fn has_borrow(&self, ty: TypeId) -> bool {
        self.handles[ty].lent
    }
}

fn write_flags(text: &mut String, rust: &str, flags: &[String]) -> Result {
    let bits = integer(flag_bytes(flags.len()));
    let all = u64::MAX >> (64 - flags.len().clamp(1, 64));
    writeln!(
        text,
        "#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]\npub struct {rust}({bits});\n\nimpl {rust} {{"
    )?;
    for (bit, flag) in flags.iter().enumerate() {
        writeln!(text, "    /// The flag `{flag}`.\n    pub const {}: Self = Self(1 << {bit});", constant(flag))?;
    }
    writeln!(
        text,
        "
    /// No flags.
    pub const fn empty() -> Self {{
        Self(0)
    }}

    /// All flags.
    pub const fn all() -> Self {{
        Self({all})
    }}

    /// The bits, the first flag's lowest.
    pub const fn bits(self) -> {bits} {{
        self.0
    }}

    /// The flags of bits; others are dropped.
    pub const fn from_bits_truncate(bits: {bits}) -> Self {{
        Self(bits & {all})
    }}

    /// Returns true if all of these flags are set.
    pub const fn contains(self, other: Self) -> bool {{
        self.0 & other.0 == other.0
    }}
}}

impl ::std::ops::BitOr for {rust} {{
    type Output = Self;

    fn bitor(self, other: Self) -> Self {{
        Self(self.0 | other.0)
    }}
}}

impl ::std::ops::BitAnd for {rust} {{
    type Output = Self;

    fn bitand(self, other: Self) -> Self {{
        Self(self.0 & other.0)
    }}
}}

impl ::std::ops::Not for {rust} {{
    type Output = Self;

    fn not(self) -> Self {{
        Self(!self.0 & {all})
    }}
}}
"
    )
}

/// An unsigned number of so many bytes.
pub(super) fn integer(bytes: u64) -> &'static str {
    match bytes {
        1 => "u8",
        2 => "u16",
        _ => "u32",
    }
}
