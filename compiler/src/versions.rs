//! Names of interfaces with their versions, compared as semver does.

/// Returns true if an interface with the name `full` (`wasi:io/streams@0.2.6`) is `interface` (`wasi:io/streams`) of a
/// version that is compatible with `version` (`0.2`). An empty version is none in `full` either.
pub(crate) fn is_of(full: &str, interface: &str, version: &str) -> bool {
    match full.split_once('@') {
        Some((name, given)) => name == interface && is_compatible(given, version),
        None => full == interface && version.is_empty(),
    }
}

/// Returns true if `given` (`0.2.6`) is compatible with `known`, the digits of a version that semver compares (`0.2`). A
/// version with a suffix (`0.2.0-draft`) is compatible with itself alone.
fn is_compatible(given: &str, known: &str) -> bool {
    let digits = || given.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if given.contains('-') { given == known } else { !known.is_empty() && digits() }
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
        let is_draft = |name| is_of(name, "wasi:config/store", "0.2.0-rc.1");
        assert!(is_draft("wasi:config/store@0.2.0-rc.1") && !is_draft("wasi:config/store@0.2.0-rc.1.1"));
        assert!(!is_draft("wasi:config/store@0.2.0") && !is_draft("wasi:config/store"));
        let has_none = |name| is_of(name, "wasi:logging/logging", "");
        assert!(has_none("wasi:logging/logging") && !has_none("wasi:logging/logging@0.1.0"));
    }
}
