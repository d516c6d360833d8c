//! The components and core modules of a wasm file: a tree, with what satisfies the imports of each instance.
//!
//! The tree is a list in the order of the file, each part with its parent, so that nesting costs no stack. Index spaces
//! are followed only as far as they tell where an argument comes from.

use super::part::{Part, PartKind, Producer, SourceFile};
use super::spaces::{Item, Source, Spaces};
use crate::error::{Error, INVALID, Result, Stage};
use sha2::{Digest, Sha256};
use std::ops::Range;
use wasmparser::{
    BinaryReaderError, ComponentExternalKind, ComponentName, CustomSectionReader, KnownCustom, Name, NameMap, Parser,
    Payload,
};

/// Values of custom sections that a part shows at most this much of.
const TEXT_BYTES_MAX: usize = 1000;

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The parts of a valid binary, the whole first, each before those inside it. Those that are one of `files` to the byte
/// are named after it.
///
/// # Errors
/// Where the binary is malformed.
pub fn parts(binary: &[u8], files: &[SourceFile]) -> Result<Vec<Part>> {
    let mut walk = Walk { binary, files, parts: Vec::new(), open: Vec::new() };
    let kind = if Parser::is_component(binary) { PartKind::Component } else { PartKind::Module };
    walk.begin(kind, 0..binary.len());
    let mut parser = Parser::new(0);
    parser.set_features(crate::decode::features());
    for payload in parser.parse_all(binary) {
        let read = payload.and_then(|payload| walk.payload(payload));
        read.map_err(|error| Error::input(Stage::Decode, error.message(), INVALID).at(error.offset() as u64))?;
    }
    Ok(walk.parts)
}

type Read<T> = std::result::Result<T, BinaryReaderError>;

struct Walk<'a> {
    binary: &'a [u8],
    files: &'a [SourceFile],
    parts: Vec<Part>,
    /// The parts that aren't read to their ends, outermost first, each with its index spaces.
    open: Vec<(usize, Spaces<'a>)>,
}

impl<'a> Walk<'a> {
    fn begin(&mut self, kind: PartKind, range: Range<usize>) {
        // A range beyond the end is found by the parser, right after this.
        let binary = self.binary.get(range).unwrap_or_default();
        let sha256 = sha256(binary);
        let place = self.parts.len();
        let parent = self.open.last_mut().map(|(parent, spaces)| {
            let space = match kind {
                PartKind::Component => ComponentExternalKind::Component,
                PartKind::Module => ComponentExternalKind::Module,
            };
            spaces.push(space, Item { part: Some(place), source: Source::Own });
            *parent
        });
        self.parts.push(Part {
            kind,
            parent,
            name: None,
            file: self.files.iter().find(|file| file.sha256 == sha256).map(|file| file.name.clone()),
            version: None,
            license: None,
            sha256,
            bytes: binary.len() as u64,
            producers: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            instances: Vec::new(),
        });
        self.open.push((place, Spaces::default()));
    }

    fn payload(&mut self, payload: Payload<'a>) -> Read<()> {
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => self.begin(PartKind::Module, unchecked_range),
            Payload::ComponentSection { unchecked_range, .. } => self.begin(PartKind::Component, unchecked_range),
            Payload::End(_) => _ = self.open.pop(),
            Payload::CustomSection(section) => self.custom(&section),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.part().imports.push(format!("{}::{}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let name = export?.name.to_string();
                    self.part().exports.push(name);
                }
            }
            _ => self.component_payload(payload)?,
        }
        Ok(())
    }

    fn component_payload(&mut self, payload: Payload<'a>) -> Read<()> {
        let Some(((place, spaces), outer)) = self.open.split_last_mut() else { return Ok(()) };
        let part = &mut self.parts[*place];
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    part.imports.push(spaces.import(&import?));
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    part.exports.push(spaces.export(&export?));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    spaces.alias(&alias?, outer.iter().rev().map(|(_, spaces)| spaces));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    part.instances.extend(spaces.instance(&instance?));
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    part.instances.extend(spaces.core_instance(&instance?));
                }
            }
            Payload::ComponentTypeSection(section) => {
                spaces.extend(ComponentExternalKind::Type, section.count());
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    spaces.canonical(&function?);
                }
            }
            Payload::ComponentStartSection { start, .. } => spaces.extend(ComponentExternalKind::Value, start.results),
            _ => {}
        }
        Ok(())
    }

    fn part(&mut self) -> &mut Part {
        let place = self.open.last().map_or(0, |(place, _)| *place);
        &mut self.parts[place]
    }

    /// Custom sections may hold anything: what isn't as it should be is left out.
    fn custom(&mut self, section: &CustomSectionReader<'a>) {
        match section.as_known() {
            KnownCustom::Name(names) => {
                for name in names.into_iter().map_while(Read::ok) {
                    if let Name::Module { name, .. } = name {
                        self.part().name = Some(shortened(name));
                    }
                }
            }
            KnownCustom::ComponentName(names) => {
                names.into_iter().map_while(Read::ok).for_each(|name| self.named(name))
            }
            KnownCustom::Producers(fields) => {
                for field in fields.into_iter().map_while(Read::ok) {
                    let of = |value: wasmparser::ProducersFieldValue<'_>| Producer {
                        field: shortened(field.name),
                        name: shortened(value.name),
                        version: shortened(value.version),
                    };
                    let values = field.values.into_iter().map_while(Read::ok).map(of);
                    self.part().producers.extend(values);
                }
            }
            _ => {
                let text = std::str::from_utf8(section.data()).ok().map(shortened);
                match section.name() {
                    "version" => self.part().version = text,
                    "licenses" => self.part().license = text,
                    _ => {}
                }
            }
        }
    }

    fn named(&mut self, name: ComponentName<'a>) {
        match name {
            ComponentName::Component { name, .. } => self.part().name = Some(shortened(name)),
            ComponentName::Components(names) => self.name_inner(PartKind::Component, names),
            ComponentName::CoreModules(names) => self.name_inner(PartKind::Module, names),
            _ => {}
        }
    }

    /// Names that a component gives to parts inside it, for those that have none of their own.
    fn name_inner(&mut self, kind: PartKind, names: NameMap<'a>) {
        let Some((_, spaces)) = self.open.last() else { return };
        let space = match kind {
            PartKind::Component => ComponentExternalKind::Component,
            PartKind::Module => ComponentExternalKind::Module,
        };
        for naming in names.into_iter().map_while(Read::ok) {
            if let Some(Item { part: Some(inner), source: Source::Own }) = spaces.get(space, naming.index) {
                self.parts[*inner].name.get_or_insert_with(|| shortened(naming.name));
            }
        }
    }
}

/// The beginning of a text, without what would disturb a terminal.
fn shortened(text: &str) -> String {
    let plain = text.chars().filter(|character| !character.is_control());
    plain
        .scan(0, |bytes, character| {
            *bytes += character.len_utf8();
            (*bytes <= TEXT_BYTES_MAX).then_some(character)
        })
        .collect()
}
