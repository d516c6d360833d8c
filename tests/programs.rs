//! Programs of `tests/programs`, as core modules and as components, compiled for every target and run: their output,
//! exit codes and files are compared with those under wasmtime.
//!
//! `cargo xtask guests` builds them. The lines `// key: value` at the head of a source (with `;;` in WAT, `//!` in
//! Rust) say how to start the program; `tests/README.md` explains them.

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, OnceLock};
use support::{Folder, Limits, Outcome, Target};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut sources = Vec::new();
    collect(&programs(), &mut sources);
    sources.sort();
    assert!(!sources.is_empty());
    let failures = expected_failures();
    let trials = sources.iter().flat_map(|source| trials(source, &failures)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn programs() -> PathBuf {
    support::repository().join("tests/programs")
}

/// Returns the tests that are known to fail, with reasons.
fn expected_failures() -> Vec<(String, String)> {
    let text = fs::read_to_string(programs().join("expectations.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("expectations.toml: {error}"));
    let failures = table["failures"].as_table().unwrap();
    failures.iter().map(|(name, reason)| (name.clone(), reason.as_str().unwrap().to_string())).collect()
}

/// Returns true if `name` is `prefix` or begins with `prefix` and `::`.
fn is_prefix(prefix: &str, name: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Extensions of sources.
const LANGUAGES: &[&str] = &["wat", "c", "cpp", "rs", "py", "js"];

fn collect(folder: &Path, sources: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| LANGUAGES.iter().any(|it| extension == *it)) {
            sources.push(path);
        }
    }
}

/// Makes a trial for each form and target; those with the same oracle share the run under wasmtime.
fn trials(source: &Path, failures: &[(String, String)]) -> Vec<Trial> {
    let name = source.strip_prefix(programs()).unwrap().with_extension("").display().to_string();
    let program = match Program::read(source, &name) {
        Ok(program) => Arc::new(program),
        Err(error) => return vec![Trial::test(name, || Err(error))],
    };
    let mut trials = Vec::new();
    let mut expected = BTreeMap::<&str, Arc<OnceLock<Vec<Effect>>>>::new();
    for form in &program.forms {
        for (form, target) in program.ways(form) {
            let expected = expected.entry(program.oracle(&form)).or_default().clone();
            let program = program.clone();
            let name = format!("{name}::{form}::{}", target.name);
            let reason = failures.iter().find(|(prefix, _)| is_prefix(prefix, &name)).map(|(_, reason)| reason.clone());
            trials.push(Trial::test(name, move || {
                let result = check(&program, &form, &target, &expected);
                match (result, reason) {
                    (Ok(()), Some(reason)) => Err(format!("passes, but is expected to fail: {reason}").into()),
                    (Err(_), Some(_)) => Ok(()),
                    (result, None) => result,
                }
            }));
        }
    }
    trials
}

/// The form of a component whose adapter of preview1 is compiled: it calls WASI 0.2 as few other programs do.
const ADAPTER: &str = "adapter";

/// A program, and the way to start it.
#[derive(Debug, Default)]
struct Program {
    /// Path of the source without the extension, relative to `tests/programs`.
    name: String,
    /// Forms to test: `core`, `component` and `wasip2`.
    forms: Vec<String>,
    /// Arguments of each run.
    arguments: Vec<Vec<String>>,
    environment: Vec<String>,
    directories: Vec<String>,
    /// True if the program may use the machine's own addresses and names.
    loopback: bool,
    files: Vec<(String, String)>,
    input: String,
    /// True if the program imports `wasi:http`, which wasmtime enables only on request.
    http: bool,
    errors: Errors,
    /// True if the component does what the core module does, where the adapter of preview1 does something else.
    as_core: bool,
    /// File with the expected output, if wasmtime's doesn't apply. Files beside it may be for one form each.
    expected_file: Option<PathBuf>,
}

/// Comparison of standard error.
#[derive(Debug, Default)]
enum Errors {
    #[default]
    Same,
    LastLine,
    Ignored,
}

impl Program {
    fn read(source: &Path, name: &str) -> Result<Self, Failed> {
        let forms = ["core", "component"].map(str::to_string).to_vec();
        let mut program = Program { name: name.to_string(), forms, ..Program::default() };
        let text = fs::read_to_string(source)?;
        for line in text.lines().map_while(comment) {
            if let Some((key, value)) = line.split_once(": ")
                && key.chars().all(|c| c.is_ascii_lowercase())
            {
                program.set(key, value, source).map_err(|error| format!("{}: {error}", source.display()))?;
            }
        }
        if program.arguments.is_empty() {
            program.arguments.push(Vec::new());
        }
        Ok(program)
    }

    fn set(&mut self, key: &str, value: &str, source: &Path) -> Result<(), String> {
        match key {
            "forms" => self.forms = words(value),
            "args" => self.arguments.push(words(value)),
            "env" => self.environment.push(value.to_string()),
            "network" if value == "loopback" => self.loopback = true,
            "dir" => self.directories.push(value.to_string()),
            "file" => {
                let (path, contents) = value.split_once(' ').unwrap_or((value, ""));
                self.files.push((path.to_string(), unescape(contents)));
            }
            "network" if value == "http" => self.http = true,
            "component" if value == "as core" => self.as_core = true,
            "stdin" => self.input = unescape(value),
            "stderr" if value == "last line" => self.errors = Errors::LastLine,
            "stderr" if value == "ignored" => self.errors = Errors::Ignored,
            "oracle" if value == "file" => self.expected_file = Some(source.with_extension("expected")),
            _ => return Err(format!("`{key}: {value}` isn't known: see tests/README.md")),
        }
        Ok(())
    }

    /// The forms and targets that a form is tested as. A component made of the core module is compiled with its adapter too, on
    /// this machine.
    fn ways(&self, form: &str) -> Vec<(String, Target)> {
        let of_form = |target| (form.to_string(), target);
        let is_made = form == "component" && self.forms.iter().any(|form| form == "core");
        let with_adapter = is_made.then(|| (ADAPTER.to_string(), support::host()));
        support::targets().into_iter().map(of_form).chain(with_adapter).collect()
    }

    /// The form that wasmtime runs for comparison with a form.
    fn oracle(&self, form: &str) -> &'static str {
        match form {
            "core" => "core",
            "component" if self.as_core => "core",
            "component" | ADAPTER => "component",
            _ => "wasip2",
        }
    }

    fn wasm(&self, form: &str) -> PathBuf {
        let suffix = match form {
            "core" => "",
            ADAPTER => ".component",
            form => &format!(".{form}"),
        };
        support::guest(&format!("{}{suffix}.wasm", self.name))
    }
}

/// Returns the text of a comment line.
fn comment(line: &str) -> Option<&str> {
    ["//!", "//", ";;", "#"].iter().find_map(|mark| line.strip_prefix(mark)).map(str::trim)
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
}

/// Splits at spaces outside quotes.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut inside) = (None, false);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ') => {
                inside = false;
                continue;
            }
            _ => {}
        }
        if !inside {
            words.push(String::new());
            inside = true;
        }
        let is_quote = matches!(c, '"' | '\'') && quote.is_none_or(|open| open == c);
        if let (false, Some(word)) = (is_quote, words.last_mut()) {
            word.push(c);
        }
    }
    words
}

