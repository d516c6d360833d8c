//! Malformed, truncated, too deep and too large inputs: each gives an error or a result within bounds of time and
//! memory, and never a panic. Inputs that compile are run, and must not crash either.
//!
//! `generate`, `objects` and `products` make inputs at the limits; `mutate` damages good ones; each file of
//! `tests/robustness/inputs` once made something go wrong.

#[path = "robustness/expect.rs"]
mod expect;
#[path = "robustness/generate.rs"]
mod generate;
#[path = "robustness/mutate.rs"]
mod mutate;
#[path = "robustness/objects.rs"]
mod objects;
#[path = "robustness/products.rs"]
mod products;
mod support;
#[path = "robustness/wasm.rs"]
mod wasm;

use expect::{Case, Expect};
use libtest_mimic::{Arguments, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = generate::cases().into_iter().map(Case::into_trial).collect();
    trials.extend(products::cases().into_iter().map(Case::into_trial));
    trials.extend(objects::cases().into_iter().map(Case::into_trial));
    trials.extend(files_of("tests/robustness/inputs", &["wasm", "wat"]).iter().map(|path| dropped_in(path)));
    trials.extend(mutate::trials());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn dropped_in(path: &Path) -> Trial {
    let name = format!("inputs/{}", path.file_stem().unwrap_or_default().to_string_lossy());
    let path = path.to_path_buf();
    Case::new(name, Expect::Any, move || fs::read(&path).unwrap()).into_trial()
}

/// Returns the files of a folder that have one of these extensions, sorted by name.
fn files_of(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(support::repository().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)));
    paths.sort();
    paths
}
