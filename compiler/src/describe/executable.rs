//! An executable as `aot inspect` reads it: the policy from the bytes that the runtime enforces, everything else from the
//! note, and alarms where the file isn't as the compiler and the linker write it.

use super::note::{self, Note};
use super::{HTTP_PACKAGE, has_store_file};
use crate::policy::Policy;
use crate::target::Target;
use aot_abi::policy::{MARK, Section};
use aot_abi::record::Record;
use aot_abi::symbols::THREAD_SPAWN;
use aot_abi::wasi;
use cranelift_object::object::Endianness;
use cranelift_object::object::elf::{FileHeader64, PF_R, PF_W, PF_X, PT_LOAD, ProgramHeader64};
use cranelift_object::object::read::elf::{FileHeader as _, ProgramHeader as _};
use std::collections::BTreeSet;
use std::ops::Range;

/// An executable made by this version of aot.
pub struct Executable {
    /// The description, which nothing enforces.
    pub note: Note,
    /// The policy that the runtime enforces.
    pub policy: Policy,
    /// Place of the policy in the file.
    pub(super) policy_bytes: Range<usize>,
    /// Differences from what the compiler and the linker write: somebody has changed the file.
    pub alarms: Vec<String>,
}

/// Smallest page of any target.
const PAGE_BYTES_MIN: u64 = 0x1000;
/// Alignment of the policy.
const POLICY_ALIGNMENT: usize = 4;

impl Executable {
    /// Reads the bytes of an executable. The error says why they are none.
    ///
    /// # Errors
    /// The file isn't an executable of this version of aot, or it is damaged.
    pub fn read(file: &[u8]) -> Result<Self, String> {
        let note = Note::read(file).ok_or("wasn't made by this version of aot: it has no note of it")?;
        if note.abi_version != aot_abi::ABI_VERSION {
            return Err(format!("was made by aot {}, whose policies this version doesn't know", note.aot_version));
        }
        let mut alarms = Vec::new();
        let constants = Constants::read(file, &mut alarms).ok_or("is damaged: it has no read-only data")?;
        let (at, bytes, policy) = constants.policy(&mut alarms).ok_or("is damaged: it has no policy")?;
        check_note(file, &note, &mut alarms);
        check_policy(bytes, &policy, &note, &mut alarms);
        let policy_bytes = constants.start + at..constants.start + at + bytes.len();
        Ok(Self { note, policy, policy_bytes, alarms })
    }

    /// Returns true if the executable carries the full runtime, with HTTP and stores in files.
    pub fn has_full_runtime(&self) -> bool {
        let host_functions: BTreeSet<&str> = self.note.host_functions.iter().map(String::as_str).collect();
        host_functions.iter().any(|symbol| symbol.starts_with(HTTP_PACKAGE))
            || has_store_file(&host_functions, &self.policy)
    }
}

/// Bytes of the segments that aren't writable: tables with the policy, and code.
struct Constants<'f> {
    /// Offset of the first in the file.
    start: usize,
    bytes: &'f [u8],
}

impl<'f> Constants<'f> {
    fn read(file: &'f [u8], alarms: &mut Vec<String>) -> Option<Self> {
        let header = FileHeader64::<Endianness>::parse(file).ok()?;
        let endian = header.endian().ok()?;
        let headers = header.program_headers(endian, file).ok()?;
        let loads: Vec<Load> = headers
            .iter()
            .filter(|header| header.p_type(endian) == PT_LOAD)
            .map(|header| Load::of(header, endian))
            .collect();
        check_layout(&loads, alarms);
        let writable = loads.iter().find(|load| load.flags & PF_W != 0);
        let (start, end) = match &loads[..] {
            [first, .., last] if first.flags & PF_W != 0 => {
                (first.file.end & !(POLICY_ALIGNMENT as u64 - 1), last.file.end)
            }
            _ => (0, writable.map_or(file.len() as u64, |load| load.file.start)),
        };
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        Some(Self { start, bytes: file.get(start..end)? })
    }

    /// Returns the place and the bytes of the policy, and the policy. A further one is an alarm, unless it is a part of the first: an
    /// executable can have others among its embedded files.
    fn policy(&self, alarms: &mut Vec<String>) -> Option<(usize, &'f [u8], Policy)> {
        let mut found = None;
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let start = at;
            at += POLICY_ALIGNMENT;
            if !is_marked(rest) {
                continue;
            }
            match policy_at(rest) {
                None => alarms.push(String::from("it has a policy that can't be read")),
                Some((bytes, policy)) => {
                    at += bytes.len().next_multiple_of(POLICY_ALIGNMENT) - POLICY_ALIGNMENT;
                    if found.is_some() {
                        alarms.push(String::from("it has several policies, of which the first is shown"));
                    }
                    found.get_or_insert((start, bytes, policy));
                }
            }
        }
        found
    }
}

