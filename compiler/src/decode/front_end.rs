//! Drives the front end: validation, component flattening, adapter fusion; and turns its products and errors into ours.

use super::ancestors::FrontEnd;
use super::component::Component;
use super::component_instances::component_instances;
use super::convert::{convert_entity, convert_memory, convert_table, convert_type_index, convert_types, convert_val};
use super::errors::{front_end_error, reader_error};
use super::indices::ModuleIndex;
use super::module::{BranchHint, Module};
use super::proposals::features;
use super::unsupported::error_of_feature;
use super::{Arena, Program, exception_forms, flatten, forms, instance_count, sections, size};
use crate::error::Result;
use cranelift_entity::{EntityRef, PrimaryMap};
use rayon::prelude::*;
use wasmparser::{FuncValidatorAllocations, Parser, Validator, WasmFeatures};
use wasmtime_environ::component::{ComponentTypesBuilder, Translator};
use wasmtime_environ::{
    FunctionBodyData, ModuleEnvironment, ModuleTranslation, ModuleTypesBuilder, StaticModuleIndex, Tunables,
};

/// The front end's own choices about code, none of which we use, set to what keeps its products plain.
fn tunables(concurrency_support: bool) -> Tunables {
    Tunables {
        parse_wasm_debuginfo: false,
        concurrency_support,
        debug_adapter_modules: false,
        branch_hinting: true,
        ..Tunables::default_u64()
    }
}

pub(super) fn decode_modules<'a>(inputs: &[&'a [u8]]) -> Result<Program<'a>> {
    let tunables = tunables(false);
    let mut validator = Validator::new_with_features(features());
    let mut types = ModuleTypesBuilder::new(&validator);
    let mut modules = PrimaryMap::new();
    for (index, bytes) in inputs.iter().enumerate() {
        let index = StaticModuleIndex::from_u32(index as u32);
        let mut parser = Parser::new(0);
        parser.set_features(features());
        let translation = ModuleEnvironment::new(&tunables, &mut validator, &mut types, index)
            .translate(parser, bytes)
            .map_err(|error| front_end_error(&error, bytes, features()))?;
        validator.reset();
        modules.push(convert_module(translation, Some(bytes))?);
    }
    let types = convert_types(types.wasm_types());
    Ok(Program { types, modules, component: None, input_bytes: inputs.iter().map(|bytes| bytes.len() as u64).sum() })
}

/// The proposals of exceptions.
const EXCEPTIONS: WasmFeatures = WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS);

/// The features of asynchronous components.
const ASYNC: WasmFeatures =
    WasmFeatures::CM_ASYNC.union(WasmFeatures::CM_ASYNC_STACKFUL).union(WasmFeatures::CM_MORE_ASYNC_BUILTINS);

/// Decodes a component. What costs time and space in adapters between components is on only if the component uses it: the
/// exceptions feature, with which they catch those that pass, and asynchronous functions, with which each call is a task.
pub(super) fn decode_component<'a>(bytes: &'a [u8], arena: &'a Arena) -> Result<Program<'a>> {
    instance_count::check(bytes)?;
    forms::check_component(bytes)?;
    let mut used = features() - EXCEPTIONS - ASYNC;
    loop {
        let result = decode_component_with(bytes, arena, used);
        match result.is_err().then(|| missing_of(bytes, used)).flatten() {
            Some(missing) => used |= missing,
            None => return result,
        }
    }
}

/// The features that a component uses besides those in `used`, as far as they are known at its first use of one.
fn missing_of(bytes: &[u8], used: WasmFeatures) -> Option<WasmFeatures> {
    let missing = Validator::new_with_features(used).validate_all(bytes).err()?.missing_wasm_feature()?;
    let group = [EXCEPTIONS, ASYNC].into_iter().find(|group| group.contains(missing))?;
    Some(group & features()).filter(|group| !used.contains(*group))
}

fn decode_component_with<'a>(bytes: &'a [u8], arena: &'a Arena, features: WasmFeatures) -> Result<Program<'a>> {
    let is_concurrent = features.intersects(ASYNC);
    let tunables = tunables(is_concurrent);
    let mut validator = Validator::new_with_features(features);
    let mut types = ComponentTypesBuilder::new(&validator);
    let (mut translation, mut translations) = Translator::new(&tunables, &mut validator, &mut types, &arena.modules)
        .translate(bytes)
        .map_err(|error| front_end_error(&error, bytes, features))?;
    let mut front_end = FrontEnd {
        input: bytes,
        tunables: &tunables,
        validator: &mut validator,
        types: &mut types,
        arena,
        translation: &mut translation,
        modules: &mut translations,
    };
    front_end.allow_calls_of_ancestors()?;
    let mut modules: PrimaryMap<ModuleIndex, Module<'a>> = PrimaryMap::new();
    for (_, translation) in translations {
        modules.push(convert_module(translation, Some(bytes))?);
    }
    let core_types = convert_types(types.module_types_builder().wasm_types());
    let resource_tables = types.num_resource_tables();
    let (component_types, _) = types.finish(&translation.component);
    let mut component: Component = flatten::convert(&translation, &component_types, resource_tables, is_concurrent)?;
    if is_concurrent {
        component.parents = component_instances(bytes).into_iter().flatten().map(|origin| origin.parent).collect();
    }
    let input_bytes = bytes.len() as u64;
    size::check_instances(&component, &modules, input_bytes)?;
    Ok(Program { types: core_types, modules, component: Some(component), input_bytes })
}

