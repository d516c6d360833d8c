//! A component of the front end, flattened to ours.

use super::builtins;
use super::component::{
    Component, CoreDef, CoreInstance, DefinedResource, Export, ExportItem, ExportKind, LiftedFunc, ResourceTable,
    TrampolineIndex,
};
use super::convert::{convert_entity, convert_interned};
use super::indices::ModuleIndex;
use super::interface_converter::Converter;
use super::source::{Source, unsupported};
use crate::error::{Error, Result, Stage};
use wasmtime_environ::{WasmValType, component as front};

/// Converts the front end's product, which has this many resource tables, with or without asynchronous functions.
pub(super) fn convert(
    translation: &front::ComponentTranslation,
    types: &front::ComponentTypes,
    resource_tables: usize,
    is_concurrent: bool,
) -> Result<Component> {
    let source = Source::new(translation, types);
    let mut converter = Converter::new(&source);
    let front = &translation.component;
    let component_instances = front.num_runtime_component_instances;
    let mut component = Component { component_instances, is_concurrent, ..Component::default() };
    component.imports = front.import_types.values().map(|(name, _)| name.clone()).collect();
    for item in &front.initializers {
        initializer(&source, &mut component, item)?;
    }
    for index in 0..resource_tables {
        let (resource, instance) = source.resource(front::TypeResourceTableIndex::from_u32(index as u32));
        component.resource_tables.push(ResourceTable { instance, resource });
    }
    for (index, trampoline) in &translation.trampolines {
        let ty = convert_interned(front.trampolines[index]);
        let trampoline = builtins::trampoline(&source, &component, trampoline, &mut converter)?;
        component.trampolines.push((trampoline, ty));
    }
    for (name, (index, _)) in front.exports.raw_iter() {
        let kind = export(&source, &front.export_items[*index], &mut converter)?;
        component.exports.push(Export { name: name.to_string(), kind });
    }
    component.end_types = converter.end_types();
    component.types = converter.finish();
    Ok(component)
}

fn initializer(source: &Source<'_>, component: &mut Component, initializer: &front::GlobalInitializer) -> Result<()> {
    use front::GlobalInitializer as I;
    match initializer {
        I::InstantiateModule(front::InstantiateModule::Static(module, arguments), instance) => {
            component.instances.push(CoreInstance {
                module: ModuleIndex::from_u32(module.as_u32()),
                arguments: arguments.iter().map(|def| convert_def(source, def)).collect::<Result<_>>()?,
                component: instance.map(front::RuntimeComponentInstanceIndex::as_u32),
            });
        }
        I::InstantiateModule(front::InstantiateModule::Import(import, _), _) => {
            let (interface, module) = source.import_name(*import);
            let slash = if module.is_empty() { "" } else { "#" };
            component.imported_modules.push(format!("{interface}{slash}{module}"));
        }
        I::ExtractMemory(memory) => component.memories.push(convert_export(&memory.export)?),
        I::ExtractRealloc(realloc) => component.reallocs.push(convert_def(source, &realloc.def)?),
        I::ExtractPostReturn(function) => component.post_returns.push(convert_def(source, &function.def)?),
        // A lowered import is found from its trampoline.
        I::LowerImport { .. } => {}
        I::Resource(resource) if resource.rep != WasmValType::I32 => {
            return Err(unsupported("resources that are represented by 64 bits"));
        }
        I::Resource(resource) => component.resources.push(DefinedResource {
            instance: resource.instance.as_u32(),
            destructor: resource.dtor.as_ref().map(|def| convert_def(source, def)).transpose()?,
        }),
        I::ExtractCallback(function) => component.callbacks.push(convert_def(source, &function.def)?),
        I::ExtractTable(_) => return Err(unsupported("threads of the component model")),
    }
    Ok(())
}

fn export(source: &Source<'_>, export: &front::Export, types: &mut Converter<'_, '_>) -> Result<ExportKind> {
    Ok(match export {
        front::Export::LiftedFunction { ty, func, options } => ExportKind::Func(LiftedFunc {
            func: convert_def(source, func)?,
            options: source.options(*options)?,
            ty: types.func_type(*ty),
            result_number: source.types[*ty].results.as_u32(),
        }),
        front::Export::Instance { exports, .. } => {
            let mut functions = Vec::new();
            for (name, (index, _)) in exports.raw_iter() {
                let item = &source.translation.component.export_items[*index];
                if let ExportKind::Func(func) = self::export(source, item, types)? {
                    functions.push((name.to_string(), func));
                }
            }
            // The front end has them in no order that stays the same.
            functions.sort_by(|(one, _), (other, _)| one.cmp(other));
            ExportKind::Interface(functions)
        }
        _ => ExportKind::Other,
    })
}

fn convert_def(source: &Source<'_>, def: &front::CoreDef) -> Result<CoreDef> {
    Ok(match def {
        front::CoreDef::Export(export) => convert_export(export)?,
        front::CoreDef::Trampoline(index) => CoreDef::Trampoline(TrampolineIndex::from_u32(index.as_u32())),
        front::CoreDef::InstanceFlags(instance) => CoreDef::InstanceFlags(instance.as_u32()),
        front::CoreDef::UnsafeIntrinsic(intrinsic) => context_slot(source, *intrinsic)?,
        front::CoreDef::TaskMayBlock => CoreDef::TaskMayBlock,
    })
}

/// A function that reads or writes a slot of the running task's context.
fn context_slot(source: &Source<'_>, intrinsic: front::UnsafeIntrinsic) -> Result<CoreDef> {
    use front::UnsafeIntrinsic::{ContextGetI32_0, ContextGetI32_1, ContextSetI32_0, ContextSetI32_1};
    let (slot, is_set) = match intrinsic {
        ContextGetI32_0 => (0, false),
        ContextGetI32_1 => (1, false),
        ContextSetI32_0 => (0, true),
        ContextSetI32_1 => (1, true),
        _ => return Err(unsupported("intrinsics of another runtime")),
    };
    let ty = source.translation.component.unsafe_intrinsics[intrinsic.index() as usize].expand();
    let ty = ty.ok_or_else(|| Error::defect(Stage::Decode, "an intrinsic has no type"))?;
    Ok(CoreDef::Context { slot, is_set, ty: convert_interned(ty) })
}

fn convert_export<T>(export: &front::CoreExport<T>) -> Result<CoreDef>
where
    T: Copy + Into<wasmtime_environ::EntityIndex>,
{
    let item = match &export.item {
        front::ExportItem::Index(index) => ExportItem::Index(convert_entity((*index).into())),
        front::ExportItem::Name(name) => ExportItem::Name(name.clone()),
    };
    Ok(CoreDef::Export { instance: export.instance.as_u32() as usize, item })
}
