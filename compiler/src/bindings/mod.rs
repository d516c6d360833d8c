//! The interface of a library as data, from which everything that a host program sees is made: the symbols of the object,
//! and the header. Names are those of `wit-bindgen c`, behind the name of the library.

mod c;
mod imports;
mod memories;
mod names;
mod pkg_config;

pub use c::header;
pub use imports::{Import, imports};
pub use memories::{Memory, memories};
pub use names::library_name;
pub use pkg_config::pkg_config;

use crate::decode::{InterfaceType, InterfaceTypes};
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportPlan, ExportsPlan};
use names::{core_name, interface_name, parameter_name, snake_case};
use std::collections::BTreeMap;

/// The functions of a library.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The name of the library, with which all its symbols begin.
    pub name: String,
    /// The exported functions, in the order of their numbers.
    pub functions: Vec<Function>,
    /// The functions that the host program has for the library, in the order of their numbers.
    pub imports: Vec<Import>,
    /// The exported memories.
    pub memories: Vec<Memory>,
}

/// An exported function.
#[derive(Clone, Debug)]
pub struct Function {
    /// The symbol.
    pub symbol: String,
    /// The name of the export, with its interface.
    pub export: String,
    /// Parameters by their names in C.
    pub params: Vec<(String, Scalar)>,
    /// The type of the result, if there is one.
    pub result: Option<Scalar>,
}

/// A number, a boolean or a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The functions that every library has, behind its name: a new instance, the text of its error, the status of a guest that ended
/// itself, the instance's end, the end of a text that `new` gave, and the version of all that.
pub const OWN_FUNCTIONS: [&str; 6] = ["new", "error", "exit_status", "free", "error_free", "abi_version"];

impl Interface {
    /// The interface of a library of this name with a program's exports. `is_component` says how exports are named.
    ///
    /// # Errors
    /// Two exports have one name in C.
    pub fn new(
        name: &str,
        exports: &ExportsPlan,
        imports: Vec<Import>,
        mut memories: Vec<Memory>,
        is_component: bool,
    ) -> Result<Self> {
        let mut functions = Vec::new();
        let mut taken = BTreeMap::new();
        for memory in &mut memories {
            memory.symbol = format!(
                "{name}_{}{}",
                memory.symbol,
                if OWN_FUNCTIONS.contains(&memory.symbol.as_str()) { "_" } else { "" }
            );
            taken.insert(memory.symbol.clone(), memory.export.clone());
        }
        for export in &exports.functions {
            let function = function(name, &exports.types, export, is_component)?;
            if let Some(other) = taken.insert(function.symbol.clone(), function.export.clone()) {
                return Err(Error::input(
                    Stage::Plan,
                    format!("the exports {other} and {} would both be {} in C", function.export, function.symbol),
                    "rename one of them",
                ));
            }
            functions.push(function);
        }
        Ok(Self { name: name.to_string(), functions, imports, memories })
    }

    /// All symbols that the library defines for host programs.
    pub fn symbols(&self) -> Vec<String> {
        let own = OWN_FUNCTIONS.iter().map(|function| self.own_symbol(function));
        let memories = self.memories.iter().map(|memory| memory.symbol.clone());
        own.chain(self.functions.iter().map(|function| function.symbol.clone())).chain(memories).collect()
    }

    /// The symbol of a function that every library has.
    pub fn own_symbol(&self, function: &str) -> String {
        format!("{}_{function}", self.name)
    }
}

fn function(library: &str, types: &InterfaceTypes, export: &ExportPlan, is_component: bool) -> Result<Function> {
    let name = match (is_component, export.interface.as_str()) {
        (false, _) => core_name(&export.name),
        (true, "") => snake_case(&export.name),
        (true, interface) => format!("exports_{}_{}", interface_name(interface), snake_case(&export.name)),
    };
    // As keywords are: a name that is taken gets an underscore.
    let taken = if OWN_FUNCTIONS.contains(&name.as_str()) { "_" } else { "" };
    let scalar =
        |ty| Scalar::of(types.get(ty)).ok_or_else(|| Error::defect(Stage::Plan, "a library's function of other types"));
    let param = |(name, ty): &(String, _)| Ok((parameter_name(name), scalar(*ty)?));
    let dot = if export.interface.is_empty() { "" } else { "." };
    Ok(Function {
        symbol: format!("{library}_{name}{taken}"),
        export: format!("{}{dot}{}", export.interface, export.name),
        params: export.ty.params.iter().map(param).collect::<Result<_>>()?,
        result: export.ty.result.map(scalar).transpose()?,
    })
}

impl Scalar {
    /// The scalar that a type is; none for a type of another kind.
    pub fn of(ty: &InterfaceType) -> Option<Self> {
        Some(match ty {
            InterfaceType::Bool => Self::Bool,
            InterfaceType::S8 => Self::S8,
            InterfaceType::U8 => Self::U8,
            InterfaceType::S16 => Self::S16,
            InterfaceType::U16 => Self::U16,
            InterfaceType::S32 => Self::S32,
            InterfaceType::U32 => Self::U32,
            InterfaceType::S64 => Self::S64,
            InterfaceType::U64 => Self::U64,
            InterfaceType::F32 => Self::F32,
            InterfaceType::F64 => Self::F64,
            InterfaceType::Char => Self::Char,
            _ => return None,
        })
    }
}
