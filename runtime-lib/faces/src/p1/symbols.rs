//! The functions of preview1 as symbols, expanded from their description in `aot_abi::wasi`: each lifts its parameters,
//! calls the function of its name, and passes the results.

use aot_abi::host::{CallOptions, HostReturn};
use aot_abi::slab::SlabHeader;

use super::interface::*;
use super::results::Results;
use super::{Fault, Outcome, functions};
use aot_host::canonical::call::{Argument, Call, WORDS_MAX, Word};
use aot_host::canonical::strings::Text;
use aot_host::canonical::{Abi, Lift, Lifting, Pointer, Slice, Words};

/// The number of a core function's parameters.
const fn words(params: usize, pointers: usize) -> usize {
    assert!(params + pointers <= WORDS_MAX);
    params + pointers
}

macro_rules! export_functions {
    (
        $(enum $enum:ident: $enum_repr:ident $enum_cases:tt)*
        $(flags $flags:ident: $flags_repr:ident $flag_labels:tt)*
        $(record $record:ident $fields:tt)*
        $(variant $variant:ident $choices:tt)*
        $(fn $function:ident($($param:ident: $param_type:ty),*) $(-> $result:ty)?;)*
    ) => {
        $(
            #[allow(unused_parens)]
            const _: () = {
                const FLAT: usize = 0 $(+ <$param_type as Abi>::FLAT)*;
                const WORDS: usize = words(FLAT, <($($result)?) as Results>::POINTERS);

                /// # Safety
                ///
                /// The contract of `aot_abi::host`.
                #[unsafe(export_name = concat!("wasi_snapshot_preview1#", stringify!($function)))]
                #[allow(clippy::too_many_arguments, improper_ctypes_definitions)]
                unsafe extern "C" fn wrapper(
                    slab: *mut SlabHeader,
                    options: *const CallOptions,
                    a0: Argument<{ WORDS > 0 }>,
                    a1: Argument<{ WORDS > 1 }>,
                    a2: Argument<{ WORDS > 2 }>,
                    a3: Argument<{ WORDS > 3 }>,
                    a4: Argument<{ WORDS > 4 }>,
                    a5: Argument<{ WORDS > 5 }>,
                    a6: Argument<{ WORDS > 6 }>,
                    a7: Argument<{ WORDS > 7 }>,
                    a8: Argument<{ WORDS > 8 }>,
                ) -> HostReturn {
                    const { assert!(WORDS <= 9) };
                    let words = [
                        a0.word(), a1.word(), a2.word(), a3.word(), a4.word(), a5.word(), a6.word(), a7.word(),
                        a8.word(),
                    ];
                    // SAFETY: the contract of host functions.
                    let mut call = unsafe { Call::new(slab, options) };
                    let mut run = || -> Outcome<()> {
                        let memory = call.memory();
                        let (flat, pointers) = words.split_at(FLAT);
                        let mut _words = Words::new(flat);
                        let mut _cx = Lifting { strict: true, ..call.lifting() };
                        $(let $param = <$param_type as Lift>::lift(&mut _cx, &mut _words)?;)*
                        let results = functions::$function(call.access(), memory $(, $param)*)?;
                        Ok(Results::pass(results, memory, pointers)?)
                    };
                    let outcome = match run() {
                        Ok(()) => Ok(0),
                        Err(Fault::Errno(errno)) => Ok(errno as u64),
                        Err(Fault::Trap(trap)) => Err(trap),
                    };
                    call.finish(outcome)
                }
            };
        )*
    };
}

aot_abi::wasi_preview1! { export_functions }
