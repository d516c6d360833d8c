//! The private modules of a package: facts about the library, and descriptions of its types and functions, from which the
//! package's own code passes values.

use super::Package;
use super::names::{import_name, name};
use super::types::case_name;
use crate::bindings::layout::{discriminant_bytes, flag_bytes};
use crate::bindings::{
    Form, Function, Kind, Layout, Param, Returns, Role, Scalar, Side, TypeId, offsets, payload_offset,
};
use crate::decode::Owner;
use aot_abi::library::{LIBRARY_VERSION, OPTIONS, Status, TIMES};
use cranelift_entity::EntityRef;
use std::fmt::{Result, Write};

/// The shared object in a package. No interface has a module of this name.
pub const NATIVE: &str = "_native.so";

impl Package<'_> {
    /// Writes what is true of the library as a whole.
    pub(super) fn write_library(&self, text: &mut String) -> Result {
        writeln!(text, "\"\"\"Facts about the library.\"\"\"\n")?;
        writeln!(text, "NAME = \"{}\"\nFILE = \"{NATIVE}\"\nABI_VERSION = {LIBRARY_VERSION}\n", self.interface.name)?;
        for status in Status::ALL {
            writeln!(text, "{} = {}", status.name().to_ascii_uppercase(), *status as u32)?;
        }
        writeln!(text, "\nMEANINGS = {{")?;
        for status in Status::ALL {
            writeln!(text, "    {}: \"{}\",", status.name().to_ascii_uppercase(), status.meaning())?;
        }
        writeln!(text, "}}\n\nOPTIONS = (")?;
        OPTIONS.iter().skip(1).try_for_each(|(name, _)| writeln!(text, "    \"{name}\","))?;
        writeln!(text, ")\n\nTIMES = (")?;
        TIMES.iter().try_for_each(|(name, _)| writeln!(text, "    \"{name}\","))?;
        writeln!(text, ")")
    }

    /// Writes the descriptions of all types and functions, in the order of their numbers.
    pub(super) fn write_bindings(&self, text: &mut String) -> Result {
        writeln!(text, "\"\"\"The types and functions of the library.\"\"\"\n\nimport sys\n\nfrom . import _aot")?;
        self.modules.values().try_for_each(|module| writeln!(text, "from . import {module} as _{module}"))?;
        writeln!(text, "\n_world = sys.modules[__package__]\n")?;
        for (id, _) in &self.interface.types {
            writeln!(text, "{} = {}", variable(id), self.description(id))?;
        }
        for (_, resource) in self.interface.exported_resources() {
            writeln!(text, "_aot.define_resource({}, \"{}\")", self.own_class(resource.handles[0]), resource.drop)?;
        }
        writeln!(text, "\n_aot.MEMORIES += [")?;
        self.interface
            .memories
            .iter()
            .try_for_each(|memory| writeln!(text, "    _aot.memory(\"{}\"),", memory.symbol))?;
        writeln!(text, "]\n_aot.GLOBALS += [")?;
        for global in &self.interface.globals {
            let set = global.set.as_ref().map_or("None".to_string(), |set| format!("\"{set}\""));
            writeln!(text, "    _aot.exported_global(\"{}\", {set}, _aot.{}),", global.get, constant(global.scalar))?;
        }
        writeln!(text, "]\n_aot.IMPORTS += [")?;
        for import in &self.interface.imports {
            let params: String = import.params.iter().map(|param| passed(param) + ", ").collect();
            let result = import.result.map_or("None".to_string(), variable);
            let drops = if import.drops.is_some() { ", True" } else { "" };
            writeln!(text, "    _aot.Import(\"{}\", ({params}), {result}{drops}),", import_name(&import.field))?;
        }
        writeln!(text, "]\n_aot.FUNCTIONS += [")?;
        self.interface.functions.iter().try_for_each(|function| self.write_function(text, function))?;
        writeln!(text, "]")
    }

    fn write_function(&self, text: &mut String, function: &Function) -> Result {
        write!(text, "    _aot.Function(\"{}\", (", function.symbol)?;
        let is_method = function.role().0 == Role::Method;
        for (index, param) in function.params.iter().enumerate() {
            let name = if is_method && index == 0 { "self".to_string() } else { name(&param.own_name) };
            let ty = passed(param);
            write!(text, "(\"{name}\", {ty}), ")?;
        }
        write!(text, ")")?;
        match (function.returns, function.result) {
            (Returns::Nothing, _) => {}
            (Returns::Value(ty), _) => write!(text, ", {}", self.returned_place(ty, None))?,
            (Returns::Option(some), result) => write!(text, ", {}", self.returned_place(some, result))?,
            (Returns::Result(ok, err), _) => {
                for ty in [ok, err] {
                    let place = ty.map_or("None".to_string(), |ty| self.returned_place(ty, None));
                    write!(text, ", {place}")?;
                }
            }
        }
        writeln!(text, "),")
    }

    /// The place for a result, of an option if there is one.
    fn returned_place(&self, ty: TypeId, option: Option<TypeId>) -> String {
        let described = &self.interface.types[ty];
        let free = described.free.as_ref().filter(|_| described.owns);
        let free = free.map_or("None".to_string(), |symbol| format!("\"{symbol}\""));
        let option = option.map_or("None".to_string(), |option| self.option(option));
        format!("_aot.Returned({}, {free}, {option})", variable(ty))
    }

    fn option(&self, ty: TypeId) -> String {
        variable(crate::bindings::unaliased(&self.interface.types, ty))
    }

    fn description(&self, id: TypeId) -> String {
        let (types, ty) = (&self.interface.types, &self.interface.types[id]);
        let bytes = ty.layout.host.bytes;
        let layout = |ty: &TypeId| types[*ty].layout;
        let class = || self.own_class(id);
        let or_none = |ty: Option<TypeId>| ty.map_or("None".to_string(), variable);
        match &ty.kind {
            Kind::Scalar(scalar) => format!("_aot.{}", constant(*scalar)),
            Kind::String => "_aot.STRING".to_string(),
            Kind::List(element) if self.is_byte(*element) => "_aot.BYTES".to_string(),
            Kind::List(element) => format!("_aot.List({})", variable(*element)),
            Kind::Record(fields) => {
                let offsets = offsets(Side::Host, fields.iter().map(|(_, ty)| layout(ty)));
                let field = |((field, ty), (offset, _)): (&(String, TypeId), (u64, _))| {
                    format!("(\"{}\", {}, {offset}), ", name(field), variable(*ty))
                };
                format!(
                    "_aot.Record({}, {bytes}, ({}))",
                    class(),
                    fields.iter().zip(offsets).map(field).collect::<String>()
                )
            }
            Kind::Tuple(parts) => {
                let offsets = offsets(Side::Host, parts.iter().map(layout));
                let part = |(ty, (offset, _)): (&TypeId, (u64, _))| format!("({}, {offset}), ", variable(*ty));
                format!("_aot.Tuple({bytes}, ({}))", parts.iter().zip(offsets).map(part).collect::<String>())
            }
            Kind::Variant(cases) => {
                let payloads = cases.iter().filter_map(|(_, ty)| ty.as_ref()).map(layout);
                let offset = payload_offset(Side::Host, cases.len(), payloads);
                let (class, code) = (class(), code(discriminant_bytes(cases.len())));
                let case = |(case, ty): &(String, _)| format!("({}, {}), ", case_name(&class, case), or_none(*ty));
                let cases: String = cases.iter().map(case).collect();
                let name = class.rsplit('.').next().unwrap_or_default();
                format!("_aot.Variant(\"{name}\", {bytes}, \"{code}\", {offset}, ({cases}))")
            }
            Kind::Enum(cases) => {
                format!("_aot.Enumeration(\"{}\", {})", code(discriminant_bytes(cases.len())), class())
            }
            Kind::Flags(flags) => format!("_aot.Flags(\"{}\", {})", code(flag_bytes(flags.len())), class()),
            Kind::Option(some) => {
                let offset = payload_offset(Side::Host, 2, [layout(some)].into_iter());
                let is_nested = if self.is_option(*some) { "True" } else { "False" };
                format!("_aot.Option({bytes}, {offset}, {}, {is_nested})", variable(*some))
            }
            Kind::Result(ok, err) => {
                let payloads: Vec<Layout> = ok.iter().chain(err).map(layout).collect();
                let offset = payload_offset(Side::Host, 2, payloads.into_iter());
                format!("_aot.Result({bytes}, {offset}, {}, {})", or_none(*ok), or_none(*err))
            }
            Kind::Handle { is_own, resource } if self.interface.resources[*resource].is_imported => {
                format!("_aot.{}()", if *is_own { "HostOwn" } else { "HostBorrow" })
            }
            Kind::Handle { is_own, .. } => format!("_aot.{}({})", if *is_own { "Own" } else { "Borrow" }, class()),
            Kind::Alias(of) => variable(*of),
        }
    }

    /// The class of a type as the module of descriptions knows it.
    fn own_class(&self, ty: TypeId) -> String {
        match &self.interface.types[ty].definition {
            Some((Owner::World, _)) => format!("_world.{}", self.class(ty, &Owner::World)),
            _ => self.class(ty, &Owner::World),
        }
    }
}

/// The description of a parameter in the form in which C passes it.
fn passed(param: &Param) -> String {
    match param.form {
        Form::Maybe(_) => format!("_aot.Maybe({})", variable(param.ty)),
        Form::Value | Form::Pointer => variable(param.ty),
    }
}

/// The variable that describes a type.
fn variable(ty: TypeId) -> String {
    format!("t{}", ty.index())
}

/// The description of a number, boolean or character.
fn constant(scalar: Scalar) -> String {
    match scalar {
        Scalar::Char => "CHAR".to_string(),
        scalar => scalar.wit_name().to_ascii_uppercase(),
    }
}

/// The code of an unsigned number in Python's module `struct`.
fn code(bytes: u64) -> &'static str {
    match bytes {
        1 => "B",
        2 => "H",
        _ => "I",
    }
}
