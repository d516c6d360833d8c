//! The programs of `tests/programs`, built for the tests that run them: each as a
//! core module, as a component made of it with the preview1 adapter, and, where a Rust source says
//! `wasip2` in a line `//! forms: …`, as a component that std makes by itself. Python and JavaScript become components
//! only, with the interpreter inside. What is in a folder `threads` is built for wasi-threads. The parts of the program of
//! `tests/composed`, the components of `tests/grants`, the handler of `tests/serve`, the programs of `tests/state` and the services
//! of `examples` are built too.
//!
//! What is built is kept in `target/guests` beside a `.recipe`, which says from what it was made: an
//! unchanged source isn't built again.

mod composed;
mod examples;
mod interpreted;
mod recipe;
mod workspace;

use crate::zig::zig;
use crate::{guest_threads, places};
use anyhow::{Context, Result};
use recipe::make;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as ADAPTER;

/// Programs that are built at a time: as many as CI has processors.
const WORKERS: usize = 2;

/// Builds what has changed since the last time.
pub fn build() -> Result<()> {
    let folder = places::guests();
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    fs::write(folder.join("adapter.wasm"), ADAPTER)?;
    let mut sources = Vec::new();
    collect(&places::programs(), &mut sources)?;
    sources.sort();
    let waiting = Mutex::new(sources.iter());
    let next = || waiting.lock().ok()?.next();
    let work = || -> Result<()> {
        while let Some(source) = next() {
            build_program(source).with_context(|| format!("building {}", source.display()))?;
        }
        Ok(())
    };
    std::thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    composed::build()?;
    examples::build()?;
    let grants = [("grants-asker.wasm", "asker.wasm"), ("grants_probe.wasm", "probe.wasm")];
    workspace::build(&places::repository().join("tests/grants"), "grants-build", &folder.join("grants"), &grants)?;
    state()?;
    p3()?;
    serve()
}

/// The programs of `tests/state`.
fn state() -> Result<()> {
    let products = [("command.wasm", "command.wasm"), ("shared.wasm", "shared.wasm"), ("state.wasm", "handler.wasm")];
    let sources = places::repository().join("tests/state/guest");
    workspace::build(&sources, "state-build", &places::guests().join("state"), &products)
}

/// The commands of `tests/p3`.
fn p3() -> Result<()> {
    let sources = places::repository().join("tests/p3/guest");
    let products =
        [("p3_files.wasm", "files.wasm"), ("p3_http.wasm", "http.wasm"), ("p3_sockets.wasm", "sockets.wasm")];
    workspace::build(&sources, "p3-build", &places::guests().join("p3"), &products)
}

/// The handlers of `tests/serve`.
fn serve() -> Result<()> {
    let sources = places::repository().join("tests/serve/guest");
    let folder = places::guests().join("serve");
    workspace::build(&sources, "serve-build", &folder, &[("serve_steps.wasm", "steps.wasm")])?;
    let source = sources.join("isolation.wat");
    let text = fs::read_to_string(&source)?;
    let module = folder.join("isolation.module.wasm");
    make(&module, &text, wasm_tools(&["parse"], &source, &module))?;
    let described = describe(&source, &module, &folder.join("isolation.described.wasm"))?;
    let component = folder.join("isolation.wasm");
    make(&component, &text, wasm_tools(&["component", "new"], &described, &component))
}

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, sources)?;
        } else if language(&path).is_some() {
            sources.push(path);
        }
    }
    Ok(())
}

fn language(source: &Path) -> Option<&str> {
    let extension = source.extension()?.to_str()?;
    ["wat", "c", "cpp", "rs", "py", "js"].contains(&extension).then_some(extension)
}

