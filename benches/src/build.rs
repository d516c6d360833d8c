//! Builds of what is measured: guests from C and Rust, and executables by aot, wasmtime and native compilers.

use crate::places;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as ADAPTER;

/// CPU that code is generated for; the same for all that are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cpu {
    /// aot's portable baseline of this machine's architecture.
    Baseline,
    /// CPU of this machine, with all its features.
    Native,
}

/// Features of x86-64-v2 beyond plain x86-64, under wasmtime's names (docs/decisions/0010-cpu-baselines.md).
const V2_FEATURES: &[&str] = &["sse3", "ssse3", "sse41", "sse42", "popcnt", "cmpxchg16b"];

/// Proposals that kernels and programs use, and that wasmtime enables only on request.
pub const PROPOSALS: &str = "gc,function-references,exceptions,shared-memory,branch-hinting";

/// Compiles C to a core module of preview1, with vectors if its name asks for them.
pub fn c_module(source: &Path) -> Result<PathBuf> {
    let output = product(source, "wasm");
    if !is_newer(&output, source)? {
        let is_simd = source.file_name().is_some_and(|name| name.to_string_lossy().starts_with("simd_"));
        let vectors = is_simd.then_some("-msimd128");
        run(zig().args(["-O2", "-target", "wasm32-wasi", "-s"]).args(vectors).arg(source).arg("-o").arg(&output))?;
    }
    Ok(output)
}

/// Compiles C to a static executable of this machine, with musl.
pub fn c_native(source: &Path, cpu: Cpu) -> Result<PathBuf> {
    let output = product(source, if cpu == Cpu::Native { "native-static" } else { "static" });
    if !is_newer(&output, source)? {
        run(native_c(cpu).arg(source).arg("-o").arg(&output))?;
    }
    Ok(output)
}

/// The command that compiles C to a static executable of this machine.
fn native_c(cpu: Cpu) -> Command {
    let mcpu = match cpu {
        Cpu::Baseline if cfg!(target_arch = "x86_64") => "x86_64_v2",
        Cpu::Baseline => "baseline",
        Cpu::Native => "native",
    };
    let target = format!("{}-linux-musl", std::env::consts::ARCH);
    let mut command = zig();
    command.args(["-O2", "-static", "-s", "-target", &target, &format!("-mcpu={mcpu}")]);
    command
}

/// Compiles Rust to a component of WASI 0.2.
pub fn rust_component(source: &Path) -> Result<PathBuf> {
    let output = product(source, "component.wasm");
    if !is_newer(&output, source)? {
        run(Command::new("rustc")
            .args(["--edition=2024", "-O", "-Cstrip=symbols", "--target", "wasm32-wasip2"])
            .arg(source)
            .arg("-o")
            .arg(&output))?;
    }
    Ok(output)
}

/// Makes a component of a core module, with the adapter from preview1.
pub fn component(module: &Path) -> Result<PathBuf> {
    let output = product(module, "component.wasm");
    if !is_newer(&output, module)? {
        let adapter = places::products().join("adapter.wasm");
        fs::write(&adapter, ADAPTER)?;
        run(Command::new(places::tool("wasm-tools"))
            .args(["component", "new"])
            .arg(module)
            .arg("--adapt")
            .arg(format!("wasi_snapshot_preview1={}", adapter.display()))
            .arg("-o")
            .arg(&output))?;
    }
    Ok(output)
}

/// Composes components into one, for peers without `--link`.
pub fn composed(name: &str, app: &Path, links: &[PathBuf]) -> Result<PathBuf> {
    let output = places::products().join(format!("{name}.composed.wasm"));
    if !is_newer(&output, app)? {
        let mut compose = Command::new(places::tool("wasm-tools"));
        compose.arg("compose").arg(app).arg("-o").arg(&output);
        for link in links {
            compose.arg("-d").arg(link);
        }
        run(&mut compose)?;
    }
    Ok(output)
}

/// Compiles components that import from each other into one program with aot.
pub fn aot_linked(name: &str, app: &Path, links: &[PathBuf]) -> Result<PathBuf> {
    let output = places::products().join(format!("{name}.linked-aot"));
    let mut command = aot_command(app, &output);
    for link in links {
        command.arg("--link").arg(link);
    }
    run(&mut command)?;
    Ok(output)
}

/// Returns the command that compiles `input` with aot.
pub fn aot_command(input: &Path, output: &Path) -> Command {
    let mut command = Command::new(places::aot());
    command.arg(input).arg("-o").arg(output);
    command
}

/// Compiles with aot, even if the output exists: aot is what changes.
pub fn aot(input: &Path, cpu: Cpu) -> Result<PathBuf> {
    aot_with(input, cpu, "aot", &[])
}

/// Compiles with aot and guards against speculation.
pub fn aot_with_guards(input: &Path, cpu: Cpu) -> Result<PathBuf> {
    aot_with(input, cpu, "guarded-aot", &["--spectre", "on"])
}

