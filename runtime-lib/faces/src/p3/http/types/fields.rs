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

/// The interface's error.
fn answer(_: &mut Host, result: Result<(), Problem>) -> Outcome<Result<(), HeaderError>> {
    Ok(result.map_err(|problem| match problem {
        Problem::Syntax => HeaderError::InvalidSyntax,
        Problem::Forbidden => HeaderError::Forbidden,
        Problem::Immutable => HeaderError::Immutable,
        Problem::TooLarge => HeaderError::SizeExceeded,
    }))
}

field_functions!(fields_copy_all);

/// The fields of a message as a resource, which can't be changed.
pub fn fields_of(host: &mut Host, list: Rc<FieldList>) -> Own<interface::FieldMap> {
    host.resources.add(Fields::of_message(list))
}

/// Removes all values of a name, and returns them.
pub fn fields_get_and_delete(
    host: &mut Host,
    self_: This,
    name: Cow<'_, str>,
) -> Outcome<Result<Vec<Vec<u8>>, HeaderError>> {
    let values = host.resources.get(self_)?.get(&name);
    Ok(fields_delete(host, self_, name)?.map(|()| values))
}
