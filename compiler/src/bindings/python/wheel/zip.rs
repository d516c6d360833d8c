//! Archives in the format ZIP whose files aren't compressed (PKWARE's APPNOTE 6.3, sections 4.3 and 4.4).

/// 1980-01-01, the first day that the format has; there is no other time in an archive.
const DATE: u16 = 1 << 5 | 1;
/// Version 2.0 of the format, made on Unix.
const VERSION: u16 = 20;
const MADE_ON_UNIX: u16 = 3 << 8 | VERSION;
/// A regular file that everyone may read.
const MODE: u32 = 0o100_644 << 16;

/// An archive that is being made.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Archive {
    /// Adds a file.
    pub fn add(&mut self, name: &str, contents: &[u8]) {
        let offset = self.bytes.len() as u32;
        let entry = entry(name, contents);
        put(&mut self.bytes, &[b"PK\x03\x04", &VERSION.to_le_bytes(), &entry, name.as_bytes(), contents]);
        let (made_on, version) = (MADE_ON_UNIX.to_le_bytes(), VERSION.to_le_bytes());
        // No comment, the first disk, no internal attributes.
        let place = [&[0; 6][..], &MODE.to_le_bytes(), &offset.to_le_bytes()].concat();
        put(&mut self.directory, &[b"PK\x01\x02", &made_on, &version, &entry, &place, name.as_bytes()]);
        self.count += 1;
    }

    /// The whole archive.
    pub fn finish(self) -> Vec<u8> {
        let Self { mut bytes, directory, count } = self;
        let (offset, count) = (bytes.len() as u32, count.to_le_bytes());
        let size = directory.len() as u32;
        let sizes = [size.to_le_bytes(), offset.to_le_bytes()].concat();
        put(&mut bytes, &[&directory, b"PK\x05\x06", &[0; 4], &count, &count, &sizes, &[0; 2]]);
        bytes
    }
}

/// The part that both headers of a file have: flags, method, time, date, sum, sizes, and the lengths of the name and of nothing more.
fn entry(name: &str, contents: &[u8]) -> Vec<u8> {
    let size = (contents.len() as u32).to_le_bytes();
    let sum = checksum(contents).to_le_bytes();
    [&[0; 6][..], &DATE.to_le_bytes(), &sum, &size, &size, &(name.len() as u16).to_le_bytes(), &[0; 2]].concat()
}

fn put(bytes: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
}

/// The sum CRC-32 of bytes.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| TABLE[usize::from(sum as u8 ^ byte)] ^ sum >> 8)
}

/// The sums of single bytes.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = (sum >> 1) ^ ((sum & 1) * 0xedb8_8320);
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_format() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum(b""), 0);
    }
}
