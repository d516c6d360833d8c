//! Function alignment: start offsets that keep loops in as few cache lines as possible.
//!
//! Processors fetch code, and keep it decoded, by aligned lines: a loop that touches one line more than it must is up
//! to a quarter slower. So each function begins at the multiple of 16 for which its blocks touch the fewest lines, each
//! weighted by its estimated frequency. A function without loops begins at the next multiple of 16, unless it fits into
//! one line.

use cranelift_codegen::CompiledCode;

/// Bytes of a cache line, and the alignment of the text.
pub const LINE_BYTES: u32 = 64;
/// Alignment of function starts, in bytes: constants in the code need it.
pub const START_BYTES: u32 = 16;
/// Number of start positions in a cache line.
const STARTS: usize = (LINE_BYTES / START_BYTES) as usize;
/// Estimated number of iterations of a loop.
const REPEATS: f64 = 8.0;
/// Upper bound of a block's frequency, so that no sum overflows.
const FREQUENCY_MAX: f64 = 1e12;
/// Maximum number of enclosing loops that a block's frequency counts.
const DEPTH_MAX: usize = 64;
/// Bytes of a jump table entry; the table follows its branch and isn't executed.
const JUMP_TABLE_ENTRY_BYTES: u32 = 4;
/// Successor count above which a branch has a jump table.
const BRANCH_SUCCESSORS: usize = 2;

/// Cost of a function for each start position in a cache line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs([f64; STARTS]);

impl Costs {
    /// Computes the costs of compiled code, which must have been generated with basic-block information.
    pub fn of(code: &CompiledCode) -> Self {
        let blocks = Blocks::new(code);
        let has_loops = blocks.edges.iter().any(|edge| edge.to <= edge.from);
        let costs = match has_loops {
            true => {
                let frequencies = blocks.frequencies();
                std::array::from_fn(|start| blocks.cost(&frequencies, start as u32 * START_BYTES))
            }
            false => std::array::from_fn(|start| small_cost(start as u32 * START_BYTES, blocks.bytes)),
        };
        Self(costs)
    }

    /// Returns the cheapest start offset at or after `offset`; of equals, the nearest.
    pub fn place(&self, offset: u64) -> u64 {
        let first = offset.next_multiple_of(u64::from(START_BYTES));
        let places = (0..STARTS as u64).map(|step| first + step * u64::from(START_BYTES));
        let cost = |place: &u64| self.0[(place % u64::from(LINE_BYTES) / u64::from(START_BYTES)) as usize];
        places.min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(first)
    }
}

/// Returns the cost of a function without loops: the lines it touches if it fits into one, otherwise 0.
fn small_cost(start: u32, bytes: u32) -> f64 {
    if bytes > LINE_BYTES { 0.0 } else { f64::from(lines(start, bytes)) }
}

/// Returns the number of cache lines that a range touches.
fn lines(start: u32, bytes: u32) -> u32 {
    (start % LINE_BYTES + bytes).div_ceil(LINE_BYTES)
}

/// The basic blocks of a function, in the order of their offsets.
struct Blocks {
    starts: Vec<u32>,
    edges: Vec<Edge>,
    bytes: u32,
}

/// An edge between blocks, by their numbers.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
}

impl Blocks {
    fn new(code: &CompiledCode) -> Self {
        let mut starts = code.bb_starts.clone();
        starts.sort_unstable();
        starts.dedup();
        // Code before the first block counts as that block's.
        match starts.first_mut() {
            Some(first) => *first = 0,
            None => starts.push(0),
        }
        let block_at = |offset: u32| starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let mut edges: Vec<Edge> =
            code.bb_edges.iter().map(|(from, to)| Edge { from: block_at(*from), to: block_at(*to) }).collect();
        edges.sort_unstable_by_key(|edge| (edge.from, edge.to));
        Self { starts, edges, bytes: code.buffer.data().len() as u32 }
    }

    /// Returns the weighted number of lines that the blocks touch if the function begins at `start`.
    fn cost(&self, frequencies: &[f64], start: u32) -> f64 {
        let block_lines = |block: usize| f64::from(lines(start + self.starts[block], self.code_bytes(block)));
        frequencies.iter().enumerate().map(|(block, frequency)| frequency * block_lines(block)).sum()
    }

    /// Returns the bytes of a block without its jump table.
    fn code_bytes(&self, block: usize) -> u32 {
        let end = self.starts.get(block + 1).copied().unwrap_or(self.bytes);
        let bytes = end - self.starts[block];
        match self.successors(block).len() {
            count if count > BRANCH_SUCCESSORS => bytes.saturating_sub(count as u32 * JUMP_TABLE_ENTRY_BYTES).max(1),
            _ => bytes,
        }
    }

    fn successors(&self, block: usize) -> &[Edge] {
        let first = self.edges.partition_point(|edge| edge.from < block);
        let count = self.edges[first..].partition_point(|edge| edge.from == block);
        &self.edges[first..first + count]
    }

