//! The command `aot INPUT`: compiles, and writes the result whole or not at all.

use crate::args::{Cli, CompileArgs, ProgramArgs};
use crate::console::Console;
use crate::embed::{self, EmbedArg};
use crate::http_grants::read_authorities;
use crate::inputs::{self, Program, Sources};
use crate::library::Files;
use crate::output::{self, Inputs, STANDARD_STREAM};
use crate::progress::Bar;
use crate::registry;
use crate::report::{self, Making};
use crate::state_flags;
use crate::static_files::StaticArg;
use anyhow::{Context, Result, bail, ensure};
use aot_compiler::describe;
use aot_compiler::display::shown;
use aot_compiler::driver::{self, Emit, LibraryForm, Options, Output};
use aot_compiler::nearest::nearest;
use aot_compiler::policy::http::Http;
use aot_compiler::policy::network::{Grant, Network};
use aot_compiler::policy::{Component, Directory, EMBEDDED_BYTES_MAX, Grants, Policy, RESERVED_PREFIX, Sandbox};
use aot_compiler::profile::Profile;
use aot_compiler::target::Target;
use clap::CommandFactory;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Runs `aot INPUT`.
pub fn run(args: &CompileArgs, emit: &Emit, console: Console) -> Result<()> {
    let sources = Sources::read(one_input(args)?, &args.program)?;
    check_flags(args, emit)?;
    let target = match args.target.first() {
        Some(name) => Target::find(name)?,
        None => Target::host(),
    };
    warn_of_directories(&args.program, target, console);
    let mut options = options(&args.program, target, &sources.path)?;
    if let Emit::Library(form, _) = emit {
        return run_library(args, *form, &sources, &mut options, console);
    }
    let path = output_path(args, emit, &sources)?;
    if let Some(page) = &args.report {
        output::check(page, true, &inputs_of(&args.program, &sources))?;
        ensure!(
            !output::is_same_name(page, &path),
            "--report {} is the executable's name: give another",
            page.display()
        );
    }
    let program = sources.program()?;
    let compiled = compile(&sources, &program, &args.program, &mut options, emit, console)?;
    output::write(&path, &compiled.bytes, *emit == Emit::Executable)?;
    report(&args.program, &path, &options, &compiled, console);
    if let Some(page) = &args.report {
        write_report(page, &path, &program, &compiled)?;
    }
    console.artifact(&path, compiled.bytes.len() as u64, &target.name);
    Ok(())
}

/// Writes the report of an executable, with what only its making knows.
fn write_report(page: &Path, path: &Path, program: &Program, compiled: &Output) -> Result<()> {
    let binaries = describe::binaries(&program.bytes, &program.files)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    report::write(page, &name, &compiled.bytes, &Making { binaries: &binaries, timings: &compiled.timings })
}

/// Compiles a library, and writes it and its header.
fn run_library(
    args: &CompileArgs,
    form: LibraryForm,
    sources: &Sources,
    options: &mut Options,
    console: Console,
) -> Result<()> {
    let files = Files::new(args.output.as_deref(), &registry::file(&sources.path), form)?;
    files.check(&inputs_of(&args.program, sources))?;
    let emit = Emit::Library(form, files.name.clone());
    let compiled = compile(sources, &sources.program()?, &args.program, options, &emit, console)?;
    let path = files.write(&compiled, &inputs_of(&args.program, sources))?;
    report(&args.program, &path, options, &compiled, console);
    console.artifact(&path, compiled.bytes.len() as u64, &options.target.name);
    Ok(())
}

/// Finds out if flags are given that only other products have.
fn check_flags(args: &CompileArgs, emit: &Emit) -> Result<()> {
    ensure!(args.report.is_none() || *emit == Emit::Executable, "--report: only an executable has one (--emit exe)");
    let only = "only an image has that (--emit oci)";
    ensure!(args.image_name.is_none(), "--image-name: {only}");
    ensure!(args.labels.is_empty(), "--label: {only}");
    let [_, second, ..] = &args.target[..] else { return Ok(()) };
    bail!(
        "--target {second} is a second target, and only an image is for several (--emit oci): compile for one after another"
    )
}

/// Returns the one input, if there is any.
pub fn one_input(args: &CompileArgs) -> Result<Option<&Path>> {
    let input = args.input.as_deref();
    let (Some(first), Some(second)) = (input, args.more.first()) else { return Ok(input) };
    let command = Cli::command();
    let commands: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    if let Some(command) = nearest(&first.to_string_lossy(), commands).filter(|_| !first.exists()) {
        bail!("there is no command {}, did you mean {command}?", first.display());
    }
    let (first, second) = (first.display(), second.display());
    bail!(
        "{first} and {second} are two inputs, and a program has one: compile them one by one, or give the components that \
         it needs as --link {second}"
    )
}

