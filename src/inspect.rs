//! `aot inspect FILE`: a wasm file, or an executable made by aot.

use crate::args::InspectArgs;
use anyhow::{Context, Result, bail};
use aot_compiler::decode::{self, Arena, Program};
use aot_compiler::describe::{self, Note};
use object::{Object, ObjectSection};
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
    let file = object::File::parse(bytes).with_context(|| format!("{name} isn't a readable executable"))?;
    let Some(text) = note_text(&file) else { bail!("{name} wasn't made by aot: it has no note of it") };
    let note: Note = toml::from_str(&text).with_context(|| format!("{name}: its note is damaged"))?;
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

/// The contents of aot's note.
fn note_text(file: &object::File<'_>) -> Option<String> {
    let data = file.section_by_name(aot_abi::symbols::SECTION_NOTE)?.data().ok()?;
    let word = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize);
    let (owner_bytes, text_bytes) = (word(0)?, word(4)?);
    let owner = data.get(12..12 + owner_bytes)?;
    if owner.strip_suffix(b"\0")? != aot_abi::symbols::NOTE_NAME.as_bytes() {
        return None;
    }
    let start = 12 + owner_bytes.next_multiple_of(4);
    String::from_utf8(data.get(start..start + text_bytes)?.to_vec()).ok()
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
