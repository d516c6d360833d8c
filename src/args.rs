//! Arguments of the command line.

#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "comments of fields are the text of --help, where brackets are optional parts"
)]

use crate::console::MessageFormat;
use crate::embed::{self, EmbedArg};
use crate::grantees::Grantees;
use crate::http_grants::parse_http;
use crate::image::{ImageName, parse_label};
use crate::limits::{LimitArgs, parse_bytes};
use crate::network_grants::{parse_listen, parse_net};
use crate::serve_flags::ServeArgs;
use crate::state_flags::{StoreArgs, parse_config};
use anyhow::{Result, bail};
use aot_compiler::driver::{Emit, LibraryForm};
use aot_compiler::isa::OptLevel;
use aot_compiler::nearest::did_you_mean;
use aot_compiler::optimize::{PASSES, TRANSLATE};
use aot_compiler::plan::AddressSpace;
use aot_compiler::policy::Directory;
use aot_compiler::policy::http;
use aot_compiler::policy::network::Grant;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  aot app.wasm                                  an executable `app` for this machine
  aot app.wasm --target aarch64-linux -o app    for another one
  aot app.wasm --dir .                          that may use the directory it is started in
  aot app.wasm --dir /srv/data::/data:ro        that may read /srv/data, which it knows as /data
  aot app.wasm --net api.example.org:443        that may connect there
  aot app.wasm --http 'GET https://api.example.org/v1/'
                                                that may send such requests
  aot app.wasm --env MODE=fast --inherit-env HOME
  aot handler.wasm --serve '*:8080'             a server of HTTP
  aot app.wasm --link parser.wasm --link rules.wasm
                                                several components as one program
  aot app.wasm --emit clif -o -                 the code before machine code, on standard output
  aot run --dir . app.wasm ARGUMENTS            compile, and run; the next time only run
  aot inspect app                               what an executable is and may do";

/// Turns WebAssembly components and core modules into standalone native executables.
#[derive(Parser)]
#[command(name = "aot", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub compile: CompileArgs,
}

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one")]
pub enum Command {
    /// Compiles as without a command, for who expects one.
    #[command(hide = true, alias = "compile")]
    Build(CompileArgs),
    /// Compiles a program, keeps the executable for the next time, and runs it.
    Run(RunArgs),
    /// Tells what a wasm file or a produced executable is, imports, exports, and may do.
    Inspect(InspectArgs),
    /// Tells what a program needs, without compiling it: grants, interfaces, proposals and targets.
    Check(CheckArgs),
    /// Lists the targets and the names that --cpu takes for each.
    Targets,
    /// Prints the licenses of what a produced executable carries.
    Licenses,
    /// Prints the manual page of aot, or of one of its commands, for `man -l -`.
    Man(ManArgs),
    /// Prints what completes command lines of aot in a shell.
    Completions(CompletionsArgs),
}

#[derive(Args)]
pub struct ManArgs {
    /// A command of aot, such as run.
    pub command: Option<String>,
}

#[derive(Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

#[derive(Args)]
pub struct InspectArgs {
    /// A wasm file, its text, or an executable made by aot; `-` is standard input.
    pub file: PathBuf,
    /// A newer executable: tell what it may do more than the first, and what grew.
    #[arg(value_name = "NEW", conflicts_with_all = ["json", "sbom", "world", "report"])]
    pub new: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
    /// Print a bill of materials, as CycloneDX 1.6 in JSON: components and core modules with their hashes, and what an
    /// executable carries of the runtime.
    #[arg(long, conflicts_with = "json")]
    pub sbom: bool,
    /// Print the world of a component as WIT, with all its interfaces.
    #[arg(long, conflicts_with_all = ["json", "sbom"])]
    pub world: bool,
    /// Write a report about an executable, a page for a browser, in place of text.
    #[arg(long, value_name = "FILE.html", conflicts_with_all = ["json", "sbom", "world"])]
    pub report: Option<PathBuf>,
}

#[derive(Args)]
pub struct CheckArgs {
    /// A core module or a component, as .wasm or .wat; `-` is standard input.
    #[arg(required_unless_present_any = ["wac", "routes"], value_name = "INPUT")]
    pub input: Option<PathBuf>,
    /// Print everything as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub program: ProgramArgs,
}

