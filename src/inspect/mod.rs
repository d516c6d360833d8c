//! The command `aot inspect FILE`, for a wasm file or an executable made by aot.

mod compare;

use crate::args::InspectArgs;
use crate::console;
use crate::inputs;
use crate::output::{self, Inputs};
use crate::report::{self, Making};
use crate::sbom;
use anyhow::{Context, Error, Result, anyhow, ensure};
use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::describe::{self, Binary, BinaryKind, ComponentGrants, Executable, Grants, Note, Server};
use aot_compiler::display::shown;
use aot_compiler::hosts;
use serde::Serialize;
use std::fmt::{self, Write as _};

/// Maximum indentation of the tree.
const INDENTS_MAX: usize = 20;

pub fn run(args: &InspectArgs) -> Result<()> {
    if let Some(new) = &args.new {
        return compare::run(&args.file, new);
    }
    let name = args.file.display().to_string();
    let bytes = inputs::contents(&args.file)?;
    if bytes.starts_with(b"\x7fELF") {
        ensure!(!args.world, "{name} is an executable, and --world is of the component that it was made from");
        let executable = Executable::read(&bytes).map_err(|why| anyhow!("{name} {why}"))?;
        match &args.report {
            Some(page) => {
                output::check(page, true, &Inputs { files: vec![&args.file], ..Inputs::default() })?;
                report::write(page, &inputs::file_name(&args.file), &bytes, &Making::default())?;
            }
            None => print_executable(args, &name, &bytes, &executable)?,
        }
        return check_alarms(&name, &executable);
    }
    ensure!(args.report.is_none(), "{name} is no executable, and --report is about one: compile it with --report");
    let binary = decode::to_binary(&bytes, &name, false).context(name.clone())?;
    if args.world {
        let world = describe::wit(&binary).map_err(|error| decode::locate(error, &bytes, &name)).context(name)?;
        return console::print(&world);
    }
    let binaries = describe::binaries(&binary, &[]);
    let arena = Arena::default();
    let decoded = decode::decode(&binary, &arena);
    let program = decoded.map_err(|error| Error::new(decode::locate(error, &bytes, &name)).context(name.clone()))?;
    let binaries = binaries.context(name.clone())?;
    print_wasm(args, &name, &Inspected { binary: &binary, program: &program, binaries: &binaries })
}

/// Finds out if somebody changed an executable.
fn check_alarms(name: &str, executable: &Executable) -> Result<()> {
    ensure!(executable.alarms.is_empty(), "{name} was changed after it was made");
    Ok(())
}

/// A wasm file.
struct Inspected<'i> {
    binary: &'i [u8],
    /// The decoded program.
    program: &'i Program<'i>,
    binaries: &'i [Binary],
}

impl Inspected<'_> {
    /// The world of a component, and the words for a module that was made for another host than WASI.
    fn purpose(&self) -> Option<(String, &'static str)> {
        if let Some(world) = hosts::world_of_binary(self.binary) {
            return Some((format!("{} ({})", world.name, world.purpose), "world"));
        }
        let host = hosts::foreign_host_of_program(self.program)?;
        Some((format!("{}; {}", host.made, host.help), "host"))
    }
}

fn print_executable(args: &InspectArgs, name: &str, bytes: &[u8], executable: &Executable) -> Result<()> {
    let Executable { note, policy, alarms, .. } = executable;
    if args.sbom {
        return print_json(&sbom::of_executable(&inputs::file_name(&args.file), bytes, executable)?);
    }
    let (file_bytes, grants) = (bytes.len() as u64, Grants::of(policy, note));
    if args.json {
        return print_json(&ExecutableJson { file: name, bytes: file_bytes, alarms, note, grants: &grants });
    }
    console::print(&executable_text(name, file_bytes, executable, &grants)?)
}