/// Warns of granted directories that this machine lacks. A relative one counts from where the executable is started, and
/// an executable for another machine finds what that has.
fn warn_of_directories(args: &ProgramArgs, target: &Target, console: Console) {
    let is_missing = |directory: &&Directory| {
        Path::new(&directory.host).is_absolute() && !directory.optional && !Path::new(&directory.host).is_dir()
    };
    for Directory { host, .. } in args.directories.iter().filter(|directory| directory.host.starts_with("~/")) {
        console.warning(&format!(
            "--dir {host}: the name of that directory is ~, because the shell replaces ~ only where a word begins with it; \
             $HOME is replaced everywhere"
        ));
    }
    for Directory { host, guest, .. } in args.directories.iter().filter(is_missing) {
        if target.name == Target::host().name {
            console.warning(&format!(
                "--dir {host}: there is no such directory on this machine; where it is missing, the executable doesn't \
                 start, unless it is granted as {host}::{guest}:optional"
            ));
        }
    }
}

/// Compiles the program of these sources, with progress and warnings for the user.
pub fn compile(
    sources: &Sources,
    program: &Program,
    args: &ProgramArgs,
    options: &mut Options,
    emit: &Emit,
    console: Console,
) -> Result<Output> {
    options.source_files = program.files.clone();
    if args.verbose {
        program.wiring.iter().for_each(|wire| console.note(wire));
    }
    let bar = Bar::new(Duration::from_millis(args.progress_after), console);
    let compiled = driver::compile(&program.bytes, options, emit, &bar);
    bar.finish();
    let compiled =
        compiled.map_err(|error| sources.locate(error)).with_context(|| sources.path.display().to_string())?;
    compiled.warnings.iter().for_each(|warning| console.warning(warning));
    Ok(compiled)
}

/// Returns the compiler's options for `input`, from the flags.
pub fn options(args: &ProgramArgs, target: &'static Target, input: &Path) -> Result<Options> {
    Ok(Options {
        target,
        opt_level: args.opt_level,
        cpu: args.cpu.clone(),
        entry: args.serve.entry.map(str::to_string),
        policy: policy(args, input)?,
        address_space: args.address_space,
        stub_unknown_imports: args.stub_unknown_imports,
        host_imports: args.host_import.clone(),
        starts_when_entered: !args.serve.routes.is_empty(),
        keep_adapter: args.keep_adapter,
        deterministic: args.deterministic,
        spectre_guards: args.spectre,
        debug: args.debug,
        gc_stress: args.gc_stress,
        invented_profile: None,
        verify: args.verify,
        source_files: Vec::new(),
        profiles: args.profiles.iter().map(|file| profile(file)).collect::<Result<_>>()?,
        disabled_passes: args.disabled_passes.clone(),
        threads: args.threads,
    })
}

/// Reads a profile.
fn profile(file: &Path) -> Result<Profile> {
    let name = file.display().to_string();
    let bytes = fs::read(file).with_context(|| format!("can't read the profile {name}"))?;
    Ok(Profile::parse(&name, bytes)?)
}

/// Returns the path of the profile that an executable writes: the one that was given, or the input's name with `.profile`.
fn profile_path(file: &str, input: &Path) -> Result<String> {
    if file.contains('\0') {
        bail!("--profile-generate: a file's name has no zero byte");
    }
    if !file.is_empty() {
        return Ok(file.to_string());
    }
    let stem = input.file_stem().filter(|_| input.as_os_str() != STANDARD_STREAM);
    Ok(format!("{}.profile", stem.map_or("program".into(), |stem| stem.to_string_lossy())))
}

fn policy(args: &ProgramArgs, input: &Path) -> Result<Policy> {
    let mut room = EMBEDDED_BYTES_MAX;
    let mut grants = grants(args, 0, &mut room)?;
    grants.network.inherit_sockets = args.inherit_sockets;
    for file in &args.http_ca {
        grants.http.authorities.extend(read_authorities(file)?);
    }
    let names = args.grants_of.names.iter();
    let component = |(owner, name): (usize, &String)| {
        anyhow::Ok(Component { name: name.clone(), grants: self::grants(args, owner, &mut room)? })
    };
    Ok(Policy {
        grants,
        components: (1..).zip(names).map(component).collect::<Result<_>>()?,
        arguments: args.arguments.clone(),
        serve: args.serve.settings(&mut room)?,
        store_limits: args.stores.limits(),
        program_name: shown(inputs::file_name(input)),
        sandbox: match (args.no_sandbox, args.require_sandbox) {
            (true, _) => Sandbox::Off,
            (false, false) => Sandbox::On,
            (false, true) => Sandbox::Required,
        },
        runtime_grants: args.allow_runtime_grants,
        dumpable: args.dumpable || args.debug,
        profile: args.profile_generate.as_deref().map(|file| profile_path(file, input)).transpose()?,
        limits: args.limits.limits()?,
    })
}

