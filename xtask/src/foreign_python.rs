//! Python for the foreign targets, which the emulator runs: Debian's packages below `target/setup`, and a command `python3-TARGET`.

use crate::debian::{self, Package};
use crate::{places, targets};
use anyhow::{Context, Result};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// The interpreter, its modules with `ctypes`, and the libraries that both need. The suite is the first with riscv64.
const PACKAGES: [&str; 7] =
    ["python3.13-minimal", "libpython3.13-minimal", "libpython3.13-stdlib", "libc6", "libexpat1", "libffi8", "zlib1g"];
const INTERPRETER: &str = "python3.13";

/// Installs what is missing.
pub fn install() -> Result<()> {
    let targets = targets::all()?;
    targets.iter().filter(|target| !target.tests.runner.is_empty()).try_for_each(install_for)
}

fn install_for(target: &targets::Target) -> Result<()> {
    let command = places::tool(&format!("python3-{}", target.name));
    if command.exists() {
        return Ok(());
    }
    let architecture = &target.setup.debian_architecture;
    let packages = PACKAGES.map(|name| Package { suite: "trixie", architecture, name, upstream_version: "" });
    let root = debian::unpacked_together(&format!("python3_{architecture}"), &packages.each_ref())?;
    // Packages have files below /usr alone, where links of the whole system lead.
    for folder in ["lib", "lib64"] {
        if root.join(folder).symlink_metadata().is_err() {
            symlink(Path::new("usr").join(folder), root.join(folder))?;
        }
    }
    let (runner, root) = (target.tests.runner.join(" "), root.display());
    let script =
        format!("#!/bin/sh\nPYTHONHOME='{root}/usr' exec {runner} -L '{root}' '{root}/usr/bin/{INTERPRETER}' \"$@\"\n");
    fs::write(&command, script).with_context(|| format!("writing {}", command.display()))?;
    fs::set_permissions(&command, PermissionsExt::from_mode(0o755))?;
    Ok(())
}
