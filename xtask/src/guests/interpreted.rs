//! Components of an interpreter and a source in Python or JavaScript.

use super::recipe::make;
use crate::{javascript, places};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a component of `source` for a world of the WIT at `wit`, a file or a folder.
pub fn build(source: &Path, world: &str, wit: &Path, output: &Path) -> Result<()> {
    let command = match source.extension().and_then(|extension| extension.to_str()) {
        Some("py") => python(source, world, wit, output)?,
        Some("js") => javascript(source, world, wit, output),
        _ => bail!("{} is neither Python nor JavaScript", source.display()),
    };
    make(output, &(wit_text(wit)? + &fs::read_to_string(source)?), command)
}

fn python(source: &Path, world: &str, wit: &Path, output: &Path) -> Result<Command> {
    // The interpreter writes beside what it imports, so it gets a copy.
    let folder = output.with_extension("source");
    fs::create_dir_all(&folder)?;
    fs::copy(source, folder.join(source.file_name().context("a source without a name")?))?;
    let mut command = Command::new(places::tool("componentize-py"));
    command.arg("--quiet").arg("--wit-path").arg(wit).args(["--world", world, "componentize"]);
    command.arg(source.file_stem().context("a source without a name")?).arg("--python-path").arg(folder);
    command.arg("--output").arg(output);
    Ok(command)
}

/// `--sync`: without it, the interpreter is one for the component model's asynchronous functions.
fn javascript(source: &Path, world: &str, wit: &Path, output: &Path) -> Command {
    let mut command = Command::new(places::tool("node"));
    command.arg(javascript::componentize()).args(["--sync", "--world", world, "--wit"]).arg(wit);
    command.arg("--js").arg(source).arg("--output").arg(output);
    command
}

fn wit_text(wit: &Path) -> Result<String> {
    let mut files = vec![wit.to_path_buf()];
    if wit.is_dir() {
        files = fs::read_dir(wit)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
        // Packages of others are in folders, and say with their names what they are.
        files.retain(|file| file.is_file());
        files.sort();
    }
    files.iter().map(|file| fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))).collect()
}
