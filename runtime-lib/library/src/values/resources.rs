//! Resources of an instance that the host program drops.

use aot_abi::library::Status;
use aot_abi::program::NO_ENTRY;
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::{entry, program};

use crate::call::of_trap;
use crate::instance::{Handle, Taken};

const _: () = assert!(aot_foundation::same_name("aot_library_resource_drop", symbols::LIBRARY_RESOURCE_DROP));

/// Drops a handle of the resource type with this number: its destructor runs; a [`Status`].
///
/// # Safety
///
/// Null, or an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_resource_drop(instance: *mut Handle, handle: u64, resource: u32) -> u32 {
    // SAFETY: the caller's promise.
    let mut instance = match unsafe { Taken::of(instance) } {
        Ok(instance) => instance,
        Err(status) => return status as u32,
    };
    let number = program::value_resources().get(resource as usize).map(|resource| resource.number);
    let taken = number.and_then(|number| Some((number, instance.whole()?.handles.take(number, handle)?)));
    let Some((number, representation)) = taken else { return Status::Argument as u32 };
    // SAFETY: nothing runs in an instance that was taken.
    let result = unsafe { instance.perform(|slab, _| destroy(slab, number, representation)) };
    let status = match result {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(trap)) => of_trap(trap),
        Err(_) => Status::System,
    };
    status as u32
}

/// Runs the destructor of a resource, if it has one.
///
/// # Safety
///
/// The slab is that of the instance that runs on this thread, and nothing else owns the resource.
pub unsafe fn destroy(slab: *mut SlabHeader, number: u32, representation: u32) -> Result<(), Trap> {
    let resource = program::value_resources().iter().find(|resource| resource.number == number);
    match resource.map(|resource| resource.destructor) {
        Some(destructor) if destructor.entry != NO_ENTRY => {
            let mut slots = [[u64::from(representation), 0]];
            // SAFETY: the caller's promise; a destructor takes the representation, and its description is the compiler's.
            unsafe { entry::call_guest(slab, destructor.entry as u32, destructor.vmctx, &mut slots) }
        }
        _ => Ok(()),
    }
}
