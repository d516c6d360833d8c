//! The command `aot INPUT`: compiles, and writes the result whole or not at all.

use crate::args::{CompileArgs, ProgramArgs};
use crate::console::tell;
use crate::embed;
use crate::http_grants::read_authorities;
use crate::inputs::Sources;
use crate::output;
use crate::progress::Bar;
use anyhow::{Context, Result, bail};
use aot_compiler::driver::{self, Emit, Options, Output};
use aot_compiler::isa::OptLevel;
use aot_compiler::policy::http::Http;
use aot_compiler::policy::network::Network;
use aot_compiler::policy::{Policy, RESERVED_PREFIX, Sandbox};
use aot_compiler::target::Target;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs `aot INPUT`.
pub fn run(args: &CompileArgs) -> Result<()> {
    let sources = Sources::read(args.input.as_deref(), &args.program)?;
    let target = match &args.target {
        Some(name) => Target::find(name).map_err(|error| anyhow::anyhow!("{error}"))?,
        None => Target::host(),
    };
    let mut options = options(&args.program, target, &sources.path)?;
    let path = output_path(args, &sources.path)?;
    let compiled = compile(&sources, &args.program, &mut options, &args.emit)?;
    output::write(&path, &compiled.bytes, args.emit == Emit::Executable)?;
    report(&args.program, &path, &options, &compiled);
    Ok(())
}

/// Compiles a program, with progress and warnings for the user.
pub fn compile(sources: &Sources, args: &ProgramArgs, options: &mut Options, emit: &Emit) -> Result<Output> {
    let program = sources.program()?;
    options.source_files = program.files;
    if args.verbose {
        program.wiring.iter().for_each(|wire| tell!("{wire}"));
    }
    let name = sources.path.display();
    let bar = Bar::new(Duration::from_millis(args.progress_after));
    let compiled = driver::compile(&program.bytes, options, emit, &bar)
        .map_err(|error| anyhow::anyhow!("{name}: {}", sources.locate(error)))?;
    bar.finish();
    for warning in &compiled.warnings {
        tell!("aot: warning: {warning}");
    }
    Ok(compiled)
}

/// Returns the compiler's options for `input`, from the flags.
pub fn options(args: &ProgramArgs, target: &'static Target, input: &Path) -> Result<Options> {
    Ok(Options {
        target,
        opt_level: match args.opt_level {
            0 => OptLevel::None,
            1 => OptLevel::SpeedAndSize,
            _ => OptLevel::Speed,
        },
        cpu: args.cpu.clone(),
        policy: policy(args, input)?,
        address_space: args.address_space,
        stub_unknown_imports: args.stub_unknown_imports,
        deterministic: args.deterministic,
        spectre_guards: args.spectre,
        debug: args.debug,
        gc_stress: args.gc_stress,
        verify: args.verify,
        source_files: Vec::new(),
        disabled_passes: args.disabled_passes.clone(),
        threads: args.threads,
    })
}

fn policy(args: &ProgramArgs, input: &Path) -> Result<Policy> {
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
        dumpable: args.dumpable || args.debug,
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
        Emit::Plan => "plan",
        Emit::Clif(_) => "clif",
        Emit::Asm => "s",
        Emit::Object => "o",
        Emit::Executable => "",
    };
    let path = PathBuf::from(input.with_extension(extension).file_name().unwrap_or(input.as_os_str()));
    if path.as_os_str() == input.as_os_str() {
        bail!("the result would replace the input; give -o FILE");
    }
    Ok(path)
}

/// Prints what `--timings` and `--verbose` ask for.
pub fn report(args: &ProgramArgs, path: &Path, options: &Options, output: &Output) {
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
