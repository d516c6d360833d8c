//! Shorter machine code, where size counts: of x86-64, Cranelift makes only the long forms of jumps.
//!
//! The machine code of an item is read once more. Jumps whose distance fits into a byte get the form that has one, some
//! instructions take the place of several, and all that depends on where code lies moves with it. Code that isn't understood to the last byte stays as it is.

use super::code::{CompiledItem, StackMaps, Target};
use crate::isa::{Decode, Instruction, Relative};
use std::collections::BTreeSet;

/// Maximum number of times that all jumps are looked at: one that becomes short brings others nearer.
const ROUNDS_MAX: usize = 6;
/// Bytes of an entry of a jump table, and of a distance in the long forms.
const DISTANCE_BYTES: usize = 4;

/// A jump in its long form.
struct Jump {
    /// Offset of the first byte.
    start: usize,
    end: usize,
    target: usize,
    /// The opcode of the short form.
    short: u8,
    is_short: bool,
}

/// An instruction in the place of several.
struct Replacement {
    start: usize,
    end: usize,
    bytes: &'static [u8],
}

/// A part of the code that is at a fixed distance of something else.
enum Fixup {
    /// A distance of one byte in front of the offset, from there.
    Short(usize),
    /// A distance of four bytes, from the end of its instruction.
    Operand { at: usize, end: usize },
    /// An entry of the jump table at an offset.
    Entry { at: usize, table: usize },
}

/// The facts of an item's machine code.
#[derive(Default)]
struct Layout {
    jumps: Vec<Jump>,
    replacements: Vec<Replacement>,
    fixups: Vec<Fixup>,
    /// Offsets of all instructions.
    starts: Vec<usize>,
    /// Offset of the constants behind the code.
    end: usize,
}

/// Makes the jumps of an item short. `blocks` are the offsets of its blocks.
pub fn shorten(item: &mut CompiledItem, decode: Decode, blocks: &[u32]) {
    let mut blocks = blocks.to_vec();
    blocks.sort_unstable();
    let Some(mut layout) = Layout::read(item, decode, &blocks) else { return };
    if !layout.is_consistent(item, &blocks) {
        return;
    }
    let mut moves = Moves::new(&layout, item);
    for _ in 0..ROUNDS_MAX {
        if !layout.shorten_jumps(&moves) {
            break;
        }
        moves = Moves::new(&layout, item);
    }
    let Some(bytes) = layout.rewrite(item, &moves) else { return };
    item.bytes = bytes;
    moves.apply(item);
}

impl Jump {
    /// Returns the jump as it becomes; `None` if its distance doesn't fit.
    fn bytes(&self, code: &[u8], moves: &Moves) -> Option<Vec<u8>> {
        let distance = moves.distance(self.end, self.target);
        if self.is_short {
            return Some(vec![self.short, i8::try_from(distance).ok()?.cast_unsigned()]);
        }
        let mut bytes = code[self.start..self.end - DISTANCE_BYTES].to_vec();
        bytes.extend(i32::try_from(distance).ok()?.to_le_bytes());
        Some(bytes)
    }
}

impl Layout {
    /// Reads the machine code of an item; `None` if something in it isn't known.
    fn read(item: &CompiledItem, decode: Decode, blocks: &[u32]) -> Option<Self> {
        let code = &item.bytes;
        let relocated: BTreeSet<usize> = item.relocations.iter().map(|relocation| relocation.offset as usize).collect();
        let (mut layout, mut tables, mut at) = (Self { end: code.len(), ..Self::default() }, BTreeSet::new(), 0);
        while at < layout.end {
            if code[at..layout.end].iter().all(|byte| *byte == 0) {
                break;
            }
            let Instruction { bytes, relative } = decode(&code[at..layout.end])?;
            let (start, end) = (at, at + bytes);
            layout.starts.push(start);
            at = end;
            match relative {
                Relative::Nothing | Relative::Trap => {}
                Relative::Replaceable(bytes) => layout.replacements.push(Replacement { start, end, bytes }),
                Relative::Jump { .. } | Relative::Call if relocated.contains(&(end - DISTANCE_BYTES)) => {}
                Relative::Call => return None,
                Relative::Jump { short } => {
                    let target = target(end, distance(code, end - DISTANCE_BYTES)?)?;
                    layout.jumps.push(Jump { start, end, target, short, is_short: false });
                }
                Relative::ShortJump => layout.fixups.push(Fixup::Short(end)),
                Relative::Operand { at, .. } if relocated.contains(&(start + at)) => {}
                Relative::Operand { at, is_address } => {
                    let target = target(end, distance(code, start + at)?)?;
                    layout.fixups.push(Fixup::Operand { at: start + at, end });
                    match is_address {
                        true => drop(tables.insert(target)),
                        false if target < end => return None,
                        false => layout.end = layout.end.min(target),
                    }
                }
                Relative::IndirectJump if tables.remove(&end) => at = layout.read_table(code, end, blocks, decode)?,
                Relative::IndirectJump => {}
            }
        }
        // Addresses of anything else than jump tables would have to be understood.
        tables.is_empty().then_some(layout)
    }

