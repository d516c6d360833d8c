//! Names of images, by the grammar of registries, and of the program inside.

use anyhow::{Result, bail};
use std::path::Path;

/// Most bytes of a tag.
const TAG_BYTES_MAX: usize = 128;
/// Most bytes of a repository's name.
const REPOSITORY_BYTES_MAX: usize = 255;
/// Name of a program whose file has none that fits.
const NAMELESS: &str = "app";
/// Registry that other tools take if a name has none, and the folder of its names without one.
const DEFAULT_REGISTRY: (&str, &str) = ("docker.io", "library");

/// The name of an image: `[HOST[:PORT]/]PATH[:TAG]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    repository: String,
    tag: String,
}

impl ImageName {
    /// Parses the value of `--image-name`.
    ///
    /// # Errors
    /// A name that no registry takes.
    pub fn parse(text: &str) -> Result<Self> {
        let last = text.rfind('/').map_or(0, |slash| slash + 1);
        let (repository, tag) = match text[last..].split_once(':') {
            Some((name, tag)) => (&text[..last + name.len()], tag),
            None => (text, "latest"),
        };
        let is_tag = |tag: &str| {
            let begins = tag.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
            let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
            begins && tag.len() <= TAG_BYTES_MAX && tag.bytes().all(rest)
        };
        let (host, path) = split_host(repository);
        let is_path = path.split('/').all(is_component) && repository.len() <= REPOSITORY_BYTES_MAX;
        if !is_tag(tag) || !is_path || !host.is_none_or(is_host) {
            bail!("write [HOST[:PORT]/]NAME[:TAG], where NAME is of small letters, digits and . _ - / between them");
        }
        Ok(Self { repository: repository.to_string(), tag: tag.to_string() })
    }

    /// Makes the name of an image without a chosen one from that of the program inside.
    pub fn of_program(program: &str) -> Self {
        let small = program.to_ascii_lowercase();
        let name = if is_component(&small) { small } else { NAMELESS.to_string() };
        Self { repository: name, tag: String::from("latest") }
    }

    /// The tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Returns the name with its registry, as Docker and containerd know it.
    pub fn full(&self) -> String {
        let Self { repository, tag } = self;
        let (registry, folder) = DEFAULT_REGISTRY;
        match split_host(repository) {
            (Some(_), _) => format!("{repository}:{tag}"),
            (None, path) if path.contains('/') => format!("{registry}/{path}:{tag}"),
            (None, path) => format!("{registry}/{folder}/{path}:{tag}"),
        }
    }
}

/// Splits the host off a repository. Only what has a dot or a port, or is `localhost`, is a host.
fn split_host(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
        _ => (None, repository),
    }
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.split('.').all(is_label) && port.parse::<u16>().is_ok()
}

/// Returns true if this may stand between two slashes: small letters and digits, and between them a dot, one or two
/// underscores, or hyphens.
fn is_component(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut between = text.split(|character: char| character.is_ascii() && is_plain(character as u8));
    let separators = |part: &str| matches!(part, "" | "." | "_" | "__") || part.bytes().all(|byte| byte == b'-');
    text.bytes().next().is_some_and(is_plain) && text.bytes().last().is_some_and(is_plain) && between.all(separators)
}

/// Returns the name of the program in the image: that of the input without its extension.
pub fn program(input: &Path) -> String {
    let stem = input.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let fits = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let is_name = !stem.is_empty() && stem.chars().all(fits) && !stem.starts_with(['.', '-']);
    String::from(if is_name { stem } else { NAMELESS })
}

/// Parses the value of `--label`.
pub fn parse_label(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => bail!("write KEY=VALUE"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_registries_take() {
        let full = |text: &str| ImageName::parse(text).map(|name| name.full()).ok();
        assert_eq!(full("hello").as_deref(), Some("docker.io/library/hello:latest"));
        assert_eq!(full("me/hello:1.0").as_deref(), Some("docker.io/me/hello:1.0"));
        assert_eq!(full("localhost:5000/a/b-c__d").as_deref(), Some("localhost:5000/a/b-c__d:latest"));
        assert_eq!(full("example.org/a:V1").as_deref(), Some("example.org/a:V1"));
        for wrong in ["", "Hello", "a//b", "a:", "a:.b", "-a", "a-", "a___b", "a..b", "a b", "x.y:z/a", "é", "a@sha256"]
        {
            assert_eq!(full(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn programs_have_names_of_files() {
        assert_eq!(program(Path::new("dir/app.v2.wasm")), "app.v2");
        assert_eq!(program(Path::new("-")), "app");
        assert_eq!(program(Path::new("a b.wasm")), "app");
        assert_eq!(ImageName::of_program("My_Tool").full(), "docker.io/library/my_tool:latest");
        assert_eq!(ImageName::of_program("a-_b").full(), "docker.io/library/app:latest");
    }
}
