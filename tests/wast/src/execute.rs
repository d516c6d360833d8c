//! Runs executables, under an emulator where the target isn't this machine, and reads what the driver says.

use crate::Options;
use crate::report::FileReport;
use crate::script::{Command, Expectation};
use anyhow::{Context, Result, bail};
use aot_compiler::driver::Output;
use aot_compiler::target::Target;
use serde::Deserialize;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest time for an executable.
const TIME_MAX: Duration = Duration::from_secs(300);

/// Runs executables of one target.
pub struct Executor {
    runner: Vec<String>,
    runner_vectors: Vec<String>,
    folder: PathBuf,
    keep: bool,
    /// The number of times that each command is performed.
    times: u64,
    count: AtomicUsize,
}

/// The keys for tests of a file in `targets`.
#[derive(Deserialize)]
struct Description {
    tests: Tests,
}

#[derive(Default, Deserialize)]
struct Tests {
    runner: Vec<String>,
    runner_vectors: Vec<String>,
}

impl Executor {
    /// Prepares to run executables for the target of `options`.
    ///
    /// # Errors
    /// If the emulator or a place for executables is missing.
    pub fn new(options: &Options) -> Result<Self> {
        let Tests { runner, runner_vectors } = runners(options.target)?;
        if let Some(program) = runner.first()
            && std::process::Command::new(program).arg("--version").output().is_err()
        {
            bail!("{program} is missing: `cargo xtask setup` installs it");
        }
        let keep = options.keep.is_some();
        let folder = options.keep.clone().unwrap_or_else(temporary_folder);
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let times = u64::from(options.copies.slabs) * u64::from(options.copies.rounds);
        Ok(Self { runner, runner_vectors, folder, keep, times, count: AtomicUsize::new(0) })
    }

    /// Returns true if an emulator runs the executables.
    pub fn is_emulated(&self) -> bool {
        !self.runner.is_empty()
    }

    /// Runs an executable that performs these commands of a file.
    pub fn run(&self, file: &str, executable: &Output, commands: &[&Command], report: &mut FileReport) {
        match self.output(file, executable) {
            Ok((status, output)) => read_output(file, status, &output, commands, self.times, report),
            Err(error) => report.fail(0, format!("not run: {error:#}")),
        }
    }

    /// The exit status, and everything that it wrote.
    fn output(&self, file: &str, executable: &Output) -> Result<(Option<ExitStatus>, String)> {
        let name = format!("{}-{}", file.replace('/', "-"), self.count.fetch_add(1, Ordering::Relaxed));
        let program = self.folder.join(&name);
        let log = self.folder.join(format!("{name}.log"));
        let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o755).open(&program)?;
        out.write_all(&executable.bytes)?;
        drop(out);
        let status = wait(self.spawn(&program, &log, executable.vectors)?);
        let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        if !self.keep {
            fs::remove_file(&program)?;
            fs::remove_file(&log)?;
        }
        Ok((status?, output))
    }

    /// Another thread's child may hold the executable open for writing between its fork and exec: then again.
    fn spawn(&self, program: &Path, log: &Path, vectors: bool) -> Result<Child> {
        let runner = if vectors { &self.runner_vectors } else { &self.runner };
        loop {
            let log = File::create(log)?;
            let mut command = match runner.split_first() {
                Some((runner, arguments)) => {
                    let mut command = std::process::Command::new(runner);
                    command.args(arguments).arg(program);
                    command
                }
                None => std::process::Command::new(program),
            };
            let command = command.stdin(Stdio::null()).stderr(log.try_clone()?).stdout(log);
            match command.spawn() {
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                result => return result.with_context(|| format!("starting {}", program.display())),
            }
        }
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        if !self.keep {
            // What can't be removed is in the temporary folder.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A folder that no other executor has.
fn temporary_folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("aot-wast-{}-{number}", std::process::id()))
}

/// The programs that run executables of a target here.
fn runners(target: &Target) -> Result<Tests> {
    if target.name == Target::host().name {
        return Ok(Tests::default());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../targets/{}.toml", target.name));
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let description: Description = toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok(description.tests)
}

/// `None` if it took too long and was ended.
fn wait(mut child: Child) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > TIME_MAX {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The driver writes a line for each failure, and at last the count of assertions; each command counts `times`.
fn read_output(
    file: &str,
    status: Option<ExitStatus>,
    output: &str,
    commands: &[&Command],
    times: u64,
    report: &mut FileReport,
) {
    let is_assertion = |command: &&&Command| !matches!(command.expectation, Expectation::Return);
    let tally = output.lines().last().and_then(tally);
    let (Some(status), Some((passed, failed))) = (status, tally) else {
        let end = status.map_or("it took too long".to_string(), |status| status.to_string());
        let message = format!("no result: {end}\n{}", output.trim_end());
        for command in commands.iter().filter(is_assertion) {
            report.fail(command.line, message.as_str());
        }
        return report.fail(0, message);
    };
    let failures: Vec<(u32, &str)> = output.lines().filter_map(|line| failure(file, line)).collect();
    if failures.len() as u64 != failed || status.success() != (failed == 0) {
        report.fail(0, format!("the driver counts {failed} failures and ends with {status}\n{output}"));
    }
    if failed == 0 && passed != times * commands.iter().filter(is_assertion).count() as u64 {
        report.fail(0, format!("the driver counts {passed} assertions that hold"));
    }
    report.passed += passed / times;
    for (line, message) in failures {
        report.fail(line, message);
    }
}

/// Reads `passed 5 failed 0`.
fn tally(line: &str) -> Option<(u64, u64)> {
    let (passed, failed) = line.strip_prefix("passed ")?.split_once(" failed ")?;
    Some((passed.parse().ok()?, failed.parse().ok()?))
}

/// Reads `FILE:LINE: MESSAGE`.
fn failure<'o>(file: &str, line: &'o str) -> Option<(u32, &'o str)> {
    let (line, message) = line.strip_prefix(file)?.strip_prefix(':')?.split_once(": ")?;
    Some((line.parse().ok()?, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_driver_are_read() {
        assert_eq!(tally("passed 5 failed 2"), Some((5, 2)));
        assert_eq!(failure("a.wast", "a.wast:7: expected 1, got 2"), Some((7, "expected 1, got 2")));
        assert_eq!(failure("a.wast", "passed 5 failed 2"), None);
    }

    #[test]
    fn without_a_count_nothing_has_passed() {
        let mut report = FileReport::new("a.wast");
        read_output("a.wast", None, "a.wast:7: expected 1, got 2\n", &[], 1, &mut report);
        assert_eq!((report.passed, report.failures.len()), (0, 1));
    }
}