#[derive(Args)]
pub struct CompileArgs {
    /// A core module or a component, as .wasm or .wat; `-` is standard input.
    #[arg(required_unless_present_any = ["wac", "routes"], value_name = "INPUT")]
    pub input: Option<PathBuf>,
    /// Further inputs, which are an error.
    #[arg(hide = true)]
    pub more: Vec<PathBuf>,
    /// File for the result; by default the input's name without its extension. `-` is standard output. For a library:
    /// its name, in the folder for its files, or that folder alone.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The machine to compile for, as `aot targets` names it, or a triple; by default this one. An image can be for several.
    #[arg(long, value_name = "TARGET")]
    pub target: Vec<String>,
    /// The product, by default an executable: the resolved program and its layout as text (plan), the intermediate form that becomes machine code
    /// (clif) or what a pass left of it (clif=PASS, clif=translate before the first), machine code as text (asm), the
    /// object file before linking (obj), the executable (exe), a library for C programs with its header, as a static
    /// archive (lib) or a shared object (shared), an addon of Node.js with its types (node), a package of Python (python), a crate of Rust (rust), or an image for
    /// containers, as a folder or an archive NAME.tar (oci).
    #[arg(long, value_name = "WHAT", value_parser = parse_emit, default_value = "exe")]
    pub emit: Product,
    /// Write a report about the executable, a page for a browser: what it may do, and where its bytes and its compile time went.
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Name of an image: [HOST[:PORT]/]NAME[:TAG]; by default the input's name without its extension, and `latest`.
    #[arg(long, value_name = "NAME", value_parser = ImageName::parse)]
    pub image_name: Option<ImageName>,
    /// Label of an image.
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = parse_label)]
    pub labels: Vec<(String, String)>,
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// A product of a compilation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Product {
    /// A product of the compiler.
    Compiled(Emit),
    /// An image for containers with executables.
    Image,
}

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Folder that keeps executables for the next time; by default `aot` in $XDG_CACHE_HOME or ~/.cache.
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Most that the cache may hold, in bytes or with a suffix K, M or G: what wasn't used for longest goes first.
    #[arg(long, value_name = "BYTES", default_value = "1G", value_parser = parse_bytes)]
    pub cache_size: u64,
    /// A core module or a component, unless --wac or --route says what the program is; then the program's own arguments.
    #[arg(trailing_var_arg = true, value_name = "INPUT [ARGUMENT]")]
    pub words: Vec<OsString>,
}