/// A segment that the kernel maps.
struct Load {
    flags: u32,
    /// Offsets in the file.
    file: Range<u64>,
    /// Addresses of all pages.
    memory: Range<u64>,
}

impl Load {
    fn of(header: &ProgramHeader64<Endianness>, endian: Endianness) -> Self {
        let (offset, address) = (header.p_offset(endian), header.p_vaddr(endian));
        let end = address.saturating_add(header.p_memsz(endian));
        Self {
            flags: header.p_flags(endian) & (PF_R | PF_W | PF_X),
            file: offset..offset.saturating_add(header.p_filesz(endian)),
            memory: address & !(PAGE_BYTES_MIN - 1)..end.checked_next_multiple_of(PAGE_BYTES_MIN).unwrap_or(u64::MAX),
        }
    }
}

/// Returns true if a policy begins here: the runtime refuses one without the mark.
fn is_marked(bytes: &[u8]) -> bool {
    Section::read(bytes).is_some_and(|head| (head.mark_first, head.mark_second) == MARK)
}

/// Returns the policy at the beginning of `bytes`; `None` if it can't be read.
fn policy_at(bytes: &[u8]) -> Option<(&[u8], Policy)> {
    let head = Section::read(bytes)?;
    let bytes = bytes.get(..Section::BYTES.checked_add(head.bytes as usize)?)?;
    Some((bytes, Policy::decode(&bytes[Section::BYTES..])?))
}

/// The flags of read-only data, of code, and of what is writable.
const CONSTANTS: u32 = PF_R;
const CODE: u32 = PF_R | PF_X;
const DATA: u32 = PF_R | PF_W;

/// Compares the segments with what the linker writes, from the file's beginning: what is writable, read-only data, and code, or that
/// with what is writable last; no byte of the file and no page of the memory is in two.
fn check_layout(loads: &[Load], alarms: &mut Vec<String>) {
    let flags: Vec<u32> = loads.iter().map(|load| load.flags).collect();
    let is_expected = match flags[..] {
        [DATA, CONSTANTS, CODE] => true,
        [CONSTANTS, CODE, ref data @ ..] => loads[0].memory.start == 0 && data.iter().all(|flags| *flags == DATA),
        _ => false,
    };
    if !is_expected || loads[0].file.start != 0 {
        alarms.push(String::from("its segments aren't those that aot writes"));
    }
    let overlap = |two: &[Load]| two[1].file.start < two[0].file.end || two[1].memory.start < two[0].memory.end;
    if loads.windows(2).any(overlap) {
        alarms.push(String::from("its segments overlap"));
    }
}

/// Compares the note with the file.
fn check_note(file: &[u8], note: &Note, alarms: &mut Vec<String>) {
    if note::count(file) != 1 {
        alarms.push(String::from("it has several notes, of which the first is shown"));
    }
    let machine = FileHeader64::<Endianness>::parse(file).map(|header| header.e_machine.get(Endianness::Little)).ok();
    let expected = Target::find(&note.target).ok().map(|target| target.isa.elf_machine);
    if machine != expected {
        alarms.push(String::from("its machine isn't that of the target in its note"));
    }
    let sizes = [note.text_bytes, note.image_bytes, note.name_bytes, note.table_bytes];
    let sum = sizes.into_iter().try_fold(0u64, u64::checked_add);
    if sum.is_none_or(|sum| sum > file.len() as u64) {
        alarms.push(String::from("it is smaller than the parts in its note"));
    }
}

/// Compares the policy with what the compiler writes for the same grants and host functions: so the kernel's filter allows
/// nothing else.
fn check_policy(bytes: &[u8], policy: &Policy, note: &Note, alarms: &mut Vec<String>) {
    let Ok(target) = Target::find(&note.target) else { return };
    if !note.host_functions.iter().all(|symbol| is_host_function(symbol)) {
        alarms.push(String::from("its note has host functions that don't exist"));
    }
    let host_functions: BTreeSet<&str> = note.host_functions.iter().map(String::as_str).collect();
    if policy.encode(target.isa, &host_functions, note.is_server()) != bytes {
        let sandbox = "the filter of system calls may allow more";
        alarms.push(format!("its policy isn't as aot writes it for these grants and host functions: {sandbox}"));
    }
}

/// Returns true for the symbol of a function that the runtime has; each resource has one that drops it.
fn is_host_function(symbol: &str) -> bool {
    let mut functions = wasi::INTERFACES.iter().flat_map(|interface| interface.functions);
    symbol == THREAD_SPAWN
        || symbol.contains("#[resource-drop]")
        || functions.any(|function| function.symbol == symbol || function.async_symbol == Some(symbol))
        || wasi::PREVIEW1.iter().any(|function| function.symbol == symbol)
}
