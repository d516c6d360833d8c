//! Finds the files of `targets/`, and for each target the runtime that `link` carries inside the compiler.
//!
//! Both become lists that the sources include: `targets.rs` of (name, text), `runtimes.rs` of (name, `Runtime`).

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// The fields of `Runtime`, and the files in a target's folder that they hold.
const FILES: [(&str, &str); 6] = [
    ("archive", "libaot_runtime.a"),
    ("archive_full", "libaot_runtime_full.a"),
    ("rcrt1", "rcrt1.o"),
    ("crti", "crti.o"),
    ("crtn", "crtn.o"),
    ("libc", "libc.a"),
];

fn main() {
    println!("cargo:rerun-if-env-changed=RUNTIME_LIBRARIES");
    let runtimes = env::var_os("RUNTIME_LIBRARIES").map_or_else(|| repository().join("target/runtime"), PathBuf::from);
    let runtimes = std::path::absolute(runtimes).unwrap();
    let mut texts = String::from("&[\n");
    let mut embedded = String::from("&[\n");
    for file in targets() {
        let name = file.file_stem().unwrap_or_default().display().to_string();
        writeln!(texts, "    ({name:?}, include_str!({file:?})),").unwrap();
        writeln!(embedded, "    ({name:?}, {}),", runtime(&runtimes.join(&name))).unwrap();
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
    fs::write(out.join("targets.rs"), texts + "]\n").unwrap();
    fs::write(out.join("runtimes.rs"), embedded + "]\n").unwrap();
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files that describe the targets, by name.
fn targets() -> Vec<PathBuf> {
    let folder = repository().join("targets");
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

/// The expression that embeds the runtime in `folder`.
fn runtime(folder: &Path) -> String {
    let mut fields = String::new();
    for (field, file) in FILES {
        let path = folder.join(file);
        println!("cargo:rerun-if-changed={}", path.display());
        if !path.exists() {
            println!("cargo:error={} is missing: run `cargo xtask runtime` first", path.display());
            process::exit(1);
        }
        write!(fields, " {field}: include_bytes!({path:?}),").unwrap();
    }
    format!("Runtime {{{fields} }}")
}