    /// Reads a jump table, and returns its end. All its entries lead to blocks, and behind it is a block, or there are only traps.
    fn read_table(&mut self, code: &[u8], table: usize, blocks: &[u32], decode: Decode) -> Option<usize> {
        let is_block = |at: usize| blocks.binary_search(&(at as u32)).is_ok();
        let behind = blocks.partition_point(|block| *block as usize <= table);
        let next = blocks.get(behind).map(|block| *block as usize);
        let mut at = table;
        while next != Some(at) {
            let entry = distance(code, at).and_then(|distance| target(table, distance));
            if !entry.is_some_and(is_block) {
                break;
            }
            self.fixups.push(Fixup::Entry { at, table });
            at += DISTANCE_BYTES;
        }
        let is_end = if next.is_some() { next == Some(at) } else { are_traps(code.get(at..self.end)?, decode) };
        (at > table && is_end).then_some(at)
    }

    /// Returns true if everything that is known of the code fits what was read.
    fn is_consistent(&self, item: &CompiledItem, blocks: &[u32]) -> bool {
        let is_start = |at: usize| self.starts.binary_search(&at).is_ok();
        let is_end = |at: usize| is_start(at) || at >= self.starts.last().copied().unwrap_or(0);
        let own = |relocation: &super::Relocation| matches!(relocation.target, Target::Own(_));
        self.jumps.iter().all(|jump| is_start(jump.target))
            && blocks.iter().all(|block| is_end(*block as usize))
            && item.traps.iter().all(|(at, _)| is_start(*at as usize))
            && item.handled_calls.iter().all(|call| is_end(call.return_address as usize))
            && item.addresses.iter().all(|(at, _)| is_end(*at as usize))
            && !item.relocations.iter().any(own)
            && self.shorts(item).all(is_start)
    }

    /// Returns the targets of jumps that are short already.
    fn shorts<'l>(&'l self, item: &'l CompiledItem) -> impl Iterator<Item = usize> + 'l {
        self.fixups.iter().filter_map(|fixup| match fixup {
            Fixup::Short(end) => Some(end.wrapping_add_signed(item.bytes[end - 1].cast_signed().into())),
            _ => None,
        })
    }

    /// Makes jumps short whose targets are near. Returns true if there are such.
    fn shorten_jumps(&mut self, moves: &Moves) -> bool {
        let mut is_changed = false;
        for jump in self.jumps.iter_mut().filter(|jump| !jump.is_short) {
            let distance = moves.distance(jump.end, jump.target);
            // A jump ahead comes nearer by what it loses itself, and one back goes less far.
            jump.is_short = i8::try_from(distance).is_ok();
            is_changed |= jump.is_short;
        }
        is_changed
    }

    /// Returns the code with short jumps; `None` if a distance doesn't fit any more, which it always does.
    fn rewrite(&self, item: &CompiledItem, moves: &Moves) -> Option<Vec<u8>> {
        let mut code = item.bytes.clone();
        for fixup in &self.fixups {
            match *fixup {
                Fixup::Short(end) => {
                    let target = end.wrapping_add_signed(code[end - 1].cast_signed().into());
                    code[end - 1] = i8::try_from(moves.distance(end, target)).ok()?.cast_unsigned();
                }
                Fixup::Operand { at, end } => self.redirect(&mut code, at, end, moves)?,
                Fixup::Entry { at, table } => self.redirect(&mut code, at, table, moves)?,
            }
        }
        let mut changes: Vec<(usize, usize, Vec<u8>)> = Vec::new();
        for jump in &self.jumps {
            changes.push((jump.start, jump.end, jump.bytes(&code, moves)?));
        }
        changes.extend(self.replacements.iter().map(|other| (other.start, other.end, other.bytes.to_vec())));
        changes.sort_unstable();
        let (mut bytes, mut copied) = (Vec::with_capacity(code.len()), 0);
        for (start, end, change) in changes {
            bytes.extend_from_slice(&code[copied..start]);
            bytes.extend(change);
            copied = end;
        }
        bytes.extend_from_slice(&code[copied..self.end]);
        bytes.resize(moves.of(self.end), 0);
        bytes.extend_from_slice(&code[self.end..]);
        Some(bytes)
    }

