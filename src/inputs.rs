//! Inputs of a compilation: one file, or several components that are composed into one.

use crate::args::ProgramArgs;
use anyhow::{Context, Result, anyhow, bail};
use aot_compiler::compose::{self, Input};
use aot_compiler::decode;
use aot_compiler::describe::{self, SourceFile};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a program, each read once.
pub struct Sources {
    /// Path of the input, or of the document that composes the program.
    pub path: PathBuf,
    main: Vec<u8>,
    is_document: bool,
    links: Vec<Link>,
    /// True if text gets debug information.
    debug: bool,
}

/// A component of `--link`.
struct Link {
    /// Name of the package in the document, if there is a document.
    package: Option<String>,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// The program to compile.
pub struct Program {
    /// Binary of the program.
    pub bytes: Vec<u8>,
    /// Wiring of a composed program for the user, a line for each import.
    pub wiring: Vec<String>,
    /// Files that the program was made from.
    pub files: Vec<SourceFile>,
}

impl Sources {
    /// Reads the files that the arguments name.
    pub fn read(input: Option<&Path>, args: &ProgramArgs) -> Result<Self> {
        let (path, is_document) = match (&args.wac, input) {
            (Some(document), None) => (document.as_path(), true),
            (None, Some(input)) => (input, false),
            (Some(_), Some(_)) => bail!("with --wac, give components as --link NAME=FILE, and no other input"),
            (None, None) => bail!("an input is missing; `aot --help` shows examples"),
        };
        let main = contents(path)?;
        let links = args.links.iter().map(|link| Link::read(link, is_document)).collect::<Result<_>>()?;
        Ok(Self { path: path.to_path_buf(), main, is_document, links, debug: args.debug })
    }

    /// Yields all data that determines the program, in an order that differs for different programs.
    pub fn key_data(&self) -> impl Iterator<Item = &[u8]> {
        let links = self
            .links
            .iter()
            .flat_map(|link| [link.package.as_deref().unwrap_or_default().as_bytes(), link.bytes.as_slice()]);
        [if self.is_document { "document".as_bytes() } else { b"input" }, &self.main].into_iter().chain(links)
    }

    /// Returns the program's binary, which is composed if there are several files.
    pub fn program(&self) -> Result<Program> {
        let links = self.links.iter().map(|link| link.input(self.debug)).collect::<Result<Vec<Input>>>()?;
        let mut files: Vec<SourceFile> =
            self.links.iter().zip(&links).map(|(link, input)| source_file(&link.path, &input.bytes)).collect();
        let name = self.path.display().to_string();
        let composition = if self.is_document {
            let source = std::str::from_utf8(&self.main).with_context(|| format!("can't read {name}"))?;
            compose::document(source, links).map_err(|error| anyhow!("{name}: {error}"))?
        } else {
            let main = Input { name, bytes: binary(&self.path, &self.main, self.debug)? };
            files.insert(0, source_file(&self.path, &main.bytes));
            if links.is_empty() {
                return Ok(Program { bytes: main.bytes, wiring: Vec::new(), files });
            }
            compose::link(main, links).map_err(|error| anyhow!("{error}"))?
        };
        Ok(Program { bytes: composition.bytes, wiring: composition.wiring, files })
    }
}

impl Sources {
    /// Adds the line and column to an error of the compiler, if the program is one text.
    pub fn locate(&self, error: aot_compiler::error::Error) -> aot_compiler::error::Error {
        if self.is_document || !self.links.is_empty() {
            return error;
        }
        decode::locate(error, &self.main, &self.path.display().to_string())
    }
}

fn source_file(path: &Path, binary: &[u8]) -> SourceFile {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    SourceFile { name, sha256: describe::sha256(binary) }
}

impl Link {
    /// Reads `FILE`, or with a document `NAME=FILE`.
    fn read(argument: &str, with_document: bool) -> Result<Self> {
        let (package, path) = if with_document {
            let (name, path) = argument
                .split_once('=')
                .with_context(|| format!("--link {argument}: with --wac, write NAME=FILE with the package's name"))?;
            (Some(name.to_string()), Path::new(path))
        } else {
            (None, Path::new(argument))
        };
        Ok(Self { package, path: path.to_path_buf(), bytes: contents(path)? })
    }

    fn input(&self, debug: bool) -> Result<Input> {
        let name = self.package.clone().unwrap_or_else(|| self.path.display().to_string());
        Ok(Input { name, bytes: binary(&self.path, &self.bytes, debug)? })
    }
}

fn contents(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("can't read {}", path.display()))
}

fn binary(path: &Path, file: &[u8], debug: bool) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    let binary = decode::to_binary(file, &name, debug).map_err(|error| anyhow!("{name}: {error}"))?;
    Ok(binary.into_owned())
}
