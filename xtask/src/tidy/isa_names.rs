//! Names of instruction sets: what differs by one is a fact in `compiler/src/isa` or `targets`, or lies in a folder `arch` of the
//! runtime: nothing else matches on an instruction set or a target, or lists them.

use super::Finding;
use super::files::{Files, TextFile};
use anyhow::{Context, Result};
use std::collections::BTreeSet;

const FACTS: &str = "compiler/src/isa/";
/// Folders, wherever they lie, whose files may tell instruction sets apart.
const FREE_FOLDERS: &[&str] = &["arch", "tests"];

/// Files that may, with the reason.
const ALLOWED: &[(&str, &str)] = &[
    (
        "benches/src/build.rs",
        "peers are built by C compilers, whose flags for this machine's CPU have names of their own",
    ),
    ("compiler/linker/examples/link.rs", "its argument is the name of a machine"),
    ("compiler/linker/src/arguments.rs", "the linker's own words for machines, in a match without a wildcard"),
    ("runtime-lib/start/src/cpu.rs", "the standard library detects features by a macro for each architecture"),
    ("runtime-lib/start/src/lib.rs", "the standard library has that macro for one architecture behind a feature"),
];

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let forbidden = forbidden(files)?;
    let mut findings = Vec::new();
    for file in files.with_extension("rs").filter(|file| !may_differ(&file.path)) {
        let named = |text: &str| forbidden.iter().any(|word| text.contains(word));
        for (line, _) in code(file).filter(|(_, text)| named(text)) {
            findings.push(Finding {
                path: file.path.clone(),
                line,
                rule: "isa-name",
                advice: format!("make what differs a fact in {FACTS} or targets/, and read it by its name"),
            });
        }
    }
    Ok(findings)
}

/// Words by which code tells instruction sets apart: their names and those of their targets as literals, their variants
/// of an enumeration, and conditions of the compiler's.
fn forbidden(files: &Files) -> Result<BTreeSet<String>> {
    let mut words = BTreeSet::from([concat!("target", "_arch"), concat!("Architecture", "::")].map(String::from));
    for file in files.with_extension("toml").filter(|file| file.path.starts_with("targets/")) {
        let target: toml::Table = file.text.parse().with_context(|| format!("reading {}", file.path))?;
        for field in ["isa", "name"] {
            let name = target.get(field).and_then(|name| name.as_str());
            let name = name.with_context(|| format!("{} has no {field}", file.path))?;
            words.insert(format!("\"{name}\""));
        }
        let isa = target["isa"].as_str().unwrap_or_default();
        words.extend(isa.get(..1).map(|first| format!("::{}{}", first.to_uppercase(), &isa[1..])));
    }
    Ok(words)
}

fn may_differ(path: &str) -> bool {
    path.starts_with(FACTS)
        || path.split('/').any(|folder| FREE_FOLDERS.contains(&folder))
        || ALLOWED.iter().any(|(allowed, _)| *allowed == path)
}

/// The lines of code before the unit tests at the end of a file.
fn code(file: &TextFile) -> impl Iterator<Item = (usize, &str)> {
    file.code_lines().take_while(|(_, line)| *line != "#[cfg(test)]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let target = file("targets/mips-linux.toml", "name = \"mips-linux\"\nisa = \"mips\"\n");
        let findings = check(&Files { all: vec![target, file(path, text)] }).expect("a valid target");
        findings.iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn comparisons_arms_and_lists_are_found() {
        let text = "// mips\nif isa == \"mips\" {\n    Machine::Mips => 1,\nconst ALL: [&str; 1] = [\"mips-linux\"];\n";
        assert_eq!(lines("compiler/src/link/mod.rs", text), [2, 3, 4]);
        assert_eq!(lines("src/main.rs", "if cfg!(target_arch = \"mips\") {}\n"), [1]);
    }

    #[test]
    fn facts_tests_triples_and_unit_tests_are_free() {
        let text = "const NAME: &str = \"mips\";\n";
        assert!(lines("compiler/src/isa/mips.rs", text).is_empty());
        assert!(lines("runtime-lib/src/arch/mips.rs", text).is_empty());
        assert!(lines("tests/support/target.rs", text).is_empty());
        assert!(lines("src/main.rs", "const TRIPLE: &str = \"mips-unknown-linux-musl\";\n").is_empty());
        assert!(lines("src/main.rs", "#[cfg(test)]\nmod tests {\n    const NAME: &str = \"mips\";\n}\n").is_empty());
    }
}