/// Returns the grants of a component with a `--for`, by its number; those of the rest for 0. Embedded files may have `room`
/// bytes.
fn grants(args: &ProgramArgs, owner: usize, room: &mut u64) -> Result<Grants> {
    let of = &args.grants_of;
    let mut environment = Vec::new();
    for variable in of.select("environment", &args.environment, owner) {
        environment.push(match variable.split_once('=') {
            Some((name, value)) => (checked_name(name)?, value.to_string()),
            None => {
                let value = std::env::var(variable)
                    .with_context(|| format!("--env {variable}: give a value, or set the variable now"))?;
                (checked_name(variable)?, value)
            }
        });
    }
    let inherited = of.select("inherited", &args.inherited, owner).map(|name| checked_name(name));
    let net: Vec<Grant> = of.select("net", &args.net, owner).cloned().collect();
    Ok(Grants {
        directories: of.select("directories", &args.directories, owner).cloned().collect(),
        embedded: embed::read(of.select("embedded", &args.embedded, owner), room)?,
        environment,
        environment_inherited: inherited.collect::<Result<_>>()?,
        network: Network {
            net: net.clone(),
            listen: of.select("listen", &args.listen, owner).cloned().collect(),
            inherit_sockets: false,
        },
        http: Http { grants: of.select("http", &args.http, owner).cloned().collect(), authorities: Vec::new() },
        config: of.select("config", &args.config, owner).cloned().collect(),
        stores: state_flags::stores(of.select("stores", &args.stores.stores, owner), &net)?,
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

/// Returns the path of the result, which may be written there.
fn output_path(args: &CompileArgs, emit: &Emit, sources: &Sources) -> Result<PathBuf> {
    let path = match &args.output {
        Some(path) => path.clone(),
        None => default_output_path(emit, &registry::file(&sources.path))?,
    };
    output::check(&path, args.output.is_some(), &inputs_of(&args.program, sources))?;
    Ok(path)
}

/// Returns what a compilation reads, none of which the result may replace.
pub fn inputs_of<'a>(args: &'a ProgramArgs, sources: &'a Sources) -> Inputs<'a> {
    let policy = args.policy.iter().chain(&args.http_ca).chain(&args.profiles).map(PathBuf::as_path);
    let embedded = args.embedded.iter().map(EmbedArg::host);
    Inputs {
        files: sources.paths().chain(policy).collect(),
        folders: embedded.chain(args.serve.static_folders.iter().map(StaticArg::host)).collect(),
    }
}

/// Returns the input's name without its extension, or with that of the product.
fn default_output_path(emit: &Emit, input: &Path) -> Result<PathBuf> {
    let extension = match emit {
        Emit::Plan => "plan",
        Emit::Clif(_) => "clif",
        Emit::Asm => "s",
        Emit::Object => "o",
        Emit::Executable => "",
        // Libraries have names of their own.
        Emit::Library(..) => "",
    };
    if input.as_os_str() == STANDARD_STREAM {
        bail!("standard input has no name to derive the result's from; give -o FILE, or `-o -` for standard output");
    }
    Ok(PathBuf::from(input.with_extension(extension).file_name().unwrap_or(input.as_os_str())))
}

/// Prints what `--timings` and `--verbose` ask for.
pub fn report(args: &ProgramArgs, path: &Path, options: &Options, output: &Output, console: Console) {
    if args.timings {
        for (stage, time) in &output.timings {
            console.note(&format!("{stage:>10} {:>9.1} ms", time.as_secs_f64() * 1000.0));
        }
    }
    if args.verbose {
        let sizes = &output.sizes;
        console.note(&format!("{}: {} bytes for {}", path.display(), output.bytes.len(), options.target.name));
        console.note(&format!(
            "  guest code {}, data {}, names {}, tables {} bytes",
            sizes.text, sizes.images, sizes.names, sizes.tables
        ));
    }
}
