//! The expansion of a row of `aot_abi::wasi` that describes a component interface, for the faces of all versions.
//!
//! A face has a module `interfaces` with the expansions, and beside it the modules of the packages, with the functions.

/// The module of an interface, in that of its package. Its functions are those of the module of the same path in
/// the face that expands the row.
macro_rules! implement_interface {
    (
        module $package:ident::$module:ident: $interface:literal, $version:literal $(or $further:literal)* {
            $(use $($path:ident)::+;)*
            $(resource $resource:ident = $number:literal $resource_name:literal;)*
            $(enum $enum:ident: $enum_repr:ident $enum_cases:tt)*
            $(flags $flags:ident: $flags_repr:ident $flag_labels:tt)*
            $(record $record:ident $fields:tt)*
            $(variant $variant:ident $choices:tt)*
            $($name:literal $($mode:ident)? => $function:ident($($param:ident: $param_type:ty),*) $(-> $result:ty)?;)*
        }
    ) => {
        #[allow(unused_imports, unused_parens, improper_ctypes_definitions)]
        pub mod $module {
            use aot_abi::host::{CallOptions, HostReturn};
            use aot_abi::slab::SlabHeader;
            use aot_abi::trap::Trap;

            use aot_host::canonical::call::{Argument, Call, FLAT_PARAMS_MAX, Params, Word, drop_resource, words};
            use aot_host::canonical::ends::{Future, Stream};
            use aot_host::concurrency::host::{FLAT_ASYNC_PARAMS_MAX, async_words};
            use aot_host::canonical::{Abi, Bytes, Fields, Layout, Lift, Lifting, Lower, Slice, Words, layout, payload_offset, record_layout, variant_layout};
            use aot_host::impl_abi;
            use aot_host::canonical::handles::{Borrow, Own, ResourceType};
            use aot_host::canonical::lowering::Lowering;
            use super::super::super::$package::$module as implementation;
            use aot_host::canonical::strings::Text;
            use aot_host::{define_enum, define_flags, define_record, define_variant, variant_case};
            use std::vec::Vec as List;
            $(use super::super::$($path)::+;)*

            $(
                pub enum $resource {}
                impl ResourceType for $resource {
                    const NUMBER: u32 = $number;
                    type Object = implementation::$resource;
                }
                const _: () = {
                    /// # Safety
                    ///
                    /// The contract of `aot_abi::host`.
                    #[unsafe(export_name = concat!($interface, "@", $version, "#[resource-drop]", $resource_name))]
                    unsafe extern "C" fn wrapper(
                        slab: *mut SlabHeader,
                        options: *const CallOptions,
                        handle: u64,
                    ) -> HostReturn {
                        // SAFETY: the contract of host functions.
                        unsafe { drop_resource(slab, options, handle, $number) }
                    }
                };
            )*
            $(define_enum! { $enum: $enum_repr $enum_cases })*
            $(define_flags! { $flags: $flags_repr $flag_labels })*
            $(define_record! { $record $fields })*
            $(define_variant! { $variant $choices })*
            $(
                export! {
                    ($($mode)?) concat!($interface, "@", $version, "#", $name),
                    concat!($interface, "@", $version, "#[async-lower]", $name),
                    implementation::$function, ($($param: $param_type),*), ($($result)?)
                }
            )*
        }
    };
}

/// The symbols of a function. One whose type is asynchronous has two: for callers that wait, and for those that go on.
macro_rules! export {
    (() $symbol:expr, $async_symbol:expr, $function:path, $params:tt, $result:ty) => {
        export_as! { $symbol, words, FLAT_PARAMS_MAX, lower, $function, $params, $result }
    };
    ((async) $symbol:expr, $async_symbol:expr, $function:path, $params:tt, $result:ty) => {
        export_as! { $symbol, words, FLAT_PARAMS_MAX, wait, $function, $params, $result }
        export_as! { $async_symbol, async_words, FLAT_ASYNC_PARAMS_MAX, start, $function, $params, $result }
    };
}

/// A symbol: lifts, calls, and ends the call by a method, which lowers.
macro_rules! export_as {
    (
        $symbol:expr, $words:ident, $flat_max:expr, $end:ident,
        $function:path, ($($param:ident: $param_type:ty),*), $result:ty
    ) => {
        const _: () = {
            const LAYOUT: Layout = record_layout(&[$(layout::<$param_type>()),*]);
            const WORDS: usize = $words(LAYOUT.flat(), <$result as Abi>::FLAT);

            /// # Safety
            ///
            /// The contract of `aot_abi::host`.
            #[unsafe(export_name = $symbol)]
            #[allow(clippy::too_many_arguments)]
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
                a9: Argument<{ WORDS > 9 }>,
                a10: Argument<{ WORDS > 10 }>,
                a11: Argument<{ WORDS > 11 }>,
                a12: Argument<{ WORDS > 12 }>,
                a13: Argument<{ WORDS > 13 }>,
                a14: Argument<{ WORDS > 14 }>,
                a15: Argument<{ WORDS > 15 }>,
                a16: Argument<{ WORDS > 16 }>,
            ) -> HostReturn {
                let words = [
                    a0.word(), a1.word(), a2.word(), a3.word(), a4.word(), a5.word(), a6.word(), a7.word(), a8.word(),
                    a9.word(), a10.word(), a11.word(), a12.word(), a13.word(), a14.word(), a15.word(), a16.word(),
                ];
                // SAFETY: the contract of host functions.
                let mut call = unsafe { Call::new(slab, options) };
                let mut run = || -> Result<u64, Trap> {
                    call.check_may_leave()?;
                    let memory = call.memory();
                    let mut _cx = call.lifting();
                    let mut _params = Params::new(LAYOUT, $flat_max, &words, memory)?;
                    $(let $param = _params.next::<$param_type>(&mut _cx)?;)*
                    let output = $function(call.access() $(, $param)*);
                    call.$end::<$result>(output, words[WORDS.saturating_sub(1)])
                };
                let outcome = run();
                call.finish(outcome)
            }
        };
    };
}
