//! The functions that the component model makes: the front end's trampolines as rows of the contract.

use super::component::{Component, DecodedCall as Call, Options, Trampoline};
use super::concurrent_builtins;
use super::interface_converter::Converter;
use super::interface_types::Resource;
use super::source::Source;
use crate::error::{Error, Result, Stage};
use aot_abi::component::{self as rows, Builtin, defined_resource};
use aot_abi::concurrency;
use aot_abi::trap::Trap;
use wasmtime_environ::component as front;

/// A function that the component model makes, in a component whose resources are known.
pub(super) fn trampoline(
    source: &Source<'_>,
    component: &Component,
    trampoline: &front::Trampoline,
    types: &mut Converter<'_, '_>,
) -> Result<Trampoline> {
    use front::Trampoline as T;
    Ok(Trampoline::Builtin(match trampoline {
        T::LowerImport { index, lower_ty, options } => {
            let (interface, function) = source.import_of_lowering(*index)?;
            let (ty, options) = (Some(types.func_type(*lower_ty)), source.options(*options)?);
            return Ok(Trampoline::LowerImport { interface, function, ty, options });
        }
        T::ResourceDrop { ty, .. } => return resource_drop(source, component, *ty),
        T::ResourceNew { ty, .. } => of_resource(source, rows::RESOURCE_NEW, *ty)?,
        T::ResourceRep { ty, .. } => of_resource(source, rows::RESOURCE_REP, *ty)?,
        T::ResourceTransferOwn => Call::new(rows::RESOURCE_TRANSFER_OWN, Vec::new()),
        T::ResourceTransferBorrow => Call::new(rows::RESOURCE_TRANSFER_BORROW, Vec::new()),
        T::EnterSyncCall if component.is_concurrent => Call::new(concurrency::ENTER_NESTED_CALL, Vec::new()),
        T::ExitSyncCall if component.is_concurrent => Call::new(concurrency::EXIT_NESTED_CALL, Vec::new()),
        T::EnterSyncCall => Call::new(rows::ENTER_CALL, Vec::new()),
        T::ExitSyncCall => Call::new(rows::EXIT_CALL, Vec::new()),
        T::Transcoder { op, from, to, .. } => {
            let memories = [from, to].map(|memory| memory.as_u32() as usize).to_vec();
            Call { memories, ..Call::new(transcode(*op), Vec::new()) }
        }
        T::Trap => return Ok(Trampoline::Trap),
        other => match concurrent_builtins::call(source, component, other)? {
            Some(call) => call,
            None => return Ok(Trampoline::Unsupported(other.symbol_name())),
        },
    }))
}

/// A function of the runtime about a resource type that the component defines: it takes the component instance and the
/// type.
fn of_resource(source: &Source<'_>, builtin: Builtin, table: front::TypeResourceTableIndex) -> Result<Call> {
    match source.resource(table) {
        (Resource::Defined(resource), instance) => Ok(of_defined(builtin, resource, instance)),
        (Resource::Imported { .. }, _) => {
            Err(Error::defect(Stage::Decode, format!("{} of an imported resource", builtin.symbol)))
        }
    }
}

fn of_defined(builtin: Builtin, resource: u32, instance: u32) -> Call {
    Call::new(builtin, vec![u64::from(instance), u64::from(defined_resource(resource))])
}

/// The drop of a handle: by the runtime if a component defines the resource, by the host if the host does.
fn resource_drop(
    source: &Source<'_>,
    component: &Component,
    table: front::TypeResourceTableIndex,
) -> Result<Trampoline> {
    let (resource, instance) = source.resource(table);
    Ok(match resource {
        Resource::Defined(resource) => match component.resources.get(resource as usize) {
            Some(defined) => Trampoline::Builtin(Call {
                destructor: defined.destructor.clone(),
                ..of_defined(rows::RESOURCE_DROP, resource, instance)
            }),
            None => Trampoline::Unsupported("the drop of a resource that nothing defines".to_string()),
        },
        Resource::Imported { interface, name } => Trampoline::LowerImport {
            interface,
            function: format!("[resource-drop]{name}"),
            ty: None,
            options: Options::without_memory(instance),
        },
    })
}

fn transcode(op: front::Transcode) -> Builtin {
    use front::{FixedEncoding, Transcode as T};
    match op {
        T::Copy(FixedEncoding::Utf8) => rows::TRANSCODE_COPY_UTF8,
        T::Copy(FixedEncoding::Utf16) => rows::TRANSCODE_COPY_UTF16,
        T::Copy(FixedEncoding::Latin1) => rows::TRANSCODE_COPY_LATIN1,
        T::Latin1ToUtf16 => rows::TRANSCODE_LATIN1_TO_UTF16,
        T::Latin1ToUtf8 => rows::TRANSCODE_LATIN1_TO_UTF8,
        T::Utf16ToCompactProbablyUtf16 => rows::TRANSCODE_UTF16_TO_COMPACT_PROBABLY_UTF16,
        T::Utf16ToCompactUtf16 => rows::TRANSCODE_UTF16_TO_COMPACT_UTF16,
        T::Utf16ToLatin1 => rows::TRANSCODE_UTF16_TO_LATIN1,
        T::Utf16ToUtf8 => rows::TRANSCODE_UTF16_TO_UTF8,
        T::Utf8ToCompactUtf16 => rows::TRANSCODE_UTF8_TO_COMPACT_UTF16,
        T::Utf8ToLatin1 => rows::TRANSCODE_UTF8_TO_LATIN1,
        T::Utf8ToUtf16 => rows::TRANSCODE_UTF8_TO_UTF16,
    }
}

/// The trap codes with which adapters call [`Trampoline::Trap`], and the traps that they stand for. Any other code is
/// [`Trap::Other`].
pub fn adapter_traps() -> Vec<(u8, Trap)> {
    use wasmtime_environ::Trap as T;
    let pairs = [
        (T::MemoryOutOfBounds, Trap::ReallocFailed),
        (T::CannotEnterComponent, Trap::CannotEnterComponent),
        (T::CannotLeaveComponent, Trap::CannotLeaveComponent),
        (T::InvalidChar, Trap::InvalidChar),
        (T::StringOutOfBounds, Trap::StringOutOfBounds),
        (T::ListOutOfBounds, Trap::ListOutOfBounds),
        (T::InvalidDiscriminant, Trap::InvalidDiscriminant),
        (T::UnalignedPointer, Trap::PointerUnaligned),
        (T::UnreachableCodeReached, Trap::Unreachable),
        (T::UncaughtException, Trap::UncaughtException),
        (T::CannotBlockSyncTask, Trap::CannotBlock),
    ];
    pairs.into_iter().map(|(code, trap)| (code as u8, trap)).collect()
}
