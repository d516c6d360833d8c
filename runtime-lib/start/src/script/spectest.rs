//! The functions of the specification's host module `spectest`: they do nothing, but wait on a stack of their own.

use aot_abi::host::{CallOptions, HostReturn};
use aot_abi::slab::SlabHeader;
use aot_foundation::coroutine::suspend;

/// A function for each symbol. Parameters beyond the first two stay unread, which all calling conventions allow.
macro_rules! does_nothing {
    ($($name:ident = $symbol:literal;)*) => {
        $(
            #[unsafe(export_name = $symbol)]
            extern "C" fn $name(slab: *mut SlabHeader, _options: *const CallOptions) -> HostReturn {
                // SAFETY: called by the slab's guest; nothing of the host's state is in use.
                unsafe { suspend(slab) };
                HostReturn { trap: 0, value: 0 }
            }
        )*
    };
}

does_nothing! {
    print = "spectest#print";
    print_i32 = "spectest#print_i32";
    print_i64 = "spectest#print_i64";
    print_f32 = "spectest#print_f32";
    print_f64 = "spectest#print_f64";
    print_i32_f32 = "spectest#print_i32_f32";
    print_f64_f64 = "spectest#print_f64_f64";
}
