//! Exports that the runtime knows by their names and calls by itself, as [`crate::wasi`] has the imports that it knows.

use crate::program::{MAIN_HANDLE, MAIN_RUN, MAIN_START};
use crate::wasi::CoreType;

/// An exported function that the runtime calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownExport {
    /// Package and interface: `wasi:cli/run`; empty for an export of a core module.
    pub interface: &'static str,
    /// The part of the interface's version that semver compares: `0.2`; empty without an interface.
    pub version: &'static str,
    /// The function's name in the interface, or the export's.
    pub function: &'static str,
    /// The parameters of the core function.
    pub params: &'static [CoreType],
    /// The results of the core function.
    pub results: &'static [CoreType],
    /// The way in which the runtime calls it: [`crate::program::Program::main_kind`].
    pub main_kind: u32,
}

macro_rules! known_exports {
    ($($(#[$doc:meta])* $name:ident = $interface:literal $version:literal $function:literal
        [$($param:ident),*] [$($result:ident),*] $kind:ident;)*) => {
        $($(#[$doc])* pub const $name: KnownExport = KnownExport {
            interface: $interface,
            version: $version,
            function: $function,
            params: &[$(CoreType::$param),*],
            results: &[$(CoreType::$result),*],
            main_kind: $kind,
        };)*

        /// All exports that the runtime knows.
        pub const ALL: &[KnownExport] = &[$($name),*];
    };
}

known_exports! {
    /// The command of a core module that has a name for other uses, such as a reactor's; it comes before [`START`].
    DEFAULT = "" "" "" [] [] MAIN_START;
    /// The command of a core module, in preview1.
    START = "" "" "_start" [] [] MAIN_START;
    /// The command of a component: 1 is the error case of its result.
    RUN = "wasi:cli/run" "0.2" "run" [] [I32] MAIN_RUN;
    /// The command of a component of 0.3. If it is lifted asynchronously, its core result says how its task goes on instead.
    RUN_OF_P3 = "wasi:cli/run" "0.3" "run" [] [I32] MAIN_RUN;
    /// The command of a component that does nothing but call that of a core module.
    RUN_OF_MODULE = "wasi:cli/run" "0.2" "run" [] [] MAIN_RUN;
    /// The handler of a server: it takes a request, and what takes its response.
    HANDLE = "wasi:http/incoming-handler" "0.2" "handle" [I32, I32] [] MAIN_HANDLE;
    /// The handler of a server of 0.3: it takes a request. Its core result says how its task goes on, or where the response is.
    HANDLE_OF_P3 = "wasi:http/handler" "0.3" "handle" [I32] [I32] MAIN_HANDLE;
}
