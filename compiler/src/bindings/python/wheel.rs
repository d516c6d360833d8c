//! Wheels (packaging.python.org, "Binary distribution format"): archives in which nothing is compressed, and the same to the
//! byte for the same contents.

mod zip;

use super::Interface;
use super::descriptions::NATIVE;
use crate::target::Target;
use aot_abi::library::LIBRARY_VERSION;
use sha2::{Digest, Sha256};
use zip::Archive;

/// A wheel.
pub struct Wheel {
    /// The name of the file, by which installers know where it fits.
    pub name: String,
    /// The contents of the file.
    pub bytes: Vec<u8>,
}

/// Makes a wheel of a package's modules and its shared object. The version is that of the program, if it has one.
pub fn wheel(
    interface: &Interface,
    modules: Vec<(String, String)>,
    library: Vec<u8>,
    target: &Target,
    version: Option<&str>,
) -> Wheel {
    let name = &interface.name;
    let interface_version = LIBRARY_VERSION.to_string();
    let version = version.filter(|version| is_version(version)).unwrap_or(&interface_version);
    let platforms = platforms(target);
    let tag = format!("py3-none-{}", platforms.join("."));
    let mut files: Vec<(String, Vec<u8>)> = modules.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    files.push((format!("{name}/{NATIVE}"), library));
    files.sort();
    let folder = format!("{name}-{version}.dist-info");
    files.push((format!("{folder}/METADATA"), metadata(name, version).into_bytes()));
    files.push((format!("{folder}/WHEEL"), description(&platforms).into_bytes()));
    let record = (format!("{folder}/RECORD"), record(&files, &folder).into_bytes());
    let mut archive = Archive::default();
    files.iter().chain([&record]).for_each(|(name, bytes)| archive.add(name, bytes));
    Wheel { name: format!("{name}-{version}-{tag}.whl"), bytes: archive.finish() }
}

/// The platforms on which the shared object can be loaded: it needs a few functions that all versions of a C library have, so these are
/// the oldest that installers know (PEP 600, PEP 656).
fn platforms(target: &Target) -> [String; 2] {
    let isa = target.isa.name;
    [format!("{}_{isa}", target.manylinux), format!("musllinux_1_2_{isa}")]
}

/// Returns true for numbers with points between them: what is more than that has other spellings in Python.
fn is_version(version: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.len() < 9 && part.chars().all(|digit| digit.is_ascii_digit());
    version.len() < 64 && version.split('.').all(is_number)
}

fn metadata(name: &str, version: &str) -> String {
    format!(
        "Metadata-Version: 2.1\nName: {}\nVersion: {version}\nSummary: The library {name}, made by aot\nRequires-Python: >=3.8\n",
        name.replace('_', "-")
    )
}

fn description(platforms: &[String]) -> String {
    let tags: String = platforms.iter().map(|platform| format!("Tag: py3-none-{platform}\n")).collect();
    format!("Wheel-Version: 1.0\nGenerator: aot {}\nRoot-Is-Purelib: false\n{tags}", env!("CARGO_PKG_VERSION"))
}

/// The list of all files with their hashes, but for itself.
fn record(files: &[(String, Vec<u8>)], folder: &str) -> String {
    let line = |(name, bytes): &(String, Vec<u8>)| {
        format!("{name},sha256={},{}\n", url_safe(&Sha256::digest(bytes)), bytes.len())
    };
    files.iter().map(line).collect::<String>() + &format!("{folder}/RECORD,,\n")
}

/// Bytes in the form Base64 for URLs, without padding (RFC 4648, section 5).
fn url_safe(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        let digits = (0..=group.len()).map(|digit| DIGITS[(bits >> (18 - 6 * digit)) as usize & 63] as char);
        text.extend(digits);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_as_text_for_urls() {
        let texts = [&b""[..], b"f", b"fo", b"foo", b"\xfb\xff\xfe"].map(url_safe);
        assert_eq!(texts, ["", "Zg", "Zm8", "Zm9v", "-__-"]);
    }

    #[test]
    fn versions_are_numbers() {
        assert!(["1", "1.2.0", "2026.11.30"].iter().all(|version| is_version(version)));
        assert!(["", "1.", "1.0-rc.1", "v1", "1/../2", "1.0+x"].iter().all(|version| !is_version(version)));
    }
}
