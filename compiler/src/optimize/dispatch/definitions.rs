//! Values that several blocks define, since one was copied to others: each use gets the one that reaches it, by way of new
//! parameters where several do.

use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Inst, Value};
use std::collections::{HashMap, HashSet, VecDeque};

/// A copy of a block at the end of another.
pub struct Copy {
    /// The block that the copy ends.
    pub block: Block,
    /// The value that stands for each of the original, at the end of the block.
    pub values: HashMap<Value, Value>,
}

/// The definitions of an original block's values.
pub struct Definitions<'c> {
    original: Block,
    copies: HashMap<Block, &'c HashMap<Value, Value>>,
    values: HashSet<Value>,
    /// The definition at the beginning of a block, as far as it has been asked for.
    at_start: HashMap<(Block, Value), Value>,
    /// New parameters, which have no arguments yet.
    parameters: VecDeque<(Block, Value)>,
}

impl<'c> Definitions<'c> {
    /// Takes the block that was copied, and its copies.
    pub fn new(original: Block, copies: &'c [Copy]) -> Self {
        let copies = copies.iter().map(|copy| (copy.block, &copy.values)).collect();
        Self { original, copies, values: HashSet::new(), at_start: HashMap::new(), parameters: VecDeque::new() }
    }

    /// Gives each use of `values`, which the original defines, the definition that reaches it. `cfg` is that after the copying.
    pub fn repair(mut self, func: &mut Function, cfg: &ControlFlowGraph, values: &[Value]) {
        self.values.extend(values);
        let blocks: Vec<Block> = func.layout.blocks().filter(|block| *block != self.original).collect();
        for block in blocks {
            let insts: Vec<Inst> = func.layout.block_insts(block).collect();
            for inst in insts {
                self.repair_uses(func, cfg, block, inst);
            }
        }
        while let Some((block, value)) = self.parameters.pop_front() {
            self.pass(func, cfg, block, value);
        }
    }

    fn repair_uses(&mut self, func: &mut Function, cfg: &ControlFlowGraph, block: Block, inst: Inst) {
        let used: Vec<Value> = func.dfg.inst_values(inst).filter(|value| self.values.contains(value)).collect();
        let reaching: HashMap<Value, Value> =
            used.into_iter().map(|value| (value, self.at_start(func, cfg, block, value))).collect();
        if !reaching.is_empty() {
            func.dfg.map_inst_values(inst, |value| *reaching.get(&value).unwrap_or(&value));
        }
    }

    /// Returns the definition of a value that reaches the beginning of a block. Blocks into which several edges lead get a
    /// parameter.
    fn at_start(&mut self, func: &mut Function, cfg: &ControlFlowGraph, block: Block, value: Value) -> Value {
        let (mut place, mut passed) = ((block, value), Vec::new());
        let definition = loop {
            if let Some(&definition) = self.at_start.get(&place) {
                break definition;
            }
            // Code that nothing leads to can be in a circle.
            if passed.len() > func.dfg.num_blocks() {
                break value;
            }
            passed.push(place);
            let (block, value) = place;
            let mut edges = cfg.pred_iter(block);
            let (Some(edge), None) = (edges.next(), edges.next()) else {
                let of_value = func.dfg.value_type(value);
                let parameter = func.dfg.append_block_param(block, of_value);
                self.parameters.push_back((block, value));
                break parameter;
            };
            match self.defined_in(edge.block, value) {
                Ok(definition) => break definition,
                Err(value) => place = (edge.block, value),
            }
        };
        self.at_start.extend(passed.into_iter().map(|place| (place, definition)));
        definition
    }

    /// Returns the definition of a value at the end of a block, or the value whose definition at its beginning is the same.
    fn defined_in(&self, block: Block, value: Value) -> Result<Value, Value> {
        if block == self.original {
            return Ok(value);
        }
        match self.copies.get(&block).map_or(value, |values| values[&value]) {
            value if self.values.contains(&value) => Err(value),
            definition => Ok(definition),
        }
    }

    /// Gives a new parameter its argument on each edge into its block.
    fn pass(&mut self, func: &mut Function, cfg: &ControlFlowGraph, block: Block, value: Value) {
        for edge in cfg.pred_iter(block) {
            let argument = match self.defined_in(edge.block, value) {
                Ok(definition) => definition,
                Err(value) => self.at_start(func, cfg, edge.block, value),
            };
            let dfg = &mut func.dfg;
            let calls = dfg.insts[edge.inst].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
            for call in calls {
                if call.block(&dfg.value_lists) == block {
                    call.append_argument(argument, &mut dfg.value_lists);
                }
            }
        }
    }
}
