//! The values that are alive at the ends of blocks.

use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Value, ValueDef};
use cranelift_entity::{EntitySet, SecondaryMap};

/// Maximum number of pairs of a value and a block through which it is alive, in a function that is looked at.
const PAIRS_MAX: usize = 1 << 20;

/// The values that are alive at the ends of some blocks of a function.
pub struct Liveness {
    ends: SecondaryMap<Block, Vec<Value>>,
}

impl Liveness {
    /// Returns what is alive at the ends of `blocks`; `None` if finding it out takes too long.
    pub fn of(func: &Function, cfg: &ControlFlowGraph, blocks: &[Block]) -> Option<Self> {
        let mut wanted = EntitySet::new();
        for &block in blocks {
            wanted.insert(block);
        }
        let (last, ends) = (SecondaryMap::new(), SecondaryMap::new());
        let mut walk = Walk { func, cfg, wanted, pairs_left: PAIRS_MAX, last, ends };
        let uses = uses(func);
        for uses in uses.chunk_by(|(one, _), (other, _)| one == other) {
            walk.back(uses)?;
        }
        Some(Self { ends: walk.ends })
    }

    /// Takes the values that are alive at the end of a block.
    pub fn take(&mut self, block: Block) -> Vec<Value> {
        std::mem::take(&mut self.ends[block])
    }
}

/// Returns the uses of values in other blocks than their own, each once, sorted by value.
fn uses(func: &Function) -> Vec<(Value, Block)> {
    let mut last: SecondaryMap<Value, Option<Block>> = SecondaryMap::new();
    let mut uses = Vec::new();
    for block in func.layout.blocks() {
        for value in func.layout.block_insts(block).flat_map(|inst| func.dfg.inst_values(inst)) {
            if last[value] != Some(block) && home(func, value) != Some(block) {
                last[value] = Some(block);
                uses.push((value, block));
            }
        }
    }
    uses.sort_unstable();
    uses
}

/// Returns the block that defines a value.
fn home(func: &Function, value: Value) -> Option<Block> {
    match func.dfg.value_def(value) {
        ValueDef::Result(inst, _) => func.layout.inst_block(inst),
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Union(..) => None,
    }
}

/// A way back along the edges of a function, from the uses of each value to its definition.
struct Walk<'f> {
    func: &'f Function,
    cfg: &'f ControlFlowGraph,
    wanted: EntitySet<Block>,
    pairs_left: usize,
    /// The last values that were found alive at the beginning and at the end of each block.
    last: SecondaryMap<Block, [Option<Value>; 2]>,
    ends: SecondaryMap<Block, Vec<Value>>,
}

impl Walk<'_> {
    /// Notes a value at the ends of all blocks from which control can come to its uses.
    fn back(&mut self, uses: &[(Value, Block)]) -> Option<()> {
        let (value, _) = *uses.first()?;
        let home = home(self.func, value);
        let mut waiting: Vec<Block> = uses.iter().map(|(_, block)| *block).collect();
        waiting.iter().for_each(|block| self.last[*block][0] = Some(value));
        while let Some(block) = waiting.pop() {
            for edge in self.cfg.pred_iter(block) {
                let [begin, end] = &mut self.last[edge.block];
                if end.replace(value) == Some(value) {
                    continue;
                }
                if home != Some(edge.block) && begin.replace(value) != Some(value) {
                    waiting.push(edge.block);
                }
                self.pairs_left = self.pairs_left.checked_sub(1)?;
                if self.wanted.contains(edge.block) {
                    self.ends[edge.block].push(value);
                }
            }
        }
        Some(())
    }
}
