//! The ceiling of what this program may do, as the compiler wrote it into the executable (`aot_abi::policy`).
//!
//! The policy is read whole before anything is granted: damage or an item that this version doesn't know stops the
//! program instead of letting it run with less of its policy than was built in.

pub(crate) mod directory;
#[cfg(feature = "http")]
pub mod http;
pub(crate) mod items;
pub mod network;
#[cfg(feature = "http")]
pub mod serve;
pub mod state;

pub use directory::Directory;

use aot_abi::limits::Limit;
use aot_abi::record::Record;
use aot_abi::{network as abi_network, policy as abi, sandbox as abi_sandbox};

use crate::grantee::Grantee;
use crate::limits::Limits;
use crate::start_error::StartError;
use items::for_each_item;

/// Grants and limits. Everything borrows from the executable's read-only data.
#[derive(Debug)]
pub struct Policy {
    /// The granted directories, in the order of the command line.
    pub directories: Vec<Directory>,
    /// Files inside the executable.
    pub embedded: Vec<Embedded>,
    /// The items, for those who read further ones.
    pub section: &'static [u8],
    /// Names of the variables that are passed on because the start of the executable granted them.
    pub environment_inherited: Vec<&'static [u8]>,
    /// The arguments that come between the program's name and those of the command line.
    pub arguments: Vec<&'static [u8]>,
    /// The program's name in messages; empty if the policy has none.
    pub program_name: &'static [u8],
    /// The limits of what the program may use up.
    pub limits: Limits,
    /// True if variables may grant more.
    pub runtime_grants: bool,
    /// True if debuggers and core files may see the process.
    pub dumpable: bool,
    /// The restrictions that the kernel enforces; none if the policy doesn't ask for it.
    pub sandbox: Option<Sandbox>,
    /// The component that has the grants which are read next.
    grantee: Grantee,
}

/// The restrictions that the kernel enforces besides the runtime.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox {
    /// The flags of `aot_abi::sandbox`.
    pub flags: u32,
    /// The instructions of the filter of system calls.
    pub filter: &'static [u8],
}

/// Files inside the executable.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    /// The guest's path of the files.
    pub guest: &'static [u8],
    /// The files, in the form of `aot_abi::embedded`.
    pub tree: &'static [u8],
    /// The component that has the files.
    pub grantee: Grantee,
}

impl Policy {
    /// Reads the items of `section`.
    pub fn parse(section: &'static [u8]) -> Result<Policy, StartError> {
        let mut policy = Policy { section, ..Policy::empty() };
        for_each_item(section, |tag, payload| policy.add(tag, payload)).ok_or(StartError::DamagedPolicy)?;
        Ok(policy)
    }

    fn empty() -> Policy {
        Policy {
            directories: Vec::new(),
            embedded: Vec::new(),
            section: &[],
            environment_inherited: Vec::new(),
            arguments: Vec::new(),
            program_name: b"",
            limits: Limits::new(),
            runtime_grants: false,
            dumpable: false,
            sandbox: None,
            grantee: Grantee::default(),
        }
    }

    /// Takes an item; `None` if it is damaged or unknown.
    fn add(&mut self, tag: u32, payload: &'static [u8]) -> Option<()> {
        self.grantee.note(tag);
        let grantee = self.grantee;
        match tag {
            // Only a program that asks for variables reads them: `environment`.
            abi::TAG_COMPONENT | abi::TAG_ENVIRONMENT | abi::TAG_ENVIRONMENT_INHERITED => {}
            abi::TAG_DIRECTORY => self.directories.push(Directory::read(payload, grantee)?),
            abi::TAG_EMBEDDED => self.embedded.push(embedded(payload, grantee)?),
            abi::TAG_ARGUMENT => self.arguments.push(payload),
            abi::TAG_PROGRAM_NAME => self.program_name = payload,
            abi::TAG_LIMIT => {
                let (limit, value) = limit(payload)?;
                self.limits.set(limit, value);
            }
            abi::TAG_RUNTIME_GRANTS => self.runtime_grants = true,
            abi::TAG_DUMPABLE => self.dumpable = true,
            abi::TAG_SANDBOX => self.sandbox = Some(sandbox(payload)?),
            // Only a program with sockets reads them: `policy::network`.
            tag if abi_network::TAGS.contains(&tag) || aot_abi::state::TAGS.contains(&tag) => {}
            #[cfg(feature = "http")]
            tag if aot_abi::http::TAGS.contains(&tag) || aot_abi::serve::TAGS.contains(&tag) => {}
            _ => return None,
        }
        Some(())
    }
}

fn embedded(payload: &'static [u8], grantee: Grantee) -> Option<Embedded> {
    let (head, rest) = abi::Embedded::split_from(payload)?;
    let (guest, tree) = rest.split_at_checked(head.guest_bytes as usize)?;
    Some(Embedded { guest, tree, grantee })
}

fn sandbox(payload: &'static [u8]) -> Option<Sandbox> {
    let (abi::Sandbox { flags }, filter) = Record::split_from(payload)?;
    let known = abi_sandbox::REQUIRED | abi_sandbox::SOCKETS | abi_sandbox::PATHS;
    let whole = filter.len() % abi_sandbox::Instruction::BYTES == 0;
    (flags & !known == 0 && whole).then_some(Sandbox { flags, filter })
}

