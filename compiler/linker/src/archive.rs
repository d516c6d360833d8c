//! Static archives, as `ar` writes them: one object, and the index by which a linker finds it.

/// Bytes of a member's header.
const HEADER_BYTES: usize = 60;
const MAGIC: &[u8] = b"!<arch>\n";

/// Returns an archive with one object, which defines these symbols. Its members have no times and no owners.
pub fn archive(name: &str, object: &[u8], symbols: &[String]) -> Vec<u8> {
    let mut names = Vec::new();
    for symbol in symbols {
        names.extend_from_slice(symbol.as_bytes());
        names.push(0);
    }
    names.resize(names.len().next_multiple_of(2), 0);
    let index_bytes = 4 + 4 * symbols.len() + names.len();
    let member = (MAGIC.len() + HEADER_BYTES + index_bytes) as u32;
    let mut index = (symbols.len() as u32).to_be_bytes().to_vec();
    symbols.iter().for_each(|_| index.extend(member.to_be_bytes()));
    index.extend(names);
    let mut file = MAGIC.to_vec();
    add(&mut file, "/", &index);
    add(&mut file, &format!("{name}/"), object);
    file
}

fn add(file: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, bytes.len());
    file.extend(header.as_bytes());
    file.extend(bytes);
    file.resize(file.len().next_multiple_of(2), b'\n');
}
