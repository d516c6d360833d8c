//! `aot INPUT`: compiles, and writes the result whole or not at all.

use crate::args::{CompileArgs, EmitArg};
use crate::console::tell;
use crate::embed;
use crate::http_grants::read_authorities;
use crate::inputs;
use crate::progress::Bar;
use anyhow::{Context, Result, bail};
use aot_compiler::emit::OptLevel;
use aot_compiler::pipeline::{self, Emit, Options, Output};
use aot_compiler::policy::http::Http;
use aot_compiler::policy::network::Network;
use aot_compiler::policy::{Policy, RESERVED_PREFIX, Sandbox};
use aot_compiler::target::Target;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub fn run(args: &CompileArgs) -> Result<()> {
    let program = inputs::read(args)?;
    let input = program.path.as_path();
    let options = options(args, input)?;
    let name = input.to_string_lossy();
    if args.verbose {
        program.wiring.iter().for_each(|wire| tell!("{wire}"));
    }
    let emit = match args.emit {
        EmitArg::Plan => Emit::Plan,
        EmitArg::Clif => Emit::Clif,
        EmitArg::Asm => Emit::Asm,
        EmitArg::Obj => Emit::Object,
        EmitArg::Exe => Emit::Executable,
    };
    let bar = Bar::new(Duration::from_millis(args.progress_after));
    let output =
        pipeline::compile(&program.bytes, &options, emit, &bar).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    bar.finish();
    for warning in &output.warnings {
        tell!("aot: warning: {warning}");
    }
    let path = output_path(args, input)?;
    write(&path, &output.bytes, args.emit == EmitArg::Exe)?;
    report(args, &path, &options, &output);
    Ok(())
}

fn options(args: &CompileArgs, input: &Path) -> Result<Options> {
    let target = match &args.target {
        Some(name) => Target::find(name).map_err(|error| anyhow::anyhow!("{error}"))?,
        None => Target::host(),
    };
    Ok(Options {
        target,
        opt_level: match args.opt_level {
            0 => OptLevel::None,
            1 => OptLevel::SpeedAndSize,
            _ => OptLevel::Speed,
        },
        cpu: args.cpu.clone(),
        policy: policy(args, input)?,
        stub_unknown_imports: args.stub_unknown_imports,
        deterministic: args.deterministic,
        gc_stress: args.gc_stress,
        verify: args.verify,
        threads: args.threads,
    })
}

fn policy(args: &CompileArgs, input: &Path) -> Result<Policy> {
    let mut environment = Vec::new();
    for variable in &args.environment {
        environment.push(match variable.split_once('=') {
            Some((name, value)) => (checked_name(name)?, value.to_string()),
            None => {
                let value = std::env::var(variable)
                    .with_context(|| format!("--env {variable}: give a value, or set the variable now"))?;
                (checked_name(variable)?, value)
            }
        });
    }
    let inherited = args.inherited.iter().map(|name| checked_name(name)).collect::<Result<_>>()?;
    let mut authorities = Vec::new();
    for file in &args.http_ca {
        authorities.extend(read_authorities(file)?);
    }
    Ok(Policy {
        directories: args.directories.clone(),
        embedded: embed::read(&args.embedded)?,
        environment,
        environment_inherited: inherited,
        arguments: args.arguments.clone(),
        network: Network { net: args.net.clone(), listen: args.listen.clone(), inherit_sockets: args.inherit_sockets },
        http: Http { grants: args.http.clone(), authorities },
        program_name: input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        sandbox: match (args.no_sandbox, args.require_sandbox) {
            (true, _) => Sandbox::Off,
            (false, false) => Sandbox::On,
            (false, true) => Sandbox::Required,
        },
        runtime_grants: args.allow_runtime_grants,
        limits: args.limits.limits()?,
    })
}

fn checked_name(name: &str) -> Result<String> {
    let reserved = RESERVED_PREFIX;
    if name.is_empty() || name.contains(['=', '\0']) {
        bail!("{name:?} can't be the name of an environment variable");
    }
    if name.starts_with(reserved) {
        bail!("{name}: variables that begin with {reserved} are the runtime's own and aren't passed on");
    }
    Ok(name.to_string())
}

fn output_path(args: &CompileArgs, input: &Path) -> Result<PathBuf> {
    if let Some(path) = &args.output {
        return Ok(path.clone());
    }
    let extension = match args.emit {
        EmitArg::Plan => "plan",
        EmitArg::Clif => "clif",
        EmitArg::Asm => "s",
        EmitArg::Obj => "o",
        EmitArg::Exe => "",
    };
    let path = PathBuf::from(input.with_extension(extension).file_name().unwrap_or(input.as_os_str()));
    if path.as_os_str() == input.as_os_str() {
        bail!("the result would replace the input; give -o FILE");
    }
    Ok(path)
}

/// Writes beside `path` and renames, so that nobody ever sees half of it. What is there and isn't a file, such as a
/// device or a pipe, is written to: it must not be replaced.
fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    if path.as_os_str() == "-" {
        return std::io::stdout().write_all(bytes).context("can't write to standard output");
    }
    if let Ok(present) = fs::metadata(path).map(|metadata| metadata.file_type()) {
        if present.is_dir() {
            bail!("can't write {}: it is a directory; give -o FILE", path.display());
        }
        if !present.is_file() {
            return fs::write(path, bytes).with_context(|| format!("can't write {}", path.display()));
        }
    }
    let mut name = OsString::from(".");
    name.push(path.file_name().with_context(|| format!("{} isn't the name of a file", path.display()))?);
    name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let result = write_and_rename(&temporary, path, bytes, executable);
    if result.is_err() {
        // Nothing is to be done about a failure to clean up after a failure.
        let _ = fs::remove_file(&temporary);
    }
    result.with_context(|| format!("can't write {}", path.display()))
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    let mut file = File::create(temporary)?;
    file.write_all(bytes)?;
    if executable {
        let mode = file.metadata()?.permissions().mode();
        // Who may read it may run it.
        file.set_permissions(Permissions::from_mode(mode | (mode & 0o444) >> 2))?;
    }
    drop(file);
    fs::rename(temporary, path)?;
    Ok(())
}

fn report(args: &CompileArgs, path: &Path, options: &Options, output: &Output) {
    if args.timings {
        for (stage, time) in &output.timings {
            tell!("{stage:>10} {:>9.1} ms", time.as_secs_f64() * 1000.0);
        }
    }
    if args.verbose {
        let sizes = &output.sizes;
        tell!("{}: {} bytes for {}", path.display(), output.bytes.len(), options.target.name);
        tell!(
            "  guest code {}, data {}, names {}, tables {} bytes",
            sizes.text,
            sizes.images,
            sizes.names,
            sizes.tables
        );
    }
}
