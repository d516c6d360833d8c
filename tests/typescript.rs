//! The declarations of addons for TypeScript, compared with those that jco makes of the same WIT. What differs is in
//! `typescript/differences.toml`, with the reason.

#[path = "typescript/declarations.rs"]
mod declarations;
mod support;

use declarations::{Declarations, of_aot, of_jco};
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use support::{Folder, repository, tool};

/// The worlds in `tests/cli/library`, each with a component of its own.
const WORLDS: [&str; 6] = ["bank", "lies", "odd", "relay", "shop", "store"];

/// A declaration that one of both has in another form, or alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    world: String,
    place: String,
    jco: Option<String>,
    aot: Option<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Differences {
    difference: Vec<Difference>,
}

/// Declarations by the world, the place there, and whether they are jco's.
type Rows<'d> = BTreeSet<(&'d str, &'d str, bool, &'d str)>;

fn main() -> ExitCode {
    let trial = |world: &'static str| Trial::test(world, move || check(world));
    libtest_mimic::run(&Arguments::from_args(), WORLDS.map(trial).into()).exit_code()
}

fn check(world: &str) -> Result<(), Failed> {
    let folder = Folder::new("typescript", world);
    let wit = write_wit(&folder, world)?;
    let (jco, aot) = (of_jco(&jco(&wit)?), of_aot(&aot(&folder, &wit, world)?));
    folder.remove();
    let known: Differences =
        toml::from_str(include_str!("typescript/differences.toml")).map_err(|error| error.to_string())?;
    let mut expected: Rows = BTreeSet::new();
    for row in known.difference.iter().filter(|row| row.world == world) {
        assert!(!row.reason.is_empty(), "{}: a difference without a reason", row.place);
        expected.extend(row.jco.iter().map(|text| (world, row.place.as_str(), true, text.as_str())));
        expected.extend(row.aot.iter().map(|text| (world, row.place.as_str(), false, text.as_str())));
    }
    let mut found: Rows = only(world, &jco, &aot, true);
    found.extend(only(world, &aot, &jco, false));
    let shown = |rows: &mut dyn Iterator<Item = &(&str, &str, bool, &str)>| {
        rows.map(|(_, place, is_jco, text)| format!("{place:?}, {}: {text}\n", if *is_jco { "jco" } else { "aot" }))
            .collect::<String>()
    };
    let (unknown, absent) = (shown(&mut found.difference(&expected)), shown(&mut expected.difference(&found)));
    match unknown.is_empty() && absent.is_empty() {
        true => Ok(()),
        false => Err(format!("no reason for these differences:\n{unknown}\nthese rows don't differ:\n{absent}").into()),
    }
}

/// The declarations that one has and the other lacks. Places that jco lacks are none of the program.
fn only<'d>(world: &'d str, one: &'d Declarations, other: &'d Declarations, is_jco: bool) -> Rows<'d> {
    let none = BTreeSet::new();
    let rows = one.iter().flat_map(|(place, texts)| texts.iter().map(move |text| (place, text)));
    let rows = rows.filter(|(place, text)| !other.get(*place).unwrap_or(&none).contains(*text));
    rows.map(|(place, text)| (world, place.as_str(), is_jco, text.as_str())).collect()
}

/// Writes the WIT of a world to a folder.
fn write_wit(folder: &Folder, world: &str) -> Result<PathBuf, Failed> {
    let text = std::fs::read_to_string(repository().join(format!("tests/cli/library/{world}.wit")))?;
    let file = folder.join(format!("{world}.wit"));
    std::fs::write(&file, text.replace("// CASES", "enum all { c0, c1 }"))?;
    Ok(file)
}

/// The declarations that jco prints for the WIT.
fn jco(wit: &Path) -> Result<String, Failed> {
    let script = include_str!("typescript/types.mjs");
    let mut node = Command::new(tool("node"));
    node.args(["--input-type=module", "-e", script]).arg(wit).current_dir(repository().join("target/setup/javascript"));
    run(&mut node)
}

/// The declarations of the addon.
fn aot(folder: &Folder, wit: &Path, world: &str) -> Result<String, Failed> {
    let module = repository().join(format!("tests/cli/library/{world}.core.wat"));
    let [core, component] = ["core.wasm", "component.wasm"].map(|name| folder.join(name));
    let wasm_tools = || Command::new(tool("wasm-tools"));
    run(wasm_tools().args(["component", "embed"]).arg(wit).arg(module).arg("-o").arg(&core))?;
    run(wasm_tools().args(["component", "new"]).arg(&core).arg("-o").arg(&component))?;
    run(Command::new(support::aot()).arg(&component).args(["--emit", "node", "-o"]).arg(folder.join(world)))?;
    Ok(std::fs::read_to_string(folder.join(format!("{world}.node.d.ts")))?)
}

/// Runs a command that must succeed: what it printed.
fn run(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{command:?}: {}\n{}", output.status, text(&output.stderr)).into()),
    }
}
