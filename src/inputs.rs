//! What is compiled: one file, or several components composed into one.

use crate::args::CompileArgs;
use anyhow::{Context, Result, anyhow, bail};
use aot_compiler::compose::{self, Input};
use aot_compiler::decode;
use std::fs;
use std::path::{Path, PathBuf};

/// The program to compile.
pub struct Program {
    /// Where it comes from: the input, or the document that composes it.
    pub path: PathBuf,
    /// Its binary.
    pub bytes: Vec<u8>,
    /// What satisfies what, where it was composed.
    pub wiring: Vec<String>,
}

/// Reads the inputs that the arguments name, and composes them.
pub fn read(args: &CompileArgs) -> Result<Program> {
    match (&args.wac, &args.input) {
        (Some(document), None) => composed(document, args),
        (Some(_), Some(_)) => {
            bail!("with --wac, give components as --link NAME=FILE, and no other input")
        }
        (None, None) => bail!("an input is missing; `aot --help` shows examples"),
        (None, Some(path)) if args.links.is_empty() => {
            Ok(Program { path: path.clone(), bytes: binary(path)?, wiring: Vec::new() })
        }
        (None, Some(path)) => linked(path, args),
    }
}

fn linked(path: &Path, args: &CompileArgs) -> Result<Program> {
    let input = |path: &Path| Ok(Input { name: path.display().to_string(), bytes: binary(path)? });
    let links = args.links.iter().map(|link| input(Path::new(link))).collect::<Result<Vec<_>>>()?;
    let composition = compose::link(input(path)?, links).map_err(|error| anyhow!("{error}"))?;
    Ok(Program { path: path.to_path_buf(), bytes: composition.bytes, wiring: composition.wiring })
}

fn composed(document: &Path, args: &CompileArgs) -> Result<Program> {
    let source = fs::read_to_string(document).with_context(|| format!("can't read {}", document.display()))?;
    let mut packages = Vec::new();
    for link in &args.links {
        let (name, path) = link
            .split_once('=')
            .with_context(|| format!("--link {link}: with --wac, write NAME=FILE with the package's name"))?;
        packages.push(Input { name: name.to_string(), bytes: binary(Path::new(path))? });
    }
    let composition =
        compose::document(&source, packages).map_err(|error| anyhow!("{}: {error}", document.display()))?;
    Ok(Program { path: document.to_path_buf(), bytes: composition.bytes, wiring: composition.wiring })
}

fn binary(path: &Path) -> Result<Vec<u8>> {
    let file = fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
    let name = path.display().to_string();
    let binary = decode::to_binary(&file, &name).map_err(|error| anyhow!("{name}: {error}"))?;
    Ok(binary.into_owned())
}
