//! `wasi:config/store`. Nothing fails: the values are in the policy and in the environment at start.

use std::borrow::Cow;

use aot_abi::trap::Trap;

use crate::p2::Outcome;
use crate::p2::interfaces::config::store::Error;
use aot_host::host::Host;
use aot_host::policy::state::configuration;
use aot_host::text::to_text;

/// The value of a name, if there is one.
pub fn get(host: &mut Host, key: Cow<'_, str>) -> Outcome<Result<Option<String>, Error>> {
    let values = configuration(&host.environment, host.grantee).ok_or(Trap::Other)?;
    let value = values.into_iter().find(|(name, _)| *name == key.as_bytes());
    Ok(Ok(value.map(|(_, value)| to_text(value))))
}

/// All names with their values.
pub fn get_all(host: &mut Host) -> Outcome<Result<Vec<(String, String)>, Error>> {
    let values = configuration(&host.environment, host.grantee).ok_or(Trap::Other)?;
    Ok(Ok(values.into_iter().map(|(name, value)| (to_text(name), to_text(value))).collect()))
}
