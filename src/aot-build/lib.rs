//! Compiles a WebAssembly component in a build script, for the Rust program that the script belongs to, as `cc` does with C.
//!
//! In `build.rs`:
//!
//! ```no_run
//! aot_build::Build::new().component("plugin.wasm").compile("plugin");
//! ```
//!
//! In the program, at the top of the crate:
//!
//! ```text
//! mod plugin {
//!     include!(concat!(env!("OUT_DIR"), "/plugin.rs"));
//! }
//! ```
//!
//! The module is what `aot --emit rust` makes as a crate. The compiler is the one that [`Build::compiler`] names, or else the
//! variable `AOT`, or `aot` in the `PATH`; it compiles for the target of the build.

mod module;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that names the compiler.
const COMPILER: &str = "AOT";

/// A reason for which nothing was compiled.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// A compilation in a build script.
#[derive(Clone, Debug, Default)]
pub struct Build {
    component: Option<PathBuf>,
    compiler: Option<PathBuf>,
    flags: Vec<OsString>,
    module: Option<String>,
    target: Option<String>,
    out_dir: Option<PathBuf>,
}

impl Build {
    /// A compilation of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the component or core module. A relative path counts from the package's folder.
    pub fn component(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.component = Some(path.as_ref().to_path_buf());
        self
    }

    /// Adds a flag of `aot`, such as `--dir=data`.
    pub fn flag(&mut self, flag: impl AsRef<OsStr>) -> &mut Self {
        self.flags.push(flag.as_ref().to_os_string());
        self
    }

    /// Sets the path of the compiler.
    pub fn compiler(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.compiler = Some(path.as_ref().to_path_buf());
        self
    }

    /// Sets the path of the module that includes the result; by default `crate::NAME`.
    pub fn module(&mut self, path: impl Into<String>) -> &mut Self {
        self.module = Some(path.into());
        self
    }

    /// Sets the target; by default that of the build.
    pub fn target(&mut self, target: impl Into<String>) -> &mut Self {
        self.target = Some(target.into());
        self
    }

    /// Sets the folder for the results; by default that of the build.
    pub fn out_dir(&mut self, folder: impl AsRef<Path>) -> &mut Self {
        self.out_dir = Some(folder.as_ref().to_path_buf());
        self
    }

    /// Compiles to an archive and a module of this name, and tells cargo what to link and when to do it again.
    ///
    /// # Panics
    /// If that fails, as build scripts do.
    pub fn compile(&self, name: &str) {
        if let Err(error) = self.try_compile(name) {
            panic!("\n\n{error}\n");
        }
    }

    /// Compiles as [`Build::compile`] does, and returns the path of the file to include.
    ///
    /// # Errors
    /// There is no component or compiler, the compiler refuses the component, or files can't be written.
    pub fn try_compile(&self, name: &str) -> Result<PathBuf, Error> {
        let component = self.component.as_ref().ok_or_else(|| Error("no component is set".to_string()))?;
        let out_dir = match &self.out_dir {
            Some(folder) => folder.clone(),
            None => PathBuf::from(variable("OUT_DIR")?),
        };
        let folder = out_dir.join(name);
        println!("cargo:rerun-if-changed={}", component.display());
        println!("cargo:rerun-if-env-changed={COMPILER}");
        self.run_compiler(component, &folder)?;
        let included = out_dir.join(format!("{name}.rs"));
        let path = self.module.clone().unwrap_or_else(|| format!("crate::{name}"));
        let text = module::text(&folder, &path).map_err(|error| can_not("read", &folder, &error))?;
        fs::write(&included, text).map_err(|error| can_not("write", &included, &error))?;
        println!("cargo:rustc-link-search=native={}", folder.display());
        println!("cargo:rustc-link-lib=static={}", archive_name(&folder)?);
        Ok(included)
    }

    fn run_compiler(&self, component: &Path, folder: &Path) -> Result<(), Error> {
        let compiler = match &self.compiler {
            Some(path) => path.clone(),
            None => env::var_os(COMPILER).map_or_else(|| PathBuf::from("aot"), PathBuf::from),
        };
        let target = match &self.target {
            Some(target) => target.clone(),
            None => variable("TARGET")?,
        };
        let mut command = Command::new(&compiler);
        command
            .arg(component)
            .args(["--quiet", "--emit", "rust", "--target", &target, "-o"])
            .arg(folder)
            .args(&self.flags);
        let output = command.output().map_err(|error| {
            let compiler = compiler.display();
            Error(format!("can't run {compiler}: {error}; install aot, or set {COMPILER} to its path"))
        })?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error(String::from_utf8_lossy(&output.stderr).trim_end().to_string()))
    }
}

/// The name by which linkers know the archive in a folder.
fn archive_name(folder: &Path) -> Result<String, Error> {
    let entries = fs::read_dir(folder).map_err(|error| can_not("read", folder, &error))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut archives = names.filter_map(|name| Some(name.strip_prefix("lib")?.strip_suffix(".a")?.to_string()));
    archives.next().ok_or_else(|| Error(format!("there is no archive in {}", folder.display())))
}

fn can_not(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error(format!("can't {verb} {}: {error}", path.display()))
}

/// A variable that cargo sets for build scripts.
fn variable(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|_| Error(format!("{name} isn't set: this runs in build scripts")))
}
