//! The ceiling of what this program may do, as the compiler wrote it into the executable (`aot_abi::policy`).
//!
//! The policy is read whole before anything is granted: damage or a record that this version doesn't know stops the
//! program instead of letting it run with less of its policy than was built in.

use aot_abi::policy as abi;

use crate::start::StartError;

/// Grants and limits. Everything borrows from the executable's read-only data.
#[derive(Debug)]
pub struct Policy {
    /// The granted directories, in the order of the command line.
    pub directories: Vec<Directory>,
    /// `NAME=VALUE` of each variable with a value of its own.
    pub environment: Vec<&'static [u8]>,
    /// Names of the variables that are passed on from the start of the executable.
    pub environment_inherited: Vec<&'static [u8]>,
    /// The arguments that come between the program's name and those of the command line.
    pub arguments: Vec<&'static [u8]>,
    /// The program's name in messages; empty where the policy has none.
    pub program_name: &'static [u8],
    /// The most handles of each component instance, and the most descriptors of preview1.
    pub limit_handles: u64,
    /// The most bytes that a host function may hold for one call.
    pub limit_host_bytes: u64,
}

/// A granted directory.
#[derive(Clone, Copy, Debug)]
pub struct Directory {
    /// Its path on the host, relative to the working directory at start where it isn't absolute.
    pub host: &'static [u8],
    /// The path under which the guest sees it.
    pub guest: &'static [u8],
    /// Nothing below it may be changed.
    pub read_only: bool,
    /// Its absence at start is no error.
    pub optional: bool,
}

impl Policy {
    /// Reads the records of `section`.
    pub fn parse(section: &'static [u8]) -> Result<Policy, StartError> {
        let mut policy = Policy::empty();
        let mut rest = section;
        while !rest.is_empty() {
            let (tag, payload, after) = split_record(rest).ok_or_else(damaged)?;
            policy.add(tag, payload)?;
            rest = after;
        }
        Ok(policy)
    }

    fn empty() -> Policy {
        Policy {
            directories: Vec::new(),
            environment: Vec::new(),
            environment_inherited: Vec::new(),
            arguments: Vec::new(),
            program_name: b"",
            limit_handles: abi::LIMIT_HANDLES_DEFAULT,
            limit_host_bytes: abi::LIMIT_HOST_BYTES_DEFAULT,
        }
    }

    fn add(&mut self, tag: u32, payload: &'static [u8]) -> Result<(), StartError> {
        match tag {
            abi::TAG_DIRECTORY => self.directories.push(directory(payload).ok_or_else(damaged)?),
            abi::TAG_ENVIRONMENT => self.environment.push(payload),
            abi::TAG_ENVIRONMENT_INHERITED => self.environment_inherited.push(payload),
            abi::TAG_ARGUMENT => self.arguments.push(payload),
            abi::TAG_PROGRAM_NAME => self.program_name = payload,
            abi::TAG_LIMIT_HANDLES => self.limit_handles = limit(payload).ok_or_else(damaged)?,
            abi::TAG_LIMIT_HOST_BYTES => self.limit_host_bytes = limit(payload).ok_or_else(damaged)?,
            _ => return Err(damaged()),
        }
        Ok(())
    }
}

/// The tag and payload of the first record, and what follows it.
fn split_record(bytes: &'static [u8]) -> Option<(u32, &'static [u8], &'static [u8])> {
    let (tag, bytes) = split_u32(bytes)?;
    let (length, bytes) = split_u32(bytes)?;
    let (payload, rest) = bytes.split_at_checked(length as usize)?;
    Some((tag, payload, rest))
}

fn split_u32(bytes: &'static [u8]) -> Option<(u32, &'static [u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*head), rest))
}

fn directory(payload: &'static [u8]) -> Option<Directory> {
    let (flags, payload) = split_u32(payload)?;
    let (host_bytes, payload) = split_u32(payload)?;
    let (host, guest) = payload.split_at_checked(host_bytes as usize)?;
    let known = abi::DIRECTORY_READ_ONLY | abi::DIRECTORY_OPTIONAL;
    if flags & !known != 0 {
        return None;
    }
    Some(Directory {
        host,
        guest,
        read_only: flags & abi::DIRECTORY_READ_ONLY != 0,
        optional: flags & abi::DIRECTORY_OPTIONAL != 0,
    })
}

fn limit(payload: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(payload.try_into().ok()?))
}

fn damaged() -> StartError {
    StartError { message: String::from("the policy in this executable is damaged, or of another version of aot") }
}