fn print_wasm(args: &InspectArgs, name: &str, inspected: &Inspected<'_>) -> Result<()> {
    let binaries = inspected.binaries;
    if args.sbom {
        return print_json(&sbom::of_wasm(&inputs::file_name(&args.file), binaries));
    }
    if args.json {
        let (kind, bytes) = (describe::kind(inspected.program), inspected.binary.len() as u64);
        let world = hosts::world_of_binary(inspected.binary).map(|world| world.name);
        return print_json(&WasmJson { file: name, kind, world, bytes, binaries });
    }
    console::print(&wasm(name, inspected)?)
}

/// JSON of an executable: its note, and what its policy grants.
#[derive(Serialize)]
struct ExecutableJson<'a> {
    file: &'a str,
    bytes: u64,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    alarms: &'a [String],
    #[serde(flatten)]
    note: &'a Note,
    #[serde(flatten)]
    grants: &'a Grants,
}

/// JSON of a wasm file.
#[derive(Serialize)]
struct WasmJson<'a> {
    file: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    world: Option<String>,
    bytes: u64,
    #[serde(rename = "parts")]
    binaries: &'a [Binary],
}

/// Prints data for programs.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    console::print(&console::plain_json(&format!("{}\n", serde_json::to_string_pretty(value)?)))
}

fn wasm(name: &str, inspected: &Inspected<'_>) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{}: {}, {} bytes", shown(name), describe::kind(inspected.program), inspected.binary.len())?;
    if let Some((words, title)) = inspected.purpose() {
        writeln!(out, "{title}: {}", shown(words))?;
    }
    for (index, module) in &inspected.program.modules {
        writeln!(
            out,
            "module {}: {}, {} functions, {} memories, {} tables, {} globals",
            index.as_u32(),
            shown(module.display_name()),
            module.functions.len(),
            module.memories.len(),
            module.tables.len(),
            module.globals.len()
        )?;
    }
    let (imports, exports) = describe::imports_and_exports(inspected.program);
    list(&mut out, "imports", &imports)?;
    list(&mut out, "exports", &exports)?;
    tree(&mut out, inspected.binaries)?;
    Ok(out)
}

/// Writes the tree of components and core modules, and the wiring of each instance's imports.
fn tree(out: &mut String, binaries: &[Binary]) -> fmt::Result {
    writeln!(out, "parts:")?;
    let mut depths: Vec<usize> = Vec::new();
    for (place, binary) in binaries.iter().enumerate() {
        let depth = binary.parent.map_or(0, |parent| depths[parent] + 1);
        depths.push(depth);
        // Beyond the maximum, nested entries stay at the same indentation.
        let indent = "  ".repeat(depth.min(INDENTS_MAX) + 1);
        let kind = match binary.kind {
            BinaryKind::Component => "component",
            BinaryKind::Module => "core module",
        };
        writeln!(
            out,
            "{indent}{kind} {}, {} bytes, sha256 {}",
            shown(binary.title(place)),
            binary.bytes,
            shown(&binary.sha256)
        )?;
        for instance in &binary.instances {
            let of = instance.binary.map_or_else(|| instance.of.clone(), |place| binaries[place].title(place));
            writeln!(out, "{indent}  {} of {}", instance.name, shown(of))?;
            for argument in &instance.arguments {
                writeln!(out, "{indent}    {} from {}", shown(&argument.import), shown(&argument.from))?;
            }
        }
    }
    Ok(())
}

fn executable_text(name: &str, bytes: u64, executable: &Executable, grants: &Grants) -> Result<String, fmt::Error> {
    let Executable { note, alarms, .. } = executable;
    let mut out = String::new();
    let (name, target, kind) = (shown(name), shown(&note.target), shown(&note.kind));
    writeln!(out, "{name}: executable for {target}, {bytes} bytes, made from a {kind}")?;
    for alarm in alarms {
        writeln!(out, "ALARM: {}", shown(alarm))?;
    }
    writeln!(out, "made by aot {} (contract {})", shown(&note.aot_version), note.abi_version)?;
    if note.is_server() {
        writeln!(out, "entry: {}, a server", shown(&note.entry))?;
    }
    sizes(&mut out, bytes, note, grants)?;
    may_do(&mut out, grants)?;
    list(&mut out, "host functions", &note.host_functions)?;
    list(&mut out, "missing imports", &note.missing)?;
    tree(&mut out, &note.binaries)?;
    Ok(out)
}

