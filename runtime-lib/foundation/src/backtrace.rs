//! Backtraces: the guest functions that were running when a trap happened, as text offsets, and what the compiler's tables say
//! of them.
//!
//! `walk` finds the offsets.

use aot_abi::program::{Function, MODULE_TRAMPOLINE, Module, NO_LINES};
use aot_abi::trap::Trap;

use crate::program;

/// The most frames that are kept.
const FRAMES_MAX: usize = 64;

/// The place of a thread's last trap: the frames from there outwards. All zero is an empty one.
#[repr(C)]
pub struct Backtrace {
    /// Text offsets, innermost first: of the instruction that trapped, and of return addresses.
    offsets: [u32; FRAMES_MAX],
    /// The number of frames that are used.
    count: u32,
    /// Frames beyond those.
    left_out: u32,
    /// The first offset is that of the trapping instruction, not a return address.
    exact: bool,
    /// The trap that it is of; 0 once the entry that it ended was left and another one begun.
    pub trap: u8,
}

/// A frame of a guest function.
pub struct Frame {
    /// The function whose frame it is.
    pub function: &'static Function,
    /// The byte of the input that it was at, if that is known.
    pub module_offset: Option<u64>,
}

impl Backtrace {
    /// The backtrace of a trap at an instruction (`exact`), or at the call before a return address.
    pub fn begin(trap: Trap, pc: u64, exact: bool) -> Backtrace {
        let mut backtrace = Backtrace { trap: trap as u8, ..Backtrace::EMPTY };
        backtrace.exact = backtrace.add(pc, exact) && exact;
        backtrace
    }

    const EMPTY: Backtrace = Backtrace { offsets: [0; FRAMES_MAX], count: 0, left_out: 0, exact: false, trap: 0 };

    /// Notes an address, unless it has no frame of a module.
    pub fn add(&mut self, pc: u64, exact: bool) -> bool {
        let Some(offset) = program::text_offset(pc) else { return false };
        if frames_at(offset, exact).next().is_none() {
            return false;
        }
        match self.offsets.get_mut(self.count as usize) {
            Some(slot) => {
                *slot = offset;
                self.count += 1;
            }
            None => self.left_out += 1,
        }
        true
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> impl Iterator<Item = Frame> {
        let offsets = self.offsets.iter().take(self.count as usize).enumerate();
        offsets.flat_map(|(index, &offset)| frames_at(offset, self.exact && index == 0))
    }

    /// True if there are no frames.
    pub fn is_empty(&self) -> bool {
        // Only addresses that have a frame are noted.
        self.count == 0
    }

    /// The number of frames beyond those that are kept.
    pub fn left_out(&self) -> u32 {
        self.left_out
    }
}

/// The frames of a text offset, which is an instruction's (`exact`) or the one after a call: first the functions that
/// were inlined there, then the function itself. Generated code has none.
fn frames_at(offset: u32, exact: bool) -> impl Iterator<Item = Frame> {
    let function = function_at(offset, exact);
    let place = function.and_then(|function| place(function, offset));
    let own =
        function.map(|function| Frame { function, module_offset: place.as_ref().map(|place| place.module_offset) });
    let mut inlined = place.map(|place| place.inlined);
    let inlined = core::iter::from_fn(move || inlined.as_mut()?.next());
    inlined.chain(own).filter(|frame| frame.function.module != MODULE_TRAMPOLINE)
}

/// The function whose code is at a text offset.
fn function_at(offset: u32, exact: bool) -> Option<&'static Function> {
    let inside = if exact { offset } else { offset.checked_sub(1)? };
    let functions = program::functions();
    let after = functions.partition_point(|function| function.text_offset <= inside);
    functions.get(after.checked_sub(1)?)
}

/// An entry of a function's address map: what lies at a text offset.
struct Place {
    /// The byte of the function's module.
    module_offset: u64,
    /// The functions that were inlined at the text offset.
    inlined: InlinedFrames,
}

