//! The components and core modules of a wasm file: a tree, with what satisfies the imports of each instance.
//!
//! The tree is a list in the order of the file, each binary with its parent, so that nesting costs no stack. Index spaces
//! are followed only as far as they tell where an argument comes from.

use super::binary::{Binary, BinaryKind, Producer, SourceFile};
use super::spaces::{Item, Source, Spaces};
use crate::error::{Error, INVALID, Result, Stage};
use sha2::{Digest, Sha256};
use std::ops::Range;
use wasmparser::{
    BinaryReaderError, ComponentExternalKind, ComponentName, CustomSectionReader, KnownCustom, Name, NameMap, Parser,
    Payload,
};

/// The most bytes that are shown of a value in a custom section.
const TEXT_BYTES_MAX: usize = 1000;

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the binaries of a valid wasm file: the whole file first, each before those inside it. Those that are one of
/// `files` to the byte are named after it.
///
/// # Errors
/// The file is malformed.
pub fn binaries(wasm: &[u8], files: &[SourceFile]) -> Result<Vec<Binary>> {
    let mut walk = Walk { wasm, files, binaries: Vec::new(), open: Vec::new() };
    let kind = if Parser::is_component(wasm) { BinaryKind::Component } else { BinaryKind::Module };
    walk.begin(kind, 0..wasm.len());
    let mut parser = Parser::new(0);
    parser.set_features(crate::decode::features());
    for payload in parser.parse_all(wasm) {
        let read = payload.and_then(|payload| walk.payload(payload));
        read.map_err(|error| Error::input(Stage::Decode, error.message(), INVALID).at(error.offset() as u64))?;
    }
    Ok(walk.binaries)
}

type Read<T> = std::result::Result<T, BinaryReaderError>;

struct Walk<'a> {
    wasm: &'a [u8],
    files: &'a [SourceFile],
    binaries: Vec<Binary>,
    /// The binaries that aren't read to their ends, outermost first, each with its index spaces.
    open: Vec<(usize, Spaces<'a>)>,
}

impl<'a> Walk<'a> {
    fn begin(&mut self, kind: BinaryKind, range: Range<usize>) {
        // A range beyond the end is found by the parser, right after this.
        let bytes = self.wasm.get(range).unwrap_or_default();
        let sha256 = sha256(bytes);
        let place = self.binaries.len();
        let parent = self.open.last_mut().map(|(parent, spaces)| {
            let space = match kind {
                BinaryKind::Component => ComponentExternalKind::Component,
                BinaryKind::Module => ComponentExternalKind::Module,
            };
            spaces.push(space, Item { binary: Some(place), source: Source::Own });
            *parent
        });
        self.binaries.push(Binary {
            kind,
            parent,
            name: None,
            file: self.files.iter().find(|file| file.sha256 == sha256).map(|file| file.name.clone()),
            version: None,
            license: None,
            sha256,
            bytes: bytes.len() as u64,
            producers: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            instances: Vec::new(),
        });
        self.open.push((place, Spaces::default()));
    }

    fn payload(&mut self, payload: Payload<'a>) -> Read<()> {
        match payload {
            Payload::ModuleSection { unchecked_range, .. } => self.begin(BinaryKind::Module, unchecked_range),
            Payload::ComponentSection { unchecked_range, .. } => self.begin(BinaryKind::Component, unchecked_range),
            Payload::End(_) => _ = self.open.pop(),
            Payload::CustomSection(section) => self.custom(&section),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.current().imports.push(format!("{}::{}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let name = export?.name.to_string();
                    self.current().exports.push(name);
                }
            }
            _ => self.component_payload(payload)?,
        }
        Ok(())
    }

    fn component_payload(&mut self, payload: Payload<'a>) -> Read<()> {
        let Some(((place, spaces), outer)) = self.open.split_last_mut() else { return Ok(()) };
        let binary = &mut self.binaries[*place];
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    binary.imports.push(spaces.import(&import?));
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    binary.exports.push(spaces.export(&export?));
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    spaces.alias(&alias?, outer.iter().rev().map(|(_, spaces)| spaces));
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    binary.instances.extend(spaces.instance(&instance?));
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    binary.instances.extend(spaces.core_instance(&instance?));
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

    /// The innermost binary that is open.
    fn current(&mut self) -> &mut Binary {
        let place = self.open.last().map_or(0, |(place, _)| *place);
        &mut self.binaries[place]
    }

    /// Custom sections may hold anything: what isn't as it should be is left out.
    fn custom(&mut self, section: &CustomSectionReader<'a>) {
        match section.as_known() {
            KnownCustom::Name(names) => {
                for name in names.into_iter().map_while(Read::ok) {
                    if let Name::Module { name, .. } = name {
                        self.current().name = Some(shortened(name));
                    }
                }
            }
            KnownCustom::ComponentName(names) => {
                names.into_iter().map_while(Read::ok).for_each(|name| self.named(name));
            }
            KnownCustom::Producers(fields) => {
                for field in fields.into_iter().map_while(Read::ok) {
                    let of = |value: wasmparser::ProducersFieldValue<'_>| Producer {
                        field: shortened(field.name),
                        name: shortened(value.name),
                        version: shortened(value.version),
                    };
                    let values = field.values.into_iter().map_while(Read::ok).map(of);
                    self.current().producers.extend(values);
                }
            }
            _ => {
                let text = std::str::from_utf8(section.data()).ok().map(shortened);
                match section.name() {
                    "version" => self.current().version = text,
                    "licenses" => self.current().license = text,
                    _ => {}
                }
            }
        }
    }

    fn named(&mut self, name: ComponentName<'a>) {
        match name {
            ComponentName::Component { name, .. } => self.current().name = Some(shortened(name)),
            ComponentName::Components(names) => self.name_inner(BinaryKind::Component, names),
            ComponentName::CoreModules(names) => self.name_inner(BinaryKind::Module, names),
            _ => {}
        }
    }

    /// Takes the names that a component gives to binaries inside it, for those that have none of their own.
    fn name_inner(&mut self, kind: BinaryKind, names: NameMap<'a>) {
        let Some((_, spaces)) = self.open.last() else { return };
        let space = match kind {
            BinaryKind::Component => ComponentExternalKind::Component,
            BinaryKind::Module => ComponentExternalKind::Module,
        };
        for naming in names.into_iter().map_while(Read::ok) {
            if let Some(Item { binary: Some(inner), source: Source::Own }) = spaces.get(space, naming.index) {
                self.binaries[*inner].name.get_or_insert_with(|| shortened(naming.name));
            }
        }
    }
}

/// The beginning of a text.
fn shortened(text: &str) -> String {
    text.chars()
        .scan(0, |bytes, character| {
            *bytes += character.len_utf8();
            (*bytes <= TEXT_BYTES_MAX).then_some(character)
        })
        .collect()
}
