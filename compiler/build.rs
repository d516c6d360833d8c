//! Finds the runtime archives of the three targets, which `link` carries inside the compiler.

use std::path::{Path, PathBuf};

/// What each target's folder holds.
const FILES: [&str; 6] = ["libaot_runtime.a", "libaot_runtime_http.a", "rcrt1.o", "crti.o", "crtn.o", "libc.a"];
const TARGETS: [&str; 3] = ["x86_64-linux", "aarch64-linux", "riscv64-linux"];

fn main() {
    println!("cargo:rerun-if-env-changed=AOT_RUNTIME_DIR");
    let folder = std::env::var_os("AOT_RUNTIME_DIR").map_or_else(default_folder, PathBuf::from);
    for target in TARGETS {
        for file in FILES {
            let path = folder.join(target).join(file);
            println!("cargo:rerun-if-changed={}", path.display());
            if !path.exists() {
                println!("cargo:error={} is missing: run `cargo xtask runtime` first", path.display());
                std::process::exit(1);
            }
        }
    }
    println!("cargo:rustc-env=AOT_RUNTIME_DIR={}", folder.display());
}

fn default_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/runtime")
}
