//! The command `aot inspect FILE`, for a wasm file or an executable made by aot.

mod sbom;

use crate::args::InspectArgs;
use crate::console;
use anyhow::{Context, Result, bail};
use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::describe::{self, Binary, BinaryKind, Note};
use aot_compiler::hosts;
use serde::Serialize;
use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

/// Maximum indentation of the tree.
const INDENTS_MAX: usize = 20;

pub fn run(args: &InspectArgs) -> Result<()> {
    let name = args.file.display().to_string();
    let bytes = fs::read(&args.file).with_context(|| format!("can't read {name}"))?;
    if bytes.starts_with(b"\x7fELF") {
        let Some(note) = Note::read(&bytes) else {
            bail!("{name} wasn't made by this version of aot: it has no note of it")
        };
        return print_executable(args, &name, &bytes, &note);
    }
    let binary = decode::to_binary(&bytes, &name, false).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    let binaries = describe::binaries(&binary, &[]);
    let arena = Arena::default();
    let program = match decode::decode(&binary, &arena) {
        Ok(program) => Some(program),
        // A component that can't be built yet can be looked at.
        Err(_) if hosts::world_of_binary(&binary).is_some_and(|world| !world.is_built) => None,
        Err(error) => bail!("{name}: {}", decode::locate(error, &bytes, &name)),
    };
    let binaries = binaries.map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    print_wasm(args, &name, &Inspected { binary: &binary, program: program.as_ref(), binaries: &binaries })
}

/// A wasm file.
struct Inspected<'i> {
    binary: &'i [u8],
    /// The decoded program; `None` for a component that can't be built yet.
    program: Option<&'i Program<'i>>,
    binaries: &'i [Binary],
}

impl Inspected<'_> {
    fn kind(&self) -> &'static str {
        self.program.map_or("component", describe::kind)
    }

    /// Lines of text for imports and exports.
    fn imports_and_exports(&self) -> (Vec<String>, Vec<String>) {
        match (self.program, self.binaries.first()) {
            (Some(program), _) => describe::imports_and_exports(program),
            (None, Some(whole)) => (whole.imports.clone(), whole.exports.clone()),
            (None, None) => Default::default(),
        }
    }

    /// The world of a component, and the words for a module that was made for another host than WASI.
    fn purpose(&self) -> Option<(String, &'static str)> {
        if let Some(world) = hosts::world_of_binary(self.binary) {
            let built = if world.is_built { "" } else { ", which this version of aot doesn't build" };
            return Some((format!("{} ({}{built})", world.name, world.purpose), "world"));
        }
        let host = self.program.and_then(hosts::foreign_host_of_program)?;
        Some((format!("{}; {}", host.made, host.help), "host"))
    }
}

fn print_executable(args: &InspectArgs, name: &str, bytes: &[u8], note: &Note) -> Result<()> {
    let file_bytes = bytes.len() as u64;
    if args.sbom {
        return print_json(&sbom::of_executable(&file_name(&args.file), bytes, note)?);
    }
    if args.json {
        return print_json(&ExecutableJson { file: name, bytes: file_bytes, note });
    }
    console::print(&executable(name, file_bytes, note)?)
}

fn print_wasm(args: &InspectArgs, name: &str, inspected: &Inspected<'_>) -> Result<()> {
    let binaries = inspected.binaries;
    if args.sbom {
        return print_json(&sbom::of_wasm(&file_name(&args.file), binaries));
    }
    if args.json {
        let (kind, bytes) = (inspected.kind(), inspected.binary.len() as u64);
        let world = hosts::world_of_binary(inspected.binary).map(|world| world.name);
        return print_json(&WasmJson { file: name, kind, world, bytes, binaries });
    }
    console::print(&wasm(name, inspected)?)
}

/// JSON of an executable: its note.
#[derive(Serialize)]
struct ExecutableJson<'a> {
    file: &'a str,
    bytes: u64,
    #[serde(flatten)]
    note: &'a Note,
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

fn print_json(value: &impl Serialize) -> Result<()> {
    console::print(&format!("{}\n", serde_json::to_string_pretty(value)?))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn wasm(name: &str, inspected: &Inspected<'_>) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{name}: {}, {} bytes", inspected.kind(), inspected.binary.len())?;
    if let Some((words, title)) = inspected.purpose() {
        writeln!(out, "{title}: {words}")?;
    }
    for (index, module) in inspected.program.iter().flat_map(|program| program.modules.iter()) {
        writeln!(
            out,
            "module {}: {}, {} functions, {} memories, {} tables, {} globals",
            index.as_u32(),
            module.display_name(),
            module.functions.len(),
            module.memories.len(),
            module.tables.len(),
            module.globals.len()
        )?;
    }
    let (imports, exports) = inspected.imports_and_exports();
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
        writeln!(out, "{indent}{kind} {}, {} bytes, sha256 {}", binary.title(place), binary.bytes, binary.sha256)?;
        for instance in &binary.instances {
            let of = instance.binary.map_or_else(|| instance.of.clone(), |place| binaries[place].title(place));
            writeln!(out, "{indent}  {} of {of}", instance.name)?;
            for argument in &instance.arguments {
                writeln!(out, "{indent}    {} from {}", argument.import, argument.from)?;
            }
        }
    }
    Ok(())
}

fn executable(name: &str, bytes: u64, note: &Note) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{name}: executable for {}, {} bytes, made from a {}", note.target, bytes, note.kind)?;
    writeln!(out, "made by aot {} (contract {})", note.aot_version, note.abi_version)?;
    let guest = note.text_bytes + note.image_bytes + note.name_bytes + note.table_bytes;
    writeln!(out, "guest code:    {:>10} bytes", note.text_bytes)?;
    writeln!(out, "data:          {:>10} bytes", note.image_bytes)?;
    writeln!(out, "names:         {:>10} bytes", note.name_bytes)?;
    writeln!(out, "tables:        {:>10} bytes", note.table_bytes)?;
    writeln!(out, "runtime, rest: {:>10} bytes", bytes.saturating_sub(guest))?;
    writeln!(out, "stack:         {:>10} bytes", note.stack_bytes)?;
    for (index, memory) in note.memories.iter().enumerate() {
        writeln!(out, "memory {index}: {} to {} bytes", memory.bytes_min, memory.bytes_max)?;
    }
    list(&mut out, "limits", &note.limits)?;
    list(&mut out, "granted directories", &note.directories)?;
    list(&mut out, "embedded directories", &note.embedded)?;
    list(&mut out, "may talk to", &note.net)?;
    list(&mut out, "may serve at", &note.listen)?;
    list(&mut out, "may request", &note.http)?;
    if note.inherit_sockets {
        writeln!(out, "gets the sockets that a service manager hands in")?;
    }
    if note.runtime_grants {
        writeln!(out, "further grants at start: AOT_DIR, AOT_INHERIT_ENV and higher limits")?;
    }
    if note.dumpable {
        writeln!(out, "debuggers and core files may see its memory")?;
    }
    list(&mut out, "environment", &note.environment)?;
    list(&mut out, "arguments", &note.arguments)?;
    list(&mut out, "host functions", &note.host_functions)?;
    list(&mut out, "missing imports", &note.missing)?;
    tree(&mut out, &note.binaries)?;
    Ok(out)
}

fn list(out: &mut String, title: &str, items: &[String]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title}:")?;
    for item in items {
        writeln!(out, "  {item}")?;
    }
    Ok(())
}
