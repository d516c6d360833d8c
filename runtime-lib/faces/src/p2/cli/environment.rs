//! `wasi:cli/environment`. What isn't UTF-8 is passed on with replacement characters: components have no other strings.

use crate::p2::Outcome;
use aot_host::environment::split_variable;
use aot_host::host::Host;
use aot_host::text::to_text;

/// Names and values of the environment variables.
pub fn get_environment(host: &mut Host) -> Outcome<Vec<(String, String)>> {
    let variables = host.environment.variables(host.grantee);
    Ok(variables.into_iter().map(split_variable).map(|(name, value)| (to_text(name), to_text(value))).collect())
}

/// The arguments, the program's name first.
pub fn get_arguments(host: &mut Host) -> Outcome<Vec<String>> {
    Ok(host.arguments.iter().map(to_text).collect())
}

/// Returns none: a guest has no working directory but the one that it makes up for itself.
pub fn initial_cwd(_: &mut Host) -> Outcome<Option<String>> {
    Ok(None)
}