    /// Estimates how often each block runs. A loop multiplies the frequency of its entry and is left as often as it is
    /// entered; the other successors of a block share the rest equally.
    fn frequencies(&self) -> Vec<f64> {
        let loops = Loops::new(self);
        let mut frequencies = vec![0.0; self.starts.len()];
        frequencies[0] = 1.0;
        for block in 0..frequencies.len() {
            if loops.lasts[block].is_some() {
                frequencies[block] = (frequencies[block] * REPEATS).min(FREQUENCY_MAX);
            }
            let successors = self.successors(block);
            let leaving = successors.iter().filter(|edge| loops.is_left_by(**edge)).count();
            let staying = (successors.len() - leaving) as f64;
            let (leave, stay) = match (leaving, staying) {
                (0, _) => (0.0, 1.0 / staying),
                (_, 0.0) => (1.0 / leaving as f64, 0.0),
                _ => (1.0 / REPEATS / leaving as f64, (1.0 - 1.0 / REPEATS) / staying),
            };
            for edge in successors.iter().filter(|edge| edge.to > block) {
                frequencies[edge.to] += frequencies[block] * if loops.is_left_by(*edge) { leave } else { stay };
            }
        }
        frequencies
    }
}

/// Loops of a function. A loop is the range from the target of a back edge to the last of the edge's origins.
struct Loops {
    /// For each block, the last block of the loop that it begins, if it begins one.
    lasts: Vec<Option<usize>>,
    /// For each block, the last block of the innermost loop around it, if there is one.
    innermost: Vec<Option<usize>>,
    /// For each block, true if it branches back to the header of its innermost loop.
    repeats: Vec<bool>,
}

impl Loops {
    fn new(blocks: &Blocks) -> Self {
        let count = blocks.starts.len();
        let mut lasts = vec![None; count];
        for edge in blocks.edges.iter().filter(|edge| edge.to <= edge.from) {
            lasts[edge.to] = lasts[edge.to].max(Some(edge.from));
        }
        let mut open: Vec<usize> = Vec::new();
        let innermost = (0..count).map(|block| {
            open.retain(|last| *last >= block);
            if let Some(last) = lasts[block] {
                open.truncate(DEPTH_MAX - 1);
                open.push(last);
            }
            open.iter().copied().min()
        });
        let innermost = innermost.collect();
        let mut loops = Self { lasts, innermost, repeats: vec![false; count] };
        for block in (0..count).rev() {
            let successors = blocks.successors(block);
            loops.repeats[block] = successors.iter().any(|edge| edge.to <= block || !loops.is_left_by(*edge));
        }
        loops
    }

    /// Returns true if an edge leaves the innermost loop around its origin.
    fn is_left_by(&self, edge: Edge) -> bool {
        match self.innermost[edge.from] {
            Some(last) => edge.to > edge.from && (edge.to > last || !self.repeats[edge.to]),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes an entry block, a loop of two blocks, and an exit block.
    fn with_loop() -> Blocks {
        let edges =
            vec![Edge { from: 0, to: 1 }, Edge { from: 1, to: 2 }, Edge { from: 1, to: 3 }, Edge { from: 2, to: 1 }];
        Blocks { starts: vec![0, 20, 44, 70], edges, bytes: 100 }
    }

    #[test]
    fn a_loop_repeats_and_is_left_once() {
        let blocks = with_loop();
        assert_eq!(blocks.frequencies(), [1.0, 8.0, 7.0, 1.0]);
    }

    #[test]
    fn a_block_that_only_leaves_is_no_part_of_the_loop() {
        // Block 2 lies between header and latch, but returns.
        let edges =
            vec![Edge { from: 0, to: 1 }, Edge { from: 1, to: 2 }, Edge { from: 1, to: 3 }, Edge { from: 3, to: 1 }];
        let blocks = Blocks { starts: vec![0, 10, 20, 30], edges, bytes: 40 };
        assert_eq!(blocks.frequencies(), [1.0, 8.0, 1.0, 7.0]);
    }

    #[test]
    fn the_blocks_of_a_loop_lie_in_as_few_lines_as_they_can() {
        let blocks = with_loop();
        let frequencies = blocks.frequencies();
        let costs = Costs(std::array::from_fn(|start| blocks.cost(&frequencies, start as u32 * START_BYTES)));
        // From 48 on, they take 68 to 92 and 92 to 118; from 32 on, the first would lie in two lines.
        assert_eq!(costs.place(0), 48);
        assert_eq!(costs.place(33), 48);
        assert_eq!(costs.place(49), 112);
    }

    #[test]
    fn small_functions_stay_in_a_line_and_others_take_the_next_place() {
        let of_bytes = |bytes| Costs(std::array::from_fn(|start| small_cost(start as u32 * START_BYTES, bytes)));
        assert_eq!(of_bytes(40).place(17), 64);
        assert_eq!(of_bytes(40).place(64), 64);
        assert_eq!(of_bytes(400).place(17), 32);
    }
}
