//! Libraries for guests with threads: neither Debian's wasi-libc nor zig's has threads, so it is zig's, compiled
//! for shared memories, and `guest_threads/threads.c`.

use crate::zig::zig;
use crate::{places, process};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Flags with which zig compiles for shared memories.
pub const FLAGS: &[&str] = &["-target", "wasm32-wasi", "-mcpu=generic+atomics+bulk_memory", "-pthread", "-O2"];
/// Flags with which zig links for wasi-threads; rustc passes the same ones by itself.
pub const LINK_FLAGS: &[&str] =
    &["-Wl,--shared-memory", "-Wl,--import-memory", "-Wl,--export-memory", "-Wl,--max-memory=1073741824"];

/// Compiles `threads.c` if it has changed since the last time: an object file.
pub fn object() -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guest_threads/threads.c");
    let object = folder()?.join("threads.o");
    let text = fs::read_to_string(&source).with_context(|| format!("reading {}", source.display()))?;
    let compiled = object.with_extension("c");
    if !object.exists() || fs::read_to_string(&compiled).ok().as_ref() != Some(&text) {
        // It defines functions of which the compiler knows more than it needs.
        process::output(zig("cc").args(FLAGS).args(["-w", "-c"]).arg(source).arg("-o").arg(&object))?;
        fs::write(compiled, text)?;
    }
    Ok(object)
}

/// Puts the C library and the start-up object where the Rust compiler looks for its own.
pub fn install(self_contained: &Path) -> Result<()> {
    fs::create_dir_all(self_contained).with_context(|| format!("creating {}", self_contained.display()))?;
    let [start, libraries @ ..] = &library()?;
    let mut link = zig("wasm-ld");
    link.arg("-r").arg(start).arg(object()?).arg("-o").arg(self_contained.join("crt1-command.o"));
    process::output(&mut link)?;
    // One archive of the three that zig has: its `ar` reads such a script.
    let additions: String = libraries.iter().map(|library| format!("addlib {}\n", library.display())).collect();
    let script = folder()?.join("libc.script");
    fs::write(&script, format!("create {}\n{additions}save\nend\n", self_contained.join("libc.a").display()))?;
    process::run(zig("ar").arg("-M").stdin(fs::File::open(script)?))
}

/// The start-up object and the libraries that zig links a C program with: it says which while it links one.
fn library() -> Result<[PathBuf; 4]> {
    let program = folder()?.join("program.c");
    fs::write(&program, "int main(void) { return 0; }\n")?;
    let mut link = zig("cc");
    link.args(FLAGS).args(LINK_FLAGS).arg("-v").arg(&program).arg("-o").arg(program.with_extension("wasm"));
    let output = link.output().context("starting zig")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    let part = |name: &str| {
        let word = said.split_whitespace().find(|word| Path::new(word).ends_with(name));
        let path = word.with_context(|| format!("zig links no {name}: {said}"))?;
        fs::canonicalize(path).with_context(|| format!("finding {path}"))
    };
    Ok([part("crt1-command.o")?, part("libc.a")?, part("libzigc.a")?, part("libcompiler_rt.a")?])
}

fn folder() -> Result<PathBuf> {
    let folder = places::setup().join("guest-threads");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder)
}