fn sizes(out: &mut String, bytes: u64, note: &Note, grants: &Grants) -> fmt::Result {
    let parts = [note.text_bytes, note.image_bytes, note.name_bytes, note.table_bytes];
    let rest = parts.into_iter().fold(bytes, u64::saturating_sub);
    writeln!(out, "guest code:    {:>10} bytes", note.text_bytes)?;
    writeln!(out, "data:          {:>10} bytes", note.image_bytes)?;
    writeln!(out, "names:         {:>10} bytes", note.name_bytes)?;
    writeln!(out, "tables:        {:>10} bytes", note.table_bytes)?;
    writeln!(out, "runtime, rest: {rest:>10} bytes")?;
    writeln!(out, "stack:         {:>10} bytes", grants.stack_bytes)?;
    for (index, memory) in note.memories.iter().enumerate() {
        writeln!(out, "memory {index}: {} to {} bytes", memory.bytes_min, memory.bytes_max)?;
    }
    Ok(())
}

/// Writes where and how a server serves.
fn serves(out: &mut String, server: &Server) -> fmt::Result {
    list(out, "serves HTTP at", &server.addresses)?;
    list(out, "answers with files below", &server.static_folders)?;
    match (server.reuse, server.concurrent) {
        (1, _) => writeln!(out, "each request gets a fresh instance")?,
        (requests, 1) => writeln!(out, "each instance serves {requests} requests, one after another")?,
        (requests, at_once) => writeln!(out, "each instance serves {requests} requests, {at_once} at once")?,
    }
    if let Some(admin) = &server.admin {
        writeln!(out, "serves /healthz, /readyz and /metrics at {}", shown(admin))?;
    }
    if let Some([certificates, key]) = &server.tls {
        writeln!(out, "certificates from {}, key from {}", shown(certificates), shown(key))?;
    }
    match server.access_log {
        Some(form) => writeln!(out, "logs each request: {form}"),
        None => Ok(()),
    }
}

/// Writes what the program may do.
fn may_do(out: &mut String, grants: &Grants) -> fmt::Result {
    if let Some(server) = &grants.serve {
        serves(out, server)?;
    }
    list(out, "limits", &grants.limits)?;
    let rest = &grants.rest;
    list(out, "granted directories", &rest.directories)?;
    list(out, "embedded directories", &rest.embedded)?;
    list(out, "may talk to", &rest.net)?;
    list(out, "may serve at", &rest.listen)?;
    list(out, "may request", &rest.http)?;
    list(out, "stores", &rest.stores)?;
    if grants.http_authorities > 0 {
        writeln!(out, "trusts {} more authorities of certificates", grants.http_authorities)?;
    }
    if grants.inherit_sockets {
        writeln!(out, "gets the sockets that a service manager hands in")?;
    }
    if grants.runtime_grants {
        writeln!(out, "further grants at start: AOT_DIR, AOT_INHERIT_ENV and higher limits")?;
    }
    if grants.dumpable {
        writeln!(out, "debuggers and core files may see its memory")?;
    }
    match grants.sandbox {
        "off" => writeln!(out, "the kernel enforces nothing of this")?,
        "required" => writeln!(out, "starts only where the kernel enforces this")?,
        _ => {}
    }
    list(out, "environment", &rest.environment)?;
    list(out, "configuration", &rest.config)?;
    list(out, "arguments", &grants.arguments)?;
    grants.components.iter().try_for_each(|component| component_may_do(out, component))
}

/// Writes the grants that a component has of its own, in the words of the flags.
fn component_may_do(out: &mut String, component: &ComponentGrants) -> fmt::Result {
    let mut items: Vec<String> = component.grants.items().collect();
    if items.is_empty() {
        items.push(String::from("nothing"));
    }
    list(out, &format!("{} has of its own", shown(&component.name)), &items)
}

/// Writes items below their title, if there are any.
pub fn list(out: &mut String, title: &str, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    for item in items {
        writeln!(out, "  {}", shown(item))?;
    }
    Ok(())
}