/// Effect of a run: the output, and the files that are in its folder afterwards.
#[derive(Debug)]
struct Effect {
    outcome: Outcome,
    files: BTreeMap<String, String>,
}

fn check(program: &Program, form: &str, target: &Target, expected: &OnceLock<Vec<Effect>>) -> Result<(), Failed> {
    let actual = under_aot(program, form, target)?;
    if let Some(file) = &program.expected_file {
        return compare_with_file(&actual, file, form);
    }
    let expected = expected.get_or_init(|| under_wasmtime(program, program.oracle(form)));
    expected.iter().zip(&actual).try_for_each(|(expected, actual)| compare(program, form, expected, actual))
}

fn under_wasmtime(program: &Program, form: &str) -> Vec<Effect> {
    let folder = Folder::new("programs", &format!("{}/{form}/wasmtime", program.name));
    let compiled = program.arguments.len() > 1;
    let wasm = if compiled { precompile(program, form, &folder) } else { program.wasm(form) };
    let run = |arguments: &Vec<String>| {
        prepare(program, &folder);
        symlink(&wasm, folder.join("work/program.wasm")).unwrap();
        let mut command = Command::new(support::tool("wasmtime"));
        command.args(["run", "-S", "cli-exit-with-code", "-W", "shared-memory"]).current_dir(folder.join("work"));
        command.env("HOME", folder.as_os_str());
        if compiled {
            command.arg("--allow-precompiled");
        }
        if program.http {
            command.args(["-S", "http"]);
        }
        grant(&mut command, program);
        if program.loopback {
            command.args(["-S", "inherit-network,allow-ip-name-lookup"]);
        }
        command.arg("program.wasm").args(arguments);
        effect(program, &command, &folder)
    };
    let effects = program.arguments.iter().map(run).collect();
    folder.remove();
    effects
}

