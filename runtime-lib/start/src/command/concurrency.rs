//! The part of the runtime that programs with asynchronous components need.

use aot_abi::parts;

use aot_host::concurrency::FUNCTIONS;
use aot_host::concurrency::functions::Functions;
use aot_host::host::Host;

use super::FindFunctions;

const _: () = assert!(aot_foundation::same_name("aot_part_concurrency", parts::CONCURRENCY));
const _: FindFunctions = aot_part_concurrency;

/// The functions of programs with asynchronous components.
#[unsafe(no_mangle)]
fn aot_part_concurrency() -> &'static Functions<Host> {
    &FUNCTIONS
}
