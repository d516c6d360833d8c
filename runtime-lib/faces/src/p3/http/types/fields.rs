//! Fields.

use std::borrow::Cow;
use std::rc::Rc;

use crate::p3::Outcome;
use crate::p3::interfaces::http::types as interface;
use crate::p3::interfaces::http::types::HeaderError;
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::host::Host;
use aot_host::http::field_list::FieldList;
use aot_host::http::fields::{Fields, Problem};

pub use aot_host::http::fields::Fields as FieldMap;

type This = Borrow<interface::FieldMap>;

/// The interface's error.
fn error(problem: Problem) -> HeaderError {
    match problem {
        Problem::Syntax => HeaderError::InvalidSyntax,
        Problem::Forbidden => HeaderError::Forbidden,
        Problem::Immutable => HeaderError::Immutable,
        Problem::TooLarge => HeaderError::SizeExceeded,
    }
}

/// The fields of a message as a resource, which can't be changed.
pub fn fields_of(host: &mut Host, list: Rc<FieldList>) -> Own<interface::FieldMap> {
    host.resources.add(Fields::of_message(list))
}

/// An empty set of fields, which may be changed.
pub fn fields_constructor(host: &mut Host) -> Outcome<Own<interface::FieldMap>> {
    let fields = Fields::new(host.http()?);
    Ok(host.resources.add(fields))
}

/// Fields from names and values.
pub fn fields_from_list(
    host: &mut Host,
    entries: Vec<(String, Vec<u8>)>,
) -> Outcome<Result<Own<interface::FieldMap>, HeaderError>> {
    let mut fields = Fields::new(host.http()?);
    let result = entries.iter().try_for_each(|(name, value)| fields.append(name, value));
    Ok(result.map(|()| host.resources.add(fields)).map_err(error))
}

/// All values of a name.
pub fn fields_get(host: &mut Host, self_: This, name: Cow<'_, str>) -> Outcome<Vec<Vec<u8>>> {
    Ok(host.resources.get(self_)?.get(&name))
}

/// Returns true if a field of this name has a value.
pub fn fields_has(host: &mut Host, self_: This, name: Cow<'_, str>) -> Outcome<bool> {
    Ok(host.resources.get(self_)?.has(&name))
}

/// Replaces all values of a name.
pub fn fields_set(
    host: &mut Host,
    self_: This,
    name: Cow<'_, str>,
    value: Vec<Vec<u8>>,
) -> Outcome<Result<(), HeaderError>> {
    Ok(host.resources.get(self_)?.set(&name, &value).map_err(error))
}

/// Removes all values of a name.
pub fn fields_delete(host: &mut Host, self_: This, name: Cow<'_, str>) -> Outcome<Result<(), HeaderError>> {
    Ok(host.resources.get(self_)?.delete(&name).map_err(error))
}

/// Removes all values of a name, and returns them.
pub fn fields_get_and_delete(
    host: &mut Host,
    self_: This,
    name: Cow<'_, str>,
) -> Outcome<Result<Vec<Vec<u8>>, HeaderError>> {
    let fields = host.resources.get(self_)?;
    let values = fields.get(&name);
    Ok(fields.delete(&name).map(|()| values).map_err(error))
}

/// Adds a value.
pub fn fields_append(
    host: &mut Host,
    self_: This,
    name: Cow<'_, str>,
    value: &[u8],
) -> Outcome<Result<(), HeaderError>> {
    Ok(host.resources.get(self_)?.append(&name, value).map_err(error))
}

/// All names and values.
pub fn fields_copy_all(host: &mut Host, self_: This) -> Outcome<Vec<(String, Vec<u8>)>> {
    Ok(host.resources.get(self_)?.entries())
}

/// A copy that may be changed.
pub fn fields_clone(host: &mut Host, self_: This) -> Outcome<Own<interface::FieldMap>> {
    let http = host.http()?;
    let list = Rc::clone(&host.resources.get(self_)?.list);
    Ok(host.resources.add(Fields::copy(http, list)))
}
