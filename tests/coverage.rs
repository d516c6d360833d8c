//! Coverage of WASI's interfaces: a program of `tests/programs` imports every function of the runtime, and a test
//! expects every error code. `tests/coverage.toml` lists the exceptions with reasons, and the place where each error is
//! provoked.

mod support;

use aot_abi::symbols;
use aot_abi::wasi::{ERRNO, INTERFACES, PREVIEW1, Type};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use wasmparser::{Parser, Payload};

/// Folders of sources whose programs call what they import: programs in Python and JavaScript import everything.
const SOURCES: [&str; 8] = ["c", "cpp", "http", "rust", "serve", "state", "wasi", "wat"];

/// Contents of `tests/coverage.toml`.
#[derive(Deserialize)]
struct Coverage {
    functions: BTreeMap<String, String>,
    errors: BTreeMap<String, BTreeMap<String, Covered>>,
}

/// Place where an error code is expected, or the reason why there is none.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Covered {
    Test(String),
    Reason(String),
}

fn coverage() -> Coverage {
    let text = fs::read_to_string(support::repository().join("tests/coverage.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

#[test]
fn functions_are_called() {
    let mut missing: BTreeSet<String> =
        PREVIEW1.iter().map(|function| format!("{} {}", symbols::PREVIEW1, function.name)).collect();
    for interface in INTERFACES {
        missing.extend(interface.functions.iter().map(|function| format!("{} {}", interface.name, function.name)));
    }
    for source in SOURCES {
        for program in programs(&support::guests().join(source)) {
            imports(&fs::read(&program).unwrap()).iter().for_each(|import| _ = missing.remove(import));
        }
    }
    for (prefix, reason) in coverage().functions {
        let before = missing.len();
        missing.retain(|function| !function.starts_with(&prefix));
        assert!(missing.len() < before, "`{prefix}` is listed as missing, but isn't: {reason}");
    }
    assert!(missing.is_empty(), "no program of tests/programs imports {missing:#?}");
}

#[test]
fn errors_are_expected() {
    for (interface, listed) in coverage().errors {
        let codes = error_codes(&interface);
        assert_eq!(codes, listed.keys().map(String::as_str).collect(), "the codes of {interface}");
        for (code, covered) in &listed {
            match covered {
                Covered::Test(file) => {
                    let text = fs::read_to_string(support::repository().join(file)).unwrap_or_default();
                    // Test programs write preview1's names in C's form.
                    let code = if interface == symbols::PREVIEW1 { &code.to_uppercase() } else { code };
                    assert!(has_word(&text, code), "{file} doesn't expect {interface}'s {code}");
                }
                Covered::Reason(reason) => assert!(!reason.is_empty(), "{interface}'s {code} has no reason"),
            }
        }
    }
}

/// Returns the cases of the type `error-code` of an interface or its package, or preview1's error numbers.
fn error_codes(interface: &str) -> BTreeSet<&'static str> {
    if interface == symbols::PREVIEW1 {
        return ERRNO.iter().copied().skip(1).collect();
    }
    let package = interface.split('/').next();
    let same_package = INTERFACES.iter().filter(|other| other.name.split('/').next() == package);
    let results = same_package.flat_map(|interface| interface.functions).filter_map(|function| function.result);
    let mut codes = BTreeSet::new();
    for result in results {
        match result {
            Type::Result(_, Some(Type::Enum(cases))) => codes.extend(*cases),
            Type::Result(_, Some(Type::Variant(cases))) if cases.len() > 3 => codes.extend(cases.iter().map(|it| it.0)),
            _ => {}
        }
    }
    codes
}

/// Returns true if a text contains the code as a whole word.
fn has_word(text: &str, code: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    text.match_indices(code).any(|(at, _)| {
        let (before, after) = (at.checked_sub(1), at + code.len());
        !is_part(before.and_then(|at| text.as_bytes().get(at))) && !is_part(text.as_bytes().get(after))
    })
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "wasm")).collect()
}

/// Returns the imports of a program's core modules, as `INTERFACE FUNCTION`. In a component, the modules' imports have
/// the names of the functions that they lower.
fn imports(wasm: &[u8]) -> BTreeSet<String> {
    let mut imports = BTreeSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::ImportSection(section) = payload.unwrap() else { continue };
        for import in section.into_imports() {
            let import = import.unwrap();
            let interface = import.module.split('@').next().unwrap_or_default();
            imports.insert(format!("{interface} {}", import.name));
        }
    }
    imports
}
