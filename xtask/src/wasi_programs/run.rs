//! Compiles a program, runs it in a folder of its own, and looks at what it did.

use super::Program;
use crate::places;
use crate::process;
use crate::targets::Target;
use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Seconds after which a program that hangs is ended.
const SECONDS: &str = "120";

pub fn check(program: &Program, target: &Target) -> Result<()> {
    let folder = prepare(program)?;
    let executable = folder.with_extension("exe");
    let flags = program.case.flags.iter().flatten();
    let mut aot = Command::new(places::repository().join("target/release/aot"));
    aot.arg(&program.wasm).args(["--target", &target.name, "-o"]).arg(&executable).args(flags);
    process::output(&mut aot)?;
    let output = execute(program, target, &folder, &executable)?;
    judge(program, &output)
}

/// A new folder with the program's files.
fn prepare(program: &Program) -> Result<PathBuf> {
    let folder = PathBuf::from("/tmp/aot-wasi-programs/work");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    for (name, contents) in &program.case.files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap_or(&folder))?;
        fs::write(&file, contents)?;
    }
    if let Some(fixture) = &program.fixture {
        // The links in it count.
        process::run(Command::new("cp").arg("-a").arg(fixture.join(".")).arg(&folder))?;
    }
    Ok(folder)
}

fn execute(program: &Program, target: &Target, folder: &Path, executable: &Path) -> Result<Output> {
    let case = &program.case;
    let inner = target.command(executable);
    let mut words = vec![OsStr::new(SECONDS), inner.get_program()];
    words.extend(inner.get_args());
    words.extend(case.argument_0.then_some(executable.as_os_str()));
    words.extend(case.arguments.iter().map(OsStr::new));
    let mut command;
    if case.terminal {
        // None of the words has a character that is special to a shell.
        let line = [&[OsStr::new("timeout")], words.as_slice()].concat().join(OsStr::new(" "));
        command = Command::new("script");
        command.arg("-qec").arg(line).arg("/dev/null");
    } else {
        command = Command::new("timeout");
        command.args(words);
    }
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if case.input_folder {
        command.stdin(File::open(folder)?);
    } else {
        let input = folder.with_extension("input");
        fs::write(&input, &case.input)?;
        command.stdin(File::open(&input)?);
    }
    let mut child = command.spawn().with_context(|| format!("starting {}", executable.display()))?;
    if case.close_output {
        let mut output = child.stdout.take().context("standard output")?;
        output.read_exact(&mut [0; 1])?;
    }
    Ok(child.wait_with_output()?)
}

fn judge(program: &Program, output: &Output) -> Result<()> {
    let case = &program.case;
    let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
    let errors = String::from_utf8_lossy(&output.stderr);
    let tail: Vec<&str> = errors.lines().rev().take(6).collect();
    ensure!(code == case.exit, "ends with {code}, not {}: {}", case.exit, tail.join(" | "));
    if let Some(expected) = &case.output {
        ensure!(output.stdout == expected.as_bytes(), "prints {:?}", String::from_utf8_lossy(&output.stdout));
    }
    if let Some(expected) = &case.errors {
        ensure!(errors.contains(expected), "its standard error lacks {expected:?}: {errors}");
    }
    Ok(())
}
