//! Policy of an executable: decided at compile time, written into the executable, and only narrowed when it runs.

mod decode;
mod embedded;
mod grants;
pub mod http;
mod limits;
pub mod network;
mod sandbox;
pub mod serve;
pub mod state;
mod static_files;
mod text;

use crate::display::is_disturbing;
use crate::isa::IsaFacts;
use aot_abi::policy as abi;
use aot_abi::record::Record;
use std::collections::BTreeSet;

pub use aot_abi::policy::RESERVED_PREFIX;
pub use embedded::{EMBEDDED_BYTES_MAX, Embedded, Entry, Item};
pub use grants::{Component, Grants};
pub use limits::{HEAP_BYTES_MAX, HOST_MEMORY_BYTES_MIN, Limit, Limits};

/// Grants and limits. By default, a program has only standard streams, arguments, clocks and random numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Grants of the program: of all its components but those with grants of their own.
    pub grants: Grants,
    /// Components with grants of their own, each once.
    pub components: Vec<Component>,
    /// Arguments that precede those of the command line.
    pub arguments: Vec<String>,
    /// Settings of a server; they count only for programs that are one.
    pub serve: serve::Serve,
    /// Limits of stores.
    pub store_limits: state::StoreLimits,
    /// The program's name, for messages.
    pub program_name: String,
    /// Enforcement of the policy by the kernel.
    pub sandbox: Sandbox,
    /// True if environment variables at start may grant more.
    pub runtime_grants: bool,
    /// True if other processes of the user, such as debuggers, may look into the executable's process.
    pub dumpable: bool,
    /// The path of the profile that the program writes when it ends, if it does; from the directory in which it is started.
    pub profile: Option<String>,
    /// Limits of what the program may use.
    pub limits: Limits,
}

/// Enforcement of the policy by the kernel, besides the runtime's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sandbox {
    /// No enforcement by the kernel.
    Off,
    /// Enforcement as far as the kernel supports it.
    #[default]
    On,
    /// Enforcement is required: on a kernel without support, the executable doesn't start.
    Required,
}

/// A granted directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    /// Host path; a relative one counts from the working directory at the start of the executable.
    pub host: String,
    /// Path of the directory in the guest.
    pub guest: String,
    /// True if the guest can change nothing in the directory.
    pub read_only: bool,
    /// True if the directory may be missing at start.
    pub optional: bool,
}

impl Policy {
    /// Encodes the policy section for instruction set `isa` and a program that imports these host functions, and is a
    /// server if `serves` is set.
    pub fn encode(&self, isa: &IsaFacts, host_functions: &BTreeSet<&str>, serves: bool) -> Vec<u8> {
        let mut out = vec![0; abi::Section::BYTES];
        item(&mut out, abi::TAG_PROGRAM_NAME, self.program_name.as_bytes());
        for argument in &self.arguments {
            item(&mut out, abi::TAG_ARGUMENT, argument.as_bytes());
        }
        if serves {
            self.limits.of_server().encode(&mut out);
        } else {
            self.limits.encode(&mut out);
        }
        if self.runtime_grants {
            item(&mut out, abi::TAG_RUNTIME_GRANTS, &[]);
        }
        if self.dumpable {
            item(&mut out, abi::TAG_DUMPABLE, &[]);
        }
        if serves {
            self.serve.encode(&mut out);
        }
        self.store_limits.encode(&mut out);
        if self.sandbox != Sandbox::Off {
            item(&mut out, abi::TAG_SANDBOX, &sandbox::encode(self, isa, host_functions, serves));
        }
        // Only the runtime of programs with `wasi:http` reads HTTP grants.
        let with_http = host_functions.iter().any(|symbol| symbol.starts_with("wasi:http/"));
        self.grants.encode(&mut out, with_http);
        for component in &self.components {
            item(&mut out, abi::TAG_COMPONENT, component.name.as_bytes());
            component.grants.encode(&mut out, with_http);
        }
        let bytes = (out.len() - abi::Section::BYTES) as u32;
        abi::Section { mark_first: abi::MARK.0, mark_second: abi::MARK.1, bytes }.write(&mut out);
        out
    }
}

impl Directory {
    fn encode(&self) -> Vec<u8> {
        let mut flags = 0;
        if self.read_only {
            flags |= abi::DIRECTORY_READ_ONLY;
        }
        if self.optional {
            flags |= abi::DIRECTORY_OPTIONAL;
        }
        if !self.host.chars().any(is_disturbing) {
            flags |= abi::DIRECTORY_SHOWN;
        }
        let head = abi::Directory { flags, host_bytes: self.host.len() as u32 };
        with_head(&head, &[self.host.as_bytes(), self.guest.as_bytes()])
    }
}

/// Appends an item to the policy.
fn item(out: &mut Vec<u8>, tag: u32, payload: &[u8]) {
    out.extend(with_head(&abi::Head { tag, bytes: payload.len() as u32 }, &[payload]));
}

/// Returns the bytes of a record and of the data that follows it.
fn with_head<R: Record>(head: &R, rest: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0; R::BYTES];
    head.write(&mut bytes);
    rest.iter().for_each(|rest| bytes.extend_from_slice(rest));
    bytes
}
