//! Functions and lexical blocks with their code, among which inlined calls find theirs.

use gimli::write::UnitEntryId;
use std::ops::Range;

/// A function or lexical block, with its code ranges.
pub(super) struct Block {
    pub id: UnitEntryId,
    pub code: Vec<Range<u32>>,
}

impl Block {
    /// Returns true if all of `code` lies in the block, whose own ranges are sorted.
    fn contains(&self, code: &[Range<u32>]) -> bool {
        code.iter().all(|range| {
            let index = self.code.partition_point(|own| own.start <= range.start);
            index > 0 && range.end <= self.code[index - 1].end
        })
    }
}

/// Maximum number of block ranges searched before a call.
const NEAR: usize = 64;

/// Returns the innermost block around some code; the first range is the function's.
pub(super) fn innermost<'b>(pieces: &[(Range<u32>, &'b Block)], code: &[Range<u32>]) -> Option<&'b Block> {
    let first = code.first()?.start;
    let before = &pieces[..pieces.partition_point(|(range, _)| range.start <= first)];
    let found = before.iter().rev().take(NEAR).find(|(range, block)| first < range.end && block.contains(code));
    found.or(pieces.first()).map(|(_, block)| *block)
}