/// Precompiles a program with wasmtime, for programs that run more than once.
fn precompile(program: &Program, form: &str, folder: &Folder) -> PathBuf {
    let output = folder.join("program.cwasm");
    let mut command = Command::new(support::tool("wasmtime"));
    command.arg("compile").env("HOME", folder.as_os_str()).arg(program.wasm(form)).arg("-o").arg(&output);
    let outcome = support::run(&command, Limits::default());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr_text());
    output
}

fn under_aot(program: &Program, form: &str, target: &Target) -> Result<Vec<Effect>, Failed> {
    let folder = Folder::new("programs", &format!("{}/{form}/{}", program.name, target.name));
    let executable = folder.join("program");
    symlink(program.wasm(form), folder.join("program.wasm"))?;
    let mut compile = Command::new(support::aot());
    compile.current_dir(&folder).args(["program.wasm", "--target", &target.name, "-o", "program"]);
    if form == ADAPTER {
        compile.arg("--keep-adapter");
    }
    grant(&mut compile, program);
    if program.loopback {
        for host in ["127.0.0.0/8", "[::1]"] {
            compile.args(["--net", &format!("{host}:*"), "--listen", &format!("{host}:*")]);
        }
        compile.args(["--net", "localhost:*"]);
    }
    let compiled = support::run(&compile, Limits::default());
    if compiled.code != 0 || !compiled.stderr.is_empty() {
        return Err(format!("aot ended with {}: {}", compiled.code, compiled.stderr_text()).into());
    }
    let run = |arguments: &Vec<String>| {
        prepare(program, &folder);
        // The folder has the module, as it does under wasmtime.
        symlink(program.wasm(form), folder.join("work/program.wasm")).unwrap();
        let mut command = target.command(&executable);
        command.args(arguments).current_dir(folder.join("work"));
        effect(program, &command, &folder)
    };
    let effects = program.arguments.iter().map(run).collect();
    folder.remove();
    Ok(effects)
}

/// Prepares the input of a run, and the folder `work` in which the run starts.
fn prepare(program: &Program, folder: &Folder) {
    let work = folder.join("work");
    if work.exists() {
        fs::remove_dir_all(&work).unwrap();
    }
    fs::create_dir(&work).unwrap();
    for directory in &program.directories {
        let host = directory.split("::").next().unwrap_or_default();
        fs::create_dir_all(work.join(host.trim_end_matches(":ro"))).unwrap();
    }
    for (path, contents) in &program.files {
        fs::write(work.join(path), contents).unwrap();
    }
    fs::write(folder.join("input"), &program.input).unwrap();
}