/// The frames of inlined functions, innermost first.
struct InlinedFrames {
    map: Leb128,
    left: u64,
}

impl Iterator for InlinedFrames {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        self.left = self.left.checked_sub(1)?;
        let (index, module_offset) = (self.map.unsigned(), self.map.unsigned());
        let function = program::functions().get(index as usize)?;
        Some(Frame { function, module_offset: Some(module_offset) })
    }
}

/// Looks up a text offset in the address map of its function.
fn place(function: &Function, text_offset: u32) -> Option<Place> {
    let mut map = Leb128 { next: program::addresses().wrapping_add(function.addresses as usize) };
    let entries = map.unsigned();
    let wanted = u64::from(text_offset.checked_sub(function.text_offset)?);
    let (mut distance, mut module_offset) = (0u64, 0i64);
    for _ in 0..entries {
        let head = map.unsigned();
        distance = distance.wrapping_add(head >> 1);
        module_offset = module_offset.wrapping_add(map.signed());
        let left = if head & 1 == 1 { map.unsigned() } else { 0 };
        if distance >= wanted {
            let inlined = InlinedFrames { map, left };
            return (distance == wanted).then_some(Place { module_offset: module_offset as u64, inlined });
        }
        for _ in 0..left {
            map.unsigned();
            map.unsigned();
        }
    }
    None
}

/// The file and line that a byte of a module comes from, if debug information tells.
pub fn line_of(module: &Module, module_offset: u64) -> Option<(&'static [u8], u64)> {
    if module.lines == NO_LINES {
        return None;
    }
    let mut table = Leb128 { next: program::addresses().wrapping_add(module.lines as usize) };
    let (mut begins, mut line, mut found) = (0u64, 0i64, None);
    for _ in 0..table.unsigned() {
        begins = begins.wrapping_add(table.unsigned());
        line = line.wrapping_add(table.signed());
        let file = table.unsigned() as u32;
        if begins > module_offset {
            break;
        }
        found = (line != 0).then_some((file, line.cast_unsigned()));
    }
    found.map(|(file, line)| (name_at(file), line))
}

/// The name at an offset of the names; empty for none.
pub fn name_at(offset: u32) -> &'static [u8] {
    let mut name = Leb128 { next: program::names().wrapping_add(offset as usize) };
    let bytes = name.unsigned() as usize;
    // SAFETY: the compiler wrote the name behind its length.
    unsafe { core::slice::from_raw_parts(name.next, bytes) }
}

/// A reader of LEB128 numbers that the compiler wrote.
struct Leb128 {
    next: *const u8,
}

impl Leb128 {
    fn unsigned(&mut self) -> u64 {
        self.number().0
    }

    fn signed(&mut self) -> i64 {
        let (number, bits) = self.number();
        let unused = 64u32.saturating_sub(bits);
        (number << unused) as i64 >> unused
    }

    /// The number, and how many bits it was written with.
    fn number(&mut self) -> (u64, u32) {
        let (mut number, mut bits) = (0u64, 0u32);
        loop {
            // SAFETY: the compiler wrote whole numbers, and the reader asks for as many as there are.
            let byte = unsafe { self.next.read() };
            self.next = self.next.wrapping_add(1);
            number |= u64::from(byte & 0x7f).checked_shl(bits).unwrap_or(0);
            bits += 7;
            if byte & 0x80 == 0 {
                return (number, bits);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_signs_are_read() {
        let bytes = [0x00, 0x7f, 0xe5, 0x8e, 0x26, 0x40, 0xc0, 0xbb, 0x78, 0x3f];
        let mut numbers = Leb128 { next: bytes.as_ptr() };
        assert_eq!((numbers.unsigned(), numbers.unsigned(), numbers.unsigned()), (0, 127, 624_485));
        assert_eq!((numbers.signed(), numbers.signed(), numbers.signed()), (-64, -123_456, 63));
    }
}