/// Converts one module and validates its bodies, in parallel.
fn convert_module<'a>(translation: ModuleTranslation<'a>, input: Option<&[u8]>) -> Result<Module<'a>> {
    let wasm = translation.wasm;
    let offset = input.and_then(|input| offset_in(input, wasm));
    let mut module =
        Module { offset: offset.unwrap_or(0), binary: wasm, synthetic: offset.is_none(), ..Module::default() };
    let environment = &translation.module;
    module.types = environment.types.values().map(|ty| convert_type_index(*ty)).collect();
    for (name, field, _) in environment.imports() {
        module.imports.push(super::Import {
            module: name.to_string(),
            name: field.to_string(),
            entity: super::Entity::Func(super::FuncIndex::from_u32(0)),
        });
    }
    for (import, initializer) in module.imports.iter_mut().zip(environment.initializers.iter()) {
        let wasmtime_environ::Initializer::Import { index, .. } = initializer;
        import.entity = convert_entity(*index);
    }
    for (name, entity) in &environment.exports {
        module.exports.push((environment.strings[name].to_string(), convert_entity(*entity)));
    }
    for (_, function) in &environment.functions {
        module.functions.push(convert_type_index(function.signature));
    }
    for (_, table) in &environment.tables {
        module.tables.push(convert_table(table));
    }
    for (_, memory) in &environment.memories {
        module.memories.push(convert_memory(memory));
    }
    for (_, global) in &environment.globals {
        module.globals.push(super::GlobalType { value: convert_val(global.wasm_ty), mutable: global.mutability });
    }
    for (_, tag) in &environment.tags {
        module.tags.push(convert_type_index(tag.signature));
    }
    module.imported_functions = environment.num_imported_funcs;
    module.imported_tables = environment.num_imported_tables;
    module.imported_memories = environment.num_imported_memories;
    module.imported_globals = environment.num_imported_globals;
    module.imported_tags = environment.num_imported_tags;
    module.start = translation.start_func.map(|func| super::FuncIndex::from_u32(func.as_u32()));
    let names = &translation.debuginfo.name_section;
    module.name = environment.name.map(|name| environment.strings[name].to_string());
    module.function_names =
        names.func_names.iter().map(|(func, name)| (super::FuncIndex::from_u32(func.as_u32()), *name)).collect();
    sections::read(&mut module, wasm)?;
    let hints: Vec<_> = (0..environment.functions.len())
        .skip(module.imported_functions)
        .map(|func| branch_hints(&translation, func as u32))
        .collect();
    let bodies: Vec<_> = translation.function_body_inputs.into_iter().map(|(_, body)| body).collect();
    module.bodies = validate_bodies(bodies, &module)?;
    exception_forms::check(&module)?;
    for (body, hints) in module.bodies.iter_mut().zip(hints) {
        body.hints = hints;
    }
    size::check_values(&module)?;
    Ok(module)
}

/// The branch hints of a function. They aren't validated: what can't be read is no hint.
fn branch_hints(translation: &ModuleTranslation<'_>, func: u32) -> Box<[BranchHint]> {
    let hints = translation.branch_hints(wasmtime_environ::FuncIndex::from_u32(func));
    let hints = hints.into_iter().flatten().flatten();
    let mut hints: Vec<_> = hints.map(|hint| BranchHint { offset: hint.func_offset, taken: hint.taken }).collect();
    hints.sort_by_key(|hint| hint.offset);
    hints.into()
}

/// Validates every body, also those that will be dropped: an invalid module is an error wherever its fault is.
fn validate_bodies<'a>(bodies: Vec<FunctionBodyData<'a>>, module: &Module<'a>) -> Result<Vec<super::Body<'a>>> {
    let imported = module.imported_functions;
    let results: Vec<Result<super::Body<'a>>> = bodies
        .into_par_iter()
        .enumerate()
        .map_init(FuncValidatorAllocations::default, |allocations, (index, data)| {
            let mut validator = data.validator.into_validator(std::mem::take(allocations));
            let result = validate_body(&mut validator, &data.body);
            *allocations = validator.into_allocations();
            match result {
                Ok(uses) => Ok(super::Body { reader: data.body, uses, hints: Box::default() }),
                Err(error) => Err(error.in_function(module.display_function(super::FuncIndex::new(imported + index)))),
            }
        })
        .collect();
    // The first fault by position, whatever the threads did.
    results.into_iter().collect::<Result<Vec<_>>>().map_err(|error| error.in_module(module.display_name()))
}

fn validate_body(
    validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &wasmparser::FunctionBody<'_>,
) -> Result<super::Uses> {
    let ours = |error: wasmparser::BinaryReaderError| reader_error(&error);
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader).map_err(ours)?;
    let mut operators = wasmparser::OperatorsReader::new(reader);
    let mut collector = super::uses::Collector::default();
    for local in body.get_locals_reader().map_err(ours)? {
        collector.visit_type(local.map_err(ours)?.1);
    }
    collector.count_values(validator.len_locals().into());
    while !operators.eof() {
        let offset = operators.original_position();
        let operator = operators.read().map_err(ours)?;
        collector.count_values(size::values_passed(&operator, validator));
        validator.op(offset, &operator).map_err(ours)?;
        if let Some(proposal) = forms::refused_of_operator(&operator) {
            return Err(error_of_feature(proposal).at(offset as u64));
        }
        collector.visit(&operator);
    }
    operators.finish().map_err(ours)?;
    Ok(collector.finish())
}

/// The offset of `part` in `whole`; `None` if it is other memory.
pub(super) fn offset_in(whole: &[u8], part: &[u8]) -> Option<u64> {
    let offset = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    (offset + part.len() <= whole.len()).then_some(offset as u64)
}
