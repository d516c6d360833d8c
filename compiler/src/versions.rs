//! Names of interfaces with their versions, compared as semver does.

/// Returns true if an interface with the name `full` (`wasi:io/streams@0.2.6`) is `interface` (`wasi:io/streams`) of a
/// version that is compatible with `version` (`0.2`).
pub(crate) fn is_of(full: &str, interface: &str, version: &str) -> bool {
    full.split_once('@').is_some_and(|(name, given)| name == interface && is_compatible(given, version))
}

/// Returns true if `given` (`0.2.6`) is compatible with `known`, the digits of a version that semver compares (`0.2`).
fn is_compatible(given: &str, known: &str) -> bool {
    !given.contains('-') && given.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_of;

    #[test]
    fn versions_are_compared_as_semver_does() {
        let is_run = |name| is_of(name, "wasi:cli/run", "0.2");
        assert!(is_run("wasi:cli/run@0.2.0") && is_run("wasi:cli/run@0.2.12") && is_run("wasi:cli/run@0.2"));
        assert!(!is_run("wasi:cli/run@0.20.0") && !is_run("wasi:cli/run@0.3.0") && !is_run("wasi:cli/run"));
        assert!(!is_run("wasi:cli/run@0.2.0-rc-2023-12-05") && !is_run("wasi:cli/runner@0.2.0"));
    }
}
