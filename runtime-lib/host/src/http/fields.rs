//! Names and values of fields, and which of them a guest may set.

use std::rc::Rc;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::field_list::{FieldList, bytes_of_field, length};
use super::state::Http;

/// Fields of a message, and whether they may be changed.
pub struct Fields {
    /// The fields, which a message and those who look at it share.
    pub list: Rc<FieldList>,
    /// The program's state of HTTP, which has the limit of bytes; none if the fields may not be changed.
    http: Option<Rc<Http>>,
}

/// The reason for which a field can't be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The name or the value isn't one.
    Syntax,
    /// The field belongs to the connection, which is the host's.
    Forbidden,
    /// The fields may not be changed.
    Immutable,
    /// The fields would have more bytes than a message may have.
    TooLarge,
}

/// The names that only the host sets: those of the connection (RFC 9110, 7.6.1), and the authority's.
const FORBIDDEN: [&str; 9] = [
    "connection",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
];

/// The name of a field that a guest may set.
pub fn own_name(name: &str) -> Result<HeaderName, Problem> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Problem::Syntax)?;
    if FORBIDDEN.contains(&name.as_str()) { Err(Problem::Forbidden) } else { Ok(name) }
}

/// Returns a value that a guest may give the field with this name.
fn own_value(name: &HeaderName, value: &[u8]) -> Result<HeaderValue, Problem> {
    let value = HeaderValue::from_bytes(value).map_err(|_| Problem::Syntax)?;
    if *name == header::CONTENT_LENGTH && length(&value).is_none() { Err(Problem::Syntax) } else { Ok(value) }
}

/// Removes what belongs to the connection from a message that has come.
pub fn remove_forbidden(map: &mut HeaderMap) {
    for name in FORBIDDEN {
        map.remove(name);
    }
}

/// The names in the lines of a field that is a list (RFC 9110, 5.6.1).
pub fn names_of<'v>(values: impl Iterator<Item = &'v HeaderValue>) -> impl Iterator<Item = &'v str> {
    values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',').map(str::trim))
}

/// Removes from trailers what decides about the message itself (RFC 9110, 6.5.1).
pub fn remove_framing(trailers: &mut HeaderMap) {
    remove_forbidden(trailers);
    for name in [header::CONTENT_LENGTH, header::TE, header::TRAILER] {
        trailers.remove(name);
    }
}

/// Returns true for a field that only the host sets.
pub fn is_forbidden(name: &HeaderName) -> bool {
    FORBIDDEN.contains(&name.as_str())
}

/// The bytes that fields count for.
pub fn bytes_of(map: &HeaderMap) -> usize {
    map.iter().map(|(name, value)| bytes_of_field(name, value)).sum()
}

impl Fields {
    /// An empty set of fields, which may be changed.
    pub fn new(http: Rc<Http>) -> Fields {
        Fields::copy(http, Rc::default())
    }

    /// The fields of a message, which may not be changed.
    pub fn of_message(list: Rc<FieldList>) -> Fields {
        Fields { list, http: None }
    }

    /// Fields that begin as others and may be changed. They are copied only at the first change.
    pub fn copy(http: Rc<Http>, list: Rc<FieldList>) -> Fields {
        Fields { list, http: Some(http) }
    }

    /// Returns the fields without the right to change them.
    pub fn into_list(self) -> Rc<FieldList> {
        self.list
    }

    /// Refuses more bytes than a message may have.
    fn check_bytes(&self, bytes: usize) -> Result<(), Problem> {
        let http = self.http.as_ref().ok_or(Problem::Immutable)?;
        if bytes > http.settings.fields_bytes_max { Err(Problem::TooLarge) } else { Ok(()) }
    }

    fn check_mutable(&self) -> Result<(), Problem> {
        if self.http.is_some() { Ok(()) } else { Err(Problem::Immutable) }
    }

    /// Adds a value.
    pub fn append(&mut self, name: &str, value: &[u8]) -> Result<(), Problem> {
        self.check_mutable()?;
        let name = own_name(name)?;
        self.add(name, value)
    }

    fn add(&mut self, name: HeaderName, value: &[u8]) -> Result<(), Problem> {
        let value = own_value(&name, value)?;
        self.check_bytes(self.list.bytes() + bytes_of_field(&name, &value))?;
        Rc::make_mut(&mut self.list).push(name, value);
        Ok(())
    }

    /// Replaces all values of a name.
    pub fn set(&mut self, name: &str, values: &[Vec<u8>]) -> Result<(), Problem> {
        self.check_mutable()?;
        let name = own_name(name)?;
        values.iter().try_for_each(|value| own_value(&name, value).map(|_| ()))?;
        Rc::make_mut(&mut self.list).remove(&name);
        values.iter().try_for_each(|value| self.add(name.clone(), value))
    }

    /// Removes all values of a name.
    pub fn delete(&mut self, name: &str) -> Result<(), Problem> {
        self.check_mutable()?;
        let name = own_name(name)?;
        Rc::make_mut(&mut self.list).remove(&name);
        Ok(())
    }

    /// All values of a name.
    pub fn get(&self, name: &str) -> Vec<Vec<u8>> {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => self.list.values(&name).map(|value| value.as_bytes().to_vec()).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// All names and values.
    pub fn entries(&self) -> Vec<(String, Vec<u8>)> {
        let entry =
            |(name, value): (&HeaderName, &HeaderValue)| (String::from(name.as_str()), value.as_bytes().to_vec());
        self.list.iter().map(entry).collect()
    }

    /// Returns true if a field of this name has a value.
    pub fn has(&self, name: &str) -> bool {
        HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| self.list.has(&name))
    }
}
