//! Debian packages that have to be installed, since set-up or tests run what is in them.

use crate::process;
use crate::steps::detail;
use anyhow::{Context, Result};
use std::process::Command;

/// Installs those of `packages` that are missing.
pub fn install(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    detail(&format!("installing {}", missing.join(" ")));
    let advice = || {
        let list = missing.join(" ");
        format!("are you root? otherwise run: sudo apt-get update && sudo apt-get install {list}")
    };
    let mut install = apt();
    install.args(["install", "--yes", "--no-install-recommends"]).args(&missing);
    // A list of packages that is up to date enough saves the wait for a new one.
    if process::output(&mut install).is_ok() {
        return Ok(());
    }
    process::output(apt().arg("update")).with_context(advice)?;
    process::output(&mut install).with_context(advice)?;
    Ok(())
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_installed(package: &str) -> bool {
    let query = ["--show", "--showformat=${db:Status-Status}", package];
    process::output(Command::new("dpkg-query").args(query)).is_ok_and(|status| status == "installed")
}
