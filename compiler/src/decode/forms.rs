//! Forms of refused proposals that the validator lets pass: reference types in the immediates of casts, and exact functions
//! among the items of a component's core instances.

use super::operators::{Immediate, visit_immediates};
use super::unsupported;
use crate::error::Result;
use wasmparser::{
    AbstractHeapType, ComponentAlias, CoreType, ExternalKind, HeapType, Instance, ModuleTypeDeclaration, Operator,
    Parser, Payload, TypeRef, WasmFeatures,
};

/// The refused proposal of an operator's immediates; `None` if the operator has none.
pub(super) fn refused_of_operator(operator: &Operator<'_>) -> Option<WasmFeatures> {
    let mut refused = None;
    visit_immediates(operator, |immediate| {
        if let Immediate::HeapType(ty) = immediate {
            refused = refused.or(refused_of_heap_type(ty));
        }
    });
    refused
}

fn refused_of_heap_type(ty: HeapType) -> Option<WasmFeatures> {
    let proposal = match ty {
        HeapType::Exact(_) => WasmFeatures::CUSTOM_DESCRIPTORS,
        HeapType::Abstract { shared: true, .. } => WasmFeatures::SHARED_EVERYTHING_THREADS,
        HeapType::Abstract { ty: AbstractHeapType::Cont | AbstractHeapType::NoCont, .. } => {
            WasmFeatures::STACK_SWITCHING
        }
        HeapType::Abstract { .. } | HeapType::Concrete(_) => return None,
    };
    Some(proposal).filter(|proposal| !super::features().contains(*proposal))
}

/// Refuses a component that names exact functions where the validator takes them for functions.
///
/// # Errors
/// The component has one; what is malformed is left to the front end.
pub(super) fn check_component(component: &[u8]) -> Result<()> {
    for payload in Parser::new(0).parse_all(component).map_while(wasmparser::Result::ok) {
        let at = match payload {
            Payload::InstanceSection(section) => first(section.into_iter_with_offsets(), is_exact_instance),
            Payload::ComponentAliasSection(section) => first(section.into_iter_with_offsets(), is_exact_alias),
            Payload::CoreTypeSection(section) => first(section.into_iter_with_offsets(), is_exact_type),
            _ => None,
        };
        if let Some(at) = at {
            return Err(unsupported::error_of_feature(WasmFeatures::CUSTOM_DESCRIPTORS).at(at as u64));
        }
    }
    Ok(())
}

/// The offset of the first item that is `exact`.
fn first<T>(items: impl Iterator<Item = wasmparser::Result<(usize, T)>>, exact: impl Fn(&T) -> bool) -> Option<usize> {
    items.map_while(wasmparser::Result::ok).find(|(_, item)| exact(item)).map(|(offset, _)| offset)
}

fn is_exact_instance(instance: &Instance<'_>) -> bool {
    match instance {
        Instance::FromExports(exports) => exports.iter().any(|export| export.kind == ExternalKind::FuncExact),
        Instance::Instantiate { .. } => false,
    }
}

fn is_exact_alias(alias: &ComponentAlias<'_>) -> bool {
    matches!(alias, ComponentAlias::CoreInstanceExport { kind: ExternalKind::FuncExact, .. })
}

fn is_exact_type(ty: &CoreType<'_>) -> bool {
    let CoreType::Module(declarations) = ty else { return false };
    declarations.iter().any(|declaration| {
        let item = match declaration {
            ModuleTypeDeclaration::Import(import) => &import.ty,
            ModuleTypeDeclaration::Export { ty, .. } => ty,
            _ => return false,
        };
        matches!(item, TypeRef::FuncExact(_))
    })
}
