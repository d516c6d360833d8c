//! Writer of the binary format, as far as the generators need it.

/// Encodes a number in unsigned LEB128.
pub fn number(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// Encodes a count and the items.
pub fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [number(items.len() as u64), items.concat()].concat()
}

/// Encodes a length and the bytes.
pub fn sized(bytes: &[u8]) -> Vec<u8> {
    [number(bytes.len() as u64), bytes.to_vec()].concat()
}

/// Encodes a name: its length and the bytes of the text.
pub fn name(text: &str) -> Vec<u8> {
    sized(text.as_bytes())
}

/// Encodes a section.
pub fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    [vec![id], sized(contents)].concat()
}

/// Encodes a function body without locals.
pub fn body(code: &[u8]) -> Vec<u8> {
    body_with_locals(&[0], code)
}

/// Encodes a function body with these declarations of locals.
pub fn body_with_locals(locals: &[u8], code: &[u8]) -> Vec<u8> {
    sized(&[locals, code, &[END]].concat())
}

pub const UNREACHABLE: u8 = 0x00;
pub const BLOCK: u8 = 0x02;
pub const LOOP: u8 = 0x03;
pub const IF: u8 = 0x04;
pub const END: u8 = 0x0b;
pub const BR_IF: u8 = 0x0d;
pub const BR_TABLE: u8 = 0x0e;
pub const CALL: u8 = 0x10;
pub const CALL_INDIRECT: u8 = 0x11;
pub const DROP: u8 = 0x1a;
pub const SELECT: u8 = 0x1b;
pub const LOCAL_GET: u8 = 0x20;
pub const LOCAL_SET: u8 = 0x21;
pub const GLOBAL_GET: u8 = 0x23;
pub const TABLE_GET: u8 = 0x25;
pub const I32_LOAD: u8 = 0x28;
pub const I32_STORE: u8 = 0x36;
pub const I32_CONST: u8 = 0x41;
pub const I32_NE: u8 = 0x47;
pub const I32_ADD: u8 = 0x6a;
/// Block type without values.
pub const EMPTY: u8 = 0x40;
pub const I32: u8 = 0x7f;
pub const I64: u8 = 0x7e;
pub const FUNCREF: u8 = 0x70;

/// A module under construction: sections, which are written in their order whatever the order of the calls.
#[derive(Default)]
pub struct Module {
    sections: Vec<(u8, Vec<u8>)>,
}

/// Returns a section's position in a module: data count precedes code.
fn place(id: u8) -> u8 {
    match id {
        12 => 95,
        id => id * 10,
    }
}

impl Module {
    /// Makes a module whose only type has no parameters and no results.
    pub fn new() -> Self {
        Self::default().section(1, list(&[vec![0x60, 0, 0]]))
    }

    /// Makes a module with one function, `_start`, with this code.
    pub fn of_start(code: &[u8]) -> Self {
        Self::of_start_body(body(code))
    }

    pub fn of_start_body(body: Vec<u8>) -> Self {
        Self::new().section(3, vec![1, 0]).start(0).section(10, list(&[body]))
    }

    /// Exports a function as `_start`.
    pub fn start(self, func: u64) -> Self {
        self.section(7, list(&[[name("_start"), vec![0], number(func)].concat()]))
    }

    /// Adds a memory of this many pages.
    pub fn memory(self, pages: u64) -> Self {
        self.section(5, list(&[[vec![0], number(pages)].concat()]))
    }

    /// Adds a table of this many function references.
    pub fn table(self, elements: u64) -> Self {
        self.section(4, list(&[[vec![FUNCREF, 0], number(elements)].concat()]))
    }

    /// Adds or replaces a section. Custom sections are written at the end.
    pub fn section(mut self, id: u8, contents: Vec<u8>) -> Self {
        if id != 0 {
            self.sections.retain(|(present, _)| *present != id);
        }
        self.sections.push((id, contents));
        self
    }

    pub fn custom(self, title: &str, contents: &[u8]) -> Self {
        self.section(0, [name(title), contents.to_vec()].concat())
    }

    pub fn bytes(mut self) -> Vec<u8> {
        self.sections.sort_by_key(|(id, _)| if *id == 0 { u8::MAX } else { place(*id) });
        let sections = self.sections.iter().flat_map(|(id, contents)| section(*id, contents));
        b"\0asm\x01\0\0\0".iter().copied().chain(sections).collect()
    }
}
