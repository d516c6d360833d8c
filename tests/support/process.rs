//! Runs a command to its end under limits of time and memory, which Debian's `timeout` and `prlimit` enforce.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Limits of a process.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Seconds after which the process is killed.
    pub seconds: u64,
    /// Bytes of address space; 0 for no limit.
    pub memory_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { seconds: 120, memory_bytes: 0 }
    }
}

/// Exit code and output of a process.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code; 128 plus the signal's number if a signal killed the process, as a shell reports it.
    pub code: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub time: Duration,
}

impl Outcome {
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// `PATH` of every process, whoever runs the tests.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs `command` with an empty standard input, and no environment but `PATH` and what the command sets.
pub fn run(command: &Command, limits: Limits) -> Outcome {
    run_with_input(command, Stdio::null(), limits)
}

/// Runs `command` as [`run`] does, with this standard input.
pub fn run_with_input(command: &Command, input: Stdio, limits: Limits) -> Outcome {
    let mut limited = limited(command, limits);
    limited.stdin(input);
    let start = Instant::now();
    let output = limited.output().unwrap_or_else(|error| panic!("{limited:?}: {error}"));
    outcome(output, start.elapsed())
}

fn outcome(output: Output, time: Duration) -> Outcome {
    use std::os::unix::process::ExitStatusExt;
    let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
    Outcome { code, stdout: output.stdout, stderr: output.stderr, time }
}

/// Returns the command that runs `command` inside `timeout` and `prlimit`.
fn limited(command: &Command, limits: Limits) -> Command {
    let mut outer = Command::new("timeout");
    outer.args(["--signal=KILL", &limits.seconds.to_string(), "prlimit"]);
    if limits.memory_bytes != 0 {
        outer.arg(format!("--as={}", limits.memory_bytes));
    }
    // The exit code shows a crash, so no core is written. The number of open files is the same everywhere.
    outer.args(["--core=0", "--nofile=1024"]).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    outer.env_clear().env("PATH", PATH);
    outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer
}
