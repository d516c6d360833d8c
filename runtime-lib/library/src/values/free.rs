//! The end of values of the host.

use aot_abi::exports as abi;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_abi::values::{OWNS, Type};

use super::heap::release;
use super::{Extent, Types, discriminant_bytes, load, payload};

const _: () = assert!(aot_foundation::same_name("aot_library_value_free", symbols::LIBRARY_VALUE_FREE));

/// Frees what a value owns, and leaves strings and lists in it empty.
///
/// # Safety
///
/// Null, or the address of a value of the type, as a result has it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_value_free(value: *mut u8, ty: u32) {
    let types = Types::read();
    if !value.is_null()
        && let Ok(ty) = types.get(ty)
    {
        // SAFETY: the caller's promise.
        _ = unsafe { free(types, ty, value) };
    }
}

/// Frees what a value owns. The depth of the recursion is that of the type, which the compiler bounds.
///
/// # Errors
/// Never: the compiler's tables have all types.
///
/// # Safety
///
/// The address is that of a value that was lifted, or the beginning of one.
pub unsafe fn free(types: Types, ty: &Type, host: *mut u8) -> Result<(), Trap> {
    if ty.flags & OWNS == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise; the parts of a value are values of the types of its members.
    unsafe {
        match ty.kind {
            abi::TYPE_STRING => empty(host.cast()),
            abi::TYPE_LIST => {
                let (_, element) = types.element(ty)?;
                let list = host.cast::<Extent>().read();
                if element.flags & OWNS != 0 {
                    for index in 0..list.length {
                        free(types, element, list.start.add(index * element.host_bytes as usize))?;
                    }
                }
                empty(host.cast());
            }
            abi::TYPE_RECORD => {
                for field in types.of(ty) {
                    free(types, types.get(field.ty)?, host.add(field.host_offset as usize))?;
                }
            }
            abi::TYPE_VARIANT => {
                let case = types.of(ty).get(load(host, discriminant_bytes(ty.count)) as usize);
                if let Some((case, inner)) = case.and_then(|case| Some((case, payload(case)?))) {
                    free(types, types.get(inner)?, host.add(case.host_offset as usize))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// # Safety
///
/// The address is that of a string or list, whose elements own nothing any more.
pub unsafe fn empty(extent: *mut Extent) {
    // SAFETY: the caller's promise.
    unsafe {
        let Extent { start, length } = extent.read();
        if length != 0 {
            release(start);
        }
        extent.write(Extent { start: core::ptr::null_mut(), length: 0 });
    }
}