    /// Writes the distance at an offset anew, which counts from another.
    fn redirect(&self, code: &mut [u8], at: usize, from: usize, moves: &Moves) -> Option<()> {
        let target = target(from, distance(code, at)?)?;
        let distance = i32::try_from(moves.distance(from, target)).ok()?;
        code[at..at + DISTANCE_BYTES].copy_from_slice(&distance.to_le_bytes());
        Some(())
    }
}

/// Returns true if code consists of instructions that trap, and of zeros in front of constants.
fn are_traps(mut code: &[u8], decode: Decode) -> bool {
    while let Some(Instruction { bytes, relative: Relative::Trap }) = decode(code) {
        code = &code[bytes..];
    }
    code.iter().all(|byte| *byte == 0)
}

/// Reads a distance of four bytes.
fn distance(code: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_le_bytes(code.get(at..at + DISTANCE_BYTES)?.try_into().ok()?))
}

fn target(from: usize, distance: i32) -> Option<usize> {
    from.checked_add_signed(distance as isize)
}

/// The places of everything: offsets in the code with long jumps, and the bytes that are saved in front of them.
struct Moves {
    /// For each instruction that is shorter, the first offset behind its first byte, and all bytes saved up to its end.
    saved: Vec<(usize, usize)>,
    /// Offset of the constants behind the code, and the bytes by which they move, which keep their alignment.
    end: (usize, usize),
}

impl Moves {
    fn new(layout: &Layout, item: &CompiledItem) -> Self {
        let shorter =
            layout.jumps.iter().filter(|jump| jump.is_short).map(|jump| (jump.start, jump.end - jump.start - 2));
        let replaced =
            layout.replacements.iter().map(|other| (other.start, other.end - other.start - other.bytes.len()));
        let mut saved: Vec<(usize, usize)> = shorter.chain(replaced).collect();
        saved.sort_unstable();
        let mut sum = 0;
        for (start, bytes) in &mut saved {
            sum += *bytes;
            (*start, *bytes) = (*start + 1, sum);
        }
        let alignment = if layout.end < item.bytes.len() { item.alignment as usize } else { 1 };
        Self { saved, end: (layout.end, sum / alignment * alignment) }
    }

    /// Returns where what begins at an offset goes.
    fn of(&self, at: usize) -> usize {
        let (end, saved) = self.end;
        if at >= end { at - saved } else { self.behind(at) }
    }

    /// Returns where the end of the code in front of an offset goes, whose constants may begin there.
    fn behind(&self, at: usize) -> usize {
        let index = self.saved.partition_point(|(behind, _)| *behind <= at);
        at - index.checked_sub(1).map_or(0, |index| self.saved[index].1)
    }

    /// Returns the distance between where two offsets go: the end of an instruction, and what begins at the other.
    fn distance(&self, from: usize, to: usize) -> i64 {
        self.of(to) as i64 - self.behind(from) as i64
    }

    /// Moves all offsets of an item.
    fn apply(&self, item: &mut CompiledItem) {
        // Constants may be relocated; all else lies in the code.
        item.relocations
            .iter_mut()
            .for_each(|relocation| relocation.offset = self.of(relocation.offset as usize) as u32);
        let shift = |at: &mut u32| *at = self.behind(*at as usize) as u32;
        item.traps.iter_mut().for_each(|(at, _)| shift(at));
        item.addresses.iter_mut().for_each(|(at, _)| shift(at));
        for call in &mut item.handled_calls {
            shift(&mut call.return_address);
            call.handlers.iter_mut().for_each(|(_, at)| shift(at));
        }
        let StackMaps { calls, .. } = &mut item.stack_maps;
        calls.iter_mut().for_each(|(at, _)| shift(at));
    }
}
