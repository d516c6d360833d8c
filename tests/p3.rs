//! Commands of WASI 0.3 on all targets, compared with wasmtime: those of `tests/p3`, and `rust-cli` of the corpora. Without the corpora,
//! its tests are skipped; with the variable `CI` set, they fail.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use support::{Folder, Limits, Outcome, Target};

/// A run of a program, in a folder that it is granted and that has the files.
struct Run {
    name: &'static str,
    /// The file, in `tests/p3`, among the guests or in the corpora.
    program: &'static str,
    /// Grants beside the folder, and wasmtime's words for them.
    flags: &'static [&'static str],
    reference_flags: &'static [&'static str],
    arguments: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
    input: &'static str,
    /// The standard output, which is wasmtime's too.
    output: &'static str,
    /// The output of wasmtime, where it differs.
    reference: Option<&'static str>,
    code: i32,
    /// The exit code of wasmtime, where it differs.
    reference_code: Option<i32>,
    /// A part of the standard error of a run that fails.
    error: &'static str,
}

const PLAIN: Run = Run {
    name: "",
    program: "",
    flags: &[],
    reference_flags: &[],
    arguments: &[],
    files: &[],
    input: "",
    output: "",
    reference: None,
    code: 0,
    reference_code: None,
    error: "",
};

/// A program whose sockets are on this machine.
const SOCKETS: Run = Run {
    program: "sockets.wasm",
    flags: &["--listen", "*:*", "--net", "127.0.0.1:*", "--net", "[::1]:*", "--net", "localhost:*"],
    reference_flags: &["-S", "inherit-network", "-S", "allow-ip-name-lookup"],
    ..PLAIN
};

/// More than fits into one copy of the guest's.
const INPUT: &str = "hello, this is more than ten bytes\nand a second line\n";

