//! Plugins of the field's conventions as libraries, each with a small host in C, and one in Python too. The modules are those of the corpora; without
//! them, a test that stands for one is skipped, and with the variable `CI` set, it fails.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use support::Folder;

/// A plugin, its host, and what the host prints.
struct Row {
    /// The name, at whose end is the language of the host if that isn't C.
    name: &'static str,
    module: &'static str,
    flags: &'static [&'static str],
    host: &'static str,
    printed: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        name: "extism",
        module: "extism.wasm",
        flags: &[],
        host: include_str!("plugins/extism.c"),
        printed: include_str!("plugins/extism.txt"),
    },
    Row {
        name: "process_data",
        module: "process-data.wasm",
        flags: &[],
        host: include_str!("plugins/process_data.c"),
        printed: include_str!("plugins/process_data.txt"),
    },
    Row {
        name: "process_data.py",
        module: "process-data.wasm",
        flags: &[],
        host: include_str!("plugins/process_data.py"),
        printed: include_str!("plugins/process_data.py.txt"),
    },
    Row {
        name: "proxy_wasm",
        module: "proxy-wasm.wasm",
        flags: &[],
        host: include_str!("plugins/proxy_wasm.c"),
        printed: include_str!("plugins/proxy_wasm.txt"),
    },
    Row {
        name: "shopify",
        module: "shopify.wasm",
        flags: &["--host-import", "wasi_snapshot_preview1"],
        host: include_str!("plugins/shopify.c"),
        printed: include_str!("plugins/shopify.txt"),
    },
];

fn main() -> ExitCode {
    let trial = |row: &'static Row| {
        let module = module(row.module);
        let is_skipped = module.is_none() && std::env::var_os("CI").is_none();
        Trial::test(row.name, move || row.check(module)).with_ignored_flag(is_skipped)
    };
    libtest_mimic::run(&Arguments::from_args(), ROWS.iter().map(trial).collect()).exit_code()
}

/// The path of a module, if the corpora are there.
fn module(name: &str) -> Option<PathBuf> {
    let beside = || support::repository().join("../shared/corpora");
    let corpora = std::env::var_os("TEST_CORPORA").map_or_else(beside, PathBuf::from);
    Some(corpora.join("plugins").join(name)).filter(|file| file.exists())
}

impl Row {
    fn check(&self, module: Option<PathBuf>) -> Result<(), Failed> {
        let module = module.ok_or_else(|| format!("{} of the corpora is missing", self.module))?;
        let folder = Folder::new("plugins", self.name);
        let (name, language) = self.name.split_once('.').unwrap_or((self.name, "c"));
        let emit = if language == "py" { "python" } else { "lib" };
        std::fs::write(folder.join(format!("host.{language}")), self.host)?;
        let output = folder.join(name);
        run(Command::new(support::aot()).arg(&module).args(self.flags).args(["--emit", emit, "-o"]).arg(output))?;
        let printed = if language == "py" { perform_python(&folder)? } else { perform_c(&folder, name)? };
        if printed != self.printed {
            return Err(format!("expected\n{}\ngot\n{printed}", self.printed).into());
        }
        folder.remove();
        Ok(())
    }
}

/// Compiles the host in C with the library, and runs it: what it printed.
fn perform_c(folder: &Path, name: &str) -> Result<String, Failed> {
    let files = [folder.join("host.c"), folder.join(format!("lib{name}.a"))];
    let flags = ["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-O1"];
    let headers = support::repository().join("tests/plugins");
    run(Command::new("cc").args(flags).arg("-I").arg(headers).args(files).arg("-o").arg(folder.join("host")))?;
    run(&mut Command::new(folder.join("host")))
}

/// Installs the wheel, and runs the host in Python: what it printed.
fn perform_python(folder: &Path) -> Result<String, Failed> {
    let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
    let wheel = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).find(is_wheel);
    let python = || Command::new("/usr/bin/python3");
    run(python().args(["-m", "zipfile", "-e"]).arg(wheel.ok_or("there is no wheel")?).arg(folder))?;
    run(python().arg(folder.join("host.py")))
}

/// Runs a command that must succeed: what it printed.
fn run(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err(format!("{command:?}: {}\n{}{}", output.status, text(&output.stdout), text(&output.stderr)).into())
}
