//! `aot inspect FILE`: a wasm file, or an executable made by aot.

use crate::args::InspectArgs;
use anyhow::{Context, Result, bail};
use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::describe::{self, Note};
use std::fs;

pub fn run(args: &InspectArgs) -> Result<()> {
    let name = args.file.display().to_string();
    let bytes = fs::read(&args.file).with_context(|| format!("can't read {name}"))?;
    if bytes.starts_with(b"\x7fELF") {
        return executable(&name, &bytes);
    }
    let binary = decode::to_binary(&bytes, &name).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    let arena = Arena::default();
    let program = decode::decode(&binary, &arena).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    wasm(&name, &program);
    Ok(())
}

fn wasm(name: &str, program: &Program<'_>) {
    println!("{name}: {}, {} bytes", describe::kind(program), program.input_bytes);
    for (index, module) in program.modules.iter() {
        println!(
            "module {}: {}, {} functions, {} memories, {} tables, {} globals",
            index.as_u32(),
            module.display_name(),
            module.functions.len(),
            module.memories.len(),
            module.tables.len(),
            module.globals.len()
        );
    }
    let (imports, exports) = describe::imports_and_exports(program);
    list("imports", &imports);
    list("exports", &exports);
}

fn executable(name: &str, bytes: &[u8]) -> Result<()> {
    let Some(note) = Note::read(bytes) else { bail!("{name} wasn't made by this version of aot: it has no note of it") };
    println!("{name}: executable for {}, {} bytes, made from a {}", note.target, bytes.len(), note.kind);
    println!("made by aot {} (contract {})", note.aot_version, note.abi_version);
    let guest = note.text_bytes + note.image_bytes + note.name_bytes + note.table_bytes;
    println!("guest code:    {:>10} bytes", note.text_bytes);
    println!("data:          {:>10} bytes", note.image_bytes);
    println!("names:         {:>10} bytes", note.name_bytes);
    println!("tables:        {:>10} bytes", note.table_bytes);
    println!("runtime, rest: {:>10} bytes", (bytes.len() as u64).saturating_sub(guest));
    println!("stack:         {:>10} bytes", note.stack_bytes);
    for (index, memory) in note.memories.iter().enumerate() {
        println!("memory {index}: {} to {} bytes", memory.bytes_min, memory.bytes_max);
    }
    list("granted directories", &note.directories);
    list("environment", &note.environment);
    list("arguments", &note.arguments);
    list("host functions", &note.host_functions);
    list("missing imports", &note.missing);
    Ok(())
}

fn list(title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    println!("{title}:");
    for item in items {
        println!("  {item}");
    }
}