fn aot_with(input: &Path, cpu: Cpu, suffix: &str, flags: &[&str]) -> Result<PathBuf> {
    let output = match cpu {
        Cpu::Native => product(input, &format!("native-{suffix}")),
        Cpu::Baseline => product(input, suffix),
    };
    let mut command = aot_command(input, &output);
    command.args(flags);
    if cpu == Cpu::Native {
        command.args(["--cpu", "native"]);
    }
    run(&mut command)?;
    Ok(output)
}

/// Compiles with aot to an executable without the kernel's sandbox.
pub fn aot_without_sandbox(input: &Path) -> Result<PathBuf> {
    let output = product(input, "no-sandbox");
    run(aot_command(input, &output).arg("--no-sandbox"))?;
    Ok(output)
}

/// Compiles with aot for a target.
pub fn aot_for(input: &Path, target: &str) -> Result<PathBuf> {
    let output = product(input, target);
    run(aot_command(input, &output).args(["--target", target]))?;
    Ok(output)
}

/// Compiles with wasmtime.
pub fn wasmtime(input: &Path, cpu: Cpu) -> Result<PathBuf> {
    let output = product(input, if cpu == Cpu::Native { "native-cwasm" } else { "cwasm" });
    if !is_newer(&output, input)? {
        run(Command::new(places::tool("wasmtime"))
            .arg("compile")
            .args(["-W", PROPOSALS])
            .args(wasmtime_flags(cpu))
            .arg(input)
            .arg("-o")
            .arg(&output))?;
    }
    Ok(output)
}

/// Compiles with wasm2c and the C compiler of the benches, to a static executable of this machine with musl.
pub fn wasm2c(module: &Path, cpu: Cpu) -> Result<PathBuf> {
    let output = product(module, if cpu == Cpu::Native { "native-wasm2c" } else { "wasm2c" });
    if is_newer(&output, module)? {
        return Ok(output);
    }
    let tool = fs::canonicalize(places::tool("wasm2c")).context("wasm2c")?;
    let package = tool.parent().and_then(Path::parent).context("wasm2c's package")?;
    let folder = output.with_extension("wasm2c-source");
    fs::create_dir_all(&folder)?;
    let program = folder.join("program.c");
    run(Command::new(&tool).arg(module).args(["-n", "program", "-o"]).arg(&program))?;
    let runtime = ["wasm-rt-impl.c", "wasm-rt-mem-impl.c"].map(|name| package.join("wasm2c").join(name));
    run(native_c(cpu)
        .args(["-w", "-I"])
        .arg(&folder)
        .arg("-I")
        .arg(package.join("wasm2c"))
        .arg("-I")
        .arg(package.join("include"))
        .arg(places::source("programs/wasm2c.c"))
        .arg(&program)
        .args(runtime)
        .args(["-lm", "-o"])
        .arg(&output))?;
    Ok(output)
}

/// The flags that make `wasmtime compile` use the features of `cpu`. With an explicit target it detects none.
pub fn wasmtime_flags(cpu: Cpu) -> Vec<String> {
    if cpu == Cpu::Native || !cfg!(target_arch = "x86_64") {
        return Vec::new();
    }
    let mut flags = vec![String::from("--target=x86_64-unknown-linux-gnu")];
    flags.extend(V2_FEATURES.iter().map(|feature| format!("-Ccranelift-has-{feature}")));
    flags
}

/// Runs a command and returns its output; its messages are shown if it fails.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of {command:?}"))
}

fn zig() -> Command {
    let cache = places::repository().join("target/setup/zig-cache");
    let mut command = Command::new(places::tool("zig"));
    command.arg("cc").env("ZIG_GLOBAL_CACHE_DIR", &cache).env("ZIG_LOCAL_CACHE_DIR", &cache);
    command
}

/// Returns the path of the product of `input`: its name, with another extension.
fn product(input: &Path, extension: &str) -> PathBuf {
    let name = input.file_name().unwrap_or_default().to_string_lossy().replace(".rs", "-rust.rs");
    let stem = name.strip_suffix(".wasm").or_else(|| name.strip_suffix(".c")).or_else(|| name.strip_suffix(".rs"));
    places::products().join(format!("{}.{extension}", stem.unwrap_or(&name)))
}

/// Returns true if `output` exists and is newer than the last change of `input`.
fn is_newer(output: &Path, input: &Path) -> Result<bool> {
    fs::create_dir_all(places::products())?;
    let Ok(output) = fs::metadata(output) else {
        return Ok(false);
    };
    Ok(output.modified()? > changed(input)?)
}

/// Returns the time of the last change of a source, or of the header that all kernels include.
fn changed(input: &Path) -> Result<std::time::SystemTime> {
    let own = fs::metadata(input).with_context(|| format!("reading {}", input.display()))?.modified()?;
    let shared = input.with_file_name("kernel.h");
    Ok(fs::metadata(shared).and_then(|shared| shared.modified()).map_or(own, |shared| own.max(shared)))
}
