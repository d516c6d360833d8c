//! Fields in the order in which they were given.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::fault::Fault;

/// The fields of a message, line by line. Unlike a map, it keeps the order of lines with different names.
#[derive(Clone, Debug, Default)]
pub struct FieldList(Vec<(HeaderName, HeaderValue)>);

impl FieldList {
    /// An empty list with room for so many lines.
    pub fn with_capacity(lines: usize) -> FieldList {
        FieldList(Vec::with_capacity(lines))
    }

    /// All lines.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// All values of a name.
    pub fn values(&self, name: &HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.iter().filter(move |(present, _)| *present == name).map(|(_, value)| value)
    }

    /// Returns true if a line has this name.
    pub fn has(&self, name: &HeaderName) -> bool {
        self.values(name).next().is_some()
    }

    /// Adds a line.
    pub fn push(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }

    /// Removes all lines of a name.
    pub fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|(present, _)| present != name);
    }

    /// The bytes that the fields count for.
    pub fn bytes(&self) -> usize {
        self.iter().map(|(name, value)| bytes_of_field(name, value)).sum()
    }

    /// The length that the fields declare for a body.
    pub fn declared_length(&self) -> Option<u64> {
        length(self.values(&header::CONTENT_LENGTH).next()?)
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if there are no lines.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the length that the fields declare for a body, and leaves one line of it. Two lengths are an error: a server could
    /// find another end of the message than we do (RFC 9112, 6.3).
    pub fn settle_length(&mut self) -> Result<Option<u64>, Fault> {
        let Some(value) = self.values(&header::CONTENT_LENGTH).next() else { return Ok(None) };
        let declared = length(value).ok_or(Fault::Protocol)?;
        if self.values(&header::CONTENT_LENGTH).any(|value| length(value) != Some(declared)) {
            return Err(Fault::Protocol);
        }
        self.replace(&header::CONTENT_LENGTH, HeaderValue::from(declared));
        Ok(Some(declared))
    }

    /// Gives a field one value: in its first line, or in a new one at the end.
    pub fn replace(&mut self, name: &HeaderName, value: HeaderValue) {
        let first = self.0.iter().position(|(present, _)| present == name).unwrap_or(self.0.len());
        self.remove(name);
        self.0.insert(first, (name.clone(), value));
    }

    /// The fields as the library has them; none if there are more than it can have.
    pub fn to_map(&self) -> Option<HeaderMap> {
        let mut map = HeaderMap::try_with_capacity(self.0.len()).ok()?;
        for (name, value) in self.iter() {
            map.try_append(name, value.clone()).ok()?;
        }
        Some(map)
    }
}

impl From<&HeaderMap> for FieldList {
    fn from(map: &HeaderMap) -> FieldList {
        FieldList(map.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// The most lines of a message: a map has room for no more, with those of the connection.
pub const FIELDS_MAX: usize = 24_000;

/// The bytes that each field counts for besides its name and value, as in HTTP/2 (RFC 9113, 10.5.1).
const FIELD_BYTES: usize = 32;

/// The bytes that a field counts for.
pub fn bytes_of_field(name: &HeaderName, value: &HeaderValue) -> usize {
    name.as_str().len() + value.len() + FIELD_BYTES
}

/// Returns the number that a value of `content-length` is; none for any other value. The grammar has digits alone (RFC
/// 9110, 8.6), while the standard library takes a sign too.
pub fn length(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_order() {
        let mut list = FieldList::default();
        for (name, value) in [("x-a", "1"), ("y", "z"), ("x-a", "2"), ("content-length", "3")] {
            list.push(name.parse().unwrap(), value.parse().unwrap());
        }
        let text = |list: &FieldList| -> Vec<String> {
            list.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
        };
        assert_eq!(text(&list), ["x-a: 1", "y: z", "x-a: 2", "content-length: 3"]);
        assert_eq!((list.bytes(), list.declared_length()), (4 * 32 + 4 + 2 + 4 + 15, Some(3)));
        assert_eq!(text(&FieldList::from(&list.to_map().unwrap()))[..2], ["x-a: 1", "x-a: 2"]);
        list.replace(&"y".parse().unwrap(), "0".parse().unwrap());
        assert_eq!(text(&list)[..2], ["x-a: 1", "y: 0"]);
        assert_eq!((list.len(), list.settle_length().ok()), (4, Some(Some(3))));
        list.remove(&"x-a".parse().unwrap());
        assert_eq!(text(&list), ["y: 0", "content-length: 3"]);
    }
}
