//! The component interfaces of `aot_abi::wasi` for 0.3, expanded: their types, and the symbols of each function.

use crate::p2::interfaces::sockets::network as sockets_of_p2;

aot_abi::wasi_p3_interfaces! { implement_interface }
#[cfg(feature = "http")]
use crate::p2::interfaces::http::types as http_of_p2;
#[cfg(feature = "http")]
aot_abi::wasi_p3_http_interfaces! { implement_interface }
