//! A copy of the repository in which all faults are made, with the executables that are built of it: each has a place for the
//! number of the fault that it has.

use super::faults::{self, ASK, Fault, MARK};
use super::plan::Plan;
use crate::steps::step;
use crate::{places, process};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, io, str, thread};

/// The copy.
pub struct Tree {
    /// The copy's top folder.
    folder: PathBuf,
    /// All faults.
    pub faults: Vec<Fault>,
    /// The numbers of faults that don't compile.
    pub without: BTreeSet<u16>,
    /// The executables, by the name of a suite or of a crate whose unit tests they have.
    executables: BTreeMap<String, PathBuf>,
    /// The places of the number in files.
    places: Vec<(PathBuf, Vec<u64>)>,
}

impl Tree {
    /// Makes all faults in memory.
    ///
    /// # Errors
    /// A source can't be read.
    pub fn list(plan: &Plan) -> Result<Tree> {
        let folder = places::repository().join("target/mutations");
        let (faults, without, places) = (Vec::new(), BTreeSet::new(), Vec::new());
        let mut tree = Tree { folder, faults, without, executables: BTreeMap::new(), places };
        tree.faults = tree.sources(plan)?.into_iter().flat_map(|(_, _, faults)| faults).collect();
        Ok(tree)
    }

    /// Returns each file with faults, what becomes of it, and the faults.
    fn sources(&self, plan: &Plan) -> Result<Vec<(String, String, Vec<Fault>)>> {
        let mut first = 1;
        let mut sources = Vec::new();
        for file in plan.groups.iter().flat_map(|group| &group.files) {
            let path = places::repository().join(file);
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let (made, faults) = faults::make(file, &text, first, &self.without).with_context(|| file.clone())?;
            first += faults.len() as u16;
            sources.push((file.clone(), made, faults));
        }
        Ok(sources)
    }

    /// Writes the copy and builds it.
    ///
    /// # Errors
    /// It isn't built even without the faults that the compiler complains about.
    pub fn build(&mut self, plan: &Plan) -> Result<()> {
        step("Copy of the repository", || self.copy(plan))?;
        step("Unit tests of the run-time library", || self.executables_of(plan, "runtime-lib", &["--workspace"]))?;
        let host = format!("{}-linux", std::env::consts::ARCH);
        step("Run-time library", || {
            let mut cargo = process::cargo();
            process::run(cargo.args(["xtask", "runtime", "--target", &host]).current_dir(&self.folder))
        })?;
        step("Compiler", || self.executables_of(plan, ".", &["--workspace", "--lib"]))?;
        let suites: Vec<&str> = plan.suites().into_iter().flat_map(|suite| ["--test", suite]).collect();
        step("Suites", || self.executables_of(plan, ".", &suites))?;
        self.find_places()
    }

    /// Writes what has changed, so that cargo builds no more than that anew.
    fn copy(&self, plan: &Plan) -> Result<()> {
        let mut git = Command::new("git");
        git.args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(places::repository());
        let list = process::output(&mut git)?;
        let changed: BTreeMap<String, String> =
            self.sources(plan)?.into_iter().map(|(file, made, _)| (file, made)).collect();
        let kept: BTreeSet<PathBuf> = list.lines().map(|file| self.folder.join(file)).collect();
        remove_others(&self.folder, &kept)?;
        for file in list.lines() {
            let from = places::repository().join(file);
            let bytes = match changed.get(file) {
                Some(text) => text.clone().into_bytes(),
                None if !from.exists() => continue,
                None => fs::read(&from).with_context(|| format!("reading {file}"))?,
            };
            let to = self.folder.join(file);
            if fs::read(&to).is_ok_and(|present| present == bytes) {
                continue;
            }
            fs::create_dir_all(to.parent().unwrap_or(&to))?;
            fs::write(&to, bytes).with_context(|| format!("writing {}", to.display()))?;
            fs::set_permissions(&to, fs::metadata(&from)?.permissions())?;
        }
        self.share()
    }

    /// Shares what is installed and built for tests, and the other targets' run-time libraries.
    fn share(&self) -> Result<()> {
        fs::create_dir_all(self.folder.join("target/runtime"))?;
        let mut shared = vec![PathBuf::from("setup"), PathBuf::from("guests"), PathBuf::from("composed-build")];
        for entry in fs::read_dir(places::runtimes())? {
            let name = entry?.file_name();
            if !name.to_string_lossy().starts_with(std::env::consts::ARCH) {
                shared.push(Path::new("runtime").join(name));
            }
        }
        for name in shared {
            let link = self.folder.join("target").join(&name);
            if !link.exists() {
                symlink(places::repository().join("target").join(&name), &link)?;
            }
        }
        Ok(())
    }

