//! Worlds of WASI, by which people know what a component is for: recognised by what it exports and imports.

use crate::versions;
use wasmparser::{Parser, Payload};

/// A world that a component is of.
#[derive(Debug, PartialEq, Eq)]
pub struct World {
    /// The name with the version, such as `wasi:http/proxy@0.2.3`.
    pub name: String,
    /// The purpose of the world's components, in words.
    pub purpose: &'static str,
}

/// A row: the interface that components of a world export.
struct Row {
    exported: &'static str,
    version: &'static str,
    /// The interface that they import besides, if the world has one that tells it from another.
    imported: Option<&'static str>,
    world: &'static str,
    purpose: &'static str,
}

/// A program may be of several worlds: the first counts.
const WORLDS: &[Row] = &[
    Row {
        exported: "wasi:http/incoming-handler",
        version: "0.2",
        imported: None,
        world: "wasi:http/proxy",
        purpose: "a handler of HTTP requests: builds a server",
    },
    Row { exported: "wasi:cli/run", version: "0.2", imported: None, world: "wasi:cli/command", purpose: "a command" },
    Row {
        exported: "wasi:http/handler",
        version: "0.3",
        imported: Some("wasi:http/handler"),
        world: "wasi:http/middleware",
        purpose: "a handler of HTTP requests between others",
    },
    Row {
        exported: "wasi:http/handler",
        version: "0.3",
        imported: None,
        world: "wasi:http/service",
        purpose: "a handler of HTTP requests: builds a server",
    },
    Row {
        exported: "wasi:cli/run",
        version: "0.3",
        imported: None,
        world: "wasi:cli/command",
        purpose: "a command of WASI 0.3",
    },
];

/// The world of a component with these imports and exports; `None` if it is of no world that has a row.
pub(super) fn world<'n>(imports: &[&'n str], exports: &[&'n str]) -> Option<World> {
    WORLDS.iter().find_map(|row| {
        let is = |name: &&&str, interface| versions::is_of(name, interface, row.version);
        let exported = exports.iter().find(|name| is(name, row.exported))?;
        if let Some(imported) = row.imported {
            imports.iter().find(|name| is(name, imported))?;
        }
        let version = exported.split_once('@').map_or(row.version, |(_, version)| version);
        Some(World { name: format!("{}@{version}", row.world), purpose: row.purpose })
    })
}

/// The world of a binary, valid or not; `None` if it is no component, or of no world that has a row.
pub fn world_of_binary(binary: &[u8]) -> Option<World> {
    if !Parser::is_component(binary) {
        return None;
    }
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(binary).map_while(wasmparser::Result::ok) {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(section.into_iter().map_while(wasmparser::Result::ok).map(|import| import.name.name));
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                exports.extend(section.into_iter().map_while(wasmparser::Result::ok).map(|export| export.name.name));
            }
            _ => {}
        }
    }
    world(&imports, &exports)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(imports: &[&str], exports: &[&str]) -> Option<String> {
        world(imports, exports).map(|world| world.name)
    }

    #[test]
    fn exports_tell_the_world_and_imports_tell_some_apart() {
        let of = |name: &str| Some(name.to_string());
        assert_eq!(name(&[], &["wasi:http/incoming-handler@0.2.3"]), of("wasi:http/proxy@0.2.3"));
        assert_eq!(name(&[], &["wasi:http/handler@0.3.0"]), of("wasi:http/service@0.3.0"));
        let middleware = name(&["wasi:http/handler@0.3.0"], &["wasi:http/handler@0.3.0"]);
        assert_eq!(middleware, of("wasi:http/middleware@0.3.0"));
        let both = name(&[], &["wasi:cli/run@0.3.0", "wasi:cli/run@0.2.6"]);
        assert_eq!(both, of("wasi:cli/command@0.2.6"));
        assert_eq!(name(&["wasi:cli/run@0.2.0"], &["acme:shop/prices@1.0.0"]), None);
    }
}
