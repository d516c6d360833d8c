//! Calls of exported functions of numbers, booleans and characters.

use core::mem::MaybeUninit;

use aot_abi::exports::{FLAT_PARAMS_MAX, NO_TYPE};
use aot_abi::library::Status;
use aot_abi::program::{Entry, NO_ENTRY};
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_abi::values::Function;
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};
use aot_foundation::{entry, program};

use crate::instance::{Handle, Refused, Taken};
use crate::scalar;

const _: () = assert!(aot_foundation::same_name("aot_library_call", symbols::LIBRARY_CALL));

/// Calls the exported function with this number; a [`Status`].
///
/// # Safety
///
/// Null, or an instance; the arguments are those of the function, as `aot_abi::library` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_call(instance: *mut Handle, function: u32, arguments: *const u64) -> u32 {
    // SAFETY: the caller's promise.
    let mut instance = match unsafe { Taken::of(instance) } {
        Ok(instance) => instance,
        Err(status) => return status as u32,
    };
    let Some(function) = program::value_functions().get(function as usize) else { return Status::Argument as u32 };
    let mut slots = [const { MaybeUninit::uninit() }; FLAT_PARAMS_MAX];
    // SAFETY: the caller's promise.
    let lowered = unsafe { lower(function, arguments, &mut slots) };
    let Some(Lowered { values, result }) = lowered else { return Status::Argument as u32 };
    // SAFETY: as above, and the values are the function's.
    let status = match unsafe { perform(&mut instance, function, values, result) } {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(trap)) => of_trap(trap),
        Err(_) => Status::System,
    };
    status as u32
}

/// The outcome of a call that a trap ended.
pub fn of_trap(trap: Trap) -> Status {
    if trap == Trap::Exit { Status::Exited } else { Status::Trap }
}

/// The slot of a core value.
pub type Slot = [u64; 2];

/// A call as the guest takes it.
struct Lowered<'s> {
    /// Core parameters, with room for a core result.
    values: &'s mut [Slot],
    /// The kind of the result, and the address for it.
    result: Option<(u32, *mut u8)>,
}

/// Lowers arguments; none if one isn't a value of its type.
///
/// # Safety
///
/// As for [`aot_library_call`].
unsafe fn lower<'s>(
    function: &Function,
    arguments: *const u64,
    slots: &'s mut [MaybeUninit<Slot>; FLAT_PARAMS_MAX],
) -> Option<Lowered<'s>> {
    let kind = |ty: u32| Some(program::value_types().get(ty as usize)?.kind);
    let params = program::value_members().get(function.first as usize..)?.get(..function.count as usize)?;
    slots[0].write([0; 2]);
    for (index, (param, slot)) in params.iter().zip(&mut *slots).enumerate() {
        // SAFETY: the caller's promise: there is an element for each parameter.
        slot.write([scalar::lower(kind(param.ty)?, unsafe { *arguments.add(index) })?, 0]);
    }
    let result = match function.result {
        NO_TYPE => None,
        ty => {
            // SAFETY: as above; the address of the result is the last.
            let address: *mut u8 = unsafe { arguments.cast::<*mut u8>().add(params.len()).read() };
            Some((kind(ty)?, if address.is_null() { return None } else { address }))
        }
    };
    let written = slots.get_mut(..params.len().max(1))?;
    // SAFETY: the first was written, and one for each parameter.
    let values = unsafe { core::slice::from_raw_parts_mut(written.as_mut_ptr().cast(), written.len()) };
    Some(Lowered { values, result })
}

/// Calls, stores the result, and tells the guest that it was taken.
///
/// # Safety
///
/// As for [`aot_library_call`].
unsafe fn perform(
    instance: &mut Taken<'_>,
    function: &Function,
    values: &mut [Slot],
    result: Option<(u32, *mut u8)>,
) -> Result<Result<(), Trap>, Refused> {
    let Entry { entry, vmctx } = function.lifted;
    // SAFETY: the caller's promise; entry and vmctx are the compiler's.
    unsafe {
        instance.perform(|slab, noted| {
            entry::call_guest(slab, entry as u32, vmctx, values)?;
            noted.check()?;
            store(result, values[0][0])?;
            post_return(slab, function, values)
        })
    }
}

/// Stores the result that a core value is.
///
/// # Safety
///
/// As for [`aot_library_call`].
unsafe fn store(result: Option<(u32, *mut u8)>, word: u64) -> Result<(), Trap> {
    let Some((kind, address)) = result else { return Ok(()) };
    let (value, bytes) = scalar::lift(kind, word)?;
    // SAFETY: the caller's promise: the address is that of a value of the C type, which has so many bytes.
    unsafe {
        match bytes {
            1 => address.write(value as u8),
            2 => address.cast::<u16>().write(value as u16),
            4 => address.cast::<u32>().write(value as u32),
            _ => address.cast::<u64>().write(value),
        }
    }
    Ok(())
}

/// Lets the guest free what its result was made of, if it wants to. It must not call imports meanwhile.
///
/// # Safety
///
/// The slab is that of the instance that runs on this thread; the values are the function's core results.
pub unsafe fn post_return(slab: *mut SlabHeader, function: &Function, values: &mut [Slot]) -> Result<(), Trap> {
    let Entry { entry, vmctx } = function.post_return;
    if entry == NO_ENTRY {
        return Ok(());
    }
    // SAFETY: the caller's promise; entry and vmctx are the compiler's, and post-return takes the core results.
    unsafe {
        let flags = flags_of_instance(slab, function.options.component_instance);
        *flags &= !MAY_LEAVE;
        let result = entry::call_guest(slab, entry as u32, vmctx, values);
        *flags |= MAY_LEAVE;
        result
    }
}
