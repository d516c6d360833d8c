//! The functions that a library imports from its host program.

use super::Scalar;
use super::names::core_name;
use crate::decode::{Program, ValType};
use crate::error::{Error, Result, Stage};
use crate::plan::{FuncKind, HOST_IMPORT, ProgramPlan};
use std::collections::BTreeMap;

/// A function that the host program has for a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The symbol by which guest code calls it.
    pub symbol: String,
    /// The name of the import, with its module.
    pub name: String,
    /// The name of its field in the structure of imports.
    pub field: String,
    /// The types of the parameters.
    pub params: Vec<Scalar>,
    /// The type of the result, if there is one.
    pub result: Option<Scalar>,
}

/// The functions that a program imports from the host program, by their names.
///
/// # Errors
/// Two of them have one name in C, or one has two types.
pub fn imports(program: &Program<'_>, plan: &ProgramPlan) -> Result<Vec<Import>> {
    let mut imports: BTreeMap<String, Import> = BTreeMap::new();
    for function in plan.functions.values() {
        let FuncKind::Host { symbol, .. } = &function.kind else { continue };
        let Some(name) = symbol.strip_prefix(HOST_IMPORT) else { continue };
        let ty = program.types.func(function.ty);
        let import = Import {
            symbol: symbol.clone(),
            name: name.to_string(),
            field: field(name),
            params: ty.params.iter().map(|ty| number(*ty)).collect::<Result<_>>()?,
            result: ty.results.first().map(|ty| number(*ty)).transpose()?,
        };
        if let Some(other) = imports.insert(import.field.clone(), import.clone()).filter(|other| *other != import) {
            return Err(Error::input(
                Stage::Plan,
                format!("the imports {} and {name} would both be {} in C", other.name, import.field),
                "import each function once, and by a name of its own",
            ));
        }
    }
    Ok(imports.into_values().collect())
}

/// The name of a field: the module's and the function's.
fn field(name: &str) -> String {
    let name = core_name(&name.replacen("::", "_", 1));
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
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
