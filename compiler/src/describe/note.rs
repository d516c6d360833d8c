//! What an executable says about itself, in an ELF note.

use super::{Binary, host_functions, kind, uses_http};
use crate::decode::Program;
use crate::driver::Options;
use crate::entry::Entry;
use crate::object::Sizes;
use crate::plan::{FuncKind, ProgramPlan};
use crate::policy::Limit;
use aot_abi::symbols;
use cranelift_object::object::{self, Object, ObjectSection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The note of an executable.
#[derive(Debug, Serialize, Deserialize)]
pub struct Note {
    /// Version of aot that made it.
    pub aot_version: String,
    /// Version of the contract between compiler and runtime.
    pub abi_version: u32,
    /// `core module` or `component`.
    pub kind: String,
    /// The name of the program's entry: `command`, `exports` and so on.
    #[serde(default)]
    pub entry: String,
    /// Exports that the runtime calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<String>,
    /// The target's name.
    pub target: String,
    /// Host functions that the program can call.
    pub host_functions: Vec<String>,
    /// Imports whose calls trap.
    pub missing: Vec<String>,
    /// Granted directories, as given.
    pub directories: Vec<String>,
    /// Directories inside the executable.
    pub embedded: Vec<String>,
    /// Set if variables may grant more at start.
    pub runtime_grants: bool,
    /// Set if debuggers and core files may see the process.
    #[serde(default)]
    pub dumpable: bool,
    /// Remote ends that it may talk to.
    pub net: Vec<String>,
    /// Local addresses that it may serve at.
    pub listen: Vec<String>,
    /// HTTP requests that it may send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<String>,
    /// Set if it gets the sockets that a service manager hands in.
    pub inherit_sockets: bool,
    /// Names of environment variables that the guest sees.
    pub environment: Vec<String>,
    /// Arguments that precede those of the command line.
    pub arguments: Vec<String>,
    /// Bytes of the guest's stack.
    pub stack_bytes: u64,
    /// Further limits, as flags.
    pub limits: Vec<String>,
    /// Bytes of guest code.
    pub text_bytes: u64,
    /// Bytes of initial contents.
    pub image_bytes: u64,
    /// Bytes of names and address maps.
    pub name_bytes: u64,
    /// Bytes of other tables.
    pub table_bytes: u64,
    /// The linear memories of the program.
    pub memories: Vec<MemoryNote>,
    /// The components and core modules that it was made from; the first is the whole program.
    #[serde(default, rename = "parts")]
    pub binaries: Vec<Binary>,
}

/// A linear memory in a note.
#[derive(Debug, Serialize, Deserialize)]
pub struct MemoryNote {
    /// Bytes at start.
    pub bytes_min: u64,
    /// Bound of growth in bytes.
    pub bytes_max: u64,
}

impl Note {
    /// The note of an executable; `None` if the file isn't one, or not of this version.
    pub fn read(executable: &[u8]) -> Option<Self> {
        let file = object::File::parse(executable).ok()?;
        let data = file.section_by_name(symbols::SECTION_NOTE)?.data().ok()?;
        let word = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize);
        let (owner_bytes, text_bytes) = (word(0)?, word(4)?);
        let owner = data.get(12..)?.get(..owner_bytes)?;
        if owner.strip_suffix(b"\0")? != symbols::NOTE_NAME.as_bytes() {
            return None;
        }
        let text = data.get(12 + owner_bytes.next_multiple_of(4)..)?.get(..text_bytes)?;
        toml::from_str(std::str::from_utf8(text).ok()?).ok()
    }
}

/// A program that a note is about.
pub struct Described<'d> {
    /// The decoded program.
    pub program: &'d Program<'d>,
    /// The components and core modules that it was made from.
    pub binaries: &'d [Binary],
    /// The entry that the program is compiled for.
    pub entry: &'d Entry,
    /// The plan of the program.
    pub plan: &'d ProgramPlan,
}

/// The note's text.
pub fn note(described: &Described<'_>, options: &Options, sizes: &Sizes) -> String {
    let Described { program, binaries, entry, plan } = *described;
    let host_functions = host_functions(plan);
    let has_http = uses_http(&host_functions);
    let missing: BTreeSet<&str> = plan
        .functions
        .values()
        .filter_map(|func| match &func.kind {
            FuncKind::Missing { name } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let policy = &options.policy;
    let note = Note {
        aot_version: env!("CARGO_PKG_VERSION").to_string(),
        abi_version: aot_abi::ABI_VERSION,
        kind: kind(program).to_string(),
        entry: entry.name.to_string(),
        exports: (entry.exports)(plan),
        target: options.target.name.clone(),
        host_functions: host_functions.into_iter().map(str::to_string).collect(),
        missing: missing.into_iter().map(str::to_string).collect(),
        directories: policy.directories.iter().map(display_directory).collect(),
        embedded: policy.embedded.iter().map(display_embedded).collect(),
        runtime_grants: policy.runtime_grants,
        dumpable: policy.dumpable,
        net: policy.network.net.iter().map(ToString::to_string).collect(),
        listen: policy.network.listen.iter().map(ToString::to_string).collect(),
        http: policy.http.grants.iter().map(ToString::to_string).collect(),
        inherit_sockets: policy.network.inherit_sockets,
        environment: policy
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .chain(policy.environment_inherited.iter().cloned())
            .collect(),
        arguments: policy.arguments.clone(),
        stack_bytes: policy.limits.get(Limit::Stack),
        limits: policy.limits.describe(has_http, plan.heap.is_some(), plan.thread_start.is_some()),
        text_bytes: sizes.text,
        image_bytes: sizes.images,
        name_bytes: sizes.names,
        table_bytes: sizes.tables,
        memories: plan
            .memories
            .values()
            .map(|memory| MemoryNote { bytes_min: memory.bytes_min, bytes_max: memory.bytes_max })
            .collect(),
        binaries: binaries.iter().map(Binary::without_items).collect(),
    };
    toml::to_string(&note).unwrap_or_default()
}

fn display_directory(directory: &crate::policy::Directory) -> String {
    let mut text = format!("{}::{}", directory.host, directory.guest);
    if directory.optional {
        text += ":optional";
    }
    if directory.read_only {
        text += ":ro";
    }
    text
}

fn display_embedded(embedded: &crate::policy::Embedded) -> String {
    let (files, bytes) = embedded.count();
    format!("{}: {files} files, {bytes} bytes", embedded.guest)
}