fn limit(payload: &'static [u8]) -> Option<(Limit, u64)> {
    let (head, rest) = abi::Limit::split_from(payload)?;
    let limit = *Limit::ALL.get(head.limit as usize)?;
    rest.is_empty().then_some((limit, head.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(tag: u32, payload: &[u8]) -> Vec<u8> {
        [&tag.to_le_bytes()[..], &(payload.len() as u32).to_le_bytes(), payload].concat()
    }

    fn parse(records: &[Vec<u8>]) -> Result<Policy, StartError> {
        Policy::parse(records.concat().leak())
    }

    #[test]
    fn empty_policy_grants_nothing() {
        let policy = parse(&[]).unwrap();
        assert!(policy.directories.is_empty() && policy.environment_inherited.is_empty());
        for &limit in Limit::ALL {
            assert_eq!(policy.limits.get(limit), limit.default_value());
        }
    }

    #[test]
    fn every_item_is_read() {
        let directory = [&abi::DIRECTORY_READ_ONLY.to_le_bytes()[..], &4u32.to_le_bytes(), b"/tmp/t"].concat();
        let policy = parse(&[
            item(abi::TAG_DIRECTORY, &directory),
            item(abi::TAG_ARGUMENT, b"-v"),
            item(abi::TAG_PROGRAM_NAME, b"app.wasm"),
            item(abi::TAG_LIMIT, &[7u64.to_le_bytes(), (Limit::Handles as u64).to_le_bytes()].concat()),
        ])
        .unwrap();
        let directory = policy.directories[0];
        assert_eq!((directory.host, directory.guest), (&b"/tmp"[..], &b"/t"[..]));
        assert!(directory.read_only && !directory.optional && !directory.shown);
        assert_eq!(policy.arguments, [b"-v"]);
        assert_eq!(policy.program_name, b"app.wasm");
        assert_eq!(policy.limits.get(Limit::Handles), 7);
    }

    #[test]
    fn grants_belong_to_the_component_before_them() {
        let directory = item(abi::TAG_DIRECTORY, &[0, 0, 0, 0, 1, 0, 0, 0, b'a', b'b']);
        let component = item(abi::TAG_COMPONENT, b"parser");
        let policy = parse(&[&directory, &component, &component, &directory].map(Vec::clone)).unwrap();
        let grantees: Vec<u16> = policy.directories.iter().map(|directory| directory.grantee.0).collect();
        assert_eq!(grantees, [0, 2]);
    }

    #[test]
    fn every_flag_of_a_directory_is_read() {
        for flags in 0..8u32 {
            let directory = [&flags.to_le_bytes()[..], &1u32.to_le_bytes(), b"ab"].concat();
            let directory = parse(&[item(abi::TAG_DIRECTORY, &directory)]).unwrap().directories[0];
            let read = [directory.read_only, directory.optional, directory.shown];
            assert_eq!(read, [1, 2, 4].map(|flag| flags & flag != 0));
        }
    }

    #[test]
    fn only_items_make_exceptions() {
        let policy = parse(&[]).unwrap();
        assert!(!policy.runtime_grants && !policy.dumpable && policy.sandbox.is_none());
        assert!(parse(&[item(abi::TAG_RUNTIME_GRANTS, b"")]).unwrap().runtime_grants);
        assert!(parse(&[item(abi::TAG_DUMPABLE, b"")]).unwrap().dumpable);
    }

    #[test]
    fn filters_are_whole_and_flags_known() {
        let sandbox = |flags: u32, bytes| [&flags.to_le_bytes()[..], &vec![0; bytes]].concat();
        let read = |flags, bytes| parse(&[item(abi::TAG_SANDBOX, &sandbox(flags, bytes))]);
        for flags in 0..8 {
            let sandbox = read(flags, 16).unwrap().sandbox.unwrap();
            assert_eq!((sandbox.flags, sandbox.filter.len()), (flags, 16));
            assert!(read(flags, 15).is_err() && read(flags | 8, 16).is_err());
        }
    }

    #[test]
    fn damage_is_refused() {
        let unknown_flag = [&8u32.to_le_bytes()[..], &0u32.to_le_bytes()].concat();
        let host_too_long = [&0u32.to_le_bytes()[..], &9u32.to_le_bytes(), b"/tmp"].concat();
        let cut = item(abi::TAG_ARGUMENT, b"abc");
        for damaged in [
            item(99, b""),
            item(abi::TAG_LIMIT, &[0; 15]),
            item(abi::TAG_LIMIT, &[0; 17]),
            item(abi::TAG_LIMIT, &[1, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0]),
            item(abi::TAG_DIRECTORY, b"1"),
            item(abi::TAG_SANDBOX, &1u32.to_le_bytes().repeat(2)),
            item(abi::TAG_SANDBOX, &8u32.to_le_bytes()),
            item(abi::TAG_DIRECTORY, &unknown_flag),
            item(abi::TAG_DIRECTORY, &host_too_long),
            cut[..cut.len() - 1].to_vec(),
            vec![1, 0, 0],
        ] {
            assert!(parse(&[damaged]).is_err());
        }
    }
}
