//! Names of contents of registries.

use anyhow::{Context, Result, bail, ensure};
use std::fmt;

/// Hexadecimal digits of a digest.
const SHA256_DIGITS: usize = 64;

/// Contents of a registry.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    /// Name or address of the registry, with a port if it has its own.
    pub host: String,
    /// Name of the repository there.
    pub repository: String,
    /// Version of the contents.
    pub version: Version,
}

/// A version, of which a digest is always the same.
#[derive(Debug, PartialEq, Eq)]
pub enum Version {
    /// The hexadecimal digits of a digest of SHA-256.
    Digest(String),
    /// A name that the registry can give to others.
    Tag(String),
}

impl fmt::Display for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digits) => write!(out, "sha256:{digits}"),
            Self::Tag(tag) => out.write_str(tag),
        }
    }
}

impl Reference {
    /// Parses `HOST[:PORT]/NAME@sha256:DIGEST` or `HOST[:PORT]/NAME:TAG`. A tag in front of a digest says nothing.
    ///
    /// # Errors
    /// A name of another form.
    pub fn parse(text: &str) -> Result<Self> {
        const FORM: &str = "write oci://HOST/NAME@sha256:DIGEST";
        let (host, rest) = text.split_once('/').context(FORM)?;
        let (named, digest) = match rest.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (rest, None),
        };
        let (repository, tag) = match named.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (named, None),
        };
        let version = match (digest, tag) {
            (Some(digest), _) => match digest.strip_prefix("sha256:").filter(|digits| is_sha256(digits)) {
                Some(digits) => Version::Digest(digits.to_string()),
                None => bail!("{digest} isn't sha256: and {SHA256_DIGITS} small hexadecimal digits"),
            },
            (None, Some(tag)) => Version::Tag(tag.to_string()),
            (None, None) => bail!("a digest is missing: {FORM}"),
        };
        // Nothing of it can become another part of an address.
        let plain = |text: &str, more: &str| {
            !text.is_empty()
                && text.chars().all(|character| character.is_ascii_alphanumeric() || more.contains(character))
        };
        ensure!(plain(host, ".-:[]"), "{host:?} is no name of a registry: {FORM}");
        let is_repository = repository.split('/').all(|part| plain(part, "._-") && !part.starts_with('.'));
        ensure!(is_repository && tag.is_none_or(|tag| plain(tag, "._-")), "{named:?} is no name in a registry: {FORM}");
        Ok(Self { host: host.to_string(), repository: repository.to_string(), version })
    }
}

/// Returns true if this can be the digits of a digest.
pub fn is_sha256(digits: &str) -> bool {
    digits.len() == SHA256_DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_parts() {
        let zeros = "0".repeat(SHA256_DIGITS);
        let parse = |text: &str| Reference::parse(text).ok();
        let (host, repository) = (String::from("localhost:5000"), String::from("me/app"));
        let version = Version::Digest(zeros.clone());
        let whole = Reference { host, repository, version };
        assert_eq!(parse(&format!("localhost:5000/me/app@sha256:{zeros}")).as_ref(), Some(&whole));
        assert_eq!(parse(&format!("localhost:5000/me/app:1.0@sha256:{zeros}")), Some(whole));
        assert_eq!(parse("example.org/app:1.0").unwrap().version, Version::Tag(String::from("1.0")));
        for wrong in [
            "app",
            "example.org/app",
            "example.org/app@sha256:00",
            "example.org/../app:1",
            "/app:1",
            "a b/app:1",
            "h/a?b:1",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