const RUNS: &[Run] = &[
    Run { name: "stdio", program: "stdio.wat", input: INPUT, output: INPUT, ..PLAIN },
    Run { name: "stdio_empty", program: "stdio.wat", ..PLAIN },
    Run { name: "pass_through", program: "pass_through.wat", input: INPUT, output: INPUT, ..PLAIN },
    Run { name: "pass_through_empty", program: "pass_through.wat", ..PLAIN },
    Run { name: "values", program: "values.wat", ..PLAIN },
    Run { name: "beside_a_command_of_p2", program: "both.wat", ..PLAIN },
    Run { name: "files", program: "files.wasm", output: include_str!("p3/files.expected"), ..PLAIN },
    Run {
        name: "files_before_1970",
        program: "files.wasm",
        arguments: &["before-1970"],
        output: include_str!("p3/files_before_1970.expected"),
        // wasmtime 49 counts the nanoseconds backwards, but for `set-times-at`; the interface says that they go forwards.
        reference: Some(include_str!("p3/files_before_1970.wasmtime")),
        ..PLAIN
    },
    Run { name: "tcp", arguments: &["tcp"], output: include_str!("p3/tcp.expected"), ..SOCKETS },
    Run { name: "tcp_streams", arguments: &["streams"], output: include_str!("p3/tcp_streams.expected"), ..SOCKETS },
    Run {
        name: "udp",
        arguments: &["udp"],
        output: include_str!("p3/udp.expected"),
        // wasmtime 49 loses a port of the system's choice with the association.
        reference: Some(include_str!("p3/udp.wasmtime")),
        ..SOCKETS
    },
    Run { name: "names", arguments: &["names"], output: include_str!("p3/names.expected"), ..SOCKETS },
    Run {
        name: "lent",
        program: "lent.wat",
        code: 134,
        reference_code: Some(1),
        error: "cannot remove owned resource while borrowed",
        ..SOCKETS
    },
    Run {
        name: "http",
        program: "http.wasm",
        flags: &["--http", "http://127.0.0.1:1/"],
        reference_flags: &["-S", "http"],
        output: include_str!("p3/http.expected"),
        ..PLAIN
    },
    Run { name: "count_input", program: "rust-cli.wasm", input: "x y z", output: "0 3 5 -\n", ..PLAIN },
    Run {
        name: "count_files",
        program: "rust-cli.wasm",
        arguments: &["one", "two"],
        files: &[("one", "a b\nc\n"), ("two", "")],
        output: "2 3 6 one\n0 0 0 two\n",
        ..PLAIN
    },
    Run {
        name: "count_missing",
        program: "rust-cli.wasm",
        arguments: &["missing", "one"],
        files: &[("one", "a b\nc\n")],
        output: "2 3 6 one\n",
        code: 1,
        error: "missing: ErrorCode::NoEntry",
        ..PLAIN
    },
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = RUNS.iter().flat_map(|run| support::targets().into_iter().map(|target| trial(run, target)));
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn trial(run: &'static Run, target: Target) -> Trial {
    let program = program(run);
    let is_missing = !program.exists();
    let name = format!("{}::{}", run.name, target.name);
    let test = move || match is_missing {
        true => Err(format!("{} of the corpora is missing", run.program).into()),
        false => check(run, &program, &target),
    };
    Trial::test(name, test).with_ignored_flag(is_missing && std::env::var_os("CI").is_none())
}

/// The file of a run's program.
fn program(run: &Run) -> PathBuf {
    let own = support::repository().join("tests/p3").join(run.program);
    let guest = support::guests().join("p3").join(run.program);
    let beside = || support::repository().join("../shared/corpora");
    let corpora = std::env::var_os("TEST_CORPORA").map_or_else(beside, PathBuf::from);
    if own.exists() {
        own
    } else if guest.exists() {
        guest
    } else {
        corpora.join("p3").join(run.program)
    }
}

fn check(run: &Run, program: &Path, target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("p3", &format!("{}/{}", run.name, target.name));
    let work = folder.join("work");
    prepare(run, &work)?;
    fs::write(folder.join("input"), run.input)?;
    let executable = folder.join("program");
    let mut compile = Command::new(support::aot());
    compile
        .arg(program)
        .args(run.flags)
        .args(["--target", &target.name, "--dir", "work::.", "-o"])
        .arg(&executable)
        .current_dir(&folder);
    let compiled = support::run(&compile, Limits::default());
    if compiled.code != 0 {
        return Err(format!("aot ended with {}: {}", compiled.code, compiled.stderr_text()).into());
    }
    let mut own = target.command(&executable);
    own.args(run.arguments).current_dir(&folder);
    same("the executable", run, (run.output, run.code), &effect(&own, &folder)?)?;
    if target.is_host() {
        let mut reference = Command::new(support::tool("wasmtime"));
        reference.env("HOME", folder.as_os_str()).current_dir(&folder);
        reference.args(["run", "--dir", "work::."]).args(run.reference_flags).arg(program).args(run.arguments);
        // What the program left is not to be there.
        fs::remove_dir_all(&work)?;
        prepare(run, &work)?;
        let expected = (run.reference.unwrap_or(run.output), run.reference_code.unwrap_or(run.code));
        same("wasmtime", run, expected, &effect(&reference, &folder)?)?;
    }
    folder.remove();
    Ok(())
}

/// Makes the folder that is granted.
fn prepare(run: &Run, work: &Path) -> Result<(), Failed> {
    fs::create_dir(work)?;
    for (name, contents) in run.files {
        fs::write(work.join(name), contents)?;
    }
    Ok(())
}

fn effect(command: &Command, folder: &Folder) -> Result<Outcome, Failed> {
    let input = Stdio::from(File::open(folder.join("input"))?);
    Ok(support::run_with_input(command, input, Limits::default()))
}

fn same(whose: &str, run: &Run, (output, code): (&str, i32), outcome: &Outcome) -> Result<(), Failed> {
    let errors = outcome.stderr_text();
    if outcome.stdout_text() != output || outcome.code != code {
        let message = format!("{whose} ended with {}: {:?}: {errors}", outcome.code, outcome.stdout_text());
        return Err(message.into());
    }
    if run.code != 0 && !errors.contains(run.error) {
        return Err(format!("{whose} complains with {errors:?}").into());
    }
    Ok(())
}
