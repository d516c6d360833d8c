//! Files that a server answers requests with by itself.

use super::text::text;
use super::with_head;
use crate::describe::sha256;
use aot_abi::record::Record;
use aot_abi::serve as abi;

/// Files of a folder, below a path of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticFolder {
    /// The path, without a slash at its end: empty for the root.
    pub path: String,
    /// The files, in the order of their paths.
    pub files: Vec<StaticFile>,
}

/// A file of a [`StaticFolder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticFile {
    /// Path below the folder's, without a slash at its beginning, not percent-encoded.
    pub path: Vec<u8>,
    /// Contents of the file.
    pub contents: Vec<u8>,
}

/// Content types by the extensions of file names.
const TYPES: &[(&str, &str)] = &[
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("gif", "image/gif"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("ogg", "audio/ogg"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

impl StaticFolder {
    /// Returns the number of files and of their bytes.
    pub fn count(&self) -> (usize, usize) {
        (self.files.len(), self.files.iter().map(|file| file.contents.len()).sum())
    }

    /// Encodes the payload of the policy item.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = with_head(&abi::Static { prefix_bytes: self.path.len() as u32 }, &[self.path.as_bytes()]);
        self.files.iter().for_each(|file| out.extend(file.encode()));
        out
    }

    /// Decodes the payload of the policy item; `None` if it is damaged.
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let (head, rest) = abi::Static::split_from(payload)?;
        let (path, mut rest) = rest.split_at_checked(head.prefix_bytes as usize)?;
        let mut files = Vec::new();
        while !rest.is_empty() {
            let (head, after) = abi::StaticFile::split_from(rest)?;
            let (path, after) = after.split_at_checked(head.path_bytes as usize)?;
            let (_, after) = after.split_at_checked(head.type_bytes as usize)?;
            let (contents, after) = after.split_at_checked(head.contents_bytes as usize)?;
            files.push(StaticFile { path: path.to_vec(), contents: contents.to_vec() });
            rest = after;
        }
        Some(Self { path: text(path), files })
    }
}

impl StaticFile {
    fn encode(&self) -> Vec<u8> {
        let content_type = self.content_type();
        let mut entity_tag = [0; 32];
        // The first half tells files apart well enough.
        entity_tag.copy_from_slice(&sha256(&self.contents).as_bytes()[..32]);
        let head = abi::StaticFile {
            path_bytes: self.path.len() as u32,
            type_bytes: content_type.len() as u32,
            contents_bytes: self.contents.len() as u32,
            entity_tag,
        };
        with_head(&head, &[&self.path, content_type.as_bytes(), &self.contents])
    }

    /// Returns the content type, which follows from the extension of the file's name.
    fn content_type(&self) -> &'static str {
        let name = self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let dot = name.iter().rposition(|byte| *byte == b'.');
        let extension = dot.and_then(|dot| name.get(dot + 1..)).unwrap_or_default();
        let known = TYPES.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(extension));
        known.map_or("application/octet-stream", |(_, content_type)| content_type)
    }
}
