//! Pointers: 32 bits wide in guest memory, and pointers of the process in variables.

use super::locations::Purpose;
use super::native::Function;
use super::source::Reader;
use super::units::Converter;
use gimli::constants;
use gimli::read::{AttributeValue as In, DebuggingInformationEntry as Entry, UnitOffset};
use gimli::write::{AttributeValue as Out, UnitEntryId};

/// Bytes of a wasm pointer.
const POINTER_BYTES: u64 = 4;

/// Maximum number of qualifiers of a type.
const QUALIFIERS_MAX: usize = 4;

fn is_pointer(tag: constants::DwTag) -> bool {
    matches!(
        tag,
        constants::DW_TAG_pointer_type | constants::DW_TAG_reference_type | constants::DW_TAG_rvalue_reference_type
    )
}

impl<'a> Converter<'_, 'a> {
    /// Makes a pointer type 32 bits wide, as pointers in memory are; debuggers give a pointer without a size the
    /// machine's. gdb keeps one pointer type for each target type, whatever the size, so this one points to a new
    /// typedef of its target.
    pub fn pointer_in_memory(&mut self, id: UnitEntryId, entry: &Entry<Reader<'a>>) {
        if !is_pointer(entry.tag()) {
            return;
        }
        let name = self.pointee_name(entry).unwrap_or_else(|| b"void".to_vec());
        let root = self.out.root();
        let pointee = self.out.add(root, constants::DW_TAG_typedef);
        let name = Out::StringRef(self.strings.add(name));
        self.out.get_mut(pointee).set(constants::DW_AT_name, name);
        if let Some(ty) = self.out.get(id).get(constants::DW_AT_type).cloned() {
            self.out.get_mut(pointee).set(constants::DW_AT_type, ty);
        }
        let entry = self.out.get_mut(id);
        entry.set(constants::DW_AT_type, Out::UnitRef(pointee));
        entry.set(constants::DW_AT_byte_size, Out::Udata(POINTER_BYTES));
    }

    fn pointee_name(&self, entry: &Entry<Reader<'a>>) -> Option<Vec<u8>> {
        let In::UnitRef(offset) = entry.attr_value(constants::DW_AT_type)? else {
            return None;
        };
        let named = self.unit.entry(offset).ok()?;
        let name = named.attr_value(constants::DW_AT_name);
        let name = name.and_then(|name| self.source.dwarf.attr_string(self.unit, name).ok());
        let name = name.map_or(b"pointee".as_slice(), |name| name.slice());
        Some(name.iter().copied().filter(|byte| *byte != 0).collect())
    }

    /// Makes the value of a variable that holds a pointer a pointer of the process, so that debuggers can follow it:
    /// they know one address space only, and a pointer in memory has 32 bits.
    pub fn pointer_variable(&mut self, id: UnitEntryId, entry: &Entry<Reader<'a>>, inside: Option<&Function<'_>>) {
        if !matches!(entry.tag(), constants::DW_TAG_variable | constants::DW_TAG_formal_parameter) {
            return;
        }
        let (Some(location), Some(In::UnitRef(ty))) =
            (entry.attr_value(constants::DW_AT_location), self.type_of_variable(entry))
        else {
            return;
        };
        if let Some(ty) = self.process_pointer_type(ty)
            && let Some(location) = self.location(location, inside, Purpose::Pointer)
        {
            let entry = self.out.get_mut(id);
            entry.set(constants::DW_AT_location, location);
            entry.set(constants::DW_AT_type, Out::UnitRef(ty));
        }
    }

    /// Returns the type of a variable, which for an inlined function's variable is in the abstract entry.
    fn type_of_variable(&self, entry: &Entry<Reader<'a>>) -> Option<In<Reader<'a>>> {
        if let Some(ty) = entry.attr_value(constants::DW_AT_type) {
            return Some(ty);
        }
        let In::UnitRef(origin) = entry.attr_value(constants::DW_AT_abstract_origin)? else {
            return None;
        };
        self.unit.entry(origin).ok()?.attr_value(constants::DW_AT_type)
    }

    /// Returns the machine's pointer type for the target of pointer type `ty`.
    fn process_pointer_type(&mut self, ty: UnitOffset) -> Option<UnitEntryId> {
        let mut entry = self.unit.entry(ty).ok()?;
        for _ in 0..QUALIFIERS_MAX {
            let is_qualifier = matches!(
                entry.tag(),
                constants::DW_TAG_const_type | constants::DW_TAG_volatile_type | constants::DW_TAG_restrict_type
            );
            let Some(In::UnitRef(inner)) = entry.attr_value(constants::DW_AT_type).filter(|_| is_qualifier) else {
                break;
            };
            entry = self.unit.entry(inner).ok()?;
        }
        if !is_pointer(entry.tag()) {
            return None;
        }
        let offset = entry.offset();
        if let Some(known) = self.pointers.get(&offset) {
            return Some(*known);
        }
        let root = self.out.root();
        let id = self.out.add(root, entry.tag());
        self.out.get_mut(id).set(constants::DW_AT_byte_size, Out::Udata(8));
        for attribute in &entry.attrs {
            if matches!(attribute.name(), constants::DW_AT_type | constants::DW_AT_name) {
                self.attribute(id, attribute, None);
            }
        }
        self.pointers.insert(offset, id);
        Some(id)
    }
}
