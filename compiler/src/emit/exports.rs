//! The description of exported functions that the runtime reads (`aot_abi::exports`).

use super::code::Code;
use super::tables::{Fields, call_options, text_offset, vmctx};
use crate::decode::{InterfaceType, InterfaceTypeId, Resource};
use crate::error::Result;
use crate::plan::{ExportPlan, ExportsPlan, FuncId, ProgramPlan, ResourceType};
use crate::translate::TextItem;
use aot_abi::exports as abi;
use cranelift_entity::EntityRef;

/// All types of the component and the functions of the plan.
pub(super) fn table(plan: &ProgramPlan, exports: &ExportsPlan, code: &Code) -> Result<Vec<u8>> {
    let types = &exports.types;
    let mut out = Fields::default();
    out.u32(types.len() as u32);
    for (id, ty) in types.iter() {
        let resource = exports.resources.get(&id).copied().unwrap_or(ResourceType { number: 0, home: 0 });
        interface_type(&mut out, ty, resource);
        if let InterfaceType::Own(_) = ty {
            entry(&mut out, plan, exports.destructors.get(&id).copied(), code)?;
        }
    }
    out.u32(exports.functions.len() as u32);
    for export in &exports.functions {
        function(&mut out, plan, export, code)?;
    }
    Ok(out.0)
}

fn function(out: &mut Fields, plan: &ProgramPlan, export: &ExportPlan, code: &Code) -> Result<()> {
    text(out, &export.interface);
    text(out, &export.name);
    out.u32(export.ty.params.len() as u32);
    for (name, ty) in &export.ty.params {
        text(out, name);
        out.u32(number(*ty));
    }
    out.u32(payload(export.ty.result));
    entry(out, plan, Some(export.func), code)?;
    entry(out, plan, export.post_return, code)?;
    out.0.extend(call_options(plan, code, &export.options)?);
    Ok(())
}

fn entry(out: &mut Fields, plan: &ProgramPlan, func: Option<FuncId>, code: &Code) -> Result<()> {
    match func {
        Some(func) => out.u32(text_offset(code, TextItem::Entry(func))?).u64(vmctx(plan, func)),
        None => out.u32(abi::NO_ENTRY).u64(0),
    };
    Ok(())
}

fn interface_type(out: &mut Fields, ty: &InterfaceType, resource: ResourceType) {
    use InterfaceType as T;
    out.0.push(kind(ty));
    match ty {
        T::List(ty) | T::Option(ty) => drop(out.u32(number(*ty))),
        T::Record(fields) => {
            out.u32(fields.len() as u32);
            for (name, ty) in fields {
                text(out, name);
                out.u32(number(*ty));
            }
        }
        T::Tuple(types) => {
            out.u32(types.len() as u32);
            for ty in types {
                out.u32(number(*ty));
            }
        }
        T::Variant(cases) => {
            out.u32(cases.len() as u32);
            for (name, ty) in cases {
                text(out, name);
                out.u32(payload(*ty));
            }
        }
        T::Enum(names) | T::Flags(names) => {
            out.u32(names.len() as u32);
            names.iter().for_each(|name| text(out, name));
        }
        T::Result(ok, err) => drop(out.u32(payload(*ok)).u32(payload(*err))),
        T::Own(of) | T::Borrow(of) => {
            text(out, resource_name(of));
            out.u32(resource.number).u32(resource.home);
        }
        T::Other(_) => {
            text(out, "");
            out.u32(0).u32(0);
        }
        _ => {}
    }
}

/// What a resource is called; those of components have no names of their own.
fn resource_name(resource: &Resource) -> &str {
    match resource {
        Resource::Imported { name, .. } => name,
        Resource::Defined(_) => "",
    }
}

fn kind(ty: &InterfaceType) -> u8 {
    use InterfaceType as T;
    match ty {
        T::Bool => abi::TYPE_BOOL,
        T::S8 => abi::TYPE_S8,
        T::U8 => abi::TYPE_U8,
        T::S16 => abi::TYPE_S16,
        T::U16 => abi::TYPE_U16,
        T::S32 => abi::TYPE_S32,
        T::U32 => abi::TYPE_U32,
        T::S64 => abi::TYPE_S64,
        T::U64 => abi::TYPE_U64,
        T::F32 => abi::TYPE_F32,
        T::F64 => abi::TYPE_F64,
        T::Char => abi::TYPE_CHAR,
        T::String => abi::TYPE_STRING,
        T::List(_) => abi::TYPE_LIST,
        T::Record(_) => abi::TYPE_RECORD,
        T::Tuple(_) => abi::TYPE_TUPLE,
        T::Variant(_) => abi::TYPE_VARIANT,
        T::Enum(_) => abi::TYPE_ENUM,
        T::Flags(_) => abi::TYPE_FLAGS,
        T::Option(_) => abi::TYPE_OPTION,
        T::Result(..) => abi::TYPE_RESULT,
        T::Own(_) => abi::TYPE_OWN,
        // No exported function has a type of a later proposal: the place is a type without values.
        T::Borrow(_) | T::Other(_) => abi::TYPE_BORROW,
    }
}

fn number(ty: InterfaceTypeId) -> u32 {
    ty.index() as u32
}

fn payload(ty: Option<InterfaceTypeId>) -> u32 {
    ty.map_or(abi::NO_TYPE, number)
}

fn text(out: &mut Fields, text: &str) {
    out.u32(text.len() as u32);
    out.0.extend_from_slice(text.as_bytes());
}
