//! Built-in functions of asynchronous components: what each gives, against what wasmtime was seen to give. The components and their values are
//! those of the corpora (`p3/builtins`); without them, a test that stands for them is skipped, and with the variable `CI` set, it
//! fails.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};
use support::{Folder, Limits, Outcome, Target, run, targets};

/// The components; beside each, the values of its exported functions.
const COMPONENTS: [&str; 2] = ["streams", "calls"];

/// The rows that differ from what wasmtime prints: `tests/concurrency/differences.toml`.
#[derive(serde::Deserialize)]
struct Differences {
    /// By functions, what is printed of them.
    functions: HashMap<String, String>,
    /// By what wasmtime says of a trap, what the executable says.
    traps: HashMap<String, String>,
}

/// A component that is compiled once for all of its functions.
struct Program {
    component: PathBuf,
    target: Target,
    executable: OnceLock<Result<PathBuf, String>>,
}

/// An exported function, and what wasmtime printed of its call.
struct Case {
    program: Arc<Program>,
    function: String,
    expected: String,
}

fn main() -> ExitCode {
    let trials = match corpus() {
        Some(folder) => trials(&folder),
        None => vec![missing()],
    };
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// The folder of the components, if the corpora are there.
fn corpus() -> Option<PathBuf> {
    let beside = || support::repository().join("../shared/corpora");
    let corpora = std::env::var_os("TEST_CORPORA").map_or_else(beside, PathBuf::from);
    Some(corpora.join("p3/builtins")).filter(|folder| folder.is_dir())
}

fn missing() -> Trial {
    let fail = || Err("p3/builtins of the corpora is missing".into());
    Trial::test("corpus", fail).with_ignored_flag(std::env::var_os("CI").is_none())
}

fn trials(folder: &Path) -> Vec<Trial> {
    let differences: Differences =
        toml::from_str(include_str!("concurrency/differences.toml")).expect("a table of differences");
    let mut trials = Vec::new();
    for (target, name) in targets().into_iter().flat_map(|target| COMPONENTS.map(|name| (target.clone(), name))) {
        let component = folder.join(name).with_extension("wat");
        let values = std::fs::read_to_string(component.with_extension("txt")).expect("the values of a component");
        let program = Arc::new(Program { component, target, executable: OnceLock::new() });
        for line in values.lines() {
            let (function, printed) = line.split_once(": ").expect("a function and what was printed");
            let expected = differences.expected(function, printed);
            let case = Case { program: program.clone(), function: function.to_string(), expected };
            let label = format!("{}/{name}/{function}", program.target.name);
            trials.push(Trial::test(label, move || case.check()));
        }
    }
    trials
}

impl Differences {
    /// The line that an executable prints where wasmtime printed this.
    fn expected(&self, function: &str, printed: &str) -> String {
        if let Some(other) = self.functions.get(function) {
            return other.clone();
        }
        if printed.starts_with('[') {
            return printed.to_string();
        }
        let trap = printed.trim_start_matches("wasm trap: ");
        format!("wasm trap: {}", self.traps.get(trap).map_or(trap, String::as_str))
    }
}

impl Case {
    fn check(&self) -> Result<(), Failed> {
        let executable = self.program.executable.get_or_init(|| self.program.compile()).as_ref()?;
        let mut command = self.program.target.command(executable);
        let outcome = run(command.arg(format!("{}()", self.function)), Limits { seconds: 60, ..Limits::default() });
        let printed = printed(&outcome);
        match printed == self.expected {
            true => Ok(()),
            false => Err(format!("expected {}\ngot {printed}", self.expected).into()),
        }
    }
}

impl Program {
    fn compile(&self) -> Result<PathBuf, String> {
        let name = self.component.file_stem().unwrap_or_default().to_string_lossy();
        let folder = Folder::new("concurrency", &format!("{}/{name}", self.target.name));
        let executable = folder.join("program");
        let mut command = Command::new(support::aot());
        command.arg(&self.component).args(["--target", &self.target.name, "-o"]).arg(&executable);
        let outcome = run(&command, Limits::default());
        if outcome.code == 0 { Ok(executable) } else { Err(outcome.stderr_text()) }
    }
}

/// The result that was printed, or the line that names the trap.
fn printed(outcome: &Outcome) -> String {
    match outcome.code {
        0 => outcome.stdout_text().trim_end().to_string(),
        code => {
            let errors = outcome.stderr_text();
            let trap = errors.lines().find_map(|line| Some(&line[line.find("wasm trap: ")?..]));
            trap.map_or_else(|| format!("exit status {code}: {errors}"), str::to_string)
        }
    }
}