// Flags for a program's inputs, compilation and policy. (As documentation, this comment would become help text.)
#[derive(Args)]
pub struct ProgramArgs {
    /// Satisfy the input's imports with this component's exports, by interface and semver. With --wac: NAME=FILE, a
    /// package of the document.
    #[arg(long = "link", value_name = "FILE")]
    pub links: Vec<String>,
    /// Compose the program as this WAC document says, from the packages that --link gives.
    #[arg(long, value_name = "FILE")]
    pub wac: Option<PathBuf>,
    /// Level of optimisation: 0 compiles fastest, 1 (or s) makes small code, 2 (or 3) fast code.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", value_parser = parse_level)]
    pub opt_level: OptLevel,
    /// Generate code for this CPU, or `native` for this machine's, instead of the target's portable baseline.
    #[arg(long, value_name = "NAME")]
    pub cpu: Option<String>,
    /// Make the input's debug information the executable's, for debuggers and profilers; with -O 0, code follows the
    /// source most closely.
    #[arg(short = 'g')]
    pub debug: bool,
    /// Take further flags from this file, by their names: see docs/grants.md. What is on the command line comes after it.
    #[arg(long, value_name = "FILE.toml")]
    pub policy: Option<PathBuf>,
    /// Grant a directory: HOST[::GUEST][:optional][:ro]. A relative HOST counts from where the executable is started.
    #[arg(long = "dir", value_name = "HOST[::GUEST][:ro]", value_parser = parse_directory)]
    pub directories: Vec<Directory>,
    /// Put the files of a directory inside the executable, which can read them there without any access to the host.
    #[arg(long = "embed", value_name = "DIR::GUEST", value_parser = embed::parse)]
    pub embedded: Vec<EmbedArg>,
    /// Let the program talk to a remote end, and look its name up: [tcp://|udp://]HOST:PORT. HOST is a name, an address,
    /// a block of addresses or *, PORT a number, a range or *.
    #[arg(long, value_name = "HOST:PORT", value_parser = parse_net)]
    pub net: Vec<Grant>,
    /// Let the program serve at a local address: [tcp://|udp://]ADDRESS:PORT.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = parse_listen)]
    pub listen: Vec<Grant>,
    /// Let the program send HTTP requests: [METHOD ]https://HOST[:PORT]/PATH. All paths that begin so are granted, and
    /// without METHOD all methods; HOST can be *.NAME or *.
    #[arg(long, value_name = "[METHOD ]URL", value_parser = parse_http)]
    pub http: Vec<http::Grant>,
    /// Let it trust servers whose certificates come from the authorities in a PEM file, besides the well-known ones.
    #[arg(long, value_name = "FILE.pem")]
    pub http_ca: Vec<PathBuf>,
    /// Let a core module have the sockets that a service manager hands in (LISTEN_FDS), after the granted directories.
    #[arg(long)]
    pub inherit_sockets: bool,
    /// Give the program an environment variable: with this value, or with the one it has now.
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    pub environment: Vec<String>,
    /// Pass an environment variable on from where the executable is started.
    #[arg(long = "inherit-env", value_name = "NAME")]
    pub inherited: Vec<String>,
    /// Give the program a configuration value, which it reads by wasi:config; environment variables that it may have are
    /// such values too.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_config)]
    pub config: Vec<(String, String)>,
    #[command(flatten)]
    pub stores: StoreArgs,
    /// An argument that precedes those of the executable's command line.
    #[arg(long = "arg", value_name = "VALUE", allow_hyphen_values = true)]
    pub arguments: Vec<String>,
    /// Give the grants behind it (--dir, --embed, --net, --listen, --http, --env, --inherit-env) to one component, by the
    /// name that `aot inspect` shows. It has no others; those in front are for all components without a --for.
    #[arg(long = "for", value_name = "NAME")]
    pub grantees: Vec<String>,
    /// The components that the grants are for.
    #[arg(skip)]
    pub grants_of: Grantees,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Reserve as much address space for a 32-bit memory as indices reach (large), or as the memory can grow to (small), with
    /// checks at each access; for systems that limit it (ulimit -v), together with --max-memory.
    #[arg(long, value_name = "SIZE", value_parser = parse_address_space, default_value = "large", hide_default_value = true)]
    pub address_space: AddressSpace,
    /// Let AOT_ variables grant more where the executable is started; without this they only take away.
    #[arg(long)]
    pub allow_runtime_grants: bool,
    /// Let debuggers and core files see the program's memory, as -g does; by default they can't.
    #[arg(long)]
    pub dumpable: bool,
    /// Make the executable refuse to start on a kernel that can't enforce what it may do.
    #[arg(long)]
    pub require_sandbox: bool,
    /// Don't ask the kernel to enforce what the executable may do; its own checks remain.
    #[arg(long, conflicts_with = "require_sandbox")]
    pub no_sandbox: bool,
    /// Make calls of imports that nothing satisfies a trap instead of an error now.
    #[arg(long)]
    pub stub_unknown_imports: bool,
    /// Let a library import the functions of this module or interface from its host program, also if the runtime has them (repeatable).
    #[arg(long, value_name = "MODULE")]
    pub host_import: Vec<String>,
    /// Keep the adapter of a component that was made of a module of preview1, in place of the runtime's own functions.
    #[arg(long)]
    pub keep_adapter: bool,
    /// Choose the same results on all targets where the relaxed vector instructions leave a choice.
    #[arg(long)]
    pub deterministic: bool,
    /// Guard checks of the bounds of tables, arrays and memories against speculation past them (Spectre, variant 1); by
    /// default on in libraries, off in executables.
    #[arg(long, value_name = "on|off", value_parser = parse_switch)]
    pub spectre: Option<bool>,
    /// Worker threads; by default one a processor. The result doesn't depend on it.
    #[arg(short = 'j', long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Make an executable that counts what it executes, and adds it to a profile in this file when it ends; by default the input's name
    /// with `.profile`, in the directory in which it is started.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "profiles")]
    pub profile_generate: Option<String>,
    /// Optimise for what runs of the program did, as a profile says; several are added up.
    #[arg(long = "profile", value_name = "FILE")]
    pub profiles: Vec<PathBuf>,
    /// Leave out a pass of the optimiser; can be given several times. `--timings` shows the names.
    #[arg(long = "disable-pass", value_name = "PASS", value_parser = parse_pass)]
    pub disabled_passes: Vec<String>,
    /// Check the intermediate form of every function; for aot's own tests.
    #[arg(long, hide = true)]
    pub verify: bool,
    /// Collect garbage at each allocation of an object; for aot's own tests.
    #[arg(long, hide = true)]
    pub gc_stress: bool,
    /// Milliseconds before a progress bar is drawn; for aot's own tests.
    #[arg(long, hide = true, default_value_t = 1000)]
    pub progress_after: u64,
    /// Print how long each stage took. Translation, the passes of the optimiser and code generation run side by side: for
    /// these, the time of all threads.
    #[arg(long)]
    pub timings: bool,
    /// Say what is done.
    #[arg(short, long)]
    pub verbose: bool,
    /// Print errors only: no warnings, no progress.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Form of messages on standard error: `human`, or `json`, an object a line.
    #[arg(long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    pub message_format: MessageFormat,
    #[command(
        flatten,
        next_help_heading = "Servers (of components that export wasi:http/incoming-handler or wasi:http/handler)"
    )]
    pub serve: ServeArgs,
}

