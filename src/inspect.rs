//! `aot inspect FILE`: a wasm file, or an executable made by aot.

use crate::args::InspectArgs;
use crate::console;
use anyhow::{Context, Result, bail};
use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::describe::{self, Note};
use std::fmt::{self, Write as _};
use std::fs;

pub fn run(args: &InspectArgs) -> Result<()> {
    let name = args.file.display().to_string();
    let bytes = fs::read(&args.file).with_context(|| format!("can't read {name}"))?;
    if bytes.starts_with(b"\x7fELF") {
        return console::print(&executable(&name, &bytes)?);
    }
    let binary = decode::to_binary(&bytes, &name).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    let arena = Arena::default();
    let program = decode::decode(&binary, &arena).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    console::print(&wasm(&name, &program)?)
}

fn wasm(name: &str, program: &Program<'_>) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{name}: {}, {} bytes", describe::kind(program), program.input_bytes)?;
    for (index, module) in program.modules.iter() {
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
    let (imports, exports) = describe::imports_and_exports(program);
    list(&mut out, "imports", &imports)?;
    list(&mut out, "exports", &exports)?;
    Ok(out)
}

fn executable(name: &str, bytes: &[u8]) -> Result<String> {
    let Some(note) = Note::read(bytes) else {
        bail!("{name} wasn't made by this version of aot: it has no note of it")
    };
    let mut out = String::new();
    writeln!(out, "{name}: executable for {}, {} bytes, made from a {}", note.target, bytes.len(), note.kind)?;
    writeln!(out, "made by aot {} (contract {})", note.aot_version, note.abi_version)?;
    let guest = note.text_bytes + note.image_bytes + note.name_bytes + note.table_bytes;
    writeln!(out, "guest code:    {:>10} bytes", note.text_bytes)?;
    writeln!(out, "data:          {:>10} bytes", note.image_bytes)?;
    writeln!(out, "names:         {:>10} bytes", note.name_bytes)?;
    writeln!(out, "tables:        {:>10} bytes", note.table_bytes)?;
    writeln!(out, "runtime, rest: {:>10} bytes", (bytes.len() as u64).saturating_sub(guest))?;
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
    list(&mut out, "environment", &note.environment)?;
    list(&mut out, "arguments", &note.arguments)?;
    list(&mut out, "host functions", &note.host_functions)?;
    list(&mut out, "missing imports", &note.missing)?;
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
