//! The component interfaces of `aot_abi::wasi` for 0.2, expanded: their types, and the symbol of each function.

aot_abi::wasi_interfaces! { implement_interface }
#[cfg(feature = "http")]
aot_abi::wasi_http_interfaces! { implement_interface }
