//! The sessions: files of `tests/cli`, and the blocks of documents that begin with "```console".

use super::support;
use libtest_mimic::Failed;
use std::fs;
use std::path::{Path, PathBuf};

/// The start of a document's block whose commands are performed.
const BLOCK: &str = "```console";
const BLOCK_END: &str = "```";

/// Commands in a folder, with what is expected of each.
#[derive(Clone, Debug)]
pub struct Session {
    /// The end of the test's name, which says which session it is.
    pub name: String,
    pub path: PathBuf,
    /// True if it is performed for each target and not for this machine's alone.
    pub all_targets: bool,
    pub form: Form,
    pub steps: Vec<Step>,
    /// Names and contents of what the folder holds at first.
    pub files: Vec<(String, Vec<u8>)>,
    /// The folder inside of it where the commands run; empty for itself.
    pub inside: String,
    /// The end of a file of `tests/cli`, which names and holds the files.
    pub tail: String,
}

/// The way in which a session writes what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Marked lines, as `tests/cli/readme.test` explains.
    Test,
    /// A document that shows a terminal.
    Document,
}

/// A line that isn't a command, or a command with what is expected of it.
#[derive(Clone, Debug)]
pub enum Step {
    Line(String),
    Command { text: String, expected: String },
}

/// All sessions, by name.
pub fn all() -> Vec<Result<Session, (String, Failed)>> {
    let repository = support::repository();
    let tests = with_extension(&repository.join("tests/cli"), "test");
    let mut documents = vec![repository.join("README.md")];
    documents.extend(with_extension(&repository.join("docs"), "md"));
    let examples = with_extension(&repository.join("examples"), "");
    documents.extend(examples.iter().map(|folder| folder.join("README.md")));
    assert!(!tests.is_empty() && !examples.is_empty());
    let tests = tests.into_iter().map(|path| Session::read(&path));
    let documents = documents.into_iter().map(|path| Session::read_document(&path));
    tests.chain(documents).filter(|session| session.as_ref().map_or(true, Session::has_commands)).collect()
}

/// The files of a folder that have an extension, in order.
fn with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().unwrap_or_default() == extension);
    paths.sort();
    paths
}

impl Session {
    fn new(path: &Path, form: Form, steps: Vec<Step>) -> Self {
        let name = match form {
            Form::Test => path.file_stem().unwrap().to_string_lossy().into_owned(),
            Form::Document => path.strip_prefix(support::repository()).unwrap().display().to_string(),
        };
        let path = path.to_path_buf();
        let (files, inside, tail) = (Vec::new(), String::new(), String::new());
        Self { name, path, all_targets: false, form, steps, files, inside, tail }
    }

    /// The folder in which the commands run, given the session's.
    pub fn working_folder(&self, folder: &Path) -> PathBuf {
        if self.inside.is_empty() { folder.to_path_buf() } else { folder.join(&self.inside) }
    }

    fn has_commands(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Command { .. }))
    }

    /// Reads a file of `tests/cli`.
    fn read(path: &Path) -> Result<Self, (String, Failed)> {
        let mut session = Self::new(path, Form::Test, Vec::new());
        let name = session.name.clone();
        let failed = |message: String| (name.clone(), message.into());
        let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let script = text.find("\n-- ").map_or(text.len(), |at| at + 1);
        for (index, line) in text[..script].lines().enumerate() {
            let step = test_line(line, session.steps.last_mut());
            session.steps.extend(step.map_err(|error| failed(format!("line {}: {error}", index + 1)))?);
        }
        session.all_targets =
            session.steps.iter().any(|step| matches!(step, Step::Line(line) if line == "targets: all"));
        session.tail = text[script..].to_string();
        session.files = files(&session.tail);
        Ok(session)
    }

    /// Reads a document. The commands of an example's run in its folder, in a copy of all examples.
    fn read_document(path: &Path) -> Result<Self, (String, Failed)> {
        let name = path.display().to_string();
        let failed = |error: std::io::Error| (name.clone(), error.into());
        let text = fs::read_to_string(path).map_err(failed)?;
        let mut session = Self::new(path, Form::Document, document(&text));
        if let Some(example) = session.name.strip_prefix("examples/").and_then(|name| name.strip_suffix("/README.md")) {
            session.files = files_of(&support::repository().join("examples")).map_err(failed)?;
            session.files.extend(built_for(example));
            session.inside = example.to_string();
        }
        Ok(session)
    }
}

/// Adds a line of a file of `tests/cli` to what is expected of the last command, or returns it as a step.
fn test_line(line: &str, last: Option<&mut Step>) -> Result<Option<Step>, String> {
    if let Some(command) = line.strip_prefix("$ ") {
        return Ok(Some(Step::Command { text: command.to_string(), expected: String::new() }));
    }
    match last {
        Some(Step::Command { expected, .. }) if is_expectation(line) => {
            *expected += &format!("{line}\n");
            Ok(None)
        }
        _ if line == "targets: all" || line.is_empty() || line.starts_with('#') => {
            Ok(Some(Step::Line(line.to_string())))
        }
        _ => Err(format!("`{line}` is neither a command, nor what one prints, nor a comment")),
    }
}

fn is_expectation(line: &str) -> bool {
    line.starts_with("> ") || line.starts_with("! ") || [">", "!"].contains(&line) || line.starts_with('[')
}

/// The files after `-- NAME --` lines.
fn files(tail: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in tail.lines() {
        match line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            Some(name) => files.push((name.to_string(), Vec::new())),
            None => {
                let Some((_, contents)) = files.last_mut() else {
                    continue;
                };
                contents.extend(line.bytes());
                contents.push(b'\n');
            }
        }
    }
    files
}

/// The steps of a document. In a block, a line that begins with `> ` goes on with the command above it.
fn document(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let ends = inside && line == BLOCK_END;
        inside = (inside && !ends) || line == BLOCK;
        match steps.last_mut() {
            _ if !inside || line == BLOCK => steps.push(Step::Line(line.to_string())),
            _ if line.starts_with("$ ") => {
                steps.push(Step::Command { text: line[2..].to_string(), expected: String::new() });
            }
            Some(Step::Command { text, expected }) if expected.is_empty() && line.starts_with("> ") => {
                *text += &format!("\n{}", &line[2..]);
            }
            Some(Step::Command { expected, .. }) => *expected += &format!("{line}\n"),
            _ => steps.push(Step::Line(line.to_string())),
        }
    }
    steps
}

/// The component that an example's own tools make, where the guests of tests were built from the same source.
fn built_for(example: &str) -> Option<(String, Vec<u8>)> {
    let component = fs::read(support::guests().join("examples").join(format!("{example}.wasm"))).ok()?;
    Some((format!("{example}/service.wasm"), component))
}

/// The files in a folder and below, by their paths in it, without what cargo built there.
fn files_of(folder: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name == "target" {
            continue;
        }
        if path.is_dir() {
            files.extend(files_of(&path)?.into_iter().map(|(inner, contents)| (format!("{name}/{inner}"), contents)));
        } else {
            files.push((name, fs::read(&path)?));
        }
    }
    Ok(files)
}
