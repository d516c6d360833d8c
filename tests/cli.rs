//! Command-line tests: every file of `tests/cli` is a session at a prompt, and so is a document with blocks that begin with
//! "```console". `tests/cli/readme.test` explains both.
//!
//! The commands of a session run one after another in the session's folder, each in a new bash with a clean
//! environment. `BLESS=1` rewrites the expectations in the files.

#[path = "cli/session.rs"]
mod session;
mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use session::{Form, Session, Step};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use support::{Folder, Limits, Outcome, Target};

/// Shell functions that a session may call.
const PRELUDE: &str = r#"
set -o pipefail
# Runs an executable of the session's target.
run() { $RUNNER "$@"; }
# Runs a Python of the session's target.
python() { if [ -z "$RUNNER" ]; then python3 "$@"; else python3-$TARGET "$@"; fi; }
"#;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = session::all().into_iter().flat_map(trials).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The trials of a session: one a target. Only the host's rewrites expectations; the others run again to confirm them.
fn trials(session: Result<Session, (String, Failed)>) -> Vec<Trial> {
    let session = match session {
        Ok(session) => session,
        Err((name, failed)) => return vec![Trial::test(name, || Err(failed))],
    };
    let all = session.all_targets && !support::blessing();
    let targets = support::targets().into_iter().filter(|target| all || target.is_host());
    targets
        .map(|target| {
            let name =
                if session.all_targets { format!("{}::{}", session.name, target.name) } else { session.name.clone() };
            let session = session.clone();
            Trial::test(name.clone(), move || perform(&session, &name, &target))
        })
        .collect()
}

fn perform(session: &Session, name: &str, target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("cli", &name.replace("::", "/"));
    for (name, contents) in &session.files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap())?;
        fs::write(file, contents)?;
    }
    let mut text = String::new();
    let mut differences = String::new();
    for step in &session.steps {
        let Step::Command { text: command, expected } = step else {
            let Step::Line(line) = step else { unreachable!() };
            writeln!(text, "{line}")?;
            continue;
        };
        let actual = type_in(command, &session.working_folder(&folder), session, target);
        if actual != *expected {
            writeln!(differences, "$ {command}\n--- expected\n{expected}--- got\n{actual}")?;
        }
        write!(text, "$ {}\n{actual}", command.replace('\n', "\n> "))?;
    }
    if support::blessing() {
        fs::write(&session.path, text + &session.tail)?;
        return Ok(());
    }
    if !differences.is_empty() {
        return Err(format!("{} (BLESS=1 rewrites)\n{differences}", session.path.display()).into());
    }
    folder.remove();
    Ok(())
}

/// Runs a command, and returns its output and exit code in the form of an expectation.
fn type_in(text: &str, folder: &Path, session: &Session, target: &Target) -> String {
    let mut command = Command::new("bash");
    let together = if session.form == Form::Document { "exec 2>&1\n" } else { "" };
    command.arg("-c").arg(format!("{PRELUDE}{together}{text}\n")).current_dir(folder);
    command
        .env("PATH", path(session.form))
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", folder)
        .env("REPOSITORY", support::repository())
        .env("CARGO", cargo())
        .env("GUESTS", support::guests())
        .env("HOST", support::host().name)
        .env("TARGET", &target.name)
        .env("RUNNER", target.runner.join(" "))
        .env("STRIP", strip(target));
    let outcome = support::run(&command, Limits::default());
    if session.form == Form::Document {
        return outcome.stdout_text();
    }
    expectation(&outcome, |text| {
        let text = text.replace(&*folder.to_string_lossy(), "$PWD");
        let text = text.replace(&*support::guests().to_string_lossy(), "$GUESTS");
        if session.all_targets { text.replace(&target.name, "$TARGET") } else { text }
    })
}

/// The folders of `aot`, of the tools, and in documents of Rust.
fn path(form: Form) -> String {
    let mut folders =
        vec![support::aot().parent().unwrap().to_path_buf(), support::repository().join("target/setup/bin")];
    if form == Form::Document {
        folders.extend(cargo().parent().map(Path::to_path_buf));
    }
    let folders: Vec<_> = folders.iter().map(|folder| folder.to_string_lossy()).collect();
    format!("{}:{}", folders.join(":"), support::PATH)
}

/// The cargo that runs the tests.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// The binutils of a target, under Debian's names.
fn strip(target: &Target) -> String {
    format!("{}-linux-gnu-strip", target.isa)
}

fn expectation(outcome: &Outcome, replace: impl Fn(String) -> String) -> String {
    let mut text = mark('>', &replace(outcome.stdout_text()));
    text += &mark('!', &replace(outcome.stderr_text()));
    if outcome.code != 0 {
        text += &format!("[{}]\n", outcome.code);
    }
    text
}

/// Puts `mark` before each line; a text without a final newline gets a backslash at its end.
fn mark(mark: char, text: &str) -> String {
    let mut marked = String::new();
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, "\\\n"), |line| (line, "\n"));
        let space = if line.is_empty() && end == "\n" { "" } else { " " };
        marked += &format!("{mark}{space}{line}{end}");
    }
    marked
}
