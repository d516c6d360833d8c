//! Resources that components define, and handles on their way between component instances (canonical ABI,
//! `resource.new`, `.rep`, `.drop`, and the lifting and lowering of handles).

use aot_abi::component::{self as abi, ResourceTable};
use aot_abi::host::HostReturn;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::access::host_of_slab;
use crate::canonical::handles::Dropped;
use crate::host::Host;
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};
use aot_foundation::program;

/// Exports built-ins under their symbols: each gets the host's state and its parameters;
/// those that leave the component name the parameter with the instance that has to be allowed to.
macro_rules! builtins {
    ($($symbol:ident = $constant:ident($($param:ident),*) $(leaves $leaves:ident)? as $run:path;)*) => { $(
        const _: () = assert!(aot_foundation::same_name(stringify!($symbol), abi::$constant.symbol));

        /// # Safety
        ///
        /// Called by compiled trampolines only, with the slab that they run in.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $symbol(slab: *mut SlabHeader, $($param: u64),*) -> HostReturn {
            // SAFETY: the caller's promise: nothing else borrows the state while guest code has called out.
            let host = unsafe { host_of_slab(slab) };
            $(
                // SAFETY: the compiler passes instances of the program; nothing else refers to their flags.
                if unsafe { *flags_of_instance(slab, $leaves as u32) } & MAY_LEAVE == 0 {
                    return HostReturn { trap: Trap::CannotLeaveComponent as u64, value: 0 };
                }
            )?
            let outcome = $run(host, $($param as u32),*);
            // SAFETY: the slab's header is open memory, and only this thread uses it.
            unsafe { finish(host, slab, outcome) }
        }
    )* };
}

/// Returns the result of a built-in, unless the host's memory is used up.
///
/// # Safety
///
/// The slab is open, and only this thread uses its header.
unsafe fn finish(host: &mut Host, slab: *mut SlabHeader, outcome: Result<u64, Trap>) -> HostReturn {
    match outcome.and_then(|value| host.check_memory().map(|()| value)) {
        Ok(value) => HostReturn { trap: 0, value },
        Err(trap) => {
            // SAFETY: the caller's promise.
            host.explain(trap, unsafe { &mut *slab });
            HostReturn { trap: trap as u64, value: 0 }
        }
    }
}

builtins! {
    aot_resource_new = RESOURCE_NEW(instance, number, representation) leaves instance as new;
    aot_resource_rep = RESOURCE_REP(instance, number, handle) as representation;
    aot_resource_drop = RESOURCE_DROP(instance, number, handle) leaves instance as drop_handle;
    aot_resource_transfer_own = RESOURCE_TRANSFER_OWN(handle, from, to) as transfer_own;
    aot_resource_transfer_borrow = RESOURCE_TRANSFER_BORROW(handle, from, to) as transfer_borrow;
    aot_enter_call = ENTER_CALL() as enter;
    aot_exit_call = EXIT_CALL() as exit;
}

fn new(host: &mut Host, instance: u32, number: u32, representation: u32) -> Result<u64, Trap> {
    host.handles(instance)?.add(number, representation).map(u64::from).ok_or(Trap::LimitExceeded)
}

fn representation(host: &mut Host, instance: u32, number: u32, handle: u32) -> Result<u64, Trap> {
    host.handles(instance)?.get(number, handle).map(u64::from)
}

fn drop_handle(host: &mut Host, instance: u32, number: u32, handle: u32) -> Result<u64, Trap> {
    match host.handles(instance)?.drop(number, handle)? {
        Dropped::Owner(representation) => Ok(1 | u64::from(representation) << 32),
        Dropped::Borrow { call } => {
            host.calls.returned(call);
            Ok(0)
        }
    }
}

fn transfer_own(host: &mut Host, handle: u32, from: u32, to: u32) -> Result<u64, Trap> {
    let (from, to) = (table(from)?, table(to)?);
    let representation = host.handles(from.component_instance)?.take(from.number, handle)?;
    new(host, to.component_instance, to.number, representation)
}

fn transfer_borrow(host: &mut Host, handle: u32, from: u32, to: u32) -> Result<u64, Trap> {
    let (from, to) = (table(from)?, table(to)?);
    let (representation, owner) = host.handles(from.component_instance)?.lend(from.number, handle)?;
    if owner {
        host.calls.lent(from.component_instance, handle);
    }
    // The component that defines the type gets what it knows the resource by.
    if to.home == to.component_instance {
        return Ok(u64::from(representation));
    }
    let call = host.calls.borrowed();
    let borrow = host.handles(to.component_instance)?.add_borrow(to.number, representation, call);
    borrow.map(u64::from).ok_or(Trap::LimitExceeded)
}

fn enter(host: &mut Host) -> Result<u64, Trap> {
    host.calls.enter().map(|()| 0)
}

fn exit(host: &mut Host) -> Result<u64, Trap> {
    host.end_call().map(|()| 0)
}

fn table(index: u32) -> Result<&'static ResourceTable, Trap> {
    program::resource_tables().get(index as usize).ok_or(Trap::Other)
}
