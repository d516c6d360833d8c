//! The proof that set-up worked: one program, compiled for every target and run.

use crate::steps::detail;
use crate::targets::{self, Target};
use crate::{places, process};
use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Command;

const PROGRAM: &str = "tests/programs/hello.wat";
const OUTPUT: &str = "hello\n";

pub fn run() -> Result<()> {
    for target in targets::all()? {
        let executable = compile(&target)?;
        check(&target, &executable)?;
    }
    Ok(())
}

fn compile(target: &Target) -> Result<std::path::PathBuf> {
    let executable = places::setup().join(format!("hello-{}", target.name));
    let mut aot = Command::new(places::repository().join("target/release/aot"));
    aot.arg(places::repository().join(PROGRAM)).args(["--target", &target.name, "-o"]).arg(&executable);
    process::output(&mut aot)?;
    Ok(executable)
}

fn check(target: &Target, executable: &Path) -> Result<()> {
    let printed = process::output(&mut target.command(executable))?;
    ensure!(printed == OUTPUT, "{} printed {printed:?} instead of {OUTPUT:?}", executable.display());
    let bytes = std::fs::metadata(executable)?.len();
    detail(&format!("{}: {bytes} bytes, runs", target.name));
    Ok(())
}
