//! Modules for other hosts than WASI, such as browsers: recognised by their imports.

/// A toolchain whose modules need a host of its own.
#[derive(Debug)]
pub struct ForeignHost {
    /// The origin and the host of the modules, in words.
    pub made: &'static str,
    /// Words that say what to do instead.
    pub help: &'static str,
    /// Says if an import, by its module and name, is one that only these modules have.
    is_of: fn(&str, &str) -> bool,
}

const RUST: &str = "build it for the target wasm32-wasip1 or wasm32-wasip2, without wasm-bindgen";
const EMSCRIPTEN: &str = "link it with -sSTANDALONE_WASM and without JavaScript of its own, or build it with wasi-sdk";
const GO: &str = "build it with GOOS=wasip1";
const KOTLIN: &str = "build it for the target wasmWasi";
const DART: &str = "Dart has no compiler for WASI";
const ASSEMBLYSCRIPT: &str = "build it with @assemblyscript/wasi-shim";
const DOTNET: &str = "build it for the runtime identifier wasi-wasm";

const HOSTS: &[ForeignHost] = &[
    ForeignHost { made: "made by wasm-bindgen, for browsers", help: RUST, is_of: is_bindgen },
    ForeignHost {
        made: "a plugin of Extism",
        help: "this version of aot doesn't build plugins: build it as a command for WASI",
        is_of: |module, _| module.starts_with("extism:host/"),
    },
    ForeignHost {
        made: "a filter of a proxy (proxy-wasm)",
        help: "this version of aot doesn't build plugins: build it as a command for WASI",
        is_of: |module, name| module == "env" && name.starts_with("proxy_"),
    },
    ForeignHost { made: "made by Emscripten, for browsers", help: EMSCRIPTEN, is_of: is_emscripten },
    ForeignHost {
        made: "made by Go, for browsers",
        help: GO,
        is_of: |module, name| {
            module == "gojs" || module == "go" && ["runtime.", "syscall/js."].iter().any(|part| name.starts_with(part))
        },
    },
    ForeignHost { made: "made by Kotlin, for browsers", help: KOTLIN, is_of: |module, _| module == "js_code" },
    ForeignHost { made: "made by Dart, for browsers", help: DART, is_of: |module, _| module == "dart2wasm" },
    ForeignHost { made: "made by .NET, for browsers", help: DOTNET, is_of: |_, name| name.starts_with("mono_wasm_") },
    ForeignHost {
        made: "made by AssemblyScript, for JavaScript",
        help: ASSEMBLYSCRIPT,
        is_of: |module, name| module == "env" && ["abort", "seed", "trace", "console.log"].contains(&name),
    },
    ForeignHost {
        made: "a shared library, which other modules load",
        help: "link it as a command: without -shared and -sSIDE_MODULE",
        is_of: |module, name| module == "env" && ["__memory_base", "__table_base"].contains(&name),
    },
    ForeignHost {
        made: "made for WASIX",
        help: "build it for the target wasm32-wasip1 or wasm32-wasip2",
        is_of: |module, _| module.starts_with("wasix_"),
    },
    ForeignHost {
        made: "made for the first snapshot of WASI, of 2019",
        help: "build it with a newer compiler, for wasm32-wasip1",
        is_of: |module, _| module == "wasi_unstable",
    },
    ForeignHost {
        made: "made for JavaScript",
        help: "build it for WASI: only JavaScript has these functions",
        is_of: |module, _| module.starts_with("wasm:js-") || module == "wasm:text-encoder",
    },
];

fn is_bindgen(module: &str, name: &str) -> bool {
    let modules = ["wbg", "__wbindgen_placeholder__", "__wbindgen_externref_xform__", "__wbindgen_anyref_xform__"];
    modules.contains(&module) || name.starts_with("__wbindgen_") || name.starts_with("__wbg_")
}

fn is_emscripten(module: &str, name: &str) -> bool {
    let parts = ["emscripten_", "_emscripten_", "_emval_", "_embind_", "__syscall_", "__asyncjs__", "invoke_"];
    let names = ["_abort_js", "_tzset_js", "_mmap_js", "_munmap_js", "_localtime_js", "__cxa_throw", "__assert_fail"];
    let minified = module == "a" && name.len() <= 2;
    module == "env" && (parts.iter().any(|part| name.starts_with(part)) || names.contains(&name)) || minified
}

/// The host that a module with these imports was made for; `None` if no import tells it.
pub fn foreign_host<'n>(imports: impl IntoIterator<Item = (&'n str, &'n str)> + Clone) -> Option<&'static ForeignHost> {
    HOSTS.iter().find(|host| imports.clone().into_iter().any(|(module, name)| (host.is_of)(module, name)))
}

#[cfg(test)]
mod tests {
    use super::foreign_host;

    fn made(module: &str, name: &str) -> Option<&'static str> {
        foreign_host([("env", "memory"), (module, name)]).map(|host| host.made)
    }

    #[test]
    fn an_import_tells_the_host() {
        assert_eq!(made("wbg", "__wbg_log_1d3ae0273d8f4f8a"), Some("made by wasm-bindgen, for browsers"));
        assert_eq!(made("./app_bg.js", "__wbindgen_throw"), Some("made by wasm-bindgen, for browsers"));
        assert_eq!(made("env", "emscripten_resize_heap"), Some("made by Emscripten, for browsers"));
        assert_eq!(made("a", "b"), Some("made by Emscripten, for browsers"));
        assert_eq!(made("extism:host/env", "alloc"), Some("a plugin of Extism"));
        assert_eq!(made("env", "proxy_log"), Some("a filter of a proxy (proxy-wasm)"));
        assert_eq!(made("gojs", "runtime.wasmExit"), Some("made by Go, for browsers"));
        assert_eq!(made("env", "abort"), Some("made by AssemblyScript, for JavaScript"));
        assert_eq!(made("wasm:js-string", "length"), Some("made for JavaScript"));
        assert_eq!(made("env", "__memory_base"), Some("a shared library, which other modules load"));
        assert_eq!(made("wasix_32v1", "sock_open"), Some("made for WASIX"));
        assert_eq!(made("wasi_unstable", "fd_write"), Some("made for the first snapshot of WASI, of 2019"));
        assert_eq!(made("env", "log"), None);
        assert_eq!(made("wasi_snapshot_preview1", "fd_write"), None);
    }
}