/// Parses the value of `-O`, also as other compilers have it.
fn parse_level(text: &str) -> Result<OptLevel> {
    Ok(match text {
        "0" => OptLevel::None,
        "1" | "s" | "z" => OptLevel::SpeedAndSize,
        "2" | "3" => OptLevel::Speed,
        _ => bail!("write 0, 1 or 2"),
    })
}

/// Parses the value of a switch: `on` or `off`.
fn parse_switch(text: &str) -> Result<bool> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => bail!("write on or off"),
    }
}

/// Parses the value of `--emit`.
fn parse_emit(text: &str) -> Result<Product> {
    if text == "oci" {
        return Ok(Product::Image);
    }
    Ok(Product::Compiled(match text.split_once('=').unwrap_or((text, "")) {
        ("plan", "") => Emit::Plan,
        ("clif", "") => Emit::Clif(None),
        ("clif", pass) => Emit::Clif(Some(if pass == TRANSLATE { pass.to_string() } else { parse_pass(pass)? })),
        ("asm", "") => Emit::Asm,
        ("obj", "") => Emit::Object,
        ("exe", "") => Emit::Executable,
        // Its name follows from those of files.
        ("lib", "") => Emit::Library(LibraryForm::Static, String::new()),
        ("shared", "") => Emit::Library(LibraryForm::Shared, String::new()),
        ("node", "") => Emit::Library(LibraryForm::Node, String::new()),
        ("python", "") => Emit::Library(LibraryForm::Python, String::new()),
        ("rust", "") => Emit::Library(LibraryForm::Rust, String::new()),
        _ => bail!("write plan, clif, clif=PASS, asm, obj, exe, lib, shared, node, python, rust or oci"),
    }))
}

/// Parses the value of `--address-space`.
fn parse_address_space(text: &str) -> Result<AddressSpace> {
    match text {
        "large" => Ok(AddressSpace::Large),
        "small" => Ok(AddressSpace::Small),
        _ => bail!("write large or small"),
    }
}

/// Parses the name of an optimiser pass.
fn parse_pass(text: &str) -> Result<String> {
    if PASSES.iter().any(|pass| pass.name == text) {
        return Ok(text.to_string());
    }
    let names: Vec<&str> = PASSES.iter().map(|pass| pass.name).collect();
    bail!(
        "there is no pass of that name{}; the passes are {}",
        did_you_mean(text, names.iter().copied()),
        names.join(", ")
    )
}

/// Parses `HOST[::GUEST][:optional][:ro]`; the suffixes count only at the end.
pub fn parse_directory(text: &str) -> Result<Directory> {
    let (rest, mut read_only) = strip_flag(text, ":ro");
    let (mut rest, optional) = strip_flag(rest, ":optional");
    if optional && !read_only {
        (rest, read_only) = strip_flag(rest, ":ro");
    }
    let (host, guest) = rest.split_once("::").unwrap_or((rest, rest));
    if host.is_empty() || guest.is_empty() {
        bail!("a directory has an empty name; write HOST[::GUEST][:ro], such as ./data::/data:ro");
    }
    if host.contains('\0') || guest.contains('\0') {
        bail!("a directory's name has a zero byte");
    }
    check_suffix(guest)?;
    let has_guest = rest.contains("::");
    if let Some((host, guest)) = host.split_once(':').filter(|_| !has_guest && !Path::new(host).is_dir()) {
        bail!(
            "there is no directory with that name; for {host}, known to the program as {guest}, write {host}::{guest}"
        );
    }
    Ok(Directory { host: host.to_string(), guest: guest.to_string(), read_only, optional })
}

/// Refuses a guest's name that ends with a suffix of other tools: it would silently be a part of the name.
fn check_suffix(guest: &str) -> Result<()> {
    const SUFFIXES: [&str; 9] = ["rw", "w", "r", "read", "write", "readonly", "read-only", "z", "Z"];
    match guest.rsplit_once(':') {
        Some((_, suffix)) if SUFFIXES.contains(&suffix) => bail!(
            ":{suffix} isn't a suffix: a directory is for reading and writing, with :ro for reading only, and with \
             :optional it may be missing"
        ),
        _ => Ok(()),
    }
}

fn strip_flag<'t>(text: &'t str, flag: &str) -> (&'t str, bool) {
    match text.strip_suffix(flag) {
        Some(rest) => (rest, true),
        None => (text, false),
    }
}
