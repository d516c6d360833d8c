//! The run-time library keeps nothing of a running program in a static or in a thread's own storage: several programs run
//! in one process, on one thread or many.

use super::Finding;
use super::files::{Files, TextFile};
use anyhow::Result;

const FOLDER: &str = "runtime-lib/";
/// The contract has constant data only.
const CONTRACT_FOLDER: &str = "runtime-lib/abi/";
const THREAD_LOCAL: &str = concat!("thread_", "local!");

/// The statics that there are nevertheless, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("ALLOCATOR", "the allocator is the process's"),
    ("FIRST_CHUNK", "the allocator's first memory, for which a small program asks nobody"),
    (concat!("aot", "_abi_version_3"), "constant: the linker finds an object of another version by it"),
    (concat!("aot", "_slab"), "debuggers find a program's memory by its symbol; the runtime never reads it"),
];

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let is_ours = |file: &&TextFile| file.path.starts_with(FOLDER) && !file.path.starts_with(CONTRACT_FOLDER);
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    for file in files.with_extension("rs").filter(is_ours) {
        for (line, text) in file.code_lines() {
            let Some(name) = kept_by(text) else { continue };
            if EXCEPTIONS.iter().any(|(exception, _)| *exception == name) {
                seen.push(name);
                continue;
            }
            let advice = format!("make `{name}` a part of `Instance`, or a `const`; exceptions are in tidy/statics.rs");
            findings.push(Finding { path: file.path.clone(), line, rule: "static", advice });
        }
    }
    let gone = EXCEPTIONS.iter().filter(|(name, _)| !seen.contains(&name));
    findings.extend(gone.filter(|_| !seen.is_empty()).map(|(name, reason)| Finding {
        path: String::from("xtask/src/tidy/statics.rs"),
        line: 1,
        rule: "static",
        advice: format!("there is no static `{name}` any more ({reason}): remove the exception"),
    }));
    Ok(findings)
}

/// The name of a static that a line defines, or the word for a thread's own storage. What has no value is declared only:
/// it is data that the compiler writes.
fn kept_by(line: &str) -> Option<&str> {
    if line.contains(THREAD_LOCAL) {
        return Some(THREAD_LOCAL);
    }
    let mut words = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ").split_whitespace();
    if words.next() != Some("static") || !line.contains(" = ") {
        return None;
    }
    let name = words.find(|word| *word != "mut")?;
    Some(name.trim_end_matches(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let file = TextFile { path: String::from("runtime-lib/host/src/x.rs"), text: text.to_owned() };
        check(&Files { all: vec![file] }).expect("rules").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_static_and_a_threads_own_storage_are_found() {
        let found = findings("//! X.\npub static COUNT: u64 = 0;\n    static mut LAST: u32 = 1;\nthread_local! {\n");
        assert_eq!(found.len(), 3);
        assert!(found[0].starts_with("runtime-lib/host/src/x.rs:2: static: make `COUNT`"));
    }

    #[test]
    fn declarations_lifetimes_and_constants_are_fine() {
        let text = "    static aot_program: Program;\nconst NAMES: &[&'static str] = &[];\n// static OLD: u8 = 0;\n";
        assert!(findings(text).is_empty());
    }
}