    /// Builds tests of a workspace and notes their executables. Faults that don't compile are left out, one after another.
    fn executables_of(&mut self, plan: &Plan, workspace: &str, words: &[&str]) -> Result<()> {
        loop {
            let mut cargo = process::cargo();
            cargo.args(["test", "--release", "--no-run", "--quiet", "--message-format=json"]).args(words);
            let output = cargo.current_dir(self.folder.join(workspace)).stderr(Stdio::inherit()).output()?;
            let text = str::from_utf8(&output.stdout)?;
            let messages: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            if output.status.success() {
                self.executables.extend(messages.iter().filter_map(executable));
                return Ok(());
            }
            let before = self.without.len();
            for message in &messages {
                self.without.extend(self.at_fault(message, workspace));
            }
            if self.without.len() == before {
                let texts = messages.iter().filter_map(|message| message["message"]["rendered"].as_str());
                let texts: Vec<&str> = texts.filter(|text| text.starts_with("error")).collect();
                bail!("the copy in {} isn't built:\n{}", self.folder.display(), texts.concat());
            }
            self.copy(plan)?;
        }
    }

    /// Returns the fault that an error of the compiler is about: the first in its place, or else the last before it.
    fn at_fault(&self, message: &Value, workspace: &str) -> Option<u16> {
        let message = message.get("message").filter(|message| message["level"] == "error")?;
        let spans = message["spans"].as_array()?;
        spans.iter().filter(|span| span["is_primary"] == true).find_map(|span| {
            let path = self.folder.join(workspace).join(span["file_name"].as_str()?);
            let text = fs::read_to_string(path).ok()?;
            let at = |key: &str| span[key].as_u64().and_then(|at| usize::try_from(at).ok());
            let (start, end) = (at("byte_start")?, at("byte_end")?);
            let ask = format!("{ASK} (");
            let inside = text.get(start..end)?.split_once(&ask).map(|(_, rest)| rest);
            let rest = inside.or_else(|| text.get(..start)?.rsplit_once(&ask).map(|(_, rest)| rest))?;
            rest.split_once("u16")?.0.trim().parse().ok()
        })
    }

    /// Returns the executable of a name that [`Tree::build`] has noted.
    ///
    /// # Errors
    /// There is none.
    pub fn executable(&self, name: &str) -> Result<&Path> {
        self.executables.get(name).map(PathBuf::as_path).with_context(|| format!("no executable for {name}"))
    }

    /// Gives all executables the fault of a number; 0 is none.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn choose(&self, number: u16) -> Result<()> {
        for (path, places) in &self.places {
            let file = open_idle(path).with_context(|| format!("writing {}", path.display()))?;
            places.iter().try_for_each(|place| file.write_all_at(&number.to_le_bytes(), *place))?;
        }
        Ok(())
    }

    /// Finds the places of the number.
    fn find_places(&mut self) -> Result<()> {
        let host = format!("{}-linux", std::env::consts::ARCH);
        let archive = self.folder.join("target/runtime").join(host).join("libaot_runtime.a");
        let files = self.executables.values().cloned().chain([self.folder.join("target/release/aot"), archive]);
        for path in files {
            let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            let marks = bytes.windows(MARK.len()).enumerate().filter(|(_, window)| window == MARK);
            self.places.push((path, marks.map(|(at, _)| (at + MARK.len()) as u64).collect()));
        }
        Ok(())
    }

    /// Returns the copy's top folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Removes the files of a folder that aren't kept: the repository had them before. What cargo has built stays.
fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && entry.file_name() != "target" {
            remove_others(&path, kept)?;
        } else if !kind.is_dir() && !kept.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

/// Opens an executable for writing, once no process of the test before runs it any more.
fn open_idle(path: &Path) -> io::Result<File> {
    for _ in 0..100 {
        match File::options().write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(100));
            }
            result => return result,
        }
    }
    File::options().write(true).open(path)
}

/// Returns the name and file of an executable that a message of cargo's is about.
fn executable(message: &Value) -> Option<(String, PathBuf)> {
    let path = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
    Some((message["target"]["name"].as_str()?.to_string(), PathBuf::from(path)))
}
