//! The part of the runtime that programs with asynchronous components need.

use core::cell::Cell;
use std::rc::Rc;

use aot_abi::host::STRING_UTF8;
use aot_abi::parts;
use aot_abi::program::{Entry, NO_ENTRY};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use aot_foundation::program;
use aot_host::concurrency::FUNCTIONS;
use aot_host::concurrency::functions::{Exported, Functions, Return};
use aot_host::host::Host;

use super::FindFunctions;

const _: () = assert!(aot_foundation::same_name("aot_part_concurrency", parts::CONCURRENCY));
const _: FindFunctions = aot_part_concurrency;

/// The functions of programs with asynchronous components.
#[unsafe(no_mangle)]
fn aot_part_concurrency() -> &'static Functions<Host> {
    &FUNCTIONS
}

/// Calls the main export. Its one result goes to the slot.
///
/// # Safety
///
/// As for [`Functions::call_exported`].
pub unsafe fn call_main(
    slab: *mut SlabHeader,
    functions: &Functions<Host>,
    value: &mut [[u64; 2]; 1],
) -> Result<(), Trap> {
    let main = (functions.find_main)().unwrap_or_else(of_module);
    let result = Rc::new(Cell::new(0));
    let to = result.clone();
    let on_return: Return = Box::new(move |_, slots| {
        to.set(slots.first().map_or(0, |slot| slot[0]));
        Ok(())
    });
    // SAFETY: the caller's promise.
    unsafe { (functions.call_exported)(slab, &main, &mut || Ok(Vec::new()), on_return) }?;
    value[0][0] = result.get();
    Ok(())
}

/// The main export of a component that does nothing but call a core module's command: the list is empty.
fn of_module() -> Exported {
    let program = program::program();
    let none = Entry { entry: NO_ENTRY, vmctx: 0 };
    Exported {
        instance: program.main_instance,
        lifted: Entry { entry: program.main_entry.into(), vmctx: program.main_vmctx },
        params: 0,
        results: 1,
        callback: none,
        post_return: none,
        form: 0,
        result_number: 0,
        memory_number: None,
        string_encoding: STRING_UTF8,
    }
}
