//! The runtimes of all targets, inside this program.

/// What is linked to every object.
pub(super) struct Runtime {
    /// The runtime library.
    pub archive: &'static [u8],
    /// The runtime library with HTTP.
    pub archive_http: &'static [u8],
    /// musl's start-up code of a static-PIE executable, which relocates itself.
    pub rcrt1: &'static [u8],
    /// The beginning of `_init` and `_fini`.
    pub crti: &'static [u8],
    /// Their end.
    pub crtn: &'static [u8],
    /// musl.
    pub libc: &'static [u8],
}

macro_rules! runtimes {
    ($($name:literal),*) => {
        /// The runtime of the target with this name.
        pub(super) fn runtime(target: &str) -> Option<Runtime> {
            match target {
                $($name => Some(Runtime {
                    archive: include_bytes!(concat!(env!("AOT_RUNTIME_DIR"), "/", $name, "/libaot_runtime.a")),
                    archive_http: include_bytes!(concat!(env!("AOT_RUNTIME_DIR"), "/", $name, "/libaot_runtime_http.a")),
                    rcrt1: include_bytes!(concat!(env!("AOT_RUNTIME_DIR"), "/", $name, "/rcrt1.o")),
                    crti: include_bytes!(concat!(env!("AOT_RUNTIME_DIR"), "/", $name, "/crti.o")),
                    crtn: include_bytes!(concat!(env!("AOT_RUNTIME_DIR"), "/", $name, "/crtn.o")),
                    libc: include_bytes!(concat!(env!("AOT_RUNTIME_DIR"), "/", $name, "/libc.a")),
                }),)*
                _ => None,
            }
        }
    };
}

runtimes!("x86_64-linux", "aarch64-linux", "riscv64-linux");
