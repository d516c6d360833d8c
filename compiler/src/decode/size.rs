//! Bounds of what a program becomes, where a few bytes of the format stand for much: a type that has many values, a count of
//! locals, an instance of a module. What is within them takes memory and time that follow the size of the input.

use super::component::Component;
use super::indices::ModuleIndex;
use super::module::Module;
use super::operators::{self, Immediate, Values};
use crate::error::{Error, Result, Stage};
use cranelift_entity::PrimaryMap;
use wasmparser::{CompositeInnerType, ModuleArity, Operator};

/// Values for each byte of code that functions can declare or pass on.
const VALUES_PER_BYTE: u64 = 4;
/// Values that all functions of a module can declare or pass on besides.
const VALUES_MAX: u64 = 4_000_000;

/// Factor by which the instances can be larger than the input in sum.
const INSTANCES_PER_INPUT: u64 = 8;
/// Bytes that the instances can be larger in sum besides.
const INSTANCES_BYTES_MAX: u64 = 16 << 20;
/// The bytes that a function counts for besides its own.
const FUNCTION_BYTES: u64 = 256;
/// The bytes that an instance, and each other item of it, counts for besides its own.
const ITEM_BYTES: u64 = 64;

/// The values that an operator passes on: to and from a function, between blocks, to the fields of a structure.
pub(super) fn values_passed(operator: &Operator<'_>, module: &impl ModuleArity) -> u64 {
    let arity =
        || operator.operator_arity(module).map_or(0, |(params, results)| u64::from(params) + u64::from(results));
    match operators::facts(operator).values {
        Values::Few => 0,
        Values::Arity => arity(),
        Values::EachLabel => labels(operator).saturating_mul(arity()),
        Values::Fields => fields(operator, module),
    }
}

/// The number of places to which an operator can branch.
fn labels(operator: &Operator<'_>) -> u64 {
    let Operator::BrTable { targets } = operator else { return 1 };
    u64::from(targets.len()) + 1
}

/// The number of fields of the structure that an operator makes.
fn fields(operator: &Operator<'_>, module: &impl ModuleArity) -> u64 {
    let mut count = 0;
    operators::visit_immediates(operator, |immediate| {
        if let Immediate::Item(index) = immediate
            && let Some(CompositeInnerType::Struct(ty)) = module.sub_type_at(index).map(|ty| &ty.composite_type.inner)
        {
            count = ty.fields.len() as u64;
        }
    });
    count
}

/// Refuses a module whose functions declare or pass on many more values than they have bytes.
///
/// # Errors
/// The module does so.
pub(super) fn check_values(module: &Module<'_>) -> Result<()> {
    let values = module.bodies.iter().fold(0u64, |sum, body| sum.saturating_add(body.uses.values));
    let limit = VALUES_MAX.saturating_add(VALUES_PER_BYTE.saturating_mul(code_bytes(module)));
    if values <= limit {
        return Ok(());
    }
    let error = Error::input(
        Stage::Decode,
        format!(
            "the functions declare or pass on {values} values in sum, more than the limit of {limit} for their size"
        ),
        "a few bytes that stand for thousands of locals, parameters, results or fields are what no compiler makes",
    );
    Err(error.in_module(module.display_name()))
}

/// Refuses a component whose core instances are in sum much larger than itself: code and data are written out for each.
///
/// # Errors
/// The component has such instances.
pub(super) fn check_instances(
    component: &Component,
    modules: &PrimaryMap<ModuleIndex, Module<'_>>,
    input: u64,
) -> Result<()> {
    let sizes: PrimaryMap<ModuleIndex, u64> = modules.values().map(module_bytes).collect();
    let bytes = component.instances.iter().fold(0u64, |sum, instance| sum.saturating_add(sizes[instance.module]));
    let limit = INSTANCES_BYTES_MAX.saturating_add(INSTANCES_PER_INPUT.saturating_mul(input));
    if bytes <= limit {
        return Ok(());
    }
    let instances = component.instances.len();
    Err(Error::input(
        Stage::Decode,
        format!(
            "the {instances} core instances have {bytes} bytes in sum, more than the limit of {limit} for the input's size"
        ),
        "code and data are written out for each instance of a module: share instances instead of making more",
    ))
}

/// The bytes that an instance of a module is counted for.
fn module_bytes(module: &Module<'_>) -> u64 {
    let items = module.tables.len()
        + module.memories.len()
        + module.globals.len()
        + module.tags.len()
        + module.data.len()
        + module.elements.len()
        + 1;
    let values = module.bodies.iter().fold(0u64, |sum, body| sum.saturating_add(body.uses.values));
    let data: u64 = module.data.values().map(|segment| segment.bytes.len() as u64).sum();
    let elements: u64 = module.elements.values().map(|segment| 4 * segment.elements.len() as u64).sum();
    let tables: u64 = module.tables.values().skip(module.imported_tables).map(|table| table.min.min(4096)).sum();
    let names: u64 = module.function_names.values().map(|name| name.len() as u64).sum();
    let items = ITEM_BYTES * items as u64 + FUNCTION_BYTES * module.functions.len() as u64;
    (items + names + code_bytes(module) + data + elements + tables).saturating_add(values)
}

fn code_bytes(module: &Module<'_>) -> u64 {
    module.bodies.iter().map(|body| body.reader.as_bytes().len() as u64).sum()
}
