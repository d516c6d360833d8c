//! Command-line tests: every file of `tests/cli` is a session at a prompt. `tests/cli/readme.test` explains the format.
//!
//! The commands of a session run one after another in the session's folder, each in a new bash with a clean
//! environment. `BLESS=1` rewrites the expectations in the files.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
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
"#;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = sessions().into_iter().flat_map(|path| trials(&path)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn sessions() -> Vec<PathBuf> {
    let folder = support::repository().join("tests/cli");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// Makes one trial for each target. Only the host's rewrites expectations: the others run again to confirm them.
fn trials(path: &Path) -> Vec<Trial> {
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    let session = match Session::read(path) {
        Ok(session) => session,
        Err(failed) => return vec![Trial::test(stem, || Err(failed))],
    };
    let all = session.all_targets && !support::blessing();
    let targets = support::targets().into_iter().filter(|target| all || target.is_host());
    targets
        .map(|target| {
            let name = if session.all_targets { format!("{stem}::{}", target.name) } else { stem.clone() };
            let (session, path) = (session.clone(), path.to_path_buf());
            Trial::test(name.clone(), move || perform(&session, &path, &name, &target))
        })
        .collect()
}

/// A file of `tests/cli`.
#[derive(Clone, Debug, Default)]
struct Session {
    all_targets: bool,
    steps: Vec<Step>,
    /// Names and contents of the files that the folder holds at first.
    files: Vec<(String, String)>,
    /// End of the file, which names and contains those files.
    tail: String,
}

/// A line that isn't a command, or a command with its expected output.
#[derive(Clone, Debug)]
enum Step {
    Line(String),
    Command { text: String, expected: String },
}

impl Session {
    fn read(path: &Path) -> Result<Self, Failed> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let script = text.find("\n-- ").map_or(text.len(), |at| at + 1);
        let mut session = Session { tail: text[script..].to_string(), ..Session::default() };
        for (index, line) in text[..script].lines().enumerate() {
            session.add(line).map_err(|error| format!("{}:{}: {error}", path.display(), index + 1))?;
        }
        session.files = files(&session.tail);
        Ok(session)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let command = line.strip_prefix("$ ");
        match self.steps.last_mut() {
            _ if command.is_some() => {
                let text = command.unwrap_or_default().to_string();
                self.steps.push(Step::Command { text, expected: String::new() });
            }
            Some(Step::Command { expected, .. }) if is_expectation(line) => {
                expected.push_str(line);
                expected.push('\n');
            }
            _ if line == "targets: all" => {
                self.all_targets = true;
                self.steps.push(Step::Line(line.to_string()));
            }
            _ if line.is_empty() || line.starts_with('#') => self.steps.push(Step::Line(line.to_string())),
            _ => {
                return Err(format!("`{line}` is neither a command, nor what one prints, nor a comment"));
            }
        }
        Ok(())
    }
}

fn is_expectation(line: &str) -> bool {
    line.starts_with("> ") || line.starts_with("! ") || [">", "!"].contains(&line) || line.starts_with('[')
}

/// Returns the files that follow `-- NAME --` lines.
fn files(tail: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in tail.lines() {
        match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            Some(name) => files.push((name.to_string(), String::new())),
            None => {
                let Some((_, contents)) = files.last_mut() else {
                    continue;
                };
                contents.push_str(line);
                contents.push('\n');
            }
        }
    }
    files
}

fn perform(session: &Session, path: &Path, name: &str, target: &Target) -> Result<(), Failed> {
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
        let actual = type_in(command, &folder, session, target);
        if actual != *expected {
            writeln!(differences, "$ {command}\n--- expected\n{expected}--- got\n{actual}")?;
        }
        write!(text, "$ {command}\n{actual}")?;
    }
    if support::blessing() {
        fs::write(path, text + &session.tail)?;
        return Ok(());
    }
    if !differences.is_empty() {
        return Err(format!("{} (BLESS=1 rewrites)\n{differences}", path.display()).into());
    }
    folder.remove();
    Ok(())
}

/// Runs a command, and returns its output and exit code in the form of an expectation.
fn type_in(text: &str, folder: &Path, session: &Session, target: &Target) -> String {
    let mut command = Command::new("bash");
    command.arg("-c").arg(format!("{PRELUDE}{text}\n")).current_dir(folder);
    let bin = support::repository().join("target/setup/bin");
    let aot = support::aot().parent().unwrap();
    command
        .env("PATH", format!("{}:{}:{}", aot.display(), bin.display(), support::PATH))
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", folder)
        .env("REPOSITORY", support::repository())
        .env("CARGO", std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .env("GUESTS", support::guests())
        .env("HOST", support::host().name)
        .env("TARGET", &target.name)
        .env("RUNNER", target.runner.join(" "))
        .env("STRIP", strip(target));
    let outcome = support::run(&command, Limits::default());
    expectation(&outcome, |text| {
        let text = text.replace(&*folder.to_string_lossy(), "$PWD");
        let text = text.replace(&*support::guests().to_string_lossy(), "$GUESTS");
        if session.all_targets { text.replace(&target.name, "$TARGET") } else { text }
    })
}

/// Returns the name of a target's `strip` in Debian's binutils.
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
