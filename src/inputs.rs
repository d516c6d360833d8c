//! Inputs of a compilation: one file, or several components that are composed into one.

use crate::args::{Cli, ProgramArgs};
use crate::output::STANDARD_STREAM;
use crate::registry;
use crate::serve_flags::RouteArg;
use anyhow::{Context, Error, Result, anyhow, bail};
use aot_compiler::compose::{self, Input, Pattern, Route};
use aot_compiler::decode;
use aot_compiler::describe::{self, SourceFile};
use aot_compiler::nearest::nearest;
use clap::CommandFactory;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The files of a program, each read once.
pub struct Sources {
    /// Path of the input, or of the document that composes the program.
    pub path: PathBuf,
    main: Vec<u8>,
    is_document: bool,
    links: Vec<Link>,
    routes: Vec<RouteFile>,
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

/// A handler of `--route`.
struct RouteFile {
    pattern: Pattern,
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
        let routes = args.serve.routes.iter().map(RouteFile::read).collect::<Result<Vec<RouteFile>>>()?;
        if let Some(first) = routes.first() {
            if args.wac.is_some() || input.is_some() {
                bail!("with --route, the handlers are the program: give no other input and no --wac");
            }
            let links = args.links.iter().map(|link| Link::read(link, false)).collect::<Result<_>>()?;
            let (path, main) = (first.path.clone(), Vec::new());
            return Ok(Self { path, main, is_document: false, links, routes, debug: args.debug });
        }
        let (path, is_document) = match (&args.wac, input) {
            (Some(document), None) => (document.as_path(), true),
            (None, Some(input)) => (input, false),
            (Some(_), Some(_)) => bail!("with --wac, give components as --link NAME=FILE, and no other input"),
            (None, None) => bail!("an input is missing; `aot --help` shows examples"),
        };
        let main = contents(path).map_err(|error| misspelt(path, error))?;
        let links = args.links.iter().map(|link| Link::read(link, is_document)).collect::<Result<_>>()?;
        Ok(Self { path: path.to_path_buf(), main, is_document, links, routes, debug: args.debug })
    }

    /// Hands out all data that determines the program and what an executable says of its files, in an order that differs
    /// for different programs.
    pub fn determinants(&self, add: &mut dyn FnMut(&[u8])) {
        add(&[self.is_document.into(), self.debug.into()]);
        // Debug information of text names the text's path.
        let name = |path: &Path| if self.debug { path.as_os_str().to_owned() } else { file_name(path).into() };
        add(name(&self.path).as_bytes());
        add(&self.main);
        for link in &self.links {
            add(link.package.as_deref().unwrap_or_default().as_bytes());
            add(name(&link.path).as_bytes());
            add(&link.bytes);
        }
        for route in &self.routes {
            add(route.pattern.text.as_bytes());
            add(name(&route.path).as_bytes());
            add(&route.bytes);
        }
    }

    /// Returns the paths of all files, `-` for standard input.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let routes = self.routes.iter().map(|route| route.path.as_path());
        let others = self.links.iter().map(|link| link.path.as_path()).chain(routes);
        std::iter::once(self.path.as_path()).chain(others)
    }

    /// Returns the program's binary, which is composed if there are several files.
    pub fn program(&self) -> Result<Program> {
        let links = self.links.iter().map(|link| link.input(self.debug)).collect::<Result<Vec<Input>>>()?;
        let mut files: Vec<SourceFile> =
            self.links.iter().zip(&links).map(|(link, input)| source_file(&link.path, &input.bytes)).collect();
        if !self.routes.is_empty() {
            return self.routed(links, files);
        }
        let name = self.path.display().to_string();
        let composition = if self.is_document {
            let source = std::str::from_utf8(&self.main).with_context(|| format!("can't read {name}"))?;
            compose::document(source, links).context(name)?
        } else {
            let main = Input { name, bytes: binary(&self.path, &self.main, self.debug)? };
            files.insert(0, source_file(&self.path, &main.bytes));
            if links.is_empty() {
                return Ok(Program { bytes: main.bytes, wiring: Vec::new(), files });
            }
            compose::link(main, links)?
        };
        Ok(Program { bytes: composition.bytes, wiring: composition.wiring, files })
    }
}

impl Sources {
    /// Returns the handlers of all routes behind a router, with what they import from the links.
    fn routed(&self, links: Vec<Input>, mut files: Vec<SourceFile>) -> Result<Program> {
        let (mut handlers, mut routes): (Vec<Input>, Vec<Route>) = Default::default();
        for RouteFile { pattern, path, bytes } in &self.routes {
            let name = path.display().to_string();
            // A handler of several routes is there once.
            let handler = handlers.iter().position(|handler| handler.name == name);
            routes.push(Route { pattern: pattern.clone(), handler: handler.unwrap_or(handlers.len()) });
            if handler.is_none() {
                let input = Input { name, bytes: binary(path, bytes, self.debug)? };
                files.push(source_file(path, &input.bytes));
                handlers.push(input);
            }
        }
        let names: Vec<String> = handlers.iter().map(|handler| handler.name.clone()).collect();
        let (composition, routes) = compose::route(routes, handlers, links)?;
        let told = routes.iter().map(|route| format!("{} is handled by {}", route.pattern.text, names[route.handler]));
        Ok(Program { bytes: composition.bytes, wiring: told.chain(composition.wiring).collect(), files })
    }

    /// Adds the line and column to an error of the compiler, if the program is one text.
    pub fn locate(&self, error: aot_compiler::error::Error) -> aot_compiler::error::Error {
        if self.is_document || !self.links.is_empty() || !self.routes.is_empty() {
            return error;
        }
        decode::locate(error, &self.main, &self.path.display().to_string())
    }
}

impl RouteFile {
    fn read(route: &RouteArg) -> Result<Self> {
        Ok(Self { pattern: route.pattern.clone(), path: route.file.clone(), bytes: contents(&route.file)? })
    }
}

fn source_file(path: &Path, binary: &[u8]) -> SourceFile {
    SourceFile { name: file_name(path), sha256: describe::sha256(binary) }
}

/// Returns the name by which an executable knows an input: without folders, and `stdin` for standard input.
pub fn file_name(path: &Path) -> String {
    if path.as_os_str() == STANDARD_STREAM {
        return String::from("stdin");
    }
    let file = registry::file(path);
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
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

/// Returns the error of an input that can't be read; one that isn't there may be a misspelt command.
fn misspelt(path: &Path, error: Error) -> Error {
    let command = Cli::command();
    let commands = command.get_subcommands().map(clap::Command::get_name);
    match nearest(&path.to_string_lossy(), commands).filter(|_| !path.exists()) {
        Some(command) => anyhow!("there is neither a file nor a command {}, did you mean {command}?", path.display()),
        None => error,
    }
}

/// Reads a file, or standard input for `-`.
pub fn contents(path: &Path) -> Result<Vec<u8>> {
    if path.as_os_str() == STANDARD_STREAM {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("can't read standard input")?;
        return Ok(bytes);
    }
    match registry::name(path) {
        Some(name) => registry::fetch(name),
        None => fs::read(path).with_context(|| format!("can't read {}", path.display())),
    }
}

fn binary(path: &Path, file: &[u8], debug: bool) -> Result<Vec<u8>> {
    let name = path.display().to_string();
    Ok(decode::to_binary(file, &name, debug).context(name.clone())?.into_owned())
}
