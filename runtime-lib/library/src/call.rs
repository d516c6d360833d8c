//! Calls of exported functions.

use aot_abi::exports::{FLAT_PARAMS_MAX, Function, NO_TYPE};
use aot_abi::library::Status;
use aot_abi::program::NO_ENTRY;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::exports::Description;
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};
use aot_foundation::program;

use crate::instance::{Instance, Refused};
use crate::scalar;

const _: () = assert!(aot_foundation::same_name("aot_library_call", symbols::LIBRARY_CALL));

/// Calls the exported function with this number; a [`Status`].
///
/// # Safety
///
/// Null, or an instance in which nothing runs; the arguments are those of the function, as `aot_abi::library` says.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_call(instance: *mut Instance, function: u32, arguments: *const u64) -> u32 {
    let description = program::exports();
    // SAFETY: the caller's promise.
    let instance = unsafe { instance.as_mut() };
    let (Some(instance), Some(function)) = (instance, description.functions.get(function as usize)) else {
        return Status::Argument as u32;
    };
    if instance.has_ended() {
        return Status::Ended as u32;
    }
    // SAFETY: the caller's promise.
    let call = unsafe { Call::new(&description, function, arguments) };
    let Some(mut call) = call else { return Status::Argument as u32 };
    // SAFETY: as above.
    let status = match unsafe { call.perform(instance) } {
        Ok(Ok(())) => Status::Ok,
        Ok(Err(_)) => Status::Trap,
        Err(_) => Status::System,
    };
    status as u32
}

/// A call that goes on.
struct Call<'c> {
    function: &'c Function,
    slots: [[u64; 2]; FLAT_PARAMS_MAX],
    /// The kind of the result, and the address for it.
    result: Option<(u32, *mut u8)>,
}

impl<'c> Call<'c> {
    /// The call with its core parameters; none if an argument isn't a value of its type.
    ///
    /// # Safety
    ///
    /// As for [`aot_library_call`].
    unsafe fn new(description: &Description, function: &'c Function, arguments: *const u64) -> Option<Call<'c>> {
        let kind = |ty: u32| Some(description.types.get(ty as usize)?.kind);
        let params = description.members.get(function.first as usize..)?.get(..function.count as usize)?;
        let mut slots = [[0; 2]; FLAT_PARAMS_MAX];
        for (index, (param, slot)) in params.iter().zip(&mut slots).enumerate() {
            // SAFETY: the caller's promise: there is an element for each parameter.
            slot[0] = scalar::lower(kind(param.ty)?, unsafe { *arguments.add(index) })?;
        }
        let result = match function.result {
            NO_TYPE => None,
            ty => {
                // SAFETY: as above; the address of the result is the last.
                let address: *mut u8 = unsafe { arguments.cast::<*mut u8>().add(params.len()).read() };
                Some((kind(ty)?, if address.is_null() { return None } else { address }))
            }
        };
        Some(Call { function, slots, result })
    }

    /// Calls, stores the result, and tells the guest that it was taken.
    ///
    /// # Safety
    ///
    /// As for [`aot_library_call`].
    unsafe fn perform(&mut self, instance: &mut Instance) -> Result<Result<(), Trap>, Refused> {
        let lifted = self.function.lifted;
        // SAFETY: the caller's promise; entry and vmctx are the compiler's.
        unsafe {
            if let Err(trap) = instance.enter(lifted.entry as u32, lifted.vmctx, &mut self.slots)? {
                return Ok(Err(trap));
            }
            if let Err(trap) = self.store_result() {
                instance.end(trap);
                return Ok(Err(trap));
            }
            self.post_return(instance)
        }
    }

    /// # Safety
    ///
    /// As for [`aot_library_call`].
    unsafe fn store_result(&self) -> Result<(), Trap> {
        let Some((kind, address)) = self.result else { return Ok(()) };
        let (value, bytes) = scalar::lift(kind, self.slots[0][0])?;
        // SAFETY: the caller's promise: the address is that of a value of the C type, which has so many bytes.
        unsafe { core::ptr::copy_nonoverlapping(value.to_le_bytes().as_ptr(), address, bytes) };
        Ok(())
    }

    /// Lets the guest free what its result was made of. It must not call imports meanwhile.
    ///
    /// # Safety
    ///
    /// As for [`aot_library_call`].
    unsafe fn post_return(&mut self, instance: &mut Instance) -> Result<Result<(), Trap>, Refused> {
        let post_return = self.function.post_return;
        if post_return.entry == NO_ENTRY {
            return Ok(Ok(()));
        }
        // SAFETY: the caller's promise; entry and vmctx are the compiler's, and post-return takes the core results.
        unsafe {
            let flags = flags_of_instance(instance.slab(), self.function.options.component_instance);
            *flags &= !MAY_LEAVE;
            let result = instance.enter(post_return.entry as u32, post_return.vmctx, &mut self.slots);
            *flags |= MAY_LEAVE;
            result
        }
    }
}
