//! Static libraries: reading members, and writing them without an index, which our linker doesn't
//! need.

use anyhow::{Context, Result};
use object::read::archive::ArchiveFile;

/// A member of a static library.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
}

const MAGIC: &[u8] = b"!<arch>\n";
/// The longest name that fits into a member's header, where `/` ends it.
const SHORT_NAME_BYTES_MAX: usize = 15;

pub fn read(archive: &[u8]) -> Result<Vec<Member<'_>>> {
    let file = ArchiveFile::parse(archive).context("reading an archive")?;
    file.members()
        .map(|member| {
            let member = member.context("reading an archive")?;
            let name = std::str::from_utf8(member.name()).context("a member's name")?;
            let bytes = member.data(archive).with_context(|| format!("reading {name}"))?;
            Ok(Member { name, bytes })
        })
        .collect()
}

pub fn write(members: &[Member]) -> Vec<u8> {
    let mut long_names = String::new();
    let headers: Vec<String> = members
        .iter()
        .map(|member| {
            if member.name.len() <= SHORT_NAME_BYTES_MAX {
                return format!("{}/", member.name);
            }
            let offset = long_names.len();
            long_names.push_str(&format!("{}/\n", member.name));
            format!("/{offset}")
        })
        .collect();
    let mut archive = MAGIC.to_vec();
    if !long_names.is_empty() {
        append(&mut archive, "//", long_names.as_bytes());
    }
    for (member, name) in members.iter().zip(&headers) {
        append(&mut archive, name, member.bytes);
    }
    archive
}

/// Appends one member: its header of fixed-width text fields (name, time, user, group, mode,
/// size), its contents, and a newline if they end at an odd offset.
fn append(archive: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let (zero, mode, size) = (0, 644, bytes.len());
    let header = format!("{name:<16}{zero:<12}{zero:<6}{zero:<6}{mode:<8}{size:<10}`\n");
    archive.extend(header.bytes());
    archive.extend(bytes);
    archive.resize(archive.len().next_multiple_of(2), b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let members = [
            Member { name: "a.o", bytes: b"odd" },
            Member { name: "a_name_that_needs_the_table.o", bytes: b"even" },
            Member { name: "another_name_for_the_table.o", bytes: b"" },
        ];
        let archive = write(&members);
        let present = read(&archive).expect("an archive");
        for (expected, member) in members.iter().zip(&present) {
            assert_eq!((expected.name, expected.bytes), (member.name, member.bytes));
        }
        assert_eq!(present.len(), members.len());
    }
}
