//! `tests/wasi-programs.toml`: how programs are run, and what they should do.

use crate::places;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expectations {
    not_run: BTreeMap<String, String>,
    program: BTreeMap<String, Case>,
    failures: BTreeMap<String, String>,
}

/// A program's start, and what it should do. The file explains the fields.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Case {
    pub flags: Option<Vec<String>>,
    pub arguments: Vec<String>,
    /// The executable's own name is the first argument.
    pub argument_0: bool,
    pub files: BTreeMap<String, String>,
    pub input: String,
    /// Standard input is a folder.
    pub input_folder: bool,
    /// Standard output is closed after its first bytes.
    pub close_output: bool,
    pub exit: i32,
    pub output: Option<String>,
    pub errors: Option<String>,
    /// True if the program gets the address of our HTTP server.
    pub http: bool,
    /// True if the program runs in a terminal.
    pub terminal: bool,
    pub not_run: Option<String>,
}

impl Case {
    /// Tells the program where our HTTP server is, and grants it all requests.
    pub fn ask(&mut self, port: u16) {
        let grants = ["--http", "http://*:*/", "--http", "https://*:*/", "--env"].map(String::from);
        let flags = self.flags.get_or_insert_default();
        flags.extend(grants);
        flags.push(format!("HTTP_SERVER=localhost:{port}"));
    }
}

impl Expectations {
    pub fn read() -> Result<Expectations> {
        let file = places::repository().join("tests/wasi-programs.toml");
        let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
        toml::from_str(&text).with_context(|| format!("reading {}", file.display()))
    }

    /// The reason for which a program isn't run.
    pub fn not_run(&self, name: &str) -> Option<&str> {
        let own = self.program.get(name).and_then(|case| case.not_run.as_deref());
        own.or_else(|| self.not_run.iter().find(|(prefix, _)| name.starts_with(*prefix)).map(|(_, why)| why.as_str()))
    }

    /// The case of a program of wasmtime's.
    pub fn case(&self, name: &str) -> Case {
        let mut case = self.program.get(name).cloned().unwrap_or_default();
        let is_cli = name.starts_with("p2_cli_");
        if !is_cli && case.arguments.is_empty() {
            case.arguments = vec![String::from(".")];
        }
        case.flags.get_or_insert_with(|| {
            let flags: &[&str] = if is_cli { &[] } else { &["--dir", ".::.", "--env", "ERRNO_MODE_UNIX=1"] };
            flags.iter().map(ToString::to_string).collect()
        });
        case
    }

    /// The reason for which a program fails, as `NAME` or `NAME::FORM`.
    pub fn failure(&self, name: &str) -> Option<&str> {
        let program = name.split("::").next().unwrap_or(name);
        self.failures.get(name).or_else(|| self.failures.get(program)).map(String::as_str)
    }
}
