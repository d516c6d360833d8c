//! The file by which pkg-config finds a library. It and the other files of the library are in one folder, wherever that is.

use super::Interface;
use aot_abi::library::LIBRARY_VERSION;

/// Writes the file. The version is that of the interface, because a library has no other.
pub fn pkg_config(interface: &Interface) -> String {
    let name = &interface.name;
    format!(
        "Name: {name}
Description: The library {name}, made by aot
Version: {LIBRARY_VERSION}
Cflags: -I${{pcfiledir}}
Libs: -L${{pcfiledir}} -l{name}
"
    )
}