/// Adds the flags that aot and wasmtime have in common.
fn grant(command: &mut Command, program: &Program) {
    for directory in &program.directories {
        command.args(["--dir", directory]);
    }
    for variable in &program.environment {
        command.args(["--env", variable]);
    }
}

fn effect(program: &Program, command: &Command, folder: &Folder) -> Effect {
    let input = File::open(folder.join("input")).unwrap();
    let outcome = support::run_with_input(command, Stdio::from(input), Limits { seconds: 60, ..Limits::default() });
    let mut files = BTreeMap::new();
    for directory in &program.directories {
        let host = directory.split("::").next().unwrap_or_default().trim_end_matches(":ro");
        read_tree(&folder.join("work").join(host), host, &mut files);
    }
    // The module is in the folder only for its name.
    files.remove("./program.wasm");
    Effect { outcome, files }
}

fn read_tree(folder: &Path, name: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_symlink() {
            files.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
        } else if path.is_dir() {
            files.insert(name.clone(), "a folder".into());
            read_tree(&path, &name, files);
        } else {
            files.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
        }
    }
}

fn compare(program: &Program, form: &str, expected: &Effect, actual: &Effect) -> Result<(), Failed> {
    let (wasmtime, aot) = (&expected.outcome, &actual.outcome);
    let code = match wasmtime.code {
        // Adapters know success and failure only.
        2..=125 if form == "component" && program.as_core => 1,
        code => code,
    };
    same("exit code", &code.to_string(), &aot.code.to_string(), aot)?;
    same("standard output", &wasmtime.stdout_text(), &aot.stdout_text(), aot)?;
    match program.errors {
        Errors::Same => same("standard error", &errors(wasmtime, form), &errors(aot, form), aot)?,
        Errors::LastLine => same("end of standard error", last_line(wasmtime), last_line(aot), aot)?,
        Errors::Ignored => {}
    }
    same("files", &format!("{:#?}", expected.files), &format!("{:#?}", actual.files), aot)
}

/// Standard error, without the adapter's lines in a backtrace of a component that is compiled without it.
fn errors(outcome: &Outcome, form: &str) -> String {
    let text = outcome.stderr_text();
    let is_kept = |line: &&str| form != "component" || !line.contains("wit-component:adapter:wasi_snapshot_preview1!");
    text.trim_end().lines().filter(is_kept).collect::<Vec<_>>().join("\n")
}

fn last_line(outcome: &Outcome) -> &str {
    let text = std::str::from_utf8(&outcome.stderr).unwrap_or_default().trim_end();
    // The digits before the line number the causes, of which wasmtime may have more.
    text.lines().last().unwrap_or_default().trim_start().trim_start_matches(|c: char| c.is_ascii_digit())
}

fn compare_with_file(actual: &[Effect], file: &Path, form: &str) -> Result<(), Failed> {
    let outcome = &actual.last().ok_or("no run")?.outcome;
    let of_form = file.with_extension(format!("{form}.expected"));
    let file = if of_form.exists() { &of_form } else { file };
    let text: String =
        actual.iter().map(|Effect { outcome, .. }| format!("{}[{}]\n", outcome.stdout_text(), outcome.code)).collect();
    if support::blessing() {
        fs::write(file, &text)?;
    }
    same("output (BLESS=1 rewrites)", &fs::read_to_string(file).unwrap_or_default(), &text, outcome)
}

fn same(what: &str, expected: &str, actual: &str, outcome: &Outcome) -> Result<(), Failed> {
    if expected == actual {
        return Ok(());
    }
    let errors = outcome.stderr_text();
    Err(format!("{what} differs\n--- wasmtime\n{expected}\n--- aot\n{actual}\n--- its standard error\n{errors}").into())
}