fn build_program(source: &Path) -> Result<()> {
    let name = source.strip_prefix(places::programs())?.with_extension("");
    let text = fs::read_to_string(source)?;
    let output = |form: &str| places::guests().join(format!("{}{form}.wasm", name.display()));
    let component = output(".component");
    if matches!(language(source), Some("py" | "js")) {
        return interpreted::build(source, "test", &source.with_extension("wit"), &component);
    }
    let module = output("");
    make(&module, &text, compiler(source, "wasm32-wasip1", &module)?)?;
    let forms = text.lines().find_map(|line| line.split_once(" forms: ")).map(|(_, forms)| forms);
    if forms.is_none_or(|forms| forms.contains("component")) {
        let described = describe(source, &module, &output(".described"))?;
        make(&component, &text, component_new(&described, &component))?;
    }
    if forms.is_some_and(|forms| forms.contains("wasip2")) {
        let wasip2 = output(".wasip2");
        make(&wasip2, &text, compiler(source, "wasm32-wasip2", &wasip2)?)?;
    }
    Ok(())
}

/// A module that calls interfaces by itself has a file `NAME.wit` beside its source with the world `test`.
fn describe(source: &Path, module: &Path, output: &Path) -> Result<PathBuf> {
    let world = source.with_extension("wit");
    if !world.exists() {
        return Ok(module.to_path_buf());
    }
    let mut command = Command::new(places::tool("wasm-tools"));
    command.args(["component", "embed", "--world", "test"]).arg(&world).arg(module).arg("-o").arg(output);
    make(output, &(fs::read_to_string(&world)? + &fs::read_to_string(source)?), command)?;
    Ok(output.to_path_buf())
}

/// The command that compiles `source` to `output`.
fn compiler(source: &Path, target: &str, output: &Path) -> Result<Command> {
    let mut command = match language(source) {
        Some("wat") => return Ok(wasm_tools(&["parse"], source, output)),
        Some("rs") => rustc(source, target),
        Some("cpp") => c(zig("c++"), source),
        _ if is_in(source, "threads") => c_threads()?,
        _ => c(zig("cc"), source),
    };
    command.arg(source).arg("-o").arg(output);
    Ok(command)
}

fn rustc(source: &Path, target: &str) -> Command {
    let target = if is_in(source, "threads") { "wasm32-wasip1-threads" } else { target };
    let mut command = Command::new("rustc");
    command.arg("--edition=2024").args(if is_optimised(source) { ["-O"].as_slice() } else { &[] });
    command.arg(if is_debugged(source) { "-g" } else { "-Cstrip=debuginfo" });
    command.args(["--target", target]);
    command
}

fn c(mut zig: Command, source: &Path) -> Command {
    zig.args(["-target", "wasm32-wasi", if is_optimised(source) { "-O2" } else { "-O0" }]);
    zig.args(if is_debugged(source) { ["-g"].as_slice() } else { &[] }).arg("-fno-exceptions");
    zig
}

fn c_threads() -> Result<Command> {
    let mut command = zig("cc");
    command.args(guest_threads::FLAGS).args(guest_threads::LINK_FLAGS).arg("-s").arg(guest_threads::object()?);
    Ok(command)
}

/// Returns whether a program is built with debug information.
fn is_debugged(source: &Path) -> bool {
    source.strip_prefix(places::programs()).is_ok_and(|source| source.starts_with("debug"))
}

/// Returns whether a program is optimised: those with debug information are as their sources say, if they aren't in its folder
/// `optimised`.
fn is_optimised(source: &Path) -> bool {
    !is_in(source, "debug")
}

/// Returns whether a program is in a folder of this name; those in `threads` are for wasi-threads.
fn is_in(source: &Path, folder: &str) -> bool {
    source.parent().is_some_and(|parent| parent.ends_with(folder))
}

fn component_new(module: &Path, output: &Path) -> Command {
    let mut command = wasm_tools(&["component", "new"], module, output);
    command.arg("--adapt").arg(format!("wasi_snapshot_preview1={}", places::guests().join("adapter.wasm").display()));
    command
}

fn wasm_tools(subcommand: &[&str], input: &Path, output: &Path) -> Command {
    let mut command = Command::new(places::tool("wasm-tools"));
    command.args(subcommand).arg(input).arg("-o").arg(output);
    command
}
