//! Files inside the executable that a server answers with by itself, without any guest (RFC 9110).
//!
//! Of several ranges in one request none counts, as section 14.2 allows: the whole file is the answer. There are no dates of
//! changes, so conditions about dates don't count either.

use core::ops::Range;
use std::borrow::Cow;
use std::sync::Arc;

use crate::http::field_list::FieldList;
use aot_abi::serve::{self as abi, TAG_STATIC};
use aot_abi::{parts, record::Record};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::response::{ResponseBody, own};
use crate::http::incoming::IncomingHead;
use crate::policy::for_each_item;
use crate::start_error::StartError;

/// Answers requests instead of the guest.
pub trait Answerer: Send + Sync {
    /// The answer to a request; none if the guest handles it.
    fn answer(&self, head: &IncomingHead) -> Option<Response<ResponseBody>>;
}

/// Reads what answers requests instead of the guest from a policy.
pub type ReadAnswerer = fn(&'static [u8]) -> Result<Arc<dyn Answerer>, StartError>;

const _: ReadAnswerer = aot_part_static;
const _: () = assert!(aot_foundation::same_name("aot_part_static", parts::STATIC));

#[unsafe(no_mangle)]
fn aot_part_static(section: &'static [u8]) -> Result<Arc<dyn Answerer>, StartError> {
    let mut folders = Vec::new();
    for_each_item(section, |tag, payload| {
        if tag == TAG_STATIC {
            folders.push(Folder::parse(payload)?);
        }
        Some(())
    })
    .ok_or(StartError::DamagedPolicy)?;
    // The most specific comes first.
    folders.sort_by_key(|folder: &Folder| core::cmp::Reverse(folder.prefix.len()));
    Ok(Arc::new(StaticFiles { folders }))
}

struct StaticFiles {
    folders: Vec<Folder>,
}

/// The files below a path.
struct Folder {
    /// The path, without a slash at its end: empty for the root.
    prefix: &'static [u8],
    /// The files, sorted by their paths below `prefix`.
    files: Vec<File>,
}

/// A file. There may be a million of them, so the values of its fields are made when they are asked for.
struct File {
    path: &'static [u8],
    content_type: &'static [u8],
    /// The tag without its quotation marks.
    entity_tag: [u8; 32],
    contents: &'static [u8],
}

/// The thing that a path leads to.
#[derive(Debug, PartialEq, Eq)]
enum Found<T> {
    File(T),
    /// A folder with an `index.html`, whose path needs a slash at the end.
    Folder,
    Nothing,
}

impl Folder {
    fn parse(payload: &'static [u8]) -> Option<Folder> {
        let (head, rest) = abi::Static::split_from(payload)?;
        let (prefix, mut rest) = rest.split_at_checked(head.prefix_bytes as usize)?;
        let mut files = Vec::new();
        while !rest.is_empty() {
            let (head, after) = abi::StaticFile::split_from(rest)?;
            let (path, after) = after.split_at_checked(head.path_bytes as usize)?;
            let (content_type, after) = after.split_at_checked(head.type_bytes as usize)?;
            let (contents, after) = after.split_at_checked(head.contents_bytes as usize)?;
            let entity_tag = head.entity_tag;
            let are_values = content_type.iter().chain(&entity_tag).all(|byte| (b' '..0x7f).contains(byte));
            files.push(are_values.then_some(File { path, content_type, entity_tag, contents })?);
            rest = after;
        }
        files.is_sorted_by_key(|file| file.path).then_some(Folder { prefix, files })
    }

    fn file(&self, path: &[u8]) -> Option<&File> {
        let index = self.files.binary_search_by_key(&path, |file| file.path).ok()?;
        self.files.get(index)
    }

    /// The thing that a decoded path leads to; none if it isn't below the folder's.
    fn find(&self, path: &[u8]) -> Option<Found<&File>> {
        let below = match path.strip_prefix(self.prefix)? {
            b"" => return Some(self.file(b"index.html").map_or(Found::Nothing, |_| Found::Folder)),
            rest => rest.strip_prefix(b"/")?,
        };
        if below.is_empty() || below.ends_with(b"/") {
            let index = self.file(&[below, b"index.html"].concat());
            return Some(index.map_or(Found::Nothing, Found::File));
        }
        if let Some(file) = self.file(below) {
            return Some(Found::File(file));
        }
        Some(self.file(&[below, b"/index.html"].concat()).map_or(Found::Nothing, |_| Found::Folder))
    }
}

impl Answerer for StaticFiles {
    fn answer(&self, head: &IncomingHead) -> Option<Response<ResponseBody>> {
        let (path, query) = head.path.split_at(head.path.find('?').unwrap_or(head.path.len()));
        let decoded = decode(path);
        let found = self.folders.iter().find_map(|folder| folder.find(&decoded))?;
        if ![Method::GET, Method::HEAD].contains(&head.method) {
            return Some(with(
                own(StatusCode::METHOD_NOT_ALLOWED),
                header::ALLOW,
                HeaderValue::from_static("GET, HEAD"),
            ));
        }
        Some(match found {
            Found::File(file) => file.answer(head),
            Found::Folder => redirect([path, "/", query].concat()),
            Found::Nothing => own(StatusCode::NOT_FOUND),
        })
    }
}

impl File {
    /// The value of the field `etag`.
    fn tag(&self) -> HeaderValue {
        value([b"\"", &self.entity_tag[..], b"\""].concat().into())
    }

    fn answer(&self, head: &IncomingHead) -> Response<ResponseBody> {
        let tag = self.tag();
        match precondition(&head.fields, tag.as_bytes()) {
            Some(StatusCode::NOT_MODIFIED) => return with(own(StatusCode::NOT_MODIFIED), header::ETAG, tag),
            Some(status) => return own(status),
            None => {}
        }
        let length = self.contents.len();
        let range = if head.method == Method::GET { self.range(&head.fields, &tag) } else { None };
        let (status, range) = match range {
            None => (StatusCode::OK, 0..length),
            Some(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
            Some(None) => {
                let refused = own(StatusCode::RANGE_NOT_SATISFIABLE);
                return with(refused, header::CONTENT_RANGE, text(format!("bytes */{length}")));
            }
        };
        let part = self.contents.get(range.clone()).unwrap_or_default();
        let body = if head.wanted.has_contents { Bytes::from_static(part) } else { Bytes::new() };
        let mut response = Response::new(ResponseBody::Known(body));
        *response.status_mut() = status;
        let fields = response.headers_mut();
        fields.insert(header::CONTENT_TYPE, value(Bytes::from_static(self.content_type)));
        fields.insert(header::ETAG, tag);
        fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        fields.insert(header::CONTENT_LENGTH, HeaderValue::from(part.len()));
        if status == StatusCode::PARTIAL_CONTENT {
            let (first, last) = (range.start, range.end - 1);
            fields.insert(header::CONTENT_RANGE, text(format!("bytes {first}-{last}/{length}")));
        }
        response
    }

    /// The range that is asked for: none for the whole file, `Some(None)` for one of which the file has nothing.
    fn range(&self, fields: &FieldList, tag: &HeaderValue) -> Option<Option<Range<usize>>> {
        let if_range = fields.values(&header::IF_RANGE).next();
        // A weak tag, or a date, never is the same (RFC 9110, 13.1.5).
        if if_range.is_some_and(|asked| asked != tag) {
            return None;
        }
        let mut values = fields.values(&header::RANGE);
        match (values.next(), values.next()) {
            (Some(value), None) => range(value.to_str().ok()?, self.contents.len()),
            _ => None,
        }
    }
}

/// Reads a range of bytes (RFC 9110, 14.1.2) of a file of this length: none if it isn't one range of bytes, `Some(None)` if
/// the file has nothing of it.
fn range(text: &str, length: usize) -> Option<Option<Range<usize>>> {
    let (unit, range) = text.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !unit.eq_ignore_ascii_case("bytes") || !is_number(first) || !is_number(last) {
        return None;
    }
    // A number that is too large is beyond the end.
    let number = |text: &str| text.parse::<usize>().unwrap_or(usize::MAX);
    let range = match (first, last) {
        ("", "") => return None,
        ("", suffix) => length.saturating_sub(number(suffix))..length,
        (first, "") => number(first)..length,
        (first, last) if number(first) > number(last) => return None,
        (first, last) => number(first)..number(last).saturating_add(1).min(length),
    };
    Some((!range.is_empty()).then_some(range))
}

/// The status of a request whose condition doesn't hold (RFC 9110, 13.2.2).
fn precondition(fields: &FieldList, entity_tag: &[u8]) -> Option<StatusCode> {
    if fields.has(&header::IF_MATCH) && !has_tag(fields, &header::IF_MATCH, entity_tag, false) {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    has_tag(fields, &header::IF_NONE_MATCH, entity_tag, true).then_some(StatusCode::NOT_MODIFIED)
}

/// Returns true if a field lists a tag, or `*`; with `weak`, a tag that is marked as weak counts too.
fn has_tag(fields: &FieldList, name: &HeaderName, entity_tag: &[u8], weak: bool) -> bool {
    // Our tags have no commas in them, so that those of others may be divided anywhere.
    let listed = fields.values(name).flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    listed.map(<[u8]>::trim_ascii).any(|tag| {
        let strong = if weak { tag.strip_prefix(b"W/").unwrap_or(tag) } else { tag };
        tag == b"*" || strong == entity_tag
    })
}

/// A path without percent-encoding, in which no file's name has a slash.
fn decode(path: &str) -> Cow<'_, [u8]> {
    if !path.contains('%') {
        return Cow::Borrowed(path.as_bytes());
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let mut byte = *first;
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        if let (b'%', [high, low, behind @ ..]) = (first, after)
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            rest = behind;
            // An encoded slash is no part of a path's structure, and zero of no name.
            byte = Some((high * 16 + low) as u8).filter(|byte| *byte != b'/').unwrap_or(0);
        }
        decoded.push(byte);
    }
    Cow::Owned(decoded)
}

/// The answer that a folder's path ends with a slash.
fn redirect(to: String) -> Response<ResponseBody> {
    // Two slashes would begin another server's name.
    let to = format!("/{}", to.trim_start_matches('/'));
    with(own(StatusCode::MOVED_PERMANENTLY), header::LOCATION, text(to))
}

fn with(mut response: Response<ResponseBody>, name: HeaderName, value: HeaderValue) -> Response<ResponseBody> {
    response.headers_mut().insert(name, value);
    response
}

/// A value of a field.
fn text(text: String) -> HeaderValue {
    value(text.into())
}

/// A value of a field; empty if it can't be one.
fn value(bytes: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(bytes).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let of = |text| range(text, 10);
        assert_eq!(of("bytes=0-3"), Some(Some(0..4)));
        assert_eq!(of("bytes=4-"), Some(Some(4..10)));
        assert_eq!(of("BYTES=-4"), Some(Some(6..10)));
        assert_eq!(of("bytes=-99"), Some(Some(0..10)));
        assert_eq!(of("bytes=9-99999999999999999999999"), Some(Some(9..10)));
        assert_eq!([of("bytes=10-"), of("bytes=-0"), of("bytes=99999999999999999999999-")], [const { Some(None) }; 3]);
        for other in
            ["bytes=0-1,2-3", "bytes=3-2", "bytes=-", "bytes=a-b", "lines=0-1", "bytes", "bytes=+1-2", "bytes=1"]
        {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(range("bytes=0-", 0), Some(None));
    }

    #[test]
    fn paths() {
        let file = |path: &'static str| File {
            path: path.as_bytes(),
            content_type: b"text/plain",
            entity_tag: [b'1'; 32],
            contents: b"",
        };
        let files = ["a b", "deep/index.html", "index.html"].map(file).into();
        let folder = Folder { prefix: b"/assets", files };
        let find = |path: &str| {
            Some(match folder.find(&decode(path))? {
                Found::File(file) => Found::File(core::str::from_utf8(file.path).unwrap()),
                Found::Folder => Found::Folder,
                Found::Nothing => Found::Nothing,
            })
        };
        for elsewhere in ["/assetsx", "/", "/a%2fssets/", "/assets%2f"] {
            assert_eq!(find(elsewhere), None, "{elsewhere}");
        }
        assert_eq!([find("/assets"), find("/assets/deep")], [const { Some(Found::Folder) }; 2]);
        assert_eq!([find("/assets/"), find("/%61ssets/index.html")], [const { Some(Found::File("index.html")) }; 2]);
        assert_eq!(find("/assets/a%20b"), Some(Found::File("a b")));
        for nothing in [
            "/assets/x",
            "/assets//",
            "/assets/deep//",
            "/assets/../index.html",
            "/assets/a b/",
            "/assets/%00",
            "/assets/%",
            "/assets/%2",
            "/assets/deep%2findex.html",
        ] {
            assert_eq!(find(nothing), Some(Found::Nothing), "{nothing}");
        }
    }
}
